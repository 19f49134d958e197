"""Runs asyncio tests, and fails them if asyncio reports an error."""

import asyncio
import gc
import time
from typing import Any, Awaitable, Callable, List, TypeVar

from scripted_server import PATIENCE

T = TypeVar("T")


def run(test: Awaitable[T]) -> T:
    """Runs a test in a new event loop. Fails if asyncio reports an error."""
    complaints: List[Any] = []

    async def watched() -> T:
        asyncio.get_event_loop().set_exception_handler(
            lambda _, context: complaints.append(context)
        )
        result = await asyncio.wait_for(test, 3 * PATIENCE)
        gc.collect()
        return result

    result = asyncio.run(watched())
    gc.collect()
    assert not complaints, complaints
    return result


async def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "what is waited for does not happen"
        await asyncio.sleep(0.01)
