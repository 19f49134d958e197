"""The connection of an AsyncClient: gives each reply that comes to the call that waits for it."""

import asyncio
from collections import deque
from typing import Deque, List, Optional, Tuple, cast

from .errors import ClientError
from .reply import Answer, Replies


class AsyncConnection(asyncio.Protocol):
    """Any number of requests may be queued or due. A caller may give one up: it is sent all the
    same, and its reply is dropped when it comes, so that it is never taken for another's."""

    def __init__(self, timeout: Optional[float]) -> None:
        self._loop = asyncio.get_event_loop()
        self._timeout = timeout
        self._timer: Optional[asyncio.TimerHandle] = None
        self._replies = Replies()
        # Requests that were sent, and those that will be when the event loop has its next turn.
        self._due: "Deque[asyncio.Future[Answer]]" = deque()
        self._queued: "List[Tuple[bytes, asyncio.Future[Answer]]]" = []
        self._failure: Optional[str] = None
        self._lost: "asyncio.Future[None]" = self._loop.create_future()

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        """The answer to come. The request is sent when the caller waits for anything."""
        if self._failure:
            raise ClientError(f"the connection is closed: {self._failure}")
        if not self._queued:
            self._loop.call_soon(self._send)
        answer: "asyncio.Future[Answer]" = self._loop.create_future()
        self._queued.append((request, answer))
        return answer

    async def close(self) -> None:
        self._fail("it was closed by this client")
        await asyncio.shield(self._lost)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            for answer in self._replies.receive(data):
                due = self._due.popleft()
                if not due.done():
                    due.set_result(answer)
        except ClientError as error:
            self._fail(str(error))
        self._watch()

    def eof_received(self) -> None:
        self.data_received(b"")

    def connection_lost(self, error: Optional[Exception]) -> None:
        self._fail(f"no whole reply from the server: {error}")
        self._lost.set_result(None)

    def _send(self) -> None:
        """Sends what is queued in one write; if nothing was due, the server's time begins here."""
        queued, self._queued = self._queued, []
        if not queued:
            return  # the connection has failed meanwhile
        was_idle = not self._due
        for request, answer in queued:
            self._replies.expect(request)
            self._due.append(answer)
        self._transport.write(b"".join(request for request, _ in queued))
        if was_idle:
            self._watch()

    def _watch(self) -> None:
        """Starts the timer of the server's silence again, if replies are due."""
        if self._timer:
            self._timer.cancel()
        if self._due and self._timeout is not None:
            late = "no whole reply from the server: timed out"
            self._timer = self._loop.call_later(self._timeout, self._fail, late)

    def _fail(self, reason: str) -> None:
        """Ends the connection and all calls that are due, for the first reason that there is."""
        if self._failure:
            return
        self._failure = reason
        self._transport.abort()
        waiting = [*self._due, *(answer for _, answer in self._queued)]
        self._due.clear()
        self._queued.clear()
        for answer in waiting:
            if not answer.done():
                answer.set_exception(ClientError(reason))
                answer.exception()  # asyncio would log it if nobody waited for it any more
        self._watch()
