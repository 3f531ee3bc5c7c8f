"""Handing a caller on in the console: who may, what the desk is asked, what the pages tell of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.briefings import Refusal, TypedHandoff
from callcenter.domain.calls import CallEvent, Kind
from callcenter.services.calls import apply_events
from callcenter.services.typed_handoffs import LOST, take_handoffs
from tests.polling import until
from tests.support.desk import HOSTILE, NOW, Desk
from tests.support.web_fixtures import Browser, HandClock, Parts
from tests.web.test_api import Api

OpenWork = Callable[[], SqlUnitOfWork]
TEXT = "张女士家里热水三天没有了，已经报过一次修，请今天派人。"


@pytest.fixture
def open_work(uow_factory: OpenWork) -> OpenWork:
    """Units of work beside the console's."""
    return uow_factory


def path_of(browser: Browser) -> str:
    return f"/calls/{browser._desk.calls['talking']}"


def send(browser: Browser, path: str, **fields: str) -> Response:
    """The answer to a form."""
    return browser.client.post(path, data={"csrf_token": browser.csrf, **fields})


def take(open_work: OpenWork, decided: Refusal | int | None = 1, at: datetime = NOW) -> list[TypedHandoff]:
    """What a desk was asked for; it decides so."""
    asked: list[TypedHandoff] = []

    def decide(each: TypedHandoff) -> Refusal | int | None:
        asked.append(each)
        return decided

    with open_work() as work:
        take_handoffs(work, decide, at)
        work.commit()
    return asked


def tell(
    open_work: OpenWork, linkedid: str, *events: tuple[Kind, float, dict[str, str | int]], after: int = 0
) -> None:
    """What the desk's journal says."""
    told = [
        CallEvent(
            linkedid=linkedid, at=NOW + timedelta(seconds=after_s), kind=kind, data={"handoff": 1, **data}
        )
        for kind, after_s, data in events
    ]
    with open_work() as work:
        apply_events(work, node=7, events=list(enumerate(told, after + 1)))
        work.commit()


def handed(open_work: OpenWork, asked: TypedHandoff) -> None:
    """The desk's journal: requested and briefed."""
    request: dict[str, str | int] = {
        "mode": "recorded",
        "from": "101",
        "from_name": "王敏",
        "to": "102",
        "to_name": "李静",
        "channel": "PJSIP/101-1",
        "limit_s": 120,
        "typed": asked.id,
    }
    briefed: dict[str, str | int] = {"typed": asked.id, "text": asked.text, "language": "zh"}
    tell(
        open_work, asked.linkedid, (Kind.HANDOFF_REQUESTED, 1, request), (Kind.HANDOFF_BRIEFED, 1.1, briefed)
    )


@pytest.mark.rule("H11")
def test_whoever_has_the_caller_hands_them_on(
    browser: Browser, open_work: OpenWork, clock: HandClock
) -> None:
    browser.log_in("101")
    path = path_of(browser)
    assert 'maxlength="500"' in browser.text(path)
    assert browser.post(f"{path}/hand-over", to="102", text=f"  {TEXT}\x07 ") == f"{path}?done=handing-over"
    page = browser.text(path)
    assert "The desk is asked" in page
    assert 'hx-trigger="every 1s"' in page
    assert "<textarea" not in page
    (asked,) = take(open_work)
    assert (asked.extension, asked.to, asked.text, asked.language) == ("101", "102", TEXT, "zh")
    assert take(open_work) == [], "it is decided once"
    handed(open_work, asked)
    page = browser.text(f"{path}/hand-over")
    assert "phone rings" in page
    assert "李静" in page
    number = browser._desk.tickets["talking"]
    assert TEXT in browser.text(f"/tickets/{number}"), "the briefing is in the ticket's story"
    page = browser.text(path)
    assert TEXT in page
    assert "The briefing is typed" in page
    clock.advance(timedelta(seconds=30))
    tell(open_work, asked.linkedid, (Kind.HANDOFF_ENDED, 20, {"outcome": "refused"}), after=2)
    page = browser.text(f"{path}/hand-over")
    assert "Refused" in page
    assert f">{TEXT}</textarea>" in page, "what was typed is there to be sent to another"


