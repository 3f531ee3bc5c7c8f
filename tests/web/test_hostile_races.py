"""Two in the same instant: one of them does it, the other is told, and the record says so once."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from callcenter.domain.staff import Role
from callcenter.services.staff import add_staff
from callcenter.services.steps import take_step
from tests.conftest import UowFactory
from tests.support.desk import NOW, WANG, Desk
from tests.support.web_fixtures import Browser, HandClock
from tests.web.test_today import opened


def at_once(*things: Callable[[], Any]) -> list[Any]:
    """What each returns, all begun at the same instant."""
    together = threading.Barrier(len(things))

    def one(thing: Callable[[], Any]) -> Any:
        together.wait()
        return thing()

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(one, things))


def program(client: TestClient, token: str) -> Callable[..., int]:
    def post(path: str, **body: object) -> int:
        answer = client.post(f"/api/v1/{path}", json=body, headers={"authorization": f"Bearer {token}"})
        return int(answer.status_code)

    return post


def waits(make: UowFactory) -> str:
    """A matter whose owner asks for two days more."""
    number = opened(make).number
    with make() as uow:
        given = {"clock": "h12-complex", "working_days": "2", "reason": "等厂家"}
        take_step(uow, number, "extension_requested", given, WANG, NOW)
        uow.commit()
    return number


def kinds(make: UowFactory, number: str) -> list[str]:
    with make() as uow:
        return [event.kind for event in uow.tickets.events(number)]


@pytest.fixture
def second_head(uow_factory: UowFactory, desk: Desk) -> str:
    """Another manager's extension."""
    with uow_factory() as uow:
        add_staff(
            uow, extension="105", name="黄丽", role=Role.MANAGER, console_user=None, rung=False, now=NOW
        )
        uow.commit()
    return "105"


@pytest.mark.rule("S10")
def test_an_extension_is_decided_by_one_of_two_heads(
    client: TestClient, desk: Desk, uow_factory: UowFactory, second_head: str
) -> None:
    number, post = waits(uow_factory), program(client, desk.manager_token)

    def decide(step: str, head: str) -> Callable[[], int]:
        return lambda: post(f"tickets/{number}/steps/{step}", actor=head, given={"text": "好"})

    statuses = at_once(
        decide("extension_granted", "104"),
        decide("extension_refused", second_head),
        decide("extension_granted", second_head),
        decide("extension_granted", "104"),
    )
    assert sorted(statuses) == [200, 409, 409, 409]
    assert (
        len(
            [
                kind
                for kind in kinds(uow_factory, number)
                if kind in ("extension_granted", "extension_refused")
            ]
        )
        == 1
    )


@pytest.mark.rule("S10")
def test_who_is_no_head_decides_nothing_whatever_the_token(
    client: TestClient, desk: Desk, uow_factory: UowFactory
) -> None:
    number = waits(uow_factory)
    for token in (desk.staff_token, desk.manager_token):
        post = program(client, token)
        for actor in ("101", "102"):
            assert post(f"tickets/{number}/steps/extension_granted", actor=actor, given={}) == 403
    assert "extension_granted" not in kinds(uow_factory, number)


@pytest.mark.rule("S10")
@pytest.mark.parametrize("after", ["resolved", "closed", "late"])
def test_nothing_is_granted_after_the_end(
    client: TestClient, desk: Desk, uow_factory: UowFactory, clock: HandClock, after: str
) -> None:
    number, post = waits(uow_factory), program(client, desk.manager_token)
    if after == "late":
        clock.advance(timedelta(days=30))
    else:
        assert post(f"tickets/{number}/resolve", actor="101", text="办好了") == 200
    if after == "closed":
        assert post(f"tickets/{number}/satisfaction", actor="101", answer="satisfied") in (200, 409)
        post(f"tickets/{number}/close", actor="101")
    assert post(f"tickets/{number}/steps/extension_granted", actor="104", given={}) == 409
    assert "extension_granted" not in kinds(uow_factory, number)


@pytest.mark.rule("S3")
def test_two_who_name_each_other_do_not_both_go(client: TestClient, desk: Desk) -> None:
    post = program(client, desk.manager_token)

    def goes(who: str, cover: str) -> Callable[[], int]:
        return lambda: post("absences", actor="104", extension=who, cover=cover, reason="leave")

    statuses = at_once(goes("101", "102"), goes("102", "101"), goes("101", "102"), goes("102", "101"))
    assert sorted(statuses) == [201, 409, 409, 409]


def test_a_sheet_is_filled_in_once(client: TestClient, browser: Browser, desk: Desk) -> None:
    browser.log_in("104")
    browser.post("/supervision/draw", count="3", draw_from="2026-11-01", draw_to="2026-11-23")
    found = re.search(r'href="/supervision/checks/(\d+)"', browser.text("/supervision"))
    assert found
    post = program(client, desk.manager_token)
    scores = {"records": 20, "handling": 25, "feedback": 15, "filing": 25}
    fill: Iterable[Callable[[], int]] = [
        lambda: post(f"supervision/checks/{found[1]}", actor="104", scores=scores) for _ in range(4)
    ]
    assert sorted(at_once(*fill)) == [200, 409, 409, 409]


def test_nobody_has_more_addresses_than_they_may(client: TestClient, desk: Desk) -> None:
    post = program(client, desk.manager_token)

    def add(number: int) -> Callable[[], int]:
        return lambda: post("reminders/addresses", actor="104", url=f"json://gate.example/{number}")

    statuses = at_once(*(add(number) for number in range(8)))
    assert sorted(statuses) == [201] * 5 + [409] * 3


@pytest.mark.rule("T31", "S10")
def test_a_token_of_staff_has_no_managers_rights_by_naming_one(
    client: TestClient, desk: Desk, uow_factory: UowFactory
) -> None:
    number, post = waits(uow_factory), program(client, desk.staff_token)
    assert post(f"tickets/{number}/steps/extension_granted", actor="104", given={}) == 403
    assert post(f"tickets/{number}/note", actor="104", text="x") == 403
    assert post("posts", actor="104", extension="101", b_extension="102") == 403
    assert post("absences", actor="104", extension="101", cover="102", reason="leave") == 403
    assert post("reminders/addresses", actor="104", extension="101", url="json://gate.example/") == 403
    assert post("staff/101/duty", actor="104", on_duty=False) == 403
    assert post(f"tickets/{number}/call-backs", actor="104") == 403
    closure = {"actor": "104", "first": "2026-12-01", "kind": "closure", "reason": "x"}
    assert post("calendar/days", **closure) == 403
    assert post("calendar/recompute", actor="104") == 403
    headers = {"authorization": f"Bearer {desk.staff_token}"}
    query = "actor=104&first=2026-12-01"
    assert client.delete(f"/api/v1/calendar/days?{query}", headers=headers).status_code == 403
    assert client.get("/api/v1/reminders?actor=104", headers=headers).status_code == 403
    assert "extension_granted" not in kinds(uow_factory, number)
