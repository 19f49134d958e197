"""Starts the server program `metric-smol` from Python, for try-outs and tests."""

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

# The root of the checkout, when this package lies in its adapters/python.
CHECKOUT = (Path(__file__).parent / "../../..").resolve()

# From <sys/prctl.h>: which signal a process gets when its parent dies.
PR_SET_PDEATHSIG = 1

# The seconds after which a server that was asked to end is killed: it takes 5 for its last replies.
PATIENCE = 10


def run_server(host: str, port: int) -> None:
    """Runs the server program until Ctrl-C, or until the program ends."""
    try:
        with Server(host, port) as server:
            print(f"listening on {host}:{server.port}", flush=True)
            server.wait()
    except KeyboardInterrupt:
        pass


class Server:
    """The server program, stopped at the end of the `with` block.

    On Linux it also stops when this process is killed, or the thread that started it ends.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *options: str) -> None:
        """Waits until the server listens. Port 0 picks a free one, which `self.port` tells.

        `options` go to the program as they are, such as `"--max-series", "10"`.
        """
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        command = [*server_command(), "--listen", address, *options]
        try:
            # In a session of its own Ctrl-C does not reach it, so that it is asked to end only
            # once: the second time it leaves replies unsent.
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
        """Waits until the program ends; ClientError unless it ended well."""
        status = self._process.wait()
        if status != 0:
            raise ClientError(f"the server program ended with status {status}")

    def close(self) -> None:
        """Asks the program to end, and waits until it has."""
        with self._process:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()

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
    """The program to start, built by cargo when it must be."""
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
    """A server program that is there already."""
    built = CHECKOUT / "target/release/metric-smol"
    return (
        os.environ.get("METRIC_SERVER_PROGRAM")
        or shutil.which("metric-smol")
        or shutil.which(str(built))
    )


def _stop_with_parent() -> Optional[Callable[[], None]]:
    """What the child does before it becomes the program, where the system offers it."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def stop_with_parent() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return stop_with_parent
