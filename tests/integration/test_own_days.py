"""The centre's own days: in force in every process at once, and every running clock that they touch follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from typer.testing import CliRunner

from callcenter.bootstrap import unit_of_work_factory
from callcenter.cli import application
from callcenter.db.engine import create_engine
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calendar import DayKind, Notice
from callcenter.domain.calls import Person
from callcenter.domain.own_days import BadDays, OwnDayKind, read_run
from callcenter.domain.policy import RuleBook
from callcenter.domain.staff import Role
from callcenter.domain.tickets import Ticket, TicketForm
from callcenter.holidays import ChineseHolidays
from callcenter.own_holidays import OwnHolidays
from callcenter.policy_files import load_rule_book, with_calendar
from callcenter.services.own_days import follow_calendar, forget_days, move_clocks, set_days
from callcenter.services.registration import register
from callcenter.services.staff import UnknownStaff, add_staff
from callcenter.services.ticket_sweeps import record_alarms
from callcenter.services.tickets import get_ticket
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.polling import until

WANG = Person(extension="101", name="王敏")
FRIDAY = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""20 November 2026, 10:00 in the centre; three working days end on Wednesday the 25th at 17:30."""
WEDNESDAY = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def opened(uow: SqlUnitOfWork, at: datetime = FRIDAY) -> Ticket:
    uow.staff.know(WANG)
    form = TicketForm(
        kind="inquiry",
        contact_name="刘女士",
        contact_phone="13800138000",
        details="宿舍漏水",
        wished_reply=None,
        complexity="complex",
    )
    return register(uow, channel="phone", form=form, actor=WANG, now=at)


def due(make: UowFactory, number: str, now: datetime = FRIDAY) -> datetime | None:
    with make() as uow:
        return get_ticket(uow, number, now).ticket.due_at


def close(make: UowFactory, days: str, kind: OwnDayKind = OwnDayKind.CLOSURE) -> None:
    with make() as uow:
        set_days(uow, read_run(days), kind, "校运会", by="104", now=FRIDAY)
        uow.commit()


