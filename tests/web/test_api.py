"""The JSON API: tokens, shapes, lists page by page, refusals as problem details."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import jsonschema
import pytest
from starlette.testclient import TestClient

from tests.support.desk import Desk

PROBLEM = "application/problem+json"
CALL_KEYS = {
    "linkedid",
    "line",
    "caller",
    "caller_name",
    "arrived_at",
    "rang_at",
    "answered_at",
    "ended_at",
    "answer_ms",
    "wait_ms",
    "greeting_ms",
    "first_responder",
    "outcome",
    "handoffs",
    "ticket",
    "source",
}
TICKET_KEYS = {
    "number",
    "channel",
    "kind",
    "complexity",
    "status",
    "owner",
    "handler",
    "contact",
    "details",
    "wished_reply",
    "clocks",
    "transcript",
    "call",
    "created_at",
}


class Api:
    """A program with a token; every answer is checked against the OpenAPI document."""

    def __init__(self, client: TestClient, token: str | None) -> None:
        self.client = client
        self.headers = {"accept": "*/*"}
        if token:
            self.headers["authorization"] = f"Bearer {token}"
        self.document = client.get("/api/v1/openapi.json").json()

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(f"/api/v1{path}", params=params, headers=self.headers)
        assert answer.status_code == 200, answer.text
        self.check(path, "get", answer)
        return answer.json()

    def refused(self, code: int, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        answer = self.client.request(method, f"/api/v1{path}", headers=self.headers, **kwargs)
        assert answer.status_code == code, answer.text
        assert answer.headers["content-type"] == PROBLEM
        body: dict[str, Any] = answer.json()
        assert body["status"] == code
        assert body["title"]
        assert body["type"] == "about:blank"
        return body

    def act(self, number: str, action: str, **body: Any) -> Any:
        answer = self.client.post(f"/api/v1/tickets/{number}/{action}", json=body, headers=self.headers)
        assert answer.status_code == 200, answer.text
        self.check(f"/tickets/{number}/{action}", "post", answer)
        return answer.json()

    def check(self, path: str, method: str, answer: Any) -> None:
        parts = path.split("/")
        templates = [p for p in self.document["paths"] if _fits(p.removeprefix("/api/v1").split("/"), parts)]
        assert len(templates) == 1, templates
        described = self.document["paths"][templates[0]][method]["responses"][str(answer.status_code)]
        schema = described["content"][answer.headers["content-type"]]["schema"]
        jsonschema.validate(answer.json(), {**schema, "components": self.document["components"]})


def _fits(template: list[str], parts: list[str]) -> bool:
    return len(template) == len(parts) and all(
        expected == part or expected.startswith("{") for expected, part in zip(template, parts, strict=True)
    )


@pytest.fixture
def manager(client: TestClient, desk: Desk) -> Api:
    return Api(client, desk.manager_token)


@pytest.fixture
def staff(client: TestClient, desk: Desk) -> Api:
    return Api(client, desk.staff_token)


def test_a_call_has_the_contracts_shape(manager: Api, desk: Desk) -> None:
    call = manager.get(f"/calls/{desk.calls['handoff']}")
    assert set(call) == CALL_KEYS
    assert call["caller"] == "13400134005"
    assert call["arrived_at"] == "2026-11-23T10:00:00+08:00"
    assert (call["answer_ms"], call["wait_ms"], call["greeting_ms"]) == (3180, 4180, 1400)
    assert call["first_responder"] == {"extension": "101", "name": "王敏"}
    assert (call["outcome"], call["source"]) == ("answered", "live")
    assert call["ticket"] == desk.tickets["handoff"]
    (handoff,) = call["handoffs"]
    assert handoff == {
        "mode": "recorded",
        "from": {"extension": "101", "name": "王敏"},
        "to": {"extension": "102", "name": "李静"},
        "requested_at": "2026-11-23T10:01:00+08:00",
        "answered_at": "2026-11-23T10:01:22+08:00",
        "completed_at": "2026-11-23T10:01:38+08:00",
        "outcome": "accepted",
        "within_limit": True,
    }


def test_a_call_under_way_has_no_end_and_no_outcome(manager: Api, desk: Desk) -> None:
    call = manager.get(f"/calls/{desk.calls['ringing']}")
    assert (call["ended_at"], call["outcome"], call["answered_at"]) == (None, None, None)


def test_a_ticket_has_the_contracts_shape(manager: Api, desk: Desk) -> None:
    ticket = manager.get(f"/tickets/{desk.tickets['unowned']}")
    assert set(ticket) == TICKET_KEYS
    assert ticket["status"] == "open"
    assert (ticket["owner"], ticket["handler"]) == (None, None)
    assert ticket["contact"] == {"name": None, "phone": "13500135004", "withheld": False}
    assert ticket["wished_reply"] == "today"
    # Monday + 3 working days (complex until someone chooses): Thursday at closing time.
    assert ticket["clocks"] == [
        {
            "clock": "h12-complex",
            "due_at": "2026-11-26T17:30:00+08:00",
            "state": "running",
            "provisional": False,
        }
    ]
    assert ticket["transcript"] == {
        "state": "done",
        "text": "我想问一下寒假宿舍什么时候关门",
        "engine": "whisper",
    }
    assert ticket["call"] == "1763600006.1"


def test_no_clock_runs_while_a_ticket_is_registering(manager: Api, desk: Desk) -> None:
    ticket = manager.get(f"/tickets/{desk.tickets['talking']}")
    assert (ticket["status"], ticket["clocks"], ticket["transcript"]) == ("registering", [], None)


def test_a_withheld_number_is_null_and_marked(manager: Api, desk: Desk) -> None:
    ticket = manager.get(f"/tickets/{desk.tickets['withheld']}")
    assert ticket["contact"] == {"name": None, "phone": None, "withheld": True}


def test_a_staff_token_sees_masked_numbers(staff: Api, desk: Desk) -> None:
    assert staff.get(f"/calls/{desk.calls['handoff']}")["caller"] == "134****4005"
    assert staff.get(f"/tickets/{desk.tickets['unowned']}")["contact"]["phone"] == "135****5004"


@pytest.mark.parametrize("path", ["/calls", "/tickets"])
@pytest.mark.parametrize("limit", [1, 3, 500])
def test_lists_are_read_page_by_page_newest_first(manager: Api, path: str, limit: int) -> None:
    everything = manager.get(path)["items"]
    times = [item.get("arrived_at") or item["created_at"] for item in everything]
    assert times == sorted(times, reverse=True)
    pages, cursor = [], None
    while True:
        page = manager.get(path, limit=limit, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) <= limit
        pages += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert pages == everything


def test_calls_since(manager: Api) -> None:
    since = "2026-11-23T10:00:00+08:00"
    calls = manager.get("/calls", since=since)["items"]
    assert calls
    assert all(datetime.fromisoformat(call["arrived_at"]) >= datetime.fromisoformat(since) for call in calls)


def test_tickets_by_status_owner_call_words_and_due_time(manager: Api, desk: Desk) -> None:
    def numbers(**params: Any) -> set[str]:
        return {ticket["number"] for ticket in manager.get("/tickets", **params)["items"]}

    tickets = desk.tickets
    assert numbers(status="resolved") == {tickets["solved"]}
    assert numbers(status=["resolved", "registering"]) == {
        tickets["solved"],
        tickets["talking"],
        tickets["handoff"],
        tickets["hostile"],
    }
    assert numbers(unowned=True) == {tickets["unowned"], tickets["withheld"]}
    assert numbers(owner="102") == {tickets["solved"], tickets["hostile"]}
    assert numbers(mine="102") == {tickets["solved"], tickets["hostile"], tickets["handoff"]}
    assert numbers(call="1763600006.1") == numbers(linkedid="1763600006.1") == {tickets["unowned"]}
    assert numbers(q="食堂") == {tickets["later"]}
    assert numbers(due_before="2026-11-24T00:00:00+08:00", status="open") == {
        tickets["late"],
        tickets["today"],
    }


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/calls", {"limit": "501"}),
        ("/calls", {"limit": "0"}),
        ("/calls", {"limit": "many"}),
        ("/calls", {"since": "yesterday"}),
        ("/calls", {"since": "2026-11-23T10:00:00"}),
        ("/calls", {"cursor": "nonsense"}),
        ("/tickets", {"status": "lost"}),
        ("/tickets", {"cursor": "bm9uc2Vuc2U"}),
        ("/tickets", {"due_before": "soon"}),
        ("/tickets", {"limit": "501"}),
    ],
)
def test_what_is_not_understood_is_422(manager: Api, path: str, params: dict[str, str]) -> None:
    body = manager.refused(422, "GET", path, params=params)
    assert "errors" in body or "detail" in body


@pytest.mark.parametrize("path", ["/calls", "/calls/1.1", "/tickets", "/tickets/261123-1-001"])
@pytest.mark.parametrize("token", [None, "wrong", "sw_" + "x" * 43])
def test_without_a_valid_token_nothing_is_told(
    client: TestClient, desk: Desk, path: str, token: str | None
) -> None:
    Api(client, token).refused(401, "GET", path)


@pytest.mark.parametrize("path", ["/calls/1.1", "/tickets/261123-1-999", "/nothing", "/tickets/../../etc"])
def test_what_is_not_there_is_404(manager: Api, path: str) -> None:
    manager.refused(404, "GET", path)


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/calls"), ("PUT", "/tickets/261123-1-001"), ("POST", "/health")]
)
def test_a_wrong_method_is_405(manager: Api, method: str, path: str) -> None:
    manager.refused(405, method, path)


def test_a_session_cookie_is_no_token(client: TestClient, desk: Desk) -> None:
    client.cookies.set("shouwen_session", desk.manager_token)
    Api(client, None).refused(401, "GET", "/calls")


def test_every_action_of_the_console_is_there(manager: Api, desk: Desk) -> None:
    number = desk.tickets["unowned"]
    assert manager.act(number, "take", actor="103")["owner"] == {"extension": "103", "name": "张伟"}
    body = manager.refused(409, "POST", f"/tickets/{number}/take", json={"actor": "102"})
    assert "张伟" in body["detail"]
    filled = manager.act(
        number,
        "form",
        actor="103",
        kind="suggestion",
        complexity="normal",
        contact={"name": "冯同学", "phone": "13500135004"},
        details="寒假宿舍开放时间",
        wished_reply="this_week",
    )
    assert (filled["kind"], filled["details"], filled["contact"]["name"]) == (
        "suggestion",
        "寒假宿舍开放时间",
        "冯同学",
    )
    assert (
        manager.act(number, "complexity", actor="103", complexity="simple")["clocks"][0]["clock"]
        == "h12-simple"
    )
    manager.act(number, "note", actor="103", text="asked")
    assert (
        manager.act(number, "transcript", actor="103", text="right words")["transcript"]["text"]
        == "right words"
    )
    assert manager.act(number, "wait", actor="103", text="the dean")["status"] == "waiting"
    assert manager.act(number, "resume", actor="103")["status"] == "open"
    done = manager.act(number, "resolve", actor="103", text="told")
    assert (done["status"], done["clocks"][0]["state"]) == ("resolved", "met")
    assert manager.act(number, "reopen", actor="103", text="again")["status"] == "open"
    assert manager.act(number, "resolve", actor="103", text="told again")["status"] == "resolved"
    body = manager.refused(422, "POST", f"/tickets/{number}/close", json={"actor": "103"})
    assert "satisfaction" in body["detail"]
    manager.act(number, "satisfaction", actor="103", answer="satisfied")
    assert manager.act(number, "close", actor="103")["status"] == "closed"
    dismissed = manager.act(desk.tickets["talking"], "dismiss", actor="101", text="wrong number")
    assert (dismissed["status"], dismissed["clocks"]) == ("dismissed", [])


def test_actions_that_cannot_be(manager: Api, staff: Api, desk: Desk) -> None:
    solved, today = desk.tickets["solved"], desk.tickets["today"]
    words = {"actor": "102", "text": "x"}
    manager.refused(409, "POST", f"/tickets/{solved}/resolve", json=words)
    manager.refused(422, "POST", f"/tickets/{today}/note", json={"actor": "999", "text": "x"})
    manager.refused(422, "POST", f"/tickets/{today}/note", json={"actor": "101"})
    manager.refused(422, "POST", f"/tickets/{today}/note", json={"actor": "101", "text": ""})
    manager.refused(422, "POST", f"/tickets/{today}/note", content=b"{not json")
    manager.refused(422, "POST", f"/tickets/{today}/complexity", json={"actor": "101", "complexity": "odd"})
    manager.refused(404, "POST", "/tickets/261123-1-999/note", json=words)
    staff.refused(403, "POST", f"/tickets/{today}/note", json={"actor": "103", "text": "x"})
    assert staff.act(today, "note", actor="101", text="x")["number"] == today


def test_times_carry_the_centres_offset(manager: Api) -> None:
    for call in manager.get("/calls")["items"]:
        for name in ("arrived_at", "rang_at", "answered_at", "ended_at"):
            if call[name]:
                assert datetime.fromisoformat(call[name]).utcoffset() == timedelta(hours=8)


def test_the_openapi_document_describes_every_refusal_as_a_problem(client: TestClient, desk: Desk) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert set(document["paths"]) >= {"/api/v1/health", "/api/v1/calls", "/api/v1/tickets/{number}"}
    assert not any(path in document["paths"] for path in ("/", "/login", "/board"))
    operation = document["paths"]["/api/v1/calls"]["get"]
    assert operation["security"]
    for code in ("401", "422", "503"):
        assert list(operation["responses"][code]["content"]) == [PROBLEM]


@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/calls/%00", 404), ("/api/v1/tickets?q=%00", 422), ("/tickets/%00", 404)]
)
def test_nul_is_refused(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
