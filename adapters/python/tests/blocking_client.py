"""An AsyncClient with the interface of a Client, so that the same tests run on both."""

import asyncio
import threading
from typing import Any, Awaitable, Optional, TypeVar, Union

from metric_client import AsyncClient
from metric_client.puts import OnRefused
from metric_client.sample import Samples

T = TypeVar("T")


class BlockingClient:
    """Its event loop runs in a thread of its own, also between calls."""

    def __init__(
        self, host: str, port: Union[int, str], timeout: Optional[float] = None, **options: Any
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        try:
            self._client = self._run(AsyncClient.connect(host, port, timeout, **options))
        except BaseException:
            self._stop()
            raise

    def put(self, key: str, value: float, timestamp: Optional[int] = None) -> None:
        self._run(self._client.put(key, value, timestamp))

    def get(self, key: str) -> Samples:
        return self._run(self._client.get(key))

    def put_all(self, samples: Any, on_refused: Optional[OnRefused] = None) -> int:
        return self._run(self._client.put_all(samples, on_refused))

    def sees_the_end(self) -> bool:
        """Returns whether the client knows that the server has closed the connection."""
        return self._client._connection.failure is not None

    def close_connection(self) -> None:
        self._run(self._client.close())

    def close(self) -> None:
        if not self._loop.is_closed():
            self.close_connection()
            self._stop()

    def __repr__(self) -> str:
        return repr(self._client)

    def _run(self, call: Awaitable[T]) -> T:
        async def called() -> T:
            return await call

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
