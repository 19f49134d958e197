"""Lets the threads of one process take turns."""

import os
import threading
from contextlib import contextmanager
from typing import Iterator, Optional

from .errors import ClientError


class Turns:
    """A lock that refuses, instead of waiting forever, what could never get it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: Optional[int] = None
        self._process = os.getpid()

    def is_own_process(self) -> bool:
        """Returns false after a fork, in the child."""
        return os.getpid() == self._process

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until no other thread has a turn. Raises ClientError if this thread has one."""
        if not self.is_own_process():
            raise ClientError("this client belongs to another process; create one after the fork")
        if self._owner == threading.get_ident() and self._lock.locked():
            busy = "this client is busy with a call of this thread"
            raise ClientError(
                f"{busy}; use another client in samples, on_refused and signal handlers"
            )
        with self._lock:
            try:
                self._owner = threading.get_ident()
                yield
            finally:
                self._owner = None
