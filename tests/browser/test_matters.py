"""A complaint with several clocks, and registration by hand, in Chromium: with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Route, expect

from callcenter.bootstrap import build_rules, unit_of_work_factory
from callcenter.db.engine import create_engine
from callcenter.domain.calls import Person
from callcenter.domain.tickets import TicketForm
from callcenter.services import tickets
from callcenter.settings import Settings
from tests.browser.conftest import DESKTOP, PHONE, screen
from tests.support.desk import NOW, WANG, Desk
from tests.support.web_fixtures import HandClock, Parts
from tests.support.web_server import serving
from web.app import create_app

HEAD = Person(extension="104", name="陈国强")


@pytest.fixture
def station(settings: Settings, desk: Desk, parts: Parts, clock: HandClock) -> Iterator[str]:
    """The running console of the one-stop station."""
    other = settings.model_copy(update={"policy": "one-stop-station"})
    with serving(create_app(other, checks=parts.checks(), clock=clock)) as address:
        yield address


@pytest.fixture
def complaint(settings: Settings, desk: Desk) -> str:
    """A complaint of five days ago: told late, papers awaited once, extended, and more time asked for."""
    other = settings.model_copy(update={"policy": "one-stop-station"})
    assert other.database_url
    engine = create_engine(other.database_url)
    came = NOW - timedelta(days=5)
    with unit_of_work_factory(other, 10, engine=engine, rules=build_rules(other))() as work:
        form = TicketForm(
            kind="complaint",
            contact_name="何先生",
            contact_phone="13900139001",
            details="二号窗口推诿，材料交了三次。",
            wished_reply=None,
            complexity="standard",
        )
        number = tickets.register(work, channel="walk_in", form=form, actor=WANG, now=came).number

        def step(name: str, hours: float, who: Person = WANG, /, **given: str) -> None:
            tickets.take_step(work, number, name, given, who, came + timedelta(hours=hours))

        step("complaint_taken_told", 1, text="已受理")
        step("complaint_referred", 2, office="personnel", reason="入职手续归人事科")
        step("notice_given", 3, checklist="entry", means="in_writing")
        step("papers_missing", 4, papers="学历证书\n体检报告")
        step("papers_received", 29, papers="学历证书\n体检报告")
        limit = "s10-complaint"
        step("extension_requested", 30, clock=limit, working_days="3", reason="须调取监控")
        step("extension_granted", 31, HEAD, text="同意")
        step("progress_told", 54, means="phone", text="监控已调取")
        step("extension_requested", 55, clock=limit, working_days="3", reason="当事人出差，周四返回")
        tickets.record_alarms(work, NOW)
        work.commit()
    engine.dispose()
    return number


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_complaint_with_several_clocks(
    chromium: Browser, station: str, desk: Desk, complaint: str, size: tuple[int, int], language: str
) -> None:
    with screen(chromium, station, desk, size, language) as shown:
        shown.log_in("104")
        page = shown.open(f"/tickets/{complaint}")
        expect(page.locator("svg.tl:visible")).to_have_count(2)
        assert shown.flaws() == []
        assert shown.width_over() <= 0
        shown.picture("complaint")
        page.locator("main details").evaluate_all("all => all.forEach(one => { one.open = true; })")
        assert shown.flaws() == []
        assert shown.width_over() <= 0
        shown.picture("complaint-open")
        page.locator("#step-extension_refused button").click()
        expect(page.locator("#error-extension_refused-text")).to_be_visible()
        shown.settled()
        shown.picture("complaint-refused")
        shown.complaints.clear()  # Chromium reports the 422 itself
        page.locator("#step-extension_granted summary").click()
        page.locator("#step-extension_granted button").click()
        page.wait_for_url("**?done=step")
        expect(page.locator(".pending")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_registering(
    chromium: Browser, address: str, desk: Desk, size: tuple[int, int], language: str
) -> None:
    with screen(chromium, address, desk, size, language) as shown:
        shown.log_in()
        page = shown.open("/register")
        page.fill("#details", "食堂少找钱")
        page.locator("details.ledger summary").click()
        assert shown.flaws() == []
        shown.picture("register")
        page.check("#channel-wechat", force=True)
        expect(page.locator("#field-nickname")).to_be_visible()
        page.check("#kind-complaint", force=True)
        expect(page.locator("#field-wished_solution")).to_be_visible()
        expect(page.locator("#details")).to_have_value("食堂少找钱")
        assert shown.flaws() == []
        assert shown.width_over() <= 0
        page.locator("#registration button.btn-primary").click()
        page.locator("#error-field-nickname").wait_for()
        assert shown.flaws() == []
        shown.picture("register-errors")
        shown.complaints.clear()  # Chromium reports the 422 itself
        for field in ("nickname", "wechat_id", "wished_solution"):
            page.fill(f"#field-{field}", "wx1")
        page.fill("#happened_at", "2026-11-23T10:18")
        page.locator("#registration button.btn-primary").click()
        page.wait_for_url("**?done=registered")
        assert shown.width_over() <= 0
        shown.picture("registered")


def test_words_typed_while_the_fields_of_a_choice_come_are_kept(
    chromium: Browser, address: str, desk: Desk
) -> None:
    with screen(chromium, address, desk, DESKTOP, "en") as shown:
        shown.log_in()
        page = shown.open("/register")
        held: list[Route] = []
        page.route("**/register/change", lambda route: held.append(route))
        with page.expect_request("**/register/change"):
            page.check("#channel-wechat", force=True)
        with page.expect_request("**/register/change"):
            page.check("#kind-complaint", force=True)  # overtakes the answer of the first choice
        page.locator("#details").press_sequentially("食堂少找钱")
        for route in held:
            route.continue_()
        expect(page.locator("#field-nickname")).to_be_visible()
        expect(page.locator("#field-wished_solution")).to_be_visible()
        expect(page.locator("#details")).to_have_value("食堂少找钱")
        expect(page.locator("#details")).to_be_focused()
        assert all(each.startswith("htmx:") for each in shown.complaints)
        shown.complaints.clear()  # htmx tells of the request that was overtaken


def test_another_kind_brings_its_fields_to_a_tickets_form(
    chromium: Browser, address: str, desk: Desk
) -> None:
    with screen(chromium, address, desk, DESKTOP, "en") as shown:
        shown.log_in()
        page = shown.open(f"/tickets/{desk.tickets['talking']}")
        page.get_by_label("Kind").select_option("complaint")
        page.get_by_label("Wished solution").fill("An apology")
        page.get_by_label("What is it about").fill("Queues")
        page.get_by_role("button", name="Save and open").click()
        page.get_by_role("status").wait_for()
        expect(page.get_by_text("An apology").first).to_be_visible()


def test_registering_without_scripts(chromium: Browser, address: str, desk: Desk) -> None:
    with screen(chromium, address, desk, PHONE, "en", scripts=False) as shown:
        shown.log_in()
        page = shown.open("/register")
        page.fill("#details", "A lost card")
        page.focus("#kind-inquiry")
        page.keyboard.press("ArrowRight")
        page.get_by_role("button", name="Show the fields for this choice").click()
        page.get_by_label("Wished solution").fill("A new one")
        expect(page.locator("#details")).to_have_value("A lost card")
        page.locator("details.ledger summary").click()
        page.get_by_label("Colleague", exact=True).select_option("103")
        page.get_by_label("What the colleague was told").fill("Lost last week")
        page.get_by_role("button", name="Register", exact=True).click()
        page.get_by_text("Registered: it is yours").wait_for()
        page.locator("#more-steps > summary").click()
        page.locator("#step-progress_told > summary").click()
        page.locator("#progress_told-means").select_option("phone")
        page.locator("#progress_told-text").fill("On its way")
        page.locator("#step-progress_told button").click()
        page.get_by_text("It is on record.").wait_for()
