"""A client-side deadline for every transaction: a frozen server honours none of its own.

A watchdog thread shuts down the socket of a connection that is out of time, so that the call that waits on it
fails; psycopg has no other way to give up on a server that says nothing.
"""

from __future__ import annotations

import heapq
import itertools
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import sqlalchemy.exc

from callcenter.errors import ShouwenError


class DatabaseUnavailable(ShouwenError):
    """The database does not answer; try again in a moment."""


_TROUBLE = (sqlalchemy.exc.DBAPIError, sqlalchemy.exc.TimeoutError, psycopg.Error)


def is_unavailable(error: BaseException | None) -> bool:
    """Whether `error` means that the database cannot be reached, or was given up on."""
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(
        error,
        sqlalchemy.exc.OperationalError
        | sqlalchemy.exc.InterfaceError
        | sqlalchemy.exc.TimeoutError
        | psycopg.OperationalError
        | psycopg.InterfaceError,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turn "the database cannot be reached, or was given up on" into DatabaseUnavailable; others pass."""
    try:
        yield
    except _TROUBLE as error:
        if is_unavailable(error):
            raise DatabaseUnavailable from error
        raise


class Watch:
    """One guarded stretch. It holds a duplicate of the descriptor, so it can never hit another's socket."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._lock = threading.Lock()
        self._done = False
        self.fired = False

    def fire(self) -> None:
        """Shut the connection down, unless the stretch is over."""
        with self._lock:
            if self._done:
                return
            self.fired = True
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def finish(self) -> None:
        """End the stretch; calling it again does nothing."""
        with self._lock:
            if not self._done:
                self._done = True
                self._socket.close()


class Watchdog:
    """The thread that fires watches when their time comes; started with the first one, anew after a fork."""

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._queue: list[tuple[float, int, Watch]] = []
        self._ticket = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def watch(self, descriptor: int, until: float) -> Watch:
        """Guard the socket `descriptor` until the instant `until` of time.monotonic()."""
        watch = Watch(descriptor)
        with self._changed:
            heapq.heappush(self._queue, (until, next(self._ticket), watch))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="database-deadline", daemon=True)
                self._thread.start()
            elif self._queue[0][2] is watch:
                self._changed.notify()
        return watch

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue:
                    self._changed.wait()
                until, _, watch = self._queue[0]
                left_s = until - time.monotonic()
                if left_s > 0:
                    self._changed.wait(left_s)
                    continue
                heapq.heappop(self._queue)
            watch.fire()


WATCHDOG = Watchdog()
"""One for the process: it has no state beyond the stretches under way."""
