"""Which arguments become a request line, and which are refused."""

import random
import re
import struct
import time
import unicodedata
import unittest
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from typing import Any

from metric_client import ClientError
from metric_client.request import get_request, put_request

WHITE_SPACE = {*range(0x9, 0xE), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)}
WHITE_SPACE |= {0x2028, 0x2029, 0x202F, 0x205F, 0x3000}

# The protocol's grammar of a value.
VALUE = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")

# What a desktop server's longest line has beside the longest key.
ROOM_BESIDE_KEY = 385


class Name(str, Enum):
    CPU = "palm.cpu"


class Level(IntEnum):
    HIGH = 3


class Requests(unittest.TestCase):
    def test_a_sample_becomes_one_line(self) -> None:
        cases: Any = [
            (("palm.cpu", 23.7, 1150864247), b"put palm.cpu 23.7 1150864247\n"),
            (("k", 30, 0), b"put k 30 0\n"),
            (("k", 30.0, 0), b"put k 30.0 0\n"),
            (("k", 0, 0), b"put k 0 0\n"),
            (("k", -7, 0), b"put k -7 0\n"),
            (("k", 2**53 + 1, 0), b"put k 9007199254740993 0\n"),
            (("k", 1 - 10**23, 0), b"put k -99999999999999999999999 0\n"),
            (("k", -(10**23), 0), b"put k -1e+23 0\n"),
            (("k", 10**308, 0), b"put k 1e+308 0\n"),
            (("k", -0.0, -1), b"put k -0.0 -1\n"),
            (("k", 1e-05, 2**63 - 1), b"put k 1e-05 9223372036854775807\n"),
            (("k", 1e16, -(2**63)), b"put k 1e+16 -9223372036854775808\n"),
            (("k", 5e-324, 1), b"put k 5e-324 1\n"),
            (("k", Fraction(1, 4), 1), b"put k 0.25 1\n"),
            (("k", Fraction(4), 1), b"put k 4.0 1\n"),
            (("k", Level.HIGH, Level.HIGH), b"put k 3 3\n"),
            (("a*b", 1, 1), b"put a*b 1 1\n"),
            ((Name.CPU, 1, 1), b"put palm.cpu 1 1\n"),
            (("нагрузка", 1, 1), "put нагрузка 1 1\n".encode()),
            (("k" * 1000, 1, 1), b"put " + b"k" * 1000 + b" 1 1\n"),
        ]
        for arguments, line in cases:
            with self.subTest(arguments):
                self.assertEqual(put_request(*arguments), line)

    def test_a_key_or_all_keys_are_asked_for_in_one_line(self) -> None:
        for key in ["palm.cpu", "*", "**"]:
            with self.subTest(key):
                self.assertEqual(get_request(key), f"get {key}\n".encode())

    def test_what_cannot_be_a_request_is_refused(self) -> None:
        cases: Any = [
            (("*", 1, 1), "'*' stands for all keys and cannot be put; choose another key"),
            (("k", float("nan"), 1), "a value is finite, not nan; leave such samples out"),
            (("k", float("inf"), 1), "a value is finite, not inf; leave"),
            (("k", float("-inf"), 1), "a value is finite, not -inf; leave"),
            (("k", 10**400, 1), "a value fits a double, so it is below 1.8e308"),
            (("k", 10**5000, 1), "a value fits a double"),
            (("k", Fraction(-(10**400)), 1), "a value fits a double"),
            (("k", True, 1), "a value is a number, not bool; convert it, with float() or int()"),
            (("k", None, 1), "number, not NoneType; convert"),
            (("k", "1", 1), "number, not str; convert"),
            (("k", 1j, 1), "number, not complex; convert"),
            (("k", Decimal(1), 1), "number, not Decimal; convert"),
            (("k", 1, 1.0), "a timestamp is an int such as int(time.time()), not float"),
            (("k", 1, time.time()), "a timestamp is an int such as int(time.time()), not float"),
            (("k", 1, "1"), "int(time.time()), not str"),
            (("k", 1, False), "int(time.time()), not bool"),
            (("k", 1, Decimal(1)), "int(time.time()), not Decimal"),
            (("k", 1, Fraction(1)), "int(time.time()), not Fraction"),
            (("k", 1, datetime.now()), "an int such as int(moment.timestamp()), not datetime"),
            (("k", 1, date.today()), "int(time.time()), not date"),
            (("k", 1, 2**63), "a timestamp fits 64 bits, so it is from -2**63 to 2**63 - 1"),
            (("k", 1, -(2**63) - 1), "64 bits"),
            (("k", 1, 10**5000), "64 bits"),
        ]
        for arguments, words in cases:
            with self.subTest(words), self.assertRaisesRegex(ClientError, re.escape(words)):
                put_request(*arguments)

    def test_a_byte_order_mark_is_named_and_not_put(self) -> None:
        for key in ("\ufeffk", "\ufeff", "\ufeff\ufeffk"):
            with self.assertRaisesRegex(ClientError, r"byte order mark \(U\+FEFF\): '\\ufeff"):
                put_request(key, 1, 1)
        # What others have stored can be read, and inside a key it is no mark.
        self.assertEqual(get_request("\ufeffk"), "get \ufeffk\n".encode())
        self.assertEqual(put_request("k\ufeff", 1, 1), "put k\ufeff 1 1\n".encode())

    def test_what_cannot_be_a_key_is_refused_by_put_and_get(self) -> None:
        cases: Any = [
            ("", "a key is not empty"),
            ("a b", "no white space or control character; replace ' ' in 'a b'"),
            ("a\n", "replace '\\n' in 'a\\n'"),
            ("k 1 2\nput evil", "replace ' ' in 'k 1 2\\nput evil'"),
            ("a\x00b", "replace '\\x00' in"),
            ("a\u2028b", "replace '\\u2028' in"),
            ("\ud800", "replace '\\ud800' in"),
            ("k" * 1001, "a key has 1000 bytes of UTF-8 at most, not 1001: 'kkk"),
            ("я" * 501, "1000 bytes of UTF-8 at most, not 1002"),
            (b"k", "a key is a str such as 'palm.cpu', not bytes"),
            (None, "not NoneType"),
        ]
        for key, words in cases:
            with self.subTest(words):
                with self.assertRaisesRegex(ClientError, re.escape(words)):
                    put_request(key, 1, 1)
                with self.assertRaisesRegex(ClientError, re.escape(words)):
                    get_request(key)

    def test_white_space_and_control_characters_of_all_unicode_are_refused(self) -> None:
        for code in range(0x110000):
            character = chr(code)
            allowed = code not in WHITE_SPACE and unicodedata.category(character) not in (
                "Cc",
                "Cs",
            )
            try:
                get_request(character)
            except ClientError:
                self.assertFalse(allowed, hex(code))
            else:
                self.assertTrue(allowed, hex(code))

    def test_every_finite_double_is_written_by_the_grammar_and_reads_back_the_same(self) -> None:
        bits = random.Random(1)
        for _ in range(20_000):
            (number,) = struct.unpack("<d", struct.pack("<Q", bits.getrandbits(64)))
            if number - number != 0:
                continue
            text = put_request("k", number, 1).decode().split(" ")[2]
            self.assertTrue(VALUE.fullmatch(text), text)
            self.assertEqual(float(text), number)

    def test_the_longest_request_is_no_line_too_long(self) -> None:
        for length in (255, 1000):
            for value in (-2.2250738585072014e-308, 1 - 10**23, -(10**23), -(10**308)):
                longest = put_request("k" * length, value, -(2**63))
                self.assertLessEqual(len(longest), len("put  \n") + length + 1 + 24 + 20)
                self.assertLess(len(longest), length + ROOM_BESIDE_KEY)


if __name__ == "__main__":
    unittest.main()
