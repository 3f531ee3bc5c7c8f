"""Recordings and their transcripts in the database: the repository."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, cast, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import TSVECTOR, insert
from sqlalchemy.orm import Session, aliased

from callcenter.db.tickets import TicketRow
from callcenter.db.transcripts import RecordingRow, TranscriptCorrectionRow, TranscriptPartRow, TranscriptRow
from callcenter.domain.search import search_vector
from callcenter.domain.transcripts import (
    URGENCY,
    Asked,
    Cause,
    Correction,
    Obstacle,
    Purpose,
    RecordedFile,
    Remark,
    SpokenPart,
    SpokenWord,
    StoredTranscript,
    TranscriptState,
    Whole,
)

_URGENCY = case(
    *((RecordingRow.purpose == purpose.value, urgency) for purpose, urgency in URGENCY.items()), else_=0
)


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
        if recording.ticket is not None and self._session.scalar(
            select(TranscriptRow.text).where(TranscriptRow.recording_id == recording_id)
        ):
            # its text was there before its ticket
            self.find_by_words(recording.ticket)
        return recording_id

    def get(self, recording_id: int, *, lock: bool = False) -> StoredTranscript | None:
        """The recording with its transcript; with `lock` the transcript's row is locked until the end."""
        query = _joined().where(RecordingRow.id == recording_id)
        if lock:
            query = query.with_for_update(of=TranscriptRow).execution_options(populate_existing=True)
        found = self._session.execute(query).one_or_none()
        return None if found is None else _stored(found[0], found[1])

    def due(self, now: datetime, languages: Collection[str], limit: int) -> dict[int, int]:
        """Ids to transcribe now; see `callcenter.services.transcripts.pending_recordings`."""
        ready = _ready(now)
        has_model_now = and_(
            TranscriptRow.state == TranscriptState.FAILED,
            TranscriptRow.obstacle == Obstacle.MODEL,
            RecordingRow.language.in_(languages),
        )
        query = (
            select(TranscriptRow.recording_id, _URGENCY)
            .join(RecordingRow, RecordingRow.id == TranscriptRow.recording_id)
            .where(or_(ready, has_model_now))
            .order_by(_URGENCY.desc(), TranscriptRow.recording_id)
            .limit(limit)
        )
        return {recording_id: urgency for recording_id, urgency in self._session.execute(query)}

    def urgent_waits(self, purpose: Purpose, now: datetime) -> bool:
        """Whether something more urgent than `purpose` could be transcribed now."""
        query = select(
            exists()
            .where(TranscriptRow.recording_id == RecordingRow.id)
            .where(_ready(now), URGENCY[purpose] < _URGENCY)
        )
        return bool(self._session.scalar(query))

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
            cause=None,
            updated_at=at,
        )

    def parts(self, recording_id: int) -> list[SpokenPart]:
        """The parts done so far, in order."""
        query = select(TranscriptPartRow).where(TranscriptPartRow.recording_id == recording_id)
        return [_part(row) for row in self._session.scalars(query.order_by(TranscriptPartRow.start_s))]

    def add_part(self, recording_id: int, part: SpokenPart, *, total_s: float | None, at: datetime) -> None:
        """Store a part that is not the last one; the next can begin at once."""
        row = {"start_s": part.start_s, "end_s": part.end_s, "data": asdict(part)}
        statement = insert(TranscriptPartRow).values(recording_id=recording_id, **row)
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[TranscriptPartRow.recording_id, TranscriptPartRow.start_s],
                set_={"end_s": statement.excluded.end_s, "data": statement.excluded.data},
            )
        )
        self._change(
            recording_id,
            done_s=part.end_s,
            total_s=total_s,
            spoken=part.language if part.text else TranscriptRow.spoken,
            attempts=0,
            failures=0,
            reason=None,
            retry_at=None,
            updated_at=at,
        )

    def settle(
        self,
        recording_id: int,
        whole: Whole,
        *,
        state: TranscriptState,
        total_s: float | None,
        at: datetime,
    ) -> None:
        """Store a result."""
        self._change(
            recording_id,
            state=state,
            text=whole.text,
            engine=whole.engine,
            model=whole.model,
            words=[asdict(word) for word in whole.words],
            reason=whole.detail,
            cause=whole.cause,
            remarks=list(whole.remarks),
            spoken=whole.language if whole.text else None,
            obstacle=None,
            retry_at=None,
            failures=0,
            done_s=total_s if total_s is not None else TranscriptRow.done_s,
            total_s=total_s,
            updated_at=at,
        )
        self._forget_parts(recording_id)

    def put_off(
        self,
        recording_id: int,
        *,
        state: TranscriptState,
        obstacle: Obstacle,
        cause: Cause,
        failures: int,
        reason: str,
        retry_at: datetime | None,
        at: datetime,
    ) -> None:
        """Store a failure, which is an outcome: attempts are those without one."""
        self._change(
            recording_id,
            state=state,
            obstacle=obstacle,
            cause=cause,
            failures=failures,
            attempts=0,
            reason=reason,
            retry_at=retry_at,
            updated_at=at,
        )

    def keep_what_is_done(self, recording_id: int, whole: Whole) -> None:
        """Of a recording that failed in the middle: the text of the parts before."""
        self._change(
            recording_id,
            text=whole.text,
            engine=whole.engine,
            model=whole.model,
            words=[asdict(word) for word in whole.words],
            remarks=[*(remark for remark in whole.remarks if remark is not Remark.PARTLY), Remark.PARTLY],
            spoken=whole.language,
        )

    def ask_again(self, recording_id: int, asked: Asked, at: datetime) -> None:
        """Begin from the start; a person's correction stays."""
        self._change(
            recording_id,
            state=TranscriptState.PENDING,
            text="",
            words=[],
            remarks=[],
            reason=None,
            cause=None,
            obstacle=None,
            spoken=None,
            attempts=0,
            failures=0,
            done_s=0.0,
            retry_at=None,
            asked_language=asked.language,
            asked_engine=asked.engine,
            updated_at=at,
        )
        self._forget_parts(recording_id)

    def correct(self, recording_id: int, *, version: int, text: str | None, by: str, at: datetime) -> None:
        """Store a person's correction as this version; None takes it back to the machine's text."""
        self._session.execute(
            insert(TranscriptCorrectionRow).values(
                recording_id=recording_id, version=version, text=text, by=by, at=at
            )
        )
        self._change(
            recording_id,
            corrected_text=text,
            corrected_by=by if text is not None else None,
            corrected_at=at if text is not None else None,
            version=version,
            updated_at=at,
        )

    def corrections(self, recording_ids: Collection[int]) -> dict[int, list[Correction]]:
        """What people made of these transcripts, oldest first."""
        found: dict[int, list[Correction]] = {recording_id: [] for recording_id in recording_ids}
        query = select(TranscriptCorrectionRow).where(TranscriptCorrectionRow.recording_id.in_(list(found)))
        for row in self._session.scalars(query.order_by(TranscriptCorrectionRow.version)):
            found[row.recording_id].append(
                Correction(version=row.version, text=row.text, by=row.by, at=row.at)
            )
        return found

    def of_period(
        self, start: datetime, end: datetime, limit: int
    ) -> list[tuple[StoredTranscript, str | None, str | None]]:
        """The oldest recordings made from `start` to before `end`, with their tickets and the contacts' names."""
        of_call = aliased(TicketRow)
        by_call = select(of_call.number).where(of_call.linkedid == RecordingRow.linkedid).limit(1)
        number = func.coalesce(RecordingRow.ticket_number, by_call.scalar_subquery())
        query = (
            select(RecordingRow, TranscriptRow, TicketRow.number, TicketRow.contact_name)
            .join(TranscriptRow, TranscriptRow.recording_id == RecordingRow.id)
            .outerjoin(TicketRow, TicketRow.number == number)
            .where(RecordingRow.created_at >= start, RecordingRow.created_at < end)
            .order_by(RecordingRow.created_at, RecordingRow.id)
            .limit(limit)
        )
        return [
            (_stored(row, words), ticket, name) for row, words, ticket, name in self._session.execute(query)
        ]

    def lock_ticket(self, recording: RecordedFile) -> str | None:
        """The ticket that a recording belongs to, its row locked; None: there is none yet."""
        query = select(TicketRow.number).with_for_update(key_share=True)
        if recording.ticket is not None:
            return self._session.scalar(query.where(TicketRow.number == recording.ticket))
        return self._session.scalars(query.where(TicketRow.linkedid == recording.linkedid)).first()

    def find_by_words(self, ticket: str) -> None:
        """Have the ticket found by what is said in its messages and calls back, machine's and people's."""
        # two that are understood at once: the later one has to read what the earlier one stored
        self._session.execute(
            select(TicketRow.number).where(TicketRow.number == ticket).with_for_update(key_share=True)
        )
        query = (
            select(TranscriptRow.text, TranscriptRow.corrected_text)
            .join(RecordingRow, RecordingRow.id == TranscriptRow.recording_id)
            .where(
                or_(
                    RecordingRow.ticket_number == ticket,
                    RecordingRow.linkedid
                    == select(TicketRow.linkedid).where(TicketRow.number == ticket).scalar_subquery(),
                ),
                RecordingRow.purpose != Purpose.BRIEFING,
            )
            .order_by(RecordingRow.id)
        )
        said = [said for row in self._session.execute(query) for said in row]
        self._session.execute(
            update(TicketRow)
            .where(TicketRow.number == ticket)
            .values(heard=cast(search_vector(said), TSVECTOR) if any(said) else None)
        )

    def not_yet_found(self, after: int, limit: int) -> tuple[dict[str, bool], int | None]:
        """Of the next recordings behind the id `after`: tickets that are not found by what is said in them, with
        whether anybody corrected it; and the last id, None when there are no more."""
        ids = select(RecordingRow.id).where(RecordingRow.id > after).order_by(RecordingRow.id).limit(limit)
        last = self._session.scalar(select(func.max(ids.subquery().c.id)))
        if last is None:
            return {}, None
        query = (
            select(TicketRow.number, func.bool_or(TranscriptRow.corrected_text.is_not(None)))
            .join(
                RecordingRow,
                or_(
                    RecordingRow.ticket_number == TicketRow.number,
                    RecordingRow.linkedid == TicketRow.linkedid,
                ),
            )
            .join(TranscriptRow, TranscriptRow.recording_id == RecordingRow.id)
            .where(
                RecordingRow.id > after,
                RecordingRow.id <= last,
                RecordingRow.purpose != Purpose.BRIEFING,
                TicketRow.heard.is_(None),
                or_(TranscriptRow.text != "", TranscriptRow.corrected_text.is_not(None)),
            )
            .group_by(TicketRow.number)
            .order_by(TicketRow.number)
        )
        return {number: corrected for number, corrected in self._session.execute(query)}, last

    def _forget_parts(self, recording_id: int) -> None:
        self._session.execute(delete(TranscriptPartRow).where(TranscriptPartRow.recording_id == recording_id))

    def _change(self, recording_id: int, **values: object) -> None:
        self._session.execute(
            update(TranscriptRow).where(TranscriptRow.recording_id == recording_id).values(**values)
        )


def _ready(now: datetime) -> Any:
    return and_(
        TranscriptRow.state == TranscriptState.PENDING,
        or_(TranscriptRow.retry_at.is_(None), TranscriptRow.retry_at <= now),
    )


def _part(row: TranscriptPartRow) -> SpokenPart:
    data = row.data
    return SpokenPart(
        start_s=row.start_s,
        end_s=row.end_s,
        text=data["text"],
        words=tuple(SpokenWord(**word) for word in data["words"]),
        engine=data["engine"],
        model=data["model"],
        language=data["language"],
        cause=Cause(data["cause"]) if data["cause"] else None,
        detail=data["detail"],
        remarks=tuple(Remark(remark) for remark in data["remarks"]),
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
        corrected_at=transcript.corrected_at,
        version=transcript.version,
        cause=Cause(transcript.cause) if transcript.cause else None,
        remarks=tuple(Remark(remark) for remark in transcript.remarks),
        spoken=transcript.spoken,
        failures=transcript.failures,
        done_s=transcript.done_s,
        total_s=transcript.total_s,
        asked=Asked(language=transcript.asked_language, engine=transcript.asked_engine),
    )
