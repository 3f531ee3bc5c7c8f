"""Registering by hand, from every door: by form and over the API, and every way in which it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from callcenter.settings import Settings
from tests.polling import until
from tests.support.desk import Desk
from tests.support.web_fixtures import Browser, HandClock, Parts
from tests.web.test_api import Api
from web.app import create_app

WECHAT = {
    "channel": "wechat",
    "kind": "inquiry",
    "complexity": "simple",
    "details": "图书馆几点开门",
    "field-nickname": "小周",
    "field-wechat_id": "wxid_zhou2026",
}
MATTER = {"channel": "walk_in", "kind": "inquiry", "complexity": "simple", "details": "补办学生证"}


@pytest.fixture
def manager(client: TestClient, desk: Desk) -> Api:
    return Api(client, desk.manager_token)


@pytest.fixture
def station(settings: Settings, desk: Desk, parts: Parts, clock: HandClock) -> Iterator[Browser]:
    """The console of the one-stop station."""
    other = settings.model_copy(update={"policy": "one-stop-station"})
    app = create_app(other, checks=parts.checks(), clock=clock)
    with TestClient(app, follow_redirects=False, headers={"accept": "text/html"}) as client:
        until(lambda: app.state.console.health.database_is_up)
        yield Browser(client, desk)


def refused(browser: Browser, fields: dict[str, str], path: str = "/register") -> str:
    """The form again, with what was typed."""
    answer = browser.client.post(path, data={**fields, "csrf_token": browser.csrf})
    assert answer.status_code == 422, answer.text
    assert 'role="alert"' in answer.text
    return answer.text


def message_at(html: str, field: str) -> str:
    """What the page says at a field."""
    found = re.search(rf'id="error-{field}">.*?</svg>(.*?)</div>', html, re.DOTALL)
    assert found, f"nothing is said at {field}"
    return found[1]


@pytest.mark.rule("H1", "T1")
def test_a_visitor_is_led_to_a_free_colleague_and_the_owner_stays(browser: Browser) -> None:
    browser.log_in()
    where = browser.post("/register", **MATTER, handed_to="103", handover="要补办，学生证上周遗失，已挂失")
    assert where.endswith("?done=registered")
    page = browser.text(where)
    assert "Registered: it is yours, and its time runs." in page
    assert "张伟 has the caller now." in page
    assert "学生证上周遗失" in page
    owner, handler = re.findall(r"<dd><bdi>([^<]+)</bdi>", page)[:2]
    assert (owner, handler) == ("王敏", "张伟")


@pytest.mark.rule("H1")
def test_who_is_in_a_call_or_away_is_not_free(browser: Browser) -> None:
    # 101 is in a call in this morning, 103 goes off duty.
    browser.log_in("103")
    browser.post("/duty", on_duty="no")
    browser.client.cookies.clear()
    browser.log_in("102")
    page = browser.text("/register?channel=walk_in")
    talking = re.search(r'<option value="101"[^>]*>([^<]*)</option>', page)
    assert talking
    assert "disabled" in talking[0]
    assert "in a call" in talking[1]
    assert '<option value="103"' not in page
    assert '<option value="102"' not in page
    assert message_at(refused(browser, {**MATTER, "handed_to": "103", "handover": "x"}), "handed_to") == (
        "Please choose a colleague who is on duty."
    )
    assert message_at(refused(browser, {**MATTER, "handed_to": "101"}), "handover") == (
        "Please write what the colleague was told."
    )


@pytest.mark.rule("H3", "H13", "H14", "H31")
def test_a_wechat_message_counts_from_when_it_came(browser: Browser, manager: Api) -> None:
    browser.log_in()
    where = browser.post("/register", **WECHAT, happened_at="2026-11-23T10:17")
    number = where.split("/")[-1].split("?")[0]
    clocks = {clock["clock"]: clock["due_at"] for clock in manager.get(f"/tickets/{number}")["clocks"]}
    # The message 10:17 + 5 min and + 10 min; the matter, recorded 10:20, + 1 working day.
    assert clocks == {
        "h13": "2026-11-23T10:22:00+08:00",
        "h14": "2026-11-23T10:27:00+08:00",
        "h15-simple": "2026-11-24T17:30:00+08:00",
    }
    assert manager.get(f"/tickets/{number}/record")["fields"] == {
        "nickname": "小周",
        "wechat_id": "wxid_zhou2026",
    }


def test_a_matter_is_named_after_whoever_asked(browser: Browser) -> None:
    browser.log_in()
    for fields, name in ((WECHAT, "小周"), (MATTER, "Without a name")):
        where = browser.post("/register", **fields)
        page = browser.text(where)
        heading = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)
        assert heading
        assert name in heading[1]
        assert name in browser.text("/tickets")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2026-11-23T10:21", "This time is still to come."),
        ("2025-11-23T10:00", "This is more than a month ago; please look at it again."),
        ("0001-01-01T00:00", "Please write day and time, such as 23 November, 10:05."),
        ("yesterday", "Please write day and time, such as 23 November, 10:05."),
    ],
)
def test_the_time_of_a_message_has_to_make_sense(browser: Browser, written: str, said: str) -> None:
    browser.log_in()
    page = refused(browser, {**WECHAT, "happened_at": written})
    assert message_at(page, "happened_at") == said
    assert "图书馆几点开门</textarea>" in page
    assert 'value="wxid_zhou2026"' in page


@pytest.mark.rule("H31", "H33")
def test_each_field_that_is_needed_says_so(browser: Browser) -> None:
    browser.log_in()
    page = refused(
        browser, {"channel": "wechat", "kind": "complaint", "complexity": "simple", "contact_phone": "1"}
    )
    assert message_at(page, "details") == "Please write down what it is about, one line is enough."
    assert message_at(page, "contact_phone") == "Please write a telephone number: three digits or more."
    for field in ("nickname", "wechat_id", "wished_solution"):
        assert message_at(page, f"field-{field}") == "Please fill this in."


@pytest.mark.rule("S22")
def test_the_station_takes_no_complaint_without_name_and_number(station: Browser) -> None:
    station.log_in()
    complaint = {"channel": "walk_in", "kind": "complaint", "complexity": "standard", "details": "窗口推诿"}
    page = refused(station, complaint)
    assert message_at(page, "contact_name") == "Please fill this in."
    assert message_at(page, "contact_phone") == "Please fill this in."
    named = {**complaint, "contact_name": "何先生", "contact_phone": "13900139001"}
    assert station.post("/register", **named).endswith("registered")


@pytest.mark.parametrize("field", ["channel", "kind", "complexity", "wished_reply"])
def test_a_choice_that_the_policy_does_not_know(browser: Browser, field: str) -> None:
    browser.log_in()
    assert message_at(refused(browser, {**MATTER, field: "nonsense"}), field) == (
        "Please choose one of the list."
    )


def test_the_fields_follow_door_and_kind_and_what_was_typed_stays(browser: Browser) -> None:
    browser.log_in()
    page = browser.text("/register?channel=wechat&kind=complaint")
    for field in ("happened_at", "field-nickname", "field-wechat_id", "field-wished_solution"):
        assert f'name="{field}"' in page
    assert 'name="handed_to"' not in page
    page = browser.text("/register?channel=phone&kind=inquiry")
    assert "Calls register themselves" in page
    assert 'name="field-' not in page
    typed = {**WECHAT, "channel": "walk_in", "contact_name": 'Zhou "<b>', "csrf_token": browser.csrf}
    answer = browser.client.post("/register/change", data=typed)
    assert answer.status_code == 200
    assert 'name="handed_to"' in answer.text
    assert "图书馆几点开门</textarea>" in answer.text
    assert "Zhou &#34;&lt;b&gt;" in answer.text


def test_registering_needs_a_login_and_the_forms_token(browser: Browser) -> None:
    assert browser.client.get("/register").headers["location"].startswith("/login")
    browser.log_in()
    for path in ("/register", "/register/change"):
        assert browser.client.post(path, data=MATTER).status_code == 403


def body(**more: Any) -> dict[str, Any]:
    return {
        "actor": "102",
        "channel": "wechat",
        "kind": "complaint",
        "contact": {"name": "周同学"},
        "details": "少找钱",
        "fields": {"nickname": "小周", "wechat_id": "wx1", "wished_solution": "退款"},
        **more,
    }


@pytest.mark.rule("H3", "H33")
def test_registering_over_the_api(manager: Api, client: TestClient) -> None:
    given = body(happened_at="2026-11-23T10:10:00+08:00", handed_to="103", handover="已查账")
    answer = client.post("/api/v1/tickets", json=given, headers=manager.headers)
    assert answer.status_code == 201, answer.text
    manager.check("/tickets", "post", answer)
    made = answer.json()
    assert answer.headers["location"] == f"/api/v1/tickets/{made['number']}"
    assert manager.get(f"/tickets/{made['number']}") == made
    assert made["number"].startswith("261123-0-")
    assert (made["owner"]["extension"], made["handler"]["extension"]) == ("102", "103")
    # The policy's own default: complex until somebody chooses.
    assert (made["channel"], made["status"], made["complexity"]) == ("wechat", "open", "complex")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"kind": "riddle"}, "kind"),
        ({"complexity": "odd"}, "complexity"),
        ({"fields": {"nickname": "小周", "wechat_id": "wx1"}}, "wished_solution"),
        ({"fields": {"nickname": "x", "wechat_id": "y", "wished_solution": "z", "shoe": "43"}}, "shoe"),
        ({"happened_at": "2026-11-23T10:21:00+08:00"}, "happened_at"),
        ({"happened_at": "1926-11-23T10:21:00+08:00"}, "happened_at"),
        ({"handed_to": "103"}, "handover"),
        ({"handed_to": "102", "handover": "x"}, "handed_to"),
        ({"handed_to": "999", "handover": "x"}, "handed_to"),
        ({"actor": "999"}, "999"),
    ],
)
def test_what_the_api_refuses_names_the_field(manager: Api, more: dict[str, Any], field: str) -> None:
    assert field in manager.refused(422, "POST", "/tickets", json=body(**more))["detail"]


def test_a_message_of_another_shape_is_refused(manager: Api) -> None:
    for more in ({"happened_at": "2026-11-23T10:10:00"}, {"surprise": 1}, {"details": ""}):
        assert manager.refused(422, "POST", "/tickets", json=body(**more))["errors"]


def test_nothing_is_registered_when_it_is_refused(manager: Api, clock: HandClock) -> None:
    before = len(manager.get("/tickets")["items"])
    manager.refused(422, "POST", "/tickets", json=body(handed_to="103"))
    assert len(manager.get("/tickets")["items"]) == before
    clock.advance(timedelta(seconds=1))
    # The number that the refused one would have had is given to the next (S40).
    made = manager.client.post("/api/v1/tickets", json=body(), headers=manager.headers).json()
    assert made["number"] == "261123-0-001"
