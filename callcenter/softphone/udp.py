"""A UDP socket on the event loop whose datagrams carry the kernel's time of arrival."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Address = tuple[str, int]

# Linux, asm-generic/socket.h: SO_TIMESTAMPNS; the socket module has no name for it in Python 3.11.
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@ll")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)
_DATAGRAMS_A_WAKE_UP = 64
_RECEIVE_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """An instant on both clocks; ordered by the monotonic one."""

    monotonic: float
    """Seconds of time.monotonic()."""
    unix: float
    """Seconds since 1970, UTC."""

    @classmethod
    def now(cls) -> Stamp:
        return cls(time.monotonic(), time.time())

    @property
    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.unix, UTC)


class UdpSocket:
    """Sends at once and hands each datagram with the time at which the kernel received it to `on_datagram`.

    The kernel's stamp is exact even when the loop is busy; elsewhere than on Linux it is the time of reading.
    """

    def __init__(self, bind: str, port: int, on_datagram: Callable[[bytes, Address, Stamp], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_datagram = on_datagram
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            if sys.platform == "linux":
                self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            self._socket.bind((bind, port))
        except OSError:
            self._socket.close()
            raise
        self.address: Address = self._socket.getsockname()
        self._loop.add_reader(self._socket, self._read)

    def send(self, data: bytes, address: Address) -> None:
        """Sends one datagram; what the network refuses is lost, as on any UDP path."""
        try:
            self._socket.sendto(data, address)
        except OSError:
            return

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _read(self) -> None:
        for _ in range(_DATAGRAMS_A_WAKE_UP):
            if self._socket.fileno() < 0:
                return
            try:
                data, ancillary, _flags, address = self._socket.recvmsg(65_535, _ANCILLARY_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP refusal of something sent earlier
            self._on_datagram(data, address, _stamp(ancillary))


def _stamp(ancillary: list[tuple[int, int, bytes]]) -> Stamp:
    now = Stamp.now()
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            unix = seconds + nanoseconds / 1e9
            return Stamp(now.monotonic - max(0.0, now.unix - unix), unix)
    return now
