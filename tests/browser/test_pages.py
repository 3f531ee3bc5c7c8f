"""Every page in both languages, on a desk and on a phone: nothing too wide, nothing broken, readable by all."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import DESKTOP, PHONE, screen
from tests.support.desk import Desk

PATHS = {
    "desk": "/",
    "calls": "/calls",
    "call": "/calls/{handoff_call}",
    "message": "/calls/1763600006.1",
    "hostile-call": "/calls/1763600005.1",
    "tickets": "/tickets",
    "done": "/tickets?view=done",
    "nothing": "/tickets?q=zzzz",
    "registering": "/tickets/{talking}",
    "today": "/tickets/{today}",
    "late": "/tickets/{late}",
    "unowned": "/tickets/{unowned}",
    "foreign": "/tickets/{hostile}",
    "solved": "/tickets/{solved}",
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page(
    chromium: Browser, address: str, desk: Desk, size: tuple[int, int], language: str
) -> None:
    names = {**desk.tickets, "handoff_call": desk.calls["handoff"]}
    flaws: dict[str, list[str]] = {}
    with screen(chromium, address, desk, size, language) as shown:
        shown.open(f"/login?lang={language}")
        flaws["login"] = shown.flaws()
        assert shown.width_over() <= 0
        shown.picture("login")
        shown.log_in()
        for name, path in PATHS.items():
            page = shown.open(path.format(**names))
            assert page.title().endswith("· 首问 Shouwen")
            if found := shown.flaws():
                flaws[name] = found
            assert shown.width_over() <= 0, name
            shown.picture(name)
        assert {name: found for name, found in flaws.items() if found} == {}


def test_the_menu_opens_and_closes_with_the_keyboard(chromium: Browser, address: str, desk: Desk) -> None:
    with screen(chromium, address, desk, PHONE, "en") as shown:
        shown.log_in()
        summary = shown.page.locator(".top-end details.menu > summary")
        summary.focus()
        shown.page.keyboard.press("Enter")
        assert shown.page.get_by_role("button", name="Log out").is_visible()
        assert shown.width_over() <= 0
        shown.picture("menu")
        shown.page.keyboard.press("Escape")
        assert not shown.page.get_by_role("button", name="Log out").is_visible()


def test_the_first_tab_leads_past_the_menu(chromium: Browser, address: str, desk: Desk) -> None:
    with screen(chromium, address, desk, DESKTOP, "en") as shown:
        shown.log_in()
        shown.open("/tickets")
        shown.page.keyboard.press("Tab")
        assert shown.page.evaluate("document.activeElement.className") == "skip"
        shown.page.keyboard.press("Enter")
        shown.page.wait_for_url("**/tickets#main")


def test_a_page_that_is_not_there(chromium: Browser, address: str, desk: Desk) -> None:
    with screen(chromium, address, desk, DESKTOP, "en") as shown:
        shown.open("/nowhere?lang=en")
        shown.page.get_by_role("heading", name="There is nothing here").wait_for()
        shown.picture("404")
        assert shown.flaws() == []
        shown.complaints.clear()  # Chromium reports the 404 itself
