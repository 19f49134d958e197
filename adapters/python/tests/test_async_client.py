"""AsyncClient against scripted servers: cancelled, late and concurrent calls."""

import asyncio
import gc
import socket
import sys
import threading
import time
import unittest
from typing import Any, AsyncIterator, Awaitable, Callable, List, Optional, Tuple, TypeVar, Union

from metric_client import AsyncClient, ClientError, CutShort, Disconnected, WrongCommand
from metric_client.async_connection import AsyncConnection
from metric_client.puts import WINDOW
from scripted_server import PATIENCE, ScriptedServer, holds, says, says_and_stays, silence

T = TypeVar("T")
OK = says(b"ok\n\n")
REFUSED = says(b"error\nwrong command\n\n")
NINE = b"ok\nk 9.0 9\n\n"
EIGHT = {"j": [(8, 8.0)]}
SAYS_EIGHT = says(b"ok\nj 8.0 8\n\n")


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


async def ended(server: ScriptedServer) -> None:
    """Waits until the script has ended and asyncio has seen the end of the connection."""
    done = await asyncio.get_event_loop().run_in_executor(None, server.is_done)
    assert done, "the server does not see the end of the connection"
    await asyncio.sleep(0.05)


async def connect(server: ScriptedServer, timeout: float = PATIENCE) -> AsyncClient:
    return await AsyncClient.connect("127.0.0.1", server.port, timeout=timeout)


class Calls(unittest.TestCase):
    def test_puts_and_gets_have_their_own_answers(self) -> None:
        async def test() -> None:
            async with await connect(server) as client:
                await client.put("k", 1.5, 5)
                self.assertEqual(await client.get("k"), {"k": [(9, 9.0)]})
                self.assertEqual(await client.get("*"), {})
                with self.assertRaisesRegex(WrongCommand, "'put k 2 6'"):
                    await client.put("k", 2, 6)
                with self.assertRaisesRegex(ClientError, "white space"):
                    await client.put("two words", 1, 1)
                with self.assertRaisesRegex(ClientError, "not empty"):
                    await client.get("")
                await client.put("k", 3)

        before = int(time.time())
        with ScriptedServer(OK, says(NINE), OK, REFUSED, OK) as server:
            run(test())
        sent = [b"put k 1.5 5\n", b"get k\n", b"get *\n", b"put k 2 6\n"]
        self.assertEqual(server.requests[:4], sent)
        self.assertIn(int(server.requests[4].split()[3]), range(before, int(time.time()) + 1))

    def test_calls_at_the_same_time_have_their_own_answers(self) -> None:
        def echo(connection: socket.socket) -> None:
            key = server.requests[-1].split()[1]
            connection.sendall(b"ok\n" + key + b" 1.0 1\n\n")

        async def test() -> None:
            async with await connect(server) as client:
                keys = [f"key{number}" for number in range(200)]
                answers = await asyncio.gather(*(client.get(key) for key in keys))
                self.assertEqual(answers, [{key: [(1, 1.0)]} for key in keys])

        with ScriptedServer(*[echo] * 200) as server:
            run(test())

    def test_samples_that_come_by_and_by_are_sent_before_the_next_is_waited_for(self) -> None:
        async def samples() -> AsyncIterator[Tuple[str, float, int]]:
            for number in range(5):
                yield "k", 1, number
                await until(lambda: len(server.requests) == number + 1)

        async def test() -> None:
            async with await connect(server) as client:
                self.assertEqual(await client.put_all(samples()), 5)

        with ScriptedServer(*[OK] * 5) as server:
            run(test())


class Cancelled(unittest.TestCase):
    def test_the_reply_to_a_cancelled_call_is_never_taken_for_another_s(self) -> None:
        async def by_cancel(client: AsyncClient) -> None:
            call = asyncio.ensure_future(client.get("k"))
            await until(lambda: server.requests)
            call.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await call

        async def by_time(client: AsyncClient) -> None:
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(client.get("k"), 0.05)

        async def test(give_up: Callable[[AsyncClient], Awaitable[None]]) -> None:
            async with await connect(server) as client:
                await give_up(client)
                other = asyncio.ensure_future(client.get("j"))
                await asyncio.sleep(0)
                given_up.set()
                self.assertEqual(await other, EIGHT)
                await client.put("k", 1, 1)

        for give_up in (by_cancel, by_time):
            for cut in range(len(NINE)):
                given_up = threading.Event()
                answer = holds(given_up, NINE[:cut], NINE[cut:])
                with self.subTest(cut=cut), ScriptedServer(answer, SAYS_EIGHT, OK) as server:
                    run(test(give_up))

    def test_a_call_that_is_cancelled_before_it_began_leaves_the_client_in_step(self) -> None:
        async def test() -> None:
            async with await connect(server) as client:
                calls = [asyncio.ensure_future(client.get("k")) for _ in range(3)]
                calls[0].cancel()
                await asyncio.sleep(0)
                calls[1].cancel()
                self.assertEqual(await calls[2], EIGHT)
                for call in calls[:2]:
                    with self.assertRaises(asyncio.CancelledError):
                        await call

        with ScriptedServer(says(NINE), SAYS_EIGHT) as server:
            run(test())

    def test_a_cancelled_put_all_leaves_the_client_in_step(self) -> None:
        given_up = threading.Event()

        async def test() -> None:
            async with await connect(server) as client:
                call = asyncio.ensure_future(client.put_all(("k", 1, n) for n in range(99)))
                await until(lambda: len(server.requests) == 2)
                call.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await call
                other = asyncio.ensure_future(client.get("j"))
                await asyncio.sleep(0)
                given_up.set()
                self.assertEqual(await other, EIGHT)

        answer = holds(given_up, b"o", b"k\n\n")
        with ScriptedServer(OK, answer, *[OK] * (WINDOW - 1), SAYS_EIGHT) as server:
            run(test())


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


