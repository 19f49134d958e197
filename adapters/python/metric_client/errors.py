"""The exceptions that callers can tell apart."""

from typing import Any, Dict, Tuple


class ClientError(Exception):
    """A call failed, for any reason."""


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
        return type(self), (*self.args, self.answered, self.refusals)


class SomeRefused(PutAllError):
    """`put_all` is done: all other samples are stored, and the connection stays usable."""


class CutShort(PutAllError):
    """`put_all` failed before its end; `__cause__` says why.

    Up to `WINDOW` samples from index `answered` on may be stored or not. You can safely put them
    again if nobody else writes their keys.
    """


class CutShortByDisconnect(CutShort, Disconnected):
    """`put_all` failed because there is no connection any more."""


class CutShortByTimeOut(CutShort, TimedOut):
    """`put_all` failed because the server was silent for too long."""
