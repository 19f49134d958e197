"""The client against scripted servers."""

import signal
import socket
import threading
import time
import unittest
from operator import methodcaller
from typing import Any, Callable

from metric_client import Client, ClientError, WrongCommand
from scripted_server import PATIENCE, ScriptedServer, holds, says, says_and_stays, silence

OK = says(b"ok\n\n")
REFUSED = says(b"error\nwrong command\n\n")


class Calls(unittest.TestCase):
    def test_a_put_sends_the_sample_and_a_get_gives_what_came_back(self) -> None:
        with ScriptedServer(OK, says(b"ok\nk 2.0 7\nk 1.5 5\n\n"), OK) as server:
            with Client("127.0.0.1", server.port) as client:
                client.put("k", 1.5, 5)
                self.assertEqual(client.get("k"), {"k": [(5, 1.5), (7, 2.0)]})
                self.assertEqual(client.get("*"), {})
        self.assertEqual(server.requests, [b"put k 1.5 5\n", b"get k\n", b"get *\n"])

    def test_a_put_without_timestamp_is_of_now_in_whole_seconds(self) -> None:
        with ScriptedServer(OK, OK) as server, Client("127.0.0.1", server.port) as client:
            before = int(time.time())
            client.put("k", 1)
            after = int(time.time())
            client.put("k", 1, timestamp=0)
        now, zero = (int(request.split()[3]) for request in server.requests)
        self.assertIn(now, range(before, after + 1))
        self.assertEqual(zero, 0)

    def test_a_reply_in_segments_of_one_byte_is_read_whole(self) -> None:
        reply = b"ok\nk 1.5 5\n\n"
        with ScriptedServer(says(*(reply[i : i + 1] for i in range(len(reply)))), OK) as server:
            with Client("127.0.0.1", server.port) as client:
                self.assertEqual(client.get("k"), {"k": [(5, 1.5)]})
                client.put("k", 1, 1)

    def test_a_huge_reply_is_read_whole(self) -> None:
        lines = b"".join(b"k %d.0 %d\n" % (number, number) for number in range(50_000))
        with ScriptedServer(says(b"ok\n" + lines + b"\n"), OK) as server:
            with Client("127.0.0.1", server.port) as client:
                series = client.get("k")["k"]
                client.put("k", 1, 1)
        self.assertEqual(series, [(number, float(number)) for number in range(50_000)])

    def test_a_refusal_says_what_was_sent_and_the_client_goes_on(self) -> None:
        with ScriptedServer(REFUSED, REFUSED, OK) as server:
            with Client("127.0.0.1", server.port) as client:
                with self.assertRaisesRegex(WrongCommand, "`wrong command` to 'put k 1 1"):
                    client.put("k", 1, 1)
                with self.assertRaisesRegex(WrongCommand, "`wrong command` to 'get k"):
                    client.get("k")
                client.put("k", 1, 1)

    def test_nothing_is_sent_of_what_cannot_be_a_request_and_the_client_goes_on(self) -> None:
        with ScriptedServer(OK) as server, Client("127.0.0.1", server.port) as client:
            with self.assertRaises(ClientError):
                client.put("two words", 1, 1)
            with self.assertRaises(ClientError):
                client.get("")
            client.put("k", 1, 1)
        self.assertEqual(server.requests, [b"put k 1 1\n"])


