"""One connection to a server: each call sends one request and reads its one reply."""

import socket
import time
from types import TracebackType
from typing import Optional, Type

from .errors import ClientError, WrongCommand
from .reply import read_reply
from .request import get_request, put_request
from .sample import Samples


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
        self._stream = self._socket.makefile("rb")
        self._idle = True

    def put(self, key: str, value: float, timestamp: Optional[int] = None) -> None:
        """Stores a sample, in place of one with the same key and timestamp. The default is now."""
        if timestamp is None:
            timestamp = int(time.time())
        request = put_request(key, value, timestamp)
        if self._ask(request):
            self.close()
            raise ClientError("the server answered a put with samples")

    def get(self, key: str) -> Samples:
        """The samples of a key by timestamp, `{}` when it has none; of all keys for `*`."""
        return self._ask(get_request(key))

    def close(self) -> None:
        """Ends the connection; every later call raises ClientError."""
        self._idle = False
        self._stream.close()
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
        if not self._idle:
            raise ClientError("the connection is closed, or its last call did not end")
        self._idle = False
        try:
            samples = self._exchange(request)
            self._idle = True
        except OSError as error:
            raise ClientError(f"no whole reply from the server: {error}") from error
        finally:
            if not self._idle:
                self.close()
        if samples is None:
            raise WrongCommand(f"the server answered `wrong command` to {request.decode()!r}")
        return samples

    def _exchange(self, request: bytes) -> Optional[Samples]:
        # Whatever is here before the request was sent cannot be its reply.
        self._socket.settimeout(0)
        unasked = self._stream.peek(1)
        self._socket.settimeout(self._timeout)
        if unasked:
            raise ClientError(f"the server sent more than its replies: {unasked[:60]!r}")
        self._socket.sendall(request)
        return read_reply(self._stream)
