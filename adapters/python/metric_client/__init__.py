"""A client for the metrics protocol, and a way to start the server program from Python."""

from .async_client import AsyncClient
from .client import Client
from .errors import (
    ClientError,
    CutShort,
    Disconnected,
    InvalidArgument,
    InvalidReply,
    PutAllError,
    SomeRefused,
    TimedOut,
    WrongCommand,
    WrongType,
)
from .server import Server, run_server

__version__ = "0.1.0"

__all__ = [
    "AsyncClient",
    "Client",
    "ClientError",
    "CutShort",
    "Disconnected",
    "InvalidArgument",
    "InvalidReply",
    "PutAllError",
    "Server",
    "SomeRefused",
    "TimedOut",
    "WrongCommand",
    "WrongType",
    "run_server",
]