class Failures(unittest.TestCase):
    def assert_fails_for_good(
        self, server: ScriptedServer, call: Callable[[Client], Any], words: str
    ) -> None:
        """Checks that the call fails, the connection closes, and every later call fails."""
        with Client("127.0.0.1", server.port, timeout=0.2) as client:
            with self.assertRaisesRegex(ClientError, words):
                call(client)
            self.assertTrue(server.is_done(), "the server does not see the end of the connection")
            for later in (lambda: client.put("k", 1, 1), lambda: client.get("k")):
                with self.assertRaisesRegex(ClientError, "closed"):
                    later()

    def test_a_failed_call_ends_the_connection(self) -> None:
        get, put = methodcaller("get", "k"), methodcaller("put", "k", 1, 1)
        cases: Any = [
            ("silent", silence, get, "timed out"),
            ("silent in mid reply", says_and_stays(b"ok\nk 1"), get, "timed out"),
            ("closed at once", says(), get, "closed the connection"),
            ("closed in mid reply", says(b"ok\nk 1.0 1\n"), get, "closed the connection"),
            ("garbage", says_and_stays(b"SSH-2.0-OpenSSH_9.2\r\n"), get, "neither ok nor"),
            ("garbage among samples", says(b"ok\nk 1.0 1\nk 1.0\n\n"), get, "not a sample"),
            ("garbage and then a reply", says(b"what?\nok\n\n"), put, "neither ok nor"),
            ("samples for a put", says_and_stays(b"ok\nk 1.0 1\n\n"), put, "a put with samples"),
        ]
        for name, answer, call, words in cases:
            with self.subTest(name), ScriptedServer(answer) as server:
                self.assert_fails_for_good(server, call, words)

    def test_a_reply_that_nobody_asked_for_is_not_taken_for_the_next_one(self) -> None:
        for wait in [False, True]:
            returned = threading.Event()
            answer = holds(returned, b"ok\n\n", b"ok\nk 9.0 9\n\n")
            if not wait:
                returned.set()
            with self.subTest(wait=wait), ScriptedServer(answer) as server:
                with Client("127.0.0.1", server.port, timeout=PATIENCE) as client:
                    client.put("k", 1, 1)
                    returned.set()
                    self.assertTrue(server.is_done())
                    self.assert_refuses_the_surplus(client)

    def assert_refuses_the_surplus(self, client: Client) -> None:
        with self.assertRaisesRegex(ClientError, "more than its replies"):
            client.get("k")
        with self.assertRaisesRegex(ClientError, "closed"):
            client.get("k")

    def test_a_reply_after_the_time_out_is_not_taken_for_the_next_one(self) -> None:
        gave_up = threading.Event()

        def late(connection: socket.socket) -> None:
            gave_up.wait(10)
            connection.sendall(b"ok\nk 9.0 9\n\n")

        with ScriptedServer(late) as server:
            with Client("127.0.0.1", server.port, timeout=0.1) as client:
                with self.assertRaisesRegex(ClientError, "timed out"):
                    client.get("k")
                gave_up.set()
                time.sleep(0.05)
                with self.assertRaisesRegex(ClientError, "closed"):
                    client.get("other")

    def test_ctrl_c_in_mid_call_ends_the_connection(self) -> None:
        main = threading.main_thread().ident
        assert main is not None

        def interrupt(connection: socket.socket) -> None:
            signal.pthread_kill(main, signal.SIGINT)
            says_and_stays(b"ok\nk 1")(connection)

        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        for call in [methodcaller("get", "k"), methodcaller("put_all", [("k", 1, 1)] * 99)]:
            with ScriptedServer(interrupt) as server, Client("127.0.0.1", server.port) as client:
                with self.assertRaises(KeyboardInterrupt):
                    call(client)
                with self.assertRaisesRegex(ClientError, "closed"):
                    client.get("k")

    def test_a_connection_that_cannot_be_made_is_an_error_with_its_cause(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            cases: Any = [
                ("127.0.0.1", unused.getsockname()[1]),
                ("a" * 64, 8888),
            ]
            for host, port in cases:
                with self.subTest(host=host, port=port):
                    with self.assertRaisesRegex(ClientError, "cannot connect") as caught:
                        Client(host, port)
                    self.assertIsNotNone(caught.exception.__cause__)

    def test_a_closed_client_refuses_calls_and_may_be_closed_again(self) -> None:
        with ScriptedServer(silence) as server:
            client = Client("127.0.0.1", server.port)
            client.close()
            self.assertTrue(server.is_done())
            self.assertEqual(client._connection._socket.fileno(), -1)
            client.close()
            with self.assertRaisesRegex(ClientError, "closed"):
                client.get("k")
            with self.assertRaisesRegex(ClientError, "closed"):
                client.put("k", 1, 1)


if __name__ == "__main__":
    unittest.main()
