"""Reads replies, one line at a time: what is held besides the samples is one line."""

import math
from operator import itemgetter
from typing import BinaryIO, Optional, Tuple

from .errors import ClientError
from .sample import SAMPLE_LINE, TIMESTAMPS, Samples

# Far above the reply line of any server, so that only a stream that is no reply reaches it.
MAX_LINE = 65536


def read_reply(stream: BinaryIO) -> Optional[Samples]:
    """The samples of one whole reply, or None when it says `wrong command`."""
    status = _read_line(stream)
    if status == b"ok\n":
        return _read_samples(stream)
    if status == b"error\n" and _read_line(stream) == b"wrong command\n":
        if _read_line(stream) == b"\n":
            return None
    raise ClientError(f"the server's reply begins with neither ok nor error: {status[:60]!r}")


def _read_samples(stream: BinaryIO) -> Samples:
    samples: Samples = {}
    for line in iter(lambda: _read_line(stream), b"\n"):
        key, timestamp, value = _parse_sample(line)
        samples.setdefault(key, []).append((timestamp, value))
    for series in samples.values():
        series.sort(key=itemgetter(0))
    return samples


def _read_line(stream: BinaryIO) -> bytes:
    line = stream.readline(MAX_LINE)
    if line.endswith(b"\n"):
        return line
    if len(line) == MAX_LINE:
        raise ClientError(f"the server sent a line without an end: {line[:60]!r}...")
    raise ClientError("the server closed the connection before its reply was whole")


def _parse_sample(line: bytes) -> Tuple[str, int, float]:
    try:
        match = SAMPLE_LINE.fullmatch(line.decode())
        if match:
            key, value, timestamp = match[1], float(match[2]), int(match[3])
            if math.isfinite(value) and timestamp in TIMESTAMPS:
                return key, timestamp, value
    except ValueError:
        pass
    raise ClientError(f"the server sent a line that is no sample: {line[:60]!r}")
