"""Numbers that no row can have: whoever writes them into an address or a form gets an answer, not our fault."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.support.web_fixtures import Browser

HUGE = 2**70


@pytest.mark.parametrize(
    "path",
    [
        f"/absences/{HUGE}",
        f"/attachments/{HUGE}",
        f"/recordings/{HUGE}",
        f"/files?before={HUGE}",
        f"/files/{HUGE}",
        f"/supervision/checks/{HUGE}",
        "/calendar?clock=h12&from=0001-01-01T00:00%2B14:00",
        "/calendar?clock=h12-simple&from=9999-12-31T23:59",
        "/calls?from=0001-01-01&to=9999-12-31",
        "/tickets?from=0001-01-01&to=0001-01-02",
    ],
)
def test_an_address(browser: Browser, path: str) -> None:
    browser.log_in("104")
    assert browser.client.get(path).status_code in (200, 404, 422)


def post(browser: Browser, path: str, **fields: str) -> int:
    return browser.client.post(path, data={**fields, "csrf_token": browser.csrf}).status_code


def test_a_form_s_address(browser: Browser) -> None:
    browser.log_in("104")
    for path in (
        f"/absences/{HUGE}/end",
        f"/reminders/{HUGE}/seen",
        f"/reminders/addresses/{HUGE}/remove",
        f"/supervision/checks/{HUGE}",
    ):
        assert post(browser, path) == 404


def test_the_version_of_a_decision(browser: Browser, desk: Desk) -> None:
    browser.log_in("104")
    path = f"/approvals/{desk.tickets['today']}"
    assert post(browser, path, step="extension_refused", text="x", version="9" * 5000) == 409
