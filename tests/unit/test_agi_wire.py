"""Copies of SIP messages (HEP version 3): which leg an answer to an INVITE belongs to."""

from __future__ import annotations

import socket
import struct
from datetime import UTC, datetime

import pytest

from agi.wire import Leg, Wire, read_copy

LEG = Leg(linkedid="1795365733.0", uniqueid="1795365733.1", channel="PJSIP/101-00000001")
HEADER = b"\r\nX-Shouwen-Leg: 1795365733.0 1795365733.1 PJSIP/101-00000001\r\n"
INVITE = b"INVITE sip:101@127.0.0.1:5062 SIP/2.0\r\nCall-ID: a" + HEADER + b"\r\n"
PROGRESS = b"SIP/2.0 183 Session Progress\r\nCall-ID: a\r\n\r\n"
RINGING = b"SIP/2.0 180 Ringing\r\nCall-ID: a\r\n\r\n"
ANSWER = b"SIP/2.0 200 OK\r\nCall-ID: a\r\nCSeq: 7 INVITE\r\n\r\n"
AT = datetime.fromtimestamp(1_795_365_733.25, UTC)
Seen = list[tuple[str, Leg, datetime]]


def chunk(kind: int, data: bytes, vendor: int = 0) -> bytes:
    return struct.pack("!HHH", vendor, kind, 6 + len(data)) + data


def packet(message: bytes, key: bytes = b"a", seconds: int = 1_795_365_733, micros: int = 250_000) -> bytes:
    body = chunk(9, struct.pack("!I", seconds)) + chunk(10, struct.pack("!I", micros))
    body += chunk(17, key) + chunk(15, message)
    return struct.pack("!4sH", b"HEP3", 6 + len(body)) + body


@pytest.fixture
def seen() -> Seen:
    return []


@pytest.fixture
def wire(seen: Seen) -> Wire:
    return Wire(
        "127.0.0.1",
        0,
        lambda leg, at: seen.append(("rang", leg, at)),
        lambda leg, at: seen.append(("answered", leg, at)),
    )


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (PROGRESS, "rang"),
        (RINGING, "rang"),
        (ANSWER, "answered"),
        (ANSWER.replace(b"CSeq: 7 INVITE", b"cseq:7  INVITE"), "answered"),
    ],
    ids=["183", "180", "200", "200, spelt otherwise"],
)
def test_an_answer_after_its_invite(wire: Wire, seen: Seen, message: bytes, said: str) -> None:
    wire.take(packet(INVITE))
    wire.take(packet(message))
    assert seen == [(said, LEG, AT)]


def test_a_leg_is_answered_once(wire: Wire, seen: Seen) -> None:
    """A 200 sent again, or one within the talk, is no answer any more."""
    for message in (INVITE, ANSWER, ANSWER, RINGING):
        wire.take(packet(message))
    assert seen == [("answered", LEG, AT)]


@pytest.mark.parametrize(
    "packets",
    [
        (PROGRESS,),
        (ANSWER,),
        (INVITE.replace(HEADER, b"\r\n"), PROGRESS),
        (INVITE.replace(HEADER, b"\r\n"), ANSWER),
        (INVITE, b"SIP/2.0 181 Call Is Being Forwarded\r\n\r\n"),
        (INVITE, b"SIP/2.0 200 OK\r\nCSeq: 8 CANCEL\r\n\r\n"),
        (INVITE, b"SIP/2.0 200 OK\r\nCSeq: 8 BYE\r\nSubject: CSeq: 7 INVITE\r\n\r\n"),
        (INVITE, b"SIP/2.0 486 Busy\r\nSubject: SIP/2.0 183 SIP/2.0 200 \r\nCSeq: 7 INVITE\r\n\r\n"),
    ],
    ids=[
        "no invite",
        "no invite, answered",
        "not a desk phone",
        "not a desk phone, answered",
        "forwarded",
        "cancelled",
        "hung up",
        "only mentioned",
    ],
)
def test_nothing_to_tell(wire: Wire, seen: Seen, packets: tuple[bytes, ...]) -> None:
    for message in packets:
        wire.take(packet(message))
    assert seen == []


def test_another_call_id(wire: Wire, seen: Seen) -> None:
    wire.take(packet(INVITE))
    wire.take(packet(PROGRESS, key=b"b"))
    assert seen == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HEP3",
        b"HEP2" + bytes(20),
        b"HEP3\x00\x0c" + struct.pack("!HHH", 0, 15, 0),
        b"HEP3\x00\x0c" + struct.pack("!HHH", 0, 15, 9999) + PROGRESS,
        packet(PROGRESS)[:30],
    ],
    ids=range(6),
)
def test_no_copy(raw: bytes) -> None:
    assert read_copy(raw) is None


def test_a_taken_port_does_not_stop_the_desk(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        second = Wire("127.0.0.1", other.getsockname()[1], lambda leg, at: None, lambda leg, at: None)
        second.start()
        second.stop()
    assert "183" in caplog.text
