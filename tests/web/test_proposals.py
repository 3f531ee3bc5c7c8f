"""Proposals from a message in the form of its ticket: beside the field, taken over by a press, never by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from callcenter.db.transcripts import TranscriptRow
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.proposals import Proposal, Source
from callcenter.domain.transcripts import Purpose, RecordedFile, SpokenWord
from callcenter.services import tickets, transcripts
from callcenter.services.proposals import Asked
from callcenter.settings import Settings
from tests.polling import until
from tests.support.desk import NOW, Desk
from tests.support.web_fixtures import Browser, HandClock, Parts
from web.app import create_app
from web.proposing import Asking

Units = Callable[[], SqlUnitOfWork]
WORDS = (
    "你好，|我|是|七号楼|的|张雨晴。|我|要|投诉，|请|在|周五|之前|给我|回复。|电话|幺三八零零幺三八零零零。"
)


def spoken(unsure: str = "") -> tuple[SpokenWord, ...]:
    return tuple(
        SpokenWord(
            word=word, start_s=float(place), end_s=place + 0.9, confidence=0.3 if word == unsure else 0.9
        )
        for place, word in enumerate(WORDS.split("|"))
    )


def leave_message(units: Units, desk: Desk, *, done: bool = True, unsure: str = "") -> tuple[str, int]:
    """A message in the call that 101 has now, whose ticket is registering: number and recording."""
    number = desk.tickets["talking"]
    with units() as work:
        recording = transcripts.add_recording(
            work,
            RecordedFile(
                linkedid=desk.calls["talking"],
                path="proposed.wav",
                purpose=Purpose.MESSAGE,
                language="zh",
                created_at=NOW - timedelta(minutes=1),
                ticket=number,
                seconds=17.0,
            ),
        )
        work.commit()
    if done:
        understand(units, recording, unsure=unsure)
    return number, recording


def understand(units: Units, recording: int, *, unsure: str = "") -> None:
    """The row of a transcript as the worker leaves it."""
    with units() as work:
        work.session.execute(
            update(TranscriptRow)
            .where(TranscriptRow.recording_id == recording)
            .values(
                state="done",
                text=WORDS.replace("|", ""),
                engine="whisper",
                model="base",
                words=[asdict(word) for word in spoken(unsure)],
            )
        )
        work.commit()


def slot(page: str, field: str) -> str:
    """The part of the page with the proposal of a field, as text."""
    found = re.search(
        rf'<div class="proposal-slot" id="proposal-{field}">(.*?)</div>\s*</div>', page, re.DOTALL
    )
    assert found, field
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", found[1])).strip()


FORM = {
    "kind": "inquiry",
    "complexity": "normal",
    "contact_name": "",
    "contact_phone": "13200132007",
    "details": "热水",
    "wished_reply": "",
}


def press(browser: Browser, number: str, take: str, **fields: str) -> str:
    answer = browser.client.post(
        f"/tickets/{number}/proposals", data={**FORM, "csrf_token": browser.csrf, "take": take, **fields}
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def value_of(page: str, field: str) -> str:
    found = re.search(rf'id="{field}" name="{field}" value="([^"]*)"', page)
    assert found
    return found[1]


def chosen(page: str, field: str) -> str:
    found = re.search(rf'<select[^>]* name="{field}".*?</select>', page, re.DOTALL)
    assert found
    selected = re.search(r'value="([^"]*)" selected', found[0])
    return selected[1] if selected else ""


@pytest.fixture
def message(uow_factory: Units, desk: Desk, browser: Browser) -> tuple[str, int]:
    browser.log_in()
    return leave_message(uow_factory, desk)


def test_a_message_is_read_in_the_language_that_was_spoken(
    browser: Browser, uow_factory: Units, desk: Desk
) -> None:
    number, recording = leave_message(uow_factory, desk)
    with uow_factory() as work:
        values = {"text": "Hello, my name is Peter Brown.", "spoken": "en", "words": []}
        work.session.execute(
            update(TranscriptRow).where(TranscriptRow.recording_id == recording).values(values)
        )
        work.commit()
    browser.log_in()
    page = press(browser, number, "nothing")
    assert "Peter Brown" in slot(page, "contact_name")
    assert re.search(r'<q lang="en">[^<]*my name is Peter Brown', page)


@pytest.mark.rule("H30")
def test_proposals_stand_beside_the_fields_with_the_words_they_come_from(
    browser: Browser, message: tuple[str, int]
) -> None:
    number, recording = message
    page = press(browser, number, "nothing")
    name = slot(page, "contact_name")
    assert "Proposal" in name
    assert "张雨晴" in name
    assert "我是七号楼的张雨晴" in name
    assert "Written as it sounds" in name
    assert f'href="/recordings/{recording}#t=1.0" data-at="1.0"' in page
    assert "Complaint" in slot(page, "kind")
    assert "我要投诉" in slot(page, "kind")
    assert "This week" in slot(page, "wished_reply")
    assert "周五之前给我回复" in slot(page, "wished_reply")
    assert "Take over all proposals (3)" in page
    assert value_of(page, "contact_name") == "", "nothing is filled in by itself"
    assert (chosen(page, "kind"), chosen(page, "wished_reply")) == ("inquiry", "")


def test_a_press_takes_one_over_and_saves_nothing(
    browser: Browser, message: tuple[str, int], uow_factory: Units
) -> None:
    number, _ = message
    page = press(browser, number, "contact_name", details="只改了这里")
    assert value_of(page, "contact_name") == "张雨晴"
    assert "autofocus" in page
    assert "Taken over, not saved yet." in slot(page, "contact_name")
    assert "只改了这里" in page, "what was typed stays"
    assert chosen(page, "kind") == "inquiry"
    with uow_factory() as work:
        ticket = work.tickets.get(number)
        assert ticket is not None
        assert ticket.contact_name == "孙女士"
        assert ticket.form_saved_at is None


def test_one_press_takes_all_over_into_the_empty_fields(browser: Browser, message: tuple[str, int]) -> None:
    number, _ = message
    page = press(browser, number, "all")
    assert value_of(page, "contact_name") == "张雨晴"
    assert (chosen(page, "kind"), chosen(page, "wished_reply")) == ("complaint", "this_week")
    assert value_of(page, "contact_phone") == "13200132007", "a number is never proposed"
    assert "周五之前给我回复" in slot(page, "wished_reply"), "the words of the wish stay beside it"


def test_nothing_is_put_over_what_a_person_entered(browser: Browser, message: tuple[str, int]) -> None:
    number, _ = message
    mine = {"contact_name": "李四", "kind": "suggestion", "wished_reply": "today"}
    page = press(browser, number, "all", **mine)
    assert value_of(page, "contact_name") == "李四"
    assert (chosen(page, "kind"), chosen(page, "wished_reply")) == ("suggestion", "today")
    page = press(browser, number, "contact_name", **mine)
    assert value_of(page, "contact_name") == "李四"
    assert "Empty it first" in page


def test_what_staff_saved_gets_no_proposals(browser: Browser, message: tuple[str, int]) -> None:
    number, _ = message
    browser.post(
        f"/tickets/{number}/form",
        **{**FORM, "contact_name": "李四", "wished_reply": "today", "version": "1"},
    )
    page = browser.text(f"/tickets/{number}")
    assert "Take over" not in page


def test_a_doubtful_word_is_said_to_be(browser: Browser, uow_factory: Units, desk: Desk) -> None:
    browser.log_in()
    number, _ = leave_message(uow_factory, desk, unsure="张雨晴。")
    page = press(browser, number, "nothing")
    assert "Not heard clearly" in slot(page, "contact_name")
    assert "Not heard clearly" not in slot(page, "kind")


def test_a_persons_correction_is_read_instead(
    browser: Browser, message: tuple[str, int], uow_factory: Units
) -> None:
    number, recording = message
    with uow_factory() as work:
        transcripts.correct_transcript(work, recording, text="我叫张语晴，想咨询。", by="101", now=NOW)
        work.commit()
    page = press(browser, number, "nothing")
    assert "张语晴" in slot(page, "contact_name")
    assert "Proposal" not in slot(page, "kind"), "the form has this kind already"


def test_the_page_waits_for_the_transcript_and_no_longer(
    browser: Browser, uow_factory: Units, desk: Desk
) -> None:
    browser.log_in()
    number, recording = leave_message(uow_factory, desk, done=False)
    page = browser.text(f"/tickets/{number}")
    assert 'hx-trigger="every 3s"' in page
    assert browser.client.get(f"/tickets/{number}/proposals").status_code == 200
    understand(uow_factory, recording)
    answer = browser.client.get(f"/tickets/{number}/proposals")
    assert answer.status_code == 286
    assert "this_week" not in answer.text
    assert "This week" in slot(answer.text, "wished_reply")
    assert 'hx-trigger="every 3s"' not in browser.text(f"/tickets/{number}")


def test_enter_in_a_field_saves_and_takes_nothing_over(browser: Browser, message: tuple[str, int]) -> None:
    page = browser.text(f"/tickets/{message[0]}")
    form = page[page.index(f'action="/tickets/{message[0]}/form"') :]
    first = re.search(r"<button[^>]*>", form)
    assert first
    assert "formaction" not in first[0]


@pytest.mark.rule("T31")
def test_whoever_may_not_hear_the_message_sees_no_proposal(
    browser: Browser, uow_factory: Units, desk: Desk
) -> None:
    number, _ = leave_message(uow_factory, desk)
    browser.log_in("103")
    assert "张雨晴" not in browser.text(f"/tickets/{number}")
    assert browser.client.get(f"/tickets/{number}/proposals").status_code == 403
    answer = browser.client.post(
        f"/tickets/{number}/proposals", data={**FORM, "csrf_token": browser.csrf, "take": "all"}
    )
    assert answer.status_code == 403
    assert "张雨晴" not in answer.text


def test_the_form_needs_its_token(browser: Browser, message: tuple[str, int]) -> None:
    assert browser.client.post(f"/tickets/{message[0]}/proposals", data={"take": "all"}).status_code == 403


def as_program(client: TestClient, token: str, number: str) -> tuple[int, dict[str, object]]:
    answer = client.get(f"/api/v1/tickets/{number}/proposals", headers={"authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()


def test_programs_read_them_too(client: TestClient, desk: Desk, uow_factory: Units) -> None:
    number, _ = leave_message(uow_factory, desk)
    status, body = as_program(client, desk.manager_token, number)
    assert status == 200
    assert body == {
        "items": [
            {
                "field": "contact_name",
                "value": "张雨晴",
                "words": "我是七号楼的张雨晴",
                "start_s": 1.0,
                "confidence": 0.9,
                "doubtful": False,
                "source": "rules",
            },
            {
                "field": "kind",
                "value": "complaint",
                "words": "我要投诉",
                "start_s": 6.0,
                "confidence": 0.9,
                "doubtful": False,
                "source": "rules",
            },
            {
                "field": "wished_reply",
                "value": "this_week",
                "words": "周五之前给我回复",
                "start_s": 11.0,
                "confidence": 0.9,
                "doubtful": False,
                "source": "rules",
            },
        ],
        "next": None,
        "complete": True,
    }
    assert as_program(client, desk.staff_token, number)[0] == 403
    assert as_program(client, desk.manager_token, "261123-1-999")[0] == 404


class Waiting:
    """A proposer that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.may_answer = False

    def propose(self, asked: Asked) -> tuple[Proposal, ...]:
        self.asked.append(asked)
        until(lambda: self.may_answer)
        return (
            Proposal(
                field="contact_name", value="七号楼", words="七号楼", said="七号楼", source=Source.MODEL
            ),
            Proposal(field="wished_reply", value="today", words="回复", said="回复", source=Source.MODEL),
        )


def test_a_model_is_asked_beside_the_page_and_only_for_what_the_rules_leave_open(
    settings: Settings, parts: Parts, clock: HandClock, desk: Desk, uow_factory: Units
) -> None:
    number = desk.tickets["unowned"]  # 我想问一下寒假宿舍什么时候关门: no name; the wish was keyed
    with uow_factory() as work:
        tickets.take(work, number, Person(extension="101", name="王敏"), NOW)
        work.commit()
    app, model = create_app(settings, checks=parts.checks(), clock=clock), Waiting()
    object.__setattr__(app.state.console, "asking", Asking(model))
    with TestClient(app, follow_redirects=False, headers={"accept": "text/html"}) as client:
        until(lambda: app.state.console.health.database_is_up)
        browser = Browser(client, desk).log_in()
        page = browser.text(f"/tickets/{number}")
        assert 'hx-trigger="every 3s"' in page
        model.may_answer = True
        until(lambda: client.get(f"/tickets/{number}/proposals").status_code == 286)
        page = browser.text(f"/tickets/{number}")
        assert "Proposal of the model" in slot(page, "contact_name")
        assert "Proposal" not in slot(page, "wished_reply")
        assert len(model.asked) == 1, "the answer is kept"
