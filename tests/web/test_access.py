"""Who saw which personal data when (T31): every look in full leaves a row, once; managers read them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy.exc
from sqlalchemy import text
from starlette.testclient import TestClient

from callcenter.domain.access import Via, counted
from callcenter.services.access import ONE_LOOK
from tests.conftest import UowFactory
from tests.support.web_fixtures import Browser, HandClock
from web import seeing
from web.viewer import Viewer

Row = tuple[str, str, str, str]


@pytest.fixture
def rows(uow_factory: UowFactory) -> Rows:
    return Rows(uow_factory)


class Rows:
    """The log as it is."""

    def __init__(self, units: UowFactory) -> None:
        self._units = units

    def __call__(self, *subjects: str) -> list[Row]:
        query = "SELECT actor, via, subject, what FROM personal_data_access ORDER BY id"
        with self._units() as work:
            found = [tuple(row) for row in work.session.execute(text(query))]
        return [row for row in found if not subjects or row[2] in subjects]


@pytest.mark.rule("T31", "S41")
def test_a_look_at_a_ticket_is_noted_once_a_minute(browser: Browser, rows: Rows, clock: HandClock) -> None:
    number = browser._desk.tickets["handoff"]
    browser.log_in("101")
    for _ in range(3):
        browser.text(f"/tickets/{number}")
    ((actor, via, _, what),) = rows(number)
    assert (actor, via) == ("101", "page")
    assert "number" in what.split()
    clock.advance(ONE_LOOK)
    browser.text(f"/tickets/{number}")
    assert len(rows(number)) == 2


@pytest.mark.rule("T31")
def test_a_masked_number_is_no_look_at_it(browser: Browser, rows: Rows) -> None:
    number, linkedid = browser._desk.tickets["handoff"], browser._desk.calls["handoff"]
    browser.log_in("103")
    for path in (f"/tickets/{number}", f"/calls/{linkedid}"):
        assert "13400134005" not in browser.text(path)
    assert all("number" not in what.split() for _, _, _, what in rows(number, linkedid))


@pytest.mark.rule("T31")
def test_a_call_and_a_recording_are_noted(browser: Browser, rows: Rows) -> None:
    linkedid = browser._desk.calls["handoff"]
    browser.log_in("102")
    page = browser.text(f"/calls/{linkedid}")
    assert [(actor, via) for actor, via, _, _ in rows(linkedid)] == [("102", "page")]
    address = page.split('src="/recordings/')[1].split('"')[0]
    before = len(rows())
    for part in ("bytes=0-9", "bytes=10-19"):
        assert browser.client.get(f"/recordings/{address}", headers={"range": part}).status_code == 206
    actor, via, _, what = rows()[-1]
    assert (actor, via, what) == ("102", "recording", "sound")
    assert len(rows()) == before + 1


@pytest.mark.rule("T31")
def test_a_list_is_one_row_with_its_counts(browser: Browser, rows: Rows) -> None:
    browser.log_in("104")
    for path in ("/tickets", "/calls", "/", "/board"):
        before = len(rows())
        browser.text(path)
        browser.text(path)
        added = rows()[before:]
        assert len(added) == (0 if path == "/board" else 1), path
        for actor, via, subject, what in added:
            assert (actor, via) == ("104", "page")
            assert subject.startswith("list ")
            assert "number=" in what


def test_what_a_list_shows_masked_is_not_counted() -> None:
    assert counted(0, 0) == ""
    assert counted(2, 0) == "number=2"
    assert counted(2, 3) == "number=2 name=3"


@pytest.mark.rule("T31")
def test_a_program_is_named_by_its_token(client: TestClient, browser: Browser, rows: Rows) -> None:
    number, linkedid = browser._desk.tickets["handoff"], browser._desk.calls["handoff"]
    headers = {"authorization": f"Bearer {browser._desk.manager_token}", "accept": "application/json"}
    for path in (f"tickets/{number}", f"calls/{linkedid}", "tickets", "calls"):
        assert client.get(f"/api/v1/{path}", headers=headers).status_code == 200
    found = rows()
    assert len(found) == 4
    assert {via for _, via, _, _ in found} == {"api"}
    assert all(actor.startswith("token ") for actor, _, _, _ in found)
    answer = client.get(f"/api/v1/tickets/{number}/access", headers=headers).json()
    assert [(item["subject"], item["via"]) for item in answer["items"]] == [
        (linkedid, "api"),
        (number, "api"),
    ]
    assert "number" in answer["items"][0]["what"]
    assert len(rows()) == 4


@pytest.mark.rule("T31")
def test_managers_read_who_saw_a_ticket(browser: Browser, clock: HandClock) -> None:
    number, linkedid = browser._desk.tickets["handoff"], browser._desk.calls["handoff"]
    browser.log_in("101")
    browser.text(f"/tickets/{number}")
    clock.advance(timedelta(minutes=2))
    browser.text(f"/calls/{linkedid}")
    assert browser.client.get(f"/tickets/{number}/access").status_code == 403
    assert f"/tickets/{number}/access" not in browser.text(f"/tickets/{number}")
    browser.client.cookies.clear()
    browser.log_in("104")
    assert f"/tickets/{number}/access" in browser.text(f"/tickets/{number}")
    page = browser.text(f"/tickets/{number}/access")
    assert page.count("王敏") == 3
    assert "陈国强" in page
    assert "the number" in page
    assert browser.client.get("/tickets/none/access").status_code == 404
    assert browser.client.get(f"/tickets/{number}/access?cursor=x").status_code == 422


def test_pages_of_the_log_miss_none(client: TestClient, browser: Browser, clock: HandClock) -> None:
    number = browser._desk.tickets["handoff"]
    headers = {"authorization": f"Bearer {browser._desk.manager_token}"}
    for _ in range(5):
        client.get(f"/api/v1/tickets/{number}", headers=headers)
        clock.advance(ONE_LOOK)
    seen, cursor = [], ""
    while cursor is not None:
        query = f"?limit=2&cursor={cursor}" if cursor else "?limit=2"
        answer = client.get(f"/api/v1/tickets/{number}/access{query}", headers=headers).json()
        seen += [item["at"] for item in answer["items"]]
        cursor = answer["next"]
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)
    staff = {"authorization": f"Bearer {browser._desk.staff_token}"}
    assert client.get(f"/api/v1/tickets/{number}/access", headers=staff).status_code == 403


def test_an_export_is_noted_with_its_counts(
    browser: Browser, uow_factory: UowFactory, rows: Rows, clock: HandClock
) -> None:
    with uow_factory() as work:
        member = work.staff.get("104")
        assert member is not None
        seeing.export(work, Viewer.of(member), "answer times", numbers=3, names=0, now=clock())
    assert rows() == [("104", Via.EXPORT.value, "list answer times", "number=3")]


def test_whoever_shows_a_number_notes_the_look() -> None:
    """A page or an answer that asks what of a number may be shown has to say that it was seen."""
    root = Path(seeing.__file__).parent
    shows = re.compile(r"\b(contact_of|caller_of|ticket_out|call_out)\b")
    handlers = [path for folder in ("pages", "api") for path in (root / folder).rglob("*.py")]
    silent = [
        path.name
        for path in handlers
        if path.name != "shapes.py" and shows.search(path.read_text()) and "seeing." not in path.read_text()
    ]
    assert silent == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE personal_data_access SET actor = '101'",
        "DELETE FROM personal_data_access",
        "TRUNCATE personal_data_access",
    ],
)
def test_the_log_is_append_only(browser: Browser, uow_factory: UowFactory, statement: str) -> None:
    browser.log_in("104")
    browser.text("/tickets")
    with uow_factory() as work, pytest.raises(sqlalchemy.exc.IntegrityError):
        work.session.execute(text(statement))
