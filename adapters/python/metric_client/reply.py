"""Parses replies without any IO: chunks of the stream go in, answers come out.

    begin ── "ok" ──▶ list ── an empty line ──▶ begin               the lines in between are
      │                                                             the answer's samples
      └─── "error" ──▶ refuse ── "wrong command" ──▶ end ── an empty line ──▶ begin

Besides the samples it holds one chunk and one incomplete line.
"""

import math
from collections import deque
from operator import itemgetter
from typing import Callable, Deque, Iterator, Optional, Tuple, Union

from .errors import Disconnected, InvalidReply, WrongCommand
from .sample import SAMPLE_LINE, TIMESTAMPS, Samples

# The answer to a request. A put that was stored has no samples.
Answer = Union[Samples, WrongCommand]

# Far longer than any server's reply lines, so only a stream of another protocol exceeds it.
MAX_LINE = 65536

# Requests of this package are valid, so these are the reasons that are left.
PUT_REASONS = (
    "it has no room for a new key, or the key's series is full of newer samples, or it takes only "
    "shorter keys, or it could not store the sample; its log may say which"
)
GET_REASONS = "it takes only shorter keys, or it could not read its store; its log may say which"


class Replies:
    """The replies of one connection, in the order of the requests."""

    def __init__(self) -> None:
        self._due: Deque[bytes] = deque()
        self._front = b""
        self._samples: Samples = {}
        self._read: Callable[[bytes], Optional[Answer]] = self._begin

    def expect(self, request: bytes) -> None:
        """Adds a request. Call this for each request before you send it."""
        self._due.append(request)

    def receive(self, piece: bytes) -> Iterator[Answer]:
        """Yields the answers that a chunk of the stream completes. An empty chunk is its end.

        Later chunks cannot be parsed after an error.
        """
        if not piece:
            when = "before its reply was whole" if self._due else "between two calls"
            raise Disconnected(f"the server closed the connection {when}")
        *lines, self._front = (self._front + piece).split(b"\n")
        for line in lines:
            self._check(line)
            answer = self._read(line)
            if answer is not None:
                yield answer
        if self._front:
            self._check(self._front)

    def _check(self, line: bytes) -> None:
        if not self._due:
            raise InvalidReply(f"the server sent more than its replies: {line[:60]!r}")
        if len(line) >= MAX_LINE:
            raise InvalidReply(f"the server sent a line without an end: {line[:60]!r}...")

    def _begin(self, line: bytes) -> Optional[Answer]:
        if line == b"ok":
            self._read = self._list
        elif line == b"error":
            self._read = self._refuse
        else:
            raise _no_reply(line)
        return None

    def _list(self, line: bytes) -> Optional[Answer]:
        if not line:
            samples, self._samples = self._samples, {}
            for series in samples.values():
                series.sort(key=itemgetter(0))
            return self._answer(samples)
        if self._due[0].startswith(b"put "):
            raise InvalidReply("the server answered a put with samples")
        key, timestamp, value = _parse_sample(line)
        self._samples.setdefault(key, []).append((timestamp, value))
        return None

    def _refuse(self, line: bytes) -> None:
        if line != b"wrong command":
            raise _no_reply(line)
        self._read = self._end

    def _end(self, line: bytes) -> Answer:
        if line:
            raise _no_reply(line)
        request = self._due[0].decode().rstrip()
        reasons = PUT_REASONS if request.startswith("put ") else GET_REASONS
        what = f"the server answered `wrong command` to {request!r}"
        return self._answer(WrongCommand(f"{what}: {reasons}"))

    def _answer(self, answer: Answer) -> Answer:
        self._due.popleft()
        self._read = self._begin
        return answer


def _no_reply(line: bytes) -> InvalidReply:
    return InvalidReply(f"the server's reply is neither ok nor wrong command: {line[:60]!r}")


def _parse_sample(line: bytes) -> Tuple[str, int, float]:
    try:
        match = SAMPLE_LINE.fullmatch(line.decode())
        if match:
            key, value, timestamp = match[1], float(match[2]), int(match[3])
            if math.isfinite(value) and timestamp in TIMESTAMPS:
                return key, timestamp, value
    except ValueError:
        pass
    raise InvalidReply(f"the server sent a line that is not a sample: {line[:60]!r}")
