"""Formats request lines, and refuses invalid ones before anything is sent.

No line is too long for the server: the key is bounded, and numbers take 44 bytes at most.
"""

import math
import numbers
import re
import reprlib
import time
from typing import Optional

from .errors import InvalidArgument, WrongType
from .sample import KEY, MAX_KEY, TIMESTAMPS

# Ints up to this size take no more than the 24 bytes of the longest double.
LONGEST_INT = 10**23 - 1


def put_request(key: str, value: float, timestamp: Optional[int]) -> bytes:
    """Returns the line that stores a sample. If `timestamp` is None, the time is now."""
    if key == "*":
        raise InvalidArgument("'*' asks for all keys: it cannot be put")
    if timestamp is None:
        timestamp = int(time.time())
    return _line("put", _key(key), _value(value), _timestamp(timestamp))


def get_request(key: str) -> bytes:
    return _line("get", _key(key))


def _line(*fields: str) -> bytes:
    return (" ".join(fields) + "\n").encode()


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise WrongType(f"a key is a str, not {type(key).__name__}")
    if not re.fullmatch(KEY, key):
        raise InvalidArgument(
            f"a key is not empty and has no white space or control character: {reprlib.repr(key)}"
        )
    if len(key.encode()) > MAX_KEY:
        raise InvalidArgument(f"a key has {MAX_KEY} bytes of UTF-8 at most: {reprlib.repr(key)}")
    return key


def _value(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise WrongType(f"a value is a number, not {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError as error:
        raise InvalidArgument("a value fits a double") from error
    if not math.isfinite(number):
        raise InvalidArgument(f"a value is finite, not {number}")
    if isinstance(value, numbers.Integral) and abs(int(value)) <= LONGEST_INT:
        return str(int(value))
    return repr(number)


def _timestamp(timestamp: object) -> str:
    if isinstance(timestamp, bool) or not isinstance(timestamp, numbers.Integral):
        raise WrongType(f"a timestamp is an int, not {type(timestamp).__name__}")
    if int(timestamp) not in TIMESTAMPS:
        raise InvalidArgument("a timestamp fits 64 bits")
    return str(int(timestamp))
