"""The blocking client: each call sends its requests and reads their replies."""

from types import TracebackType
from typing import Iterable, Optional, Type

from .connection import Connection
from .errors import ClientError, WrongCommand
from .network import address, seconds
from .puts import Attempt, OnRefused, Puts
from .request import get_request, put_request
from .sample import Samples


class Client:
    """A connection to the server, for one thread at a time.

    A call that fails before its end (time-out, lost connection, Ctrl-C, an invalid reply) closes
    the connection, because its reply could be taken for the next call's.
    """

    def __init__(self, host: str, port: int, timeout: Optional[float] = None) -> None:
        """Connects. `timeout` is how many seconds the server may be silent; None waits forever."""
        self._connection = Connection(*address(host, port), seconds(timeout))

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
        puts, connection = Puts(on_refused), self._connection
        try:
            with connection.call():
                for sample in samples:
                    request = puts.take(sample)
                    if request:
                        connection.write(request)
                    while puts.is_full():
                        puts.answer(connection.receive())
                while puts.is_due():
                    puts.answer(connection.receive())
        except ClientError as error:
            raise puts.cut_short(error) from error
        return puts.end()

    def close(self) -> None:
        """Closes the connection. Every later call raises ClientError."""
        self._connection.close()

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
        with self._connection.call():
            self._connection.write(request)
            answer = self._connection.receive()
        if isinstance(answer, WrongCommand):
            raise answer
        return answer