class Failures(unittest.TestCase):
    def test_a_failure_ends_all_calls_and_the_connection(self) -> None:
        cases: Any = [
            (silence, 0.2, "timed out"),
            (says_and_stays(b"ok\nk 1"), 0.2, "timed out"),
            (says(), PATIENCE, "closed the connection before"),
            (says(b"ok\nk 1.0 1\n"), PATIENCE, "closed the connection before"),
            (says_and_stays(b"SSH-2.0-OpenSSH_9.2\r\n"), PATIENCE, "neither ok nor"),
        ]

        async def test(timeout: float, words: str) -> None:
            client = await connect(server, timeout)
            each: Any = [client.get("k"), client.put("k", 1, 1), client.put_all([("k", 1, 1)])]
            given_up, *calls = map(asyncio.ensure_future, [client.get("k"), *each])
            await asyncio.sleep(0)
            given_up.cancel()
            for error in await asyncio.gather(*calls, return_exceptions=True):
                self.assertIsInstance(error, ClientError)
                self.assertRegex(str(error), words)
            await ended(server)
            with self.assertRaisesRegex(ClientError, f"is closed: .*{words}"):
                await client.get("k")
            await client.close()

        for answer, timeout, words in cases:
            with self.subTest(words), ScriptedServer(answer) as server:
                run(test(timeout, words))

    def test_calls_that_were_given_up_before_a_failure_leave_nothing_to_complain_of(self) -> None:
        async def test() -> None:
            client = await connect(server, timeout=0.2)
            with self.assertRaisesRegex(CutShort, "timed out"):
                await client.put_all(("k", 1, number) for number in range(99))
            await client.close()

        with ScriptedServer(silence) as server:
            run(test())

    def test_what_comes_between_two_calls_ends_the_connection(self) -> None:
        cases: Any = [
            (says(b"ok\n\n", NINE), "more than its replies"),
            (says(b"ok\n\n" + NINE), "more than its replies"),
            (says(b"ok\n\n", b"o"), "more than its replies"),
            (OK, "closed the connection between"),
        ]

        async def test(words: str) -> None:
            async with await connect(server) as client:
                await client.put("k", 1, 1)
                await ended(server)
                with self.assertRaisesRegex(ClientError, words):
                    await client.get("k")

        for answer, words in cases:
            with self.subTest(words), ScriptedServer(answer) as server:
                run(test(words))

    def test_the_time_that_the_server_may_be_silent_begins_anew_with_each_piece(self) -> None:
        timers: List[asyncio.TimerHandle] = []

        async def test() -> None:
            loop = asyncio.get_event_loop()
            call_later = loop.call_later

            def recorded(delay: float, *arguments: Any) -> asyncio.TimerHandle:
                timers.append(call_later(delay, *arguments))
                return timers[-1]

            async with await connect(server) as client:
                setattr(loop, "call_later", recorded)
                await client.put("k", 1, 1)
                setattr(loop, "call_later", call_later)

        def in_pieces(connection: socket.socket) -> None:
            for number, piece in enumerate([b"o", b"k", b"\n", b"\n"]):
                deadline = time.monotonic() + PATIENCE
                while len(timers) < number + 1 and time.monotonic() < deadline:
                    time.sleep(0.01)
                connection.sendall(piece)

        with ScriptedServer(in_pieces) as server:
            run(test())
        self.assertEqual(len(timers), 4)
        self.assertTrue(all(timer.cancelled() for timer in timers))

    def test_close_ends_the_calls_that_wait_and_may_be_called_again(self) -> None:
        async def test() -> None:
            client = await connect(server)
            call = asyncio.ensure_future(client.get("k"))
            await until(lambda: server.requests)
            await client.close()
            self.assertTrue(server.is_done(), "the server does not see the end of the connection")
            await client.close()
            for later in (call, client.get("k"), client.put("k", 1, 1)):
                with self.assertRaisesRegex(ClientError, "closed by this client"):
                    await later

        with ScriptedServer(silence) as server:
            run(test())

    def test_a_connection_that_cannot_be_made_is_an_error_with_its_cause(self) -> None:
        async def test(host: str, port: int) -> None:
            with self.assertRaisesRegex(ClientError, f"cannot connect to {host}:") as caught:
                await AsyncClient.connect(host, port, timeout=PATIENCE)
            self.assertIsNotNone(caught.exception.__cause__)

        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            for host, port in [unused.getsockname(), ("a" * 64, 8888)]:
                with self.subTest(host=host, port=port):
                    run(test(host, port))

    @unittest.skipUnless(hasattr(socket, "AF_UNIX"), "only there a full backlog is silent")
    def test_a_server_that_does_not_accept_is_waited_for_no_longer_than_the_time_out(self) -> None:
        async def test(port: int) -> None:
            with self.assertRaisesRegex(ClientError, "cannot connect .* timed out"):
                await AsyncClient.connect("127.0.0.1", port, timeout=0.2)

        with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            for other in (first, second):
                other.setblocking(False)
                other.connect_ex(listener.getsockname())
            run(test(listener.getsockname()[1]))


if __name__ == "__main__":
    unittest.main()
