"""RTP packets (RFC 3550) and telephone events in them (RFC 4733)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
DIGITS = "0123456789*#ABCD"
FRAME_MS = 20
FRAME_SAMPLES = 160
_VOLUME = 10
"""Minus dBm0."""
_END_COPIES = 3


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        second = self.payload_type | (0x80 if self.marker else 0)
        return _HEADER.pack(0x80, second, self.sequence, self.timestamp, self.ssrc) + self.payload


def parse_packet(data: bytes) -> Packet | None:
    """None for what is no RTP, version 2."""
    if len(data) < _HEADER.size:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    start = _HEADER.size + 4 * (first & 0x0F)
    if first >> 6 != 2:
        return None
    if first & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if first & 0x20 else 0)
    return Packet(
        second & 0x7F, sequence, timestamp, ssrc, data[start : max(start, end)], bool(second & 0x80)
    )


@dataclass(frozen=True, slots=True)
class DigitFrame:
    """What goes out in one frame's place while a digit is sent; `payload` None is a frame of the gap."""

    payload: bytes | None
    starts: bool = False
    """The first frame of the event: carries the marker, and its time stamp is the whole event's."""


def digit_frames(digit: str, *, tone_ms: int, gap_ms: int) -> list[DigitFrame]:
    """The frames of one digit: its duration grows by a frame each, the end is sent three times, then the gap.

    Lengths are rounded up to whole frames; the gap includes the second and third copy of the end.
    """
    code = DIGITS.index(digit.upper())
    count = max(1, -(-tone_ms // FRAME_MS))
    frames = [
        DigitFrame(_EVENT.pack(code, _VOLUME, number * FRAME_SAMPLES), starts=number == 1)
        for number in range(1, count)
    ]
    end = _EVENT.pack(code, 0x80 | _VOLUME, count * FRAME_SAMPLES)
    frames += [DigitFrame(end, starts=count == 1 and copy == 0) for copy in range(_END_COPIES)]
    gap = -(-gap_ms // FRAME_MS) - (_END_COPIES - 1)
    return frames + [DigitFrame(None)] * max(0, gap)


def parse_event(payload: bytes) -> tuple[str, bool, int] | None:
    """Digit, whether it is the end, duration in samples; None for what is no digit."""
    if len(payload) < _EVENT.size:
        return None
    code, flags, duration = _EVENT.unpack_from(payload)
    return (DIGITS[code], bool(flags & 0x80), duration) if code < len(DIGITS) else None
