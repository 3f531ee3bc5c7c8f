"""Numbers are masked for who is not involved; hostile names stay text; recordings are for those who may hear."""

from __future__ import annotations

from html import escape

import pytest

from tests.support.desk import HOSTILE
from tests.support.web_fixtures import Browser
from web.privacy import mask


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800138000", "138****8000"),
        ("+8613800138000", "+86 138****8000"),
        ("02087654321", "020****4321"),
        ("87654321", "87****21"),
        ("123456", "******"),
        ("101", "***"),
        ("", ""),
        (None, None),
    ],
)
def test_masking(number: str | None, shown: str | None) -> None:
    assert mask(number) == shown


@pytest.mark.parametrize(("extension", "sees"), [("101", True), ("102", True), ("103", False), ("104", True)])
@pytest.mark.rule("T31")
def test_first_responder_colleague_and_manager_see_the_number(
    browser: Browser, extension: str, sees: bool
) -> None:
    browser.log_in(extension)
    number = browser._desk.tickets["handoff"]
    linkedid = browser._desk.calls["handoff"]
    for path in ("/", "/calls", f"/calls/{linkedid}", "/tickets", f"/tickets/{number}"):
        page = browser.text(path)
        assert ("13400134005" in page) is sees, path
        if not sees and path != "/":
            assert "134****4005" in page, path


@pytest.mark.rule("T31")
def test_a_ticket_that_is_nobodys_shows_its_number_only_when_taken(browser: Browser) -> None:
    browser.log_in("103")
    path = f"/tickets/{browser._desk.tickets['unowned']}"
    assert "13500135004" not in browser.text(path)
    browser.post(f"{path}/take")
    assert "13500135004" in browser.text(path)


@pytest.mark.parametrize("path", ["/", "/calls", "/calls/1763600005.1", "/tickets", "/tickets/{hostile}"])
@pytest.mark.parametrize("extension", ["102", "104"])
def test_a_hostile_name_stays_text(browser: Browser, path: str, extension: str) -> None:
    browser.log_in(extension)
    page = browser.text(path.format(hostile=browser._desk.tickets["hostile"]))
    assert escape("<script>alert(1)") in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert HOSTILE not in page


def test_a_search_for_markup_stays_text(browser: Browser) -> None:
    browser.log_in()
    page = browser.text("/tickets?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&status=%22%3E%3Ci%3E")
    assert "<script>alert" not in page
    assert '"><i>' not in page
    assert 'value="&#34;&gt;&lt;script&gt;' in page


def test_every_answer_carries_the_security_headers(browser: Browser) -> None:
    browser.log_in()
    for path in ("/", "/login", "/nowhere", "/api/v1/health", "/api/v1/calls"):
        headers = browser.client.get(path).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_a_recording_is_played_in_ranges(browser: Browser) -> None:
    browser.log_in()
    page = browser.text(f"/tickets/{browser._desk.tickets['unowned']}")
    address = page.split('src="/recordings/')[1].split('"')[0]
    whole = browser.client.get(f"/recordings/{address}")
    assert whole.status_code == 200
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["accept-ranges"] == "bytes"
    part = browser.client.get(f"/recordings/{address}", headers={"range": "bytes=44-143"})
    assert part.status_code == 206
    assert part.content == whole.content[44:144]


def test_a_briefing_is_for_those_involved(browser: Browser) -> None:
    browser.log_in("101")
    page = browser.text(f"/calls/{browser._desk.calls['handoff']}")
    address = page.split('src="/recordings/')[1].split('"')[0]
    for extension, code in (("101", 200), ("102", 200), ("103", 403), ("104", 200)):
        browser.client.cookies.clear()
        browser.log_in(extension)
        assert browser.client.get(f"/recordings/{address}").status_code == code


def test_a_message_is_for_everybody_until_it_is_taken(browser: Browser) -> None:
    browser.log_in("101")
    path = f"/tickets/{browser._desk.tickets['unowned']}"
    address = browser.text(path).split('src="/recordings/')[1].split('"')[0]
    browser.post(f"{path}/take")
    assert browser.client.get(f"/recordings/{address}").status_code == 200
    browser.client.cookies.clear()
    browser.log_in("103")
    assert browser.client.get(f"/recordings/{address}").status_code == 403
    assert "我想问" not in "".join(browser.text(path).split("</span>"))


def test_a_recording_that_is_gone_is_404(browser: Browser) -> None:
    browser.log_in()
    assert browser.client.get("/recordings/99999").status_code == 404
    page = browser.text(f"/tickets/{browser._desk.tickets['unowned']}")
    address = page.split('src="/recordings/')[1].split('"')[0]
    for path in browser.client.app.state.console.settings.recordings.iterdir():  # type: ignore[attr-defined]
        path.unlink()
    assert browser.client.get(f"/recordings/{address}").status_code == 404
