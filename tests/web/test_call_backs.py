"""Calling back from the console and over the API: who may, what is refused, what the ticket shows of it."""

from __future__ import annotations

import wave
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.call_backs import CallBack, Outcome, Step
from callcenter.domain.calls import CallEvent, Kind
from callcenter.services.call_backs import take_requests
from callcenter.services.calls import apply_events
from callcenter.settings import Settings
from tests.support.desk import NOW, Desk
from tests.support.web_fixtures import Browser, HandClock

OpenWork = Callable[[], SqlUnitOfWork]
NUMBER = "13800138000"


@pytest.fixture
def open_work(uow_factory: OpenWork) -> OpenWork:
    """Units of work beside the console's."""
    return uow_factory


def number_of(browser: Browser, name: str = "today") -> str:
    return browser._desk.tickets[name]


def card_of(browser: Browser, path: str) -> str:
    """The card of calls back on a ticket's page."""
    return browser.text(path).partition('id="call-backs"')[2].partition("</section>")[0]


def take(open_work: OpenWork, at: datetime = NOW) -> CallBack:
    with open_work() as work:
        (order,) = take_requests(work, node=1, now=at)
        work.commit()
    return order.call_back


def tell(open_work: OpenWork, of: CallBack, *steps: tuple[Step, float, dict[str, str | float]]) -> None:
    """What the desk's journal says."""
    events = [
        CallEvent(
            linkedid=str(of.linkedid),
            at=NOW + timedelta(seconds=after_s),
            kind=Kind.CALL_BACK,
            data={"call_back": of.id, "step": step.value, **data},
        )
        for step, after_s, data in steps
    ]
    with open_work() as work:
        apply_events(work, node=7, events=list(enumerate(events, 1)))
        work.commit()


def test_one_click_asks_for_the_tickets_own_number(browser: Browser, open_work: OpenWork) -> None:
    browser.log_in("101")
    path = f"/tickets/{number_of(browser)}"
    assert "Your phone rings first." in browser.text(path)
    where = browser.post(f"{path}/call-back", number="110", phone="13900000000", extension="104")
    assert where == f"{path}?done=calling"
    page = browser.text(where)
    assert "A call back is under way." in page
    assert "The desk phone rings" in page
    assert 'hx-trigger="every 2s"' in page
    asked = take(open_work)
    assert (asked.number, asked.extension) == (NUMBER, "101")
    assert browser.post(f"{path}/call-back") == f"{path}?done=call-under-way"


