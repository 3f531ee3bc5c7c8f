"""Reminders in the console and over the API: the bell, the page, addresses, tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from callcenter.domain.reminders import ReminderKind
from callcenter.services import reminders
from tests.conftest import UowFactory
from tests.support.desk import NOW, Desk
from tests.support.receivers import HttpReceiver, http_receiver
from tests.support.web_fixtures import Browser


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as server:
        yield server


@pytest.fixture
def told(uow_factory: UowFactory, desk: Desk) -> str:
    """Wang is told of a breach and of the day; the ticket's number."""
    number = desk.tickets["talking"]
    with uow_factory() as uow:
        for extension in ("101", "102", "103", "104"):
            reminders.mark_all_seen(uow, extension, NOW)
        ticket = uow.tickets.get(number)
        reminders.tell(uow, ReminderKind.BREACH, "late", ["101"], NOW, ticket=ticket)
        data = {"late": {"count": 2, "numbers": [number, "261123-1-099"]}}
        reminders.tell(uow, ReminderKind.DIGEST, "digest", ["101"], NOW, data=data)
        uow.commit()
    return number


def test_the_bell_counts_what_is_new_and_the_page_marks_it_as_seen(browser: Browser, told: str) -> None:
    browser.log_in("101")
    assert 'aria-label="Reminders, 2 new"' in browser.text("/calls")
    page = browser.text("/reminders")
    assert f"Ticket {told} is overdue" in page
    assert f"2 overdue: {told}, 261123-1-099" in page
    (breach,) = re.findall(
        rf'action="(/reminders/[0-9]+/seen)">.{{0,400}}Ticket {told} is overdue', page, re.DOTALL
    )
    assert browser.post(breach, open="yes") == f"/tickets/{told}"
    assert 'aria-label="Reminders, 1 new"' in browser.text("/calls")
    browser.post("/reminders/seen")
    assert 'aria-label="Reminders, 0 new"' in browser.text("/calls")


def test_the_page_speaks_chinese(browser: Browser, told: str) -> None:
    browser.log_in("101", language="zh")
    page = browser.text("/reminders")
    assert f"工单 {told} 已超时" in page
    assert "超时 2 张" in page


def test_another_persons_reminder_is_not_mine(browser: Browser, told: str) -> None:
    browser.log_in("102")
    answer = browser.client.post("/reminders/1/seen", data={"csrf_token": browser.csrf})
    assert answer.status_code == 404


def test_an_address_is_kept_but_never_shown_again(browser: Browser, receiver: HttpReceiver) -> None:
    browser.log_in("104")
    browser.post("/reminders/addresses", extension="104", url=receiver.url)
    page = browser.text("/reminders")
    assert "json://127.0.0.1" in page
    assert "Geheim" not in page
    answer = browser.client.post("/reminders/test", data={"csrf_token": browser.csrf})
    assert "the test was taken" in answer.text
    assert [got["title"] for got in receiver.got] == ["首问责任制服务台：测试消息"]
    receiver.status = 500
    answer = browser.client.post("/reminders/test", data={"csrf_token": browser.csrf})
    assert "the receiver answered 500" in answer.text
    browser.post("/reminders/addresses/1/remove")
    assert "json://127.0.0.1" not in browser.text("/reminders")


def test_staff_may_not_lead_into_this_machine_nor_to_others(browser: Browser, receiver: HttpReceiver) -> None:
    browser.log_in("101")
    for url in (receiver.url, "file:///etc/passwd", ""):
        answer = browser.client.post("/reminders/addresses", data={"url": url, "csrf_token": browser.csrf})
        assert answer.status_code == 422
        assert "This address cannot be used" in answer.text
        assert "Geheim" not in answer.text
    other = {"url": "wecombot://key-of-somebody", "extension": "102", "csrf_token": browser.csrf}
    assert browser.client.post("/reminders/addresses", data=other).status_code == 403
    for _ in range(5):
        browser.post("/reminders/addresses", url="wecombot://key-of-mine")
    sixth = {"url": "wecombot://key-of-mine", "csrf_token": browser.csrf}
    assert browser.client.post("/reminders/addresses", data=sixth).status_code == 409


def test_managers_see_what_was_not_delivered(browser: Browser, uow_factory: UowFactory, told: str) -> None:
    with uow_factory() as uow:
        (reminder, *_) = uow.reminders.page("101", 9, before=None, unseen=True)
        uow.reminders.settle(
            reminder.id,
            reached=[],
            sent_at=None,
            next_try_at=NOW,
            error="json://gateway: the receiver answered 500",
            gave_up_at=NOW,
        )
        uow.commit()
    browser.log_in("104")
    page = browser.text("/reminders")
    assert "json://gateway: the receiver answered 500" in page
    assert "given up" in page
    browser.client.cookies.clear()
    browser.log_in("101")
    assert "gateway" not in browser.text("/reminders")


def test_the_api_lists_and_marks(client: TestClient, desk: Desk, told: str) -> None:
    headers = {"authorization": f"Bearer {desk.staff_token}", "accept": "*/*"}

    def get(**params: Any) -> Any:
        answer = client.get("/api/v1/reminders", params={"actor": "101", **params}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    first = get(unseen=True, limit=1)
    (digest,) = first["items"]
    assert (digest["kind"], digest["text"], digest["data"]["late"]["count"]) == ("digest", "今日待办", 2)
    (breach,) = get(unseen=True, cursor=first["next"])["items"]
    assert (breach["ticket"], breach["seen_at"]) == (told, None)
    path = f"/api/v1/reminders/{breach['id']}/seen"
    assert client.post(path, json={"actor": "102"}, headers=headers).status_code == 404
    seen = client.post(path, json={"actor": "101"}, headers=headers).json()
    assert seen["seen_at"] == "2026-11-23T10:20:00+08:00"
    assert [item["id"] for item in get(unseen=True)["items"]] == [digest["id"]]
    for params in ({"actor": "199"}, {"actor": "101", "cursor": "x"}, {}):
        assert client.get("/api/v1/reminders", params=params, headers=headers).status_code == 422
    assert client.get("/api/v1/reminders?actor=101", headers={"accept": "*/*"}).status_code == 401
