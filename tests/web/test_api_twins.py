"""Whatever a form of the console does a program can do too: each form's address has its twin in the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient

from callcenter.services.reminders import add_address
from tests.conftest import UowFactory
from tests.support.desk import NOW, Desk
from tests.web.test_api import Api
from tests.web.test_policy_pages import bearer
from tests.web.test_today import opened
from web import api, pages

ACTIONS = (
    "take form note resolve dismiss wait resume reopen close complexity transcript transcript-back transcript-again"
    " pass-on"
)
TWINS = {
    **{
        f"/tickets/{{number}}/{name}": f"/tickets/{{number}}/{name}"
        for name in (*ACTIONS.split(), "attachments", "opinion-link")
    },
    "/tickets/{number}/call-back": "/tickets/{number}/call-backs",
    "/calls/{linkedid}/hand-over": "/calls/{linkedid}/hand-overs",
    "/tickets/{number}/steps/{name}": "/tickets/{number}/steps/{name}",
    "/approvals/{number}": "/tickets/{number}/steps/{name}",
    "/register": "/tickets",
    "/duty": "/staff/{extension}/duty",
    "/absences": "/absences",
    "/absences/posts": "/posts",
    "/absences/{absence_id}/end": "/absences/{absence_id}/end",
    "/calendar/days": "/calendar/days",
    "/calendar/days/remove": "DELETE /calendar/days",
    "/prompts/{language}/{key}/versions": "/prompts/{language}/{key}/versions",
    "/prompts/{language}/{key}/live": "/prompts/{language}/{key}/live",
    "/reminders/seen": "/reminders/seen",
    "/reminders/{reminder_id}/seen": "/reminders/{reminder_id}/seen",
    "/reminders/addresses": "/reminders/addresses",
    "/reminders/addresses/{address_id}/remove": "/reminders/addresses/{address_id}/remove",
    "/reminders/test": "/reminders/test",
    "/supervision/draw": "/supervision/draws",
    "/supervision/checks/{check_id}": "/supervision/checks/{check_id}",
}
ALONE = {
    "/login": "a program has a token",
    "/logout": "a program has a token",
    "/register/change": "changes nothing: the form for another door or kind",
    "/calls/{linkedid}/hand-over/draft": "changes nothing: what somebody is still typing",
    "/tickets/{number}/fields": "changes nothing: the form for another kind",
    "/tickets/{number}/proposals": "changes nothing: the form with a proposal in it; a program reads them with GET",
    "/s/{token}": "the person served answers it; staff note an opinion with /tickets/{number}/satisfaction",
}


def routes(router: APIRouter) -> Iterator[tuple[str, str]]:
    """Every method and path, also of routers in routers."""
    for route in router.routes:
        within = getattr(route, "original_router", None)
        if within is not None:
            yield from routes(within)
        else:
            yield from ((method, route.path) for method in route.methods)  # type: ignore[attr-defined]


def test_every_form_has_its_twin_or_a_reason_to_be_alone() -> None:
    forms = {path for method, path in routes(pages.router()) if method == "POST"}
    assert forms
    assert forms - ALONE.keys() == TWINS.keys()
    offered = {f"{method} {path}" for method, path in routes(api.router())}
    wanted = {twin if twin.startswith("DELETE ") else f"POST {twin}" for twin in TWINS.values()}
    assert not wanted - offered


@pytest.fixture
def manager(client: TestClient, desk: Desk) -> Api:
    return Api(client, desk.manager_token)


def unseen(manager: Api, actor: str) -> list[Any]:
    items: list[Any] = manager.get("/reminders", actor=actor, unseen=True)["items"]
    return items


def test_all_reminders_are_seen_at_once(manager: Api, desk: Desk, uow_factory: UowFactory) -> None:
    number = opened(uow_factory).number
    manager.act(number, "pass-on", actor="101", to="102", text="请跟进")
    assert len(unseen(manager, "102")) > 1
    others = len(unseen(manager, "103"))
    assert others
    answer = manager.client.post("/api/v1/reminders/seen", json={"actor": "102"}, headers=manager.headers)
    assert answer.status_code == 204
    assert not unseen(manager, "102")
    assert len(unseen(manager, "103")) == others
    manager.refused(422, "POST", "/reminders/seen", json={"actor": "999"})


def test_a_test_is_sent_to_each_address(manager: Api, uow_factory: UowFactory) -> None:
    """The address leads to this machine, which no delivery may reach: the answer says so."""
    with uow_factory() as uow:
        add_address(uow, "101", url="json://127.0.0.1:9", shown="json://…", trusted=False, now=NOW)
        uow.commit()
    answer = manager.client.post("/api/v1/reminders/test", json={"actor": "101"}, headers=manager.headers)
    assert answer.status_code == 200, answer.text
    manager.check("/reminders/test", "post", answer)
    (tried,) = answer.json()["items"]
    assert (tried["address"]["shown"], tried["fault"]) == ("json://…", "the address leads to this machine")


def test_due_times_are_worked_out_anew_page_after_page(
    manager: Api, client: TestClient, desk: Desk, uow_factory: UowFactory
) -> None:
    opened(uow_factory)
    answer = client.post(
        "/api/v1/calendar/recompute", json={"actor": "104"}, headers=bearer(desk.manager_token)
    )
    assert answer.status_code == 200, answer.text
    manager.check("/calendar/recompute", "post", answer)
    assert answer.json()["tickets"] > 0
    assert answer.json()["next"] is None
    manager.refused(403, "POST", "/calendar/recompute", json={"actor": "101"})


def test_a_program_that_was_slower_overwrites_nothing(manager: Api, uow_factory: UowFactory) -> None:
    number = opened(uow_factory).number
    seen = manager.get(f"/tickets/{number}/record")["version"]
    manager.act(number, "note", actor="101", text="来电催办")
    form = {
        "actor": "101",
        "kind": "inquiry",
        "complexity": "simple",
        "contact": {"name": "孙女士", "phone": None},
        "details": "另一件事",
    }
    manager.refused(409, "POST", f"/tickets/{number}/form", json={**form, "version": seen})
    told = {"actor": "101", "text": "已答复", "version": seen}
    manager.refused(409, "POST", f"/tickets/{number}/resolve", json=told)
    manager.act(number, "form", **form, version=seen + 1)
