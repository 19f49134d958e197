"""Connections of AsyncClient over transports in memory: queued requests, and shared attempts."""

import asyncio
import sys
import unittest
from typing import Any, List, Optional, Tuple, Union

from event_loop import run, until
from metric_client import AsyncClient, ClientError, Disconnected
from metric_client.async_connection import AsyncConnection
from scripted_server import PATIENCE

NINE = b"ok\nk 9.0 9\n\n"


class Queued(unittest.TestCase):
    """Requests between their call and the next iteration of the event loop, which sends them."""

    def test_the_bytes_copied_grow_with_the_requests_and_not_with_their_square(self) -> None:
        for count in (500, 1000, 2000):
            copied: List[int] = []

            class Counted(bytes):
                """A request line that records how many bytes `+` copies."""

                def __add__(self, other: Any) -> "Counted":
                    copied.append(len(self) + len(other))
                    return Counted(bytes(self) + bytes(other))

                def __radd__(self, other: Any) -> "Counted":
                    return Counted(other) + self

            async def test() -> None:
                connection, transport = attached(timeout=None)
                answers = [connection.ask(Counted(b"put k 1.0 1\n")) for _ in range(count)]
                await asyncio.sleep(0)
                self.assertEqual(bytes(transport.written), b"put k 1.0 1\n" * count)
                self.assertLessEqual(sum(copied), 2 * len(transport.written))
                connection.data_received(b"ok\n\n" * count)
                self.assertEqual(await asyncio.gather(*answers), [{}] * count)

            with self.subTest(count=count):
                run(test())

    def test_the_steps_grow_with_the_requests_and_not_with_their_square(self) -> None:
        async def test(count: int) -> None:
            connection, _ = attached(timeout=1000)
            client = AsyncClient(connection)
            calls = [asyncio.ensure_future(client.put("k", 1, n)) for n in range(count)]
            calls[0].cancel()  # before it began
            await asyncio.sleep(0)
            calls[1].cancel()  # while it was queued
            await asyncio.sleep(0)
            calls[2].cancel()  # after it was sent
            for _ in range(count - 1):
                connection.data_received(b"ok\n\n")
            done = await asyncio.gather(*calls, return_exceptions=True)
            self.assertEqual(done[3:], [None] * (count - 3))

        def steps(count: int) -> int:
            taken = 0

            def count_step(*_: Any) -> None:
                nonlocal taken
                taken += 1

            sys.setprofile(count_step)
            try:
                asyncio.run(test(count))
            finally:
                sys.setprofile(None)
            return taken

        self.assertLess(steps(2000), 2.5 * steps(1000))

    def test_the_time_of_a_request_begins_when_it_is_sent(self) -> None:
        async def test(before: bytes) -> None:
            loop = asyncio.get_event_loop()
            now = loop.time()
            setattr(loop, "time", lambda: now)
            connection, transport = attached(timeout=1)
            if before:
                first = connection.ask(before)
                await asyncio.sleep(0)
            answers = [connection.ask(b"get k\n") for _ in range(3)]
            if before:
                # A reply restarts the timer, but not for queued requests.
                connection.data_received(b"ok\n\n")
                self.assertEqual(await first, {})
            now += 1.1  # the time it took to queue the requests
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            self.assertTrue(transport.written.endswith(b"get k\n" * 3))
            self.assertFalse(any(answer.done() for answer in answers))
            now += 0.9
            await asyncio.sleep(0)
            connection.data_received(NINE)
            self.assertEqual(await answers[0], {"k": [(9, 9.0)]})
            now += 1.1
            for answer in answers[1:]:
                with self.assertRaisesRegex(ClientError, "timed out"):
                    await answer

        for before in (b"", b"put k 1.0 1\n"):
            with self.subTest(before=before):
                run(test(before))

    def test_a_reply_that_comes_before_a_request_was_sent_is_not_taken_for_its_own(self) -> None:
        async def test() -> None:
            connection, transport = attached(timeout=None)
            answer = connection.ask(b"get k\n")
            connection.data_received(NINE)
            with self.assertRaisesRegex(ClientError, "more than its replies"):
                await answer
            await asyncio.sleep(0)
            self.assertEqual(transport.written, b"")

        run(test())

    def test_a_failure_ends_calls_that_are_due_and_calls_that_are_queued(self) -> None:
        async def test() -> None:
            connection, transport = attached(timeout=None)
            answers = [connection.ask(b"get k\n")]
            await asyncio.sleep(0)
            answers += [connection.ask(b"get j\n") for _ in range(3)]
            answers[3].cancel()
            transport.lose(ConnectionResetError("reset"))
            for answer in answers[:3]:
                with self.assertRaisesRegex(ClientError, "reset"):
                    await answer
            self.assertTrue(answers[3].cancelled())
            self.assertEqual(transport.written, b"get k\n")

        run(test())


