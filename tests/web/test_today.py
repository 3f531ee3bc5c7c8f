"""The day of one person and of the whole centre: what is urgent first, what comes next, nothing twice."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from callcenter.domain.tickets import Ticket, TicketForm
from callcenter.services import tickets
from callcenter.services.registration import register
from callcenter.services.steps import take_step
from callcenter.services.ticket_sweeps import record_alarms
from tests.conftest import UowFactory
from tests.support.desk import LI, NOW, WANG, Desk
from tests.support.web_fixtures import Browser, HandClock
from tests.web.test_policy_pages import bearer


def opened(
    make: UowFactory,
    at: datetime = NOW,
    *,
    owner: object = WANG,
    details: str = "宿舍漏水",
    complexity: str = "complex",
    kind: str = "inquiry",
    phone: str = "13511112222",
    policy: str | None = None,
    fields: dict[str, str] | None = None,
) -> Ticket:
    """A ticket that somebody registered at a counter."""
    form = TicketForm(
        kind=kind,
        contact_name="孙女士",
        contact_phone=phone,
        details=details,
        wished_reply=None,
        complexity=complexity,
        fields=fields or {},
    )
    with make() as uow:
        if policy:
            uow.rules = replace(uow.rules, default=policy)
        ticket = register(uow, channel="phone", form=form, actor=owner, now=at)  # type: ignore[arg-type]
        uow.commit()
    return ticket


def piles(client: TestClient, token: str, actor: str) -> dict[str, list[str]]:
    answer = client.get(f"/api/v1/today?actor={actor}", headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return {pile["pile"]: [item["number"] for item in pile["items"]] for pile in answer.json()["piles"]}


@pytest.mark.rule("H12", "H40")
def test_each_ticket_is_in_the_pile_of_its_urgency(
    browser: Browser, client: TestClient, desk: Desk, uow_factory: UowFactory, clock: HandClock
) -> None:
    """Monday 10:20. Simple matters of Thursday were due on Friday, those of Friday are due today."""
    late = opened(uow_factory, NOW - timedelta(days=4), complexity="simple")
    due_today = opened(uow_factory, NOW - timedelta(days=3), complexity="simple")
    asked = opened(uow_factory, kind="complaint", fields={"wished_solution": "修好"})
    papers = opened(uow_factory)
    with uow_factory() as uow:
        tickets.resolve(uow, asked.number, "已修好", WANG, NOW)
        take_step(uow, papers.number, "papers_missing", {"papers": "身份证"}, WANG, NOW)
        uow.commit()
    found = piles(client, desk.manager_token, "101")
    assert late.number in found["late"]
    assert due_today.number in found["today"]
    assert asked.number in found["ask"]
    assert papers.number in found["papers"]
    assert found["registering"]
    everything = [number for pile in found.values() for number in pile]
    assert len(everything) == len(set(everything))
    text = browser.log_in("101").text("/today")
    assert text.index("Overdue") < text.index("Due today") < text.index("Satisfaction to be asked")
    assert "Ask for the papers" in text
    assert "Write down the matter" in text


def test_the_head_sees_what_is_at_risk_before_it_is_late(
    browser: Browser, client: TestClient, desk: Desk, uow_factory: UowFactory, clock: HandClock
) -> None:
    """A simple matter of Friday is due on Monday at 17:30; the warning goes out four working hours before."""
    ticket = opened(uow_factory, NOW - timedelta(days=3), owner=LI, complexity="simple")
    with uow_factory() as uow:
        assert ticket.number not in {each.number for each in uow.today.at_risk(NOW, 50)}
    clock.advance(timedelta(hours=4))
    with uow_factory() as uow:
        record_alarms(uow, clock())
        uow.commit()
    answer = client.get("/api/v1/today?actor=104", headers=bearer(desk.manager_token)).json()
    risk = next(pile for pile in answer["centre"]["piles"] if pile["pile"] == "risk")
    assert ticket.number in [item["number"] for item in risk["items"]]
    counts = {each["person"]["extension"]: each for each in answer["centre"]["people"]}
    assert counts["102"]["at_risk"] >= 1
    text = browser.log_in("104").text("/today")
    assert f'id="centre-{ticket.number}"' in text
    assert "By person" in text


def test_staff_do_not_see_the_whole_centre(browser: Browser, client: TestClient, desk: Desk) -> None:
    assert "The whole centre" not in browser.log_in("101").text("/today")
    assert client.get("/api/v1/today?actor=101", headers=bearer(desk.staff_token)).json()["centre"] is None
    assert client.get("/api/v1/today?actor=104", headers=bearer(desk.staff_token)).status_code == 403
    assert client.get("/api/v1/today?actor=999", headers=bearer(desk.staff_token)).status_code == 422


@pytest.mark.rule("S3")
def test_what_a_colleague_left_is_marked(
    browser: Browser, client: TestClient, desk: Desk, uow_factory: UowFactory
) -> None:
    ticket = opened(uow_factory, owner=WANG)
    with uow_factory() as uow:
        tickets.hand_over(uow, number=ticket.number, to=LI, at=NOW)
        uow.commit()
    assert ticket.number in piles(client, desk.manager_token, "102")["stand_in"]
    assert "for 王敏" in browser.log_in("102").text("/today")


@pytest.mark.rule("T31")
def test_numbers_of_others_are_masked(browser: Browser, desk: Desk, uow_factory: UowFactory) -> None:
    opened(uow_factory, NOW - timedelta(days=4), owner=LI, complexity="simple")
    assert "13511112222" not in browser.log_in("101").text("/today")


def test_an_empty_day_says_so(browser: Browser, uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        from sqlalchemy import text

        uow.session.execute(text("UPDATE ticket SET status = 'closed', due_at = NULL"))
        uow.commit()
    assert re.search("Nothing is waiting for you", browser.log_in("101").text("/today"))
