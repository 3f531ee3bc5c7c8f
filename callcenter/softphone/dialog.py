"""What two sides of a call have agreed on (RFC 3261, section 12), and requests within it."""

from __future__ import annotations

from dataclasses import dataclass, field

from callcenter.softphone.address import network_address, parse_name_address
from callcenter.softphone.endpoint import Endpoint
from callcenter.softphone.sip import Header, Message, Request
from callcenter.softphone.udp import Address

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER, INFO, UPDATE"


@dataclass(slots=True, kw_only=True)
class Dialog:
    """One side's view. `local` and `remote` are the From and To of requests sent from here."""

    call_id: str
    local: str
    remote: str
    contact: str
    target: str
    """Where requests go: the other side's Contact."""
    default: Address
    """Where they go when the target is a name."""
    route: list[str] = field(default_factory=list)
    sequence: int = 0
    """CSeq of the last request sent from here."""

    @property
    def local_tag(self) -> str:
        return parse_name_address(self.local).tag

    @property
    def remote_tag(self) -> str:
        return parse_name_address(self.remote).tag

    @property
    def address(self) -> Address:
        return network_address(
            parse_name_address(self.route[0]).uri if self.route else self.target, self.default
        )

    def refresh(self, message: Message) -> None:
        """A new Contact of the other side is the new target."""
        contacts = message.values("Contact")
        if contacts:
            self.target = parse_name_address(contacts[0]).uri

    def build(
        self,
        endpoint: Endpoint,
        method: str,
        *,
        headers: tuple[Header, ...] = (),
        body: bytes = b"",
        sequence: int | None = None,
    ) -> Request:
        """The next request, or one with a given CSeq number (ACK)."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        content: tuple[Header, ...] = ()
        if body and not any(name == "Content-Type" for name, _ in headers):
            content = (("Content-Type", "application/sdp"),)
        return Request(
            method=method,
            uri=self.target,
            body=body,
            headers=(
                endpoint.via(),
                *(("Route", entry) for entry in self.route),
                ("Max-Forwards", "70"),
                ("From", self.local),
                ("To", self.remote),
                ("Call-ID", self.call_id),
                ("CSeq", f"{sequence} {method}"),
                ("Contact", self.contact),
                *((("Allow", ALLOW), ("Supported", "replaces")) if method == "INVITE" else ()),
                ("User-Agent", "shouwen-softphone"),
                *headers,
                *content,
            ),
        )
