"""The FastAGI server: one thread per conversation, bounded in number, each closed whatever happens."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from agi.errors import AgiError, BadRequest, HungUp
from agi.protocol import Session

log = logging.getLogger(__name__)

MAX_SESSIONS = 2000
"""Conversations at once; one more is closed at once and the dialplan goes on by itself."""
STACK_BYTES = 256 * 1024

Entry = Callable[[Session], None]


class Server:
    """Listens on loopback and hands each connection to the entry that it names."""

    def __init__(
        self, host: str, port: int, entries: Mapping[str, Entry], max_sessions: int = MAX_SESSIONS
    ) -> None:
        """Bind and listen at once (OSError when the port is taken); `serve` accepts."""
        self._entries = entries
        self._slots = threading.BoundedSemaphore(max_sessions)
        threading.stack_size(STACK_BYTES)
        self._pool = ThreadPoolExecutor(max_sessions, thread_name_prefix="agi")
        self._socket = socket.create_server((host, port), backlog=512)
        self._socket.setblocking(False)
        self._wake, self._woken = socket.socketpair()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """The port in use (the one the system chose when 0 was asked for)."""
        return int(self._socket.getsockname()[1])

    def serve(self) -> None:
        """Accept until `stop`."""
        selector = selectors.DefaultSelector()
        selector.register(self._socket, selectors.EVENT_READ)
        selector.register(self._woken, selectors.EVENT_READ)
        try:
            while not any(key.fileobj is self._woken for key, _ in selector.select()):
                self._accept_all()
        finally:
            selector.close()
            self._close()

    def stop(self) -> None:
        """End `serve` and every conversation; may be called from a signal handler."""
        self._wake.send(b"x")

    def _accept_all(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except BlockingIOError:
                return
            except OSError:
                log.warning("no connection could be accepted", exc_info=True)
                return
            if not self._slots.acquire(blocking=False):
                log.warning("too many conversations at once: one is turned away")
                connection.close()
                continue
            connection.setblocking(True)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            try:
                self._pool.submit(self._run, connection)
            except RuntimeError:
                # no thread to be had: the dialplan goes on by itself, the next free thread tidies up
                log.error("no thread for a conversation: one is turned away")
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _run(self, connection: socket.socket) -> None:
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
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()
            self._slots.release()

    def _close(self) -> None:
        self._socket.close()
        with self._lock:
            for connection in self._open:
                # the other side may have closed it in this moment
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._wake.close()
        self._woken.close()
