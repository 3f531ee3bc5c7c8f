"""A decision that cannot be put on record: the head reads why, and what they wrote is still there."""

from __future__ import annotations

from callcenter.services.steps import take_step
from tests.conftest import UowFactory
from tests.support.desk import NOW, WANG
from tests.support.web_fixtures import Browser
from tests.web.test_approvals import asks_for_time
from tests.web.test_today import opened


def decide(browser: Browser, number: str, code: int, **fields: str) -> str:
    answer = browser.client.post(f"/approvals/{number}", data={**fields, "csrf_token": browser.csrf})
    assert answer.status_code == code, answer.text
    return answer.text


def test_a_suggestion_without_a_choice_keeps_the_reason(browser: Browser, uow_factory: UowFactory) -> None:
    number = opened(uow_factory, kind="suggestion", details="延长开放时间").number
    with uow_factory() as uow:
        take_step(uow, number, "suggestion_reported", {"text": "建议周六开放"}, WANG, NOW)
        uow.commit()
    browser.log_in("104")
    text = decide(browser, number, 422, step="suggestion_decided", text="下月试行")
    assert "Please choose whether it is adopted." in text
    assert ">下月试行</textarea>" in text
    text = decide(browser, number, 422, step="suggestion_decided", adopted="no")
    assert "Please give a reason" in text
    assert 'value="no" required checked' in text


def test_a_ticket_that_a_colleague_changed(browser: Browser, uow_factory: UowFactory) -> None:
    number = asks_for_time(uow_factory)
    browser.log_in("104")
    text = decide(browser, number, 409, step="extension_refused", text="厂家今天到", version="1")
    assert "A colleague changed the ticket while you were reading." in text
    assert ">厂家今天到</textarea>" in text


def test_what_a_colleague_decided_meanwhile(browser: Browser, uow_factory: UowFactory) -> None:
    number = asks_for_time(uow_factory)
    browser.log_in("104")
    browser.post(f"/approvals/{number}", step="extension_granted", text="")
    text = decide(browser, number, 409, step="extension_refused", text="厂家今天到")
    assert "It does not wait for a decision any more." in text
    assert "厂家今天到" in text
