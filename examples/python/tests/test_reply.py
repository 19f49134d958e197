"""Replies are read the same however they are cut, and only those of the protocol."""

import io
import unittest
from typing import List, Optional

from metric_client import ClientError
from metric_client.reply import MAX_LINE, read_reply
from metric_client.sample import Samples

WELL = "ok\na 1.0 2\na -0.5 3\nкл 1e+16 -4\n\n".encode()
WELL_SAMPLES = {"a": [(2, 1.0), (3, -0.5)], "кл": [(-4, 1e16)]}


class Pieces(io.RawIOBase):
    """A stream that gives one piece for each read, as a socket may."""

    def __init__(self, pieces: List[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        piece = self._pieces.pop(0) if self._pieces else b""
        buffer[: len(piece)] = piece
        return len(piece)


class CountingStream(io.BytesIO):
    """Counts the reads and the bytes that were read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.reads = self.read_bytes = self.longest_read = 0

    def readline(self, size: Optional[int] = -1) -> bytes:
        line = super().readline(size)
        self.reads += 1
        self.read_bytes += len(line)
        self.longest_read = max(self.longest_read, len(line))
        return line


def read_in_pieces(*pieces: bytes) -> Optional[Samples]:
    return read_reply(io.BufferedReader(Pieces(list(pieces))))


class Replies(unittest.TestCase):
    def test_a_reply_gives_its_samples_by_key_and_timestamp(self) -> None:
        cases = [
            (b"ok\n\n", {}),
            (b"ok\nk 23.7 1150864247\n\n", {"k": [(1150864247, 23.7)]}),
            (b"ok\nk 1 3\nk 2 -1\nk 3 20\n\n", {"k": [(-1, 2.0), (3, 1.0), (20, 3.0)]}),
            (b"ok\nb 1.0 1\na 1.0 1\nb 2.0 0\n\n", {"b": [(0, 2.0), (1, 1.0)], "a": [(1, 1.0)]}),
            (b"ok\n* +5. +007\n\n", {"*": [(7, 5.0)]}),
            (WELL, WELL_SAMPLES),
            (b"error\nwrong command\n\n", None),
        ]
        for reply, samples in cases:
            with self.subTest(reply):
                self.assertEqual(read_reply(io.BytesIO(reply)), samples)

    def test_cutting_does_not_change_the_reply(self) -> None:
        for first in range(len(WELL)):
            for second in range(first, len(WELL)):
                pieces = WELL[:first], WELL[first:second], WELL[second:]
                self.assertEqual(read_in_pieces(*pieces), WELL_SAMPLES, pieces)
        self.assertEqual(read_in_pieces(*(WELL[i : i + 1] for i in range(len(WELL)))), WELL_SAMPLES)

    def test_a_reply_that_ends_early_is_an_error_wherever_it_ends(self) -> None:
        for reply in [WELL, b"error\nwrong command\n\n"]:
            for end in range(len(reply)):
                with self.subTest(reply[:end]), self.assertRaisesRegex(ClientError, "closed"):
                    read_in_pieces(reply[:end])

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
                read_reply(io.BytesIO(reply))

    def test_a_line_without_an_end_is_given_up_after_a_bound(self) -> None:
        stream = CountingStream(b"ok\n" + b"x" * 10 * MAX_LINE)
        with self.assertRaisesRegex(ClientError, "without an end"):
            read_reply(stream)
        self.assertLessEqual(stream.read_bytes, MAX_LINE + len(b"ok\n"))

    def test_a_huge_reply_takes_one_look_at_each_byte_and_the_memory_of_a_line(self) -> None:
        lines = [b"key %d.5 %d\n" % (number, number) for number in range(50_000)]
        reply = b"ok\n" + b"".join(lines) + b"\n"
        stream = CountingStream(reply)
        samples = read_reply(stream)
        self.assertEqual(samples, {"key": [(number, number + 0.5) for number in range(50_000)]})
        self.assertEqual(stream.reads, len(lines) + 2)
        self.assertEqual(stream.read_bytes, len(reply))
        self.assertEqual(stream.longest_read, max(map(len, lines)))


if __name__ == "__main__":
    unittest.main()
