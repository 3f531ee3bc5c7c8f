"""Somebody who has left is still called by their name where their work is on record."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from callcenter.domain.absences import Reason
from callcenter.services import tickets
from callcenter.services.absences import add_absence
from tests.conftest import UowFactory
from tests.support.desk import LI, NOW, ZHANG
from tests.support.web_fixtures import Browser
from tests.web.test_today import opened


@pytest.fixture
def number(uow_factory: UowFactory, browser: Browser) -> str:
    """A ticket that 张伟 (103) looked at and noted something on, and was away, before they left."""
    number = opened(uow_factory, owner=LI).number
    with uow_factory() as uow:
        tickets.add_note(uow, number, "已致电家长", ZHANG, NOW)
        add_absence(
            uow, "103", from_at=None, until_at=None, reason=Reason.LEAVE, cover="102", actor=ZHANG, now=NOW
        )
        uow.commit()
    browser.log_in("103").text(f"/tickets/{number}")
    browser.client.cookies.clear()
    with uow_factory() as uow:
        uow.session.execute(text("UPDATE staff SET active = false WHERE extension = '103'"))
        uow.commit()
    return number


def test_pages_name_who_has_left(browser: Browser, number: str) -> None:
    browser.log_in("104")
    assert "张伟 added a note." in browser.text(f"/tickets/{number}")
    assert "张伟" in browser.text(f"/tickets/{number}/access")
    assert "<bdi>张伟</bdi>" in browser.text("/absences").split("B posts")[0]
