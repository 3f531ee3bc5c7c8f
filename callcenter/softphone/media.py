"""One call's audio: its RTP socket, its mouth and its ear, and what offers and answers make of them."""

from __future__ import annotations

import secrets
from dataclasses import replace

from callcenter.softphone import rtp, sdp
from callcenter.softphone.ear import Ear
from callcenter.softphone.mouth import Mouth
from callcenter.softphone.sdp import Description
from callcenter.softphone.udp import Address, Stamp, UdpSocket


class Media:
    """Opens its socket at once; sends from the moment the other side's address is known."""

    def __init__(
        self, bind: str, *, codecs: tuple[int, ...] = (sdp.PCMU, sdp.PCMA), silent: bool = False
    ) -> None:
        self._socket = UdpSocket(bind, 0, self._receive)
        self._remote: Address | None = None
        self._origin = secrets.randbelow(1 << 31)
        self._version = 0
        self._silent = silent
        self._local = Description(
            address=self._socket.address, codecs=codecs, event_type=sdp.DEFAULT_EVENT_TYPE
        )
        self.direction = "sendrecv"
        """What this side may do now, as last offered or answered."""
        self.ear = Ear()
        self.mouth = Mouth(self._send)
        self.closed = False

    def offer(self, direction: str = "sendrecv") -> bytes:
        """A description with all codecs."""
        self.direction = direction
        self._version += 1
        return sdp.build_sdp(
            replace(self._local, direction=direction), origin=self._origin, version=self._version
        )

    def answer(self, body: bytes) -> bytes:
        """Takes an offer and answers it; an unreadable one is answered with an offer of ours."""
        offered = sdp.parse_sdp(body)
        if offered is None:
            return self.offer()
        direction = sdp.answer_direction(offered.direction)
        chosen = tuple(codec for codec in offered.codecs if codec in self._local.codecs)
        self._apply(offered, chosen, direction)
        self._version += 1
        return sdp.build_sdp(
            replace(self._local, codecs=chosen[:1], event_type=offered.event_type, direction=direction),
            origin=self._origin,
            version=self._version,
        )

    def accept(self, body: bytes) -> None:
        """Takes the answer to an offer of ours; nothing happens when there is none."""
        answered = sdp.parse_sdp(body)
        if answered is not None:
            chosen = tuple(codec for codec in answered.codecs if codec in self._local.codecs)
            self._apply(answered, chosen, sdp.answer_direction(answered.direction))

    def close(self) -> None:
        self.closed = True
        self.mouth.stop()
        self.ear.close()
        self._socket.close()

    def _apply(self, remote: Description, codecs: tuple[int, ...], direction: str) -> None:
        self._remote = remote.address
        self.direction = direction
        self.mouth.codec = codecs[0] if codecs else sdp.PCMU
        self.mouth.event_type = remote.event_type
        self.mouth.muted = direction not in ("sendrecv", "sendonly") or remote.address[1] == 0
        if not self.closed and not self._silent:
            self.mouth.start()

    def _send(self, packet: bytes) -> None:
        if self._remote is not None:
            self._socket.send(packet, self._remote)

    def _receive(self, data: bytes, _address: Address, at: Stamp) -> None:
        packet = rtp.parse_packet(data)
        if packet is not None:
            self.ear.hear(packet, sdp.DEFAULT_EVENT_TYPE, at)
