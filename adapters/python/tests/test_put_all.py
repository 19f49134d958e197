"""`put_all` of both clients, against scripted servers."""

import socket
import time
import unittest
from typing import Any, Dict, Iterator, List, Tuple, Union

from blocking_client import BlockingClient
from metric_client import Client, ClientError, CutShort, SomeRefused
from metric_client.puts import MAX_REFUSALS, WINDOW
from scripted_server import PATIENCE, ScriptedServer, says, says_and_stays

OK = says(b"ok\n\n")
REFUSED = says(b"error\nwrong command\n\n")
LATER = says()


def numbered(count: int) -> List[Tuple[str, float, int]]:
    return [("k", 1.0, number) for number in range(count)]


class Counter:
    """Answers and counts puts, each after `behind` later ones have arrived."""

    def __init__(self, behind: int = 0) -> None:
        self.answered = 0
        self._behind = behind

    def __call__(self, connection: socket.socket) -> None:
        if self._behind:
            self._behind -= 1
        else:
            self.answered += 1
            OK(connection)


class PutAll(unittest.TestCase):
    def connect(self, port: int, timeout: float = PATIENCE) -> Union[Client, BlockingClient]:
        client = self.make(port, timeout)
        self.addCleanup(client.close)
        return client

    def make(self, port: int, timeout: float, **more: Any) -> Union[Client, BlockingClient]:
        return Client("127.0.0.1", port, timeout, **more)

    def test_all_samples_are_sent_in_order_and_counted(self) -> None:
        with ScriptedServer(*[OK] * 4) as server:
            client = self.connect(server.port)
            before = int(time.time())
            stored = client.put_all(iter([("a", 1, 5), ("b", -2.5, 4), ("a", 3, None)]))
            after = int(time.time())
            client.put("k", 1, 1)
        self.assertEqual(stored, 3)
        self.assertEqual(server.requests[:2], [b"put a 1 5\n", b"put b -2.5 4\n"])
        self.assertIn(int(server.requests[2].split()[3]), range(before, after + 1))
        self.assertEqual(server.requests[3], b"put k 1 1\n")

    def test_a_time_that_is_left_out_is_now_in_the_unit_of_the_client(self) -> None:
        for unit, power in [("s", 9), ("ms", 6), ("us", 3), ("ns", 0)]:
            with ScriptedServer(OK, OK) as server:
                client = self.make(server.port, PATIENCE, unit=unit)
                self.addCleanup(client.close)
                before = time.time_ns() // 10**power
                client.put("k", 1)
                client.put_all([("k", 1, None)])
                after = time.time_ns() // 10**power
            for request in server.requests:
                self.assertIn(int(request.split()[3]), range(before, after + 1))
        refused: list[tuple[object, type[Exception]]] = [("h", ValueError), (1, TypeError)]
        for wrong, kind in refused:
            with self.assertRaises(kind):
                self.make(1, PATIENCE, unit=wrong)

    def test_no_samples_are_no_requests(self) -> None:
        with ScriptedServer(OK) as server:
            client = self.connect(server.port)
            self.assertEqual(client.put_all([]), 0)
            client.put("k", 1, 1)
        self.assertEqual(server.requests, [b"put k 1 1\n"])

    def test_refusals_are_told_in_the_order_of_the_samples_whoever_refuses(self) -> None:
        samples: Any = [
            ("k", 1, 0),
            ("k", float("nan"), 1),
            ("k", 1, 2),
            ("two words", 1, 3),
            ("k", 1),
            ("k", 1, 2, 3),
            None,
            7,
            ClientError("cannot be read"),
            ("k", 1, 9),
            ("*", 1, 10),
        ]
        words: Dict[int, str] = {
            1: "finite",
            2: "`wrong command` to 'put k 1 2'",
            3: "white space",
            4: "a sample is",
            5: "a sample is",
            6: "a sample is",
            7: "a sample is",
            8: "cannot be read",
            10: "all keys",
        }
        refusals: List[Tuple[int, ClientError]] = []
        with ScriptedServer(OK, REFUSED, OK, OK) as server:
            client = self.connect(server.port)
            stored = client.put_all(samples, lambda *refusal: refusals.append(refusal))
            client.put("k", 1, 1)
        self.assertEqual(stored, 2)
        self.assertEqual([index for index, _ in refusals], list(words))
        for index, error in refusals:
            self.assertIn(words[index], str(error))
        sent = [b"put k 1 0\n", b"put k 1 2\n", b"put k 1 9\n", b"put k 1 1\n"]
        self.assertEqual(server.requests, sent)

    def test_refusals_that_nobody_is_told_of_are_an_error_after_all_is_sent(self) -> None:
        with ScriptedServer(OK, REFUSED, OK, OK) as server:
            client = self.connect(server.port)
            with self.assertRaisesRegex(SomeRefused, "2 of 4 .* index 1: .*`wrong") as caught:
                client.put_all([*numbered(3), ("", 1, 3)])
            client.put("k", 1, 1)
        self.assertEqual(caught.exception.answered, 4)
        self.assertEqual(list(caught.exception.refusals), [1, 3])

    def test_an_error_keeps_a_bounded_number_of_refusals(self) -> None:
        with ScriptedServer(OK) as server:
            client = self.connect(server.port)
            samples = (("", 1, 1) for _ in range(3 * MAX_REFUSALS))
            with self.assertRaisesRegex(SomeRefused, "300 of 300") as caught:
                client.put_all(samples)
            client.put("k", 1, 1)
        self.assertEqual(list(caught.exception.refusals), list(range(MAX_REFUSALS)))

    def test_sending_goes_on_with_each_reply_and_no_more_are_due_than_the_window(self) -> None:
        counter = Counter(behind=WINDOW - 1)
        taken: List[int] = []

        def samples() -> Iterator[Tuple[str, float, int]]:
            for number, sample in enumerate(numbered(300)):
                taken.append(number - counter.answered)
                yield sample

        # The last replies come together: no more requests follow that the server could wait for.
        rest = says(b"ok\n\n" * WINDOW)
        with ScriptedServer(*[counter] * 299, rest) as server:
            client = self.connect(server.port)
            self.assertEqual(client.put_all(samples()), 300)
        self.assertEqual(counter.answered, 300 - WINDOW)
        self.assertLess(max(taken), WINDOW)

    def test_refused_samples_behind_a_put_that_is_due_are_bounded_too(self) -> None:
        taken: List[int] = []
        told: List[int] = []

        def samples() -> Iterator[Tuple[str, float, int]]:
            for key in ["k", *[""] * 3 * WINDOW]:
                taken.append(len(taken))
                yield key, 1, 1

        with ScriptedServer(OK) as server:
            client = self.connect(server.port)
            stored = client.put_all(samples(), lambda *_: told.append(len(taken)))
        self.assertEqual((stored, len(told)), (1, 3 * WINDOW))
        self.assertEqual(told[0], WINDOW)

    def test_neither_side_waits_for_the_other_however_many_samples_there_are(self) -> None:
        key = "k" * 1000
        with ScriptedServer(*[REFUSED] * 30_000, buffer=4096) as server:
            client = self.connect(server.port)
            samples = ((key, 1.0, number) for number in range(30_000))
            self.assertEqual(client.put_all(samples, lambda *_: None), 0)

    def test_a_failure_tells_which_samples_are_known_to_have_an_answer(self) -> None:
        answers = b"ok\n\nerror\nwrong command\n\nok\n\n"
        cases: Any = [
            (says(answers), PATIENCE, "closed the connection before"),
            (says(answers + b"ok\n"), PATIENCE, "closed the connection before"),
            (says_and_stays(answers + b"ok\n"), 0.5, "timed out"),
            (says_and_stays(answers + b"what\n"), PATIENCE, "neither ok nor"),
            (says_and_stays(answers + b"ok\nk 1.0 1\n\n"), PATIENCE, "a put with samples"),
        ]
        for answer, timeout, words in cases:
            with self.subTest(words), ScriptedServer(*[LATER] * 8, answer) as server:
                client = self.connect(server.port, timeout)
                with self.assertRaisesRegex(
                    CutShort, f"{words}.*samples\\[4:10\\] may be"
                ) as caught:
                    client.put_all([*numbered(3), ("", 1, 1), *numbered(6)])
                self.assertEqual((caught.exception.answered, caught.exception.taken), (4, 10))
                self.assertEqual(list(caught.exception.refusals), [1, 3])
                self.assertIsInstance(caught.exception.__cause__, ClientError)
                with self.assertRaisesRegex(ClientError, "closed"):
                    client.put("k", 1, 1)
                with self.assertRaisesRegex(CutShort, "closed.*samples\\[0:\\] were not sent"):
                    client.put_all(numbered(3))

    def test_what_the_samples_or_the_callback_raise_goes_through(self) -> None:
        def samples() -> Iterator[Tuple[str, float, int]]:
            yield from numbered(WINDOW)
            raise OSError("the disk is gone")

        def raises(index: int, error: ClientError) -> None:
            raise LookupError(index)

        cases: Any = [
            (samples(), None, OSError, "the disk is gone", WINDOW),
            ([("k", 1, 1), ("", 1, 1), *numbered(99)], raises, LookupError, "^1$", WINDOW - 1),
        ]
        for given, on_refused, kind, words, sent in cases:
            script = [*[OK] * sent, says(b"ok\nk 9.0 9\n\n")]
            with self.subTest(words), ScriptedServer(*script) as server:
                client = self.connect(server.port)
                with self.assertRaisesRegex(kind, words):
                    client.put_all(given, on_refused)
                self.assert_state_after_an_exception(client)

    def assert_state_after_an_exception(self, client: Union[Client, BlockingClient]) -> None:
        with self.assertRaisesRegex(ClientError, "closed"):
            client.get("k")


class AsyncPutAll(PutAll):
    """The same for AsyncClient, which stays usable when nobody awaits its pending replies."""

    def make(self, port: int, timeout: float, **more: Any) -> Union[Client, BlockingClient]:
        return BlockingClient("127.0.0.1", port, timeout, **more)

    def assert_state_after_an_exception(self, client: Union[Client, BlockingClient]) -> None:
        self.assertEqual(client.get("k"), {"k": [(9, 9.0)]})


if __name__ == "__main__":
    unittest.main()
