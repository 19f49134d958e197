"""Starting the server program from Python, and stopping it."""

import io
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Iterator
from unittest import mock

from metric_client import ClientError, Server, run_server
from metric_client.server import find_program, server_command

PROGRAM = find_program()
NO_PROGRAM = "no server program: set METRIC_SERVER_PROGRAM to the path of metric-smol"
PACKAGE_FOLDER = str(Path(__file__).resolve().parents[1])

# Shells make background processes ignore Ctrl-C. This undoes that.
RUN_SERVER = """
import signal; signal.signal(signal.SIGINT, signal.default_int_handler)
from metric_client import run_server; run_server("127.0.0.1", 0); print("returned")
"""


def start_run_server() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", RUN_SERVER],
        cwd=PACKAGE_FOLDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        start_new_session=True,
    )


def listening_port(python: "subprocess.Popen[str]") -> int:
    assert python.stdout is not None
    return int(python.stdout.readline().rpartition(":")[2])


def is_served(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def is_freed(port: int) -> bool:
    deadline = time.monotonic() + 10
    while is_served(port) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_served(port)


@unittest.skipUnless(PROGRAM, NO_PROGRAM)
class Lives(unittest.TestCase):
    def test_a_server_picks_a_free_port_and_ends_with_its_block(self) -> None:
        with Server("127.0.0.1", 0, "--log", "error") as server:
            self.assertTrue(is_served(server.port))
            shown = f"<Server 127.0.0.1:{server.port}, process [0-9]+, "
            self.assertRegex(repr(server), f"^{shown}running>$")
        server.wait()
        self.assertRegex(repr(server), f"^{shown}ended with status 0>$")
        self.assertFalse(is_served(server.port))
        server.close()

    def test_ctrl_c_ends_run_server_and_its_program(self) -> None:
        with start_run_server() as python:
            port = listening_port(python)
            self.assertTrue(is_served(port))
            os.killpg(python.pid, signal.SIGINT)
            output, errors = python.communicate(timeout=20)
            self.assertEqual((python.returncode, output), (0, "returned\n"), errors)
            self.assertFalse(is_served(port))

    @unittest.skipUnless(sys.platform == "linux", "only Linux tells a process of its parent's end")
    def test_a_killed_python_leaves_no_server_behind(self) -> None:
        for way in [signal.SIGKILL, signal.SIGTERM]:
            with self.subTest(way), start_run_server() as python:
                port = listening_port(python)
                self.assertTrue(is_served(port))
                python.send_signal(way)
                python.wait(20)
                self.assertTrue(is_freed(port))


class Programs(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "empty").mkdir()

    def script(self, path: str, text: str = "exit 0") -> str:
        """Creates an executable shell script."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return str(file)

    @contextmanager
    def place(self, named: str, path: str, checkout: str) -> Iterator[None]:
        """Sets the environment in which the program is searched."""
        environment = {"METRIC_SERVER_PROGRAM": named, "PATH": str(self.folder / path)}
        with mock.patch.dict(os.environ, environment):
            with mock.patch("metric_client.server.CHECKOUT", self.folder / checkout):
                yield

    def test_the_first_program_that_is_there_is_taken(self) -> None:
        manifest = self.folder / "checkout/adapters/smol/Cargo.toml"
        cargo = ["cargo", "run", "--release", "--manifest-path", str(manifest), "--"]
        named = self.script("named/server")
        on_path = self.script("bin/metric-smol")
        built = self.script("checkout/target/release/metric-smol")
        self.script("tools/cargo")
        manifest.parent.mkdir(parents=True)
        manifest.touch()
        cases = [
            (named, "bin", "checkout", [named]),
            ("", "bin", "checkout", [on_path]),
            ("", "tools", "checkout", [built]),
            ("", "empty", "checkout", [built]),
        ]
        for name, path, checkout, command in cases:
            with self.subTest(command), self.place(name, path, checkout):
                self.assertEqual(server_command(), command)
        os.remove(built)
        with self.place("", "tools", "checkout"):
            self.assertEqual(server_command(), cargo)
        for path, checkout in [("empty", "checkout"), ("tools", "empty")]:
            with self.subTest("none", path=path), self.place("", path, checkout):
                with self.assertRaisesRegex(ClientError, "no server program"):
                    run_server("127.0.0.1", 0)

    def test_a_program_that_does_not_serve_is_an_error(self) -> None:
        cases = [
            (str(self.folder / "missing"), "cannot start"),
            (str(self.folder), "cannot start"),
            (self.script("ends"), "does not listen"),
            (self.script("fails-later", "echo listening on x:1; exit 3"), "status 3"),
        ]
        for program, words in cases:
            with self.subTest(program), redirect_stdout(io.StringIO()):
                with mock.patch.dict(os.environ, METRIC_SERVER_PROGRAM=program):
                    with self.assertRaisesRegex(ClientError, words):
                        run_server("127.0.0.1", 0)

    def test_ctrl_c_asks_the_program_to_end_only_once(self) -> None:
        log = self.folder / "signals"
        traps = f"trap 'echo INT >> {log}' INT; trap 'echo TERM >> {log}; exit' TERM"
        script = self.script("logs", f"{traps}; echo listening on x:1; while :; do sleep 0.1; done")
        with mock.patch.dict(os.environ, METRIC_SERVER_PROGRAM=script):
            with start_run_server() as python:
                listening_port(python)
                os.killpg(python.pid, signal.SIGINT)
                python.communicate(timeout=20)
        self.assertEqual(log.read_text(), "TERM\n")

    def test_a_program_that_says_something_else_is_stopped(self) -> None:
        script = self.script("says-else", "echo $$; exec sleep 60")
        with mock.patch.dict(os.environ, METRIC_SERVER_PROGRAM=script):
            with self.assertRaisesRegex(ClientError, "does not listen") as caught:
                Server()
        (process,) = re.findall(r"[0-9]+", str(caught.exception))
        with self.assertRaises(ProcessLookupError):
            os.kill(int(process), 0)


if __name__ == "__main__":
    unittest.main()
