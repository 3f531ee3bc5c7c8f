"""While the head is away, whoever stands in reads and decides what waits for the head; before and after nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callcenter.domain.absences import Reason
from callcenter.services.absences import add_absence
from tests.conftest import UowFactory
from tests.support.desk import NOW
from tests.support.web_fixtures import Browser, HandClock
from tests.web.test_approvals import CHEN, asks_for_time


@pytest.mark.rule("S3", "S10")
def test_the_stand_in_decides_until_the_head_is_back(
    browser: Browser, uow_factory: UowFactory, clock: HandClock
) -> None:
    number = asks_for_time(uow_factory)
    browser.log_in("102")
    assert browser.client.get("/approvals").status_code == 403
    assert 'href="/approvals"' not in browser.text("/today")
    with uow_factory() as uow:
        add_absence(
            uow,
            "104",
            from_at=None,
            until_at=NOW + timedelta(minutes=20),
            reason=Reason.MEETING,
            cover="102",
            actor=CHEN,
            now=NOW,
        )
        uow.commit()
    assert 'href="/approvals"' in browser.text("/today")
    assert "等厂家<br>来人" in browser.text("/approvals")
    assert browser.post(f"/approvals/{number}", step="extension_granted", text="").endswith("decided")
    with uow_factory() as uow:
        last = uow.tickets.events(number)[-1]
    assert (last.kind, last.actor) == ("extension_granted", "102")
    clock.advance(timedelta(minutes=20))
    assert browser.client.get("/approvals").status_code == 403
