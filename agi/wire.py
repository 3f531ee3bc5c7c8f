"""What desk phones answer to an INVITE, at the instant it came in: Asterisk sends us copies of its SIP messages.

Queue() tells nobody of a 183, and AMI's word on a 180 or 200 has passed through several threads by the time it is
stamped: some 50 ms later on a machine that is full. The copies are HEP version 3 over UDP on loopback (res_hep), each
with the instant at which it was received. The INVITE names its leg in a header, which the dialplan adds
(`shouwen-member`); an answer belongs to the INVITE of the same Call-ID.
"""

from __future__ import annotations

import logging
import re
import socket
import struct
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

log = logging.getLogger(__name__)

INVITE = b"INVITE "
RINGING = (b"SIP/2.0 180 ", b"SIP/2.0 183 ")
ANSWERED = b"SIP/2.0 200 "
_TO_INVITE = re.compile(rb"\r\nCSeq: *[0-9]+ +INVITE *\r\n", re.IGNORECASE)
MAX_PACKET = 65535
MAX_INVITES = 5000
"""How many INVITEs are remembered; more than ring at once on one node."""
_HEAD = struct.Struct("!4sH")
_CHUNK = struct.Struct("!HHH")
_SECONDS, _MICROSECONDS, _PAYLOAD, _CALL_ID = 9, 10, 15, 17
_LEG = re.compile(rb"\r\nX-Shouwen-Leg: (\S+) (\S+) (\S+)\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A desk phone's leg that Asterisk is calling."""

    linkedid: str
    uniqueid: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One SIP message as Asterisk copied it; `key` is its Call-ID until the dialog stands."""

    key: bytes
    at: datetime
    message: bytes


class Wire:
    """Listens for the copies, on its own thread.

    `on_ringing` for a desk phone's 180 or 183, `on_answer` for its 200 to the INVITE, `on_invite` for each INVITE.
    """

    def __init__(
        self,
        host: str,
        port: int,
        on_ringing: Callable[[Leg, datetime], None],
        on_answer: Callable[[Leg, datetime], None],
        on_invite: Callable[[], None] = lambda: None,
    ) -> None:
        """Nothing is bound before `start`."""
        self._address = (host, port)
        self._on_ringing = on_ringing
        self._on_answer = on_answer
        self._on_invite = on_invite
        self._legs: OrderedDict[bytes, Leg] = OrderedDict()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; a taken port costs the 183s and some milliseconds of exactness, never the desk."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            listening.bind(self._address)
        except OSError as error:
            listening.close()
            log.warning("what desk phones answer is told by AMI alone, and a 183 by nobody: %s", error)
            return
        self._thread = threading.Thread(target=self._run, args=(listening,), name="wire", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and free the port."""
        self._stopping = True
        if self._thread is not None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
                knock.sendto(b"", self._address)
            self._thread.join(5)

    def take(self, packet: bytes) -> None:
        """Use one copy; anything but an INVITE of ours or its answer is passed over."""
        if b"INVITE sip:" in packet:
            self._on_invite()
        if not any(mark in packet for mark in (b"X-Shouwen-Leg", *RINGING, ANSWERED)):
            return
        copy = read_copy(packet)
        if copy is None:
            return
        if copy.message.startswith(INVITE):
            found = _LEG.search(copy.message)
            if found:
                linkedid, uniqueid, channel = (part.decode("ascii", "replace") for part in found.groups())
                self._legs[copy.key] = Leg(linkedid=linkedid, uniqueid=uniqueid, channel=channel)
                if len(self._legs) > MAX_INVITES:
                    self._legs.popitem(last=False)
        elif copy.key in self._legs:
            if copy.message.startswith(RINGING):
                self._on_ringing(self._legs[copy.key], copy.at)
            elif copy.message.startswith(ANSWERED) and _TO_INVITE.search(copy.message):
                self._on_answer(self._legs.pop(copy.key), copy.at)

    def _run(self, listening: socket.socket) -> None:
        with listening:
            while not self._stopping:
                packet = listening.recv(MAX_PACKET)
                try:
                    self.take(packet)
                except Exception:
                    log.exception("a copy of a SIP message could not be used")


def read_copy(packet: bytes) -> Copy | None:
    """The message in a HEP packet; None when it is none."""
    if len(packet) < _HEAD.size or _HEAD.unpack_from(packet)[0] != b"HEP3":
        return None
    chunks: dict[int, bytes] = {}
    at = _HEAD.size
    while at + _CHUNK.size <= len(packet):
        _vendor, kind, length = _CHUNK.unpack_from(packet, at)
        if length < _CHUNK.size:
            return None
        chunks.setdefault(kind, packet[at + _CHUNK.size : at + length])
        at += length
    if not {_SECONDS, _MICROSECONDS, _PAYLOAD, _CALL_ID} <= chunks.keys():
        return None
    seconds, micros = (int.from_bytes(chunks[kind][:4], "big") for kind in (_SECONDS, _MICROSECONDS))
    stamp = datetime.fromtimestamp(seconds + micros / 1e6, UTC)
    return Copy(key=chunks[_CALL_ID], at=stamp, message=chunks[_PAYLOAD])
