"""Supervision's pages in Chromium: nothing wider than the screen, nothing that axe-core finds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from callcenter.domain.calls import Person
from callcenter.domain.periods import Period
from callcenter.services import supervision, tickets
from tests.browser.conftest import DESKTOP, PHONE, screen
from tests.conftest import UowFactory
from tests.support.desk import LI, NOW, WANG, Desk

HEAD = Person(extension="104", name="陈国强")


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh")])
def test_the_pages_fit_and_have_no_flaws(
    chromium: Browser,
    address: str,
    desk: Desk,
    uow_factory: UowFactory,
    size: tuple[int, int],
    language: str,
) -> None:
    with uow_factory() as work:
        later = desk.tickets["later"]
        tickets.take_step(work, later, "office_named", {"office": "logistics", "text": "食堂"}, WANG, NOW)
        traced = {"person": "102", "cause": "值班交接时遗漏了书面记录，后续同事不知情"}
        tickets.take_step(work, later, "responsibility_traced", traced, HEAD, NOW)
        tickets.resolve(work, desk.tickets["late"], "已恢复", WANG, NOW)
        period = Period(start=NOW - timedelta(days=20), end=NOW + timedelta(days=1))
        drawn = supervision.draw_checks(work, count=2, period=period, actor=HEAD, seed="5eed", now=NOW)
        done, to_do = sorted(drawn, key=lambda check: check.owner != LI)
        points: dict[str, str | int] = {"records": 20, "handling": 25, "feedback": 15, "filing": 25}
        supervision.fill_in(work, done.id, points, remark="反馈较晚", actor=HEAD, now=NOW)
        work.commit()
    managers = (
        "/supervision",
        f"/supervision/checks/{done.id}",
        f"/supervision/checks/{to_do.id}",
        "/supervision/commendation",
        "/analysis",
        "/analysis/tickets?by=kind&key=complaint",
        "/offices",
        "/offices/logistics",
    )
    for extension, paths in (
        ("104", managers),
        (LI.extension, ("/supervision", f"/supervision/checks/{done.id}")),
    ):
        with screen(chromium, address, desk, size, language) as shown:
            shown.log_in(extension)
            for path in paths:
                shown.open(path)
                assert (shown.width_over(), shown.flaws()) == (0, []), path
                shown.picture(f"supervision-{extension}-{paths.index(path)}")
