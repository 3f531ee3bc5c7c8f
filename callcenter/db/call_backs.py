"""Attempts to call somebody back: the table and its queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.domain.call_backs import CallBack, Outcome, State

_STATES = ", ".join(f"'{state}'" for state in State)
_OUTCOMES = ", ".join(f"'{outcome}'" for outcome in Outcome)


class CallBackRow(Base):
    """One attempt: written by the console, taken by one desk, filled in from its journal."""

    __tablename__ = "call_back"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint(f"outcome IN ({_OUTCOMES})", name="outcome"),
        Index("ix_call_back_open", "requested_at", postgresql_where=text("state <> 'ended'::text")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ticket_number: Mapped[str] = mapped_column(ForeignKey("ticket.number"), index=True)
    extension: Mapped[str]
    number: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    state: Mapped[str]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    node: Mapped[int | None]
    """The desk that took it."""
    linkedid: Mapped[str | None] = mapped_column(unique=True)
    started_at: Mapped[datetime | None]
    rang_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ringing_at: Mapped[datetime | None]
    reached_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    greeting_ms: Mapped[int | None]
    talk_ms: Mapped[int | None]
    recording: Mapped[str | None]
    """Path relative to the recordings folder; its row is in `recording`."""
    digit: Mapped[str | None]
    satisfaction: Mapped[str | None]


_PLAIN = tuple(field.name for field in fields(CallBack) if field.name not in ("ticket", "state", "outcome"))
_FIXED = frozenset({"id", "ticket", "extension", "number", "requested_by", "requested_at"})


class CallBackRepository:
    """Attempts in and out of the database."""

    def __init__(self, session: Session) -> None:
        """Work in the transaction of that database session."""
        self._session = session

    def add(
        self, *, ticket: str, extension: str, number: str, requested_by: str, requested_at: datetime
    ) -> CallBack:
        """A request that a desk may take."""
        row = CallBackRow(
            ticket_number=ticket,
            extension=extension,
            number=number,
            requested_by=requested_by,
            requested_at=requested_at,
            state=State.REQUESTED,
        )
        self._session.add(row)
        self._session.flush()
        return _call_back(row)

    def of_ticket(self, number: str) -> list[CallBack]:
        """All attempts of a ticket, newest first."""
        query = select(CallBackRow).filter_by(ticket_number=number).order_by(CallBackRow.id.desc())
        return [_call_back(row) for row in self._session.scalars(query)]

    def ticket_of(self, call_back_id: int) -> str | None:
        """The number of the ticket that it is for."""
        return self._session.scalar(select(CallBackRow.ticket_number).where(CallBackRow.id == call_back_id))

    def lock_phone(self, extension: str) -> None:
        """Let nobody else ask for a call from that phone until the transaction ends."""
        key = func.hashtextextended(f"call back from {extension}", 0)
        self._session.execute(select(func.pg_advisory_xact_lock(key)))

    def open_of(self, extension: str) -> list[CallBack]:
        """The attempts without an end that ring or talk at that phone."""
        query = select(CallBackRow).where(
            CallBackRow.extension == extension, CallBackRow.state != State.ENDED
        )
        return [_call_back(row) for row in self._session.scalars(query)]

    def requested(self) -> list[CallBack]:
        """Requests that no desk has taken, oldest first, locked: another desk passes them over."""
        query = (
            select(CallBackRow)
            .where(CallBackRow.state == State.REQUESTED)
            .order_by(CallBackRow.requested_at)
            .with_for_update(skip_locked=True)
        )
        return [_call_back(row) for row in self._session.scalars(query)]

    def unfinished(self, node: int, started_before: datetime) -> list[CallBack]:
        """Attempts that the desk of that node took at an instant or before, without an end; locked."""
        query = (
            select(CallBackRow)
            .where(
                CallBackRow.state == State.STARTED,
                CallBackRow.node == node,
                CallBackRow.started_at <= started_before,
            )
            .with_for_update(skip_locked=True)
        )
        return [_call_back(row) for row in self._session.scalars(query)]

    def lock(self, call_back_id: int) -> CallBack | None:
        """One attempt, held until the transaction ends."""
        query = select(CallBackRow).filter_by(id=call_back_id).with_for_update()
        row = self._session.scalar(query.execution_options(populate_existing=True))
        return _call_back(row) if row else None

    def save(self, call_back: CallBack, *, node: int | None = None) -> None:
        """Write what has become of it; whose it is and which number never change."""
        values: dict[str, object] = {
            field.name: getattr(call_back, field.name)
            for field in fields(CallBack)
            if field.name not in _FIXED
        }
        if node is not None:
            values["node"] = node
        self._session.execute(update(CallBackRow).where(CallBackRow.id == call_back.id).values(values))

    def ids_of(self, paths: Sequence[str]) -> dict[str, int]:
        """The ids of recordings by their path."""
        from callcenter.db.transcripts import RecordingRow

        query = select(RecordingRow.path, RecordingRow.id).where(RecordingRow.path.in_(paths))
        return {path: recording_id for path, recording_id in self._session.execute(query)}


def _call_back(row: CallBackRow) -> CallBack:
    return CallBack(
        **{name: getattr(row, name) for name in _PLAIN},
        ticket=row.ticket_number,
        state=State(row.state),
        outcome=Outcome(row.outcome) if row.outcome else None,
    )
