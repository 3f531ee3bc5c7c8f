"""Own recordings of prompts: the tables and their queries. The sound itself is here too: every node fetches it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import Double, LargeBinary, Text

from callcenter.db.base import Base
from callcenter.domain.own_prompts import Converted, Doubt, LiveChange, LiveSound, PromptId, Version

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('own_prompt'), hashtext(:prompt))")


class OwnPromptRow(Base):
    """One version of a prompt: append-only (a trigger refuses the rest)."""

    __tablename__ = "own_prompt"
    __table_args__ = (
        UniqueConstraint("key", "language", "version"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("seconds > 0", name="seconds"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    file_name: Mapped[str]
    sha256: Mapped[str]
    seconds: Mapped[float] = mapped_column(Double)
    doubts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    wording: Mapped[str]
    note: Mapped[str]
    uploaded_by: Mapped[str] = mapped_column(ForeignKey("staff.extension"))
    uploaded_at: Mapped[datetime]


class OwnPromptSoundRow(Base):
    """A version as it is played, at 8 and at 16 kHz; apart, so that a list never reads it: append-only."""

    __tablename__ = "own_prompt_sound"

    own_prompt_id: Mapped[int] = mapped_column(
        ForeignKey("own_prompt.id"), primary_key=True, autoincrement=False
    )
    wav8: Mapped[bytes] = mapped_column(LargeBinary)
    wav16: Mapped[bytes] = mapped_column(LargeBinary)


class OwnPromptListenedRow(Base):
    """Who fetched the whole sound of a version, and when first."""

    __tablename__ = "own_prompt_listened"

    own_prompt_id: Mapped[int] = mapped_column(
        ForeignKey("own_prompt.id"), primary_key=True, autoincrement=False
    )
    extension: Mapped[str] = mapped_column(ForeignKey("staff.extension"), primary_key=True)
    at: Mapped[datetime]


class OwnPromptLiveRow(Base):
    """What was made live, one row a change; without a version the product's own voice: append-only."""

    __tablename__ = "own_prompt_live"
    __table_args__ = (
        ForeignKeyConstraint(
            ["key", "language", "version"],
            ["own_prompt.key", "own_prompt.language", "own_prompt.version"],
            name="fk_own_prompt_live_version_own_prompt",
        ),
        CheckConstraint("seq > 0", name="seq"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int | None]
    set_by: Mapped[str] = mapped_column(ForeignKey("staff.extension"))
    set_at: Mapped[datetime]


class OwnPromptReadingRow(Base):
    """What the recogniser made of a version; null: it understood no speech."""

    __tablename__ = "own_prompt_reading"

    own_prompt_id: Mapped[int] = mapped_column(
        ForeignKey("own_prompt.id"), primary_key=True, autoincrement=False
    )
    text: Mapped[str | None]
    engine: Mapped[str]
    at: Mapped[datetime]


class OwnPromptRepository:
    """Own recordings of prompts."""

    def __init__(self, session: Session) -> None:
        """Work in the transaction of that database session."""
        self._session = session

    def lock(self, prompt: PromptId) -> None:
        """Be the only one who adds to this prompt, or makes something live, until the transaction ends."""
        self._session.execute(_LOCK, {"prompt": f"{prompt.language}/{prompt.key}"})

    def add(
        self,
        prompt: PromptId,
        converted: Converted,
        *,
        file_name: str,
        wording: str,
        note: str,
        by: str,
        at: datetime,
    ) -> Version:
        """The next version. The prompt is locked."""
        latest = select(func.max(OwnPromptRow.version)).where(*_is(prompt))
        row = OwnPromptRow(
            key=prompt.key,
            language=prompt.language,
            version=(self._session.scalar(latest) or 0) + 1,
            file_name=file_name,
            sha256=converted.sha256,
            seconds=converted.seconds,
            doubts=[doubt.value for doubt in converted.doubts],
            wording=wording,
            note=note,
            uploaded_by=by,
            uploaded_at=at,
        )
        self._session.add(row)
        self._session.flush()
        sound = {"own_prompt_id": row.id, "wav8": converted.wav8, "wav16": converted.wav16}
        self._session.execute(insert(OwnPromptSoundRow).values(**sound))
        return _version(row)

    def version(self, prompt: PromptId, version: int) -> Version | None:
        """One version, or None."""
        query = select(OwnPromptRow).where(*_is(prompt), OwnPromptRow.version == version)
        row = self._session.scalar(query) if 0 < version < 2**63 else None
        return _version(row) if row else None

    def versions(self, prompt: PromptId) -> list[Version]:
        """Every version of a prompt, the latest first."""
        query = select(OwnPromptRow).where(*_is(prompt)).order_by(OwnPromptRow.version.desc())
        return [_version(row) for row in self._session.scalars(query)]

    def sound(self, version_id: int) -> tuple[bytes, bytes] | None:
        """WAV files of 8 and 16 kHz."""
        query = select(OwnPromptSoundRow.wav8, OwnPromptSoundRow.wav16).where(
            OwnPromptSoundRow.own_prompt_id == version_id
        )
        row = self._session.execute(query).first()
        return (row.wav8, row.wav16) if row else None

    def note_listened(self, version_id: int, by: str, at: datetime) -> None:
        """They fetched the whole sound; the first time counts."""
        statement = insert(OwnPromptListenedRow).values(own_prompt_id=version_id, extension=by, at=at)
        self._session.execute(statement.on_conflict_do_nothing())

    def has_listened(self, version_id: int, by: str) -> bool:
        """Whether they ever fetched the whole sound."""
        return self._session.get(OwnPromptListenedRow, (version_id, by)) is not None

    def listened(self, prompt: PromptId, by: str) -> set[int]:
        """The versions of a prompt that they listened to."""
        query = (
            select(OwnPromptRow.version)
            .join(OwnPromptListenedRow, OwnPromptListenedRow.own_prompt_id == OwnPromptRow.id)
            .where(*_is(prompt), OwnPromptListenedRow.extension == by)
        )
        return set(self._session.scalars(query))

    def changes(self, prompt: PromptId) -> list[LiveChange]:
        """What was made live, the first change first."""
        query = (
            select(OwnPromptLiveRow)
            .where(OwnPromptLiveRow.key == prompt.key, OwnPromptLiveRow.language == prompt.language)
            .order_by(OwnPromptLiveRow.seq)
        )
        return [_change(row) for row in self._session.scalars(query)]

    def add_change(self, change: LiveChange) -> None:
        """Note what was made live. The prompt is locked."""
        row = OwnPromptLiveRow(
            key=change.prompt.key,
            language=change.prompt.language,
            seq=change.seq,
            version=change.version,
            set_by=change.set_by,
            set_at=change.set_at,
        )
        self._session.add(row)
        self._session.flush()

    def latest_changes(self) -> Mapping[PromptId, LiveChange]:
        """The last change of every prompt that has one."""
        query = (
            select(OwnPromptLiveRow)
            .ext(distinct_on(OwnPromptLiveRow.key, OwnPromptLiveRow.language))
            .order_by(OwnPromptLiveRow.key, OwnPromptLiveRow.language, OwnPromptLiveRow.seq.desc())
        )
        changes = [_change(row) for row in self._session.scalars(query)]
        return {change.prompt: change for change in changes}

    def live(self) -> Mapping[PromptId, LiveSound]:
        """The own recordings that callers are to hear."""
        latest = (
            select(OwnPromptLiveRow.key, OwnPromptLiveRow.language, OwnPromptLiveRow.version)
            .ext(distinct_on(OwnPromptLiveRow.key, OwnPromptLiveRow.language))
            .order_by(OwnPromptLiveRow.key, OwnPromptLiveRow.language, OwnPromptLiveRow.seq.desc())
            .subquery()
        )
        query = select(
            OwnPromptRow.id,
            OwnPromptRow.key,
            OwnPromptRow.language,
            OwnPromptRow.version,
            OwnPromptRow.sha256,
        ).join(
            latest,
            (OwnPromptRow.key == latest.c.key)
            & (OwnPromptRow.language == latest.c.language)
            & (OwnPromptRow.version == latest.c.version),
        )
        return {
            PromptId(language=row.language, key=row.key): LiveSound(
                id=row.id, version=row.version, sha256=row.sha256
            )
            for row in self._session.execute(query)
        }

    def live_versions(self) -> Mapping[PromptId, Version]:
        """The own recordings that callers are to hear, with all that is known of them."""
        ids = [sound.id for sound in self.live().values()]
        rows = self._session.scalars(select(OwnPromptRow).where(OwnPromptRow.id.in_(ids)))
        return {version.prompt: version for version in map(_version, rows)}

    def latest_versions(self) -> Mapping[PromptId, int]:
        """The number of the latest version of every prompt that has one."""
        query = select(
            OwnPromptRow.key, OwnPromptRow.language, func.max(OwnPromptRow.version).label("latest")
        ).group_by(OwnPromptRow.key, OwnPromptRow.language)
        return {
            PromptId(language=row.language, key=row.key): row.latest for row in self._session.execute(query)
        }

    def unread(self, limit: int) -> list[Version]:
        """Versions that the recogniser has not read yet, the latest first."""
        query = (
            select(OwnPromptRow)
            .outerjoin(OwnPromptReadingRow, OwnPromptReadingRow.own_prompt_id == OwnPromptRow.id)
            .where(OwnPromptReadingRow.own_prompt_id.is_(None))
            .order_by(OwnPromptRow.id.desc())
            .limit(limit)
        )
        return [_version(row) for row in self._session.scalars(query)]

    def note_reading(self, version_id: int, heard: str | None, *, engine: str, at: datetime) -> None:
        """What the recogniser made of it; the first reading stays."""
        statement = insert(OwnPromptReadingRow).values(
            own_prompt_id=version_id, text=heard, engine=engine, at=at
        )
        self._session.execute(statement.on_conflict_do_nothing())

    def readings(self, prompt: PromptId) -> Mapping[int, str | None]:
        """What the recogniser made of the versions that it has read, by version."""
        query = (
            select(OwnPromptRow.version, OwnPromptReadingRow.text)
            .join(OwnPromptReadingRow, OwnPromptReadingRow.own_prompt_id == OwnPromptRow.id)
            .where(*_is(prompt))
        )
        return {row.version: row.text for row in self._session.execute(query)}


def _is(prompt: PromptId) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return OwnPromptRow.key == prompt.key, OwnPromptRow.language == prompt.language


def _version(row: OwnPromptRow) -> Version:
    return Version(
        id=row.id,
        prompt=PromptId(language=row.language, key=row.key),
        version=row.version,
        file_name=row.file_name,
        sha256=row.sha256,
        seconds=row.seconds,
        doubts=tuple(Doubt(doubt) for doubt in row.doubts),
        wording=row.wording,
        note=row.note,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
    )


def _change(row: OwnPromptLiveRow) -> LiveChange:
    return LiveChange(
        prompt=PromptId(language=row.language, key=row.key),
        seq=row.seq,
        version=row.version,
        set_by=row.set_by,
        set_at=row.set_at,
    )
