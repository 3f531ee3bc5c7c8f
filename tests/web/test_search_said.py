"""Tickets are found by what was said in their recordings, by those alone who may hear it."""

from __future__ import annotations

import pytest
from sqlalchemy import cast, update
from sqlalchemy.dialects.postgresql import TSVECTOR
from starlette.testclient import TestClient

from callcenter.db.tickets import TicketRow
from callcenter.domain.search import search_vector
from callcenter.domain.transcripts import Asked, Cause, Purpose, RecordedFile, SpokenPart
from callcenter.services import transcripts
from callcenter.services.earlier_texts import find_earlier_texts
from callcenter.services.ticket_forms import DETAILS_LIMIT
from callcenter.services.tickets import correct_transcript
from tests.conftest import UowFactory
from tests.support.desk import LI, NOW, WANG, Desk
from tests.support.web_fixtures import Browser
from tests.web.test_policy_pages import bearer
from tests.web.test_today import opened

SAID = "我的学费发票没有收到，电话是13811112222"


def said(make: UowFactory, number: str, text: str = SAID) -> int:
    """A message of the ticket, transcribed."""
    file = RecordedFile(
        linkedid=f"said-{number}",
        path=f"said-{number}.wav",
        purpose=Purpose.MESSAGE,
        language="zh",
        created_at=NOW,
        ticket=number,
    )
    part = SpokenPart(
        start_s=0, end_s=9, text=text, words=(), engine="whisper", model="whisper-base", language="zh"
    )
    with make() as uow:
        recording_id = transcripts.add_recording(uow, file)
        transcripts.begin_transcription(uow, recording_id, now=NOW)
        transcripts.record_transcript(uow, recording_id, part, total_s=9, now=NOW)
        uow.commit()
    return recording_id


@pytest.fixture
def hers(uow_factory: UowFactory) -> str:
    """A ticket of 102's, with a message."""
    number = opened(uow_factory, owner=LI, details="鱼缸漏水").number
    said(uow_factory, number)
    return number


def found(browser: Browser, number: str, q: str) -> bool:
    return f'href="/tickets/{number}"' in browser.text(f"/tickets?view=all&q={q}")


@pytest.mark.parametrize("extension", ["102", "104"])
def test_who_may_hear_it_finds_it(browser: Browser, hers: str, extension: str) -> None:
    browser.log_in(extension)
    assert found(browser, hers, "学费发票")
    assert "Found in what was said" in browser.text("/tickets?view=all&q=学费发票")
    assert found(browser, hers, "鱼缸 发票")
    assert "Found in what was said" not in browser.text("/tickets?view=all&q=鱼缸")
    assert not found(browser, hers, "鱼缸 书架")


@pytest.mark.rule("T31")
def test_who_may_not_hear_it_does_not_find_it(
    browser: Browser, client: TestClient, desk: Desk, uow_factory: UowFactory, hers: str
) -> None:
    with uow_factory() as uow:
        correct_transcript(uow, hers, "我的学费收据没有收到", LI, NOW)
        uow.commit()
    browser.log_in("101")
    for q in ("学费", "发票", "收据", "138", "13811112222", "鱼缸 发票"):
        assert not found(browser, hers, q), q
    assert found(browser, hers, "鱼缸")
    for token, seen in ((desk.staff_token, False), (desk.manager_token, True)):
        answer = client.get("/api/v1/tickets?q=收据", headers=bearer(token)).json()
        assert [item["number"] for item in answer["items"]] == ([hers] if seen else [])


def test_a_correction_is_found_beside_the_machines_words(
    browser: Browser, uow_factory: UowFactory, hers: str
) -> None:
    with uow_factory() as uow:
        correct_transcript(uow, hers, "我的学费收据没有收到", LI, NOW)
        uow.commit()
    browser.log_in("102")
    assert found(browser, hers, "收据")
    assert found(browser, hers, "发票")


