"""Every address of the application, as it is registered: who gets in, and that no form is taken without its token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from callcenter.domain.steps import STEPS
from tests.support.desk import Desk
from tests.support.web_fixtures import Browser

PUBLIC = {
    # each proves who asks by something of its own: a password, a secret in the address, a signature
    "GET /login",
    "POST /login",
    "GET /s/{token}",
    "POST /s/{token}",
    "GET /wechat/service-account",
    "POST /wechat/service-account",
    # and these tell nothing about anybody
    "GET /api/v1/health",
    "GET /api/v1/openapi.json",
    "HEAD /api/v1/openapi.json",
    # only leads on
    "GET /reports",
}
MANAGERS_PAGES = {
    "GET /analysis",
    "GET /analysis.csv",
    "GET /analysis/tickets",
    "GET /approvals",
    "POST /approvals/{number}",
    "POST /absences/posts",
    "POST /calendar/days",
    "POST /calendar/days/remove",
    "GET /prompts",
    "GET /prompts/{language}/{key}",
    "GET /prompts/{language}/{key}/versions/{version}",
    "POST /prompts/{language}/{key}/versions",
    "POST /prompts/{language}/{key}/live",
    "GET /reports/transcripts",
    "GET /reports/transcripts.csv",
    "GET /reports/transcripts.xlsx",
    "GET /supervision/checks/{check_id}",
    "POST /supervision/draw",
    "POST /supervision/checks/{check_id}",
    "GET /supervision/commendation",
    "GET /supervision/commendation.csv",
    "GET /tickets/{number}/access",
}
ASKED = "note result reason waiting_for again details contact_name text pass_text transcript"
WORDS = dict.fromkeys(ASKED.split(), "x") | {"kind": "inquiry", "complexity": "normal", "pass_to": "102"}
"""What the forms of a ticket ask for, so that none is refused for what is missing."""
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 80
SEEN = {200, 204, 286, 303, 404, 405, 409, 413, 422}
"""286: htmx, asked for no more (web/pages/proposals.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One method of one address."""

    method: str
    path: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def changes(self) -> bool:
        return self.method not in ("GET", "HEAD")

    def filled(self, desk: Desk) -> str:
        """The address with something that exists in it."""
        values = {
            "number": desk.tickets["handoff"],
            "linkedid": desk.calls["handoff"],
            "name": next(iter(STEPS)) if "/steps/" in self.path else "huizhou-school",
            "extension": "101",
            "token": "x" * 32,
            "key": "logistics",
        }
        return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: values.get(found[1], "1"), self.path)


def doors(client: TestClient) -> Iterator[Door]:
    app = client.app
    assert isinstance(app, FastAPI)
    for route in iter_route_contexts(app.routes):
        for method in sorted(getattr(route, "methods", None) or ()):
            yield Door(method=method, path=str(route.path))


def knock(client: TestClient, door: Door, desk: Desk, **headers: str) -> Any:
    """Ask for it as a browser or a program would, with nothing in the form."""
    body: dict[str, str] | None = {} if door.is_api and door.changes else None
    return client.request(door.method, door.filled(desk), headers=headers, json=body)


def test_all_of_the_application_is_walked(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    found = list(doors(client))
    assert len(found) > 120
    assert len({door.name for door in found}) == len(found)
    others = {
        str(route.path) for route in iter_route_contexts(app.routes) if not getattr(route, "methods", None)
    }
    # who may open the sockets: test_board.py, test_captions.py
    assert others == {"/static", "/ws/board", "/ws/captions"}
    assert {door.name for door in found} >= PUBLIC | MANAGERS_PAGES


@pytest.mark.rule("T31")
def test_nobody_gets_in_anywhere_without_a_login_or_a_token(client: TestClient, desk: Desk) -> None:
    for door in doors(client):
        if door.name in PUBLIC:
            continue
        answer = knock(client, door, desk)
        if door.is_api:
            # without a body the framework says what is missing before it asks who wants to know
            assert answer.status_code == 401 or (door.changes and answer.status_code == 422), door.name
            assert desk.tickets["handoff"] not in answer.text.replace(door.filled(desk), ""), door.name
        else:
            assert answer.status_code == 303, door.name
            assert answer.headers["location"].startswith("/login"), door.name


def test_a_cookie_is_no_token_and_a_token_no_cookie(client: TestClient, browser: Browser, desk: Desk) -> None:
    bearer = {"authorization": f"Bearer {desk.manager_token}"}
    for door in doors(client):
        if door.name not in PUBLIC and not door.is_api:
            assert knock(client, door, desk, **bearer).status_code == 303, door.name
    browser.log_in("104")
    for door in doors(client):
        if door.name not in PUBLIC and door.is_api:
            answer = knock(client, door, desk)
            assert answer.status_code == 401 or (door.changes and answer.status_code == 422), door.name


def test_no_form_is_taken_without_its_token(client: TestClient, browser: Browser, desk: Desk) -> None:
    browser.log_in("104")
    for door in doors(client):
        if door.is_api or not door.changes or door.name in PUBLIC:
            continue
        for fields in ({}, {"csrf_token": ""}, {"csrf_token": "0" * 64}):
            answer = client.request(door.method, door.filled(desk), data=fields)
            assert answer.status_code == 403, door.name
            assert "out of date" in answer.text, door.name


@pytest.mark.rule("T31")
def test_what_is_for_managers_or_for_others_is_refused(
    client: TestClient, browser: Browser, desk: Desk
) -> None:
    number = desk.tickets["handoff"]
    browser.log_in("103")
    token = browser.csrf
    before = hashes(client, number)
    refused = set()
    for door in doors(client):
        if door.is_api or door.name in PUBLIC or door.path == "/logout":
            continue
        words = {} if door.path.endswith("/attachments") else WORDS
        data = {"csrf_token": token} | words if door.changes else None
        answer = client.request(door.method, door.filled(desk), data=data)
        if answer.status_code == 403:
            refused.add(door.name)
        else:
            assert answer.status_code in SEEN, (door.name, answer.text)
    # 103 has nothing to do with the ticket, its files and its recordings
    assert {name for name in refused if "{" not in name} == {
        name for name in MANAGERS_PAGES if "{" not in name
    }
    assert refused >= {name for name in MANAGERS_PAGES if "{number}" in name}
    changes = {
        door.name for door in doors(client) if door.path.startswith("/tickets/{number}/") and door.changes
    }
    # it has an owner, so there is nothing to take
    assert changes - refused == {"POST /tickets/{number}/take"}
    assert hashes(client, number) == before


@pytest.mark.rule("T31")
def test_a_program_of_staff_does_for_others_what_these_may(client: TestClient, desk: Desk) -> None:
    """A program acts for a person: with a token of staff for somebody who is not involved it changes nothing."""
    number = desk.tickets["handoff"]
    before = hashes(client, number)
    headers = {"authorization": f"Bearer {desk.staff_token}"}
    body = WORDS | {"actor": "103", "contact": {}, "given": {}, "answer": "satisfied", "to": "102"}
    for door in doors(client):
        if not door.path.startswith("/api/v1/tickets/{number}/") or not door.changes:
            continue
        wanted: dict[str, Any] = {
            "json": {key: value for key, value in body.items() if key in fields_of(client, door)}
        }
        if door.path.endswith("/attachments"):
            wanted = {"data": {"actor": "103"}, "files": {"file": ("a.png", PNG)}}
        answer = client.request(door.method, door.filled(desk), headers=headers, **wanted)
        expected = 409 if door.path.endswith("/take") else 403
        assert answer.status_code == expected, (door.name, answer.text)
    assert hashes(client, number) == before


def fields_of(client: TestClient, door: Door) -> set[str]:
    """The fields of the door's body, as the description of the API has them."""
    document = client.get("/api/v1/openapi.json").json()
    content = document["paths"][door.path][door.method.lower()]["requestBody"]["content"]
    schema = content.get("application/json", {}).get("schema", {})
    named = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
    return set(named.get("properties", {}))


def hashes(client: TestClient, number: str) -> list[str]:
    """The chain of a ticket's log."""
    with client.app.state.console.work() as work:  # type: ignore[attr-defined]  # the application is ours
        return [event.hash for event in work.tickets.events(number)]


@pytest.mark.parametrize("extension", ["101", "104"])
def test_no_address_breaks_for_whoever_may_go_there(
    client: TestClient, browser: Browser, desk: Desk, extension: str
) -> None:
    browser.log_in(extension)
    token = browser.csrf
    for door in doors(client):
        if door.is_api or door.name in PUBLIC or door.path == "/logout":
            continue
        data = {"csrf_token": token} if door.changes else None
        answer = client.request(door.method, door.filled(desk), data=data)
        assert answer.status_code in SEEN | {403}, (door.name, answer.text)


@pytest.mark.parametrize("which", ["staff", "manager"])
def test_no_address_breaks_for_a_program(client: TestClient, desk: Desk, which: str) -> None:
    token = desk.manager_token if which == "manager" else desk.staff_token
    for door in doors(client):
        if not door.is_api:
            continue
        bodies: tuple[object, ...] = (
            {},
            [],
            {"actor": "101"},
            {"actor": None},
            {"actor": "104", "text": "x"},
        )
        for body in bodies:
            answer = client.request(
                door.method,
                door.filled(desk),
                headers={"authorization": f"Bearer {token}"},
                json=body if door.changes else None,
            )
            assert answer.status_code < 500, (door.name, body, answer.text)


@pytest.mark.parametrize(
    "origin", [None, "", "null", "http://evil.example", "http://testserver.evil.example"]
)
def test_the_board_speaks_to_our_own_pages_alone(
    client: TestClient, browser: Browser, origin: str | None
) -> None:
    browser.log_in("104")
    headers = {} if origin is None else {"origin": origin}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws/board", headers=headers):
        pass


def test_the_board_speaks_to_nobody_without_a_session(client: TestClient, desk: Desk) -> None:
    for cookie in (
        "",
        "shouwen_session=",
        "shouwen_session=" + "x" * 43,
        f"shouwen_session={desk.manager_token}",
    ):
        headers = {"origin": "http://testserver", "cookie": cookie}
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws/board", headers=headers):
            pass
