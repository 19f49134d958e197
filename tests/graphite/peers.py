"""A server of ours and a graphite-web in this process, with the same samples."""

import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Iterable

Samples = dict[str, list[tuple[int, float]]]


class Server:
    """A server of ours, which runs as long as the block."""

    def __init__(self, program: str, *options: str):
        command = [program, "--listen", "127.0.0.1:0", "--log", "error", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.host, _, port = self.process.stdout.readline().split()[-1].rpartition(":")
        self.port = int(port)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def put(self, samples: Samples) -> None:
        """Puts samples over the native protocol."""
        lines = [f"put {key} {value!r} {time}\n" for key, all in samples.items() for time, value in all]
        with socket.create_connection((self.host, self.port)) as connection:
            replies = connection.makefile("rb")
            for start in range(0, len(lines), 1000):
                part = lines[start : start + 1000]
                connection.sendall("".join(part).encode())
                for line in part:
                    reply = replies.readline()
                    assert reply == b"ok\n", (line, reply)
                    assert replies.readline() == b"\n"

    def ask(self, path: str, fields: Iterable[tuple[str, str]], post: bool = False) -> tuple[int, bytes]:
        query = urllib.parse.urlencode(list(fields))
        url = f"http://{self.host}:{self.port}{path}"
        body = query.encode() if post else None
        try:
            with urllib.request.urlopen(url if post else f"{url}?{query}", body) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


class GraphiteWeb:
    """graphite-web in this process, over whisper files in a directory of its own."""

    def __init__(self, settings: str = ""):
        self.directory = Path(tempfile.mkdtemp(prefix="graphite-"))
        whisper = self.directory / "whisper"
        whisper.mkdir()
        (self.directory / "settings_of_test.py").write_text(
            f"""
SECRET_KEY = "test"
ALLOWED_HOSTS = ["*"]
TIME_ZONE = "UTC"
GRAPHITE_ROOT = STORAGE_DIR = LOG_DIR = {str(self.directory)!r}
WHISPER_DIR = {str(whisper)!r}
STANDARD_DIRS = [WHISPER_DIR]
INDEX_FILE = {str(self.directory / "index")!r}
CARBONLINK_HOSTS = []
LOG_ROTATION = False
DEFAULT_XFILES_FACTOR = 0
DEFAULT_CACHE_DURATION = FIND_CACHE_DURATION = 0
CACHES = {{"default": {{"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}}}
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {str(self.directory / "db")!r}}}}}
{settings}
"""
        )
        sys.path.insert(0, str(self.directory))
        os.environ["GRAPHITE_SETTINGS_MODULE"] = "settings_of_test"
        os.environ["DJANGO_SETTINGS_MODULE"] = "graphite.settings"
        import django
        from django.core.management import call_command
        from django.test import Client

        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        self.client = Client()

    def put(self, samples: Samples, steps: dict[str, int], now: int) -> None:
        """Writes samples as carbon does."""
        import whisper

        utils = importlib.import_module("graphite.tags.utils")
        storage = importlib.import_module("graphite.storage")
        for key, all in samples.items():
            path = self.directory / "whisper" / (utils.TaggedSeries.encode(key, sep="/") + ".wsp")
            path.parent.mkdir(parents=True, exist_ok=True)
            whisper.create(str(path), [(steps[key], 100_000)])
            whisper.update_many(str(path), [(time, value) for time, value in all], now=now)
            if ";" in key:
                storage.STORE.tagdb.tag_series(key)

    def ask(self, path: str, fields: Iterable[tuple[str, str]]) -> tuple[int, bytes]:
        query = urllib.parse.urlencode(list(fields))
        try:
            reply = self.client.get(f"{path}?{query}")
        except Exception as error:  # What it does not catch is a 500 in production.
            return 500, repr(error).encode()
        return reply.status_code, reply.content


def strict(text: bytes) -> Any:
    """Reads JSON; refuses NaN and Infinity."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} in JSON")

    def finite(text: str) -> float:
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise ValueError(f"{text} in JSON")
        return number

    return json.loads(text, parse_constant=refuse, parse_float=finite)
