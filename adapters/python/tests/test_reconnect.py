"""`reconnect=True` of both clients: what is sent again, and what never is."""

import select
import signal
import threading
import time
import unittest
from typing import Any, List, Tuple, Union

from blocking_client import BlockingClient
from metric_client import Client, ClientError, CutShort, Disconnected, InvalidReply, TimedOut
from metric_client.puts import WINDOW
from scripted_server import PATIENCE, ScriptedServer, resets, says, says_and_stays, silence

OK = says(b"ok\n\n")
LATER = says()
NINE = b"ok\nk 9.0 9\n\n"
SAYS_NINE = says(NINE)
SAMPLES = {"k": [(9, 9.0)]}


def numbered(count: int) -> List[Tuple[str, int, int]]:
    return [("k", 1, number) for number in range(count)]


class Reconnect(unittest.TestCase):
    advice = "create a new Client, or use reconnect=True"

    def connect(self, port: int, timeout: Any = PATIENCE, reconnect: bool = True) -> Any:
        client = self.make(port, timeout, reconnect)
        self.addCleanup(client.close)
        return client

    def make(self, port: int, timeout: Any, reconnect: bool) -> Union[Client, BlockingClient]:
        return Client("127.0.0.1", port, timeout, reconnect=reconnect)

    def await_end(self, client: Any) -> None:
        """Waits until the client can know that the server has closed the connection."""
        readable, _, _ = select.select([client._connection._socket], [], [], PATIENCE)
        self.assertTrue(readable, "the end of the connection does not come")

    def test_without_it_each_later_call_says_what_to_do(self) -> None:
        for end in (OK, says_and_stays(b"ok\n\n")):
            with ScriptedServer(end, then=[[OK]]) as server:
                client = self.connect(server.port, timeout=0.2, reconnect=False)
                client.put("k", 1, 1)
                if end is OK:
                    self.await_end(client)
                for call in (client.get, lambda key: client.put(key, 1, 2)) * 2:
                    with self.assertRaises(ClientError) as caught:
                        call("k")
                self.assertIsInstance(caught.exception, Disconnected)
                self.assertIn(self.advice, str(caught.exception))
                self.assertIsNone(caught.exception.in_doubt)
                with self.assertRaisesRegex(CutShort, f"{self.advice}; samples.0:. were not sent"):
                    client.put_all(numbered(3))
                with Client("127.0.0.1", server.port) as new:
                    new.put("k", 1, 9)
            sent = [request for request in server.requests if request != b"get k\n"]
            self.assertEqual(sent, [b"put k 1 1\n", b"put k 1 9\n"])

    def test_a_call_after_the_server_has_restarted_is_sent_once_on_a_new_connection(self) -> None:
        for end in (LATER, resets):
            calls: Any = [
                (lambda client: client.put("k", 1, 2), None, b"put k 1 2\n"),
                (lambda client: client.get("k"), SAMPLES, b"get k\n"),
                (lambda client: client.put_all([("k", 1, 3)]), 1, b"put k 1 3\n"),
            ]
            for call, result, request in calls:
                answer = SAYS_NINE if result == SAMPLES else OK

                def last(connection: Any) -> None:
                    OK(connection)
                    gate.wait(PATIENCE)
                    end(connection)

                gate = threading.Event()
                with self.subTest(request), ScriptedServer(last, then=[[answer, OK]]) as server:
                    client = self.connect(server.port)
                    client.put("k", 1, 1)
                    gate.set()
                    self.await_end(client)
                    self.assertEqual(call(client), result)
                    client.put("k", 1, 4)
                sent = [b"put k 1 1\n", request, b"put k 1 4\n"]
                self.assertEqual(server.requests, sent)

    def test_a_put_without_a_reply_is_named_and_never_sent_again(self) -> None:
        cuts: Any = [says(b"ok\n\n"[:cut]) for cut in range(4)] + [resets]
        for cut in cuts:
            with self.subTest(cut), ScriptedServer(cut, then=[[SAYS_NINE, OK]]) as server:
                client = self.connect(server.port)
                with self.assertRaises(Disconnected) as caught:
                    client.put("k", 1.5)
                (put,) = server.requests
                line = put.decode().rstrip()
                self.assertEqual(caught.exception.in_doubt, line)
                self.assertIn(f"{line!r} may be stored or not", str(caught.exception))
                self.assertEqual(client.get("k"), SAMPLES)
                client.put("k", 2, 2)
            self.assertEqual(server.requests, [put, b"get k\n", b"put k 2 2\n"])

    def test_a_put_that_is_in_doubt_for_another_reason_is_named_too(self) -> None:
        cases: Any = [(silence, TimedOut), (says_and_stays(b"what?\n"), InvalidReply)]
        for answer, kind in cases:
            with self.subTest(kind), ScriptedServer(answer, then=[[OK]]) as server:
                client = self.connect(server.port, timeout=0.2)
                with self.assertRaisesRegex(kind, "'put k 1 1' may be stored or not"):
                    client.put("k", 1, 1)
                client.put("k", 2, 2)
            self.assertEqual(server.requests, [b"put k 1 1\n", b"put k 2 2\n"])

    def test_a_get_that_is_cut_is_sent_once_more(self) -> None:
        cuts: Any = [says(NINE[:cut]) for cut in range(len(NINE))] + [resets]
        for cut in cuts:
            with self.subTest(cut), ScriptedServer(cut, then=[[SAYS_NINE, OK]]) as server:
                client = self.connect(server.port)
                self.assertEqual(client.get("k"), SAMPLES)
                client.put("k", 1, 1)
            self.assertEqual(server.requests, [b"get k\n", b"get k\n", b"put k 1 1\n"])

    def test_a_get_that_is_cut_twice_is_an_error(self) -> None:
        cut = [says(NINE[:9])]
        with ScriptedServer(*cut, then=[cut, [SAYS_NINE]]) as server:
            client = self.connect(server.port)
            with self.assertRaisesRegex(Disconnected, "before its reply was whole$"):
                client.get("k")
            self.assertEqual(client.get("k"), SAMPLES)
        self.assertEqual(server.requests, [b"get k\n"] * 3)

    def test_a_get_without_a_valid_reply_in_time_is_not_sent_again(self) -> None:
        cases: Any = [
            (silence, TimedOut),
            (says_and_stays(NINE[:5]), TimedOut),
            (says_and_stays(b"what?\n"), InvalidReply),
        ]
        for answer, kind in cases:
            with self.subTest(kind), ScriptedServer(answer, then=[[SAYS_NINE]]) as server:
                client = self.connect(server.port, timeout=0.2)
                with self.assertRaises(kind):
                    client.get("k")
                self.assertEqual(server.requests, [b"get k\n"])
                self.assertEqual(client.get("k"), SAMPLES)

    def test_a_put_all_that_is_cut_says_what_to_put_again_and_the_client_does(self) -> None:
        samples = [("", 1, 0), *numbered(WINDOW + 5)]
        stored = WINDOW // 2
        script = [LATER] * (WINDOW - 2) + [says(b"ok\n\n" * stored)]
        with ScriptedServer(*script, then=[[OK] * len(samples)]) as server:
            client = self.connect(server.port)
            with self.assertRaises(CutShort) as caught:
                client.put_all(samples)
            error = caught.exception
            self.assertIsInstance(error, ConnectionError)
            self.assertEqual(error.answered, 1 + stored)
            self.assertIn(f"samples[{error.answered}:{error.taken}] may be stored", str(error))
            sent = len(server.requests)
            self.assertLessEqual(sent, error.taken - 1)
            self.assertLessEqual(error.taken - error.answered, WINDOW)
            rest = samples[error.answered :]
            self.assertEqual(client.put_all(rest), len(rest))
            self.assertEqual(len(server.requests), sent + len(rest))
            client.close()

    def test_a_server_that_is_away_is_an_error_until_it_is_back(self) -> None:
        with ScriptedServer(OK) as server:
            client = self.connect(server.port)
            client.put("k", 1, 1)
            self.await_end(client)
        for _ in range(2):
            with self.assertRaisesRegex(Disconnected, "cannot connect to 127.0.0.1") as caught:
                client.put("k", 1, 2)
            self.assertIsNone(caught.exception.in_doubt)
            with self.assertRaisesRegex(Disconnected, "cannot connect to 127.0.0.1"):
                client.get("k")
        with ScriptedServer(OK, SAYS_NINE, port=server.port) as server:
            client.put("k", 1, 3)
            self.assertEqual(client.get("k"), SAMPLES)
        self.assertEqual(server.requests, [b"put k 1 3\n", b"get k\n"])

    def test_what_nobody_asked_for_ends_the_connection_but_not_the_client(self) -> None:
        with ScriptedServer(says(b"ok\n\n" + NINE), then=[[OK]]) as server:
            client = self.connect(server.port)
            client.put("k", 1, 1)
            self.await_end(client)
            try:
                client.put("k", 1, 2)
            except InvalidReply as error:
                self.assertIn("more than its replies", str(error))
                self.assertIsNone(error.in_doubt)
                client.put("k", 1, 2)
        self.assertEqual(server.requests, [b"put k 1 1\n", b"put k 1 2\n"])

    def test_a_closed_client_stays_closed(self) -> None:
        with ScriptedServer(OK) as server:
            client = self.make(server.port, PATIENCE, True)
            if isinstance(client, BlockingClient):
                self.addCleanup(client.close)
                client.close_connection()
            else:
                client.close()
            for _ in range(2):
                for call in (client.get, lambda key: client.put(key, 1, 2)):
                    with self.assertRaisesRegex(Disconnected, "closed by this client$"):
                        call("k")


