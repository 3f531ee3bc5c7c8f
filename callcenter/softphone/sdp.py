"""Session descriptions for one audio stream (RFC 4566 and the offers and answers of RFC 3264)."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.softphone.udp import Address

PCMU = 0
PCMA = 8
DEFAULT_EVENT_TYPE = 101
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_OLD_HOLD = "0.0.0.0"  # noqa: S104 - not bound to: RFC 2543 wrote hold like this
_ANSWERS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
_NAMES = {PCMU: "PCMU", PCMA: "PCMA"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The audio stream of one side."""

    address: Address
    codecs: tuple[int, ...]
    """Payload types in order of preference, G.711 only."""
    event_type: int | None = None
    """Payload type of RFC 4733 telephone events."""
    direction: str = "sendrecv"


def parse_sdp(body: bytes) -> Description | None:
    """The first audio stream of a body; None when there is none that can be read."""
    host, port, formats, direction, event_type, in_audio = "", 0, [""], "sendrecv", None, False
    for line in body.decode("utf-8", "replace").splitlines():
        kind, _, value = line.partition("=")
        words = value.split()
        if kind == "m":
            if in_audio or len(words) < 4:
                break
            in_audio = words[0] == "audio"
            if in_audio and words[1].isdigit():
                port, formats = int(words[1]), words[3:]
        elif kind == "c" and len(words) == 3:
            host = words[2].partition("/")[0]
        elif kind == "a" and value in _DIRECTIONS:
            direction = value
        elif kind == "a" and value.startswith("rtpmap:") and "telephone-event/8000" in value:
            number = value.removeprefix("rtpmap:").split()[0]
            event_type = int(number) if number.isdigit() else None
    if not in_audio or not host:
        return None
    codecs = tuple(int(word) for word in formats if word in ("0", "8"))
    if host == _OLD_HOLD:
        direction = "inactive"
    return Description(address=(host, port), codecs=codecs, event_type=event_type, direction=direction)


def answer_direction(offered: str) -> str:
    """The direction that answers an offered one."""
    return _ANSWERS[offered]


def build_sdp(description: Description, *, origin: int, version: int) -> bytes:
    """The body; `origin` names the session and `version` grows by one with each change."""
    host, port = description.address
    events = [] if description.event_type is None else [description.event_type]
    formats = " ".join(str(number) for number in (*description.codecs, *events))
    lines = [
        "v=0",
        f"o=- {origin} {version} IN IP4 {host}",
        "s=shouwen",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {formats}",
        *(f"a=rtpmap:{number} {_NAMES[number]}/8000" for number in description.codecs),
    ]
    for number in events:
        lines += [f"a=rtpmap:{number} telephone-event/8000", f"a=fmtp:{number} 0-16"]
    lines += ["a=ptime:20", f"a={description.direction}"]
    return "".join(f"{line}\r\n" for line in lines).encode()
