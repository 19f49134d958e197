"""Keeps track of the samples of one `put_all`, without any IO."""

from collections import deque
from typing import Any, Callable, Deque, Dict, Optional, Union

from .errors import (
    ClientError,
    CutShort,
    CutShortByDisconnect,
    CutShortByTimeOut,
    Disconnected,
    SomeRefused,
    TimedOut,
    WrongType,
)
from .reply import Answer
from .request import put_request
from .sample import Sample, Samples

# Samples that may be unanswered before the client must read a reply. The replies to this many puts,
# of 21 bytes at most, fit the smallest receive buffer that Linux has. So the server can always send
# them, and keeps reading while the client only sends.
WINDOW = 48

# Bytes of requests to send at once: a group takes one system call, and the server works on it while
# the client makes the next one.
GROUP = 512

# Number of refusals that an exception keeps.
MAX_REFUSALS = 100

# A sample to put, or the error of a sample that could not be read.
Attempt = Union[Sample, ClientError]

# Called with the index of a refused sample, and its error.
OnRefused = Callable[[int, ClientError], object]


class Puts:
    """The samples without an answer, and the counts of those before them."""

    def __init__(self, on_refused: Optional[OnRefused], unit: str = "s") -> None:
        self._on_refused = on_refused
        self._unit = unit
        # In the order of the samples. None is a put that was sent; the first one is always None.
        self._open: Deque[Union[None, Samples, ClientError]] = deque()
        self._answered = 0
        self._refused = 0
        self._refusals: Dict[int, ClientError] = {}

    def take(self, sample: Attempt) -> bytes:
        """Returns the request for the next sample, or nothing if the client refuses the sample."""
        try:
            request = _request(sample, self._unit)
            self._open.append(None)
        except ClientError as error:
            request = b""
            self._open.append(error)
        self._settle()
        return request

    def answer(self, answer: Answer) -> None:
        """Takes the server's answer to the first unanswered put."""
        self._open[0] = answer
        self._settle()

    def is_full(self) -> bool:
        """Returns whether an answer must come before the next sample."""
        return len(self._open) >= WINDOW

    def is_due(self) -> bool:
        """Returns whether any answer is due."""
        return bool(self._open)

    def end(self) -> int:
        """Returns how many samples were stored. Raises SomeRefused if `on_refused` is None."""
        if self._refusals:
            index, error = next(iter(self._refusals.items()))
            count = f"{self._refused} of {self._answered} samples were refused"
            message = f"{count}, the first at index {index}: {error}"
            raise SomeRefused(message, self._answered, self._refusals)
        return self._answered - self._refused

    def cut_short(self, error: ClientError) -> CutShort:
        """Returns the error of a `put_all` that ends before its samples."""
        kind = CutShort
        if isinstance(error, Disconnected):
            kind = CutShortByDisconnect
        elif isinstance(error, TimedOut):
            kind = CutShortByTimeOut
        cut = kind(f"{error}; {self._fate()}", self._answered, self._refusals)
        cut.taken = self._answered + len(self._open)
        return cut

    def _fate(self) -> str:
        first, end = self._answered, self._answered + len(self._open)
        if first == end:
            return f"samples[{first}:] were not sent"
        return f"samples[{first}:{end}] may be stored or not, and later ones were not sent"

    def _settle(self) -> None:
        while self._open and self._open[0] is not None:
            answer = self._open.popleft()
            index, self._answered = self._answered, self._answered + 1
            if isinstance(answer, ClientError):
                self._refuse(index, answer)

    def _refuse(self, index: int, error: ClientError) -> None:
        self._refused += 1
        if self._on_refused:
            self._on_refused(index, error)
        elif len(self._refusals) < MAX_REFUSALS:
            self._refusals[index] = error


def _request(sample: Any, unit: str) -> bytes:
    if isinstance(sample, ClientError):
        raise sample
    try:
        key, value, timestamp = sample
    except (TypeError, ValueError) as error:
        raise WrongType(
            "a sample is a key, a value and a timestamp or None, such as ('k', 1.5, None)"
        ) from error
    return put_request(key, value, timestamp, unit)