def test_the_ticket_shows_how_it_went(
    browser: Browser, open_work: OpenWork, settings: Settings, clock: HandClock
) -> None:
    browser.log_in("101")
    path = f"/tickets/{number_of(browser)}"
    browser.post(f"{path}/call-back")
    asked = take(open_work)
    with wave.open(str(settings.recordings / "talk.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        sound.writeframes(b"\0\0" * 8000)
    tell(
        open_work,
        asked,
        (Step.STARTED, 0, {}),
        (Step.ANSWERED, 4, {}),
        (Step.REACHED, 9, {}),
        (Step.TALKED, 10.4, {}),
        (Step.ENDED, 69, {"path": "talk.wav", "seconds": 60.0, "language": "zh"}),
        (Step.RATED, 75, {"digit": "2"}),
    )
    clock.advance(timedelta(minutes=2))
    page = browser.text(path)
    for words in ("Reached", "Talk 01:00", "Greeting after 1.4 s", "Fairly satisfied"):
        assert words in page
    assert "every 2s" not in page
    sound_path = page.partition('src="/recordings/')[2].partition('"')[0]
    assert browser.client.get(f"/recordings/{sound_path}").status_code == 200
    # a colleague who has nothing to do with it sees that it was done, and hears nothing
    browser.client.cookies.clear()
    browser.log_in("102")
    assert "/recordings/" not in browser.text(path)
    assert browser.client.get(f"/recordings/{sound_path}").status_code == 403


def test_nobody_was_reached(browser: Browser, open_work: OpenWork, clock: HandClock) -> None:
    browser.log_in("101")
    path = f"/tickets/{number_of(browser, 'later')}"
    browser.post(f"{path}/call-back")
    asked = take(open_work)
    tell(
        open_work,
        asked,
        (Step.STARTED, 0, {}),
        (Step.ANSWERED, 4, {}),
        (Step.DIALLED, 9, {"outcome": Outcome.BUSY.value, "reason": "sip 486"}),
        (Step.ENDED, 12, {}),
    )
    clock.advance(timedelta(minutes=1))
    page = browser.text(path)
    assert "Busy" in page
    assert "Try again: " in page
    assert 'action="/tickets/' in page.partition('id="call-backs"')[2], "and the button is there"


def test_a_request_that_no_desk_took(browser: Browser, clock: HandClock) -> None:
    browser.log_in("101")
    path = f"/tickets/{number_of(browser)}"
    browser.post(f"{path}/call-back")
    clock.advance(timedelta(seconds=30))
    page = browser.text(path)
    assert "The desk was away; nothing was dialled." in page
    assert browser.post(f"{path}/call-back") == f"{path}?done=calling"


def test_the_card_alone(browser: Browser) -> None:
    browser.log_in("101")
    number = number_of(browser)
    browser.post(f"/tickets/{number}/call-back")
    card = browser.text(f"/tickets/{number}/call-backs")
    assert card.lstrip().startswith('<section class="card" id="call-backs"')
    assert "<html" not in card


def test_who_may(browser: Browser) -> None:
    path = f"/tickets/{number_of(browser)}"
    browser.log_in("102")
    assert (
        'class="btn btn-primary"'
        not in browser.text(path).partition('id="call-backs"')[2].partition("</section>")[0]
    )
    answer = browser.client.post(f"{path}/call-back", data={"csrf_token": browser.csrf})
    assert answer.status_code == 403
    browser.client.cookies.clear()
    browser.log_in("104")
    assert browser.post(f"{path}/call-back") == f"{path}?done=calling"


def test_a_forged_form(browser: Browser) -> None:
    browser.log_in()
    path = f"/tickets/{number_of(browser)}/call-back"
    assert browser.client.post(path, data={"csrf_token": "f" * 43}).status_code == 403


@pytest.mark.parametrize(
    ("phone", "why"),
    [
        ("", "There is no number"),
        ("110", "never called back"),
        ("8000", "never called back"),
        ("12", "3 to 15 digits"),
    ],
)
def test_a_number_that_is_not_called(browser: Browser, open_work: OpenWork, phone: str, why: str) -> None:
    browser.log_in("101")
    number = number_of(browser)
    with open_work() as work:
        ticket = work.tickets.get(number)
        assert ticket is not None
        work.session.connection().exec_driver_sql(
            "UPDATE ticket SET contact_phone = %s WHERE number = %s", (phone or None, number)
        )
        work.commit()
    card = card_of(browser, f"/tickets/{number}")
    assert why in card
    assert "<button" not in card
    answer = browser.client.post(f"/tickets/{number}/call-back", data={"csrf_token": browser.csrf})
    assert answer.status_code == 422
    assert why in answer.text


def test_over_the_api(client: TestClient, desk: Desk, open_work: OpenWork) -> None:
    address = f"/api/v1/tickets/{desk.tickets['today']}/call-backs"
    manager = {"authorization": f"Bearer {desk.manager_token}"}
    staff = {"authorization": f"Bearer {desk.staff_token}"}
    assert client.get(address, headers=manager).json() == {"items": [], "next": None, "next_attempt_at": None}
    answer = client.post(address, json={"actor": "101"}, headers=staff)
    assert answer.status_code == 202
    body = answer.json()
    assert (body["state"], body["outcome"], body["number"]) == ("requested", None, "138****8000")
    assert body["by"] == {"extension": "101", "name": "王敏"}
    again = client.post(address, json={"actor": "101"}, headers=manager)
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")
    (item,) = client.get(address, headers=manager).json()["items"]
    assert item["number"] == NUMBER
    assert take(open_work).id == item["id"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"actor": "102"}, 403),
        ({"actor": "999"}, 422),
        ({}, 422),
        ({"actor": "101", "number": "110"}, 422),
    ],
)
def test_refused_over_the_api(client: TestClient, desk: Desk, body: dict[str, str], status: int) -> None:
    headers = {"authorization": f"Bearer {desk.manager_token}"}
    address = f"/api/v1/tickets/{desk.tickets['today']}/call-backs"
    assert client.post(address, json=body, headers=headers).status_code == status
    assert client.post(address, json=body).status_code == 401


def test_no_such_ticket(client: TestClient, desk: Desk) -> None:
    headers = {"authorization": f"Bearer {desk.manager_token}"}
    address = "/api/v1/tickets/261123-1-999/call-backs"
    assert client.get(address, headers=headers).status_code == 404
    assert client.post(address, json={"actor": "101"}, headers=headers).status_code == 404


def test_a_call_back_is_no_call_that_came(
    client: TestClient, desk: Desk, open_work: OpenWork, tmp_path: Path
) -> None:
    headers = {"authorization": f"Bearer {desk.manager_token}"}
    before = client.get("/api/v1/calls", headers=headers).json()
    address = f"/api/v1/tickets/{desk.tickets['today']}/call-backs"
    client.post(address, json={"actor": "101"}, headers=headers)
    asked = take(open_work)
    tell(
        open_work,
        asked,
        (Step.STARTED, 0, {}),
        (Step.ANSWERED, 1, {}),
        (Step.REACHED, 2, {}),
        (Step.ENDED, 9, {}),
    )
    assert client.get("/api/v1/calls", headers=headers).json() == before
    assert client.get(f"/api/v1/calls/{asked.linkedid}", headers=headers).status_code == 404
