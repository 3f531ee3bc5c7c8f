"""Calls come first: the desk says that a call is being set up, and what computes beside it holds its breath.

A low priority is not enough: two CPUs are often two threads of one core, and whatever runs on one slows the other.
A datagram on a Unix socket in SHOUWEN_HOME; who does not listen, or lives in another container, misses nothing else.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

from callcenter.runtime import home
from callcenter.settings import Settings
from callcenter.sockets import socket_folder

SOCKET = "worker.sock"


def address(settings: Settings) -> Path:
    """Where the worker listens."""
    return socket_folder(settings.home, SOCKET) / SOCKET


class Announcer:
    """Called for each sign of a call being set up: never waits, never fails."""

    def __init__(self, settings: Settings) -> None:
        self._to = str(address(settings))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def __call__(self) -> None:
        """Say it."""
        # nobody there, or so far behind that the news is old
        with suppress(OSError):
            self._socket.sendto(b"", self._to)

    def close(self) -> None:
        """Say no more."""
        self._socket.close()


def listen(settings: Settings) -> socket.socket:
    """The socket that receives the announcements; the last one who listens has it. Raises OSError."""
    path = address(settings)
    if path.parent != settings.home.absolute():
        home.make_private(path.parent)
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        listening.bind(str(path))
    except OSError:
        listening.close()
        raise
    return listening
