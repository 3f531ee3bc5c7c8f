"""Due times as a table of wall-clock cases; every time is in Shanghai unless it says otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.domain.calendar import DayKind, Notice, ServiceHours, Span, WorkingCalendar
from callcenter.domain.clocks import Elapsed, NoDueTime, ServiceTime, WorkingDays, due_time
from callcenter.domain.policy import RuleBook, UnknownClock, UnknownPolicy

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
HOURS = ServiceHours(
    standard=(Span(time(8, 30), time(12)), Span(time(14), time(17, 30))),
)


class NoNotices:
    """A world without the State Council."""

    def __init__(self, known: bool = True) -> None:
        self._known = known

    def notice(self, year: int) -> Notice | None:
        """Every year is published and has nothing, or no year is."""
        return Notice(frozenset(), frozenset()) if self._known else None

    def statutory(self, year: int) -> frozenset[date]:
        """Nothing is off by law."""
        return frozenset()


def due(book: RuleBook, clock: str, start: str) -> str:
    """The due time in Shanghai, to the minute or, where there are any, the second."""
    rules = book.of("huizhou-school")
    at = datetime.fromisoformat(start).replace(tzinfo=SHANGHAI)
    found = due_time(rules.policy.clock(clock).limit, at, rules.calendar).due_at.astimezone(SHANGHAI)
    return found.isoformat(" ", "seconds" if found.second else "minutes").removesuffix("+08:00")


@pytest.mark.parametrize(
    ("clock", "start", "expected", "why"),
    [
        ("h12-complex", "2026-11-20 10:00", "2026-11-25 17:30", "Fri; Mon 1, Tue 2, Wed 3"),
        ("h12-normal", "2026-11-20 10:00", "2026-11-24 17:30", "Fri; Mon 1, Tue 2"),
        ("h12-simple", "2026-11-20 10:00", "2026-11-23 17:30", "Fri; Mon 1"),
        ("h12-simple", "2026-11-23 00:00", "2026-11-24 17:30", "midnight belongs to Monday"),
        ("h12-simple", "2026-11-22 23:59:59", "2026-11-23 17:30", "a second before, to Sunday"),
        ("h12-simple", "2026-11-20 23:00", "2026-11-23 17:30", "after closing: still the event's day"),
        ("h12-simple", "2026-11-21 10:00", "2026-11-23 17:30", "Sat; Mon 1"),
        ("h12-complex", "2026-09-30 10:00", "2026-10-10 17:30", "8 Thu 1, 9 Fri 2, 10 Sat make-up 3"),
        ("h12-simple", "2026-10-09 10:00", "2026-10-10 17:30", "the make-up Saturday counts"),
        ("h12-complex", "2026-02-13 10:00", "2026-02-25 17:30", "14 Sat make-up 1, 15-23 off, 24, 25"),
        ("h19", "2026-11-20 10:00", "2026-11-25 17:30", "3 working days"),
        ("h20", "2026-11-20 10:00", "2026-11-23 17:30", "1 working day"),
        ("h15-complex", "2026-11-20 10:00", "2026-11-25 17:30", "3 working days"),
        ("h13", "2026-11-20 17:28", "2026-11-23 08:33", "2 min Friday, 3 min Monday"),
        ("h13", "2026-11-20 17:25", "2026-11-20 17:30", "ends exactly at closing"),
        ("h13", "2026-11-20 17:25:01", "2026-11-23 08:30:01", "a second more: 1 s of Monday"),
        ("h13", "2026-11-20 17:30", "2026-11-23 08:35", "closing time starts at the next opening"),
        ("h13", "2026-11-20 17:29:59", "2026-11-23 08:34:59", "1 s of Friday"),
        ("h13", "2026-11-20 08:30", "2026-11-20 08:35", "opening time is open"),
        ("h13", "2026-11-20 08:29:59", "2026-11-20 08:35", "a second before, it is not"),
        ("h13", "2026-11-20 11:58", "2026-11-20 14:03", "2 min before the break, 3 after"),
        ("h13", "2026-11-20 12:00", "2026-11-20 14:05", "the break starts at 12:00 exactly"),
        ("h13", "2026-11-20 13:00", "2026-11-20 14:05", "within the break"),
        ("h13", "2026-10-10 17:28", "2026-10-12 08:33", "make-up Saturday, then Monday"),
        ("h13", "2026-09-30 17:28", "2026-10-08 08:33", "over National Day"),
        ("h14", "2026-11-20 17:28", "2026-11-23 08:38", "10 min"),
        ("h16", "2026-11-20 11:30", "2026-11-20 14:30", "30 min, the break, 30 min"),
        ("h17", "2026-11-20 16:30", "2026-11-23 09:30", "1 h Friday, 1 h Monday"),
        ("h10", "2026-11-21 03:00", "2026-11-21 03:00:03", "3 s, whatever the hour"),
        ("h11", "2026-11-21 23:59", "2026-11-22 00:01", "2 min, over midnight"),
    ],
)
def test_due_times(rule_book: RuleBook, clock: str, start: str, expected: str, why: str) -> None:
    assert due(rule_book, clock, start) == expected, why


def test_the_ledger_tells_each_day(rule_book: RuleBook) -> None:
    rules = rule_book.of("huizhou-school")
    start = datetime(2026, 9, 24, 2, tzinfo=UTC)
    found = due_time(WorkingDays(days=2), start, rules.calendar)
    assert [(day.day.isoformat(), day.kind.value, day.counted) for day in found.ledger] == [
        ("2026-09-24", "workday", False),
        ("2026-09-25", "holiday", False),
        ("2026-09-26", "holiday", False),
        ("2026-09-27", "holiday", False),
        ("2026-09-28", "workday", True),
        ("2026-09-29", "workday", True),
    ]


@pytest.mark.parametrize(
    ("start", "is_provisional"),
    [
        ("2026-12-28", False),
        ("2026-12-30", True),
        ("2027-03-01", True),
        ("2003-12-31", True),
        ("1900-01-01", True),
    ],
)
def test_a_year_without_notice_makes_it_provisional(
    rule_book: RuleBook, start: str, is_provisional: bool
) -> None:
    rules = rule_book.of("huizhou-school")
    at = datetime.fromisoformat(start).replace(tzinfo=SHANGHAI)
    assert due_time(WorkingDays(days=3), at, rules.calendar).provisional is is_provisional


def test_what_the_law_fixes_is_off_in_a_provisional_year(rule_book: RuleBook) -> None:
    calendar = rule_book.of("huizhou-school").calendar
    off = [date(2027, month, day) for month, day in ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))]
    assert {calendar.kind(day) for day in off} == {DayKind.HOLIDAY}
    assert calendar.kind(date(2027, 2, 8)) is DayKind.WORKDAY


def test_own_closures_and_openings_come_first() -> None:
    calendar = WorkingCalendar(
        zone=SHANGHAI,
        hours=HOURS,
        source=NoNotices(),
        closures=frozenset({date(2026, 11, 23)}),
        openings=frozenset({date(2026, 11, 22)}),
    )
    found = due_time(WorkingDays(days=2), datetime(2026, 11, 20, 2, tzinfo=UTC), calendar)
    assert found.due_at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert [day.kind.value for day in found.ledger] == ["workday", "weekend", "workday", "closure", "workday"]


def test_a_weekday_may_have_hours_of_its_own() -> None:
    hours = ServiceHours(standard=HOURS.standard, weekdays=((2, ()), (5, (Span(time(9), time(11)),))))
    calendar = WorkingCalendar(zone=SHANGHAI, hours=hours, source=NoNotices())
    tuesday = datetime(2026, 11, 24, 17, 0, tzinfo=SHANGHAI)
    # Wednesday is closed: Thursday 1, Friday 2, Saturday 3 until 11:00
    found = due_time(WorkingDays(days=3), tuesday, calendar)
    assert found.due_at == datetime(2026, 11, 28, 11, tzinfo=SHANGHAI)
    assert [day.kind.value for day in found.ledger] == [
        "workday",
        "closure",
        "workday",
        "workday",
        "workday",
    ]


@pytest.mark.parametrize(
    ("start", "span_h", "expected"),
    [
        # open 01:00-05:00; on 29 March 02:00-03:00 does not exist, on 25 October it comes twice
        ("2026-03-29 01:30", 1, "2026-03-29T01:30+00:00"),
        ("2026-03-29 00:00", 3, "2026-03-29T03:00+00:00"),
        ("2026-10-25 01:30", 1, "2026-10-25T00:30+00:00"),
        ("2026-10-25 00:00", 5, "2026-10-25T04:00+00:00"),
    ],
)
def test_summer_time_begins_and_ends(start: str, span_h: int, expected: str) -> None:
    hours = ServiceHours(standard=HOURS.standard, weekdays=((6, (Span(time(1), time(5)),)),))
    calendar = WorkingCalendar(zone=BERLIN, hours=hours, source=NoNotices())
    at = datetime.fromisoformat(start).replace(tzinfo=BERLIN)
    found = due_time(ServiceTime(span=timedelta(hours=span_h)), at, calendar)
    assert found.due_at == datetime.fromisoformat(expected)


@pytest.mark.parametrize("limit", [WorkingDays(days=1), ServiceTime(span=timedelta(minutes=1))])
def test_a_centre_that_never_opens_has_no_due_time(limit: WorkingDays | ServiceTime) -> None:
    never = tuple((weekday, ()) for weekday in range(5))
    calendar = WorkingCalendar(
        zone=SHANGHAI,
        hours=ServiceHours(standard=HOURS.standard, weekdays=never),
        source=NoNotices(known=False),
    )
    with pytest.raises(NoDueTime):
        due_time(limit, datetime(2026, 11, 20, tzinfo=UTC), calendar)


@pytest.mark.parametrize(
    "limit", [WorkingDays(days=9), ServiceTime(span=timedelta(days=9)), Elapsed(span=timedelta(9))]
)
@pytest.mark.parametrize("start", [datetime.max.replace(tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_the_end_of_time(limit: WorkingDays | ServiceTime | Elapsed, start: datetime) -> None:
    calendar = WorkingCalendar(zone=SHANGHAI, hours=HOURS, source=NoNotices())
    with pytest.raises(NoDueTime):
        due_time(limit, start, calendar)


def test_unknown_names_say_what_there_is(rule_book: RuleBook) -> None:
    with pytest.raises(UnknownPolicy, match="huizhou-school"):
        rule_book.of("elsewhere")
    with pytest.raises(UnknownClock, match="h12-simple"):
        rule_book.of("huizhou-school").policy.clock("h12")
