"""Reminders, where people are reached, and the days whose digest is written: the tables and their queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    delete,
    exists,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.domain.reminders import Address, Reminder, ReminderKind

_KINDS = ", ".join(f"'{kind}'" for kind in ReminderKind)


class ReminderRow(Base):
    """One fact for one person: told once, by the unique constraint."""

    __tablename__ = "reminder"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        UniqueConstraint("recipient", "fact"),
        Index(
            "ix_reminder_to_deliver",
            "next_try_at",
            postgresql_where=text("sent_at IS NULL AND gave_up_at IS NULL AND seen_at IS NULL"),
        ),
        Index("ix_reminder_recipient_id", "recipient", "id"),
        Index("ix_reminder_unseen", "recipient", "id", postgresql_where=text("seen_at IS NULL")),
        Index(
            "ix_reminder_failing", "id", postgresql_where=text("sent_at IS NULL AND last_error IS NOT NULL")
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    recipient: Mapped[str] = mapped_column(ForeignKey("staff.extension"))
    fact: Mapped[str]
    ticket_number: Mapped[str | None] = mapped_column(ForeignKey("ticket.number"))
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    seen_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    next_try_at: Mapped[datetime]
    last_error: Mapped[str | None]
    gave_up_at: Mapped[datetime | None]
    reached: Mapped[list[int]] = mapped_column(JSONB, server_default="[]")


class AddressRow(Base):
    """Where a person is reached outside the console. `url` is a secret: it is shown and logged nowhere."""

    __tablename__ = "staff_address"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    extension: Mapped[str] = mapped_column(ForeignKey("staff.extension"), index=True)
    url: Mapped[str]
    shown: Mapped[str]
    trusted: Mapped[bool]
    created_at: Mapped[datetime]


class DigestDayRow(Base):
    """A day whose digest is written."""

    __tablename__ = "digest_day"

    day: Mapped[date] = mapped_column(primary_key=True)


_DUE = text(
    """
    SELECT handler_extension AS extension, pile, count(*) AS count,
           (array_agg(number ORDER BY due_at NULLS LAST, number))[1:5] AS numbers
    FROM (
        SELECT handler_extension, number, due_at,
               CASE WHEN due_at < :now THEN 'late' WHEN due_at < :midnight THEN 'today' ELSE 'waiting' END AS pile
        FROM ticket
        WHERE status IN ('registering', 'open', 'waiting') AND handler_extension IS NOT NULL
          AND (due_at < :midnight OR status IN ('waiting', 'registering'))
    ) AS due
    GROUP BY handler_extension, pile
    """
)


class ReminderRepository:
    """Reminders in the database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, reminders: Iterable[Reminder]) -> int:
        """Store those that are told for the first time; how many."""
        rows = [
            {
                "kind": reminder.kind.value,
                "recipient": reminder.recipient,
                "fact": reminder.fact,
                "ticket_number": reminder.ticket,
                "created_at": reminder.created_at,
                "not_before": reminder.not_before,
                "next_try_at": reminder.not_before,
                "data": dict(reminder.data),
            }
            for reminder in reminders
        ]
        if not rows:
            return 0
        statement = insert(ReminderRow).values(rows).on_conflict_do_nothing().returning(ReminderRow.id)
        return len(self._session.scalars(statement).all())

    def page(self, recipient: str, limit: int, *, before: int | None, unseen: bool) -> list[Reminder]:
        """Somebody's reminders, the newest first, behind the id `before`."""
        query = select(ReminderRow).where(ReminderRow.recipient == recipient)
        if before is not None:
            query = query.where(ReminderRow.id < before)
        if unseen:
            query = query.where(ReminderRow.seen_at.is_(None))
        query = query.order_by(ReminderRow.id.desc()).limit(limit)
        return [_reminder(row) for row in self._session.scalars(query)]

    def unseen(self, recipient: str) -> int:
        """How many of somebody's reminders they have not seen."""
        query = select(func.count()).where(ReminderRow.recipient == recipient, ReminderRow.seen_at.is_(None))
        return self._session.execute(query).scalar_one()

    def get(self, reminder_id: int) -> Reminder | None:
        """One reminder."""
        row = self._session.get(ReminderRow, reminder_id)
        return _reminder(row) if row else None

    def see(self, recipient: str, reminder_id: int | None, at: datetime) -> None:
        """Somebody has seen one of their reminders; None: all of them."""
        statement = update(ReminderRow).where(
            ReminderRow.recipient == recipient, ReminderRow.seen_at.is_(None)
        )
        if reminder_id is not None:
            statement = statement.where(ReminderRow.id == reminder_id)
        self._session.execute(statement.values(seen_at=at))

    def claim(self, now: datetime, until: datetime, limit: int) -> list[Reminder]:
        """At most `limit` that are to be delivered now; until `until` they are nobody else's."""
        has_address = exists().where(AddressRow.extension == ReminderRow.recipient)
        query = (
            select(ReminderRow.id)
            .where(
                ReminderRow.sent_at.is_(None),
                ReminderRow.gave_up_at.is_(None),
                ReminderRow.seen_at.is_(None),
                ReminderRow.next_try_at <= now,
                has_address,
            )
            .order_by(ReminderRow.next_try_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = list(self._session.scalars(query))
        if not ids:
            return []
        claimed = (
            update(ReminderRow)
            .where(ReminderRow.id.in_(ids))
            .values(next_try_at=until, tries=ReminderRow.tries + 1)
            .returning(ReminderRow)
        )
        rows = self._session.scalars(claimed, execution_options={"populate_existing": True})
        return sorted((_reminder(row) for row in rows), key=lambda reminder: reminder.id)

    def settle(
        self,
        reminder_id: int,
        *,
        reached: Sequence[int],
        sent_at: datetime | None,
        next_try_at: datetime | None,
        error: str | None,
        gave_up_at: datetime | None,
    ) -> None:
        """What became of a delivery."""
        values: dict[str, Any] = {
            "reached": list(reached),
            "sent_at": sent_at,
            "last_error": error,
            "gave_up_at": gave_up_at,
        }
        if next_try_at is not None:
            values["next_try_at"] = next_try_at
        self._session.execute(update(ReminderRow).where(ReminderRow.id == reminder_id).values(**values))

    def give_up(self, before: datetime, at: datetime) -> None:
        """Nobody without an address is told of yesterday's news once they have one."""
        self._session.execute(
            update(ReminderRow)
            .where(
                ReminderRow.sent_at.is_(None),
                ReminderRow.gave_up_at.is_(None),
                ReminderRow.seen_at.is_(None),
                ReminderRow.next_try_at < before,
            )
            .values(gave_up_at=at)
        )

    def failing(self, limit: int) -> list[Reminder]:
        """What was tried and has reached nobody yet, the newest first."""
        query = (
            select(ReminderRow)
            .where(ReminderRow.sent_at.is_(None), ReminderRow.last_error.is_not(None))
            .order_by(ReminderRow.id.desc())
            .limit(limit)
        )
        return [_reminder(row) for row in self._session.scalars(query)]

    def begin_digest(self, day: date) -> bool:
        """Whether nobody has written this day's digest yet; it is the caller's from now on."""
        statement = insert(DigestDayRow).values(day=day).on_conflict_do_nothing().returning(DigestDayRow.day)
        return self._session.scalar(statement) is not None

    def due(self, now: datetime, midnight: datetime) -> dict[str, dict[str, tuple[int, list[str]]]]:
        """By handler: what is late, due before `midnight` and waiting, as a count and the first numbers."""
        found: dict[str, dict[str, tuple[int, list[str]]]] = {}
        for extension, pile, count, numbers in self._session.execute(
            _DUE, {"now": now, "midnight": midnight}
        ):
            found.setdefault(extension, {})[pile] = (count, list(numbers))
        return found

    def lock_addresses(self, extension: str) -> None:
        """Whoever counts this person's addresses waits here until nobody else does."""
        key = func.hashtextextended(f"addresses of {extension}", 0)
        self._session.execute(select(func.pg_advisory_xact_lock(key)))

    def addresses(self, extensions: Sequence[str] | None = None) -> list[Address]:
        """Where these people, or all, are reached."""
        query = select(AddressRow).order_by(AddressRow.extension, AddressRow.id)
        if extensions is not None:
            query = query.where(AddressRow.extension.in_(extensions))
        return [_address(row) for row in self._session.scalars(query)]

    def add_address(self, address: Address) -> int:
        """Store it; its id."""
        statement = insert(AddressRow).values(
            extension=address.extension,
            url=address.url,
            shown=address.shown,
            trusted=address.trusted,
            created_at=address.created_at,
        )
        return self._session.execute(statement.returning(AddressRow.id)).scalar_one()

    def remove_address(self, address_id: int) -> None:
        """Forget it."""
        self._session.execute(delete(AddressRow).where(AddressRow.id == address_id))


def _reminder(row: ReminderRow) -> Reminder:
    return Reminder(
        id=row.id,
        kind=ReminderKind(row.kind),
        recipient=row.recipient,
        fact=row.fact,
        ticket=row.ticket_number,
        created_at=row.created_at,
        not_before=row.not_before,
        data=row.data,
        seen_at=row.seen_at,
        sent_at=row.sent_at,
        tries=row.tries,
        last_error=row.last_error,
        gave_up_at=row.gave_up_at,
        reached=tuple(row.reached),
    )


def _address(row: AddressRow) -> Address:
    return Address(
        id=row.id,
        extension=row.extension,
        url=row.url,
        shown=row.shown,
        trusted=row.trusted,
        created_at=row.created_at,
    )
