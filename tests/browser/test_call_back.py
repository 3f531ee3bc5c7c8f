"""Calling back in Chromium: one click, the card follows by itself, readable at 375 px."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from callcenter.domain.call_backs import CallBack, Step
from callcenter.domain.calls import CallEvent, Kind
from callcenter.services.call_backs import take_requests
from callcenter.services.calls import apply_events
from callcenter.settings import Settings
from tests.browser.conftest import DESKTOP, PHONE, screen
from tests.conftest import UowFactory
from tests.support.desk import NOW, Desk, silence


def tell(open_work: UowFactory, of: CallBack, events: dict[float, dict[str, str | float]]) -> None:
    """What the desk's journal says, by seconds since the click."""
    told = [
        CallEvent(
            linkedid=str(of.linkedid),
            at=NOW + timedelta(seconds=after_s),
            kind=Kind.CALL_BACK,
            data={"call_back": of.id, **data},
        )
        for after_s, data in events.items()
    ]
    with open_work() as work:
        before = work.calls.lock_position(8)
        apply_events(work, node=8, events=list(enumerate(told, before + 1)))
        work.commit()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_one_click_and_the_card_follows(
    chromium: Browser,
    address: str,
    desk: Desk,
    uow_factory: UowFactory,
    settings: Settings,
    size: tuple[int, int],
    language: str,
) -> None:
    with screen(chromium, address, desk, size, language) as shown:
        shown.log_in("101")
        page = shown.open(f"/tickets/{desk.tickets['today']}")
        card = page.locator("#call-backs")
        card.locator("button").click()
        page.wait_for_url("**done=calling")
        assert card.get_by_role("status").is_visible()
        with uow_factory() as work:
            (order,) = take_requests(work, node=1, now=NOW)
            work.commit()
        shown.picture("call-back-ringing")
        assert shown.flaws() == []
        silence(settings.recordings / "talk.wav", seconds=60)
        tell(
            uow_factory,
            order.call_back,
            {
                0.0: {"step": Step.STARTED.value},
                4.0: {"step": Step.ANSWERED.value},
                9.0: {"step": Step.REACHED.value},
                10.4: {"step": Step.TALKED.value},
                69.0: {"step": Step.ENDED.value, "path": "talk.wav", "seconds": 60.0, "language": "zh"},
                75.0: {"step": Step.RATED.value, "digit": "1"},
            },
        )
        # the card asks again by itself, and stops when it is over
        card.locator("audio").wait_for(timeout=8000)
        shown.settled()
        assert card.get_attribute("hx-get") is None
        assert card.locator("button").is_visible()
        assert shown.flaws() == []
        box = card.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        shown.picture("call-back-done")


def test_without_scripts(chromium: Browser, address: str, desk: Desk) -> None:
    with screen(chromium, address, desk, PHONE, "en", scripts=False) as shown:
        shown.log_in("101")
        page = shown.open(f"/tickets/{desk.tickets['today']}")
        page.locator("#call-backs button").click()
        page.wait_for_url("**done=calling")
        assert "A call back is under way." in page.content()
