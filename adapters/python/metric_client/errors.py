"""The exceptions that callers can tell apart."""

from typing import Dict


class ClientError(Exception):
    """A call failed, for any reason."""


class WrongCommand(ClientError):
    """The server refused the request. The connection stays usable.

    This package sends only valid requests, so the server had no room for the sample, the series is
    full of newer samples, or the server's limits are smaller than this package's.
    """


class PutAllError(ClientError):
    """`put_all` did not store every sample."""

    def __init__(self, message: str, answered: int, refusals: Dict[int, ClientError]) -> None:
        super().__init__(message)
        # Number of samples, from the first, that are known to be stored or refused.
        self.answered = answered
        # Errors of the first 100 refused samples, by index.
        self.refusals = refusals


class SomeRefused(PutAllError):
    """`put_all` is done: all other samples are stored, and the connection stays usable."""


class CutShort(PutAllError):
    """`put_all` failed before its end; `__cause__` says why.

    Up to `WINDOW` samples from index `answered` on may be stored or not. You can safely put them
    again if nobody else writes their keys.
    """
