"""Runs commands in the folder of the project, for the other scripts here."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Used for chips if rustup cannot install their targets.
DEBIAN_COMPILER = "/usr/bin/rustc"


def need(*programs: str) -> None:
    """Ends this program if a program that it needs is missing."""
    if missing := [name for name in programs if not shutil.which(name)]:
        sys.exit(f"missing: {', '.join(missing)}; .ci/setup installs what the checks need")


def add_target(target: str) -> bool:
    """Adds a target to rustup if it is missing. Returns whether it is installed."""
    if target in output("rustup", "target", "list", "--installed").split():
        return True
    print(f"adding the target {target} to rustup", flush=True)
    return run("rustup", "target", "add", target, check=False, capture_output=True)


def run(*command: object, check: bool = True, **options: object) -> bool:
    options = {"cwd": ROOT, **options}
    return subprocess.run(command, check=check, **options).returncode == 0


def output(*command: object, **options: object) -> str:
    options = {"cwd": ROOT, **options}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout
