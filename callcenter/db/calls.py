"""Calls, their events and handoffs, and how far each node's journal is applied: tables and repository."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Select,
    UniqueConstraint,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import Text

from callcenter.db.base import Base, table_of
from callcenter.db.tickets import TicketRow
from callcenter.domain.calls import (
    Call,
    CallEvent,
    CallFigures,
    Handoff,
    HandoffOutcome,
    Kind,
    Mode,
    Outcome,
    Person,
    Source,
)

_OUTCOMES = ", ".join(f"'{outcome}'" for outcome in Outcome)
_HANDOFF_OUTCOMES = ", ".join(f"'{outcome}'" for outcome in HandoffOutcome)
Cursor = tuple[datetime, str]


class CallRow(Base):
    """One call: what the fold of its events says today."""

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint(f"outcome IN ({_OUTCOMES})", name="outcome"),
        CheckConstraint("source IN ('live', 'rebuilt')", name="source"),
        Index("ix_call_arrived_at_linkedid", "arrived_at", "linkedid"),
        Index("ix_call_live", "arrived_at", postgresql_where="ended_at IS NULL"),
    )

    linkedid: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str]
    caller: Mapped[str | None] = mapped_column(index=True)
    caller_name: Mapped[str | None]
    arrived_at: Mapped[datetime]
    rang_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    answer_ms: Mapped[int | None]
    wait_ms: Mapped[int | None]
    greeting_ms: Mapped[int | None]
    responder_extension: Mapped[str | None] = mapped_column(index=True)
    responder_name: Mapped[str | None]
    outcome: Mapped[str | None]
    ticket: Mapped[str | None] = mapped_column(index=True)
    language: Mapped[str | None]
    source: Mapped[str]
    disagreements: Mapped[list[str]] = mapped_column(ARRAY(Text))


class HandoffRow(Base):
    """One attempt to hand the caller on."""

    __tablename__ = "handoff"
    __table_args__ = (CheckConstraint(f"outcome IN ({_HANDOFF_OUTCOMES})", name="outcome"),)

    linkedid: Mapped[str] = mapped_column(ForeignKey("call.linkedid"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    mode: Mapped[str]
    from_extension: Mapped[str]
    from_name: Mapped[str]
    to_extension: Mapped[str]
    to_name: Mapped[str]
    requested_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    within_limit: Mapped[bool | None]
    briefing: Mapped[str | None]


class CallEventRow(Base):
    """One event as the node's journal has it; `position` is its place there."""

    __tablename__ = "call_event"
    __table_args__ = (UniqueConstraint("node", "position"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    node: Mapped[int]
    position: Mapped[int]
    linkedid: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]


class JournalPositionRow(Base):
    """How far a node's journal is applied; written in the transaction that applies it."""

    __tablename__ = "journal_position"

    node: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]


