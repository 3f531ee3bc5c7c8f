"""The calendar: a year's days, own closures and openings, the due time day by day; page and API."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.support.desk import Desk
from tests.support.web_fixtures import Browser
from tests.web.test_policy_pages import bearer

DUE = "/api/v1/deadline?clock=h12-complex&from=2026-11-20T10:00:00%2B08:00"


def test_a_year_shows_holidays_and_make_up_days(browser: Browser) -> None:
    text = browser.log_in(language="zh").text("/calendar?year=2026")
    assert "2026 年日历" in text
    assert "10月1日 周四 · " in text
    assert "day-makeup" in text
    assert "暂定" not in text.split("什么时候到期")[0]
    assert "/calendar?year=2025" in text
    assert "/calendar?year=2027" in text


def test_a_year_without_a_notice_is_provisional(browser: Browser) -> None:
    assert "Provisional" in browser.log_in().text("/calendar?year=2099")
    assert browser.client.get("/calendar?year=1850").status_code == 422


def test_limits_to_choose_from_are_told_in_words(browser: Browser) -> None:
    text = browser.log_in(language="zh").text("/calendar")
    assert ">H12 电话，简单 · 1 个工作日</option>" in text
    assert ">h12" not in text


@pytest.mark.rule("H12", "T13")
def test_a_manager_closes_days_and_a_due_time_moves(browser: Browser, client: TestClient, desk: Desk) -> None:
    """Friday 20 November and three working days: Wednesday 25; with Tuesday closed, Thursday 26."""
    program = bearer(desk.staff_token)
    before = client.get(DUE, headers=program).json()
    assert before["due_at"] == "2026-11-25T17:30:00+08:00"
    assert before["calendar"] == "published"
    browser.log_in("104")
    where = browser.post(
        "/calendar/days", first="2026-11-24", last="", kind="closure", reason="校运会 <b>x</b>"
    )
    assert where == "/calendar?year=2026&done=days-set"
    text = browser.text("/calendar?year=2026")
    assert "校运会 &lt;b&gt;" in text
    assert "陈国强" in text
    after = client.get(DUE, headers=program).json()
    assert after["due_at"] == "2026-11-26T17:30:00+08:00"
    assert {"day": "2026-11-24", "kind": "closure", "counted": False} in after["ledger"]
    page = browser.text("/calendar?clock=h12-complex&from=2026-11-20T10:00&policy=huizhou-school")
    assert "Thu 26 Nov 2026" in page
    assert browser.post("/calendar/days/remove", days="2026-11-24/2026-11-24").endswith("days-removed")
    assert client.get(DUE, headers=program).json() == before


def test_running_clocks_follow_with_the_answer(browser: Browser, client: TestClient, desk: Desk) -> None:
    number = next(iter(desk.tickets.values()))
    program = bearer(desk.manager_token)
    listed = client.get("/api/v1/tickets?status=open", headers=program).json()["items"]
    ticket = next(each for each in listed if each["clocks"] and each["clocks"][0]["due_at"] > "2026-11-24")
    number, due = ticket["number"], ticket["clocks"][0]["due_at"]
    body = {"actor": "104", "first": due[:10], "kind": "closure", "reason": "停电"}
    assert client.post("/api/v1/calendar/days", json=body, headers=program).status_code == 201
    moved = client.get(f"/api/v1/tickets/{number}", headers=program).json()
    assert moved["clocks"][0]["due_at"] > due


def test_staff_look_and_do_not_change(browser: Browser, client: TestClient, desk: Desk) -> None:
    browser.log_in("101")
    assert "/calendar/days" not in browser.text("/calendar")
    answer = client.post(
        "/calendar/days",
        data={"first": "2026-11-24", "kind": "closure", "reason": "x", "csrf_token": browser.csrf},
    )
    assert answer.status_code == 403
    body = {"actor": "101", "first": "2026-11-24", "kind": "closure", "reason": "x"}
    assert (
        client.post("/api/v1/calendar/days", json=body, headers=bearer(desk.manager_token)).status_code == 403
    )


@pytest.mark.parametrize(
    ("first", "last", "kind", "reason"),
    [
        ("2026-11-24", "2026-11-20", "closure", "x"),
        ("some day", "", "closure", "x"),
        ("2026-11-24", "", "party", "x"),
        ("2026-11-24", "", "closure", " "),
        ("2026-11-24", "2029-11-24", "closure", "x"),
    ],
)
def test_a_bad_form_is_shown_again_with_what_is_wrong(
    browser: Browser, first: str, last: str, kind: str, reason: str
) -> None:
    browser.log_in("104")
    data = {"first": first, "last": last, "kind": kind, "reason": reason, "csrf_token": browser.csrf}
    answer = browser.client.post("/calendar/days", data=data)
    assert answer.status_code == 422
    assert "field-error" in answer.text


def test_own_days_over_the_api(client: TestClient, desk: Desk) -> None:
    program = bearer(desk.manager_token)
    body = {"actor": "104", "first": "2026-07-20", "last": "2026-07-22", "kind": "closure", "reason": "暑假"}
    made = client.post("/api/v1/calendar/days", json=body, headers=program)
    assert made.status_code == 201
    assert [day["day"] for day in made.json()["items"]] == ["2026-07-20", "2026-07-21", "2026-07-22"]
    listed = client.get("/api/v1/calendar/days?year=2026", headers=program).json()["items"]
    assert {day["reason"] for day in listed} == {"暑假"}
    gone = client.delete("/api/v1/calendar/days?actor=104&first=2026-07-20&last=2026-07-31", headers=program)
    assert gone.status_code == 204
    again = client.delete("/api/v1/calendar/days?actor=104&first=2026-07-20", headers=program)
    assert again.status_code == 422
    assert client.get("/api/v1/calendar/days?year=2026", headers=program).json()["items"] == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("clock=h99&from=2026-11-20T10:00", 404),
        ("clock=h10&from=yesterday", 422),
        ("clock=h10&from=2026-11-20T10:00&policy=nowhere", 404),
        ("clock=h10", 422),
        ("clock=h12-simple&from=9999-12-31T10:00", 422),
    ],
)
def test_questions_without_an_answer(client: TestClient, desk: Desk, query: str, status: int) -> None:
    answer = client.get(f"/api/v1/deadline?{query}", headers=bearer(desk.staff_token))
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
