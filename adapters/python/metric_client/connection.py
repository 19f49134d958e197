"""The connection of a Client: sends requests, and reads their replies in order."""

import socket
from contextlib import contextmanager, suppress
from typing import Iterator, Optional, Tuple, Type

from .errors import ClientError, Disconnected, NotSent, WrongCommand, in_doubt
from .network import connect_error, reply_error
from .puts import GROUP
from .reply import Answer, Replies
from .sample import Samples

# The class of real sockets, also while a test has another one in its place.
SOCKET = socket.socket

# Bytes to receive at once.
PIECE = 65536


class Connection:
    """A connection, for one call at a time. Once it has failed it stays closed.

    A call that does not complete closes it, because a later reply could be taken for the next
    call's. Any thread may close it: `failure` is set before `_in_call` is read there, and read
    after `_in_call` is set here, so either side closes the socket, and never under a call.
    """

    def __init__(self, address: Tuple[str, int], timeout: Optional[float]) -> None:
        try:
            self._socket = socket.create_connection(address, timeout)
        except (OSError, ValueError) as error:
            raise connect_error(address, error) from error
        self._timeout = timeout
        self._replies = Replies()
        self._unsent = b""
        self._incoming: Iterator[Answer] = iter(())
        self._in_call = False
        # Why the connection is closed.
        self.failure: Optional[str] = None

    def expect_silence(self) -> None:
        """Raises if the connection is closed, or if bytes have arrived that nobody asked for."""
        with self.call():
            next(self._incoming, None)
            if isinstance(self._socket, SOCKET):  # a test's stand-in may only send and receive
                self._receive_nothing()

    def ask(self, request: bytes) -> Samples:
        """Returns the answer to a request."""
        with in_doubt(request), self.call():
            self.write(request)
            answer = self.receive()
        if isinstance(answer, WrongCommand):
            raise answer
        return answer

    @contextmanager
    def call(self) -> Iterator[None]:
        """Closes the connection if the block does not complete."""
        closed: Type[Disconnected] = NotSent
        try:
            self._in_call = True
            self._check_open(closed)
            closed = Disconnected  # from here on, the block may have sent a request
            yield
        except ClientError as error:
            self._check_open(closed)
            self.failure = str(error)
            raise
        except BaseException as error:
            self.failure = self.failure or f"{type(error).__name__} in its last call"
            raise
        finally:
            self._in_call = False
            if self.failure:
                self._end()

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

    def close(self, reason: str) -> None:
        """Closes the connection. A call in progress fails."""
        self.failure = self.failure or reason
        if not self._in_call:
            self._end()
        elif isinstance(self._socket, SOCKET):
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        """Closes the socket of this process and leaves the connection to the one it is from."""
        self._end()

    def _end(self) -> None:
        close = getattr(self._socket, "close", None)  # a test's stand-in may only send and receive
        if close is not None:
            close()

    def _check_open(self, closed: Type[Disconnected]) -> None:
        if self.failure:
            raise closed(f"the connection is closed: {self.failure}")

    def _receive_nothing(self) -> None:
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
