"""An AsyncClient with the interface of a Client, so that the same tests run on both."""

import asyncio
from typing import Any, Optional

from metric_client import AsyncClient
from metric_client.puts import OnRefused
from metric_client.sample import Samples


class BlockingClient:
    def __init__(self, host: str, port: int, timeout: Optional[float] = None) -> None:
        self._loop = asyncio.new_event_loop()
        connecting = AsyncClient.connect(host, port, timeout)
        try:
            self._client = self._loop.run_until_complete(connecting)
        except BaseException:
            self._loop.close()
            raise

    def put(self, key: str, value: float, timestamp: Optional[int] = None) -> None:
        self._loop.run_until_complete(self._client.put(key, value, timestamp))

    def get(self, key: str) -> Samples:
        return self._loop.run_until_complete(self._client.get(key))

    def put_all(self, samples: Any, on_refused: Optional[OnRefused] = None) -> int:
        return self._loop.run_until_complete(self._client.put_all(samples, on_refused))

    def close(self) -> None:
        self._loop.run_until_complete(self._client.close())
        self._loop.close()
