"""The client on asyncio."""

import asyncio
from collections import deque
from functools import partial
from types import TracebackType
from typing import AsyncIterable, AsyncIterator, Deque, Iterable, Optional, Type, Union

from .async_connection import AsyncConnection
from .errors import ClientError, WrongCommand
from .network import address, connect_error, seconds
from .puts import Attempt, OnRefused, Puts
from .reply import Answer
from .request import get_request, put_request
from .sample import Samples


class AsyncClient:
    """A connection to the server, for any number of tasks of one event loop.

    Calls are pipelined. The server may still carry out a cancelled call; the client stays usable.
    After a time-out, a lost connection or an invalid reply the connection is closed, and all
    pending and later calls raise ClientError.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        """Use `connect` instead."""
        self._connection = connection

    @classmethod
    async def connect(cls, host: str, port: int, timeout: Optional[float] = None) -> "AsyncClient":
        """Connects. `timeout` is how many seconds the server may be silent; None waits forever."""
        host, port = address(host, port)
        timeout = seconds(timeout)
        protocol = partial(AsyncConnection, timeout)
        connecting = asyncio.get_running_loop().create_connection(protocol, host, port)
        try:
            _, connection = await asyncio.wait_for(connecting, timeout)
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            raise connect_error(host, port, error) from error
        return cls(connection)

    async def put(self, key: str, value: float, timestamp: Optional[int] = None) -> None:
        """Stores a sample; replaces one with the same key and timestamp. The default is now."""
        await self._ask(put_request(key, value, timestamp))

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
        puts = Puts(on_refused)
        answers: "Deque[asyncio.Future[Answer]]" = deque()
        try:
            async for sample in _each(samples):
                request = puts.take(sample)
                if request:
                    answers.append(self._connection.ask(request))
                while puts.is_full():
                    puts.answer(await answers.popleft())
            while puts.is_due():
                puts.answer(await answers.popleft())
        except ClientError as error:
            raise puts.cut_short(error) from error
        return puts.end()

    async def close(self) -> None:
        """Closes the connection. All pending and later calls raise ClientError."""
        await self._connection.close()

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
        answer = await self._connection.ask(request)
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
