"""The connection of a Client: sends requests, and reads their replies in order."""

import socket
from contextlib import contextmanager
from typing import Iterator, Optional

from .errors import Disconnected
from .network import connect_error, reply_error
from .puts import GROUP
from .reply import Answer, Replies

# The class of real sockets, also while a test has another one in its place.
SOCKET = socket.socket

# Bytes to receive at once.
PIECE = 65536


class Connection:
    """A connection, for one call at a time.

    A call that does not end closes it, because its reply could be taken for the next call's.
    """

    def __init__(self, host: str, port: int, timeout: Optional[float]) -> None:
        try:
            self._socket = socket.create_connection((host, port), timeout)
        except (OSError, ValueError) as error:
            raise connect_error(host, port, error) from error
        self._timeout = timeout
        self._replies = Replies()
        self._unsent = b""
        self._incoming: Iterator[Answer] = iter(())
        self._idle = True

    @contextmanager
    def call(self) -> Iterator[None]:
        """Closes the connection if the block does not complete."""
        if not self._idle:
            raise Disconnected("the connection is closed, or its last call did not end")
        self._idle = False
        try:
            self._expect_silence()
            yield
            self._idle = True
        finally:
            if not self._idle:
                self.close()

    def write(self, request: bytes) -> None:
        """Sends a request, at the latest before the next wait for a reply."""
        self._replies.expect(request)
        self._unsent += request
        if len(self._unsent) >= GROUP:
            self._send()

    def receive(self) -> Answer:
        """Returns the answer to the first request that has none."""
        answer = next(self._incoming, None)
        while answer is None:
            self._send()
            with _network():
                piece = self._socket.recv(PIECE)
            self._incoming = self._replies.receive(piece)
            answer = next(self._incoming, None)
        return answer

    def close(self) -> None:
        self._idle = False
        self._socket.close()

    def _expect_silence(self) -> None:
        """Raises if bytes have arrived before a request was sent: they cannot be its reply."""
        next(self._incoming, None)
        if not isinstance(self._socket, SOCKET):
            return  # a test's stand-in, which may have nothing but `sendall` and `recv`
        with _network():
            self._socket.settimeout(0)
            try:
                piece = self._socket.recv(PIECE)
            except BlockingIOError:
                return
            finally:
                self._socket.settimeout(self._timeout)
        next(self._replies.receive(piece))

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, b""
        if unsent:
            with _network():
                self._socket.sendall(unsent)


@contextmanager
def _network() -> Iterator[None]:
    """Separates network errors from errors of `samples`, which may read a file."""
    try:
        yield
    except OSError as error:
        raise reply_error(error) from error
