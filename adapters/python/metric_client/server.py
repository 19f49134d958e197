"""Starts the server program `metric-smol` from Python, to try it and for tests."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Callable, List, Optional, Type

from .errors import ClientError
from .network import address_text

# The root of the checkout, if this package is in its adapters/python.
CHECKOUT = (Path(__file__).parent / "../../..").resolve()

# From <sys/prctl.h>: sets the signal that a process gets when its parent dies.
PR_SET_PDEATHSIG = 1

# Seconds from SIGTERM to SIGKILL. The server takes up to 5 for its last replies.
PATIENCE = 10


def run_server(host: str, port: int) -> None:
    """Runs the server program until Ctrl-C, or until the program ends."""
    try:
        with Server(host, port) as server:
            print(f"listening on {address_text((host, server.port))}", flush=True)
            server.wait()
    except KeyboardInterrupt:
        pass


class Server:
    """The server program. It stops at the end of the `with` block.

    On Linux it also stops if this process is killed or the thread that started it ends.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *options: str) -> None:
        """Starts the server and waits until it listens. Port 0 selects a free port, `self.port`.

        `options` are passed to the program, such as `"--max-series", "10"`.
        """
        self._host = host
        command = [*server_command(), "--listen", address_text((host, port)), *options]
        try:
            # In its own session Ctrl-C does not reach it, so it gets only one signal to stop. At a
            # second one it would leave replies unsent.
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                start_new_session=True,
                preexec_fn=_stop_with_parent(),
            )
        except OSError as error:
            raise ClientError(f"cannot start the server program {command[0]}: {error}") from error
        try:
            self.port = self._listening_port()
        except BaseException:
            self.close()
            raise

    def wait(self) -> None:
        """Waits until the program exits. Raises ClientError if its status is not 0."""
        status = self._process.wait()
        if status != 0:
            raise ClientError(f"the server program ended with status {status}")

    def close(self) -> None:
        """Stops the program and waits until it has exited."""
        with self._process:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def __repr__(self) -> str:
        status = self._process.poll()
        state = "running" if status is None else f"ended with status {status}"
        address = address_text((self._host, self.port))
        return f"<Server {address}, process {self._process.pid}, {state}>"

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def _listening_port(self) -> int:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        ready = re.fullmatch(rb"listening on .+:(\d+)\n", line)
        if not ready:
            raise ClientError(f"the server program does not listen: it printed {line!r}")
        return int(ready[1])


def server_command() -> List[str]:
    """Returns the command that starts the server; builds it with cargo if there is none."""
    program = find_program()
    if program:
        return [program]
    manifest = CHECKOUT / "adapters/smol/Cargo.toml"
    if manifest.is_file() and shutil.which("cargo"):
        return ["cargo", "run", "--release", "--manifest-path", str(manifest), "--"]
    raise ClientError(
        "no server program: set METRIC_SERVER_PROGRAM to its path, or have metric-smol on PATH"
    )


def find_program() -> Optional[str]:
    """Returns the path of an existing server program, or None."""
    built = CHECKOUT / "target/release/metric-smol"
    return (
        os.environ.get("METRIC_SERVER_PROGRAM")
        or shutil.which("metric-smol")
        or shutil.which(str(built))
    )


def _stop_with_parent() -> Optional[Callable[[], None]]:
    """Returns what the child runs before exec, so that it stops with its parent; Linux only."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def stop_with_parent() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return stop_with_parent
