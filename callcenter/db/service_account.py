"""Messages of the service account: the table and its queries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.domain.service_account import KeptNotice, MediaState, Notice, NoticeKind, WantedMedia

_KINDS = ", ".join(f"'{kind}'" for kind in NoticeKind)
_MEDIA_STATES = ", ".join(f"'{state}'" for state in MediaState)


class ServiceAccountMessageRow(Base):
    """One message and the ticket it is on; what it said is in the ticket's log."""

    __tablename__ = "service_account_message"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        CheckConstraint(f"media_state IN ({_MEDIA_STATES})", name="media_state"),
        Index(
            "ix_service_account_message_media",
            "media_next_at",
            postgresql_where=text("media_state = 'pending'::text"),
        ),
    )

    msg_id: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str]
    kind: Mapped[str]
    received_at: Mapped[datetime]
    ticket_number: Mapped[str] = mapped_column(ForeignKey("ticket.number"), index=True)
    acknowledged_at: Mapped[datetime | None]
    media_id: Mapped[str | None]
    media_url: Mapped[str | None]
    media_state: Mapped[str | None]
    media_attempts: Mapped[int]
    media_next_at: Mapped[datetime | None]
    attachment_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id"))


class ServiceAccountRepository:
    """Messages of the service account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self, account: str) -> None:
        """Let nobody else take a message of this account until the transaction ends."""
        key = func.hashtextextended(f"service account {account}", 0)
        self._session.execute(select(func.pg_advisory_xact_lock(key)))

    def get(self, key: str) -> KeptNotice | None:
        """The message of this id, or None."""
        row = self._session.get(ServiceAccountMessageRow, key)
        if row is None:
            return None
        return KeptNotice(
            key=row.msg_id,
            account=row.account,
            kind=NoticeKind(row.kind),
            received_at=row.received_at,
            ticket=row.ticket_number,
            acknowledged_at=row.acknowledged_at,
            media_state=MediaState(row.media_state) if row.media_state else None,
        )

    def add(self, notice: Notice, number: str, *, acknowledged_at: datetime | None, now: datetime) -> None:
        """The message as one of the ticket's; its media are asked for from now."""
        wanted = bool(notice.media_id or notice.media_url)
        self._session.execute(
            insert(ServiceAccountMessageRow),
            {
                "msg_id": notice.key,
                "account": notice.account,
                "kind": notice.kind.value,
                "received_at": notice.received_at,
                "ticket_number": number,
                "acknowledged_at": acknowledged_at,
                "media_id": notice.media_id,
                "media_url": notice.media_url,
                "media_state": MediaState.PENDING.value if wanted else None,
                "media_attempts": 0,
                "media_next_at": now if wanted else None,
            },
        )

    def acknowledged(self, key: str, at: datetime) -> None:
        """The sender was told at `at`."""
        self._change(key, acknowledged_at=at)

    def claim_media(self, now: datetime, until: datetime, limit: int) -> list[WantedMedia]:
        """What is to be asked for now; nobody else has it before `until`."""
        row = ServiceAccountMessageRow
        query = (
            select(row)
            .where(row.media_state == MediaState.PENDING.value, row.media_next_at <= now)
            .order_by(row.media_next_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = [
            WantedMedia(
                key=each.msg_id,
                ticket=each.ticket_number,
                kind=NoticeKind(each.kind),
                media_id=each.media_id,
                media_url=each.media_url,
                received_at=each.received_at,
                attempts=each.media_attempts,
            )
            for each in self._session.scalars(query)
        ]
        for wanted in found:
            self._change(wanted.key, media_next_at=until)
        return found

    def media_later(self, key: str, attempts: int, at: datetime) -> None:
        """It could not be had; the next try is at `at`."""
        self._change(key, media_attempts=attempts, media_next_at=at)

    def media_ended(self, key: str, state: MediaState, attachment_id: int | None) -> bool:
        """It is kept, or given up; False if that was so before."""
        row = ServiceAccountMessageRow
        pending = (row.msg_id == key) & (row.media_state == MediaState.PENDING.value)
        changed = self._session.execute(
            update(row)
            .where(pending)
            .values(media_state=state.value, media_next_at=None, attachment_id=attachment_id)
            .returning(row.msg_id)
        )
        return changed.first() is not None

    def _change(self, key: str, **values: object) -> None:
        row = ServiceAccountMessageRow
        self._session.execute(update(row).where(row.msg_id == key).values(**values))
