"""The engine: a small pool of psycopg connections whose opening is bounded in time as well."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import sqlalchemy
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext, make_url

from callcenter.db.deadline import WATCHDOG, Watch

_OPTIONS = "-c timezone=UTC -c client_connection_check_interval=1000"
"""The server notices within a second that a client gave up, and lets go of the rows it locked."""


class WatchedConnection(psycopg.Connection[Any]):
    """A connection that is guarded from its opening to its first use: SQLAlchemy asks it questions then."""

    watch: Watch | None = None

    def unwatch(self) -> None:
        """End the guard of the opening."""
        if self.watch is not None:
            self.watch.finish()
            self.watch = None


def create_engine(
    url: str, *, pool_size: int = 8, max_overflow: int = 8, connect_s: float = 1.5, pool_s: float = 0.5
) -> Engine:
    """An engine for `url` (postgresql://…). It gives a connection, or fails, within `pool_s` + `connect_s`.

    No ping before use, only a look: what the server closed has something to read, and is replaced.
    """
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    dsn = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    options = "" if "options" in parsed.query else _OPTIONS
    engine = sqlalchemy.create_engine(
        parsed,
        creator=_Opener(dsn, options, connect_s),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=pool_s,
        pool_use_lifo=True,
        hide_parameters=True,  # an error is logged, and callers' numbers never are
    )
    event.listen(engine, "checkout", _opened)
    event.listen(engine, "handle_error", _say_no_values)
    return engine


def _say_no_values(context: ExceptionContext) -> None:
    """Keep of what the server says only what names no value: its DETAIL quotes the row that it refuses."""
    error = context.original_exception
    if not isinstance(error, psycopg.Error) or error.diag.sqlstate is None:
        return
    # of data that do not fit (class 22) the first line quotes one too
    words = "" if error.diag.sqlstate.startswith("22") else error.diag.message_primary or ""
    error.args = (f"{error.diag.sqlstate} {words}".strip(),)
    if context.sqlalchemy_exception is not None:
        kind = type(error)
        context.sqlalchemy_exception.args = (f"({kind.__module__}.{kind.__name__}) {error}",)


def _opened(connection: Any, record: object, proxy: object) -> None:
    if isinstance(connection, WatchedConnection):
        connection.unwatch()
        look = select.poll()
        look.register(connection.pgconn.socket, select.POLLIN)
        if look.poll(0):
            # an idle connection that never listens hears nothing but its end
            raise sqlalchemy.exc.DisconnectionError


class _Opener:
    """Opens connections. While the server leaves one attempt unanswered, others fail instead of queueing."""

    def __init__(self, dsn: str, options: str, connect_s: float) -> None:
        self._dsn = make_conninfo(dsn, options=options) if options else dsn
        self._connect_s = connect_s
        self._silent = False
        self._attempt = threading.Lock()

    def __call__(self) -> WatchedConnection:
        if not self._silent:
            return self._open()
        if not self._attempt.acquire(timeout=self._connect_s / 5):
            raise psycopg.OperationalError("another attempt to connect is unanswered")
        try:
            return self._open()
        finally:
            self._attempt.release()

    def _open(self) -> WatchedConnection:
        until = time.monotonic() + self._connect_s
        try:
            connection = _within(self._connect_s, self._connect)
        except TimeoutError as error:
            self._silent = True
            raise psycopg.OperationalError("the server did not answer in time") from error
        self._silent = False
        connection.watch = WATCHDOG.watch(connection.pgconn.socket, until)
        return connection

    def _connect(self) -> WatchedConnection:
        return WatchedConnection.connect(self._dsn, connect_timeout=2)


def _within(seconds: float, connect: Callable[[], WatchedConnection]) -> WatchedConnection:
    """What `connect` returns; raises TimeoutError after `seconds`.

    In a thread of its own: psycopg's own limit is two seconds at least, for each address, and does not cover
    the name look-up. A connection that comes too late is closed.
    """
    lock = threading.Lock()
    ready = threading.Event()
    result: list[WatchedConnection | BaseException] = []
    given_up = False

    def attempt() -> None:
        outcome: WatchedConnection | BaseException
        try:
            outcome = connect()
        except BaseException as error:
            outcome = error
        with lock:
            result.append(outcome)
            late = given_up
        ready.set()
        if late and isinstance(outcome, WatchedConnection):
            outcome.close()

    threading.Thread(target=attempt, name="database-connect", daemon=True).start()
    ready.wait(seconds)
    with lock:
        if not result:
            given_up = True
            raise TimeoutError
    if isinstance(result[0], BaseException):
        raise result[0]
    return result[0]
