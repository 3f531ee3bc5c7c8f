"""An extension is decided over the due times of the day: papers were awaited since it was asked for (S10, S21)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callcenter.services.steps import take_step
from tests.conftest import UowFactory
from tests.support.desk import NOW, WANG
from tests.support.web_fixtures import Browser, HandClock
from tests.web.test_approvals import asks_for_time
from tests.web.test_today import opened


@pytest.mark.rule("S10", "S21")
def test_the_head_sees_and_approves_what_a_pause_has_moved(
    browser: Browser, uow_factory: UowFactory, clock: HandClock
) -> None:
    number = asks_for_time(uow_factory)
    with uow_factory() as uow:
        take_step(uow, number, "papers_missing", {"papers": "发票"}, WANG, NOW + timedelta(hours=1))
        take_step(uow, number, "papers_received", {"papers": "发票"}, WANG, NOW + timedelta(days=7))
        uow.commit()
    clock.advance(timedelta(days=7, hours=1))
    browser.log_in("104")
    for path in ("/approvals", f"/tickets/{number}"):
        text = browser.text(path)
        # until Monday the 30th it stood; Tuesday, Wednesday, Thursday count, and two days more
        assert "3 Dec 17:30" in text
        assert "7 Dec 17:30" in text
    assert "26 Nov 17:30" not in browser.text("/approvals"), "when it was asked for"
    assert 'value="extension_granted"' in browser.text("/approvals")
    assert browser.post(f"/approvals/{number}", step="extension_granted", text="").endswith("decided")


@pytest.mark.rule("S10", "S21")
def test_time_can_be_asked_for_while_papers_are_awaited(
    browser: Browser, uow_factory: UowFactory, clock: HandClock
) -> None:
    number = opened(uow_factory).number
    with uow_factory() as uow:
        take_step(uow, number, "papers_missing", {"papers": "发票"}, WANG, NOW + timedelta(hours=1))
        uow.commit()
    clock.advance(timedelta(days=7))  # it was due on Thursday, but stands
    browser.log_in("101")
    assert 'id="step-extension_requested"' in browser.text(f"/tickets/{number}")
