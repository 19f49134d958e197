"""A server that answers request lines by a script, correctly or not."""

import socket
import struct
import threading
from types import TracebackType
from typing import Callable, List, Optional, Sequence, Type

# Time limit in seconds for steps that take no time when all is well.
PATIENCE = 10

# Runs on the connection after a request line has arrived.
Answer = Callable[[socket.socket], object]


def says(*pieces: bytes) -> Answer:
    """Sends each piece in a segment of its own."""

    def answer(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return answer


def silence(connection: socket.socket) -> None:
    """Sends nothing until the client disconnects."""
    while connection.recv(4096):
        pass


def says_and_stays(piece: bytes) -> Answer:
    """Sends a piece, then nothing until the client disconnects."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(piece)
        silence(connection)

    return answer


def holds(event: threading.Event, piece: bytes, rest: bytes) -> Answer:
    """Sends the rest of a reply after the event."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(piece)
        event.wait(PATIENCE)
        connection.sendall(rest)

    return answer


def resets(connection: socket.socket) -> None:
    """Closes the connection in a way that discards what is on its way."""
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


class ScriptedServer:
    """Serves one connection: runs one answer per request line, then closes.

    Then it serves the next connection by the next script in `then`.
    """

    def __init__(
        self,
        *script: Answer,
        then: Sequence[Sequence[Answer]] = (),
        buffer: Optional[int] = None,
        port: int = 0,
    ) -> None:
        self.requests: List[bytes] = []
        self._scripts = [script, *then]
        self._listener = socket.socket()
        if buffer:
            for direction in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                self._listener.setsockopt(socket.SOL_SOCKET, direction, buffer)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen()
        self._listener.settimeout(PATIENCE)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> "ScriptedServer":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.is_done()
        self._listener.close()

    def is_done(self) -> bool:
        """Waits for the end of the script. Returns whether it came."""
        self._thread.join(PATIENCE)
        return not self._thread.is_alive()

    def _serve(self) -> None:
        for script in self._scripts:
            self._serve_one(script)

    def _serve_one(self, script: Sequence[Answer]) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(3 * PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as lines:
            try:
                for answer, line in zip(script, lines):
                    self.requests.append(line)
                    answer(connection)
            except ConnectionError:
                # The client disconnected during an answer, which some scripts intend.
                pass
