"""The client on asyncio."""

import asyncio
from collections import deque
from functools import partial
from types import TracebackType
from typing import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Deque,
    Iterable,
    Optional,
    Tuple,
    Type,
    Union,
)

from .async_connection import AsyncConnection
from .errors import CLOSED, ClientError, Disconnected, WrongCommand, in_doubt
from .network import address_text, checked_address, checked_timeout, connect_error, state
from .puts import Attempt, OnRefused, Puts
from .reply import Answer
from .request import checked_unit, get_request, put_request
from .sample import Samples


class AsyncClient:
    """A connection to the server, for any number of tasks of one event loop.

    Calls are pipelined. The server may still carry out a cancelled call; the client stays usable.
    After a time-out, a lost connection or an invalid reply the connection is closed, and all
    pending calls raise ClientError.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        reopen: Optional[Callable[[], Awaitable[AsyncConnection]]] = None,
        unit: str = "s",
    ) -> None:
        """Use `connect` instead."""
        self._connection = connection
        self._reopen = reopen
        self._unit = checked_unit(unit)
        self._opening: "Optional[asyncio.Task[None]]" = None
        self._closed = False

    @classmethod
    async def connect(
        cls,
        host: str,
        port: Union[int, str],
        timeout: Optional[float] = None,
        *,
        reconnect: bool = False,
        unit: str = "s",
    ) -> "AsyncClient":
        """Connects. `timeout` is how many seconds the server may be silent; None waits forever.

        If `reconnect` is true, a call that finds no connection makes a new one. A get that loses it
        is sent once more. A put is never sent twice: its error says if it may be stored.

        `unit` is what the server's timestamps count: "s", "ms", "us" or "ns". A put without a
        timestamp is of now in this unit. The client cannot ask the server for it, so pass it unless
        the server counts seconds: a wrong one stores samples at a wrong time.
        """
        checked_unit(unit)
        reopen = partial(_open, checked_address(host, port), checked_timeout(timeout))
        return cls(await reopen(), reopen if reconnect else None, unit)

    async def put(self, key: str, value: float, timestamp: Optional[int] = None) -> None:
        """Stores a sample; replaces one with the same key and timestamp. The default is now."""
        await self._ask(put_request(key, value, timestamp, self._unit))

    async def get(self, key: str) -> Samples:
        """Returns the samples of a key by timestamp, or `{}`; for `*` those of all keys."""
        return await self._ask(get_request(key))

    async def put_all(
        self,
        samples: Union[Iterable[Attempt], AsyncIterable[Attempt]],
        on_refused: Optional[OnRefused] = None,
    ) -> int:
        """Stores samples as `Client.put_all` does. Returns how many.

        Sends a sample before it waits for the next one of an AsyncIterable. If the call is
        cancelled, or `samples` or `on_refused` raises, any of the last `WINDOW` samples may be
        stored, and the client stays usable.
        """
        puts = Puts(on_refused, self._unit)
        answers: "Deque[asyncio.Future[Answer]]" = deque()
        try:
            connection = await self._ready()
            async for sample in _each(samples):
                request = puts.take(sample)
                if request:
                    answers.append(connection.ask(request))
                while puts.is_full():
                    puts.answer(await answers.popleft())
            while puts.is_due():
                puts.answer(await answers.popleft())
        except ClientError as error:
            raise puts.cut_short(error) from error
        return puts.end()

    async def close(self) -> None:
        """Closes the connection. All pending and later calls raise ClientError."""
        self._closed = True
        if self._opening:
            self._opening.cancel()
        await self._connection.close()

    def __repr__(self) -> str:
        return f"<AsyncClient {self._connection.address}, {state(self._connection.failure)}>"

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()

    async def _ask(self, request: bytes) -> Samples:
        connection = await self._ready()
        try:
            return await _samples(connection, request)
        except Disconnected as error:
            if not self._reopen or error.in_doubt:
                raise
        return await _samples(await self._ready(), request)

    async def _ready(self) -> AsyncConnection:
        """Returns an open connection, a new one if reconnecting is allowed."""
        if self._closed:
            raise Disconnected(f"the connection is closed: {CLOSED}")
        failure = self._connection.failure
        if failure and not self._reopen:
            way = "create a new AsyncClient, or use reconnect=True"
            raise Disconnected(f"the connection is closed: {failure}; {way}") from failure
        if failure:
            await self._renew()
        return self._connection

    async def _renew(self) -> None:
        """Connects anew. All tasks that wait for that share one attempt."""
        if not self._opening:
            self._opening = asyncio.ensure_future(self._open())
            # Else asyncio complains of a failure that no task has waited for.
            self._opening.add_done_callback(lambda task: task.cancelled() or task.exception())
        opening = self._opening
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            # It was cancelled before it began; otherwise the task that waits was.
            if not opening.cancelled():
                raise
            raise Disconnected(f"the connection is closed: {CLOSED}") from None

    async def _open(self) -> None:
        assert self._reopen
        try:
            self._connection = await self._reopen()
        except asyncio.CancelledError as error:
            # A task that waits for this was not itself cancelled.
            raise Disconnected(f"the connection is closed: {CLOSED}") from error
        finally:
            self._opening = None
        if self._closed:
            await self._connection.close()


async def _open(address: Tuple[str, int], timeout: Optional[float]) -> AsyncConnection:
    protocol = partial(AsyncConnection, timeout, address_text(address))
    connecting = asyncio.get_running_loop().create_connection(protocol, *address)
    try:
        _, connection = await asyncio.wait_for(connecting, timeout)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        raise connect_error(address, error) from error
    return connection


async def _samples(connection: AsyncConnection, request: bytes) -> Samples:
    with in_doubt(request):
        answer = await connection.ask(request)
    if isinstance(answer, WrongCommand):
        raise answer
    return answer


async def _each(
    samples: Union[Iterable[Attempt], AsyncIterable[Attempt]],
) -> AsyncIterator[Attempt]:
    if isinstance(samples, AsyncIterable):
        async for sample in samples:
            yield sample
    else:
        for sample in samples:
            yield sample
