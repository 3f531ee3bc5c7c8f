"""SIP addresses: the name-addr of From, To and Contact, and the URI inside it (RFC 3261, 19 and 25)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from callcenter.softphone.sip import parameters
from callcenter.softphone.udp import Address

_URI = re.compile(
    r"sips?:(?:(?P<user>[^@]*)@)?(?P<host>\[[^\]]*\]|[^:;?>\s]*)(?::(?P<port>\d+))?", re.IGNORECASE
)
_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameAddress:
    """A display name, a URI and the header's parameters."""

    display: str = ""
    uri: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        return self.parameters.get("tag", "")

    @property
    def user(self) -> str:
        match = _URI.match(self.uri)
        return (match["user"] or "").partition(";")[0] if match else ""


def parse_name_address(value: str) -> NameAddress:
    """Reads `"Name" <sip:user@host>;tag=x`, with or without name and brackets."""
    quoted = _QUOTED.match(value)
    display = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL) if quoted else ""
    rest = value[quoted.end() :] if quoted else value
    if "<" in rest:
        before, _, after = rest.partition("<")
        uri, _, tail = after.partition(">")
        return NameAddress(display=display or before.strip(), uri=uri, parameters=parameters(">" + tail))
    uri, _, tail = rest.partition(";")
    return NameAddress(display=display, uri=uri.strip(), parameters=parameters(";" + tail))


def quote(display: str | None) -> str:
    """A display name ready to stand before the bracket; empty for none."""
    if display is None:
        return ""
    escaped = display.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" '


def network_address(uri: str, default: Address) -> Address:
    """Where a URI's requests go: its numeric host and port, or `default` for a name (no DNS here)."""
    match = _URI.match(uri)
    if match is None:
        return default
    try:
        ipaddress.IPv4Address(match["host"])
    except ValueError:
        return default
    return match["host"], int(match["port"] or 5060)
