"""What an address and a time-out may be, and what the system's errors mean to callers."""

import asyncio
import numbers
import socket
from typing import Any, Optional, Tuple

from .address import PORTS, read_port
from .errors import ClientError, Disconnected, InvalidArgument, TimedOut, WrongType

# Seconds. The system's own bound is a few times as long.
MAX_TIMEOUT = 10**6

# Before Python 3.11 not all of these are TimeoutErrors.
TIME_OUTS = (TimeoutError, socket.timeout, asyncio.TimeoutError)


def checked_address(host: object, port: object) -> Tuple[str, int]:
    """Returns the host and the port if they can be those of a server."""
    if not isinstance(host, str):
        raise WrongType(f"a host is a str, not {type(host).__name__}")
    if not host or not host.isprintable() or " " in host:
        raise InvalidArgument(f"a host is a name or an IP address, not {host!r}")
    if host.startswith("["):
        raise InvalidArgument(f"a host has no brackets around it: {host!r}")
    if host.lower().startswith("fe80:") and "%" not in host:
        raise InvalidArgument(f"a link-local address needs its interface, such as {host}%eth0")
    if isinstance(port, str):
        return host, read_port(port)
    if isinstance(port, bool) or not isinstance(port, numbers.Integral):
        raise WrongType(f"a port is an int such as 8888, not {type(port).__name__}")
    if int(port) not in PORTS:
        raise InvalidArgument("a port is an int from 1 to 65535")
    return host, int(port)


def checked_timeout(timeout: Any) -> Optional[float]:
    """Returns a valid time-out. None waits forever."""
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not issubclass(type(timeout), numbers.Real):
        kind = type(timeout).__name__
        raise WrongType(f"a timeout is a number of seconds, or None to wait forever, not {kind}")
    if not (timeout > 0 and timeout <= MAX_TIMEOUT):  # neither is true of NaN
        bounds = f"above 0 and at most {MAX_TIMEOUT}, or None to wait forever"
        raise InvalidArgument(f"a timeout is a number of seconds {bounds}")
    return float(timeout)


def address_text(address: Tuple[str, int]) -> str:
    """Returns an address as people write it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def state(failure: object) -> str:
    """Returns the state of a connection as people read it."""
    return f"closed: {failure}" if failure else "connected"


def connect_error(address: Tuple[str, int], error: Exception) -> ClientError:
    """Returns the error of a connection that could not be made."""
    what = f"cannot connect to {address_text(address)}"
    if isinstance(error, ValueError):
        return InvalidArgument(f"{what}: {error}")
    return _network_error(what, error)


def reply_error(error: Exception) -> ClientError:
    """Returns the error of a call whose reply did not come."""
    return _network_error("no whole reply from the server", error)


def _network_error(what: str, error: Exception) -> ClientError:
    if isinstance(error, TIME_OUTS):
        return TimedOut(f"{what}: timed out")
    return Disconnected(f"{what}: {error}")
