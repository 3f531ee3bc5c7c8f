"""The tickets' log looked over, and sealed from time to time by an anchor that is kept outside the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from callcenter.domain.anchors import (
    Anchor,
    Digest,
    Head,
    NotAnAnchor,
    is_sealed,
    moved_heads,
    prev_hash,
    read_anchor,
)
from callcenter.domain.chain import GENESIS, TicketEvent
from callcenter.domain.log_faults import (
    Fault,
    FaultKind,
    TicketState,
    chain_faults,
    row_faults,
    status_after,
)
from callcenter.domain.tickets import Status

FAULTS_SHOWN = 1000
"""Beyond so many faults they are only counted."""


class Audit(Protocol):
    """The whole log, read piece by piece; see `callcenter.db.audit`."""

    def freeze(self) -> None: ...
    def logs(self) -> Iterator[tuple[TicketState, Sequence[tuple[int, TicketEvent]]]]: ...
    def orphans(self) -> Iterator[tuple[str, int]]: ...
    def stretch(self, after: int, upto: int) -> Iterator[tuple[int, str, int, str]]: ...
    def heads(self, upto: int, after: int = 0) -> Iterator[Head]: ...
    def hashes(self, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]: ...


class AuditUnitOfWork(Protocol):
    """A transaction that reads the log."""

    @property
    def audit(self) -> Audit: ...


@dataclass(slots=True, kw_only=True)
class Findings:
    """What was looked at, and what is wrong with it; no fault at all is what everybody hopes for."""

    tickets: int = 0
    events: int = 0
    anchors: int = 0
    sealed_until: datetime | None = None
    """When the newest anchor was made."""
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return self.fault_count == 0

    def add(self, *faults: Fault) -> None:
        """Note faults; beyond a thousand they are only counted."""
        self.fault_count += len(faults)
        self.faults.extend(faults[: max(0, FAULTS_SHOWN - len(self.faults))])


def verify(uow: AuditUnitOfWork, anchor_lines: Sequence[str]) -> Findings:
    """Look over every ticket's chain, row against log, then the anchors; a frozen view, so writers may go on.

    `anchor_lines` have to be read before this transaction begins: what a later line seals is not in its view.
    """
    findings = Findings()
    uow.audit.freeze()
    anchors = list(_readable(anchor_lines, findings))
    newest = anchors[-1][1] if anchors else None
    heads = Digest()
    for row, log in uow.audit.logs():
        findings.tickets += 1
        findings.events += len(log)
        findings.add(*chain_faults(row.number, (event for _, event in log)))
        status: Status | None = None
        for _, event in log:
            status = status_after(status, event.kind)
        findings.add(*row_faults(row, log[-1][1].seq if log else 0, status))
        if newest is not None:
            _take_head(heads, log, newest.last_event_id)
    for number, count in uow.audit.orphans():
        findings.events += count
        detail = f"{count} events of a ticket that is not there"
        findings.add(Fault(kind=FaultKind.NO_TICKET, ticket=number, detail=detail))
    for line, anchor in anchors:
        findings.add(*_stretch_faults(uow, line, anchor))
    if newest is not None:
        findings.sealed_until = newest.at
        if heads.hex() != newest.heads and not any(fault.anchor for fault in findings.faults):
            detail = f"{heads.taken} logs do not end as the {newest.tickets} did that were sealed"
            findings.add(Fault(kind=FaultKind.SEALED_HEADS, anchor=anchors[-1][0], detail=detail))
    return findings


def _readable(lines: Sequence[str], findings: Findings) -> Iterator[tuple[int, Anchor]]:
    """The anchors by line that can be read and are in order; the others are faults."""
    expected: str | None = GENESIS
    for number, line in enumerate(lines, 1):
        findings.anchors += 1
        try:
            anchor = read_anchor(line)
        except NotAnAnchor:
            detail = "the line is no anchor"
            findings.add(Fault(kind=FaultKind.ANCHOR_DAMAGED, anchor=number, detail=detail))
            expected = None
            continue
        if not is_sealed(anchor):
            detail = "the line does not say what was written"
            findings.add(Fault(kind=FaultKind.ANCHOR_CHANGED, anchor=number, detail=detail))
        elif expected is not None and anchor.prev != expected:
            detail = "the line before it is missing or another"
            findings.add(Fault(kind=FaultKind.ANCHOR_MISSING, anchor=number, detail=detail))
        expected = anchor.hash
        yield number, anchor


def _take_head(heads: Digest, log: Sequence[tuple[int, TicketEvent]], upto: int) -> None:
    last = max(
        (event for event_id, event in log if event_id <= upto), key=lambda event: event.seq, default=None
    )
    if last is not None:
        heads.head(Head(ticket=last.ticket, seq=last.seq, hash=last.hash))


def _stretch_faults(uow: AuditUnitOfWork, line: int, anchor: Anchor) -> Iterator[Fault]:
    """What an anchor sealed and is not there any more, by ticket where it names them."""
    found = _digest_of(uow.audit.stretch(anchor.after_event_id, anchor.last_event_id))
    if found.hex() == anchor.stretch:
        return
    when = f"sealed {anchor.at:%Y-%m-%d %H:%M} UTC"
    named = False
    moved = anchor.moved or {}
    there = uow.audit.hashes([(ticket, seq) for ticket, (seq, _) in moved.items()])
    for ticket, (seq, sealed) in moved.items():
        if there.get((ticket, seq)) != sealed:
            named = True
            what = "is another" if (ticket, seq) in there else "is gone"
            detail = f"the event that ended its log, {when}, {what}"
            yield Fault(kind=FaultKind.SEALED_EVENTS, ticket=ticket, seq=seq, anchor=line, detail=detail)
    if not named:
        ids = f"events {anchor.after_event_id + 1} to {anchor.last_event_id} by id"
        detail = f"{ids}, {when}: {found.taken} are there, not the same"
        yield Fault(kind=FaultKind.SEALED_EVENTS, anchor=line, detail=detail)


def make_anchor(
    uow: AuditUnitOfWork, anchor_lines: Sequence[str], *, last_event_id: int, at: datetime
) -> Anchor:
    """The anchor that follows these lines, over every event up to `last_event_id`.

    No event with a lower id may appear later: the caller took `last_event_id` while nobody was writing.
    """
    after = _last_sealed(anchor_lines)
    heads, events = Digest(), 0
    for head in uow.audit.heads(last_event_id):
        heads.head(head)
        events += head.seq
    return Anchor(
        at=at,
        after_event_id=after,
        last_event_id=last_event_id,
        tickets=heads.taken,
        events=events,
        heads=heads.hex(),
        stretch=_digest_of(uow.audit.stretch(after, last_event_id)).hex(),
        moved=moved_heads(uow.audit.heads(last_event_id, after)),
        prev=prev_hash(anchor_lines),
    )


def _digest_of(events: Iterable[tuple[int, str, int, str]]) -> Digest:
    digest = Digest()
    for event in events:
        digest.event(*event)
    return digest


def _last_sealed(lines: Sequence[str]) -> int:
    for line in reversed(lines):
        try:
            return read_anchor(line).last_event_id
        except NotAnAnchor:
            continue
    return 0
