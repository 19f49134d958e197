"""Kills the emulator of a board with flash under load, again and again, and looks for each sample that
was acknowledged."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

from pages import nc

# How many puts each connection has under way, at most.
WINDOWS = [1, 4, 16]
KEYS = 8
SAMPLES = 32
ROUNDS = 15
LONGEST_LOAD = 1.0
TIMEOUT = 60


def check_kills(folder: Path, image: Path, port: int, directory: Path) -> None:
    """Fails unless every acknowledged sample is found again, and nothing else."""
    seed = int(time.time())
    print(f"seed {seed}", flush=True)
    chance, keep = random.Random(seed), directory / "flash"
    loads = [Load(number, window, random.Random(chance.random())) for number, window in enumerate(WINDOWS)]
    for _ in range(ROUNDS):
        board = start(folder, image, port, keep)
        compare(loads, port)
        threads = [threading.Thread(target=load.run, args=(port,)) for load in loads]
        for thread in threads:
            thread.start()
        time.sleep(chance.random() * LONGEST_LOAD)
        kill(board)
        for thread in threads:
            thread.join(TIMEOUT)
    board = start(folder, image, port, keep)
    compare(loads, port)
    kill(board)
    acknowledged, more = (sum(load.acknowledged for load in loads), sum(load.more for load in loads))
    print(f"after each of {ROUNDS} kills all of {acknowledged:,} acknowledged samples were there, "
          f"and {more} that were under way", flush=True)
    if acknowledged < 10 * ROUNDS:
        sys.exit("too few puts were acknowledged to show anything")


class Load:
    """A connection that puts, with keys of its own. The value of a put is its number."""

    def __init__(self, number: int, window: int, chance: random.Random) -> None:
        self.number, self.window, self.chance = number, window, chance
        self.kept: list[tuple[str, int]] = []
        """The keys and times of all puts that were found."""
        self.sent: list[tuple[str, int]] = []
        self.acknowledged_now = self.acknowledged = self.more = 0
        self.refused = b""

    def run(self, port: int) -> None:
        """Puts until the connection ends."""
        try:
            with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
                self.put(connection)
        except OSError:
            pass

    def put(self, connection: socket.socket) -> None:
        replies = b""
        while True:
            while len(self.sent) < self.acknowledged_now + self.window:
                count = len(self.kept) + len(self.sent)
                # Now and then a sample is late, or replaces another.
                key, at = f"c{self.number}.k{self.chance.randrange(KEYS)}", count - self.chance.choice([0, 0, 0, 9])
                self.sent.append((key, at))
                connection.sendall(f"put {key} {count} {at}\n".encode())
            replies += connection.recv(1024) or b"gone"
            if replies.endswith(b"gone"):
                return
            while replies.startswith(b"ok\n\n"):
                replies = replies[4:]
                self.acknowledged_now += 1
            if not b"ok\n\n".startswith(replies):
                self.refused = replies
                return

    def compare(self, found: dict[str, list[tuple[int, int]]]) -> None:
        """Finds out how many puts were kept, and compares the samples with those of these puts."""
        if self.refused:
            sys.exit(f"a put is answered by {self.refused!r}")
        values = [value for samples in found.values() for _, value in samples]
        kept = max(values, default=-1) + 1 - len(self.kept)
        if not self.acknowledged_now <= kept <= len(self.sent):
            sys.exit(f"of {len(self.sent)} puts {self.acknowledged_now} were acknowledged, and {kept} were kept")
        self.kept += self.sent[:kept]
        self.acknowledged += self.acknowledged_now
        self.more += kept - self.acknowledged_now
        self.sent, self.acknowledged_now = [], 0
        expected: dict[str, dict[int, int]] = defaultdict(dict)
        for value, (key, at) in enumerate(self.kept):
            expected[key][at] = value
            for oldest in sorted(expected[key])[:-SAMPLES]:
                del expected[key][oldest]
        if found != {key: sorted(samples.items()) for key, samples in expected.items()}:
            sys.exit(f"connection {self.number} has put {self.kept[-20:]}, and there is {found}")


def compare(loads: list[Load], port: int) -> None:
    found: list[dict[str, list[tuple[int, int]]]] = [{} for _ in loads]
    for line in nc("get *\n", port).splitlines()[1:-1]:
        key, value, at = line.split(" ")
        if key.startswith("c"):
            found[int(key[1])].setdefault(key, []).append((int(at), int(float(value))))
    for load, samples in zip(loads, found):
        load.compare(samples)


def start(folder: Path, image: Path, port: int, keep: Path) -> subprocess.Popen[str]:
    command = [folder / "emulate.sh", str(port), "--image", image, "--keep", keep]
    board = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    line = board.stdout.readline() if board.stdout else ""
    if "the board answers" not in line:
        sys.exit(f"the board says {line!r}")
    return board


def kill(board: subprocess.Popen[str]) -> None:
    """Kills the emulator, which is a child of the script, and waits for the script."""
    children = Path(f"/proc/{board.pid}/task/{board.pid}/children").read_text().split()
    emulator = [child for child in children if "qemu" in Path(f"/proc/{child}/comm").read_text()]
    os.kill(int(emulator[0]), signal.SIGKILL)
    board.communicate(timeout=TIMEOUT)
