"""Checks that an emulated board reports its samples to a server, also those of an outage."""

import contextlib
import socket
import socketserver
import sys
import threading
import time
from pathlib import Path

from commands import run
from emulated import Board
from pages import nc

PATIENCE = 120  # seconds
NAME = "greenhouse"


def now() -> int:
    """Returns the time in milliseconds since 1970."""
    return time.time_ns() // 10**6


class Server:
    """A server that answers puts, and notes each. It tells its time, in milliseconds, unless the board's time runs at
    another pace."""

    def __init__(self, port: int, tells_time: bool = True) -> None:
        self.port, self.puts, self.server, self.connections = port, [], None, []
        self.tells_time = tells_time

    def start(self) -> None:
        puts, connections, tells_time = self.puts, self.connections, self.tells_time

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                connections.append(self.connection)
                for line in self.rfile:
                    if line.startswith(b"put "):
                        puts.append(tuple(line.decode().split()))
                        self.wfile.write(b"ok\n\n")
                    elif tells_time and line.startswith(b"GET /v1/info "):
                        self.wfile.write(b'HTTP/1.0 200 OK\r\n\r\n{"unit": "ms", "now": %d, "more": 0}' % now())
                        return
                    else:
                        self.wfile.write(b"error\nwrong command\n\n")

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = Listener(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def wait_for(self, key: str, count: int) -> None:
        """Waits until so many samples of a series were reported."""
        until = time.monotonic() + PATIENCE
        while len({at for _, name, _, at in self.puts if name == key}) < count:
            if time.monotonic() > until:
                sys.exit(f"of {count} samples of {key} only these are reported: {self.puts}")
            time.sleep(0.1)


def with_settings(name: str, port: int, image: Path, directory: Path) -> Board:
    """Writes settings: a name, and a server at the port that follows those of the board. Returns the board that has
    them."""
    sector, server = directory / "settings", str(port + 2)
    options = f"board config --for {name.removeprefix('embassy-')} --name {NAME} --report 10.0.2.100"
    run(*"cargo run --quiet --package metric-cli --".split(), *options.split(), "--out", sector)
    return Board(name, port, image, directory, ["--settings", str(sector), "--server", server])


def check_push(name: str, port: int, image: Path, directory: Path) -> None:
    """Checks that a board with settings has their name and reports to their server. Takes that away and back, and
    compares what it was told with what the board has."""
    server = Server(port + 2)
    with with_settings(name, port, image, directory) as board:
        board.reboot()
        # The server is away from the beginning.
        put(board, range(1, 8))
        time.sleep(5)
        server.start()
        server.wait_for("push.sample", 7)
        server.stop()
        put(board, range(8, 15))
        time.sleep(5)
        server.start()
        server.wait_for("push.sample", 14)
        # The board's own metrics have the name of the settings.
        server.wait_for(f"{NAME}.uptime", 2)
        server.stop()
        compare(board, server.puts)
        check_times([int(at) for _, name, _, at in server.puts if name == f"{NAME}.uptime"])


def check_times(times: list[int]) -> None:
    """Checks that a board's own metrics have the time of the server, whatever the board has."""
    if wrong := [at for at in times if not 0 <= now() - at < 10**6]:
        sys.exit(f"at {now()} ms the board's own metrics have these times: {wrong}")
    print(f"{len(times)} samples of {NAME}.uptime have the time of the server", flush=True)


def put(board: Board, times: range) -> None:
    requests = "".join(f"put push.sample {at}.5 {at}\n" for at in times)
    if nc(requests, board.port) != "ok\n\n" * len(times):
        sys.exit("the board refuses samples")


def compare(board: Board, puts: list[tuple[str, ...]]) -> None:
    told: dict[tuple[str, str], str] = {}
    for command, key, value, at in puts:
        if command != "put" or told.setdefault((key, at), value) != value:
            sys.exit(f"the server was told {key} at {at} as {told[key, at]} and as {value}")
    listing = [line.split() for line in nc("get *\n", board.port).splitlines()[1:-1]]
    stored = {(key, at): value for key, value, at in listing}
    if wrong := {sample for sample in told if told[sample] != stored.get(sample, told[sample])}:
        sys.exit(f"the server was told other values than the board has: {wrong}")
    missing = [sample for sample in stored if sample not in told and sample[0] == "push.sample"]
    if missing:
        sys.exit(f"the server was not told of {missing}")
    again = len(puts) - len(told)
    print(f"{len(told)} samples were reported, those of two outages, too; {again} of them twice", flush=True)
