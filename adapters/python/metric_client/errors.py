"""The exceptions that callers can tell apart."""

from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional, Tuple

# Why there is no connection after `close`.
CLOSED = "it was closed by this client"


class ClientError(Exception):
    """A call failed, for any reason."""

    # The line of a put that was sent and has no reply, so that it may be stored or not.
    in_doubt: Optional[str] = None

    def __str__(self) -> str:
        text = super().__str__()
        if self.in_doubt:
            text += f"; {self.in_doubt!r} may be stored or not: put it again, with this timestamp"
        return text


class InvalidArgument(ClientError, ValueError):
    """An argument cannot be sent. Nothing was sent, and the client stays usable."""


class WrongType(ClientError, TypeError):
    """An argument has a wrong type. Nothing was sent, and the client stays usable."""


class WrongCommand(ClientError):
    """The server refused the request. The connection stays usable.

    This package sends only valid requests, so the server has one of the reasons in the message.
    """


class Disconnected(ClientError, ConnectionError):
    """There is no connection: it was refused, lost or closed."""


class NotSent(Disconnected):
    """The connection was lost or closed before the request was sent."""


class TimedOut(ClientError, TimeoutError):
    """The server was silent for longer than the client's `timeout`."""


class InvalidReply(ClientError):
    """What the server sent is not a reply of the protocol."""


class PutAllError(ClientError):
    """`put_all` did not store every sample."""

    def __init__(self, message: str, answered: int, refusals: Dict[int, ClientError]) -> None:
        super().__init__(message)
        # Number of samples, from the first, that are known to be stored or refused.
        self.answered = answered
        # Errors of the first 100 refused samples, by index.
        self.refusals = refusals

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (*self.args, self.answered, self.refusals), vars(self)


class SomeRefused(PutAllError):
    """`put_all` is done: all other samples are stored, and the connection stays usable."""


class CutShort(PutAllError):
    """`put_all` failed before its end; `__cause__` says why.

    The samples from index `answered` up to, but not including, `taken` may be stored or not. You
    can safely put them again if nobody else writes their keys. Later ones were not sent.
    """

    # Number of samples that were taken from the iterable, at most `WINDOW` more than `answered`.
    taken: int = 0


class CutShortByDisconnect(CutShort, Disconnected):
    """`put_all` failed because there is no connection any more."""


class CutShortByTimeOut(CutShort, TimedOut):
    """`put_all` failed because the server was silent for too long."""


@contextmanager
def in_doubt(request: bytes) -> Iterator[None]:
    """Notes in an error of the block that its request, if that is a put, may be carried out."""
    try:
        yield
    except (Disconnected, InvalidReply, TimedOut) as error:
        if request.startswith(b"put ") and not isinstance(error, NotSent):
            error.in_doubt = request.decode().rstrip()
        raise
