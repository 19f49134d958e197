"""The text form of samples for people: `KEY VALUE [TIMESTAMP]`."""

import re
from decimal import Decimal
from io import BufferedReader
from typing import Callable, Iterator, List, Optional, Sequence

from .errors import ClientError, InvalidArgument
from .puts import Attempt
from .sample import Sample

# Far longer than the line of any sample.
MAX_LINE = 65536


def read_lines(
    stream: BufferedReader, on_no_end: Optional[Callable[[bytes], object]] = None
) -> Iterator[List[bytes]]:
    """Yields the lines that are available, again and again, until the stream ends.

    Calls `on_no_end` with a last line that has no line end, before it yields that line.
    """
    front = b""
    for piece in iter(lambda: stream.read1(MAX_LINE), b""):
        *lines, front = (front + piece).split(b"\n")
        yield lines
        front = front[:MAX_LINE]  # already too long, whatever follows
    if front:
        if on_no_end:
            on_no_end(front)
        yield [front]


def read_line(line: bytes) -> Attempt:
    """Parses a line. ASCII white space separates its fields."""
    try:
        if len(line) >= MAX_LINE:
            raise InvalidArgument(f"a line has less than {MAX_LINE} bytes")
        return read_sample([field.decode() for field in line.split()])
    except UnicodeDecodeError:
        return InvalidArgument("a line is UTF-8")
    except ClientError as error:
        return error


def read_sample(fields: Sequence[str]) -> Sample:
    if len(fields) not in (2, 3):
        raise InvalidArgument(f"a sample is KEY VALUE [TIMESTAMP], not {' '.join(fields)[:60]!r}")
    timestamp = _timestamp(fields[2]) if len(fields) == 3 else None
    return fields[0], _value(fields[1]), timestamp


def value_text(value: float) -> str:
    """Returns the protocol's text of a value, which differs from Python's in the exponent."""
    text = repr(value)
    if text.endswith("e-05"):
        return format(Decimal(text), "f")
    return text.replace("e-0", "e-")


def _value(text: str) -> float:
    # Python alone would accept `1_0`, `nan` and digits of other scripts.
    if re.fullmatch("[-+.0-9eE]+", text):
        try:
            return float(text)
        except ValueError:
            pass
    raise InvalidArgument(f"a value is a decimal number such as -1.5, not {text[:60]!r}")


def _timestamp(text: str) -> int:
    if re.fullmatch("[-+]?[0-9]{1,600}", text):
        return int(text)
    raise InvalidArgument(f"a timestamp is an integer such as 1150864247, not {text[:60]!r}")
