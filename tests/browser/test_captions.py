"""What is said in a call stands on the screen while it is said, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from callcenter.settings import Settings
from tests.browser.conftest import DESKTOP, PHONE, screen
from tests.support.captions import caption, say
from tests.support.desk import Desk
from tests.support.web_fixtures import HandClock, Parts
from tests.support.web_server import serving
from web.app import create_app

SHOWN_MS = 1_500
ME = {"zh": "我", "en": "Me"}
HEARS = "the page hears"
"""Said by the browser when the first message was there: what is told from then on arrives."""
LONG = "我们家孩子昨天在食堂吃饭以后身体不舒服，已经去医院看过了，" * 4


@pytest.fixture
def talking(settings: Settings) -> Settings:
    return settings.model_copy(update={"captions": "on"})


@pytest.fixture
def address(talking: Settings, desk: Desk, parts: Parts, clock: HandClock) -> Iterator[str]:
    with serving(create_app(talking, checks=parts.checks(), clock=clock)) as address:
        yield address


@pytest.mark.parametrize(
    ("size", "language", "place"),
    [(DESKTOP, "zh", "desk"), (PHONE, "en", "desk"), (DESKTOP, "en", "call"), (PHONE, "zh", "call")],
)
def test_what_is_said_stands_on_the_screen(
    chromium: Browser,
    address: str,
    talking: Settings,
    desk: Desk,
    size: tuple[int, int],
    language: str,
    place: str,
) -> None:
    call = desk.calls["talking"]
    with screen(chromium, address, desk, size, language) as shown:
        shown.log_in()
        page = shown.page
        page.add_init_script(
            "document.addEventListener('htmx:wsAfterMessage', event =>"
            f" event.target.id === 'captions-live' && console.info('{HEARS}'))"
        )
        with page.expect_event("console", lambda told: told.text == HEARS):
            shown.open("/" if place == "desk" else f"/calls/{call}")
        log = page.get_by_role("log")
        say(talking, caption(call, "您好，我想", draft="咨寻"))
        expect(log.locator("i")).to_have_text("咨寻", timeout=SHOWN_MS)
        expect(log.locator("i")).to_be_in_viewport()
        say(talking, caption(call, "您好，我想咨询。"), caption(call, LONG, number=2, extension="101"))
        expect(log.locator("p")).to_have_count(2, timeout=SHOWN_MS)
        expect(log.locator("p").first).to_contain_text("我想咨询。")
        expect(log.locator("i")).to_have_count(0)
        expect(log.locator("b").last).to_have_text(ME[language])
        assert shown.width_over() <= 0
        assert shown.flaws() == []
        shown.picture(f"captions-{place}")
        say(talking, *(caption(call, f"{number} {LONG}", number=number) for number in range(3, 15)))
        expect(log.get_by_text(f"14 {LONG}")).to_be_in_viewport(timeout=SHOWN_MS)
