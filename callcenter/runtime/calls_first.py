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

RECOGNISER, SPEAKER, CAPTIONER = "worker.sock", "speaker.sock", "captioner.sock"
"""Who stands aside: each has its own socket."""


def address(settings: Settings, name: str = RECOGNISER) -> Path:
    """Where a helper of the worker listens."""
    return socket_folder(settings.home, name) / name


class Announcer:
    """Called for each sign of a call being set up: never waits, never fails."""

    def __init__(self, settings: Settings, *names: str) -> None:
        """Tells every helper, or those named."""
        self._to = [str(address(settings, name)) for name in names or (RECOGNISER, SPEAKER, CAPTIONER)]
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def __call__(self) -> None:
        """Say it."""
        for to in self._to:
            # nobody there, or so far behind that the news is old
            with suppress(OSError):
                self._socket.sendto(b"", to)

    def close(self) -> None:
        """Say no more."""
        self._socket.close()


def listen(settings: Settings, name: str = RECOGNISER) -> socket.socket:
    """The socket that receives the announcements; the last one who listens has it. Raises OSError."""
    path = address(settings, name)
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
