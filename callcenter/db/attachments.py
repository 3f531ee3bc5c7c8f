"""Files that belong to tickets: the table and its queries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.domain.attachments import Attachment, ReceivedFile, Source

_SOURCES = ", ".join(f"'{source}'" for source in Source)


class AttachmentRow(Base):
    """One file of a ticket; the file itself lies below SHOUWEN_HOME/attachments."""

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint(f"source IN ({_SOURCES})", name="source"),
        CheckConstraint("size > 0", name="size"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ticket_number: Mapped[str] = mapped_column(ForeignKey("ticket.number"), index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    path: Mapped[str]
    source: Mapped[str]
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class AttachmentRepository:
    """Files of tickets."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self, number: str, file: ReceivedFile, *, source: Source, added_by: str, at: datetime
    ) -> Attachment:
        """The file as one of the ticket's."""
        statement = insert(AttachmentRow).returning(AttachmentRow.id)
        row_id = self._session.scalars(
            statement,
            {
                "ticket_number": number,
                "name": file.name,
                "media_type": file.media_type,
                "size": file.size,
                "sha256": file.sha256,
                "path": file.path,
                "source": source.value,
                "added_by": added_by,
                "added_at": at,
            },
        ).one()
        return Attachment(id=row_id, ticket=number, file=file, source=source, added_by=added_by, added_at=at)

    def get(self, attachment_id: int) -> Attachment | None:
        """One file, or None."""
        row = self._session.get(AttachmentRow, attachment_id) if attachment_id < 2**63 else None
        return _attachment(row) if row else None

    def of_ticket(self, number: str) -> list[Attachment]:
        """The ticket's files in the order in which they came."""
        query = select(AttachmentRow).where(AttachmentRow.ticket_number == number).order_by(AttachmentRow.id)
        return [_attachment(row) for row in self._session.scalars(query)]


def _attachment(row: AttachmentRow) -> Attachment:
    file = ReceivedFile(
        name=row.name, media_type=row.media_type, size=row.size, sha256=row.sha256, path=row.path
    )
    return Attachment(
        id=row.id,
        ticket=row.ticket_number,
        file=file,
        source=Source(row.source),
        added_by=row.added_by,
        added_at=row.added_at,
    )
