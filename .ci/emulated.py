"""A board that QEMU emulates: starts and stops it, and looks into its memory.

usage: emulated.py BOARD PORT IMAGE DIRECTORY    reboots it; run by the conformance suite to empty a server
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from commands import ROOT, output
from machines import BOARDS

EXAMPLES = ROOT / "examples"
PAINT = b"\xcc"


class Board:
    """The emulated board, which is stopped at the end of a "with". Its state is in files, since the suite reboots
    it from another process."""

    def __init__(
        self, name: str, port: int, image: Path, directory: Path, options: list[str] | None = None
    ) -> None:
        self.name, self.folder, self.chip = name, EXAMPLES / name, BOARDS[name]
        self.port, self.http, self.image, self.directory = port, port + 1, image, directory
        self.log, self.process = directory / "log", directory / "process"
        self.monitor, self.options = directory / "monitor", options or []

    def __enter__(self) -> "Board":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.exists() and self.is_running():
            self.stop()

    def command(self) -> list[str]:
        """Returns the command that emulates the board, without a network."""
        words = (self.folder / "qemu").read_text().splitlines()[0].replace("IMAGE", str(self.image)).split()
        return [*words, *"-display none -monitor none -serial none".split()]

    def reboot(self) -> None:
        self.stop()
        options = f'{os.environ.get("QEMU", "")} -qmp unix:{self.monitor},server=on,wait=off'
        environment = {**os.environ, "QEMU": options}
        ports = [str(self.port), "--http", str(self.http)]
        with self.log.open("w") as log:
            emulator = subprocess.Popen(
                [self.folder / "emulate.sh", *ports, "--image", self.image, *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                start_new_session=True,
            )
        self.process.write_text(str(emulator.pid))
        while "the board answers" not in self.log.read_text():
            self.check()
            time.sleep(0.02)

    def check(self) -> None:
        """Ends this program if the emulator has ended by itself."""
        if not self.is_running():
            sys.exit(f"the board has ended:\n{self.log.read_text()}")

    def stop(self) -> None:
        if not self.process.exists():
            return
        self.check()
        self.note_stack()
        os.kill(int(self.process.read_text()), signal.SIGTERM)
        while self.is_running():
            time.sleep(0.02)
        self.process.unlink()

    def is_running(self) -> bool:
        process = self.process.read_text()
        try:
            os.waitpid(int(process), os.WNOHANG)
        except ChildProcessError:
            pass
        return Path(f"/proc/{process}").exists() and "Z" not in state(process)

    def note_stack(self) -> None:
        """Records the deepest use of the stack over all boots, by the paint that is overwritten."""
        memory, mark = self.directory / "memory", self.directory / "stack"
        self.ask_monitor(f'pmemsave {self.symbol("_stack_end")} {self.stack_size()} "{memory}"')
        used = len(memory.read_bytes().lstrip(PAINT))
        before = int(mark.read_text()) if mark.exists() else 0
        mark.write_text(str(max(used, before)))

    def place(self) -> str:
        """Returns the address of the instruction at which the processor is, or sleeps."""
        found = re.search(r"(?:\bpc|R15)[ =]+(\w+)", self.ask_monitor("info registers"))
        return found[1] if found else ""

    def ask_monitor(self, line: str) -> str:
        """Gives QEMU's monitor a command. Returns what it prints."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self.monitor))
            replies = monitor.makefile()
            replies.readline()
            for command in (
                {"execute": "qmp_capabilities"},
                {"execute": "human-monitor-command", "arguments": {"command-line": line}},
            ):
                monitor.sendall(json.dumps(command).encode())
                while "return" not in (reply := json.loads(replies.readline())):
                    pass
            return reply["return"]

    def stack_size(self) -> int:
        return self.symbol("_stack_start") - self.symbol("_stack_end")

    def symbol(self, name: str) -> int:
        """Returns the address of the first symbol whose name has these letters."""
        symbols = map(str.split, output(f"{self.chip.tools}-nm", self.image).splitlines())
        return next(int(at, 16) for at, _, *names in symbols if name in names[0])

    def patched(self, address: int, patch: bytes) -> bytes:
        """Returns the image with other bytes at an address."""
        contents = bytearray(self.image.read_bytes())
        headers = output(f"{self.chip.tools}-objdump", "--section-headers", self.image)
        for line in headers.splitlines():
            fields = line.split()
            if len(fields) == 7 and fields[0].isdigit():
                size, start, offset = (int(fields[index], 16) for index in (2, 3, 5))
                if start <= address < start + size:
                    at = offset + address - start
                    contents[at:at + len(patch)] = patch
                    return bytes(contents)
        sys.exit(f"there is nothing at {address:#x} of the image")


def build(folder: Path, *options: str) -> Path:
    """Builds the image of a board with options of cargo."""
    return Path(output(folder / "build.sh", *options).splitlines()[-1])


def state(process: str) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "Z"


if __name__ == "__main__":
    _, name, port, image, directory = sys.argv
    Board(name, int(port), Path(image), Path(directory)).reboot()
