"""A message on its ticket's page and in the API: why there is no text, what people made of it, once again."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from callcenter.domain.transcripts import (
    TELLING,
    Asked,
    Cause,
    Purpose,
    RecordedFile,
    Remark,
    SpokenPart,
    TranscriptState,
)
from callcenter.services import transcripts
from tests.conftest import UowFactory
from tests.support.desk import LI, NOW, WANG, Desk
from tests.support.web_fixtures import Browser
from tests.web.test_api import Api
from tests.web.test_policy_pages import bearer
from tests.web.test_today import opened
from web import labels


@pytest.fixture
def number(uow_factory: UowFactory) -> str:
    """A ticket of 101's with a message that nobody has transcribed."""
    ticket = opened(uow_factory, owner=WANG, phone="13511112222").number
    file = RecordedFile(
        linkedid="1.9",
        path="9.wav",
        purpose=Purpose.MESSAGE,
        language="zh",
        created_at=NOW,
        ticket=ticket,
        seconds=9,
    )
    with uow_factory() as uow:
        transcripts.add_recording(uow, file)
        ticket_row = uow.tickets.lock(ticket)
        assert ticket_row is not None
        uow.commit()
    return ticket


def message_of(make: UowFactory, number: str) -> int:
    with make() as uow:
        found = uow.transcripts.of_ticket(number)
    assert found is not None
    return found.recording_id


def heard(
    make: UowFactory,
    number: str,
    text: str = "",
    *,
    cause: Cause | None = None,
    remarks: tuple[Remark, ...] = (),
) -> None:
    part = SpokenPart(
        start_s=0,
        end_s=9,
        text=text,
        words=(),
        engine="whisper",
        model="whisper-base",
        language="zh",
        cause=cause,
        remarks=remarks,
    )
    recording_id = message_of(make, number)
    with make() as uow:
        transcripts.begin_transcription(uow, recording_id, now=NOW)
        transcripts.record_transcript(uow, recording_id, part, total_s=9, now=NOW)
        uow.commit()


def test_every_cause_and_remark_has_words() -> None:
    assert set(labels.CAUSES) == set(Cause)
    assert set(labels.REMARKS) == set(Remark)


@pytest.fixture
def manager(client: TestClient, desk: Desk) -> Api:
    return Api(client, desk.manager_token)


@pytest.mark.parametrize("cause", TELLING)
def test_why_a_message_is_empty(manager: Api, uow_factory: UowFactory, number: str, cause: Cause) -> None:
    heard(uow_factory, number, cause=cause)
    told = manager.get(f"/tickets/{number}/transcript")
    assert (told["state"], told["text"], told["cause"]) == ("empty", None, cause)


def test_corrections_are_kept_all_of_them_and_one_can_go_back(
    client: TestClient, manager: Api, uow_factory: UowFactory, number: str
) -> None:
    heard(uow_factory, number, "我要发飘", remarks=(Remark.CLIPPED,))
    for actor, text, version in (("101", "我要发票", 0), ("101", "我要一张发票", 1)):
        manager.act(number, "transcript", actor=actor, text=text, version=version)
    told = manager.get(f"/tickets/{number}/transcript")
    assert (told["text"], told["machine_text"], told["version"]) == ("我要一张发票", "我要发飘", 2)
    assert told["remarks"] == ["clipped"]
    manager.refused(
        409, "POST", f"/tickets/{number}/transcript", json={"actor": "101", "text": "x", "version": 1}
    )
    manager.act(number, "transcript-back", actor="101")
    told = manager.get(f"/tickets/{number}/transcript")
    assert (told["text"], told["machine_text"], told["version"]) == ("我要发飘", "我要发飘", 3)
    kept = [(each["text"], each["by"]) for each in told["corrections"]]
    assert kept == [("我要发票", "101"), ("我要一张发票", "101"), (None, "101")]


def test_a_number_that_was_said_never_becomes_the_number_to_call(
    manager: Api, uow_factory: UowFactory, number: str
) -> None:
    heard(uow_factory, number, "请打13899998888")
    manager.act(number, "transcript", actor="101", text="请打 13877776666")
    told = manager.get(f"/tickets/{number}")
    assert told["contact"]["phone"] == "13511112222"


def test_once_again_in_another_language(manager: Api, uow_factory: UowFactory, number: str) -> None:
    heard(uow_factory, number, "我要发飘")
    manager.act(number, "transcript-again", actor="101", language="en", engine="whisper")
    with uow_factory() as uow:
        found = uow.transcripts.of_ticket(number)
        assert found is not None
        assert (found.state, found.text, found.asked) == (
            TranscriptState.PENDING,
            "",
            Asked(language="en", engine="whisper"),
        )
        assert found.recording_id in transcripts.pending_recordings(uow, now=NOW, languages=())


def test_words_are_not_for_those_who_may_not_hear_them(
    client: TestClient, desk: Desk, uow_factory: UowFactory, number: str
) -> None:
    heard(uow_factory, number, "我要发票")
    answer = client.get(f"/api/v1/tickets/{number}", headers=bearer(desk.staff_token)).json()
    assert (answer["transcript"]["state"], answer["transcript"]["text"]) == ("done", None)
    assert LI.extension not in str(answer["owner"])


def test_the_page_shows_progress_while_it_is_written(
    browser: Browser, uow_factory: UowFactory, number: str
) -> None:
    recording_id = message_of(uow_factory, number)
    part = SpokenPart(
        start_s=0, end_s=60, text="你好", words=(), engine="whisper", model="whisper-base", language="zh"
    )
    with uow_factory() as uow:
        transcripts.begin_transcription(uow, recording_id, now=NOW)
        assert transcripts.record_part(uow, recording_id, part, total_s=240, now=NOW)
        uow.commit()
    browser.log_in("101")
    text = browser.text(f"/recordings/{recording_id}/progress")
    assert "25 % of the recording is written" in text
    assert "你好" not in text
    browser.client.cookies.clear()
    browser.log_in("102")
    assert browser.client.get(f"/recordings/{recording_id}/progress").status_code == 403


def test_the_page_shows_remarks_reasons_and_every_text_there_was(
    browser: Browser, desk: Desk, uow_factory: UowFactory
) -> None:
    number = desk.tickets["unowned"]
    recording_id = message_of(uow_factory, number)
    with uow_factory() as uow:
        transcripts.transcribe_again(uow, recording_id, Asked(), NOW)
        uow.commit()
    heard(uow_factory, number, "我要发飘", remarks=(Remark.CLIPPED, Remark.SOUNDS_LIKE_ZH))
    browser.log_in("104")
    browser.post(f"/tickets/{number}/transcript", text="我要发票", version="0")
    text = browser.text(f"/tickets/{number}")
    for shown in (
        "The voice is distorted",
        "It sounds like Chinese",
        "Earlier texts",
        "我要发票",
        "我要发飘",
    ):
        assert shown in text, shown
    fields = {"text": "我也改了", "version": "0", "csrf_token": browser.csrf}
    late = browser.client.post(f"/tickets/{number}/transcript", data=fields)
    assert late.status_code == 409
    assert "我也改了" in late.text
    assert browser.post(f"/tickets/{number}/transcript-back").endswith("done=restored")
    assert "Back to the machine's text" in browser.text(f"/tickets/{number}")
    assert browser.post(f"/tickets/{number}/transcript-again", language="en").endswith("done=again")
    heard(uow_factory, number, cause=Cause.FAX)
    assert "A fax machine called." in browser.text(f"/tickets/{number}")
    browser.client.cookies.clear()
    assert "来电的是传真机" in browser.log_in("104", "zh").text(f"/tickets/{number}")
