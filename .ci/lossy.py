"""A bad cable between an emulated board and its network: it drops, repeats, delays and reorders frames.

QEMU hands each frame to this program and takes back those that arrive, by filters of its own, so no root is
needed. What happens to a frame depends on a seed and on how many went before it in its direction, not on a
clock. Only a frame that is late and has no successor arrives after a pause.
"""

import os
import random
import socket
import threading
from collections import Counter
from pathlib import Path

DROPPED, REPEATED, LATE, PASSED = "dropped", "repeated", "late", "passed"
PAUSE = 0.02  # seconds


class Lossy:
    """The cable. Emulators that are started within it use it, by the environment variable QEMU."""

    def __init__(self, directory: Path, seed: int, percent: dict[str, float]) -> None:
        self.directions = [Direction(directory, queue, seed, percent) for queue in ("tx", "rx")]

    def __enter__(self) -> "Lossy":
        for direction in self.directions:
            direction.start()
        os.environ["QEMU"] = " ".join(direction.options() for direction in self.directions)
        return self

    def __exit__(self, *_: object) -> None:
        del os.environ["QEMU"]

    def __str__(self) -> str:
        ways = zip(("to the board", "from the board"), self.directions)
        return "; ".join(f"{way}: {direction}" for way, direction in ways)


class Direction(threading.Thread):
    """Frames in one direction: QEMU calls those that its network sends "tx"."""

    def __init__(self, directory: Path, queue: str, seed: int, percent: dict[str, float]) -> None:
        super().__init__(daemon=True)
        self.queue, self.percent = queue, {**percent, PASSED: 100 - sum(percent.values())}
        self.chance, self.fates = random.Random(f"{seed} {queue}"), Counter[str]()
        self.ends = {end: directory / f"{queue}.{end}" for end in ("out", "in")}
        self.listeners = [listener(path) for path in self.ends.values()]

    def options(self) -> str:
        chardevs = [f"-chardev socket,id={path.name},path={path}" for path in self.ends.values()]
        ends = ",".join(f"{end}dev={path.name}" for end, path in self.ends.items())
        name = f"lossy-{self.queue}"
        return " ".join([*chardevs, f"-object filter-redirector,id={name},netdev=network,queue={self.queue},{ends}"])

    def run(self) -> None:
        """Serves one emulator after the other."""
        while True:
            (source, _), (sink, _) = (listener.accept() for listener in self.listeners)
            with source, sink:
                try:
                    self.pass_on(source, sink)
                except OSError:
                    # The emulator has ended.
                    continue

    def pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        unread, late = b"", []
        while True:
            source.settimeout(PAUSE if late else None)
            try:
                piece = source.recv(65536)
            except TimeoutError:
                sink.sendall(b"".join(late))
                late.clear()
                continue
            if not piece:
                return
            unread += piece
            # In front of each frame is its length.
            while len(unread) >= (end := 4 + int.from_bytes(unread[:4], "big")) > 4:
                frame, unread = unread[:end], unread[end:]
                sink.sendall(b"".join(self.arriving(frame, late)))

    def arriving(self, frame: bytes, late: list[bytes]) -> list[bytes]:
        """Decides on a frame. Returns what arrives now."""
        [fate] = self.chance.choices(list(self.percent), list(self.percent.values()))
        self.fates[fate] += 1
        if fate == DROPPED:
            return []
        if fate == LATE:
            late.append(frame)
            return []
        frames = [frame, *late]
        late.clear()
        return frames * 2 if fate == REPEATED else frames

    def __str__(self) -> str:
        counts = ", ".join(f"{self.fates[fate]:,} {fate}" for fate in (DROPPED, REPEATED, LATE))
        return f"{self.fates.total():,} frames, {counts}"


def listener(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    return listening
