"""The report of answer times in Chromium: charts drawn under the page's strict policy, and everything without them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import DESKTOP, PHONE, screen
from tests.polling import until
from tests.support.desk import Desk

REPORT = "/reports/answer-times?from=2026-11-01&to=2026-11-30"
PATHS = {
    "report": REPORT,
    "report-empty": "/reports/answer-times?from=2026-01-01&to=2026-01-02",
    "report-promises": "/reports/answer-times/tickets?only=promises&from=2026-11-01&to=2026-11-30",
    "calls-behind": "/calls?only=timed&from=2026-11-01&to=2026-11-30&person=101",
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_of_the_report(
    chromium: Browser, address: str, desk: Desk, size: tuple[int, int], language: str
) -> None:
    with screen(chromium, address, desk, size, language) as shown:
        shown.log_in("104")
        for name, path in PATHS.items():
            shown.open(path)
            assert shown.flaws() == [], name
            assert shown.width_over() <= 0, name
            shown.picture(name)


def test_the_charts_are_drawn_and_answer_the_mouse(chromium: Browser, address: str, desk: Desk) -> None:
    with screen(chromium, address, desk, DESKTOP, "en") as shown:
        shown.log_in("104")
        page = shown.open(REPORT)
        assert page.locator("#charts canvas").count() == 3
        page.locator("[data-chart]").first.hover()
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        narrow = "document.querySelector('#charts canvas').clientWidth < 375"
        until(lambda: bool(page.evaluate(narrow)))
        assert shown.width_over() <= 0


def test_without_scripts_the_tables_say_it_all(chromium: Browser, address: str, desk: Desk) -> None:
    with screen(chromium, address, desk, DESKTOP, "en", scripts=False) as shown:
        shown.log_in("104")
        page = shown.open(REPORT)
        assert not page.locator("#charts").is_visible()
        assert page.locator(".report-table").count() == 4
        page.locator(".kpi-formula summary").first.click()
        assert page.locator("#formula-offered").is_visible()
        page.locator("a[title='Answered calls']").first.click()
        page.wait_for_url("**/calls?outcome=answered*")
        assert page.get_by_text("Show all calls").is_visible()
