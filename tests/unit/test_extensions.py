"""What more working days mean to a clock: new due times, in days or in hours of service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from callcenter.domain.calendar import ServiceHours, Span
from callcenter.domain.chain import TicketEvent, Value
from callcenter.domain.extensions import Extension, as_it_stands, extension
from callcenter.domain.policy import Rules
from callcenter.domain.ticket_clocks import fold_clocks, fold_runs
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

BOOK = load_rule_book("huizhou-school", ChineseHolidays())
SCHOOL, CENTRE = BOOK.of("huizhou-school"), BOOK.of("training-centre")
ZONE = SCHOOL.policy.zone
MONDAY = datetime(2026, 11, 16, 10, tzinfo=ZONE)
"""10:00; the centres are open 8:30 to 12:00 and 14:00 to 17:30: seven hours a day."""


def event(name: str, after_h: float = 0, /, **data: Value) -> TicketEvent:
    at = (MONDAY + timedelta(hours=after_h)).astimezone(UTC)
    return TicketEvent(ticket="n", seq=1, at=at, actor="101", kind=name, data=data)


def hourly() -> Rules:
    """The centre's rules with a limit in hours of service that may be extended: t13, four hours."""
    t13 = replace(CENTRE.policy.clock("t13"), extendable=True)
    return replace(CENTRE, policy=replace(CENTRE.policy, clocks={**CENTRE.policy.clocks, "t13": t13}))


def asked(events: list[TicketEvent], clock: str, days: int, rules: Rules = SCHOOL) -> Extension | None:
    return extension(fold_runs(events, rules, "phone"), clock, days, rules)


def shown(instant: datetime) -> str:
    return f"{instant.astimezone(ZONE):%a %d %H:%M}"


@pytest.mark.rule("S10")
@pytest.mark.parametrize(
    ("days", "due", "new_due"),
    [
        # three working days: Tuesday, Wednesday, Thursday
        (1, "Thu 19 17:30", "Fri 20 17:30"),
        (2, "Thu 19 17:30", "Mon 23 17:30"),
    ],
)
def test_a_limit_in_working_days_gets_days(days: int, due: str, new_due: str) -> None:
    found = asked([event("opened")], "h12-complex", days)
    assert found is not None
    assert (found.clock.name, shown(found.due_at), shown(found.new_due_at)) == ("h12-complex", due, new_due)
    assert (found.working_days, found.minutes) == (days, 0)


@pytest.mark.rule("S10")
@pytest.mark.parametrize(
    ("days", "minutes", "new_due"),
    [
        # 4 h from 10:00: 2 before noon, 2 from 14:00: 16:00; 7 h on: 1.5 today, 5.5 tomorrow
        (1, 420, "Tue 17 16:00"),
        (2, 840, "Wed 18 16:00"),
    ],
)
def test_a_limit_in_hours_of_service_gets_the_hours_of_so_many_days(
    days: int, minutes: int, new_due: str
) -> None:
    found = asked([event("opened", kind="joint")], "t13", days, hourly())
    assert found is not None
    assert (shown(found.due_at), shown(found.new_due_at)) == ("Mon 16 16:00", new_due)
    request: dict[str, Value] = {
        "clock": "t13",
        "started_at": found.run.started_at.isoformat(),
        "subject": found.run.subject,
        "working_days": found.working_days,
        "minutes": found.minutes,
    }
    runs = fold_runs([event("opened", kind="joint")], hourly(), "phone")
    assert as_it_stands(runs, request, hourly()) == found
    # the log keeps whole numbers
    assert [(type(value), value) for value in (found.working_days, found.minutes)] == [
        (int, 0),
        (int, minutes),
    ]


def test_a_working_day_has_the_hours_of_the_policy_to_the_minute() -> None:
    rules = hourly()
    # 3 h 50 min and 3 h 5 min
    hours = ServiceHours(standard=(Span(time(8, 10), time(12)), Span(time(14, 15), time(17, 20))))
    rules = replace(rules, policy=replace(rules.policy, hours=hours))
    found = asked([event("opened", kind="joint")], "t13", 1, rules)
    assert found is not None
    assert found.minutes == 415


@pytest.mark.rule("S10")
def test_a_second_extension_comes_on_top_of_the_first() -> None:
    granted = event(
        "extension_granted", 1, clock="t13", started_at=event("opened").at.isoformat(), minutes=420
    )
    found = asked([event("opened", kind="joint"), granted], "t13", 1, hourly())
    assert found is not None
    assert (shown(found.due_at), shown(found.new_due_at)) == ("Tue 17 16:00", "Wed 18 16:00")
    granted = event(
        "extension_granted",
        1,
        clock="h12-complex",
        started_at=event("opened").at.isoformat(),
        working_days=1,
    )
    found = asked([event("opened"), granted], "h12-complex", 1)
    assert found is not None
    assert (shown(found.due_at), shown(found.new_due_at)) == ("Fri 20 17:30", "Mon 23 17:30")


def test_the_clock_that_is_meant_is_found_behind_others() -> None:
    found = asked([event("opened"), event("postponed", 1)], "h19", 1)
    assert found is not None
    assert (found.clock.name, shown(found.run.started_at)) == ("h19", "Mon 16 11:00")


def test_of_a_matter_opened_again_the_run_under_way_is_extended() -> None:
    events = [event("opened"), event("resolved", 1), event("reopened", 24)]
    found = asked(events, "h12-complex", 1)
    assert found is not None
    assert shown(found.run.started_at) == "Tue 17 10:00"


@pytest.mark.parametrize(
    ("events", "clock"),
    [
        ([], "h12-complex"),
        ([event("opened")], "h12-simple"),  # the matter is a complex one
        ([event("opened")], "h19"),  # not started
        ([event("opened"), event("resolved", 1)], "h12-complex"),  # over
        ([event("opened", kind="complaint"), event("resolved", 1)], "h41"),  # none may extend it
        ([event("opened")], "nothing"),
    ],
)
def test_nothing_to_extend(events: list[TicketEvent], clock: str) -> None:
    assert asked(events, clock, 1) is None


def test_asking_changes_nothing() -> None:
    events = [event("opened")]
    runs = fold_runs(events, SCHOOL, "phone")
    assert extension(runs, "h12-complex", 5, SCHOOL) is not None
    (clock,) = fold_clocks(events, SCHOOL, "phone", MONDAY.astimezone(UTC))
    assert (runs[0].extra_days, shown(clock.due_at)) == (0, "Thu 19 17:30")
