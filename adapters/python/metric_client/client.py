"""The blocking client: each call sends its requests and reads their replies."""

import socket
from contextlib import contextmanager
from types import TracebackType
from typing import Iterable, Iterator, Optional, Type

from .errors import ClientError, Disconnected, WrongCommand
from .network import address, connect_error, reply_error, seconds
from .puts import GROUP, Attempt, OnRefused, Puts
from .reply import Answer, Replies
from .request import get_request, put_request
from .sample import Samples

# Bytes to receive at once.
PIECE = 65536


class Client:
    """A connection to the server, for one thread at a time.

    A call that fails before its end (time-out, lost connection, Ctrl-C, an invalid reply) closes
    the connection, because its reply could be taken for the next call's.
    """

    def __init__(self, host: str, port: int, timeout: Optional[float] = None) -> None:
        """Connects. `timeout` is how many seconds the server may be silent; None waits forever."""
        host, port = address(host, port)
        self._timeout = seconds(timeout)
        try:
            self._socket = socket.create_connection((host, port), self._timeout)
        except (OSError, ValueError) as error:
            raise connect_error(host, port, error) from error
        self._replies = Replies()
        self._unsent = b""
        self._incoming: Iterator[Answer] = iter(())
        self._idle = True

    def put(self, key: str, value: float, timestamp: Optional[int] = None) -> None:
        """Stores a sample; replaces one with the same key and timestamp. The default is now."""
        self._ask(put_request(key, value, timestamp))

    def get(self, key: str) -> Samples:
        """Returns the samples of a key by timestamp, or `{}`; for `*` those of all keys."""
        return self._ask(get_request(key))

    def put_all(self, samples: Iterable[Attempt], on_refused: Optional[OnRefused] = None) -> int:
        """Stores samples, each a key, a value and a timestamp (None is now). Returns how many.

        Sends up to `WINDOW` samples before it reads their replies, and holds no more. Sends them in
        groups, so use `put` for samples that arrive now and then.

        If the server or this client refuses a sample, the others are still stored. `on_refused` is
        called with the index and the error of each refused sample, in order. If it is None, the
        call raises SomeRefused at the end. A ClientError among the samples counts as refused.

        If the call fails before its end, it raises CutShort: all samples before its `answered` are
        stored or refused, and any of the next `WINDOW` may be stored. The same holds after Ctrl-C
        and after exceptions of `samples` and `on_refused`, which are not caught. In all these cases
        the connection is closed.
        """
        puts = Puts(on_refused)
        try:
            with self._call():
                for sample in samples:
                    request = puts.take(sample)
                    if request:
                        self._write(request)
                    while puts.is_full():
                        puts.answer(self._receive())
                while puts.is_due():
                    puts.answer(self._receive())
        except ClientError as error:
            raise puts.cut_short(error) from error
        return puts.end()

    def close(self) -> None:
        """Closes the connection. Every later call raises ClientError."""
        self._idle = False
        self._socket.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def _ask(self, request: bytes) -> Samples:
        with self._call():
            self._write(request)
            answer = self._receive()
        if isinstance(answer, WrongCommand):
            raise answer
        return answer

    @contextmanager
    def _call(self) -> Iterator[None]:
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

    def _expect_silence(self) -> None:
        """Raises if bytes have arrived before a request was sent: they cannot be its reply."""
        next(self._incoming, None)
        with _network():
            self._socket.settimeout(0)
            try:
                piece = self._socket.recv(PIECE)
            except BlockingIOError:
                return
            finally:
                self._socket.settimeout(self._timeout)
        next(self._replies.receive(piece))

    def _write(self, request: bytes) -> None:
        """Sends a request, at the latest before the next wait for a reply."""
        self._replies.expect(request)
        self._unsent += request
        if len(self._unsent) >= GROUP:
            self._send()

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, b""
        if unsent:
            with _network():
                self._socket.sendall(unsent)

    def _receive(self) -> Answer:
        answer = next(self._incoming, None)
        while answer is None:
            self._send()
            with _network():
                piece = self._socket.recv(PIECE)
            self._incoming = self._replies.receive(piece)
            answer = next(self._incoming, None)
        return answer


@contextmanager
def _network() -> Iterator[None]:
    """Separates network errors from errors of `samples`, which may read a file."""
    try:
        yield
    except OSError as error:
        raise reply_error(error) from error
