"""Recordings and their transcripts: the tables. `callcenter.db.transcript_queries` reads and writes them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Double, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db.base import Base
from callcenter.domain.transcripts import Obstacle, Purpose, TranscriptState


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
    corrected_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="0")
    """How often it was corrected."""
    cause: Mapped[str | None]
    remarks: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    spoken: Mapped[str | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    done_s: Mapped[float] = mapped_column(Double, server_default="0")
    total_s: Mapped[float | None] = mapped_column(Double)
    asked_language: Mapped[str | None]
    asked_engine: Mapped[str | None]


class TranscriptPartRow(Base):
    """What was understood of one part of a recording of which another part is still to come."""

    __tablename__ = "transcript_part"

    recording_id: Mapped[int] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    start_s: Mapped[float] = mapped_column(Double, primary_key=True)
    end_s: Mapped[float] = mapped_column(Double)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)


class TranscriptCorrectionRow(Base):
    """One correction of a transcript; text null takes it back to the machine's words."""

    __tablename__ = "transcript_correction"

    recording_id: Mapped[int] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str | None]
    by: Mapped[str]
    at: Mapped[datetime]
