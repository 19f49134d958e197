"""What can go wrong, as a caller tells it apart."""

from typing import Dict


class ClientError(Exception):
    """A call that could not be carried out, whatever the reason."""


class WrongCommand(ClientError):
    """The server refused the request; the connection stays in use.

    What this package sends is always a request, so the server had no room for the sample, its
    series is full of newer ones, or its own limits are narrower than this package's.
    """


class PutAllError(ClientError):
    """`put_all` did not store every sample."""

    def __init__(self, message: str, answered: int, refusals: Dict[int, ClientError]) -> None:
        super().__init__(message)
        # How many samples, from the first, are known to be stored or refused.
        self.answered = answered
        # Why samples were refused, by their index; of more than 100 the first 100.
        self.refusals = refusals


class SomeRefused(PutAllError):
    """`put_all` is through, all samples but the refused are stored, the connection stays in use."""


class CutShort(PutAllError):
    """`put_all` failed in its middle, as `__cause__` says.

    Samples from index `answered` on, `WINDOW` of them at most, may be stored or not. Putting them
    again is safe if nobody else writes their keys.
    """
