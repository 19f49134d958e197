"""Lets the threads of one process take turns."""

import os
import threading
from contextlib import contextmanager
from typing import Iterator, Optional

from .errors import ClientError


class Turns:
    """A lock that refuses, instead of waiting forever, what could never get it."""

    def __init__(self) -> None:
        # It knows its owner, so that releasing it is safe whether or not an interrupt came first.
        self._lock = threading.RLock()
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
        thread = threading.get_ident()
        if self._owner == thread:
            busy = "this client is busy with a call of this thread"
            raise ClientError(
                f"{busy}; use another client in samples, on_refused and signal handlers"
            )
        try:
            # Not `with`: some versions of Python take signals before its block begins.
            self._lock.acquire()
            self._owner = thread
            yield
        finally:
            if self._owner == thread:
                self._owner = None
            try:
                self._lock.release()
            except RuntimeError:
                pass  # an interrupt has ended the wait for it
