"""The tamper-evident log of a ticket: events, each hashed together with the hash before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

Value = str | int | bool | None | Mapping[str, str | int | bool | None]
"""What an event's data may hold: nothing that JSON or the database could write in two ways."""

GENESIS = "0" * 64
"""The hash before a ticket's first event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One thing that happened to a ticket at the aware instant `at`; `actor` is an extension or `system`."""

    ticket: str
    seq: int
    at: datetime
    actor: str
    kind: str
    data: Mapping[str, Value]
    prev_hash: str = ""
    hash: str = ""


def event_hash(event: TicketEvent, prev_hash: str) -> str:
    """SHA-256, in hex, of `prev_hash` and the event as canonical JSON (sorted keys, UTC microseconds)."""
    body = {
        "actor": event.actor,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "data": event.data,
        "kind": event.kind,
        "seq": event.seq,
        "ticket": event.ticket,
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{prev_hash}\n{text}".encode()).hexdigest()


def first_fault(events: Iterable[TicketEvent]) -> int | None:
    """The `seq` at which the chain of one ticket first breaks (changed, missing or moved); None if it holds.

    A cut tail leaves a chain that holds: the anchor over all heads finds that one.
    """
    prev_hash = GENESIS
    for position, event in enumerate(events, start=1):
        expected = event_hash(event, prev_hash)
        if event.seq != position or event.prev_hash != prev_hash or event.hash != expected:
            return position
        prev_hash = event.hash
    return None
