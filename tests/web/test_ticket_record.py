"""The record of a ticket over the API and on its page: ledger, pauses, policy, log; numbers for those involved."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from callcenter.settings import Settings
from tests.polling import until
from tests.support.desk import Desk
from tests.support.web_fixtures import Browser, HandClock, Parts
from tests.web.test_api import Api
from web.app import create_app

COMPLAINT = {
    "actor": "101",
    "channel": "wechat",
    "kind": "complaint",
    "complexity": "simple",
    "contact": {"name": "周同学", "phone": "13800138111"},
    "details": "食堂少找钱",
    "fields": {"nickname": "小周", "wechat_id": "wxid_zhou2026", "wished_solution": "退款"},
}


@pytest.fixture
def manager(client: TestClient, desk: Desk) -> Api:
    return Api(client, desk.manager_token)


@pytest.fixture
def complaint(manager: Api) -> str:
    answer = manager.client.post("/api/v1/tickets", json=COMPLAINT, headers=manager.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


def step(api: Api, number: str, name: str, actor: str = "101", **given: str) -> None:
    api.act(number, f"steps/{name}", actor=actor, given=given)


def run_of(record: dict[str, Any], clock: str) -> dict[str, Any]:
    found = [run for run in record["clocks"] if run["clock"] == clock]
    assert len(found) == 1, record["clocks"]
    return dict(found[0])


@pytest.mark.rule("H15", "S10", "S21")
def test_the_ledger_tells_day_by_day(manager: Api, complaint: str, clock: HandClock) -> None:
    plain = run_of(manager.get(f"/tickets/{complaint}/record"), "h15-simple")
    assert (plain["rule"], plain["state"], plain["subject"]) == ("H15", "running", None)
    assert plain["ledger"] == [
        {"day": "2026-11-23", "kind": "workday", "counted": False, "mark": None},
        {"day": "2026-11-24", "kind": "workday", "counted": True, "mark": None},
    ]
    # Four hours of opening time before Tuesday 17:30: 14:00-17:30 and half an hour before 12:00.
    assert plain["warn_at"] == "2026-11-24T11:30:00+08:00"
    step(manager, complaint, "papers_missing", papers="学生证")
    clock.advance(timedelta(days=1))
    still = run_of(manager.get(f"/tickets/{complaint}/record"), "h15-simple")
    assert still["state"] == "paused"
    assert still["pauses"] == [{"began_at": "2026-11-23T10:20:00+08:00", "ended_at": None}]
    step(manager, complaint, "papers_received", papers="学生证")
    asked = {"clock": "h15-simple", "working_days": "2", "reason": "监控"}
    step(manager, complaint, "extension_requested", **asked)
    assert manager.get(f"/tickets/{complaint}/record")["awaits"] == "extension"
    step(manager, complaint, "extension_granted", actor="104")
    longer = run_of(manager.get(f"/tickets/{complaint}/record"), "h15-simple")
    assert (longer["due_before_extension"], longer["due_at"]) == (
        "2026-11-25T17:30:00+08:00",
        "2026-11-27T17:30:00+08:00",
    )
    assert [(day["day"], day["counted"], day["mark"]) for day in longer["ledger"]] == [
        ("2026-11-23", False, None),
        ("2026-11-24", False, "paused"),
        ("2026-11-25", True, None),
        ("2026-11-26", True, "extended"),
        ("2026-11-27", True, "extended"),
    ]


def test_the_record_names_what_is_missing_for_closing(manager: Api, complaint: str) -> None:
    record = manager.get(f"/tickets/{complaint}/record")
    assert record["missing_for_closing"] == ["result", "satisfaction"]
    assert (record["result"], record["satisfaction"], record["file"]) == (None, None, None)
    manager.act(complaint, "resolve", actor="101", text="已退款")
    manager.act(complaint, "satisfaction", actor="101", answer="satisfied", text="谢谢")
    manager.act(complaint, "close", actor="101")
    record = manager.get(f"/tickets/{complaint}/record")
    assert (record["result"], record["satisfaction"], record["missing_for_closing"]) == (
        "已退款",
        "satisfied",
        [],
    )
    assert record["file"] == 1
    assert record["version"] == len(record["events"])
    kinds = [event["kind"] for event in record["events"]]
    assert kinds == ["message", "opened", "form_saved", "resolved", "satisfaction_given", "closed"]
    given = record["events"][4]
    assert (given["actor"], given["data"]) == (
        "101",
        {"answer": "satisfied", "via": "staff", "text": "谢谢"},
    )
    assert [event["seq"] for event in record["events"]] == list(range(1, 7))
    assert all(len(event["hash"]) == 64 for event in record["events"])


@pytest.mark.rule("T31")
def test_numbers_and_accounts_are_for_those_who_may_see_them(
    manager: Api, complaint: str, desk: Desk, browser: Browser
) -> None:
    staff = Api(manager.client, desk.staff_token)
    text = str(staff.get(f"/tickets/{complaint}/record"))
    assert "13800138111" not in text
    assert "wxid_zhou2026" not in text
    assert "138****8111" in text
    whole = str(manager.get(f"/tickets/{complaint}/record"))
    assert "13800138111" in whole
    assert "wxid_zhou2026" in whole
    browser.log_in("103")
    page = browser.text(f"/tickets/{complaint}")
    assert "13800138111" not in page
    assert "wxid_zhou2026" not in page


def test_the_call_of_a_ticket_has_its_callers_number_masked_in_the_log(manager: Api, desk: Desk) -> None:
    staff = Api(manager.client, desk.staff_token)
    for name in ("unowned", "today", "handoff"):
        text = str(staff.get(f"/tickets/{desk.tickets[name]}/record"))
        assert not re.search(r"1[3-9]\d{9}", text), name


@pytest.mark.parametrize("path", ["/record", "/steps"])
def test_what_is_not_there_and_who_has_no_token(client: TestClient, manager: Api, path: str) -> None:
    manager.refused(404, "GET", f"/tickets/261123-1-999{path}")
    Api(client, None).refused(401, "GET", f"/tickets/261123-1-001{path}")


def test_a_ticket_that_is_registering_or_dismissed_has_no_clocks(manager: Api, desk: Desk) -> None:
    number = desk.tickets["talking"]
    assert manager.get(f"/tickets/{number}/record")["clocks"] == []
    manager.act(number, "dismiss", actor="101", text="wrong number")
    assert manager.get(f"/tickets/{number}/record")["clocks"] == []


def test_a_changed_policy_is_told_and_running_clocks_keep_theirs(
    manager: Api, complaint: str, settings: Settings, desk: Desk, parts: Parts, clock: HandClock
) -> None:
    before = manager.get(f"/tickets/{complaint}/record")
    assert before["policy"]["name"] == "huizhou-school"
    assert before["policy"]["changed_since"] is False
    shipped = Path(__file__).parents[2] / "callcenter/policies/huizhou-school.toml"
    folder = settings.home / "policies"
    folder.mkdir(parents=True)
    longer = shipped.read_text("utf-8").replace("simple = 1", "simple = 9")
    (folder / "huizhou-school.toml").write_text(longer, "utf-8")
    app = create_app(settings, checks=parts.checks(), clock=clock)
    with TestClient(app, follow_redirects=False, headers={"accept": "text/html"}) as client:
        until(lambda: app.state.console.health.database_is_up)
        after = Api(client, desk.manager_token).get(f"/tickets/{complaint}/record")
        assert after["policy"] == {**before["policy"], "changed_since": True}
        assert run_of(after, "h15-simple") == run_of(before, "h15-simple")
        browser = Browser(client, desk).log_in()
        page = browser.text(f"/tickets/{complaint}")
        assert "Counted under the policy as of Mon 23 Nov; it has changed since." in page


@pytest.mark.rule("H13", "H15")
def test_the_page_draws_the_clocks_and_says_the_same_in_words(
    browser: Browser, complaint: str, clock: HandClock
) -> None:
    clock.advance(timedelta(minutes=10))
    browser.log_in()
    page = browser.text(f"/tickets/{complaint}")
    assert page.count('<svg class="tl"') == 3
    assert "5 min of working time over" in page
    # From Monday 10:20 in the centre; the warning of H13 two minutes before.
    assert "From 23 Nov 10:20 · warning 23 Nov 10:23 · due 23 Nov 10:25" in page
    assert "the day it began does not count" in page
    assert 'class="tl-now"' in page
    assert "style=" not in page


def test_a_ticket_of_long_ago_is_drawn_all_the_same(
    browser: Browser, complaint: str, clock: HandClock
) -> None:
    clock.advance(timedelta(days=400))
    browser.log_in()
    page = browser.text(f"/tickets/{complaint}")
    days = re.search(r'<ol class="tl-days".*?</ol>', page, re.DOTALL)
    assert days
    assert days[0].count("<li") == 62
    assert page.count('<svg class="tl"') == 3
