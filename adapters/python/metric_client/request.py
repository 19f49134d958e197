"""Formats request lines, and refuses invalid ones before anything is sent.

No line is too long for the server: the key is bounded, and numbers take 44 bytes at most.
"""

import math
import numbers
import re
import reprlib
import time
from typing import Any, Optional

from .errors import InvalidArgument, WrongType
from .sample import KEY, MAX_KEY, TIMESTAMPS

# The units of a server's timestamps, in nanoseconds.
UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}

# Ints up to this size take no more than the 24 bytes of the longest double.
LONGEST_INT = 10**23 - 1


def put_request(key: str, value: float, timestamp: Optional[int], unit: str = "s") -> bytes:
    """Returns the line that stores a sample. If `timestamp` is None, the time is now."""
    if timestamp is None:
        timestamp = _now(unit)
    return _line("put", _new_key(key), _value(value), _timestamp(timestamp))


def _now(unit: str) -> int:
    # Tests of programs in seconds replace `time.time`.
    return int(time.time()) if unit == "s" else time.time_ns() // UNITS[unit]


def checked_unit(unit: Any) -> str:
    """Returns the name of a unit of timestamps if it is one."""
    if not isinstance(unit, str):
        raise WrongType(f"a unit is a str such as 'ms', not {type(unit).__name__}")
    if unit not in UNITS:
        raise InvalidArgument(f"a unit is one of {', '.join(UNITS)}, not {unit!r}")
    return unit


def get_request(key: str) -> bytes:
    return _line("get", _key(key))


def _line(*fields: str) -> bytes:
    return (" ".join(fields) + "\n").encode()


def _new_key(key: object) -> str:
    """Refuses what can be asked for, since others may have stored it, but should not be stored."""
    if key == "*":
        raise InvalidArgument("'*' stands for all keys and cannot be put; choose another key")
    if isinstance(key, str) and key.startswith("\ufeff"):
        begins = f"a key begins with a byte order mark (U+FEFF): {reprlib.repr(key)}"
        raise InvalidArgument(f"{begins}; remove it, as Python's encoding 'utf-8-sig' does")
    return _key(key)


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise WrongType(f"a key is a str such as 'palm.cpu', not {type(key).__name__}")
    if not key:
        raise InvalidArgument("a key is not empty")
    start = re.match(KEY, key)
    length = start.end() if start else 0
    if length < len(key):
        what = f"replace {key[length]!r} in {reprlib.repr(key)}"
        raise InvalidArgument(f"a key has no white space or control character; {what}")
    size = len(key.encode())
    if size > MAX_KEY:
        bound = f"a key has {MAX_KEY} bytes of UTF-8 at most, not {size}"
        raise InvalidArgument(f"{bound}: {reprlib.repr(key)}")
    return key


def _value(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        kind = type(value).__name__
        raise WrongType(f"a value is a number, not {kind}; convert it, with float() or int()")
    try:
        number = float(value)
    except OverflowError as error:
        raise InvalidArgument("a value fits a double, so it is below 1.8e308") from error
    if not math.isfinite(number):
        raise InvalidArgument(f"a value is finite, not {number}; leave such samples out")
    if isinstance(value, numbers.Integral) and abs(int(value)) <= LONGEST_INT:
        return str(int(value))
    return repr(number)


def _timestamp(timestamp: object) -> str:
    if isinstance(timestamp, bool) or not isinstance(timestamp, numbers.Integral):
        way = "int(moment.timestamp())" if hasattr(timestamp, "timestamp") else "int(time.time())"
        raise WrongType(f"a timestamp is an int such as {way}, not {type(timestamp).__name__}")
    if int(timestamp) not in TIMESTAMPS:
        raise InvalidArgument("a timestamp fits 64 bits, so it is from -2**63 to 2**63 - 1")
    return str(int(timestamp))
