"""The contract of the JSON API and of the home's files, on the running product."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.system.product import Product

pytestmark = pytest.mark.anyio

LISTS = ("/api/v1/calls", "/api/v1/tickets")


def test_health(product: Product) -> None:
    answer = product.get("/api/v1/health")
    assert (answer.status, answer.kind) == (200, "application/json")
    assert answer.body == {
        "status": "ok",
        "version": "0.1.0",
        "parts": {
            "asterisk": "ok",
            "agi": "ok",
            "database": "ok",
            "worker": "ok",
            "journal": {"backlog": answer.body["parts"]["journal"]["backlog"]},
        },
    }


def test_demo_accounts(product: Product) -> None:
    accounts = product.accounts
    assert set(accounts) == {"line", "staff", "api_token"}
    assert accounts["line"] == "8000"
    keys = {"extension", "name", "sip_password", "console_user", "console_password", "role"}
    assert all(set(person) == keys for person in accounts["staff"])
    assert [(person["extension"], person["role"]) for person in accounts["staff"]] == [
        ("101", "staff"),
        ("102", "staff"),
        ("103", "staff"),
        ("104", "manager"),
    ]
    assert len({person["sip_password"] for person in accounts["staff"]}) == 4


@pytest.mark.parametrize("path", [*LISTS, "/api/v1/calls/1.1", "/api/v1/tickets/261120-1-001"])
@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_without_a_token_401(product: Product, path: str, token: str | None) -> None:
    answer = product.get(path, token=token)
    assert (answer.status, answer.kind) == (401, "application/problem+json")
    assert answer.body["status"] == 401


@pytest.mark.parametrize(
    "path", ["/api/v1/calls/1.1", "/api/v1/tickets/261120-1-999", "/api/v1/tickets/x", "/api/v1/nothing"]
)
def test_what_is_not_there_404(product: Product, path: str) -> None:
    answer = product.get(path)
    assert (answer.status, answer.kind) == (404, "application/problem+json")
    assert {"type", "title", "status"} <= set(answer.body)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("query", ["limit=501", "limit=0", "limit=-1", "limit=x", "cursor=nonsense"])
def test_what_is_not_understood_422(product: Product, path: str, query: str) -> None:
    answer = product.get(f"{path}?{query}")
    assert (answer.status, answer.kind) == (422, "application/problem+json")


@pytest.mark.parametrize("since", ["yesterday", "2026-11-20T10:00:00"])
def test_a_since_without_an_instant_422(product: Product, since: str) -> None:
    assert product.get(f"/api/v1/calls?since={since}").status == 422


async def test_pages_newest_first_and_since(product: Product) -> None:
    for number in range(5):
        async with product.caller(f"1380000090{number}") as outside:
            call = await outside.dial("8001")
            await call.wait_answered()
            await call.hangup()
        await product.call(f"1380000090{number}", "ended_at")
    whole = [
        call
        for call in product.get("/api/v1/calls?limit=500").body["items"]
        if call["line"] == "8001" and (call["caller"] or "").startswith("1380000090")
    ]
    assert [call["caller"] for call in whole] == [f"1380000090{number}" for number in (4, 3, 2, 1, 0)]
    assert [call["arrived_at"] for call in whole] == sorted(
        (call["arrived_at"] for call in whole), reverse=True
    )
    since = quote(whole[-1]["arrived_at"])
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        after = f"&cursor={quote(cursor)}" if cursor else ""
        page = product.get(f"/api/v1/calls?since={since}&limit=2{after}").body
        assert set(page) == {"items", "next"}
        assert len(page["items"]) <= 2
        seen += [call["linkedid"] for call in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen))
    assert {call["linkedid"] for call in whole} <= set(seen)
    later = quote(whole[0]["arrived_at"])
    rest = [call["linkedid"] for call in product.get(f"/api/v1/calls?since={later}").body["items"]]
    assert whole[0]["linkedid"] in rest
    assert whole[1]["linkedid"] not in rest


def test_the_home_is_its_owners_alone(product: Product) -> None:
    home = product.home
    assert stat.S_IMODE(home.stat().st_mode) == (0o711 if os.geteuid() == 0 else 0o700)
    assert {
        "postgres",
        "journal.db",
        "recordings",
        "demo-accounts.json",
        "log",
        "asterisk",
    } <= set(os.listdir(home))
    for folder, folders, files in os.walk(home):
        for name in (*folders, *files):
            path = Path(folder) / name
            if path.exists() and not path.is_symlink():
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
