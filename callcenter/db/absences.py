"""Posts that stand in for each other, and absences: the tables and their queries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.db.tickets import TicketEventRow, TicketRow, event_of
from callcenter.domain.absences import Absence, Reason
from callcenter.domain.chain import TicketEvent
from callcenter.domain.tickets import Status

_REASONS = ", ".join(f"'{reason}'" for reason in Reason)
_UNFINISHED = [status.value for status in (Status.REGISTERING, Status.OPEN, Status.WAITING)]
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('absence'))")


class PostRow(Base):
    """The B post of an A post: who stands in, unless an absence names another."""

    __tablename__ = "post"
    __table_args__ = (CheckConstraint("extension <> b_extension", name="another"),)

    extension: Mapped[str] = mapped_column(ForeignKey("staff.extension"), primary_key=True)
    b_extension: Mapped[str] = mapped_column(ForeignKey("staff.extension"))


class AbsenceRow(Base):
    """One absence. Never deleted: it says who answered for what, and when."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint(f"reason IN ({_REASONS})", name="reason"),
        CheckConstraint("until_at > from_at", name="span"),
        CheckConstraint("extension <> cover_extension", name="another"),
        Index("ix_absence_open", "from_at", postgresql_where=text("returned_at IS NULL")),
        Index("ix_absence_extension_from_at", "extension", "from_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    extension: Mapped[str] = mapped_column(ForeignKey("staff.extension"))
    cover_extension: Mapped[str] = mapped_column(ForeignKey("staff.extension"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    reason: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]


class AbsenceRepository:
    """Absences in the database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def posts(self) -> dict[str, str]:
        """The B post of every A post."""
        rows = self._session.execute(select(PostRow.extension, PostRow.b_extension))
        return {row.extension: row.b_extension for row in rows}

    def set_post(self, extension: str, b_extension: str | None) -> None:
        """Name the B post; None: there is none."""
        if b_extension is None:
            self._session.execute(delete(PostRow).where(PostRow.extension == extension))
            return
        statement = insert(PostRow).values(extension=extension, b_extension=b_extension)
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[PostRow.extension], set_={"b_extension": b_extension}
            )
        )

    def one_at_a_time(self) -> None:
        """Whoever looks whether an absence may be waits here until nobody else does."""
        self._session.execute(_LOCK)

    def add(self, absence: Absence) -> int:
        """Store it; its id."""
        statement = insert(AbsenceRow).values(
            extension=absence.extension,
            cover_extension=absence.cover,
            from_at=absence.from_at,
            until_at=absence.until_at,
            reason=absence.reason.value,
            created_by=absence.created_by,
            created_at=absence.created_at,
        )
        return self._session.execute(statement.returning(AbsenceRow.id)).scalar_one()

    def lock(self, absence_id: int) -> Absence | None:
        """The absence, its row locked until the transaction ends."""
        query = select(AbsenceRow).where(AbsenceRow.id == absence_id).with_for_update()
        row = self._session.scalar(query.execution_options(populate_existing=True))
        return _absence(row) if row else None

    def save(self, absence: Absence) -> None:
        """Write back what can change: its end, and what the product did."""
        self._session.execute(
            update(AbsenceRow)
            .where(AbsenceRow.id == absence.id)
            .values(ended_at=absence.ended_at, begun_at=absence.begun_at, returned_at=absence.returned_at)
        )

    def open(self) -> list[Absence]:
        """What holds or is to come, and what has ended and is not given back yet, the earliest first."""
        query = select(AbsenceRow).where(AbsenceRow.returned_at.is_(None))
        query = query.order_by(AbsenceRow.from_at, AbsenceRow.id)
        return [
            _absence(row) for row in self._session.scalars(query.execution_options(populate_existing=True))
        ]

    def latest(self, extension: str | None, limit: int) -> list[Absence]:
        """The latest absences, of one person or of everybody."""
        query = select(AbsenceRow)
        if extension is not None:
            query = query.where(
                or_(AbsenceRow.extension == extension, AbsenceRow.cover_extension == extension)
            )
        query = query.order_by(AbsenceRow.from_at.desc(), AbsenceRow.id.desc()).limit(limit)
        return [_absence(row) for row in self._session.scalars(query)]

    def handled(self, extension: str) -> list[str]:
        """Numbers of the unfinished tickets that `extension` handles."""
        query = select(TicketRow.number).where(
            TicketRow.handler_extension == extension, TicketRow.status.in_(_UNFINISHED)
        )
        return list(self._session.scalars(query.order_by(TicketRow.number)))

    def covered(self, extension: str, since: datetime) -> list[str]:
        """Numbers of the unfinished tickets that were given to somebody in place of `extension` since then."""
        query = (
            select(TicketRow.number)
            .join(TicketEventRow, TicketEventRow.ticket_number == TicketRow.number)
            .where(
                TicketRow.status.in_(_UNFINISHED),
                TicketEventRow.kind == "covered",
                TicketEventRow.at >= since,
                TicketEventRow.data["for"].astext == extension,
            )
        )
        return sorted(set(self._session.scalars(query)))

    def happened(self, extension: str, since: datetime, until: datetime, limit: int) -> list[TicketEvent]:
        """What others did in that time with the tickets that `extension` owns, the earliest first."""
        query = (
            select(TicketEventRow)
            .join(TicketRow, TicketRow.number == TicketEventRow.ticket_number)
            .where(
                TicketRow.owner_extension == extension,
                TicketEventRow.at >= since,
                TicketEventRow.at < until,
                TicketEventRow.actor != extension,
            )
            .order_by(TicketEventRow.at, TicketEventRow.id)
            .limit(limit)
        )
        return [event_of(row) for row in self._session.scalars(query)]


def _absence(row: AbsenceRow) -> Absence:
    return Absence(
        id=row.id,
        extension=row.extension,
        cover=row.cover_extension,
        from_at=row.from_at,
        until_at=row.until_at,
        reason=Reason(row.reason),
        created_by=row.created_by,
        created_at=row.created_at,
        ended_at=row.ended_at,
        begun_at=row.begun_at,
        returned_at=row.returned_at,
    )
