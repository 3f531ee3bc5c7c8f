"""A long recording, part by part: progress, giving way, going on after a crash, failing with what is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain.transcripts import (
    Asked,
    Cause,
    Purpose,
    RecordedFile,
    Remark,
    SpokenPart,
    SpokenWord,
    StoredTranscript,
    TranscriptState,
    together,
)
from callcenter.services import transcripts as use_cases
from callcenter.settings import Settings
from tests.conftest import UowFactory
from transcripts.errors import EngineCrashed
from transcripts.listening import Heard, Request
from transcripts.task import transcribe_recording

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def add(make: UowFactory, name: str, purpose: Purpose = Purpose.CALL_BACK, language: str = "zh") -> int:
    file = RecordedFile(
        linkedid=f"1.{name}", path=f"{name}.wav", purpose=purpose, language=language, created_at=NOW
    )
    with make() as uow:
        recording_id = use_cases.add_recording(uow, file)
        uow.commit()
    return recording_id


def get(make: UowFactory, recording_id: int) -> StoredTranscript:
    with make() as uow:
        found = uow.transcripts.get(recording_id)
    assert found is not None
    return found


def part(start_s: float, text: str, language: str = "zh", cause: Cause | None = None) -> SpokenPart:
    words = (SpokenWord(word=text, start_s=start_s, end_s=start_s + 1, confidence=0.9),) if text else ()
    return SpokenPart(
        start_s=start_s,
        end_s=start_s + 60,
        text=text,
        words=words,
        engine="fake",
        model="none",
        language=language,
        cause=cause,
    )


class Minutes:
    """Hears a recording of so many minutes; `before` is called with each request and may raise."""

    def __init__(self, count: int, before: Callable[[Request], None] | None = None) -> None:
        self.asked: list[Request] = []
        self._count = count
        self._before = before

    def __call__(self, request: Request) -> Heard:
        self.asked.append(request)
        if self._before is not None:
            self._before(request)
        minute = round(request.start_s / 60)
        heard = part(request.start_s, f"第{minute}段。")
        return Heard(part=heard, total_s=60.0 * self._count, last=minute == self._count - 1)


def run(
    make: UowFactory, settings: Settings, recording_id: int, listen: Minutes, at: datetime = NOW
) -> StoredTranscript:
    transcribe_recording(
        recording_id, units=make, recordings=settings.recordings, listen=listen, now=lambda: at
    )
    return get(make, recording_id)


def test_parts_become_one_text_with_words_in_their_places(
    uow_factory: UowFactory, settings: Settings
) -> None:
    long = add(uow_factory, "long")
    seen = []
    listen = Minutes(3, lambda request: seen.append((get(uow_factory, long).done_s, request.sure)))
    found = run(uow_factory, settings, long, listen)
    assert (found.state, found.text) == (TranscriptState.DONE, "第0段。第1段。第2段。")
    assert [word.start_s for word in found.words] == [0, 60, 120]
    assert seen == [(0, False), (60, True), (120, True)]
    assert (found.done_s, found.total_s) == (180, 180)
    with uow_factory() as uow:
        assert uow.transcripts.parts(long) == []


def test_a_message_goes_before_the_rest_of_a_call(uow_factory: UowFactory, settings: Settings) -> None:
    long = add(uow_factory, "long")

    def somebody_calls(request: Request) -> None:
        if request.start_s == 0:
            add(uow_factory, "message", Purpose.MESSAGE)

    found = run(uow_factory, settings, long, Minutes(3, somebody_calls))
    assert (found.state, found.done_s, found.total_s) == (TranscriptState.PENDING, 60, 180)
    with uow_factory() as uow:
        due = list(use_cases.pending_recordings(uow, now=NOW, languages=()))
    message = due[0]
    assert due == [message, long]
    run(uow_factory, settings, message, Minutes(1))
    again = Minutes(3)
    assert run(uow_factory, settings, long, again).text == "第0段。第1段。第2段。"
    assert [request.start_s for request in again.asked] == [60, 120]


def test_messages_then_briefings_then_calls(uow_factory: UowFactory) -> None:
    call, briefing, message, later = (
        add(uow_factory, name, purpose)
        for name, purpose in (
            ("a", Purpose.CALL_BACK),
            ("b", Purpose.BRIEFING),
            ("c", Purpose.MESSAGE),
            ("d", Purpose.MESSAGE),
        )
    )
    with uow_factory() as uow:
        due = use_cases.pending_recordings(uow, now=NOW, languages=())
    assert list(due) == [message, later, briefing, call]
    assert due[message] > due[briefing] > due[call]


def test_after_a_crash_it_goes_on_from_the_last_part(uow_factory: UowFactory, settings: Settings) -> None:
    long = add(uow_factory, "long")

    def crash(request: Request) -> None:
        if request.start_s == 60 and not request.elsewhere:
            raise EngineCrashed

    found = run(uow_factory, settings, long, Minutes(3, crash))
    assert (found.state, found.done_s, found.failures) == (TranscriptState.PENDING, 60, 1)
    second = Minutes(3, crash)
    found = run(uow_factory, settings, long, second, NOW + timedelta(seconds=10))
    assert (found.state, found.text, found.failures) == (TranscriptState.DONE, "第0段。第1段。第2段。", 0)
    assert [(request.start_s, request.elsewhere) for request in second.asked] == [(60, True), (120, False)]


def test_what_is_done_is_kept_when_the_rest_fails(uow_factory: UowFactory, settings: Settings) -> None:
    long = add(uow_factory, "long")

    def crash(request: Request) -> None:
        if request.start_s == 60:
            raise EngineCrashed

    for wait_s in (0, 10):
        found = run(uow_factory, settings, long, Minutes(3, crash), NOW + timedelta(seconds=wait_s))
    assert (found.state, found.cause) == (TranscriptState.FAILED, Cause.CRASHED)
    assert (found.text, found.remarks) == ("第0段。", (Remark.PARTLY,))
    with uow_factory() as uow:
        assert use_cases.transcribe_again(uow, long, Asked(), NOW)
        uow.commit()
    assert run(uow_factory, settings, long, Minutes(3)).text == "第0段。第1段。第2段。"


def test_a_database_that_is_away_is_no_try(uow_factory: UowFactory) -> None:
    long = add(uow_factory, "long")
    for _ in range(20):
        with uow_factory() as uow:
            assert use_cases.begin_transcription(uow, long, now=NOW, counted=False) is not None
            uow.commit()
    assert get(uow_factory, long).attempts == 1


def test_what_was_under_way_when_somebody_asked_anew_does_not_count(
    uow_factory: UowFactory, settings: Settings
) -> None:
    long = add(uow_factory, "long")

    def ask(request: Request) -> None:
        with uow_factory() as uow:
            use_cases.transcribe_again(uow, long, Asked(language="en"), NOW)
            uow.commit()

    found = run(uow_factory, settings, long, Minutes(1, ask))
    assert (found.state, found.text) == (TranscriptState.PENDING, "")
    listen = Minutes(1)
    assert run(uow_factory, settings, long, listen).state is TranscriptState.DONE
    assert [(request.language, request.sure) for request in listen.asked] == [("en", True)]


@pytest.mark.parametrize(
    ("causes", "told"),
    [
        ((Cause.SILENT, Cause.NOISE, Cause.MUSIC), Cause.MUSIC),
        ((Cause.SILENT, Cause.UNINTELLIGIBLE), Cause.UNINTELLIGIBLE),
        ((Cause.NOTHING_RECORDED,), Cause.NOTHING_RECORDED),
    ],
)
def test_the_most_telling_cause_counts(causes: tuple[Cause, ...], told: Cause) -> None:
    parts = [part(60.0 * place, "", cause=cause) for place, cause in enumerate(causes)]
    assert together(parts).cause is told


def test_a_text_has_no_cause() -> None:
    whole = together([part(0, "", cause=Cause.SILENT), part(60, "Hello.", "en"), part(120, "Bye.", "en")])
    assert (whole.cause, whole.text, whole.language) == (None, "Hello. Bye.", "en")
