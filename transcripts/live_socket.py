"""Asterisk's AudioSocket: frames over TCP, each a kind, a length and its content (res_audiosocket.c, Asterisk 22)."""

from __future__ import annotations

import socket
import sys
import uuid
from array import array
from collections.abc import Callable, Iterator

HANG_UP, IDENTITY, SOUND, FAILED = 0x00, 0x01, 0x10, 0xFF
LONGEST = 65_535
WAIT_S = 0.1
"""A leg that sends nothing for so long is quiet."""


class NoAudioSocket(Exception):
    """What came is not spoken by an Asterisk that was asked to call here."""


def identity(connection: socket.socket, limit_s: float) -> str:
    """The id that the other side says first. Raises NoAudioSocket, OSError."""
    connection.settimeout(limit_s)
    kind, content = _frame(lambda count: _exactly(connection, count))
    if kind != IDENTITY or len(content) != 16:
        raise NoAudioSocket
    return str(uuid.UUID(bytes=bytes(content)))


def sound(connection: socket.socket) -> Iterator[array[int] | None]:
    """Samples as they come, 16 bits at 8 kHz, until the other side ends; None when it was quiet for WAIT_S."""
    connection.settimeout(WAIT_S)
    waiting = bytearray()
    while True:
        try:
            data = connection.recv(4096)
        except TimeoutError:
            yield None
            continue
        except OSError:
            return
        if not data:
            return
        waiting += data
        samples = array("h")
        while len(waiting) >= 3:
            kind, length = waiting[0], int.from_bytes(waiting[1:3], "big")
            if len(waiting) < 3 + length:
                break
            content = waiting[3 : 3 + length]
            del waiting[: 3 + length]
            if kind in (HANG_UP, FAILED):
                return
            if kind == SOUND:
                samples.frombytes(bytes(content[: length // 2 * 2]))
        if sys.byteorder == "big":
            samples.byteswap()
        if samples:
            yield samples


def _frame(exactly: Callable[[int], bytes]) -> tuple[int, bytes]:
    head = exactly(3)
    return head[0], exactly(int.from_bytes(head[1:3], "big"))


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise NoAudioSocket
        data += more
    return data
