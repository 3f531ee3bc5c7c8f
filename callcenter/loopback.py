"""Addresses of servers on this machine itself, for what must not leave it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

ONLY_HERE = (
    "write an address of this machine itself, such as http://127.0.0.1:8080/v1 or unix:/run/model.sock:"
    " what callers say does not leave it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a server is: a port of loopback, or a socket's path; `base` is the beginning of its paths."""

    host: str
    port: int
    base: str
    socket_path: str = ""


def place_of(address: str) -> Place:
    """The server of an address; raises ValueError for one that is not of this machine.

    Numbers only: what a name such as localhost means is for others to say.
    """
    if address.startswith("unix:/") and "\0" not in address:
        return Place(host="localhost", port=80, base="/v1", socket_path=address.removeprefix("unix:"))
    try:
        parts = urlsplit(address)
        port = parts.port or 80
        is_here = ip_address(parts.hostname or "").is_loopback
    except ValueError as error:
        raise ValueError(ONLY_HERE) from error
    if parts.scheme != "http" or not is_here or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(ONLY_HERE)
    return Place(host=parts.hostname or "", port=port, base=parts.path.rstrip("/"))
