"""The connection of an AsyncClient: passes each reply to the call that waits for it."""

import asyncio
from collections import deque
from typing import Deque, List, Optional, Tuple, cast

from .errors import CLOSED, ClientError, Disconnected, NotSent
from .network import reply_error
from .reply import Answer, Replies


class AsyncConnection(asyncio.Protocol):
    """Any number of requests may be queued or due. A cancelled request is still sent, and its reply
    is dropped, so that it is never taken for the reply to another request."""

    def __init__(self, timeout: Optional[float], address: str) -> None:
        self.address = address
        self._loop = asyncio.get_event_loop()
        self._timeout = timeout
        self._timer: Optional[asyncio.TimerHandle] = None
        self._replies = Replies()
        # Requests that were sent, and those that the next iteration of the event loop will send.
        self._due: "Deque[asyncio.Future[Answer]]" = deque()
        self._queued: "List[Tuple[bytes, asyncio.Future[Answer]]]" = []
        # Why the connection is closed.
        self.failure: Optional[ClientError] = None
        self._lost: "asyncio.Future[None]" = self._loop.create_future()

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        """Queues a request, sent when the caller next awaits. Returns its future answer."""
        if self.failure:
            raise NotSent(f"the connection is closed: {self.failure}")
        if not self._queued:
            self._loop.call_soon(self._send)
        answer: "asyncio.Future[Answer]" = self._loop.create_future()
        self._queued.append((request, answer))
        return answer

    async def close(self) -> None:
        self._fail(Disconnected(CLOSED))
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
            self._fail(error)
        self._watch()

    def eof_received(self) -> None:
        self.data_received(b"")

    def connection_lost(self, error: Optional[Exception]) -> None:
        self._fail(reply_error(error or ConnectionAbortedError("the connection was closed")))
        self._lost.set_result(None)

    def _send(self) -> None:
        """Sends the queued requests in one write. Starts the timer if no replies were due."""
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
        """Restarts the timer of the server's silence if replies are due, else stops it."""
        if self._timer:
            self._timer.cancel()
        if self._due and self._timeout is not None:
            late = reply_error(TimeoutError())
            self._timer = self._loop.call_later(self._timeout, self._fail, late)

    def _fail(self, reason: ClientError) -> None:
        """Closes the connection and fails all pending calls. Only the first reason counts."""
        if self.failure:
            return
        self.failure = reason
        self._transport.abort()
        queued, self._queued = self._queued, []
        for answer in self._due:
            _set_error(answer, type(reason)(str(reason)))
        for _, answer in queued:
            _set_error(answer, NotSent(f"the connection is closed: {reason}"))
        self._due.clear()
        self._watch()


def _set_error(answer: "asyncio.Future[Answer]", error: ClientError) -> None:
    if not answer.done():
        answer.set_exception(error)
        answer.exception()  # else asyncio logs it if nobody awaits it
