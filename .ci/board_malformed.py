"""Sends an emulated board what is no HTTP, or HTTP that was damaged."""

import random
import re
import socket
import sys
import time
from collections import Counter

from board_page import BROWSER, TIMEOUT, check_workers

# The longest key, request line and fields.
KEY, LINE, FIELDS = 48, len("HEAD /v1/range?key= HTTP/1.1\r\n") + 3 * 48, 4096

WHOLE = [
    f"{method} {target} HTTP/1.{version}\r\n{BROWSER}".encode()
    for method in ("GET", "HEAD", "POST", "OPTIONS")
    for target in ("/", "/v1/last", "/v1/range?key=page.cpu", "/metrics", "/v1/range?key=%00%ff", "/favicon.ico")
    for version in (0, 1)
]

# Pieces that are put between the bytes of a request.
PIECES = [
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b"%", b"%zz", b"?", b"&key=", b"#", b"HTTP/9.9", b"\xff\xfe",
    b"http://127.0.0.1/", b"../", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Cookie: " + b"c" * 5000,
    b"k" * 300, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


def check_malformed(port: int, http: int, count: int, seed: int) -> None:
    """Sends damaged requests, and compares each status with that of a model. Then all workers must answer."""
    chance, outcomes = random.Random(seed), Counter[str]()
    for _ in range(count):
        request = damaged(chance)
        outcomes[outcome(http, request, chance)] += 1
    check_workers(port, http)
    told = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(outcomes.items()))
    print(f"{count:,} damaged requests, seed {seed}: {told}", flush=True)


def damaged(chance: random.Random) -> bytes:
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(1, 3000))
    request = bytearray(chance.choice(WHOLE))
    for _ in range(chance.randrange(1, 4)):
        # Most of the damage is in the request line.
        at = chance.randrange(chance.choice([40, len(request)]))
        action = chance.randrange(4)
        if action == 0:
            request[at:at] = chance.choice(PIECES)
        elif action == 1:
            request[at:at + 1] = bytes([chance.randrange(256)])
        elif action == 2:
            del request[at:at + chance.randrange(1, 30)]
        else:
            del request[at:]
            return bytes(request)
    return bytes(request)


def outcome(http: int, request: bytes, chance: random.Random) -> str:
    """Sends a request. Fails unless the reply is that of the model, or none to an incomplete request."""
    status = expected(request)
    for _ in range(50):
        reply = send(http, request, chance)
        if reply is not None:
            break
        # No worker was free, or the reply was lost to the reset of a request that is not read to its end.
        time.sleep(0.02)
    else:
        return "reset"
    found = re.match(rb"HTTP/1\.0 (\d{3}) [^\r\n]+\r\n([A-Za-z-]+: [^\r\n]+\r\n)+\r\n", reply)
    if (int(found[1]) if found else None) != status or bool(found) != bool(reply):
        sys.exit(f"{request!r} is answered by {reply!r} instead of {status}")
    return f"answered by {status}" if status else "without an end"


def send(http: int, request: bytes, chance: random.Random) -> bytes | None:
    """Sends a request, perhaps in two parts, and the end of the stream. Returns the reply, or None if the board
    has reset the connection."""
    cut = chance.randrange(len(request) + 1)
    try:
        with socket.create_connection(("127.0.0.1", http), TIMEOUT) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for part in (request[:cut], request[cut:]):
                client.sendall(part)
            client.shutdown(socket.SHUT_WR)
            reply = b""
            while piece := client.recv(4096):
                reply += piece
            return reply
    except TimeoutError:
        sys.exit(f"there is no end of the reply to {request!r}")
    except OSError:
        return None


def expected(request: bytes) -> int | None:
    """Returns the status of the reply, or None if there is none because the request has no end."""
    line, end, _ = request[:LINE].partition(b"\n")
    if not end and len(request) < LINE:
        return None
    status, fields = (status_of(line), request[len(line):]) if end else (414, request)
    if status is None:
        return 400
    head = re.search(rb"\n\r*\n", fields[:FIELDS])
    if head:
        return status
    return 431 if len(fields) > FIELDS else None


def status_of(line: bytes) -> int | None:
    """Returns the status of a request line, or None if it is not HTTP."""
    method, _, rest = line.partition(b" ")
    target, blank, version = rest.partition(b" ")
    if not blank or not re.fullmatch(rb"(?s)HTTP/.\..", version.removesuffix(b"\r")):
        return None
    path, _, query = target.partition(b"?")
    return next(status for status, applies in [
        (505, version[5:6] != b"1"),
        (405, method not in (b"GET", b"HEAD")),
        (404, path not in (b"/", b"/v1/last", b"/v1/range", b"/metrics")),
        (400, query and not is_key(query)),
        (200, True),
    ] if applies)


def is_key(query: bytes) -> bool:
    found = re.fullmatch(rb"(?s)key=((?:[^&%]|%[0-9a-fA-F]{2})+)", query)
    return bool(found) and len(re.sub(rb"(?s)%..", b"%", found[1])) <= KEY
