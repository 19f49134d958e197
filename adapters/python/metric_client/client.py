"""A connection to a server: each call sends its requests and reads their replies."""

import socket
from contextlib import contextmanager
from types import TracebackType
from typing import Iterable, Iterator, Optional, Type

from .errors import ClientError, WrongCommand
from .puts import GROUP, Attempt, OnRefused, Puts
from .reply import Answer, Replies
from .request import get_request, put_request
from .sample import Samples

# The bytes that are received at once.
PIECE = 65536


class Client:
    """A connection to the server, for one thread at a time.

    A call that fails in its middle (time-out, lost connection, Ctrl-C, a reply that is none of the
    protocol's) closes the connection, because its reply could be taken for the next call's.
    """

    def __init__(self, host: str, port: int, timeout: Optional[float] = None) -> None:
        """Connects. `timeout` is how many seconds the server may be silent; None is for ever."""
        try:
            self._socket = socket.create_connection((host, port), timeout)
        except (OSError, OverflowError, ValueError) as error:
            raise ClientError(f"cannot connect to {host}:{port}: {error}") from error
        self._timeout = timeout
        self._replies = Replies()
        self._unsent = b""
        self._incoming: Iterator[Answer] = iter(())
        self._idle = True

    def put(self, key: str, value: float, timestamp: Optional[int] = None) -> None:
        """Stores a sample, in place of one with the same key and timestamp. The default is now."""
        self._ask(put_request(key, value, timestamp))

    def get(self, key: str) -> Samples:
        """The samples of a key by timestamp, `{}` when it has none; of all keys for `*`."""
        return self._ask(get_request(key))

    def put_all(self, samples: Iterable[Attempt], on_refused: Optional[OnRefused] = None) -> int:
        """Stores samples, each a key, a value and a timestamp or None for now; returns how many.

        Up to `WINDOW` are sent before their replies are read, and no more are held. They are sent
        in groups: `put` is better for samples that are yet to come, one now and then.

        A sample that the server or this client refuses does not keep others from being stored.
        `on_refused` is called with its index and error, in the order of the samples; without it
        SomeRefused is raised at the end. A ClientError among the samples is refused as it is.

        A failure in the middle raises CutShort: all samples before its `answered` are stored or
        refused, and of the next `WINDOW` any may be stored. Ctrl-C, and what `samples` or
        `on_refused` raise, goes through and leaves the same. After all these the connection is
        closed.
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
        """Ends the connection; every later call raises ClientError."""
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
        """Closes the connection unless the block comes to its end."""
        if not self._idle:
            raise ClientError("the connection is closed, or its last call did not end")
        self._idle = False
        try:
            self._expect_silence()
            yield
            self._idle = True
        finally:
            if not self._idle:
                self.close()

    def _expect_silence(self) -> None:
        """Whatever is here before a request was sent cannot be its reply."""
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
        """Sends a request, at the latest when a reply is waited for."""
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
    """Tells the errors of the network from those of samples, which may come from a file."""
    try:
        yield
    except OSError as error:
        raise ClientError(f"no whole reply from the server: {error}") from error
