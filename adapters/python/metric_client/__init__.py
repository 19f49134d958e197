"""A client for the metrics protocol, and a way to start the server program from Python."""

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