@pytest.mark.rule("T31")
def test_who_may_not_read_it_does_not_find_it(browser: Browser, open_work: OpenWork) -> None:
    browser.log_in("101")
    browser.post(f"{path_of(browser)}/hand-over", to="102", text=TEXT)
    (asked,) = take(open_work)
    handed(open_work, asked)
    number = browser._desk.tickets["talking"]
    browser.client.cookies.clear()
    browser.log_in("103")
    assert TEXT not in browser.text(f"/tickets/{number}")
    assert f'href="/tickets/{number}"' in browser.text(f"/tickets?view=all&q={number}")
    assert f'href="/tickets/{number}"' not in browser.text("/tickets?view=all&q=三天没有")


def test_the_colleague_reads_it_while_the_phone_rings(browser: Browser, open_work: OpenWork) -> None:
    browser.log_in("101")
    browser.post(f"{path_of(browser)}/hand-over", to="102", text=HOSTILE)
    (asked,) = take(open_work)
    handed(open_work, asked)
    browser.client.cookies.clear()
    browser.log_in("102")
    board = browser.text("/board")
    assert "hands you a caller" in board
    assert "孙女士" in board
    assert "Hand the caller on" not in board, "they have no caller yet"
    assert HOSTILE not in board
    assert "&lt;script&gt;alert(1)" in board
    browser.client.cookies.clear()
    browser.log_in("103")
    assert "hands you a caller" not in browser.text("/board")
    assert "alert(1)" not in browser.text(f"/tickets/{browser._desk.tickets['talking']}")


@pytest.mark.parametrize("who", ["102", "103", "104"])
def test_nobody_else_may(browser: Browser, open_work: OpenWork, who: str) -> None:
    browser.log_in(who)
    path = path_of(browser)
    assert "hand-over-text" not in browser.text(path)
    assert (
        send(browser, f"{path}/hand-over", to="103" if who != "103" else "102", text=TEXT).status_code == 403
    )
    assert send(browser, f"{path}/hand-over/draft", text=TEXT).status_code == 204
    with open_work() as work:
        assert work.typed_handoffs.wanted() == []
    assert take(open_work) == []


@pytest.mark.parametrize(
    ("to", "text", "fault"),
    [
        ("102", "", "1 to 500"),
        ("102", " \n\x00\x1b ", "1 to 500"),
        ("102", "热" * 501, "1 to 500"),
        ("102", "热" * 10_000, "1 to 500"),
        ("101", TEXT, "on duty"),
        ("999", TEXT, "on duty"),
        ("", TEXT, "on duty"),
    ],
)
def test_what_cannot_be_handed_on_keeps_the_text(
    browser: Browser, open_work: OpenWork, to: str, text: str, fault: str
) -> None:
    browser.log_in("101")
    answer = send(browser, f"{path_of(browser)}/hand-over", to=to, text=text)
    assert answer.status_code == 422
    assert fault in answer.text
    assert 'aria-invalid="true"' in answer.text
    if text == TEXT:
        assert f">{TEXT}</textarea>" in answer.text
    assert take(open_work) == []


@pytest.mark.parametrize(
    "text", ["热" * 500, "😀🙂👍", '<speak>hello</speak> & "quotes"\nSET VARIABLE X Y', "\u202eabc def"]
)
def test_odd_texts_are_handed_on_as_they_are(browser: Browser, open_work: OpenWork, text: str) -> None:
    browser.log_in("101")
    path = path_of(browser)
    assert browser.post(f"{path}/hand-over", to="102", text=text) == f"{path}?done=handing-over"
    (asked,) = take(open_work)
    assert asked.text == text.removeprefix("\u202e").replace("\r", "")


