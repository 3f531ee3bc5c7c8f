"""Absences and reminders in Chromium: nothing wider than the screen, nothing that axe-core finds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from callcenter.domain.absences import Reason
from callcenter.domain.reminders import ReminderKind
from callcenter.services import absences, reminders
from tests.browser.conftest import DESKTOP, PHONE, screen
from tests.conftest import UowFactory
from tests.support.desk import LI, NOW, WANG, ZHANG, Desk


@pytest.fixture(autouse=True)
def a_day_with_absences(uow_factory: UowFactory, desk: Desk) -> None:
    """Li is away, Zhang will be; Chen is told of this and that, one thing could not be delivered."""
    with uow_factory() as uow:
        for extension, b_extension in (("101", "102"), ("102", "101"), ("103", "101")):
            absences.set_post(uow, extension, b_extension)
        over = absences.add_absence(
            uow, "101", from_at=None, until_at=None, reason=Reason.MEETING, cover=None, actor=WANG, now=NOW
        )
        later = NOW + timedelta(minutes=30)
        absences.end_absence(uow, over.id, later)
        day = timedelta(days=1)
        for who, begin, reason in ((LI, later, Reason.TRAVEL), (ZHANG, later + day, Reason.LEAVE)):
            absences.add_absence(
                uow,
                who.extension,
                from_at=begin,
                until_at=begin + day,
                reason=reason,
                cover="101",
                actor=who,
                now=NOW,
            )
        ticket = uow.tickets.get(desk.tickets["talking"])
        about = {"about": "extension"}
        reminders.tell(uow, ReminderKind.APPROVAL, "a", ["104"], NOW, ticket=ticket, data=about)
        reminders.tell(uow, ReminderKind.ESCALATION, "b", ["104", "101"], NOW, ticket=ticket)
        piles = {"late": {"count": 7, "numbers": [f"261123-1-00{serial}" for serial in range(5)]}}
        reminders.tell(uow, ReminderKind.DIGEST, "c", ["104"], NOW, data=piles | {"today": piles["late"]})
        reminders.add_address(uow, "101", url="wecombot://key", shown="wecombot://…", trusted=False, now=NOW)
        reminders.add_address(
            uow, "104", url="json://gateway", shown="json://gateway.school.cn", trusted=True, now=NOW
        )
        (failed,) = [each for each in uow.reminders.claim(NOW, NOW, 50) if each.kind == "digest"]
        uow.reminders.settle(
            failed.id,
            reached=[],
            sent_at=None,
            next_try_at=NOW,
            error="json://gateway.school.cn: the receiver could not be reached",
            gave_up_at=None,
        )
        uow.commit()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_fit_and_have_no_flaws(
    chromium: Browser, address: str, desk: Desk, size: tuple[int, int], language: str
) -> None:
    with screen(chromium, address, desk, size, language) as one:
        one.log_in("104")
        for path, name in (
            ("/absences", "absences"),
            ("/absences/1", "meanwhile"),
            ("/reminders", "reminders"),
        ):
            one.open(path)
            one.page.evaluate(
                "document.querySelectorAll('details.fold').forEach(each => { each.open = true })"
            )
            one.picture(name)
            assert one.flaws() == [], path
            assert one.width_over() <= 0, path
