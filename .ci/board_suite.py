"""Runs the conformance suite against an emulated board, also over a network that loses frames."""

import shlex
import sys

import emulated
from commands import run
from lossy import DROPPED, LATE, REPEATED, Lossy

OFFER = {"connections": 4, "series": 32, "samples": 32, "line": 640, "key": 48}

# Of a hundred frames.
LOSSY = {DROPPED: 1, REPEATED: 1, LATE: 2}
SEED = 1
PATIENCE = 300  # seconds

# Over this network it takes longer than the minute after which a board cuts who has not finished a request.
TOO_LONG = "a megabyte without a LF"


def check_conformance(board: emulated.Board, *options: str) -> None:
    reboot = ["python3", emulated.__file__, board.name, str(board.port), board.image, board.directory]
    bounds = [text for name, bound in OFFER.items() for text in (f"--{name}", str(bound))]
    suite = "cargo run --quiet -p metric-conformance -- --no-backlog".split()
    options = (*bounds, *options, "--restart", shlex.join(map(str, reboot)))
    good = run(*suite, f"127.0.0.1:{board.port}", *options, check=False)
    board.check()
    if not good:
        sys.exit("the firmware fails the conformance suite")


def check_lossy(board: emulated.Board, *cases: str) -> None:
    """Runs the suite, or the cases with these texts in their names, over a cable that drops, repeats, delays and
    reorders frames."""
    board.stop()
    with board, Lossy(board.directory, SEED, LOSSY) as cable:
        board.reboot()
        for case in cases or [""]:
            check_conformance(board, "--filter", case, "--except", TOO_LONG, "--patience", str(PATIENCE))
    print(f"over a network that loses frames: {cable}", flush=True)
    for direction in cable.directions:
        if min(direction.fates[fate] for fate in LOSSY) < 3:
            sys.exit("too few frames were lost to show anything")
