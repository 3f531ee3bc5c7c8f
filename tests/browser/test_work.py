"""A morning's work in a browser: the screen pop, a form, a take, and all of it without scripts too."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from callcenter.domain.calls import CallEvent, Kind
from callcenter.domain.fold import fold_call
from callcenter.services import tickets
from tests.browser.conftest import DESKTOP, PHONE, screen
from tests.conftest import UowFactory
from tests.support.desk import LI, NOW, Desk


def answer(open_work: UowFactory, linkedid: str, number: str) -> None:
    """李静 answers a call, as the drainer would write it."""
    events = [
        CallEvent(
            linkedid=linkedid,
            at=NOW,
            kind=Kind.ARRIVED,
            data={"line": "8000", "caller": "18900189000", "caller_name": "<b>Bobby</b>"},
        ),
        CallEvent(
            linkedid=linkedid,
            at=NOW + timedelta(seconds=2),
            kind=Kind.ANSWERED,
            data={"extension": "102", "name": "李静", "uniqueid": "u.1", "ticket": number},
        ),
    ]
    call = fold_call(events)
    assert call is not None
    with open_work() as work:
        work.calls.append(1, list(enumerate(events, 5000)))
        work.calls.save([call])
        tickets.open_for_answer(
            work,
            number=number,
            linkedid=linkedid,
            responder=LI,
            phone="18900189000",
            name="<b>Bobby</b>",
            at=NOW + timedelta(seconds=2),
        )
        work.notify("shouwen_calls", linkedid)
        work.commit()


def test_answering_a_call_pops_up_its_form(
    chromium: Browser, address: str, desk: Desk, uow_factory: UowFactory
) -> None:
    with screen(chromium, address, desk, DESKTOP, "en") as shown:
        shown.log_in("102")
        expect(shown.page.locator("#live-state")).to_have_text("Live")
        answer(uow_factory, "1763800000.1", "261123-1-050")
        link = shown.page.get_by_role("link", name=re.compile("Write down the matter"))
        link.wait_for()
        shown.page.get_by_role("heading", name="<b>Bobby</b> · 18900189000").wait_for()
        shown.picture("pop")
        link.click()
        shown.page.get_by_label("What is it about").fill("Opening hours of the library")
        shown.page.get_by_label("Complexity").select_option("simple")
        shown.page.get_by_role("button", name="Save and open").click()
        expect(shown.page.get_by_role("status")).to_contain_text("The ticket is open")
        expect(shown.page.locator(".clock-due")).to_have_text("24 Nov 17:30")


def test_the_board_is_polled_while_the_socket_is_gone(
    chromium: Browser, address: str, desk: Desk, uow_factory: UowFactory
) -> None:
    with screen(chromium, address, desk, DESKTOP, "en") as shown:
        shown.page.route_web_socket("**/ws/board", lambda socket: socket.close())
        shown.log_in("102")
        expect(shown.page.locator("#live-state")).to_have_text("Refreshes every few seconds")
        answer(uow_factory, "1763800000.2", "261123-1-051")
        shown.page.get_by_role("link", name=re.compile("261123-1-051")).first.wait_for(timeout=10_000)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_form_that_cannot_be_saved_says_why_and_keeps_what_was_typed(
    chromium: Browser, address: str, desk: Desk, size: tuple[int, int]
) -> None:
    with screen(chromium, address, desk, size, "en") as shown:
        shown.log_in()
        page = shown.open(f"/tickets/{desk.tickets['talking']}")
        page.get_by_label("Number to call back").fill("12")
        page.get_by_role("button", name="Save and open").click()
        page.get_by_text("Please write a telephone number").wait_for()
        page.get_by_text("Please write down what it is about").wait_for()
        expect(page.get_by_label("Number to call back")).to_have_value("12")
        assert shown.flaws() == []
        assert shown.width_over() <= 0
        shown.picture("errors")
        shown.complaints.clear()  # Chromium reports the 422 itself


def test_the_work_can_be_done_without_scripts(chromium: Browser, address: str, desk: Desk) -> None:
    with screen(chromium, address, desk, PHONE, "en", scripts=False) as shown:
        shown.log_in("103")
        page = shown.open(f"/tickets/{desk.tickets['unowned']}")
        page.get_by_role("button", name="Take").click()
        page.get_by_text("It is yours now.").wait_for()
        page.get_by_label("What is it about").fill("When the dormitory closes")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved.").wait_for()
        page.get_by_text("It is solved").click()
        page.get_by_label("What the caller was told").fill("On 20 January")
        page.get_by_role("button", name="Mark as solved").click()
        page.get_by_text("Marked as solved.").wait_for()
        page.locator(".top-end details.menu > summary").click()
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url(f"{address}/login")


def test_a_recording_can_be_sought(chromium: Browser, address: str, desk: Desk) -> None:
    with screen(chromium, address, desk, DESKTOP, "en") as shown:
        shown.log_in()
        page = shown.open(f"/tickets/{desk.tickets['unowned']}")
        player = page.locator("audio")
        page.wait_for_function("document.querySelector('audio').readyState >= 1")
        assert round(player.evaluate("audio => audio.duration")) == 8
        player.evaluate("audio => new Promise(done => { audio.onseeked = done; audio.currentTime = 5; })")
        assert round(player.evaluate("audio => audio.currentTime")) == 5
