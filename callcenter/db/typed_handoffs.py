"""Handoffs with a typed briefing, and texts that a voice is to say: tables and queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.db.calls import CallRow, HandoffRow
from callcenter.db.tickets import TicketRow
from callcenter.domain.briefings import Refusal, State, TypedHandoff

_STATES = ", ".join(f"'{state}'" for state in State)
_REFUSALS = ", ".join(f"'{refusal}'" for refusal in Refusal)


class TypedHandoffRow(Base):
    """One request: written by the console, decided by the desk that has the call."""

    __tablename__ = "typed_handoff"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint(f"refusal IN ({_REFUSALS})", name="refusal"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        Index(
            "ix_typed_handoff_requested",
            "linkedid",
            unique=True,
            postgresql_where=text("state = 'requested'::text"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    linkedid: Mapped[str] = mapped_column(ForeignKey("call.linkedid"), index=True)
    extension: Mapped[str]
    to_extension: Mapped[str]
    text: Mapped[str]
    language: Mapped[str]
    requested_at: Mapped[datetime]
    state: Mapped[str]
    refusal: Mapped[str | None]
    handoff: Mapped[int | None]


class SpokenTextRow(Base):
    """A text that a voice is to say soon, by what it is for: a later one takes its place."""

    __tablename__ = "spoken_text"
    __table_args__ = (CheckConstraint("language IN ('zh', 'en')", name="language"),)

    purpose: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    language: Mapped[str]
    urgent: Mapped[bool]
    asked_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedText:
    """A text that waits for its voice; `urgent`: somebody is about to hear it."""

    purpose: str
    text: str
    language: str
    urgent: bool
    asked_at: datetime


class TypedHandoffRepository:
    """Requests and texts in and out of the database."""

    def __init__(self, session: Session) -> None:
        """Work in the transaction of that database session."""
        self._session = session

    def add(self, asked: TypedHandoff) -> TypedHandoff | None:
        """The request with its id; None when one of this call waits already."""
        values = {
            "linkedid": asked.linkedid,
            "extension": asked.extension,
            "to_extension": asked.to,
            "text": asked.text,
            "language": asked.language,
            "requested_at": asked.requested_at,
            "state": asked.state.value,
        }
        query = insert(TypedHandoffRow).values(values).on_conflict_do_nothing().returning(TypedHandoffRow.id)
        found = self._session.scalar(query)
        return self.get(int(found)) if found is not None else None

    def get(self, request_id: int) -> TypedHandoff | None:
        """One request."""
        row = self._session.scalar(select(TypedHandoffRow).filter_by(id=request_id))
        return _typed(row) if row else None

    def of_calls(self, linkedids: Sequence[str]) -> list[TypedHandoff]:
        """All requests of some calls, newest first."""
        query = (
            select(TypedHandoffRow)
            .where(TypedHandoffRow.linkedid.in_(linkedids))
            .order_by(TypedHandoffRow.id.desc())
        )
        return [_typed(row) for row in self._session.scalars(query)]

    def requested(self) -> list[TypedHandoff]:
        """Requests that no desk has decided, oldest first; not locked: every desk looks, and one has the call."""
        query = (
            select(TypedHandoffRow)
            .where(TypedHandoffRow.state == State.REQUESTED)
            .order_by(TypedHandoffRow.id)
        )
        return [_typed(row) for row in self._session.scalars(query)]

    def settle(
        self, request_id: int, state: State, *, refusal: Refusal | None = None, handoff: int | None = None
    ) -> None:
        """Write down what the desk decided; the first word counts."""
        values = {"state": state.value, "refusal": refusal.value if refusal else None, "handoff": handoff}
        row = TypedHandoffRow
        undecided = update(row).where(row.id == request_id, row.state == State.REQUESTED)
        self._session.execute(undecided.values(values))

    def tickets_in_calls(self, answered_before: datetime) -> list[tuple[str, str, int]]:
        """Of each call in progress that was answered by then, or is being handed on: linkedid, the ticket's number and
        version; those first that are being handed on."""
        handed = (
            select(HandoffRow.seq)
            .where(HandoffRow.linkedid == CallRow.linkedid, HandoffRow.outcome.is_(None))
            .exists()
        )
        query = (
            select(CallRow.linkedid, TicketRow.number, TicketRow.version)
            .join(TicketRow, TicketRow.number == CallRow.ticket)
            .where(CallRow.ended_at.is_(None), or_(CallRow.answered_at < answered_before, handed))
            .order_by(handed.desc(), CallRow.arrived_at)
        )
        return [(linkedid, number, version) for linkedid, number, version in self._session.execute(query)]

    def want(self, purpose: str, text: str, language: str, at: datetime, *, urgent: bool = False) -> None:
        """Have a text said soon; what was wanted for the same purpose before is not wanted any more."""
        values = {"text": text, "language": language, "urgent": urgent, "asked_at": at}
        query = insert(SpokenTextRow).values(purpose=purpose, **values)
        self._session.execute(
            query.on_conflict_do_update(index_elements=[SpokenTextRow.purpose], set_=values)
        )

    def wanted(self) -> list[WantedText]:
        """The texts that wait, those first that somebody is about to hear, then the newest."""
        query = select(SpokenTextRow).order_by(SpokenTextRow.urgent.desc(), SpokenTextRow.asked_at.desc())
        return [
            WantedText(
                purpose=row.purpose,
                text=row.text,
                language=row.language,
                urgent=row.urgent,
                asked_at=row.asked_at,
            )
            for row in self._session.scalars(query)
        ]

    def said(self, wanted: WantedText) -> None:
        """It is said, or cannot be: it waits no more, unless another text has taken its place."""
        self._session.execute(
            delete(SpokenTextRow).where(
                SpokenTextRow.purpose == wanted.purpose, SpokenTextRow.asked_at == wanted.asked_at
            )
        )

    def forget_wanted(self, before: datetime) -> None:
        """Let go of texts that nobody said in time."""
        self._session.execute(delete(SpokenTextRow).where(SpokenTextRow.asked_at < before))


def _typed(row: TypedHandoffRow) -> TypedHandoff:
    return TypedHandoff(
        id=row.id,
        linkedid=row.linkedid,
        extension=row.extension,
        to=row.to_extension,
        text=row.text,
        language=row.language,
        requested_at=row.requested_at,
        state=State(row.state),
        refusal=Refusal(row.refusal) if row.refusal else None,
        handoff=row.handoff,
    )