def test_a_draft_is_wanted_before_the_form_is_sent_and_only_the_latest(
    browser: Browser, open_work: OpenWork, clock: HandClock
) -> None:
    browser.log_in("101")
    path = path_of(browser)
    for text in ("张女士", TEXT):
        assert send(browser, f"{path}/hand-over/draft", text=text).status_code == 204
    assert send(browser, f"{path}/hand-over/draft", text="").status_code == 204
    with open_work() as work:
        (wanted,) = work.typed_handoffs.wanted()
    assert (wanted.text, wanted.language, wanted.urgent) == (TEXT, "zh", False)
    browser.post(f"{path}/hand-over", to="102", text="The hot water has been out for three days.")
    with open_work() as work:
        (wanted,) = work.typed_handoffs.wanted()
    assert (wanted.language, wanted.urgent) == ("en", True)


@pytest.mark.parametrize("refusal", list(Refusal))
def test_the_page_tells_why_the_desk_did_not(browser: Browser, open_work: OpenWork, refusal: Refusal) -> None:
    from web.views.handovers import REFUSALS

    browser.log_in("101")
    path = path_of(browser)
    browser.post(f"{path}/hand-over", to="102", text=TEXT)
    take(open_work, refusal)
    page = browser.text(f"{path}/hand-over")
    assert "Not handed on" in page
    assert REFUSALS[refusal] in page
    assert f">{TEXT}</textarea>" in page
    assert "every 1s" not in page


def test_one_request_at_a_time_and_one_that_nobody_takes_ends(browser: Browser, open_work: OpenWork) -> None:
    browser.log_in("101")
    path = path_of(browser)
    browser.post(f"{path}/hand-over", to="102", text=TEXT)
    again = send(browser, f"{path}/hand-over", to="103", text=TEXT)
    assert again.status_code == 422
    assert "being handed on already" in again.text
    assert len(take(open_work, None, NOW + LOST / 2)) == 1
    assert len(take(open_work, None, NOW + LOST)) == 1
    assert take(open_work, None, NOW + LOST) == []
    assert "The desk was away" in browser.text(f"{path}/hand-over")


def test_a_program_does_the_same(client: TestClient, desk: Desk, open_work: OpenWork) -> None:
    api = Api(client, desk.manager_token)
    address = f"/calls/{desk.calls['talking']}/hand-overs"
    answer = client.post(
        f"/api/v1{address}", json={"actor": "101", "to": "102", "text": TEXT}, headers=api.headers
    )
    assert answer.status_code == 202, answer.text
    take(open_work, 1)
    (item,) = api.get(address)["items"]
    assert (item["by"], item["to"], item["text"], item["state"], item["handoff"]) == (
        "101",
        "102",
        TEXT,
        "handed",
        1,
    )
    staff = Api(client, desk.staff_token)
    assert staff.get(address)["items"][0]["text"] is None
    api.refused(403, "POST", address, json={"actor": "102", "to": "103", "text": TEXT})
    api.refused(404, "POST", "/calls/1.1/hand-overs", json={"actor": "101", "to": "102", "text": TEXT})
    api.refused(422, "POST", address, json={"actor": "101", "to": "102", "text": "热" * 501})


def test_without_a_voice_the_page_says_what_the_colleague_hears(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    browser.log_in("101")
    assert "There is no voice on this machine" in browser.text(path_of(browser))
    (tmp_path / "shouwen" / "models" / "kokoro").mkdir(parents=True)
    assert "There is no voice on this machine" not in browser.text(path_of(browser))


def test_without_the_database_the_page_says_so(browser: Browser, client: TestClient, parts: Parts) -> None:
    browser.log_in("101")
    path, csrf = path_of(browser), browser.csrf
    parts.database = False
    console = client.app.state.console  # type: ignore[attr-defined]  # Starlette's own application
    until(lambda: not console.health.database_is_up)
    answer = client.post(f"{path}/hand-over", data={"csrf_token": csrf, "to": "102", "text": TEXT})
    assert answer.status_code == 503
    assert "Not available for the moment" in answer.text
