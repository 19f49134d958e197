"""Reads what the project's pages show, and compares their dialogues with a server's."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORT = 8888


def blocks(page: Path) -> list[tuple[str, str]]:
    """The fenced blocks: language and text."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(), re.M | re.S)


def is_dialogue(text: str) -> bool:
    return "\n< " in text


def nc(requests: str, port: int = PORT) -> str:
    command = ["nc", "-N", "127.0.0.1", str(port)]
    return subprocess.run(command, input=requests, capture_output=True, text=True).stdout


def check_dialogue(dialogue: str, port: int = PORT) -> None:
    lines = dialogue.splitlines()
    typed = "".join(f"{line}\n" for line in lines if not line.startswith("<"))
    shown = "".join(f"{line[2:]}\n" for line in lines if line.startswith("<"))
    print(f"$ nc 127.0.0.1 {port} <<< {typed!r}", flush=True)
    replies = nc(typed, port)
    if replies != shown:
        sys.exit(f"the README shows {shown!r}, but nc shows {replies!r}")
