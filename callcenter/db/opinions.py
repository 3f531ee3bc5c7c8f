"""Links by which the person served gives an opinion: the table and its queries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, delete, insert, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.domain.opinions import OpinionLink


class OpinionLinkRow(Base):
    """One link, by the hash of its secret; for one run of a ticket: it ends with `resolved_at`'s."""

    __tablename__ = "opinion_link"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    ticket_number: Mapped[str] = mapped_column(ForeignKey("ticket.number"), index=True)
    resolved_at: Mapped[datetime]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OpinionRepository:
    """Links for opinions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, token_hash: str, link: OpinionLink) -> None:
        """A new link."""
        self._session.execute(
            insert(OpinionLinkRow),
            {
                "token_hash": token_hash,
                "ticket_number": link.ticket,
                "resolved_at": link.resolved_at,
                "made_by": link.made_by,
                "made_at": link.made_at,
                "expires_at": link.expires_at,
            },
        )

    def get(self, token_hash: str) -> OpinionLink | None:
        """The link of this hash as it is now, or None."""
        row = self._session.get(OpinionLinkRow, token_hash, populate_existing=True)
        if row is None:
            return None
        return OpinionLink(
            ticket=row.ticket_number,
            resolved_at=row.resolved_at,
            made_by=row.made_by,
            made_at=row.made_at,
            expires_at=row.expires_at,
            used_at=row.used_at,
        )

    def used(self, token_hash: str, at: datetime) -> None:
        """An opinion was given by it."""
        self._session.execute(
            update(OpinionLinkRow).where(OpinionLinkRow.token_hash == token_hash).values(used_at=at)
        )

    def revoke(self, number: str) -> None:
        """The ticket's links that nobody has used lead nowhere from now on."""
        row = OpinionLinkRow
        self._session.execute(delete(row).where(row.ticket_number == number, row.used_at.is_(None)))