class AsyncReconnect(Reconnect):
    """The same for AsyncClient."""

    advice = "create a new AsyncClient, or use reconnect=True"

    def make(self, port: int, timeout: Any, reconnect: bool) -> Union[Client, BlockingClient]:
        return BlockingClient("127.0.0.1", port, timeout, reconnect=reconnect)

    def await_end(self, client: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        while not client.sees_the_end():
            self.assertLess(time.monotonic(), deadline, "the end of the connection does not come")
            time.sleep(0.005)


class Interrupted(unittest.TestCase):
    def test_a_client_that_reconnects_is_usable_after_ctrl_c(self) -> None:
        main = threading.main_thread().ident
        assert main is not None

        def interrupt(connection: Any) -> None:
            signal.pthread_kill(main, signal.SIGINT)
            says_and_stays(b"ok\n")(connection)

        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        with ScriptedServer(interrupt, then=[[SAYS_NINE]]) as server:
            with Client("127.0.0.1", server.port, reconnect=True) as client:
                with self.assertRaises(KeyboardInterrupt):
                    client.put("k", 1, 1)
                self.assertEqual(client.get("k"), SAMPLES)
        self.assertEqual(server.requests, [b"put k 1 1\n", b"get k\n"])


if __name__ == "__main__":
    unittest.main()
