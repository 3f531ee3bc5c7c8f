"""Recordings and their transcripts in the database: states, tries, what is due; one job from row to row."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from callcenter.db import heartbeat
from callcenter.domain.transcripts import (
    ATTEMPTS,
    Cause,
    Purpose,
    RecordedFile,
    SpokenWord,
    StoredTranscript,
    TranscriptState,
)
from callcenter.services import transcripts as use_cases
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.support.recognisers import FakeRecogniser
from transcripts.engine import Recogniser
from transcripts.errors import EngineFailed, ModelMissing
from transcripts.listening import Heard, Request, listen
from transcripts.task import transcribe_recording

VOICES = Path(__file__).parents[1] / "voices"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def _file(path: str = "a.wav", *, ticket: str | None = "261123-1-001", language: str = "zh") -> RecordedFile:
    return RecordedFile(
        linkedid="1763863200.1",
        path=path,
        purpose=Purpose.MESSAGE,
        language=language,
        created_at=NOW,
        ticket=ticket,
        seconds=10.2,
    )


def _add(uow_factory: UowFactory, recording: RecordedFile) -> int:
    with uow_factory() as uow:
        recording_id = use_cases.add_recording(uow, recording)
        uow.commit()
    return recording_id


def _get(uow_factory: UowFactory, recording_id: int) -> StoredTranscript:
    with uow_factory() as uow:
        found = uow.transcripts.get(recording_id)
    assert found is not None
    return found


def _due(uow_factory: UowFactory, now: datetime = NOW, *languages: str) -> list[int]:
    with uow_factory() as uow:
        return list(use_cases.pending_recordings(uow, now=now, languages=languages))


def test_a_new_recording_is_pending_and_due(uow_factory: UowFactory) -> None:
    recording_id = _add(uow_factory, _file())
    found = _get(uow_factory, recording_id)
    assert (found.state, found.text, found.attempts) == (TranscriptState.PENDING, "", 0)
    assert found.recording == _file()
    assert _due(uow_factory) == [recording_id]


def test_the_same_recording_again_fills_in_what_was_unknown(uow_factory: UowFactory) -> None:
    first = _add(uow_factory, _file(ticket=None))
    assert _add(uow_factory, _file()) == first
    assert _add(uow_factory, _file(ticket=None)) == first
    assert _get(uow_factory, first).recording.ticket == "261123-1-001"


def _run(
    uow_factory: UowFactory,
    settings: Settings,
    recording_id: int,
    recogniser: Recogniser | None,
    at: datetime = NOW,
) -> StoredTranscript:
    def choose(language: str) -> Recogniser:
        if recogniser is None:
            raise ModelMissing
        return recogniser

    def hear(request: Request) -> Heard:
        return listen(settings, request, choose)

    transcribe_recording(
        recording_id, units=uow_factory, recordings=settings.recordings, listen=hear, now=lambda: at
    )
    return _get(uow_factory, recording_id)


@pytest.fixture
def spoken(settings: Settings, uow_factory: UowFactory) -> int:
    """A recording whose file is there."""
    settings.recordings.mkdir()
    shutil.copy(VOICES / "zh-message-02.wav", settings.recordings / "a.wav")
    return _add(uow_factory, _file())


def test_a_job_stores_text_and_words(uow_factory: UowFactory, settings: Settings, spoken: int) -> None:
    found = _run(uow_factory, settings, spoken, FakeRecogniser("没有收到发票"))
    assert (found.state, found.text, found.engine, found.model) == (
        TranscriptState.DONE,
        "没有收到发票",
        "fake",
        "none",
    )
    assert found.words == (SpokenWord(word="没有收到发票", start_s=0, end_s=10.177, confidence=1),)
    assert _due(uow_factory) == []


def test_a_job_that_is_done_is_not_done_again(
    uow_factory: UowFactory, settings: Settings, spoken: int
) -> None:
    recogniser = FakeRecogniser("发票")
    for _ in range(2):
        _run(uow_factory, settings, spoken, recogniser)
    assert recogniser.heard == 1


def test_nothing_understood_is_empty(uow_factory: UowFactory, settings: Settings, spoken: int) -> None:
    assert _run(uow_factory, settings, spoken, FakeRecogniser("")).state is TranscriptState.EMPTY
    assert _due(uow_factory) == []


def test_without_a_model_it_waits_for_one_and_loses_no_try(
    uow_factory: UowFactory, settings: Settings, spoken: int
) -> None:
    found = _run(uow_factory, settings, spoken, None)
    assert (found.state, found.attempts) == (TranscriptState.FAILED, 0)
    assert "shouwen models get" in (found.reason or "")
    assert _due(uow_factory, NOW + timedelta(days=30)) == []
    assert _due(uow_factory, NOW, "en") == []
    assert _due(uow_factory, NOW, "zh") == [spoken]
    assert _run(uow_factory, settings, spoken, FakeRecogniser("发票")).state is TranscriptState.DONE


@pytest.mark.parametrize("error", [EngineFailed("the server is away"), ZeroDivisionError()])
def test_a_failing_engine_is_tried_once_more_elsewhere_and_then_it_has_failed(
    uow_factory: UowFactory, settings: Settings, spoken: int, error: Exception
) -> None:
    found = _run(uow_factory, settings, spoken, FakeRecogniser(error=error))
    assert found.state is TranscriptState.PENDING
    assert _due(uow_factory, NOW + timedelta(seconds=9)) == []
    later = NOW + timedelta(seconds=10)
    assert _due(uow_factory, later) == [spoken]
    asked: list[Request] = []

    def fails(request: Request) -> Heard:
        asked.append(request)
        raise error

    transcribe_recording(
        spoken, units=uow_factory, recordings=settings.recordings, listen=fails, now=lambda: later
    )
    assert [request.elsewhere for request in asked] == [True]
    found = _get(uow_factory, spoken)
    assert (found.state, found.failures, found.cause) == (TranscriptState.FAILED, 2, Cause.ENGINE_FAILED)
    assert found.reason
    assert _due(uow_factory, later + timedelta(days=30), "zh") == []


def test_a_recording_that_kills_the_worker_each_time_ends_as_failed(
    uow_factory: UowFactory, spoken: int
) -> None:
    """Each try is counted before it begins; the sixth does not begin."""
    for number in range(ATTEMPTS + 1):
        with uow_factory() as uow:
            begun = use_cases.begin_transcription(uow, spoken, now=NOW)
            uow.commit()
        assert (begun is None) == (number == ATTEMPTS)
    assert _get(uow_factory, spoken).state is TranscriptState.FAILED


def test_a_file_that_is_gone(uow_factory: UowFactory, settings: Settings) -> None:
    settings.recordings.mkdir()
    gone = _add(uow_factory, _file("gone.wav"))
    found = _run(uow_factory, settings, gone, FakeRecogniser("x"))
    assert (found.state, found.cause, found.reason) == (
        TranscriptState.PENDING,
        Cause.FILE_MISSING,
        "the sound file cannot be read: No such file or directory",
    )
    assert _run(uow_factory, settings, gone, FakeRecogniser("x")).state is TranscriptState.FAILED


def test_a_recording_that_is_gone(uow_factory: UowFactory, settings: Settings) -> None:
    def hear(request: Request) -> Heard:
        raise AssertionError

    transcribe_recording(404, units=uow_factory, recordings=settings.recordings, listen=hear)


def test_a_correction_stands_beside_the_machines_words(
    uow_factory: UowFactory, settings: Settings, spoken: int
) -> None:
    _run(uow_factory, settings, spoken, FakeRecogniser("发飘"))
    with uow_factory() as uow:
        use_cases.correct_transcript(uow, spoken, text="发票", by="101", now=NOW)
        uow.commit()
    found = _get(uow_factory, spoken)
    assert (found.text, found.corrected, found.corrected_by, found.reading) == ("发飘", "发票", "101", "发票")


def test_a_ticket_shows_its_newest_message(uow_factory: UowFactory) -> None:
    _add(uow_factory, _file("1.wav"))
    newest = _add(uow_factory, _file("2.wav"))
    with uow_factory() as uow:
        uow.transcripts.add(_briefing())
        found = uow.transcripts.of_ticket("261123-1-001")
        assert found is not None
        assert found.recording_id == newest
        assert uow.transcripts.of_tickets(["none"]) == {}
        assert [entry.recording.path for entry in uow.transcripts.of_call("1763863200.1")] == [
            "1.wav",
            "2.wav",
            "b.wav",
        ]


def _briefing() -> RecordedFile:
    return RecordedFile(
        linkedid="1763863200.1", path="b.wav", purpose=Purpose.BRIEFING, language="zh", created_at=NOW
    )


def test_signs_of_life(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        assert heartbeat.age_s(uow.session, "worker") is None
        heartbeat.beat(uow.session, "worker", 1)
        heartbeat.beat(uow.session, "worker", 1)
        age_s = heartbeat.age_s(uow.session, "worker")
    assert age_s is not None
    assert 0 <= age_s < heartbeat.ALIVE_S


def test_listeners_hear_of_a_transcript(uow_factory: UowFactory, settings: Settings, spoken: int) -> None:
    url = make_url(str(settings.database_url)).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as listener:
        listener.execute("LISTEN shouwen_calls")
        listener.execute("LISTEN shouwen_tickets")
        _run(uow_factory, settings, spoken, FakeRecogniser("发票"))
        told = [(note.channel, note.payload) for note in listener.notifies(timeout=10, stop_after=2)]
    assert sorted(told) == [("shouwen_calls", "1763863200.1"), ("shouwen_tickets", "261123-1-001")]
