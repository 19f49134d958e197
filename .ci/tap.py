"""A tap at the network of an emulated board: sees all frames, and sends frames to the board."""

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from wire import IPV4, Packet


class Tap:
    """The tap. An emulator that is started within it has it and the options, by the environment variable QEMU.
    `see` is called with each packet of IPv4."""

    def __init__(self, directory: Path, see: Callable[[Packet], None], options: str = "") -> None:
        self.see, self.options, self.connection = see, options, None
        self.paths = {end: directory / f"tap.{end}" for end in ("seen", "sent")}
        self.listeners = {end: socket.socket(socket.AF_UNIX) for end in self.paths}

    def __enter__(self) -> "Tap":
        for end, listener in self.listeners.items():
            listener.bind(str(self.paths[end]))
            listener.listen()
        threading.Thread(target=self.run, daemon=True).start()
        chardevs = [f"-chardev socket,id={end},path={path}" for end, path in self.paths.items()]
        os.environ["QEMU"] = " ".join([
            self.options, *chardevs,
            "-object filter-mirror,id=mirror,netdev=network,queue=all,outdev=seen",
            "-object filter-redirector,id=sender,netdev=network,queue=tx,indev=sent",
        ])
        return self

    def __exit__(self, *_: object) -> None:
        del os.environ["QEMU"]

    def run(self) -> None:
        seen, _ = self.listeners["seen"].accept()
        self.connection, _ = self.listeners["sent"].accept()
        unread = b""
        while piece := seen.recv(65536):
            unread += piece
            # In front of each frame is its length.
            while len(unread) >= (end := 4 + int.from_bytes(unread[:4], "big")) > 4:
                frame, unread = unread[4:end], unread[end:]
                if frame[12:14] == IPV4:
                    self.see(Packet(frame))

    def send(self, frame: bytes) -> None:
        self.connection.sendall(len(frame).to_bytes(4, "big") + frame)
