"""Anchors: what the log of all tickets was at an instant, in a line that also seals the line before it.

A chain per ticket finds a change within it; only a record kept outside the database finds a tail that was cut, or a
ticket that was removed whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from callcenter.domain.chain import GENESIS

NAMED_AT_MOST = 5_000
"""Tickets that an anchor names; of a stretch that touched more it keeps the digests alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last event of a ticket's log; its `seq` is how many there are."""

    ticket: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The logs of all tickets up to and with the event `last_event_id`, sealed at the aware instant `at`."""

    at: datetime
    after_event_id: int
    """The last event of the anchor before; the stretch of this one begins behind it."""
    last_event_id: int
    tickets: int
    events: int
    heads: str
    """SHA-256 over the head of every ticket, by number; see `Digest.head`."""
    stretch: str
    """SHA-256 over every event of the stretch, in the order of their ids; see `Digest.event`."""
    moved: Mapping[str, tuple[int, str]] | None
    """Seq and hash of the heads that moved in the stretch, by ticket; None: too many to name."""
    prev: str
    hash: str = ""


class NotAnAnchor(ValueError):
    """A line that no anchor can be read from."""


class Digest:
    """SHA-256 over heads or events, taken in one by one."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.taken = 0

    def head(self, head: Head) -> None:
        """Take in a head; the caller brings them sorted by number, in the order of code points."""
        self._take(f"{head.ticket}\t{head.seq}\t{head.hash}\n")

    def event(self, event_id: int, ticket: str, seq: int, event_hash: str) -> None:
        """Take in an event; the caller brings them sorted by id."""
        self._take(f"{event_id}\t{ticket}\t{seq}\t{event_hash}\n")

    def _take(self, line: str) -> None:
        self._hash.update(line.encode())
        self.taken += 1

    def hex(self) -> str:
        """The digest of what was taken in so far."""
        return self._hash.hexdigest()


def seal(anchor: Anchor) -> str:
    """The anchor as its line of JSON, hash included, without the line's end."""
    body = _body(anchor)
    return _canonical({**body, "hash": _hash(body)})


def is_sealed(anchor: Anchor) -> bool:
    """Whether the anchor's hash is that of what it says."""
    return anchor.hash == _hash(_body(anchor))


def read_anchor(line: str) -> Anchor:
    """The anchor of a line; raises NotAnAnchor. Whether it is sealed is another question."""
    try:
        body: dict[str, Any] = json.loads(line)
        moved = body["moved"]
        return Anchor(
            at=datetime.fromisoformat(body["at"]).astimezone(UTC),
            after_event_id=int(body["after_event_id"]),
            last_event_id=int(body["last_event_id"]),
            tickets=int(body["tickets"]),
            events=int(body["events"]),
            heads=str(body["heads"]),
            stretch=str(body["stretch"]),
            moved=None
            if moved is None
            else {name: (int(seq), str(end)) for name, (seq, end) in moved.items()},
            prev=str(body["prev"]),
            hash=str(body["hash"]),
        )
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        raise NotAnAnchor from error


def moved_heads(heads: Iterable[Head]) -> dict[str, tuple[int, str]] | None:
    """The heads by ticket as an anchor names them; None when there are more than it names."""
    named: dict[str, tuple[int, str]] = {}
    for head in heads:
        if len(named) == NAMED_AT_MOST:
            return None
        named[head.ticket] = (head.seq, head.hash)
    return named


def prev_hash(lines: Sequence[str]) -> str:
    """What the anchor behind these lines carries as `prev`: the hash of the last one that can be read."""
    for line in reversed(lines):
        try:
            return read_anchor(line).hash
        except NotAnAnchor:
            continue
    return GENESIS


def _body(anchor: Anchor) -> dict[str, object]:
    return {
        "at": anchor.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "after_event_id": anchor.after_event_id,
        "last_event_id": anchor.last_event_id,
        "tickets": anchor.tickets,
        "events": anchor.events,
        "heads": anchor.heads,
        "stretch": anchor.stretch,
        "moved": None if anchor.moved is None else {name: list(head) for name, head in anchor.moved.items()},
        "prev": anchor.prev,
    }


def _hash(body: Mapping[str, object]) -> str:
    return hashlib.sha256(_canonical(body).encode()).hexdigest()


def _canonical(body: Mapping[str, object]) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
