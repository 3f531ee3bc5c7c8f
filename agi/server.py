"""The FastAGI server: one thread per conversation, bounded in number, each closed whatever happens."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from agi.errors import AgiError, BadRequest, HungUp
from agi.protocol import Session

log = logging.getLogger(__name__)

MAX_SESSIONS = 2000
"""Conversations at once; one more is closed at once and the dialplan goes on by itself."""
SPARE_THREADS = 16
"""How many threads stay to wait for the next conversation."""
STACK_BYTES = 256 * 1024
PAUSE_S = 0.05
"""After an accept that failed, such as for want of file descriptors."""

Entry = Callable[[Session], None]


class Server:
    """Listens on loopback and hands each connection to the entry that it names.

    Whichever thread takes a connection converses on it: a caller waits for one thread to wake, not for two. The last
    one that waits starts another before it converses, so that somebody always takes the next connection.
    """

    def __init__(
        self, host: str, port: int, entries: Mapping[str, Entry], max_sessions: int = MAX_SESSIONS
    ) -> None:
        """Bind and listen at once (OSError when the port is taken); `serve` accepts."""
        self._entries = entries
        self._max_sessions = max_sessions
        threading.stack_size(STACK_BYTES)
        self._socket = socket.create_server((host, port), backlog=512)
        # accepted connections inherit it (tcp(7))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wake, self._woken = socket.socketpair()
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._open: set[socket.socket] = set()
        self._threads = self._waiting = 0

    @property
    def port(self) -> int:
        """The port in use (the one the system chose when 0 was asked for)."""
        return int(self._socket.getsockname()[1])

    def serve(self) -> None:
        """Accept until `stop`."""
        try:
            self._start_thread()
            self._woken.recv(1)
        finally:
            self._close()

    def stop(self) -> None:
        """End `serve` and every conversation; may be called from a signal handler."""
        self._wake.send(b"x")

    def _start_thread(self) -> None:
        """Raises RuntimeError when there is none to be had."""
        with self._changed:
            self._threads += 1
            self._waiting += 1
        try:
            threading.Thread(target=self._work, name="agi", daemon=True).start()
        except RuntimeError:
            with self._changed:
                self._threads -= 1
                self._waiting -= 1
            raise

    def _work(self) -> None:
        try:
            while (connection := self._next()) is not None:
                with connection:
                    if self._take(connection):
                        self._converse(connection)
                if not self._release(connection):
                    return
            with self._changed:
                self._waiting -= 1
        finally:
            with self._changed:
                self._threads -= 1
                self._changed.notify_all()

    def _next(self) -> socket.socket | None:
        """The next connection; None at the end."""
        while not self._stopping.is_set():
            try:
                return self._socket.accept()[0]
            except OSError as error:
                if not self._stopping.is_set():
                    log.warning("no connection could be accepted: %s", error)
                    self._stopping.wait(PAUSE_S)
        return None

    def _take(self, connection: socket.socket) -> bool:
        """Whether there is room for one more conversation, and somebody to wait for the next."""
        with self._changed:
            self._waiting -= 1
            room, last = len(self._open) < self._max_sessions, self._waiting == 0
            if room:
                self._open.add(connection)
        if not room:
            log.warning("too many conversations at once: one is turned away")
        elif last:
            try:
                self._start_thread()
            except RuntimeError:
                log.error("no thread for a conversation: one is turned away")
                return False
        return room

    def _release(self, connection: socket.socket) -> bool:
        """Whether this thread waits for another connection; too many that wait are ended."""
        with self._changed:
            self._open.discard(connection)
            stays = self._waiting < SPARE_THREADS
            if stays:
                self._waiting += 1
            return stays

    def _converse(self, connection: socket.socket) -> None:
        try:
            session = Session(connection)
            entry = self._entries.get(session.entry)
            if entry is None:
                raise BadRequest("no entry of that name")
            entry(session)
        except HungUp:
            log.debug("hung up")
        except AgiError as error:
            log.warning("conversation ended: %s", error)
        except Exception:
            log.exception("an entry failed; the dialplan goes on without it")

    def _close(self) -> None:
        self._stopping.set()
        # wakes those who wait in accept()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with self._changed:
            while self._threads:
                for connection in self._open:
                    # the other side may have closed it in this moment
                    with suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)
                self._changed.wait(PAUSE_S)
        self._socket.close()
        self._wake.close()
        self._woken.close()
