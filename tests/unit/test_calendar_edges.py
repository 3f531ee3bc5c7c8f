"""The calendar's order of what decides a day, and how long a centre may be closed before there is no due time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.domain.calendar import DayKind, Notice, ServiceHours, Span, WorkingCalendar
from callcenter.domain.clocks import (
    Elapsed,
    Limit,
    Mark,
    NoDueTime,
    ServiceTime,
    WorkingDays,
    due_time,
    working_time_before,
)

ZONE = ZoneInfo("Asia/Shanghai")
DAY_SPANS = (Span(time(8, 30), time(12)), Span(time(14), time(17, 30)))
SATURDAY_SPANS = (Span(time(9), time(11)),)
MONDAY = date(2026, 11, 16)


class Source:
    """One notice for 2026; of other years the law alone."""

    def __init__(self, off: frozenset[date] = frozenset(), makeup: frozenset[date] = frozenset()) -> None:
        self._notice = Notice(off, makeup)

    def notice(self, year: int) -> Notice | None:
        """That of 2026."""
        return self._notice if year == 2026 else None

    def statutory(self, year: int) -> frozenset[date]:
        """New Year."""
        return frozenset({date(year, 1, 1)})


def day(number: int) -> date:
    """The so manieth day of the week of Monday 16 November 2026; Saturday is 6."""
    return MONDAY + timedelta(days=number - 1)


@pytest.mark.parametrize(
    ("number", "off", "makeup", "closures", "openings", "kind"),
    [
        (1, (), (), (), (), DayKind.WORKDAY),
        (5, (), (), (), (), DayKind.WORKDAY),
        (6, (), (), (), (), DayKind.WEEKEND),
        (7, (), (), (), (), DayKind.WEEKEND),
        (1, (1,), (), (), (), DayKind.HOLIDAY),
        (6, (6,), (), (), (), DayKind.HOLIDAY),
        (6, (), (6,), (), (), DayKind.MAKEUP),
        # the centre's own word stands over the notice, a closure over an opening
        (6, (), (6,), (6,), (), DayKind.CLOSURE),
        (1, (1,), (), (1,), (), DayKind.CLOSURE),
        (1, (1,), (), (), (1,), DayKind.WORKDAY),
        (6, (), (), (), (6,), DayKind.WORKDAY),
        (6, (), (), (6,), (6,), DayKind.CLOSURE),
        (1, (1,), (1,), (), (), DayKind.HOLIDAY),
    ],
)
def test_what_decides_a_day(
    number: int,
    off: tuple[int, ...],
    makeup: tuple[int, ...],
    closures: tuple[int, ...],
    openings: tuple[int, ...],
    kind: DayKind,
) -> None:
    calendar = WorkingCalendar(
        zone=ZONE,
        hours=ServiceHours(standard=DAY_SPANS),
        source=Source(frozenset(map(day, off)), frozenset(map(day, makeup))),
        closures=frozenset(map(day, closures)),
        openings=frozenset(map(day, openings)),
    )
    assert calendar.kind(day(number)) is kind
    assert bool(calendar.sessions(day(number))) is (kind in (DayKind.WORKDAY, DayKind.MAKEUP))


def opened(calendar: WorkingCalendar, on: date) -> str:
    """The open spans of a day, local."""
    return " ".join(
        f"{opens.astimezone(ZONE):%H:%M}-{closes.astimezone(ZONE):%H:%M}"
        for opens, closes in calendar.sessions(on)
    )


def test_the_hours_of_a_day() -> None:
    calendar = WorkingCalendar(
        zone=ZONE,
        hours=ServiceHours(standard=DAY_SPANS, weekdays=((2, ()), (5, SATURDAY_SPANS))),
        source=Source(makeup=frozenset({day(13), day(14)})),
        openings=frozenset({day(3), day(7)}),
    )
    whole = "08:30-12:00 14:00-17:30"
    assert [opened(calendar, day(number)) for number in (1, 3, 6, 7, 10, 13, 14)] == [
        whole,
        whole,  # a Wednesday that is opened though the centre has no hours on it
        "09:00-11:00",
        whole,
        "",  # a Wednesday without hours is a closure
        whole,  # a make-up Saturday is a day like any other
        whole,
    ]
    assert calendar.kind(day(10)) is DayKind.CLOSURE
    assert calendar.closing(day(6)) == datetime(2026, 11, 21, 11, tzinfo=ZONE)
    assert {opens.tzinfo for opens, _ in calendar.sessions(day(1))} == {UTC}


def test_what_is_published_and_what_the_law_says_else() -> None:
    calendar = WorkingCalendar(zone=ZONE, hours=ServiceHours(standard=DAY_SPANS), source=Source())
    assert [calendar.published(date(year, 6, 1)) for year in (2025, 2026, 2027)] == [False, True, False]
    assert calendar.notice(2026) == Notice(frozenset(), frozenset())
    assert calendar.notice(2027) is None
    assert calendar.kind(date(2027, 1, 1)) is DayKind.HOLIDAY
    assert calendar.kind(date(2026, 1, 1)) is DayKind.WORKDAY, "the notice says everything of its year"
    assert calendar.kind(date(2026, 12, 31)) is DayKind.WORKDAY


def closed(first: date, count: int) -> WorkingCalendar:
    """Open every day of the week but for `count` days from `first` on."""
    return WorkingCalendar(
        zone=ZONE,
        hours=ServiceHours(standard=DAY_SPANS, weekdays=((5, DAY_SPANS), (6, DAY_SPANS))),
        source=Source(),
        closures=frozenset(first + timedelta(days=number) for number in range(count)),
    )


EVENING = datetime(2026, 11, 16, 18, tzinfo=ZONE)
STOOD = (EVENING, EVENING + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("limit", "pauses"),
    [(WorkingDays(days=1), []), (WorkingDays(days=1), [STOOD]), (ServiceTime(span=timedelta(hours=7)), [])],
)
def test_a_centre_may_be_closed_for_ten_years(limit: Limit, pauses: list[tuple[datetime, datetime]]) -> None:
    found = due_time(limit, EVENING, closed(day(2), 3660), pauses=pauses)
    assert found.due_at == datetime.combine(day(2) + timedelta(days=3660), time(17, 30), ZONE)
    with pytest.raises(NoDueTime):
        due_time(limit, EVENING, closed(day(2), 3661), pauses=pauses)


def test_and_no_longer_before_a_warning() -> None:
    noon = datetime.combine(day(1), time(12), ZONE)
    span = timedelta(hours=1)
    # closed on the day itself and the 3659 days before it
    reopened = day(1) - timedelta(days=3660)
    shut = closed(reopened + timedelta(days=1), 3660)
    assert working_time_before(noon, span, shut) == datetime.combine(reopened, time(16, 30), ZONE)
    with pytest.raises(NoDueTime):
        working_time_before(noon, span, closed(reopened + timedelta(days=1) - timedelta(days=1), 3661))
    # open on the day, for half of what is asked, and closed for ten years before it
    reopened = day(1) - timedelta(days=3661)
    shut = closed(reopened + timedelta(days=1), 3660)
    half = datetime.combine(day(1), time(9), ZONE)
    assert working_time_before(half, span, shut) == datetime.combine(reopened, time(17), ZONE)


def test_a_long_warning_goes_back_over_more_than_ten_years_of_open_days() -> None:
    at = datetime.combine(day(1), time(17, 30), ZONE)
    days = 3700
    warned = working_time_before(at, timedelta(hours=7) * days, closed(day(1), 0))
    # between them lie nine New Years, of 2017 to 2025
    assert warned == datetime.combine(day(1) - timedelta(days=days - 1 + 9), time(8, 30), ZONE)


@pytest.mark.parametrize(
    ("at", "span_h", "warned"),
    [
        ("17:30", 3.5, "14:00"),  # the latest such instant: not noon, which has as much behind it
        ("14:00", 1, "11:00"),
        ("13:00", 1, "11:00"),
        ("12:00", 3.5, "08:30"),
        ("20:00", 7, "08:30"),
        ("14:30", 0.5, "14:00"),
        ("14:30", 1, "11:30"),
    ],
)
def test_so_much_open_time_before_an_instant(at: str, span_h: float, warned: str) -> None:
    calendar = closed(day(1), 0)
    instant = datetime.combine(day(3), time.fromisoformat(at), ZONE)
    found = working_time_before(instant, timedelta(hours=span_h), calendar)
    assert found == datetime.combine(day(3), time.fromisoformat(warned), ZONE)


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        ([], "10:30"),
        ([("10:10", "10:20")], "10:40"),
        # from the very instant of the due time on it is too late to stand
        ([("10:30", "11:00")], "10:30"),
        ([("10:29", "11:00")], "11:01"),
        # what was over when it started, or just then
        ([("09:00", "09:30")], "10:30"),
        ([("09:00", "10:00")], "10:30"),
        ([("09:00", "10:05")], "10:35"),
        # the second lies before the due time only because of the first
        ([("10:10", "10:20"), ("10:35", "10:45")], "10:50"),
    ],
)
@pytest.mark.parametrize(
    "limit", [Elapsed(span=timedelta(minutes=30)), ServiceTime(span=timedelta(minutes=30))]
)
@pytest.mark.rule("S21")
def test_a_span_does_not_pass_while_it_stands(limit: Limit, pauses: list[tuple[str, str]], due: str) -> None:
    def at(text: str) -> datetime:
        return datetime.combine(day(1), time.fromisoformat(text), ZONE)

    stood = [(at(began), at(ended)) for began, ended in pauses]
    assert due_time(limit, at("10:00"), closed(day(1), 0), pauses=stood).due_at == at(due)


@pytest.mark.rule("S10", "S21")
def test_the_ledger_of_a_limit_that_stood_and_was_extended_tells_each_day() -> None:
    def at(number: int, hour: int) -> datetime:
        return datetime.combine(day(number), time(hour), ZONE)

    calendar = WorkingCalendar(zone=ZONE, hours=ServiceHours(standard=DAY_SPANS), source=Source())
    stood = [(at(5, 9), at(6, 9))]
    found = due_time(WorkingDays(days=1), at(4, 10), calendar, pauses=stood, extra=1)
    assert [(entry.kind, entry.counted, entry.mark) for entry in found.ledger] == [
        (DayKind.WORKDAY, False, None),  # Thursday, the day of the event
        (DayKind.WORKDAY, False, Mark.PAUSED),
        (DayKind.WEEKEND, False, None),
        (DayKind.WEEKEND, False, None),
        (DayKind.WORKDAY, True, None),
        (DayKind.WORKDAY, True, Mark.EXTENDED),
    ]
    assert [entry.day for entry in found.ledger] == [day(number) for number in range(4, 10)]
    assert found.due_at == datetime.combine(day(9), time(17, 30), ZONE)


@pytest.mark.parametrize(
    ("limit", "start", "ledger"),
    [
        # Friday 17:00, half an hour then, half on Monday; no time passes at the weekend
        (ServiceTime(span=timedelta(hours=1)), (5, 17), "Fri+ Sat- Sun- Mon+"),
        (ServiceTime(span=timedelta(minutes=30)), (5, 17), "Fri+"),
        # after closing none of the first day passes
        (ServiceTime(span=timedelta(minutes=30)), (5, 18), "Fri- Sat- Sun- Mon+"),
        # what always runs passes on every day, to the day of its end
        (Elapsed(span=timedelta(hours=1)), (5, 17), "Fri+"),
        (Elapsed(span=timedelta(hours=48)), (5, 17), "Fri+ Sat+ Sun+"),
        (Elapsed(span=timedelta(hours=7)), (5, 17), "Fri+ Sat+"),
    ],
)
def test_the_ledger_of_a_span_tells_on_which_days_it_passed(
    limit: Limit, start: tuple[int, int], ledger: str
) -> None:
    calendar = WorkingCalendar(zone=ZONE, hours=ServiceHours(standard=DAY_SPANS), source=Source())
    found = due_time(limit, datetime.combine(day(start[0]), time(start[1]), ZONE), calendar)
    assert {entry.counted for entry in found.ledger} <= {True, False}
    assert " ".join(f"{entry.day:%a}{'+' if entry.counted else '-'}" for entry in found.ledger) == ledger


def test_a_centre_may_close_for_ten_years_in_the_middle_of_a_limit() -> None:
    def due(count: int) -> datetime:
        calendar = closed(day(3), count)
        return due_time(WorkingDays(days=2), EVENING, calendar, pauses=[STOOD]).due_at

    # Tuesday counts; the second day is the first after the closure
    assert due(3660) == datetime.combine(day(3) + timedelta(days=3660), time(17, 30), ZONE)
    with pytest.raises(NoDueTime):
        due(3661)


@pytest.mark.parametrize(
    ("began", "ended", "counts"),
    [
        ("17 17:30", "18 08:30", True),  # from closing to opening: no moment of opening hours
        ("17 12:00", "17 14:00", True),  # the break
        ("17 17:29", "18 08:30", False),
        ("17 08:00", "17 08:31", False),
        ("17 08:00", "17 08:30", True),
    ],
)
@pytest.mark.rule("S21")
def test_a_working_day_does_not_count_if_it_stood_at_any_moment_of_its_hours(
    began: str, ended: str, counts: bool
) -> None:
    def at(text: str) -> datetime:
        return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)

    limit, stood = WorkingDays(days=1), [(at(began), at(ended))]
    found = due_time(limit, at("16 10:00"), closed(day(1), 0), pauses=stood)
    assert found.due_at == at("17 17:30" if counts else "18 17:30")
