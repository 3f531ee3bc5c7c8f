"""What waits for the head is decided where it is read; what offices have to do, the overdue first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from callcenter.domain.calls import Person
from callcenter.services.steps import take_step
from tests.conftest import UowFactory
from tests.support.desk import NOW, WANG, Desk
from tests.support.web_fixtures import Browser, HandClock
from tests.web.test_policy_pages import bearer
from tests.web.test_today import opened

CHEN = Person(extension="104", name="陈国强")


def asks_for_time(make: UowFactory) -> str:
    """A complex matter of Monday, due on Thursday; Wang asks for two days more."""
    number = opened(make).number
    with make() as uow:
        given = {"clock": "h12-complex", "working_days": "2", "reason": "等厂家\n来人"}
        take_step(uow, number, "extension_requested", given, WANG, NOW)
        uow.commit()
    return number


@pytest.mark.rule("S10")
def test_an_extension_is_approved_with_both_due_times_in_view(
    browser: Browser, client: TestClient, desk: Desk, uow_factory: UowFactory
) -> None:
    number = asks_for_time(uow_factory)
    listed = client.get("/api/v1/tickets?awaits=extension", headers=bearer(desk.manager_token)).json()
    assert [each["number"] for each in listed["items"]] == [number]
    assert 'href="/approvals">Approvals <span class="count">1</span>' in browser.log_in("104").text("/today")
    text = browser.text("/approvals")
    assert "26 Nov 17:30" in text
    assert "30 Nov 17:30" in text
    assert "等厂家<br>来人" in text
    assert (
        browser.post(f"/approvals/{number}", step="extension_granted", text="") == "/approvals?done=decided"
    )
    assert "Nothing waits for you" in browser.text("/approvals")
    ticket = client.get(f"/api/v1/tickets/{number}", headers=bearer(desk.manager_token)).json()
    assert ticket["clocks"][0]["due_at"] == "2026-11-30T17:30:00+08:00"


@pytest.mark.rule("S10")
def test_a_refusal_needs_its_reason(browser: Browser, uow_factory: UowFactory) -> None:
    number = asks_for_time(uow_factory)
    browser.log_in("104")
    data = {"step": "extension_refused", "text": " ", "csrf_token": browser.csrf}
    answer = browser.client.post(f"/approvals/{number}", data=data)
    assert answer.status_code == 422
    assert "Please give a reason" in answer.text
    browser.post(f"/approvals/{number}", step="extension_refused", text="厂家今天到")
    with uow_factory() as uow:
        assert [event.kind for event in uow.tickets.events(number)][-1] == "extension_refused"


@pytest.mark.rule("S10")
def test_after_expiry_it_can_only_be_refused(
    browser: Browser, uow_factory: UowFactory, clock: HandClock
) -> None:
    number = asks_for_time(uow_factory)
    clock.advance(timedelta(days=4))
    text = browser.log_in("104").text("/approvals")
    assert 'value="extension_granted"' not in text
    data = {"step": "extension_granted", "text": "", "csrf_token": browser.csrf}
    answer = browser.client.post(f"/approvals/{number}", data=data)
    assert answer.status_code == 409
    assert "it cannot be extended any more" in answer.text


@pytest.mark.rule("H42")
def test_a_suggestion_is_decided(browser: Browser, uow_factory: UowFactory) -> None:
    number = opened(uow_factory, kind="suggestion", details="延长开放时间").number
    with uow_factory() as uow:
        take_step(uow, number, "suggestion_reported", {"text": "建议周六开放"}, WANG, NOW)
        uow.commit()
    browser.log_in("104")
    assert "建议周六开放" in browser.text("/approvals")
    browser.post(f"/approvals/{number}", step="suggestion_decided", adopted="yes", text="下月试行")
    with uow_factory() as uow:
        last = uow.tickets.events(number)[-1]
    assert (last.kind, last.data["adopted"], last.actor) == ("suggestion_decided", "yes", "104")


def test_only_managers_decide(browser: Browser, uow_factory: UowFactory) -> None:
    number = asks_for_time(uow_factory)
    browser.log_in("101")
    assert browser.client.get("/approvals").status_code == 403
    data = {"step": "extension_granted", "text": "", "csrf_token": browser.csrf}
    assert browser.client.post(f"/approvals/{number}", data=data).status_code == 403
    assert "/approvals" not in browser.text("/today")


def test_two_heads_at_once(browser: Browser, uow_factory: UowFactory) -> None:
    """Whoever comes second decides nothing: the ticket has changed since they looked."""
    number = asks_for_time(uow_factory)
    browser.log_in("104")
    data = {"step": "extension_granted", "text": "", "version": "3", "csrf_token": browser.csrf}
    assert browser.client.post(f"/approvals/{number}", data={**data, "version": "1"}).status_code == 409


@pytest.mark.rule("T11", "T12")
def test_assignments_by_office_and_a_disagreement(
    browser: Browser, client: TestClient, desk: Desk, uow_factory: UowFactory, clock: HandClock
) -> None:
    number = opened(
        uow_factory, kind="joint", complexity="normal", policy="training-centre", details="教室和食宿"
    ).number
    with uow_factory() as uow:
        for office, role in (("teaching", "lead"), ("general", "supporting")):
            given = {"office": office, "role": role, "question": f"{office}：何时能用？"}
            take_step(uow, number, "assignment_given", given, CHEN, NOW)
        take_step(uow, number, "assignment_taken", {"office": "teaching", "by": "周老师"}, WANG, NOW)
        take_step(uow, number, "disagreement_raised", {"text": "都说归对方管"}, WANG, NOW)
        uow.commit()
    browser.log_in("104")
    text = browser.text("/assignments")
    assert text.count("何时能用") == 2
    assert "Taken by 周老师" in text
    assert "Not taken yet" in text
    assert f"交办单 {number}" in browser.text("/assignments?lang=zh")
    assert "教学部" in browser.text("/assignments?lang=zh")
    sheet = client.get("/api/v1/assignments", headers=bearer(desk.staff_token)).json()["items"]
    assert [(each["ticket"], each["office"], each["role"], each["taken_by"]) for each in sheet] == [
        (number, "teaching", "lead", "周老师"),
        (number, "general", "supporting", None),
    ]
    assert "都说归对方管" in browser.text("/approvals")
    browser.post(f"/approvals/{number}", step="disagreement_decided", text="由教学部牵头")
    with uow_factory() as uow:
        take_step(uow, number, "assignment_done", {"office": "teaching", "text": "可用"}, WANG, NOW)
        uow.commit()
    clock.advance(timedelta(days=7))
    later = browser.log_in("104").text("/assignments")
    assert "General office" in later
    assert "Teaching" not in later
    assert "Overdue since" in later
