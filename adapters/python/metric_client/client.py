"""The blocking client: each call sends its requests and reads their replies."""

from types import TracebackType
from typing import Iterable, Optional, Type, Union

from .connection import Connection
from .errors import CLOSED, ClientError, Disconnected
from .network import address_text, checked_address, checked_timeout, state
from .puts import Attempt, OnRefused, Puts
from .request import checked_unit, get_request, put_request
from .sample import Samples
from .turns import Turns


class Client:
    """A connection to the server. Threads may share it: their calls wait for each other.

    A call that fails before its end (time-out, lost connection, Ctrl-C, an invalid reply) closes
    the connection, because its reply could be taken for the next call's.
    """

    def __init__(
        self,
        host: str,
        port: Union[int, str],
        timeout: Optional[float] = None,
        *,
        reconnect: bool = False,
        unit: str = "s",
    ) -> None:
        """Connects. `timeout` is how many seconds the server may be silent; None waits forever.

        If `reconnect` is true, a call that finds no connection makes a new one. A get that loses it
        is sent once more. A put is never sent twice: its error says if it may be stored.

        `unit` is what the server's timestamps count: "s", "ms", "us" or "ns". A put without a
        timestamp is of now in this unit. The client cannot ask the server for it, so pass it unless
        the server counts seconds: a wrong one stores samples at a wrong time.
        """
        self._address = checked_address(host, port)
        self._timeout = checked_timeout(timeout)
        self._reconnect = reconnect
        self._unit = checked_unit(unit)
        self._turns = Turns()
        self._closed = False
        self._connection = Connection(self._address, self._timeout)

    def put(self, key: str, value: float, timestamp: Optional[int] = None) -> None:
        """Stores a sample; replaces one with the same key and timestamp. The default is now."""
        self._ask(put_request(key, value, timestamp, self._unit))

    def get(self, key: str) -> Samples:
        """Returns the samples of a key by timestamp, or `{}`; for `*` those of all keys."""
        return self._ask(get_request(key))

    def put_all(self, samples: Iterable[Attempt], on_refused: Optional[OnRefused] = None) -> int:
        """Stores samples, each a key, a value and a timestamp (None is now). Returns how many.

        Sends up to `WINDOW` samples before it reads their replies, and holds no more. Sends them in
        groups, so use `put` for samples that arrive now and then. Other threads wait for its end,
        and `samples` and `on_refused` cannot use this client.

        If the server or this client refuses a sample, the others are still stored. `on_refused` is
        called with the index and the error of each refused sample, in order. If it is None, the
        call raises SomeRefused at the end. A ClientError among the samples counts as refused.

        If the call fails before its end, it raises CutShort, which says which samples are stored or
        refused, and which may be stored. After Ctrl-C, and after exceptions of `samples` and
        `on_refused`, any of the last `WINDOW` samples may be stored. In all these cases the
        connection is closed.
        """
        puts = Puts(on_refused, self._unit)
        try:
            with self._turns.turn():
                self._put_all(puts, samples)
        except ClientError as error:
            raise puts.cut_short(error) from error
        return puts.end()

    def close(self) -> None:
        """Closes the connection. Calls in progress in other threads and later calls fail."""
        self._closed = True
        if self._turns.is_own_process():
            self._connection.close(CLOSED)
        else:
            self._connection.forget()

    def __repr__(self) -> str:
        return f"<Client {address_text(self._address)}, {state(self._connection.failure)}>"

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
        with self._turns.turn():
            connection = self._ready()
            try:
                return connection.ask(request)
            except Disconnected as error:
                if not self._reconnect or error.in_doubt:
                    raise
            return self._ready().ask(request)

    def _put_all(self, puts: Puts, samples: Iterable[Attempt]) -> None:
        connection = self._ready()
        with connection.call():
            for sample in samples:
                request = puts.take(sample)
                if request:
                    connection.write(request)
                while puts.is_full():
                    puts.answer(connection.receive())
            while puts.is_due():
                puts.answer(connection.receive())

    def _ready(self) -> Connection:
        """Returns a connection on which no reply is due, a new one if `reconnect` allows it."""
        try:
            self._connection.expect_silence()
        except Disconnected as error:
            if self._closed:
                raise
            if not self._reconnect:
                way = "create a new Client, or use reconnect=True"
                raise Disconnected(f"{error}; {way}") from error
            self._connection = Connection(self._address, self._timeout)
            if self._closed:  # by another thread, which saw the old connection
                self._connection.close(CLOSED)
        return self._connection
