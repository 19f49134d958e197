"""AsyncClient against scripted servers: cancelled, late and concurrent calls."""

import asyncio
import socket
import threading
import time
import unittest
from typing import Any, AsyncIterator, Awaitable, Callable, List, Tuple

from metric_client import AsyncClient, ClientError, CutShort, WrongCommand
from metric_client.puts import WINDOW
from event_loop import run, until
from scripted_server import PATIENCE, ScriptedServer, holds, says, says_and_stays, silence

OK = says(b"ok\n\n")
REFUSED = says(b"error\nwrong command\n\n")
NINE = b"ok\nk 9.0 9\n\n"
EIGHT = {"j": [(8, 8.0)]}
SAYS_EIGHT = says(b"ok\nj 8.0 8\n\n")


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
