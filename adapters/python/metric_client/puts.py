"""Keeps account of the samples of one `put_all`, without any IO."""

from collections import deque
from typing import Any, Callable, Deque, Dict, Optional, Union

from .errors import ClientError, CutShort, SomeRefused
from .reply import Answer
from .request import put_request
from .sample import Sample, Samples

# Samples that may be without an answer when another reply must be read. The replies to so many
# puts, of 21 bytes at most, fit the smallest receive buffer that Linux has. So the server can
# always send them, and goes on reading while the client does nothing but send.
WINDOW = 48

# The bytes of requests that are sent at once, so that a group takes one system call and the server
# works on it while the next one is made.
GROUP = 512

# The refusals that an exception keeps.
MAX_REFUSALS = 100

# A sample to be put; or an error, which stands for a sample that could not be read.
Attempt = Union[Sample, ClientError]

# Is told the index of a sample that was refused, and why.
OnRefused = Callable[[int, ClientError], object]


class Puts:
    """The samples that have no answer yet, and what became of those before them."""

    def __init__(self, on_refused: Optional[OnRefused]) -> None:
        self._on_refused = on_refused
        # In the order of the samples; None is a put that was sent, and the first is such a one.
        self._open: Deque[Union[None, Samples, ClientError]] = deque()
        self._answered = 0
        self._refused = 0
        self._refusals: Dict[int, ClientError] = {}

    def take(self, sample: Attempt) -> bytes:
        """The request to be sent for the next sample; empty when it is refused without that."""
        try:
            request = _request(sample)
            self._open.append(None)
        except ClientError as error:
            request = b""
            self._open.append(error)
        self._settle()
        return request

    def answer(self, answer: Answer) -> None:
        """What the server answered to the first put that has no answer."""
        self._open[0] = answer
        self._settle()

    def is_full(self) -> bool:
        """Whether an answer must be waited for before the next sample."""
        return len(self._open) >= WINDOW

    def is_due(self) -> bool:
        """Whether any answer is due."""
        return bool(self._open)

    def end(self) -> int:
        """How many samples were stored; SomeRefused if nobody was told of the others."""
        if self._refusals:
            index, error = next(iter(self._refusals.items()))
            count = f"{self._refused} of {self._answered} samples were refused"
            message = f"{count}, the first at index {index}: {error}"
            raise SomeRefused(message, self._answered, self._refusals)
        return self._answered - self._refused

    def cut_short(self, error: ClientError) -> CutShort:
        message = f"{error}; samples from index {self._answered} on may be stored or not"
        return CutShort(message, self._answered, self._refusals)

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


def _request(sample: Any) -> bytes:
    if isinstance(sample, ClientError):
        raise sample
    try:
        key, value, timestamp = sample
    except (TypeError, ValueError) as error:
        raise ClientError("a sample is a key, a value and a timestamp or None") from error
    return put_request(key, value, timestamp)