class Reconnect(unittest.TestCase):
    """Calls that wait for a new connection."""

    def test_a_put_that_was_only_queued_is_sent_on_the_new_connection(self) -> None:
        async def test() -> None:
            (lost, nothing), (connection, transport) = attached(None), attached(None)
            client = AsyncClient(lost, lambda: done(connection))
            call = asyncio.ensure_future(client.put("k", 1, 1))
            asyncio.get_event_loop().call_soon(nothing.lose)
            await until(lambda: transport.written)
            connection.data_received(b"ok\n\n")
            await call
            self.assertEqual((nothing.written, transport.written), (b"", b"put k 1 1\n"))

        run(test())

    def test_tasks_share_one_attempt_to_connect(self) -> None:
        async def test(fails: bool) -> None:
            lost, nothing = attached(None)
            nothing.lose()
            connection, transport = attached(None)
            attempts: "List[asyncio.Future[AsyncConnection]]" = []

            def reopen() -> "asyncio.Future[AsyncConnection]":
                attempts.append(asyncio.get_event_loop().create_future())
                return attempts[-1]

            client = AsyncClient(lost, reopen)
            calls = [asyncio.ensure_future(client.put("k", 1, n)) for n in range(9)]
            await until(lambda: attempts)
            calls[0].cancel()
            await asyncio.sleep(0)
            if fails:
                attempts[0].set_exception(Disconnected("refused"))
            else:
                attempts[0].set_result(connection)
                await until(lambda: transport.written.count(b"\n") == 8)
                connection.data_received(b"ok\n\n" * 8)
            cancelled, *results = await asyncio.gather(*calls, return_exceptions=True)
            self.assertIsInstance(cancelled, asyncio.CancelledError)
            self.assertEqual(
                [str(result) for result in results], ["refused" if fails else "None"] * 8
            )
            self.assertEqual(len(attempts), 1)

        for fails in (False, True):
            with self.subTest(fails=fails):
                run(test(fails))

    def test_close_ends_the_attempt_and_what_comes_of_it(self) -> None:
        async def test(ignores: bool) -> None:
            lost, nothing = attached(None)
            nothing.lose()
            connection, transport = attached(None)
            began = asyncio.Event()

            async def reopen() -> AsyncConnection:
                began.set()
                try:
                    await asyncio.sleep(PATIENCE)
                except asyncio.CancelledError:
                    if not ignores:
                        raise
                return connection  # it was made in that moment

            client = AsyncClient(lost, reopen)
            calls = [asyncio.ensure_future(client.put("k", 1, n)) for n in range(3)]
            await began.wait()
            await client.close()
            for call in calls:
                with self.assertRaisesRegex(Disconnected, "closed by this client$"):
                    await call
            self.assertEqual(connection.failure is not None, ignores)
            self.assertEqual(transport.written, b"")

        for ignores in (False, True):
            with self.subTest(ignores=ignores):
                run(test(ignores))


    def test_close_before_an_attempt_to_connect_has_begun_ends_the_calls(self) -> None:
        async def test() -> None:
            lost, nothing = attached(None)
            nothing.lose()

            async def reopen() -> AsyncConnection:
                raise AssertionError("it was closed before")

            client = AsyncClient(lost, reopen)
            call = asyncio.ensure_future(client.put("k", 1, 1))
            await asyncio.sleep(0)
            await client.close()
            with self.assertRaisesRegex(Disconnected, "closed by this client$"):
                await call

        run(test())


async def done(connection: AsyncConnection) -> AsyncConnection:
    return connection


def attached(timeout: Optional[float]) -> "Tuple[AsyncConnection, Recorder]":
    """Returns a connection over a transport that records writes."""
    connection, transport = AsyncConnection(timeout, "test:1"), Recorder()
    connection.connection_made(transport)
    transport.connection = connection
    return connection, transport


class Recorder(asyncio.Transport):
    connection: Optional[AsyncConnection]

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def write(self, data: Union[bytes, bytearray, memoryview]) -> None:
        self.written += data

    def abort(self) -> None:
        asyncio.get_event_loop().call_soon(self.lose)

    def lose(self, error: Optional[Exception] = None) -> None:
        """Tells the connection, once, that it is lost."""
        connection, self.connection = self.connection, None
        if connection:
            connection.connection_lost(error)


if __name__ == "__main__":
    unittest.main()
