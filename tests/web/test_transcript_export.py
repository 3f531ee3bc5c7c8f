"""A manager takes the transcripts of a period away: numbers and names are hidden unless asked for; it is noted."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from starlette.testclient import TestClient

from callcenter.services.tickets import correct_transcript
from tests.conftest import UowFactory
from tests.support.desk import LI, NOW, Desk
from tests.support.web_fixtures import Browser
from tests.web.test_policy_pages import bearer
from tests.web.test_search_said import said
from tests.web.test_today import opened

DAY = "from=2026-11-23&to=2026-11-23"


@pytest.fixture
def number(uow_factory: UowFactory) -> str:
    """A ticket of 孙女士, who left a message that was corrected."""
    ticket = opened(uow_factory, owner=LI, details="鱼缸漏水").number
    said(uow_factory, ticket, "我是孙女士，电话幺三八，零零幺三，八零零零")
    with uow_factory() as uow:
        correct_transcript(uow, ticket, "=我是孙女士，电话 138 0013 8000，我叫孙丽", LI, NOW)
        uow.commit()
    return ticket


def row_of(content: str, number: str) -> dict[str, str]:
    (row,) = [row for row in csv.DictReader(io.StringIO(content.lstrip("\ufeff"))) if row["ticket"] == number]
    return row


def looks(make: UowFactory, how: str) -> list[tuple[str, str]]:
    with make() as uow:
        found = uow.accesses.page([f"list transcripts {how} 2026-11-23 to 2026-11-24"], None, 10)
    return [(access.actor, access.what.partition("=")[0]) for _, access in found]


@pytest.mark.rule("T31")
def test_hidden_by_default(
    browser: Browser, client: TestClient, desk: Desk, uow_factory: UowFactory, number: str
) -> None:
    browser.log_in("104")
    row = row_of(browser.text(f"/reports/transcripts.csv?{DAY}"), number)
    assert row["text"] == "'=我是***，电话 ***，我叫***"
    assert row["machine_text"] == "我是***，电话***"
    assert row["corrected_by"] == "102"
    book = browser.client.get(f"/reports/transcripts.xlsx?{DAY}")
    with zipfile.ZipFile(io.BytesIO(book.content)) as parts:
        everything = b"".join(parts.read(name) for name in parts.namelist()).decode("utf-8", "replace")
    assert "138 0013" not in everything
    assert "孙丽" not in everything
    answer = client.get(f"/api/v1/reports/transcripts?{DAY}", headers=bearer(desk.manager_token)).json()
    assert answer["masked"]
    assert "孙丽" not in str(answer)
    assert ("104", "message") in looks(uow_factory, "masked")
    assert not looks(uow_factory, "in full")


@pytest.mark.rule("T31")
def test_in_full_for_who_asks_and_it_is_noted(browser: Browser, uow_factory: UowFactory, number: str) -> None:
    browser.log_in("104")
    row = row_of(browser.text(f"/reports/transcripts.csv?{DAY}&in_full=true"), number)
    assert "138 0013 8000" in row["text"]
    assert looks(uow_factory, "in full") == [("104", "message")]


def test_not_for_staff(browser: Browser, client: TestClient, desk: Desk, number: str) -> None:
    browser.log_in("102")
    for path in (
        "/reports/transcripts",
        f"/reports/transcripts.csv?{DAY}",
        f"/reports/transcripts.xlsx?{DAY}",
    ):
        assert browser.client.get(path).status_code == 403
    answer = client.get(f"/api/v1/reports/transcripts?{DAY}", headers=bearer(desk.staff_token))
    assert answer.status_code == 403


def test_the_page_has_a_form(browser: Browser) -> None:
    text = browser.log_in("104").text(f"/reports/transcripts?{DAY}")
    assert 'name="in_full"' in text
    assert 'href="/reports/transcripts?' in browser.text("/reports/answer-times")
    assert browser.client.get("/reports/transcripts?from=2026-12-01&to=2026-01-01").status_code == 422
