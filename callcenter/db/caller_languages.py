"""The language that a caller chose: the table and its queries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base, table_of
from callcenter.db.calls import CallRow
from callcenter.db.tickets import TicketRow

MOST = 50_000
"""So many of the latest choices are handed to the desks: whoever calls under ever new numbers fills no memory."""


class CallerLanguageRow(Base):
    """A number that chose another language than its line's; `used_at`: its last call in it."""

    __tablename__ = "caller_language"
    __table_args__ = (CheckConstraint("language IN ('zh', 'en')", name="language"),)

    number: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str]
    chosen_at: Mapped[datetime]
    used_at: Mapped[datetime]


class CallerLanguageRepository:
    """Choices by number."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def remember(self, number: str, language: str, at: datetime) -> None:
        """The number chose that language; an older choice never replaces a later one."""
        values = {"language": language, "chosen_at": at, "used_at": at}
        row = insert(table_of(CallerLanguageRow)).values(number=number, **values)
        self._session.execute(
            row.on_conflict_do_update(
                index_elements=["number"], set_=values, where=CallerLanguageRow.chosen_at <= at
            )
        )

    def forget(self, number: str, at: datetime) -> None:
        """The number is back with its line's own language."""
        row = CallerLanguageRow
        self._session.execute(delete(row).where(row.number == number, row.chosen_at <= at))

    def used(self, number: str, at: datetime) -> None:
        """A call of the number began in what it chose."""
        row = CallerLanguageRow
        self._session.execute(update(row).where(row.number == number, row.used_at < at).values(used_at=at))

    def forget_unused(self, before: datetime) -> int:
        """Forget the numbers whose last call in their language is older than an instant; how many those were."""
        row = CallerLanguageRow
        gone = self._session.execute(delete(row).where(row.used_at < before).returning(row.number))
        return len(gone.all())

    def version(self) -> tuple[int, datetime | None]:
        """Something that differs whenever a choice was added, changed or forgotten."""
        count, latest = self._session.execute(
            select(func.count(), func.max(CallerLanguageRow.chosen_at))
        ).one()
        return count, latest

    def everybody(self) -> dict[str, str]:
        """Language by number, of the latest choices."""
        row = CallerLanguageRow
        query = select(row.number, row.language).order_by(row.chosen_at.desc()).limit(MOST)
        return {number: language for number, language in self._session.execute(query)}

    def of_ticket(self, number: str) -> str | None:
        """The language of the call that a ticket came from, None when there was none or nobody knows."""
        query = select(CallRow.language).join(TicketRow, TicketRow.linkedid == CallRow.linkedid)
        return self._session.scalar(query.where(TicketRow.number == number))
