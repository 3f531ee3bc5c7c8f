"""Lists that name callers are noted as looks too (T31): what happened while somebody was away, and the files."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callcenter.domain.absences import Reason
from callcenter.services import tickets
from callcenter.services.absences import add_absence
from tests.conftest import UowFactory
from tests.support.desk import LI, NOW, WANG
from tests.support.web_fixtures import Browser, HandClock
from tests.web.test_access import Row, Rows
from tests.web.test_search import closed
from tests.web.test_today import opened


@pytest.mark.rule("T31")
def test_the_list_of_files(browser: Browser, uow_factory: UowFactory) -> None:
    closed(uow_factory, "校园卡补办")
    browser.log_in("104")
    assert "13511112222" in browser.text("/files")
    found: list[Row] = Rows(uow_factory)("list files 1 to 1")
    assert [(actor, via) for actor, via, _, _ in found] == [("104", "page")]
    browser.client.cookies.clear()
    browser.log_in("103")
    assert "13511112222" not in browser.text("/files")
    assert "103" not in [actor for actor, _, _, _ in Rows(uow_factory)("list files 1 to 1")]


@pytest.mark.rule("S3", "T31")
def test_what_happened_meanwhile(browser: Browser, uow_factory: UowFactory, clock: HandClock) -> None:
    number = opened(uow_factory).number
    with uow_factory() as uow:
        add_absence(
            uow, "101", from_at=None, until_at=None, reason=Reason.LEAVE, cover="102", actor=WANG, now=NOW
        )
        tickets.add_note(uow, number, "已致电家长", LI, NOW + timedelta(minutes=1))
        uow.commit()
    with uow_factory() as uow:
        (absence,) = uow.absences.latest("101", 1)
    clock.advance(timedelta(minutes=5))
    before = len(Rows(uow_factory)())
    assert "已致电家长" in browser.log_in("101").text(f"/absences/{absence.id}")
    actor, via, subject, _ = Rows(uow_factory)()[-1]
    assert len(Rows(uow_factory)()) == before + 1
    assert (actor, via) == ("101", "page")
    assert subject.startswith("list tickets ")
