"""Runs servers and load generators on separate cores, and prints tables of results."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVER_CORE, CLIENT_CORE = 0, 1


def build(*arguments: str) -> dict[str, str]:
    """Builds the load generator and the given packages. Returns the paths of the programs."""
    command = ["cargo", "build", "--release", "--message-format=json", "--quiet"]
    command += ["-p", "metric-bench", "--bins", *arguments]
    built = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, built.stdout.splitlines())
    return {m["target"]["name"]: m["executable"] for m in messages if m.get("executable")}


class Server:
    """A server that runs until the end of the `with` block. Its first line names its address."""

    def __init__(self, load: str, *command: str):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        pin(self.process.pid, SERVER_CORE)
        self.address = self.process.stdout.readline().split()[-1]
        self.load = [load, self.address, "--pid", str(self.process.pid), "--json"]

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait()

    def measure(self, *options: object) -> dict:
        command = [*self.load, *map(str, options)]
        load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        pin(load.pid, CLIENT_CORE)
        output, _ = load.communicate()
        if load.returncode:
            sys.exit(f"{' '.join(command)} has failed")
        report = json.loads(output)
        if report["wrong_commands"]:
            sys.exit(f"{' '.join(command)}: requests were refused")
        return report

    def memory(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024


def pin(process: int, core: int) -> None:
    """Pins a process to a core, if there are at least two."""
    if core in os.sched_getaffinity(0) and len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(process, {core})


def cpu(report: dict) -> float:
    return report["server"]["cpu_us_per_request"]


def table(title: str, head: list[str], rows: list[list[str]]) -> None:
    print(f"{title}:\n")
    for row in [head, ["---:"] * len(head), *rows]:
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def say(text: str) -> None:
    """Prints progress, on a terminal only."""
    if sys.stderr.isatty():
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr)


def run(main) -> None:
    """Runs a script's main function. Prints a failure as one line."""
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} has failed")