class CallRepository:
    """Calls in and out of the database."""

    def __init__(self, session: Session) -> None:
        """Work in the transaction of that database session."""
        self._session = session

    def position(self, node: int) -> int:
        """How far that node's journal is applied, 0 at first."""
        return self._session.scalar(select(JournalPositionRow.position).filter_by(node=node)) or 0

    def lock_position(self, node: int) -> int:
        """The same, held against any other drainer of that node until the transaction ends."""
        query = select(JournalPositionRow.position).filter_by(node=node).with_for_update()
        found = self._session.scalar(query)
        if found is None:
            row = insert(JournalPositionRow).values(node=node, position=0).on_conflict_do_nothing()
            self._session.execute(row)
            found = self._session.scalar(query)
        return found or 0

    def set_position(self, node: int, position: int) -> None:
        """Move on."""
        self._session.execute(_upsert(JournalPositionRow, "node"), {"node": node, "position": position})

    def event_at(self, node: int, position: int) -> CallEvent | None:
        """The event that was applied from that place of a node's journal."""
        row = self._session.scalar(select(CallEventRow).filter_by(node=node, position=position))
        if row is None:
            return None
        return CallEvent(linkedid=row.linkedid, at=row.at, kind=Kind(row.kind), data=row.data)

    def last_serial(self, day: str, node: int) -> int:
        """The greatest running number of the tickets `YYMMDD-node-…`."""
        prefix = f"{day}-{node}-"
        numbers = self._session.scalars(select(TicketRow.number).where(TicketRow.number.startswith(prefix)))
        return max((int(number.rpartition("-")[2]) for number in numbers), default=0)

    def append(self, node: int, events: Iterable[tuple[int, CallEvent]]) -> None:
        """Keep events with their positions; one that is there already is left alone."""
        rows = [
            {
                "node": node,
                "position": position,
                "linkedid": event.linkedid,
                "at": event.at,
                "kind": str(event.kind),
                "data": dict(event.data),
            }
            for position, event in events
        ]
        self._session.execute(_APPEND, rows)

    def events_of(self, linkedids: Sequence[str]) -> dict[str, list[CallEvent]]:
        """All events of some calls, in the order of the journal."""
        query = (
            select(CallEventRow.linkedid, CallEventRow.at, CallEventRow.kind, CallEventRow.data)
            .where(CallEventRow.linkedid.in_(linkedids))
            .order_by(CallEventRow.id)
        )
        found: dict[str, list[CallEvent]] = {linkedid: [] for linkedid in linkedids}
        for linkedid, at, kind, data in self._session.execute(query):
            found[linkedid].append(CallEvent(linkedid=linkedid, at=at, kind=Kind(kind), data=data))
        return found

    def events(self, linkedid: str) -> list[CallEvent]:
        """All events of one call, earliest first."""
        return sorted(self.events_of([linkedid])[linkedid], key=lambda event: event.at)

    def save(self, calls: Sequence[Call]) -> None:
        """Write what the fold says of some calls, with their handoffs."""
        if not calls:
            return
        self._session.execute(_upsert(CallRow, "linkedid"), [_call_row(call) for call in calls])
        handoffs = [
            _handoff_row(call.linkedid, seq, handoff)
            for call in calls
            for seq, handoff in enumerate(call.handoffs, 1)
        ]
        if handoffs:
            self._session.execute(_upsert(HandoffRow, "linkedid", "seq"), handoffs)

    def get(self, linkedid: str) -> Call | None:
        """One call with its handoffs, or None."""
        found = self._calls(select(CallRow).filter_by(linkedid=linkedid))
        return found[0] if found else None

    def live(self) -> Sequence[Call]:
        """The calls that have not ended, oldest first."""
        return self._calls(select(CallRow).where(CallRow.ended_at.is_(None)).order_by(CallRow.arrived_at))

    def list(
        self,
        *,
        since: datetime | None = None,
        cursor: Cursor | None = None,
        limit: int = 100,
        conditions: Sequence[ColumnElement[bool]] = (),
    ) -> tuple[Sequence[Call], Cursor | None]:
        """Calls, newest first, behind `cursor`; and the cursor of the next page, None at the end."""
        query = select(CallRow).order_by(CallRow.arrived_at.desc(), CallRow.linkedid.desc()).limit(limit + 1)
        query = query.where(*conditions)
        if since is not None:
            query = query.where(CallRow.arrived_at >= since)
        if cursor is not None:
            query = query.where(tuple_(CallRow.arrived_at, CallRow.linkedid) < cursor)
        calls = self._calls(query)
        more = len(calls) > limit
        page = calls[:limit]
        return page, (page[-1].arrived_at, page[-1].linkedid) if more and page else None

    def figures(self, since: datetime) -> CallFigures:
        """The calls that arrived since an instant, in numbers: however many there are, the database counts them."""
        answered = CallRow.answered_at.is_not(None)
        offered, taken, callbacks, median_ms = self._session.execute(
            select(
                func.count(),
                func.count().filter(answered),
                func.count().filter(CallRow.outcome == Outcome.CALLBACK),
                func.percentile_cont(0.5).within_group(CallRow.answer_ms).filter(answered),
            ).where(CallRow.arrived_at >= since)
        ).one()
        median_ms = None if median_ms is None else round(median_ms)
        return CallFigures(offered=offered, answered=taken, callbacks=callbacks, median_ms=median_ms)

    def _calls(self, query: Select[CallRow]) -> Sequence[Call]:
        rows = list(self._session.scalars(query))
        linkedids = [row.linkedid for row in rows]
        handoffs: dict[str, list[Handoff]] = {linkedid: [] for linkedid in linkedids}
        found = select(HandoffRow).where(HandoffRow.linkedid.in_(linkedids)).order_by(HandoffRow.seq)
        for handoff in self._session.scalars(found) if linkedids else ():
            handoffs[handoff.linkedid].append(_handoff(handoff))
        return [_call(row, tuple(handoffs[row.linkedid])) for row in rows]


# The statements of the way from the journal to the database, which runs as calls run: of tables, not of mapped
# classes (whose bulk insert is a statement for each pattern of NULLs), and built once.
_APPEND = insert(table_of(CallEventRow)).on_conflict_do_nothing()


@cache
def _upsert(mapped: type[Base], *key: str) -> Insert:
    table = table_of(mapped)
    row = insert(table)
    values = {column.name: row.excluded[column.name] for column in table.columns if column.name not in key}
    return row.on_conflict_do_update(index_elements=key, set_=values)


_PLAIN = tuple(
    field.name
    for field in fields(Call)
    if field.name not in ("first_responder", "handoffs", "recordings", "outcome", "source", "disagreements")
)


def _call_row(call: Call) -> dict[str, Any]:
    responder = call.first_responder
    return {name: getattr(call, name) for name in _PLAIN} | {
        "responder_extension": responder.extension if responder else None,
        "responder_name": responder.name if responder else None,
        "outcome": call.outcome,
        "source": call.source,
        "disagreements": list(call.disagreements),
    }


def _handoff_row(linkedid: str, seq: int, handoff: Handoff) -> dict[str, Any]:
    return {
        "linkedid": linkedid,
        "seq": seq,
        "mode": handoff.mode,
        "from_extension": handoff.from_.extension,
        "from_name": handoff.from_.name,
        "to_extension": handoff.to.extension,
        "to_name": handoff.to.name,
        "requested_at": handoff.requested_at,
        "answered_at": handoff.answered_at,
        "completed_at": handoff.completed_at,
        "outcome": handoff.outcome,
        "within_limit": handoff.within_limit,
        "briefing": handoff.briefing,
    }


def _call(row: CallRow, handoffs: tuple[Handoff, ...]) -> Call:
    responder = None
    if row.responder_extension is not None:
        responder = Person(
            extension=row.responder_extension, name=row.responder_name or row.responder_extension
        )
    return Call(
        **{name: getattr(row, name) for name in _PLAIN},
        first_responder=responder,
        outcome=Outcome(row.outcome) if row.outcome else None,
        source=Source(row.source),
        handoffs=handoffs,
        disagreements=tuple(row.disagreements),
    )


def _handoff(row: HandoffRow) -> Handoff:
    return Handoff(
        mode=Mode(row.mode),
        from_=Person(extension=row.from_extension, name=row.from_name),
        to=Person(extension=row.to_extension, name=row.to_name),
        requested_at=row.requested_at,
        answered_at=row.answered_at,
        completed_at=row.completed_at,
        outcome=HandoffOutcome(row.outcome) if row.outcome else None,
        within_limit=row.within_limit,
        briefing=row.briefing,
    )
