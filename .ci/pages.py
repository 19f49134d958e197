"""Reads the fenced blocks of pages, compares dialogues with a server's, and renews figures."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORT = 8888


def blocks(page: Path) -> list[tuple[str, str]]:
    """Returns the fenced blocks: language and text."""
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


def rows(table: str) -> dict[str, int]:
    """Returns the figures of a table by the names of their rows."""
    found = re.findall(r"^\| (.+?) \| ([\d,]+) \|", table, re.M)
    return {what: int(figure.replace(",", "")) for what, figure in found}


def renew(page: Path, figures: dict[str, int]) -> None:
    """Writes figures into the rows of a page."""
    text = page.read_text()
    for what, figure in figures.items():
        text = substitute(page, rf"^(\| {re.escape(what)} \| )[\d,]*\d", rf"\g<1>{figure:,}", text)
    page.write_text(text)


def renew_board(board: str, flash: int, ram: int) -> None:
    """Writes the flash and the RAM of a board's firmware into the table of boards."""
    page = ROOT / "README.md"
    row = rf"^(\| \[{board}\][^|]*\|[^|]*\| )[\d,]*\d([^|]*\| )[\d,]*\d"
    page.write_text(substitute(page, row, rf"\g<1>{flash:,}\g<2>{ram:,}", page.read_text()))


def substitute(page: Path, row: str, figures: str, text: str) -> str:
    text, found = re.subn(row, figures, text, flags=re.M)
    return text if found else sys.exit(f"{page} has no row {row}")
