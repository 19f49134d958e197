"""A client of the text protocol for metrics, and the server program started from Python."""

from .async_client import AsyncClient
from .client import Client
from .errors import ClientError, CutShort, PutAllError, SomeRefused, WrongCommand
from .server import Server, run_server

__all__ = [
    "AsyncClient",
    "Client",
    "ClientError",
    "CutShort",
    "PutAllError",
    "Server",
    "SomeRefused",
    "WrongCommand",
    "run_server",
]
