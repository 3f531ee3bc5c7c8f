"""The centre's own days and how far the tickets follow the calendar: the tables, their queries, the rules with them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Boolean, CheckConstraint, Engine, delete, select, text, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.domain.own_days import OwnDay, OwnDayKind
from callcenter.domain.policy import RuleBook

LOOK_EVERY_S = 1.0
"""A change is in force in every process after so long at most; a busy one asks once in this time."""


class OwnDayRow(Base):
    """One closure or opening."""

    __tablename__ = "own_day"
    __table_args__ = (CheckConstraint("kind IN ('closure', 'opening')", name="kind"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str]
    reason: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class CalendarFollowedRow(Base):
    """One row: the calendar with which the tickets' due times were last worked out, and when it changed since."""

    __tablename__ = "calendar_followed"
    __table_args__ = (CheckConstraint("one", name="one"),)

    one: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=true())
    days: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    changed_at: Mapped[datetime | None]


@dataclass(slots=True)
class _Seen:
    base: RuleBook
    latest: RuleBook
    book: RuleBook
    read_at: float


_SEEN: WeakKeyDictionary[Engine, _Seen] = WeakKeyDictionary()


class OwnDayRepository:
    """The centre's own days."""

    def __init__(self, session: Session, engine: Engine) -> None:
        self._session = session
        self._engine = engine
        self._changed = False

    def rules(self, base: RuleBook) -> RuleBook:
        """`base` with the notices and the own days in its calendars, as they were a second ago or later."""
        if base.on_days is None:
            return base
        seen = _SEEN.get(self._engine)
        fresh = seen is not None and seen.base is base
        if seen and fresh and not self._changed and time.monotonic() - seen.read_at < LOOK_EVERY_S:
            return seen.book
        asked_at = time.monotonic()
        rows = self._session.execute(select(OwnDayRow.day, OwnDayRow.kind))
        days = {day: OwnDayKind(kind) for day, kind in rows}
        latest = base.renewed() if base.renewed else base
        book = seen.book if seen and fresh and seen.latest is latest else latest
        if days != book.own_days:
            book = latest.with_days(days)
        if not self._changed:
            # What this transaction has changed itself is nobody else's until it is committed.
            _SEEN[self._engine] = _Seen(base, latest, book, asked_at)
        return book

    def committed(self) -> None:
        """What this transaction changed is in force: whoever asks next reads it."""
        if self._changed:
            _SEEN.pop(self._engine, None)
            self._changed = False

    def between(self, first: date, last: date) -> list[OwnDay]:
        """The own days from `first` to `last`, in order."""
        query = select(OwnDayRow).where(OwnDayRow.day.between(first, last)).order_by(OwnDayRow.day)
        return [
            OwnDay(
                day=row.day,
                kind=OwnDayKind(row.kind),
                reason=row.reason,
                set_by=row.set_by,
                set_at=row.set_at,
            )
            for row in self._session.scalars(query)
        ]

    def put(self, days: Iterable[OwnDay]) -> None:
        """Store the days, over what they were before."""
        for day in days:
            values = {
                "kind": day.kind.value,
                "reason": day.reason,
                "set_by": day.set_by,
                "set_at": day.set_at,
            }
            statement = insert(OwnDayRow).values(day=day.day, **values)
            self._session.execute(
                statement.on_conflict_do_update(index_elements=[OwnDayRow.day], set_=values)
            )
        self._changed = True

    def remove(self, days: Iterable[date]) -> int:
        """Forget these days; how many of them were own days."""
        statement = delete(OwnDayRow).where(OwnDayRow.day.in_(list(days))).returning(OwnDayRow.day)
        self._changed = True
        return len(self._session.scalars(statement).all())

    def followed(self) -> tuple[Mapping[str, str], datetime | None] | None:
        """The calendar that the tickets follow, and when it changed since; None before the first time."""
        row = self._session.scalar(select(CalendarFollowedRow))
        return (row.days, row.changed_at) if row else None

    def follow(self, days: Mapping[str, str], changed_at: datetime | None) -> None:
        """The tickets follow this calendar now, unless it changed again since `changed_at`."""
        values = {"days": dict(days), "changed_at": None}
        statement = insert(CalendarFollowedRow).values(one=True, **values)
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[CalendarFollowedRow.one],
                set_=values,
                where=CalendarFollowedRow.changed_at.is_not_distinct_from(changed_at),
            )
        )

    def note_change(self, at: datetime) -> None:
        """The calendar changed at `at`: the tickets are still to follow."""
        statement = insert(CalendarFollowedRow).values(one=True, changed_at=at)
        self._session.execute(
            statement.on_conflict_do_update(index_elements=[CalendarFollowedRow.one], set_={"changed_at": at})
        )