@pytest.mark.parametrize("text", ["收据\x07" + "没有收到" * 6000, " \x07 "])
def test_a_correction_is_kept_as_the_log_has_it(uow_factory: UowFactory, hers: str, text: str) -> None:
    with uow_factory() as uow:
        correct_transcript(uow, hers, text, LI, NOW)
        uow.commit()
    with uow_factory() as uow:
        stored = uow.transcripts.of_ticket(hers)
        logged = [
            event.data["text"] for event in uow.tickets.events(hers) if event.kind == "transcript_corrected"
        ]
        assert stored is not None
        assert logged == ([stored.corrected] if stored.corrected else [])
        assert len(stored.corrected or "") <= DETAILS_LIMIT


def test_a_text_that_was_there_before_its_ticket(browser: Browser, uow_factory: UowFactory) -> None:
    number = opened(uow_factory, owner=WANG, details="鱼缸漏水").number
    said(uow_factory, "none-yet")
    with uow_factory() as uow:
        recording = uow.transcripts.of_call("said-none-yet")[0].recording
        assert recording.ticket == "none-yet"
        late = RecordedFile(
            linkedid="late", path="late.wav", purpose=Purpose.MESSAGE, language="zh", created_at=NOW
        )
        recording_id = transcripts.add_recording(uow, late)
        transcripts.begin_transcription(uow, recording_id, now=NOW)
        part = SpokenPart(
            start_s=0, end_s=9, text="钥匙丢了", words=(), engine="whisper", model="base", language="zh"
        )
        transcripts.record_transcript(uow, recording_id, part, total_s=9, now=NOW)
        transcripts.add_recording(
            uow,
            RecordedFile(
                linkedid="late",
                path="late.wav",
                purpose=Purpose.MESSAGE,
                language="zh",
                created_at=NOW,
                ticket=number,
            ),
        )
        uow.commit()
    browser.log_in("101")
    assert found(browser, number, "钥匙")


def test_texts_from_before_are_found_once_the_worker_has_gone_through_them(
    browser: Browser, client: TestClient, desk: Desk, uow_factory: UowFactory, hers: str
) -> None:
    mute = opened(uow_factory, owner=LI, details="没有录音").number
    with uow_factory() as uow:
        correct_transcript(uow, hers, "我的学费收据没有收到", LI, NOW)
        # as it was before the words of recordings were kept apart
        uow.session.execute(
            update(TicketRow)
            .where(TicketRow.number == hers)
            .values(heard=None, words=cast(search_vector(["鱼缸漏水", "学费收据"]), TSVECTOR))
        )
        uow.commit()
    browser.log_in("102")
    assert not found(browser, hers, "发票")

    after: int | None = 0
    rounds = 0
    while after is not None:
        with uow_factory() as uow:
            after = find_earlier_texts(uow, after, NOW)
            uow.commit()
        rounds += 1
    assert rounds == 2, "a batch, and the word that there are no more"
    assert found(browser, hers, "发票")
    assert found(browser, hers, "收据")
    assert found(browser, mute, "录音")
    with uow_factory() as uow:
        assert uow.transcripts.not_yet_found(0, 10)[0] == {}
    answer = client.get("/api/v1/tickets?q=收据", headers=bearer(desk.staff_token)).json()
    assert answer["items"] == []


def test_what_is_kept_of_a_failed_recording_is_found_until_it_is_transcribed_anew(
    browser: Browser, uow_factory: UowFactory
) -> None:
    number = opened(uow_factory, owner=LI, details="鱼缸漏水").number
    file = RecordedFile(
        linkedid="long",
        path="long.wav",
        purpose=Purpose.MESSAGE,
        language="zh",
        created_at=NOW,
        ticket=number,
    )
    part = SpokenPart(
        start_s=0, end_s=60, text="钥匙丢了", words=(), engine="whisper", model="base", language="zh"
    )
    with uow_factory() as uow:
        recording_id = transcripts.add_recording(uow, file)
        transcripts.begin_transcription(uow, recording_id, now=NOW)
        transcripts.record_part(uow, recording_id, part, total_s=120, now=NOW)
        transcripts.begin_transcription(uow, recording_id, now=NOW)
        transcripts.record_failure(uow, recording_id, cause=Cause.UNREADABLE, reason="", now=NOW)
        uow.commit()
    browser.log_in("102")
    assert found(browser, number, "钥匙")
    with uow_factory() as uow:
        transcripts.transcribe_again(uow, recording_id, Asked(), NOW)
        uow.commit()
    assert not found(browser, number, "钥匙")
