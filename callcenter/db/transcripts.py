"""Recordings and their transcripts: the tables and their queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    and_,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.domain.transcripts import (
    Obstacle,
    Purpose,
    RecordedFile,
    SpokenWord,
    StoredTranscript,
    TranscriptState,
)


def _one_of(column: str, values: Collection[str]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class RecordingRow(Base):
    """One finished sound file; `path` is relative to the recordings folder."""

    __tablename__ = "recording"
    __table_args__ = (
        CheckConstraint(_one_of("purpose", list(Purpose)), name="purpose"),
        CheckConstraint(_one_of("language", ("zh", "en")), name="language"),
        Index("ix_recording_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    linkedid: Mapped[str] = mapped_column(index=True)
    ticket_number: Mapped[str | None] = mapped_column(index=True)
    purpose: Mapped[str]
    path: Mapped[str] = mapped_column(unique=True)
    language: Mapped[str]
    seconds: Mapped[float | None] = mapped_column(Double)
    created_at: Mapped[datetime]


class TranscriptRow(Base):
    """What was understood of a recording; made with it, as `pending`."""

    __tablename__ = "transcript"
    __table_args__ = (
        CheckConstraint(_one_of("state", list(TranscriptState)), name="state"),
        CheckConstraint(_one_of("obstacle", list(Obstacle)), name="obstacle"),
        Index(
            "ix_transcript_open",
            "recording_id",
            postgresql_where=text("state = 'pending'::text OR obstacle = 'model'::text"),
        ),
    )

    recording_id: Mapped[int] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    state: Mapped[str]
    text: Mapped[str]
    corrected_text: Mapped[str | None]
    corrected_by: Mapped[str | None]
    engine: Mapped[str]
    model: Mapped[str]
    words: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reason: Mapped[str | None]
    obstacle: Mapped[str | None]
    """What a failure waits for; null unless the last try failed."""
    attempts: Mapped[int]
    retry_at: Mapped[datetime | None]
    """Not before then; null: at once."""
    updated_at: Mapped[datetime]


class TranscriptRepository:
    """Recordings with their transcripts in the database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, recording: RecordedFile) -> int:
        """Store a recording with a pending transcript; of a path already known, fill in ticket and length."""
        new = insert(RecordingRow).values(
            linkedid=recording.linkedid,
            ticket_number=recording.ticket,
            purpose=recording.purpose,
            path=recording.path,
            language=recording.language,
            seconds=recording.seconds,
            created_at=recording.created_at,
        )
        recording_id = self._session.scalars(
            new.on_conflict_do_update(
                index_elements=[RecordingRow.path],
                set_={
                    "ticket_number": func.coalesce(new.excluded.ticket_number, RecordingRow.ticket_number),
                    "seconds": func.coalesce(new.excluded.seconds, RecordingRow.seconds),
                },
            ).returning(RecordingRow.id)
        ).one()
        self._session.execute(
            insert(TranscriptRow)
            .values(
                recording_id=recording_id,
                state=TranscriptState.PENDING,
                text="",
                engine="",
                model="",
                words=[],
                attempts=0,
                updated_at=recording.created_at,
            )
            .on_conflict_do_nothing()
        )
        return recording_id

    def get(self, recording_id: int, *, lock: bool = False) -> StoredTranscript | None:
        """The recording with its transcript; with `lock` the transcript's row is locked until the end."""
        query = _joined().where(RecordingRow.id == recording_id)
        if lock:
            query = query.with_for_update(of=TranscriptRow).execution_options(populate_existing=True)
        found = self._session.execute(query).one_or_none()
        return None if found is None else _stored(found[0], found[1])

    def due(self, now: datetime, languages: Collection[str], limit: int) -> list[int]:
        """Ids to transcribe now, oldest first; see `callcenter.services.transcripts.pending_recordings`."""
        ready = and_(
            TranscriptRow.state == TranscriptState.PENDING,
            or_(TranscriptRow.retry_at.is_(None), TranscriptRow.retry_at <= now),
        )
        has_model_now = and_(
            TranscriptRow.state == TranscriptState.FAILED,
            TranscriptRow.obstacle == Obstacle.MODEL,
            RecordingRow.language.in_(languages),
        )
        query = (
            select(TranscriptRow.recording_id)
            .join(RecordingRow, RecordingRow.id == TranscriptRow.recording_id)
            .where(or_(ready, has_model_now))
            .order_by(TranscriptRow.recording_id)
            .limit(limit)
        )
        return list(self._session.scalars(query))

    def of_ticket(self, number: str) -> StoredTranscript | None:
        """The ticket's newest message with its transcript."""
        return self.of_tickets([number]).get(number)

    def of_tickets(self, numbers: Collection[str]) -> dict[str, StoredTranscript]:
        """By ticket, its newest message with its transcript; tickets without one are left out."""
        query = (
            _joined()
            .where(RecordingRow.ticket_number.in_(numbers), RecordingRow.purpose == Purpose.MESSAGE)
            .order_by(RecordingRow.id)
        )
        return {row.ticket_number or "": _stored(row, words) for row, words in self._session.execute(query)}

    def of_call(self, linkedid: str) -> list[StoredTranscript]:
        """All recordings of a call, oldest first."""
        return self.of_calls([linkedid])

    def of_calls(self, linkedids: Collection[str]) -> list[StoredTranscript]:
        """All recordings of these calls, oldest first."""
        query = _joined().where(RecordingRow.linkedid.in_(linkedids)).order_by(RecordingRow.id)
        return [_stored(row, words) for row, words in self._session.execute(query)]

    def begin(self, recording_id: int, *, attempts: int, retry_at: datetime, at: datetime) -> None:
        """Count a try; it is not due again before `retry_at`."""
        self._change(
            recording_id,
            state=TranscriptState.PENDING,
            attempts=attempts,
            retry_at=retry_at,
            obstacle=None,
            updated_at=at,
        )

    def settle(
        self,
        recording_id: int,
        *,
        state: TranscriptState,
        at: datetime,
        text: str = "",
        engine: str = "",
        model: str = "",
        words: Sequence[SpokenWord] = (),
    ) -> None:
        """Store a result."""
        self._change(
            recording_id,
            state=state,
            text=text,
            engine=engine,
            model=model,
            words=[asdict(word) for word in words],
            reason=None,
            obstacle=None,
            retry_at=None,
            updated_at=at,
        )

    def put_off(
        self,
        recording_id: int,
        *,
        state: TranscriptState,
        obstacle: Obstacle,
        reason: str,
        retry_at: datetime | None,
        at: datetime,
    ) -> None:
        """Store a failure."""
        self._change(
            recording_id,
            state=state,
            obstacle=obstacle,
            reason=reason,
            retry_at=retry_at,
            updated_at=at,
        )

    def correct(self, recording_id: int, *, text: str, by: str, at: datetime) -> None:
        """Store a person's correction."""
        self._change(recording_id, corrected_text=text, corrected_by=by, updated_at=at)

    def _change(self, recording_id: int, **values: object) -> None:
        self._session.execute(
            update(TranscriptRow).where(TranscriptRow.recording_id == recording_id).values(**values)
        )


def _joined() -> Any:
    return select(RecordingRow, TranscriptRow).join(
        TranscriptRow, TranscriptRow.recording_id == RecordingRow.id
    )


def _stored(recording: RecordingRow, transcript: TranscriptRow) -> StoredTranscript:
    return StoredTranscript(
        recording_id=recording.id,
        recording=RecordedFile(
            linkedid=recording.linkedid,
            path=recording.path,
            purpose=Purpose(recording.purpose),
            language=recording.language,
            created_at=recording.created_at,
            ticket=recording.ticket_number,
            seconds=recording.seconds,
        ),
        state=TranscriptState(transcript.state),
        text=transcript.text,
        engine=transcript.engine,
        model=transcript.model,
        words=tuple(SpokenWord(**word) for word in transcript.words),
        reason=transcript.reason,
        attempts=transcript.attempts,
        corrected=transcript.corrected_text,
        corrected_by=transcript.corrected_by,
        updated_at=transcript.updated_at,
    )