@pytest.mark.rule("H12")
def test_a_closure_moves_running_clocks_and_its_end_moves_them_back(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        number = opened(uow).number
        uow.commit()
    assert due(uow_factory, number) == WEDNESDAY
    close(uow_factory, "2026-11-24/2026-11-25")
    later = FRIDAY + timedelta(seconds=5)
    assert follow_calendar(uow_factory, lambda: later) == 1
    # Monday 23, Thursday 26, Friday 27.
    assert due(uow_factory, number) == WEDNESDAY + timedelta(days=2)
    assert follow_calendar(uow_factory, lambda: later) == 0
    with uow_factory() as uow:
        assert forget_days(uow, read_run("2026-11-24/2026-11-25"), later) == 2
        uow.commit()
    assert follow_calendar(uow_factory, lambda: later + timedelta(seconds=5)) == 1
    assert due(uow_factory, number) == WEDNESDAY


def test_an_opening_makes_a_saturday_count(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        number = opened(uow).number
        uow.commit()
    close(uow_factory, "2026-11-21", OwnDayKind.OPENING)
    follow_calendar(uow_factory, lambda: FRIDAY + timedelta(seconds=5))
    assert due(uow_factory, number) == WEDNESDAY - timedelta(days=1)


def test_the_same_transaction_and_the_next_one_see_the_change(uow_factory: UowFactory) -> None:
    day = date(2026, 11, 24)
    with uow_factory() as uow:
        assert uow.rules.current.calendar.kind(day) is DayKind.WORKDAY
    close(uow_factory, "2026-11-24")
    with uow_factory() as uow:
        assert uow.rules.current.calendar.kind(day) is DayKind.CLOSURE
        set_days(uow, [day], OwnDayKind.OPENING, "照常上班", by="104", now=FRIDAY)
    with uow_factory() as uow:
        assert uow.rules.current.calendar.kind(day) is DayKind.CLOSURE


def test_another_process_sees_the_change_within_a_second_or_two(
    uow_factory: UowFactory, settings: Settings, rule_book: RuleBook
) -> None:
    assert settings.database_url is not None
    engine = create_engine(settings.database_url)
    other = unit_of_work_factory(settings, 10, engine=engine, rules=rule_book)
    day = date(2026, 11, 24)

    def kind() -> DayKind:
        with other() as uow:
            return uow.rules.current.calendar.kind(day)

    assert kind() is DayKind.WORKDAY
    close(uow_factory, "2026-11-24")
    until(lambda: kind() is DayKind.CLOSURE, within_s=3)
    engine.dispose()


def test_a_change_waits_until_every_process_has_it(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        number = opened(uow).number
        uow.commit()
    close(uow_factory, "2026-11-24")
    assert follow_calendar(uow_factory, lambda: FRIDAY + timedelta(seconds=2)) == 0
    assert due(uow_factory, number) == WEDNESDAY
    assert follow_calendar(uow_factory, lambda: FRIDAY + timedelta(seconds=4)) == 1


def test_tickets_that_the_change_does_not_reach_stay_as_they_are(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        number = opened(uow).number
        uow.commit()
    close(uow_factory, "2026-11-26")
    assert follow_calendar(uow_factory, lambda: FRIDAY + timedelta(seconds=5)) == 0
    with uow_factory() as uow:
        assert move_clocks(uow, date(2026, 11, 25), FRIDAY) == (1, None)
    assert due(uow_factory, number) == WEDNESDAY


def test_a_recorded_breach_stays_and_is_not_recorded_again(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        number = opened(uow).number
        uow.commit()
    thursday = WEDNESDAY + timedelta(hours=12)
    with uow_factory() as uow:
        record_alarms(uow, thursday)
        uow.commit()
    close(uow_factory, "2026-11-25/2026-11-26")
    follow_calendar(uow_factory, lambda: thursday)
    with uow_factory() as uow:
        view = get_ticket(uow, number, thursday)
        assert view.clocks[0].due_at == WEDNESDAY + timedelta(days=2)
        record_alarms(uow, thursday + timedelta(days=5))
        kinds = [event.kind for event in uow.tickets.events(number)]
        uow.commit()
    assert kinds.count("breached") == 1


@pytest.mark.rule("H12")
def test_a_new_years_notice_settles_provisional_due_times(
    uow_factory: UowFactory, settings: Settings
) -> None:
    """A matter of December falls due in a year that nobody has given notice of."""
    now = datetime(2026, 12, 31, 2, 0, tzinfo=UTC)
    library = ChineseHolidays()
    assert library.notice(2027) is None, "choose a later year here: the library knows 2027 now"
    with uow_factory() as uow:
        ticket = opened(uow, now)
        uow.commit()
    assert ticket.provisional
    follow_calendar(uow_factory, lambda: now)
    off = frozenset(date(2027, 1, day) for day in (1, 2, 3, 4, 5))
    known = OwnHolidays(library, {2027: Notice(off, frozenset())})
    assert settings.database_url is not None
    engine = create_engine(settings.database_url)
    restarted = unit_of_work_factory(
        settings, 10, engine=engine, rules=load_rule_book("huizhou-school", known)
    )
    assert follow_calendar(restarted, lambda: now) == 1
    with restarted() as uow:
        settled = get_ticket(uow, ticket.number, now).ticket
    assert not settled.provisional
    # Wednesday 6, Thursday 7, Friday 8 January at 17:30.
    assert settled.due_at == datetime(2027, 1, 8, 9, 30, tzinfo=UTC)
    engine.dispose()


@pytest.mark.parametrize(
    "text", ["2026-11-25/2026-11-24", "2026-13-01", "", "1999-01-01", "2026-01-01/2028-01-01"]
)
def test_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(BadDays):
        read_run(text)


def test_a_reason_is_needed_and_only_own_days_can_be_taken_back(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        with pytest.raises(BadDays, match="why"):
            set_days(uow, [date(2026, 11, 24)], OwnDayKind.CLOSURE, "  ", by="104", now=FRIDAY)
        with pytest.raises(BadDays):
            forget_days(uow, [date(2026, 11, 24)], FRIDAY)


def test_own_days_stand_over_the_policys_own(rule_book: RuleBook) -> None:
    closed = date(2026, 11, 24)
    rules = rule_book.current
    policy = replace(rules.policy, closures=frozenset({closed}))
    source = ChineseHolidays()
    assert with_calendar(policy, source).calendar.kind(closed) is DayKind.CLOSURE
    opened_again = with_calendar(policy, source, {closed: OwnDayKind.OPENING})
    assert opened_again.calendar.kind(closed) is DayKind.WORKDAY


def test_the_commands_set_list_and_take_back(
    uow_factory: UowFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOUWEN_HOME", str(settings.home))
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", settings.database_url or "")
    with uow_factory() as uow:
        add_staff(uow, extension="104", name="陈国强", role=Role.MANAGER, now=FRIDAY)
        number = opened(uow).number
        uow.commit()

    def run(*words: str) -> str:
        result = CliRunner().invoke(application(), ["calendar", *words])
        if result.exception is not None:
            raise result.exception
        return result.output

    days = "2026-11-24/2026-11-25"
    said = run("add", days, "--kind", "closure", "--reason", "校运会", "--by", "104")
    assert said == "2 days; 1 tickets follow\n"
    assert due(uow_factory, number) == WEDNESDAY + timedelta(days=2)
    listed = run("list", "--year", "2026").splitlines()
    assert listed[0] == "2026\tpublished"
    assert listed[1] == "2026-11-24\tclosure\t校运会\t104"
    assert run("recompute") == "1 tickets follow\n"
    assert run("remove", days) == "2 days; 1 tickets follow\n"
    assert due(uow_factory, number) == WEDNESDAY
    with pytest.raises(UnknownStaff):
        run("add", days, "--kind", "closure", "--reason", "x", "--by", "999")
    with pytest.raises(BadDays):
        run("remove", days)
