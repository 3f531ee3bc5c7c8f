"""Tickets, their event log and their clocks: the tables."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Row, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db.base import Base
from callcenter.domain.chain import TicketEvent
from callcenter.domain.tickets import Status

_STATES = ", ".join(f"'{status}'" for status in Status)


class TicketRow(Base):
    """One matter. A trigger keeps `owner_extension` what it was once set."""

    __tablename__ = "ticket"
    __table_args__ = (
        CheckConstraint(f"status IN ({_STATES})", name="status"),
        CheckConstraint("wished_reply IN ('today', 'tomorrow', 'this_week')", name="wished_reply"),
        Index("ix_ticket_created_at_number", "created_at", "number"),
        Index("ix_ticket_act_at", "act_at", postgresql_where=text("act_at IS NOT NULL")),
        Index("ix_ticket_awaits", "awaits", postgresql_where=text("awaits IS NOT NULL")),
        Index("ix_ticket_words", "words", postgresql_using="gin"),
        Index("ix_ticket_heard", "heard", postgresql_using="gin"),
        Index("ix_ticket_owner_status_due", "owner_extension", "status", "due_at"),
        Index("ix_ticket_handler_status_due", "handler_extension", "status", "due_at"),
        Index("ix_ticket_at_risk", "due_at", postgresql_where=text("act_at = due_at")),
    )

    number: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    kind: Mapped[str]
    complexity: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    owner_extension: Mapped[str | None] = mapped_column(ForeignKey("staff.extension"), index=True)
    handler_extension: Mapped[str | None] = mapped_column(ForeignKey("staff.extension"), index=True)
    contact_name: Mapped[str | None]
    contact_phone: Mapped[str | None] = mapped_column(index=True)
    contact_withheld: Mapped[bool]
    details: Mapped[str]
    wished_reply: Mapped[str | None]
    linkedid: Mapped[str | None] = mapped_column(index=True)
    policy: Mapped[str]
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    form_saved_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """The due time to watch: the first of the clocks not stopped, late ones included."""
    act_at: Mapped[datetime | None]
    """When time alone next brings something (a warning, a breach, a step up), if nothing happens before."""
    provisional: Mapped[bool]
    version: Mapped[int]
    policy_digest: Mapped[str] = mapped_column(server_default="")
    fields: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    result: Mapped[str | None]
    satisfaction: Mapped[str | None]
    awaits: Mapped[str | None]
    party: Mapped[str | None] = mapped_column(index=True)
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    words: Mapped[str | None] = mapped_column(TSVECTOR)
    """What the ticket is found by: see `callcenter.domain.search`."""
    heard: Mapped[str | None] = mapped_column(TSVECTOR, deferred=True)
    """What was said in its recordings, for those who may hear them: see `callcenter.db.transcript_queries`."""


class TicketEventRow(Base):
    """One event of a ticket's log: append-only (a trigger refuses the rest) and hash-chained."""

    __tablename__ = "ticket_event"
    __table_args__ = (
        UniqueConstraint("ticket_number", "seq"),
        Index(
            "uq_ticket_event_breach",
            "ticket_number",
            text("(data ->> 'clock'::text)"),
            text("(data ->> 'started_at'::text)"),
            text("COALESCE(data ->> 'subject'::text, ''::text)"),
            unique=True,
            postgresql_where=text("kind = 'breached'::text"),
        ),
        Index(
            "ix_ticket_event_covered",
            text("(data ->> 'for'::text)"),
            "at",
            postgresql_where=text("kind = 'covered'::text"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ticket_number: Mapped[str] = mapped_column(ForeignKey("ticket.number"))
    seq: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    prev_hash: Mapped[str]
    hash: Mapped[str]


def event_of(row: TicketEventRow | Row[Any]) -> TicketEvent:
    """The event of a row, or of its columns."""
    return TicketEvent(
        ticket=row.ticket_number,
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        kind=row.kind,
        data=row.data,
        prev_hash=row.prev_hash,
        hash=row.hash,
    )


class TicketClockRow(Base):
    """One run of one clock of a ticket, as its events have it: rewritten with each of them."""

    __tablename__ = "ticket_clock"

    ticket_number: Mapped[str] = mapped_column(ForeignKey("ticket.number"), primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True, server_default="")
    due_at: Mapped[datetime]
    state: Mapped[str]
    stopped_at: Mapped[datetime | None]
    provisional: Mapped[bool]


class PartyFileRow(Base):
    """The file of one party served, numbered in the order in which they were opened (S40)."""

    __tablename__ = "party_file"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    party: Mapped[str] = mapped_column(unique=True)
    opened_at: Mapped[datetime]


class TicketSerialRow(Base):
    """The last running number that the console gave on a day."""

    __tablename__ = "ticket_serial"

    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]
