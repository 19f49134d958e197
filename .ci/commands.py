"""Runs commands in the folder of the project, for the other scripts here."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def install(*packages: str) -> None:
    missing = [name for name in packages if not run("dpkg", "-s", name, check=False, capture_output=True)]
    if missing:
        print(f"installing {' '.join(missing)}", flush=True)
        run("apt-get", "update", "-qq", stdout=subprocess.DEVNULL)
        get = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        run(*get, *missing, stdout=subprocess.DEVNULL)


def add_target(target: str) -> bool:
    """Adds a target to rustup if it is missing. Returns whether it is installed."""
    if target in output("rustup", "target", "list", "--installed").split():
        return True
    print(f"adding the target {target} to rustup", flush=True)
    return run("rustup", "target", "add", target, check=False, capture_output=True)


def run(*command: object, check: bool = True, **options: object) -> bool:
    options = {"cwd": ROOT, **options}
    return subprocess.run(command, check=check, **options).returncode == 0


def output(*command: object) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
