"""Reads what the project's pages show, and compares their dialogues with a server's."""

import re
import subprocess
import sys
from pathlib import Path


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)


def dialogues(page: Path) -> list[str]:
    return [text for text in blocks(page, "text") if "\n< " in text]


def nc(requests: str, port: int = 8888) -> str:
    command = ["nc", "-N", "127.0.0.1", str(port)]
    return subprocess.run(command, input=requests, capture_output=True, text=True).stdout


def check_dialogue(dialogue: str, port: int = 8888) -> None:
    lines = dialogue.splitlines()
    typed = "".join(f"{line}\n" for line in lines if not line.startswith("<"))
    shown = "".join(f"{line[2:]}\n" for line in lines if line.startswith("<"))
    print(f"$ nc 127.0.0.1 {port} <<< {typed!r}", flush=True)
    replies = nc(typed, port)
    if replies != shown:
        sys.exit(f"the README shows {shown!r}, but nc shows {replies!r}")
