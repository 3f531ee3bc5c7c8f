"""Texts, instants, cursors and bodies that no person writes: refused or kept harmless, never our fault."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.support.desk import Desk
from tests.support.web_fixtures import Browser

UGLY = {
    "nul": "a\x00b",
    "half a pair": "a\ud800b",
    "bidi": "a\u202egnp.exe\u2066",
    "escape": "a\x1b[2Jb",
    "html": "<img src=x onerror=alert(1)>",
    "template": "{{ 7*7 }}%(x)s{0}${x}",
    "formula": "=HYPERLINK(1)",
    "long": "水" * 60_000,
    "newlines": "a\r\nSet-Cookie: x=1\r\n\r\n",
    "digits": "9" * 5000,
    "arabic digits": "\u0661" * 5,
    "superscript": "\u00b2",
}


def cursor_of(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


CURSORS = {
    "no base64": "\u00e9!",
    "no json": "AAAA",
    "half a pair": cursor_of(["2026-11-23T00:00:00+08:00", "a\ud800"]),
    "nul": cursor_of(["2026-11-23T00:00:00+08:00", "a\x00"]),
    "no zone": cursor_of(["2026-11-23T00:00:00", "a"]),
    "first instant": cursor_of(["0001-01-01T00:00:00+14:00", "a"]),
    "last instant": cursor_of(["9999-12-31T23:59:59-14:00", "a"]),
    "object": cursor_of({"a": 1, "b": 2}),
    "nested": cursor_of([["x"], ["y"]]),
    "number": cursor_of([1, 2]),
    "deep": base64.urlsafe_b64encode(b"[" * 370).decode().rstrip("="),
    "huge number": base64.urlsafe_b64encode(b'["2026-11-23T00:00:00Z",' + b"9" * 330 + b"]")
    .decode()
    .rstrip("="),
    "microsecond zone": cursor_of(["2026-11-23T00:00:00+23:59:59.999999", "a"]),
}


@pytest.mark.parametrize("path", ["tickets", "calls", "supervision/checks", "reminders?actor=101", "files/1"])
def test_a_cursor_of_somebody_elses_making(client: TestClient, desk: Desk, path: str) -> None:
    headers = {"authorization": f"Bearer {desk.manager_token}"}
    for name, cursor in CURSORS.items():
        answer = client.get(
            f"/api/v1/{path}{'&' if '?' in path else '?'}cursor={quote(cursor)}", headers=headers
        )
        assert answer.status_code in (200, 404, 422), (name, answer.text)


def test_a_cursor_in_a_page(browser: Browser) -> None:
    browser.log_in("104")
    for name, cursor in CURSORS.items():
        for path in ("/tickets", "/calls", "/files/1"):
            answer = browser.client.get(path, params={"cursor": cursor})
            assert answer.status_code in (200, 404, 422), (path, name, answer.text)


FORMS: dict[str, tuple[str, ...]] = {
    "/login": ("username", "password", "next", "csrf_token"),
    "/tickets/{today}/note": ("note",),
    "/tickets/{today}/form": (
        "details",
        "contact_name",
        "contact_phone",
        "kind",
        "complexity",
        "version",
        "wished_reply",
    ),
    "/tickets/{today}/complexity": ("complexity",),
    "/tickets/{today}/pass-on": ("pass_to", "pass_text"),
    "/tickets/{today}/wait": ("waiting_for",),
    "/tickets/{solved}/reopen": ("again",),
    "/tickets/{unowned}/transcript": ("text", "transcript"),
    "/tickets/{today}/steps/assignment_given": ("office", "question", "role", "text", "version"),
    "/tickets/{today}/steps/extension_requested": ("clock", "working_days", "reason", "version"),
    "/tickets/{today}/steps/papers_missing": ("papers", "ready_on", "checklist", "text"),
    "/register": (
        "channel",
        "kind",
        "complexity",
        "details",
        "contact_name",
        "contact_phone",
        "happened_at",
        "handed_to",
        "handover",
        "field-account",
    ),
    "/register/change": ("channel", "kind", "details", "happened_at"),
    "/absences": ("extension", "from_at", "until_at", "reason", "cover"),
    "/absences/posts": ("extension", "b_extension"),
    "/reminders/addresses": ("extension", "url"),
    "/calendar/days": ("first", "last", "kind", "reason"),
    "/calendar/days/remove": ("days",),
    "/supervision/draw": ("count", "draw_from", "draw_to"),
    "/supervision/checks/1": ("remark", "reason", "seen", "score-a"),
    "/approvals/{today}": ("step", "text", "adopted", "version"),
    "/duty": ("on_duty",),
}


@pytest.mark.parametrize("kind", UGLY)
def test_a_form_takes_or_refuses_it(browser: Browser, desk: Desk, kind: str) -> None:
    """Each form with the text in every field at once, and in each field alone."""
    browser.log_in("104")
    token, ugly = browser.csrf, UGLY[kind]
    for pattern, fields in FORMS.items():
        path = pattern.format(**desk.tickets)
        for chosen in (fields, *((field,) for field in fields)):
            # a body that says of itself how it is to be read can bring any character
            parts = {field: sendable(ugly if field in chosen else usual(field)) for field in fields}
            parts.setdefault("csrf_token", token.encode())
            answer = browser.client.post(path, content=multipart(parts), headers={"content-type": MULTIPART})
            assert answer.status_code < 500, (path, chosen, answer.text)
            assert "set-cookie: x=1" not in str(answer.headers).lower()
            assert "<img src=x" not in answer.text
    for path in (
        "/tickets",
        "/today",
        f"/tickets/{desk.tickets['today']}",
        "/absences",
        "/calendar",
        "/reminders",
    ):
        page = browser.text(path)
        assert "<img src=x" not in page
        assert "\x1b" not in page


MULTIPART = "multipart/form-data; boundary=xx; charset=unicode_escape"


def usual(field: str) -> str:
    """What passes in this field."""
    return {
        "kind": "inquiry",
        "complexity": "normal",
        "channel": "walk_in",
        "contact_phone": "13800138000",
        "from_at": "",
        "until_at": "",
        "reason": "leave",
        "cover": "102",
        "extension": "101",
        "first": "2026-12-01",
        "last": "",
        "count": "1",
        "draw_from": "2026-11-01",
        "draw_to": "2026-11-23",
        "step": "extension_refused",
        "handed_to": "",
        "handover": "",
        "happened_at": "",
        "version": "",
        "wished_reply": "",
        "pass_to": "102",
        "seen": "0",
        "clock": "h12-simple",
        "working_days": "2",
    }.get(field, "x")


def sendable(text: str) -> bytes:
    return text.encode("unicode_escape")


def multipart(parts: dict[str, bytes]) -> bytes:
    body = b""
    for name, value in parts.items():
        body += b'--xx\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
    return body + b"--xx--\r\n"


@pytest.mark.parametrize("kind", UGLY)
def test_a_program_sends_it(client: TestClient, desk: Desk, kind: str) -> None:
    headers = {"authorization": f"Bearer {desk.manager_token}", "content-type": "application/json"}
    ugly = UGLY[kind]
    number = desk.tickets["today"]
    bodies: list[tuple[str, dict[str, Any]]] = [
        (f"tickets/{number}/note", {"actor": "101", "text": ugly}),
        (f"tickets/{number}/note", {"actor": ugly, "text": "x"}),
        (
            f"tickets/{number}/form",
            {"actor": "101", "kind": ugly, "complexity": "normal", "contact": {}, "details": "x"},
        ),
        (
            f"tickets/{number}/form",
            {
                "actor": "101",
                "kind": "inquiry",
                "complexity": "normal",
                "contact": {"name": ugly, "phone": ugly},
                "details": ugly,
            },
        ),
        (
            f"tickets/{number}/form",
            {
                "actor": "101",
                "kind": "inquiry",
                "complexity": "normal",
                "contact": {},
                "details": "x",
                "fields": {ugly: ugly},
            },
        ),
        (f"tickets/{number}/steps/assignment_given", {"actor": "101", "given": {ugly: ugly}}),
        (f"tickets/{number}/satisfaction", {"actor": "101", "answer": ugly, "text": ugly}),
        (f"tickets/{number}/pass-on", {"actor": "101", "to": ugly, "text": ugly}),
        (
            "tickets",
            {
                "actor": "101",
                "channel": ugly,
                "kind": "inquiry",
                "details": ugly,
                "contact": {"name": ugly, "phone": ugly},
            },
        ),
        (
            "tickets",
            {
                "actor": "101",
                "channel": "walk_in",
                "kind": "inquiry",
                "complexity": "normal",
                "details": ugly,
                "contact": {"name": ugly},
                "fields": {},
            },
        ),
        ("absences", {"actor": "104", "extension": ugly, "reason": "leave", "cover": ugly}),
        ("posts", {"actor": "104", "extension": ugly, "b_extension": ugly}),
        (
            "calendar/days",
            {"actor": "104", "days": [ugly], "first": ugly, "last": ugly, "kind": "closure", "reason": ugly},
        ),
        ("reminders/addresses", {"actor": "104", "url": ugly}),
        ("supervision/draws", {"actor": "104", "count": 1, "from": ugly, "to": ugly}),
        ("supervision/checks/1", {"actor": "104", "scores": {ugly: 1}, "remark": ugly, "reason": ugly}),
        (f"staff/{number}/duty", {"actor": ugly, "on_duty": True}),
    ]
    for path, body in bodies:
        answer = client.post(f"/api/v1/{path}", content=json.dumps(body), headers=headers)
        assert answer.status_code < 500, (path, body, answer.text)


INSTANTS = [
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-11-23T00:00:00+23:59",
    "1e400",
    "-1",
    "99999999999999999999",
    "2026-02-30T00:00:00Z",
    "",
]


@pytest.mark.parametrize("instant", INSTANTS)
def test_instants_at_the_end_of_the_world(
    client: TestClient, browser: Browser, desk: Desk, instant: str
) -> None:
    headers = {"authorization": f"Bearer {desk.manager_token}"}
    for body in (
        {"actor": "104", "extension": "101", "cover": "102", "reason": "leave", "from": instant},
        {"actor": "104", "extension": "101", "cover": "102", "reason": "leave", "until": instant},
    ):
        assert client.post("/api/v1/absences", json=body, headers=headers).status_code < 500, body
    for query in ("due_before", "created_from", "created_before", "closed_from", "closed_before"):
        answer = client.get("/api/v1/tickets", params={query: instant}, headers=headers)
        assert answer.status_code < 500, query
    assert client.get("/api/v1/calls", params={"since": instant}, headers=headers).status_code < 500
    matter = {
        "actor": "101",
        "channel": "wechat",
        "kind": "inquiry",
        "complexity": "normal",
        "details": "x",
        "happened_at": instant,
        "contact": {},
    }
    assert client.post("/api/v1/tickets", json=matter, headers=headers).status_code < 500
    browser.log_in("104")
    local = instant[:16]
    token = browser.csrf
    for fields in ({"from_at": local}, {"until_at": local}, {"from_at": instant}, {"until_at": instant}):
        data = {"extension": "102", "reason": "leave", "cover": "103", "csrf_token": token, **fields}
        assert browser.client.post("/absences", data=data).status_code < 500, fields
    for path in (
        "/absences",
        "/calls",
        "/tickets",
        "/reports/answer-times",
        "/analysis",
        "/supervision",
        "/calendar",
    ):
        answer = browser.client.get(path, params={"from": instant, "to": instant, "clock": "h12-simple"})
        assert answer.status_code < 500, path


SEARCHES = [
    "'",
    "''",
    "a' | 'b",
    "!a",
    "a:*",
    "(((((",
    "&",
    "<->",
    "\\",
    "%",
    "_",
    "\x01",
    "a" * 100,
    "-" * 100,
    "(a+)+$",
    "'; DROP TABLE ticket; --",
    "水" * 100,
    "\u0130\u0130",
    "\u202e\u200b",
    "1 " * 50,
    "\ufdfa" * 100,
    "a-" * 50,
]


def test_a_search_is_words_and_nothing_else(client: TestClient, browser: Browser, desk: Desk) -> None:
    headers = {"authorization": f"Bearer {desk.manager_token}"}
    browser.log_in("104")
    for words in SEARCHES:
        for path in ("/tickets", "/files", "/offices", "/api/v1/tickets", "/api/v1/offices"):
            given = headers if path.startswith("/api") else {}
            answer = client.get(path, params={"q": words}, headers=given, follow_redirects=True)
            assert answer.status_code in (200, 422), (path, words, answer.text)


BODIES = [
    b"[" * 100_000,
    b'{"a":' * 20_000,
    b'{"actor":' + b"[" * 400 + b"]" * 400 + b"}",
    b"\xff\xfe",
    b"NaN",
    b"",
]


@pytest.mark.parametrize("content_type", ["application/json", "application/x+json", "text/plain", ""])
def test_a_body_that_is_no_proper_json(client: TestClient, desk: Desk, content_type: str) -> None:
    headers = {"authorization": f"Bearer {desk.manager_token}", "content-type": content_type}
    number = desk.tickets["today"]
    for body in BODIES:
        for path in ("tickets", f"tickets/{number}/note", f"tickets/{number}/attachments"):
            for method in ("POST", "GET"):
                answer = client.request(method, f"/api/v1/{path}", content=body, headers=headers)
                assert answer.status_code in (200, 400, 405, 422), (method, path, body[:9], answer.text)


def test_a_program_writes_a_nul_nowhere(client: TestClient, desk: Desk) -> None:
    headers = {"authorization": f"Bearer {desk.manager_token}"}
    path = f"/api/v1/tickets/{desk.tickets['today']}/note"
    assert client.post(path, json={"actor": "101", "text": "a\x00b"}, headers=headers).status_code == 422
    assert client.post(path, json={"actor": "101", "text": "a\\u0000b"}, headers=headers).status_code == 200
