"""SIP messages as values: parse and build (RFC 3261, sections 7 and 25), lenient in what is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from callcenter.softphone.errors import SipSyntaxError
from callcenter.softphone.udp import Stamp

Header = tuple[str, str]

# RFC 3261, 7.3.3 and the registrations since.
_COMPACT = {
    "b": "referred-by",
    "c": "content-type",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
}
_LISTS = frozenset({"via", "route", "record-route", "contact"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(ABC):
    """What requests and responses share. Text that is not UTF-8 survives as surrogate escapes."""

    headers: tuple[Header, ...] = ()
    body: bytes = b""
    received: Stamp | None = field(default=None, compare=False)
    """When it arrived; None for a message of ours."""

    @property
    @abstractmethod
    def start_line(self) -> str:
        """The first line: of a request its method and URI, of a response its status."""

    def get(self, name: str) -> str:
        """The first header of that name, or the empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if _long(key) == wanted), "")

    def values(self, name: str) -> list[str]:
        """Every header of that name; for lists such as Via each entry by itself."""
        wanted = name.lower()
        found = [value for key, value in self.headers if _long(key) == wanted]
        return [entry for value in found for entry in split_list(value)] if wanted in _LISTS else found

    @property
    def call_id(self) -> str:
        return self.get("Call-ID")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method; (0, "") when the header is missing or wrong."""
        number, _, method = self.get("CSeq").partition(" ")
        return (int(number), method.strip()) if number.isascii() and number.isdigit() else (0, "")

    @property
    def branch(self) -> str:
        """The branch of the topmost Via."""
        vias = self.values("Via")
        return parameters(vias[0]).get("branch", "") if vias else ""

    def encode(self) -> bytes:
        """The datagram, with its Content-Length."""
        lines = [self.start_line, *(f"{name}: {value}" for name, value in self.headers)]
        head = "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""])
        return head.encode("utf-8", "surrogateescape") + self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Message):
    """A SIP request."""

    method: str
    uri: str

    @property
    def start_line(self) -> str:
        return f"{self.method} {self.uri} SIP/2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Message):
    """A SIP response."""

    status: int
    reason: str = ""

    @property
    def start_line(self) -> str:
        return f"SIP/2.0 {self.status} {self.reason}"


def parse(datagram: bytes, received: Stamp | None = None) -> Request | Response:
    """One message; raises SipSyntaxError. A body is cut at Content-Length; a shorter one stays."""
    head, separator, body = datagram.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        head, separator, body = datagram.lstrip(b"\r\n").partition(b"\n\n")
    lines = head.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    headers: list[Header] = []
    for line in lines[1:]:
        if line[:1] in (" ", "\t") and headers:
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip(), value.strip()))
    lengths = [value for name, value in headers if _long(name) == "content-length"]
    if lengths and lengths[0].isascii() and lengths[0].isdigit():
        body = body[: int(lengths[0])]
    kept = tuple(header for header in headers if _long(header[0]) != "content-length")
    words = lines[0].split(" ", 2)
    if len(words) >= 2 and words[0] == "SIP/2.0" and words[1].isascii() and words[1].isdigit():
        reason = words[2] if len(words) == 3 else ""
        return Response(status=int(words[1]), reason=reason, headers=kept, body=body, received=received)
    if len(words) == 3 and words[2] == "SIP/2.0" and words[0]:
        return Request(method=words[0], uri=words[1], headers=kept, body=body, received=received)
    raise SipSyntaxError(f"no SIP start line: {lines[0][:60]!r}")


def split_list(value: str) -> list[str]:
    """Splits at commas outside quotes and angle brackets."""
    entries, start, quoted, depth, skip = [], 0, False, 0, False
    for at, character in enumerate(value):
        if skip:
            skip = False
        elif quoted:
            skip = character == "\\"
            quoted = character != '"'
        elif character == '"':
            quoted = True
        elif character in "<>":
            depth += 1 if character == "<" else -1
        elif character == "," and depth <= 0:
            entries.append(value[start:at].strip())
            start = at + 1
    entries.append(value[start:].strip())
    return [entry for entry in entries if entry]


def parameters(value: str) -> dict[str, str]:
    """The ;name=value parameters of a header, outside quotes and angle brackets; names in lower case."""
    tail = value.rpartition(">")[2] if ">" in value else value.partition(";")[1] + value.partition(";")[2]
    found: dict[str, str] = {}
    for part in tail.split(";")[1:]:
        name, _, text = part.partition("=")
        found[name.strip().lower()] = text.strip().strip('"')
    return found


def _long(name: str) -> str:
    lower = name.lower()
    return _COMPACT.get(lower, lower) if len(lower) == 1 else lower
