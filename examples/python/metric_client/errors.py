"""What can go wrong, as a caller tells it apart."""


class ClientError(Exception):
    """A call that could not be carried out, whatever the reason."""


class WrongCommand(ClientError):
    """The server refused the request; the connection stays in use.

    What this package sends is always a request, so the server had no room for the sample, its
    series is full of newer ones, or its own limits are narrower than this package's.
    """
