"""The address of a server as people write it, in the same forms as for the programs in Rust."""

import re
from ipaddress import IPv6Address
from typing import Optional, Tuple

from .errors import InvalidArgument

DEFAULT_PORT = 8888

# The system ignores the higher bits of a port.
PORTS = range(1, 2**16)


def read_address(text: str) -> Tuple[str, int]:
    """Parses HOST or HOST:PORT. An IPv6 address with a port needs brackets.

    A number alone is a port without a host: the system would take it for an address.
    """
    host, port = _split(text)
    if not host or re.fullmatch("[0-9]+", text):
        raise InvalidArgument("it names no host; write HOST:PORT, such as 127.0.0.1:8888")
    if not _is_ipv6(host) and not re.fullmatch(r"[\w.-]+", host):
        raise InvalidArgument("the host must be a name or an IP address")
    return host, DEFAULT_PORT if port is None else read_port(port)


def read_port(text: str) -> int:
    """Parses the decimal digits of a port."""
    if not re.fullmatch("0*[0-9]{1,5}", text) or int(text) not in PORTS:
        raise InvalidArgument(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def _split(text: str) -> Tuple[str, Optional[str]]:
    bracketed = re.fullmatch(r"\[(.*)\](?::(.*))?", text)
    if bracketed and _is_ipv6(bracketed[1]):
        return bracketed[1], bracketed[2]
    host, colon, port = text.rpartition(":")
    if _is_ipv6(text) and not (_is_ipv6(host) and port == str(DEFAULT_PORT)):
        return text, None
    if ":" in host:
        raise InvalidArgument("an IPv6 address with a port needs brackets, such as [::1]:8888")
    return (host, port) if colon else (text, None)


def _is_ipv6(text: str) -> bool:
    """Returns whether a text is an IPv6 address, with or without an interface after `%`."""
    address, percent, interface = text.partition("%")
    try:
        IPv6Address(address)
    except ValueError:
        return False
    return not percent or bool(re.fullmatch(r"[^\s%:/\[\]]+", interface))
