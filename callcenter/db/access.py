"""Who saw which personal data when: the table and its queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, cast, exists, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base, table_of
from callcenter.domain.access import Access, Via

_WAYS = ", ".join(f"'{via}'" for via in Via)


class AccessRow(Base):
    """One look at personal data: append-only (a trigger refuses the rest)."""

    __tablename__ = "personal_data_access"
    __table_args__ = (
        CheckConstraint(f"via IN ({_WAYS})", name="via"),
        Index("ix_personal_data_access_subject_at_id", "subject", "at", "id"),
        Index("ix_personal_data_access_actor_at", "actor", "at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    via: Mapped[str]
    subject: Mapped[str]
    what: Mapped[str]


class AccessRepository:
    """The log of accesses."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, access: Access, unless_since: datetime) -> bool:
        """Add a row, unless the same one was added at `unless_since` or later; whether it was added."""
        row = {
            "at": access.at,
            "actor": access.actor,
            "via": access.via.value,
            "subject": access.subject,
            "what": access.what,
        }
        same = [getattr(AccessRow, name) == row[name] for name in ("actor", "via", "subject", "what")]
        lately = exists().where(*same, AccessRow.at > unless_since)
        columns = table_of(AccessRow).c
        values = select(*(literal(value, columns[name].type) for name, value in row.items())).where(~lately)
        added = insert(AccessRow).from_select(list(row), values).returning(AccessRow.id)
        return self._session.scalar(added) is not None

    def page(
        self, subjects: Sequence[str], after: tuple[datetime, str] | None, limit: int
    ) -> list[tuple[int, Access]]:
        """At most `limit` rows with their ids, newest first, behind the place (at, id)."""
        query = select(AccessRow).where(AccessRow.subject.in_(subjects))
        if after is not None:
            at, row_id = after
            query = query.where(
                tuple_(AccessRow.at, AccessRow.id) < tuple_(literal(at), cast(row_id, BigInteger))
            )
        query = query.order_by(AccessRow.at.desc(), AccessRow.id.desc()).limit(limit)
        return [(row.id, _access(row)) for row in self._session.scalars(query)]


def _access(row: AccessRow) -> Access:
    return Access(at=row.at, actor=row.actor, via=Via(row.via), subject=row.subject, what=row.what)
