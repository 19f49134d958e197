"""Replies parse the same in chunks of any size, and invalid ones are refused."""

import tracemalloc
import unittest
from typing import Iterable, List

from metric_client import ClientError, WrongCommand
from metric_client.reply import MAX_LINE, Answer, Replies

WELL = "ok\na 1.0 2\na -0.5 3\nкл 1e+16 -4\n\n".encode()
WELL_SAMPLES = {"a": [(2, 1.0), (3, -0.5)], "кл": [(-4, 1e16)]}


GET = b"get *\n"
PUT = b"put k 1.0 1\n"


def answers(requests: List[bytes], pieces: Iterable[bytes]) -> List[Answer]:
    """Returns the answers to pending requests if the stream arrives in these pieces."""
    replies = Replies()
    for request in requests:
        replies.expect(request)
    return [answer for piece in pieces if piece for answer in replies.receive(piece)]


def answer(reply: bytes) -> Answer:
    """Returns the answer to a get whose reply arrives in one piece, followed by the end."""
    replies = Replies()
    replies.expect(GET)
    return next(piece for part in (reply, b"") for piece in replies.receive(part))


class ReplyTests(unittest.TestCase):
    def test_a_reply_gives_its_samples_by_key_and_timestamp(self) -> None:
        cases = [
            (b"ok\n\n", {}),
            (b"ok\nk 23.7 1150864247\n\n", {"k": [(1150864247, 23.7)]}),
            (b"ok\nk 1 3\nk 2 -1\nk 3 20\n\n", {"k": [(-1, 2.0), (3, 1.0), (20, 3.0)]}),
            (b"ok\nb 1.0 1\na 1.0 1\nb 2.0 0\n\n", {"b": [(0, 2.0), (1, 1.0)], "a": [(1, 1.0)]}),
            (b"ok\n* +5. +007\n\n", {"*": [(7, 5.0)]}),
            (WELL, WELL_SAMPLES),
        ]
        for reply, samples in cases:
            with self.subTest(reply):
                self.assertEqual(answer(reply), samples)

    def test_a_refusal_says_what_was_refused(self) -> None:
        refusal = answer(b"error\nwrong command\n\n")
        self.assertIsInstance(refusal, WrongCommand)
        self.assertIn("`wrong command` to 'get *': ", str(refusal))

    def test_a_refusal_names_the_reasons_that_a_server_may_have(self) -> None:
        cases = [
            (PUT, ["no room for a new key", "full of newer samples", "shorter", "not store"]),
            (GET, ["shorter", "not read"]),
        ]
        for request, reasons in cases:
            (refusal,) = answers([request], [b"error\nwrong command\n\n"])
            for reason in reasons:
                self.assertIn(reason, str(refusal))
            self.assertEqual(str(refusal).count("\n"), 0)

    def test_replies_answer_the_requests_in_order(self) -> None:
        stream = b"ok\n\nerror\nwrong command\n\n" + WELL + b"ok\n\n"
        for pieces in [[stream], [stream[i : i + 1] for i in range(len(stream))]]:
            stored, refused, listed, none = answers([PUT, PUT, GET, GET], pieces)
            self.assertEqual((stored, listed, none), ({}, WELL_SAMPLES, {}))
            self.assertIn("'put k 1.0 1'", str(refused))

    def test_cutting_does_not_change_the_reply(self) -> None:
        for first in range(len(WELL)):
            for second in range(first, len(WELL)):
                pieces = WELL[:first], WELL[first:second], WELL[second:]
                self.assertEqual(answers([GET], pieces), [WELL_SAMPLES], pieces)

    def test_a_reply_that_ends_early_is_an_error_wherever_it_ends(self) -> None:
        for reply in [WELL, b"error\nwrong command\n\n"]:
            for end in range(len(reply)):
                with self.subTest(reply[:end]), self.assertRaisesRegex(ClientError, "closed"):
                    answer(reply[:end])

    def test_what_is_no_reply_is_an_error(self) -> None:
        cases = [
            b"\n",
            b"\n\n",
            b"OK\n\n",
            b"ok\r\n\r\n",
            b"ok \n\n",
            b" ok\n\n",
            b"okay\n\n",
            b"error\n\n",
            b"error\nother command\n\n",
            b"error\nwrong command\nmore\n",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"\xff\xfe\n\n",
            b"ok\nk 1.0\n\n",
            b"ok\nk 1.0 1 \n\n",
            b"ok\nk  1.0 1\n\n",
            b"ok\nk 1.0 1\r\n\n",
            b"ok\nk\t1.0\t1\n\n",
            b"ok\n k 1.0 1\n\n",
            b"ok\nk 1.0 1 1\n\n",
            b"ok\nk 1.0 1.0\n\n",
            b"ok\nk 1_0 1\n\n",
            b"ok\nk nan 1\n\n",
            b"ok\nk inf 1\n\n",
            b"ok\nk 1e400 1\n\n",
            b"ok\nk 0x1 1\n\n",
            b"ok\nk e 1\n\n",
            b"ok\nk 1.0 9223372036854775808\n\n",
            b"ok\nk 1.0 " + b"1" * 5000 + b"\n\n",
            b"ok\n\xff 1.0 1\n\n",
            "ok\na\u00a0b 1.0 1\n\n".encode(),
            "ok\nk \u0661 1\n\n".encode(),
            "ok\nk 1.0 \u0661\n\n".encode(),
            b"ok\n" + b"k" * MAX_LINE + b" 1.0 1\n\n",
        ]
        for reply in cases:
            with self.subTest(reply[:60]), self.assertRaisesRegex(ClientError, "server"):
                answer(reply)

    def test_samples_for_a_put_are_an_error_at_the_first(self) -> None:
        with self.assertRaisesRegex(ClientError, "a put with samples"):
            answers([PUT], [b"ok\nk 1.0 1\n"])

    def test_what_comes_without_a_request_is_an_error_behind_the_answers(self) -> None:
        for surplus in [b"o", b"\n", b"ok\n\n"]:
            replies = Replies()
            replies.expect(PUT)
            received = replies.receive(b"ok\n\n" + surplus)
            self.assertEqual(next(received), {})
            with self.subTest(surplus), self.assertRaisesRegex(ClientError, "more than"):
                next(received)

    def test_a_line_without_an_end_is_given_up_after_a_bound(self) -> None:
        for length in [1, 1000, 2 * MAX_LINE]:
            replies = Replies()
            replies.expect(GET)
            piece, received = b"x" * length, 0
            with self.subTest(length), self.assertRaisesRegex(ClientError, "without an end"):
                while received < 10 * MAX_LINE:
                    received += length
                    self.assertEqual([*replies.receive(piece)], [])
            self.assertLess(received, MAX_LINE + length)

    def test_a_line_is_too_long_however_it_is_cut(self) -> None:
        line = b"k 1.0 " + b"0" * MAX_LINE
        for length, good in [(MAX_LINE - 1, True), (MAX_LINE, False)]:
            reply = b"ok\n" + line[:length] + b"\n\n"
            for cut in [3, 1000, len(reply) - 2, len(reply) - 1]:
                refusal = ""
                try:
                    answers([GET], [reply[:cut], reply[cut:]])
                except ClientError as error:
                    refusal = str(error)
                self.assertEqual("without an end" in refusal, not good, refusal)

    def test_a_huge_reply_is_read_with_the_memory_of_its_samples(self) -> None:
        replies = Replies()
        replies.expect(GET)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.assertEqual([*replies.receive(b"ok\n")], [])
        for number in range(20_000):
            self.assertEqual([*replies.receive(b"key %d.5 %d\n" % (number, number))], [])
        (samples,) = replies.receive(b"\n")
        now, most = tracemalloc.get_traced_memory()
        self.assertEqual(samples, {"key": [(number, number + 0.5) for number in range(20_000)]})
        self.assertLess(most, now + MAX_LINE * 4)


if __name__ == "__main__":
    unittest.main()
