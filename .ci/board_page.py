"""Checks the page of an emulated board and what it answers over HTTP."""

import gzip
import json
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from commands import ROOT
from pages import nc

PAGE = ROOT / "adapters/protocols/board-web/page.html.gz"
TIMEOUT = 30

# Keys, values as text, and timestamps: what comes back is the same to the last digit.
SAMPLES = [
    ("page.cpu", "23.7", 1150864247),
    ("page.cpu", "-0.5", 1150864248),
    ("page.odd\"\\é;t=%", "1.7976931348623157e+308", -9223372036854775808),
    ("page.odd\"\\é;t=%", "5e-324", 9223372036854775807),
]

BROWSER = (
    "Host: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n"
    "Accept: text/html\r\nAccept-Encoding: gzip\r\nCookie: " + "c" * 1200 + "\r\n\r\n"
)

# Requests, and the status of their replies.
REFUSED = [
    ("GET /favicon.ico HTTP/1.1\r\n", 404),
    ("POST /v1/put HTTP/1.1\r\nContent-Length: 0\r\n", 405),
    ("GET /v1/last?match=* HTTP/1.1\r\n", 400),
    ("GET / HTTP/2.0\r\n", 505),
    ("put page.cpu 1 1\r\n", 400),
    ("GET /" + "k" * 200 + " HTTP/1.1\r\n", 414),
    ("GET / HTTP/1.1\r\nCookie: " + "c" * 5000 + "\r\n", 431),
]


def check_page(port: int, http: int) -> None:
    """Compares the page, and what is told over HTTP, with what is put by the native protocol."""
    puts = "".join(f"put {key} {value} {at}\n" for key, value, at in SAMPLES)
    expect("the puts", nc(puts, port), "ok\n\n" * len(SAMPLES))
    status, fields, body = ask(http, "/")
    expect("the page", (status, body), (200, PAGE.read_bytes()))
    expect("its encoding", fields["content-encoding"], "gzip")
    page = gzip.decompress(body).decode()
    check_samples(http)
    for request, status in REFUSED:
        expect(request[:40], exchange(http, request + BROWSER)[0], status)
    for path in ("/", "/v1/last", "/metrics"):
        expect(f"the head of {path}", ask(http, path, "HEAD")[::2], (200, b""))
    print(f"the page ({len(body):,} bytes, {len(page):,} unpacked), ranges, newest samples and "
          "metrics are what was put", flush=True)


def check_samples(http: int) -> None:
    newest = {key: (value, at) for key, value, at in SAMPLES}
    last = ask(http, "/v1/last")[2].decode()
    told = {row["key"]: tuple(row["last"]) for row in parse(last)["series"]}
    metrics = ask(http, "/metrics")[2].decode().splitlines()
    for key, (value, at) in newest.items():
        expect(f"the newest of {key}", told.get(key), (str(at), value))
        line = f"metric_last{{key={json.dumps(key, ensure_ascii=False)}}} {value}"
        expect(f"the gauge of {key}", line in metrics, True)
        samples = [[str(at), value] for name, value, at in SAMPLES if name == key]
        encoded = "".join(f"%{byte:02X}" for byte in key.encode())
        body = ask(http, f"/v1/range?key={encoded}")[2].decode()
        expect(f"the range of {key}", parse(body), {"series": [{"key": key, "samples": samples}]})


def parse(text: str) -> dict:
    """Parses JSON with the text of each number."""
    return json.loads(text, parse_int=str, parse_float=str)


def check_crowd(port: int, http: int, connections: int) -> None:
    """Connects many times at once, half of them as browsers, some of whom say nothing. Then all
    workers must answer."""
    silent = [socket.create_connection(("127.0.0.1", http)) for _ in range(4)]
    lock, again = threading.Lock(), [0]

    def one(number: int) -> None:
        for _ in range(1_000):
            if answered(port, http, number):
                return
            with lock:
                again[0] += 1
            time.sleep(0.1)
        sys.exit(f"connection {number} is never answered")

    with ThreadPoolExecutor(6) as crowd:
        list(crowd.map(one, range(connections)))
    for connection in silent:
        connection.close()
    check_workers(port, http)
    print(f"{connections:,} connections, half of them of browsers, are answered; "
          f"{again[0]:,} tries found no free worker", flush=True)


def check_workers(port: int, http: int) -> None:
    """Checks that two browsers and four clients are served at once, so that all workers are alive."""
    for what, serves in [("two browsers", lambda: serves_two(http)), ("four clients", lambda: serves_four(port))]:
        for _ in range(300):
            if serves():
                break
            time.sleep(0.1)
        else:
            sys.exit(f"no {what} are served at once")


def serves_four(port: int) -> bool:
    with ExitStack() as open_until_the_end:
        try:
            for _ in range(4):
                client = socket.create_connection(("127.0.0.1", port), TIMEOUT)
                open_until_the_end.enter_context(client)
                client.sendall(b"get -\n")
                if client.recv(16) != b"ok\n\n":
                    return False
        except OSError:
            # A worker may still be closing its connection to an earlier client.
            return False
        return True


def serves_two(http: int) -> bool:
    request = f"GET /metrics HTTP/1.1\r\n{BROWSER}".encode()
    try:
        with socket.create_connection(("127.0.0.1", http), TIMEOUT) as first:
            first.sendall(request[:100])
            second = ask(http, "/metrics")[0]
            first.sendall(request[100:])
            return (second, first.recv(15)) == (200, b"HTTP/1.0 200 OK")
    except (OSError, ValueError):
        # A worker may still be closing its connection to an earlier browser.
        return False


def answered(port: int, http: int, number: int) -> bool:
    """Makes one connection, by HTTP or by the native protocol. Returns whether it was served."""
    try:
        if number % 2:
            return ask(http, ["/", "/v1/last", "/metrics"][number % 3])[0] == 200
        with socket.create_connection(("127.0.0.1", port), TIMEOUT) as client:
            client.sendall(b"put page.crowd 1 1\n")
            return client.recv(16).startswith(b"ok")
    except (OSError, ValueError):
        # There is no backlog: who finds no free worker is reset.
        return False


def ask(http: int, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    return exchange(http, f"{method} {path} HTTP/1.1\r\n{BROWSER}")


def exchange(http: int, request: str) -> tuple[int, dict[str, str], bytes]:
    """Returns the status, the fields and the body of a reply."""
    with socket.create_connection(("127.0.0.1", http), TIMEOUT) as client:
        client.sendall(request.encode())
        reply = b""
        while piece := client.recv(4096):
            reply += piece
    head, _, body = reply.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    named = (field.partition(": ")[::2] for field in fields)
    return int(status[9:12]), {name.lower(): value for name, value in named}, body


def expect(what: str, got: object, expected: object) -> None:
    if got != expected:
        sys.exit(f"{what}: {got!r} instead of {expected!r}")
