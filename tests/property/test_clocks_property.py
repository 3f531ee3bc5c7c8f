"""What holds for every due time, every run of a ticket's clocks, every lock of a login."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.accounts import LONGEST_LOCK, Failures, locked_for
from callcenter.domain.calendar import WORKING, ServiceHours, Span, WorkingCalendar
from callcenter.domain.chain import TicketEvent
from callcenter.domain.clocks import (
    Due,
    Elapsed,
    Limit,
    Mark,
    Pause,
    ServiceTime,
    WorkingDays,
    due_time,
    working_time_before,
)
from callcenter.domain.numbers import TicketNumber, parse_number
from callcenter.domain.ticket_clocks import ClockState, fold_clocks
from callcenter.domain.tickets import EventKind, NotAllowed, Status, next_status
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

HOLIDAYS = ChineseHolidays()
RULES = load_rule_book("huizhou-school", HOLIDAYS).of("huizhou-school")
SUMMER_TIME = WorkingCalendar(
    zone=ZoneInfo("Europe/Berlin"),
    hours=ServiceHours(
        standard=(Span(time(1), time(4)), Span(time(14), time(23, 59))),
        weekdays=((6, (Span(time(0, 30), time(3, 30)),)),),
    ),
    source=HOLIDAYS,
    closures=frozenset({date(2026, 3, 27)}),
)

calendars = st.sampled_from([RULES.calendar, SUMMER_TIME])
instants = st.datetimes(datetime(2003, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(seconds=1), timedelta(days=3))
limits: st.SearchStrategy[Limit] = st.one_of(
    st.builds(WorkingDays, days=st.integers(1, 30)),
    st.builds(ServiceTime, span=spans),
    st.builds(Elapsed, span=spans),
)


@given(calendars, instants, limits)
def test_a_due_time_never_precedes_its_start(
    calendar: WorkingCalendar, start: datetime, limit: Limit
) -> None:
    assert due_time(limit, start, calendar).due_at > start


@given(calendars, instants, st.integers(1, 30), spans, spans)
def test_a_longer_allowance_never_ends_sooner(
    calendar: WorkingCalendar, start: datetime, days: int, span: timedelta, more: timedelta
) -> None:
    pairs: list[tuple[Limit, Limit]] = [
        (WorkingDays(days=days), WorkingDays(days=days + 1)),
        (ServiceTime(span=span), ServiceTime(span=span + more)),
        (Elapsed(span=span), Elapsed(span=span + more)),
    ]
    for short, long in pairs:
        assert due_time(short, start, calendar).due_at < due_time(long, start, calendar).due_at


@given(calendars, instants, st.timedeltas(timedelta(0), timedelta(days=20)), limits)
def test_a_later_start_never_ends_sooner(
    calendar: WorkingCalendar, start: datetime, later: timedelta, limit: Limit
) -> None:
    assert due_time(limit, start, calendar).due_at <= due_time(limit, start + later, calendar).due_at


@given(calendars, instants, st.integers(1, 30))
def test_the_ledger_adds_up(calendar: WorkingCalendar, start: datetime, days: int) -> None:
    found = due_time(WorkingDays(days=days), start, calendar)
    counted = [day for day in found.ledger if day.counted]
    assert len(counted) == days
    assert all(day.kind in WORKING for day in counted)
    assert not found.ledger[0].counted
    assert found.ledger[-1] == counted[-1]
    ordinals = [day.day.toordinal() for day in found.ledger]
    assert ordinals == list(range(ordinals[0], ordinals[0] + len(ordinals)))
    assert found.due_at.astimezone(calendar.zone).date() == counted[-1].day


@given(calendars, instants, spans)
def test_service_time_passes_in_service_hours_alone(
    calendar: WorkingCalendar, start: datetime, span: timedelta
) -> None:
    found = due_time(ServiceTime(span=span), start, calendar)
    passed = timedelta(0)
    for day in found.ledger:
        for opens, closes in calendar.sessions(day.day):
            passed += max(min(closes, found.due_at) - max(opens, start), timedelta(0))
    assert passed == span


events = st.lists(st.sampled_from(list(EventKind)), max_size=30)


@given(events)
def test_a_closed_ticket_stays_closed(kinds: list[EventKind]) -> None:
    status: Status | None = None
    was_closed = False
    for kind in kinds:
        try:
            status = next_status(status, kind)
        except NotAllowed:
            continue
        was_closed |= status is Status.CLOSED
        assert not was_closed or status is Status.CLOSED


@given(
    events,
    instants,
    st.sampled_from(["simple", "normal", "complex"]),
    st.timedeltas(timedelta(0), timedelta(90)),
)
def test_clocks_of_any_history(
    kinds: list[EventKind], start: datetime, complexity: str, waited: timedelta
) -> None:
    status: Status | None = None
    log: list[TicketEvent] = []
    for kind in kinds:
        try:
            status = next_status(status, kind)
        except NotAllowed:
            continue
        data = {"complexity": complexity} if kind is EventKind.COMPLEXITY_SET else {}
        at = start + timedelta(hours=len(log))
        log.append(TicketEvent(ticket="n", seq=len(log) + 1, at=at, actor="101", kind=kind, data=data))
    clocks = fold_clocks(log, RULES, "phone", start + waited)
    feedback = [clock for clock in clocks if clock.clock.startswith("h12")]
    starts = [event for event in log if event.kind in (EventKind.OPENED, EventKind.REOPENED)]
    assert len(feedback) == len(starts)
    assert all(clock.due_at > clock.started_at for clock in clocks)
    unstopped = [clock for clock in clocks if clock.stopped_at is None]
    assert len({(clock.clock, clock.subject) for clock in unstopped}) == len(unstopped)
    if status is Status.OPEN:
        assert feedback[-1].state in (ClockState.RUNNING, ClockState.BREACHED)
    if status is Status.WAITING:
        assert feedback[-1].state in (ClockState.RUNNING, ClockState.PAUSED, ClockState.BREACHED)
    if status in (Status.RESOLVED, Status.CLOSED):
        assert feedback[-1].state in (ClockState.MET, ClockState.BREACHED)
        assert all(clock.clock == "h41" for clock in unstopped)
    if status is Status.CLOSED:
        assert not unstopped
    if status is Status.DISMISSED and feedback:
        assert feedback[-1].state is ClockState.CANCELLED


pauses = st.lists(
    st.tuples(st.timedeltas(timedelta(0), timedelta(20)), st.timedeltas(timedelta(0), timedelta(9))),
    max_size=4,
)


def after(start: datetime, parts: list[tuple[timedelta, timedelta]]) -> list[Pause]:
    """Pauses one behind the other: how long the clock ran, how long it stood."""
    found: list[Pause] = []
    for ran, stood in parts:
        began = (found[-1][1] if found else start) + ran
        found.append((began, began + stood))
    return found


@given(calendars, instants, limits, pauses)
def test_a_pause_never_shortens_the_time_left(
    calendar: WorkingCalendar, start: datetime, limit: Limit, parts: list[tuple[timedelta, timedelta]]
) -> None:
    stood = after(start, parts)
    without = due_time(limit, start, calendar, pauses=stood[:-1])
    found = due_time(limit, start, calendar, pauses=stood)
    assert found.due_at >= without.due_at
    if stood and stood[-1][0] < without.due_at:
        began, ended = stood[-1]
        if isinstance(limit, Elapsed):
            assert found.due_at - ended == without.due_at - began
        elif isinstance(limit, WorkingDays):
            assert days_left(ended, found, calendar) >= days_left(began, without, calendar)
        else:
            assert left(ended, found, calendar) >= left(began, without, calendar)


def days_left(at: datetime, due: Due, calendar: WorkingCalendar) -> int:
    """Days that count and do not close before `at`: some are longer than others."""
    return sum(day.counted and calendar.closing(day.day) > at for day in due.ledger)


def left(at: datetime, due: Due, calendar: WorkingCalendar) -> timedelta:
    """Opening hours of the days that count, from `at` on."""
    return sum(
        (
            max(min(closes, due.due_at) - max(opens, at), timedelta(0))
            for day in due.ledger
            if day.counted
            for opens, closes in calendar.sessions(day.day)
        ),
        timedelta(0),
    )


def working_time(start: datetime, end: datetime, calendar: WorkingCalendar) -> timedelta:
    """Opening hours between two instants."""
    total, day = timedelta(0), start.astimezone(calendar.zone).date()
    while day <= end.astimezone(calendar.zone).date():
        for opens, closes in calendar.sessions(day):
            total += max(min(closes, end) - max(opens, start), timedelta(0))
        day += timedelta(1)
    return total


@given(calendars, instants, st.integers(1, 20), st.integers(0, 20), pauses)
def test_an_extension_adds_so_many_counted_days(
    calendar: WorkingCalendar,
    start: datetime,
    days: int,
    extra: int,
    parts: list[tuple[timedelta, timedelta]],
) -> None:
    found = due_time(WorkingDays(days=days), start, calendar, pauses=after(start, parts), extra=extra)
    assert sum(day.counted for day in found.ledger) == days + extra
    assert sum(day.mark is Mark.EXTENDED for day in found.ledger) == extra
    assert not any(day.counted for day in found.ledger if day.mark is Mark.PAUSED)


@given(calendars, instants, spans)
def test_so_much_working_time_lies_before_the_due_time(
    calendar: WorkingCalendar, due_at: datetime, span: timedelta
) -> None:
    warn_at = working_time_before(due_at, span, calendar)
    assert warn_at < due_at
    assert working_time(warn_at, due_at, calendar) == span


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(0, 99), st.integers(1, 10**6))
def test_numbers_come_back(day: date, node: int, serial: int) -> None:
    number = TicketNumber(day=day, node=node, serial=serial)
    assert parse_number(str(number)) == number


@given(st.integers(1, 100), st.integers(1, 30), instants, st.timedeltas(timedelta(0), timedelta(hours=1)))
def test_locks_end(count: int, allowed: int, at: datetime, later: timedelta) -> None:
    failures = Failures(count=count, last_at=at)
    lock = locked_for(failures, allowed, at + later)
    assert timedelta(0) <= lock <= LONGEST_LOCK
    assert (count >= allowed) or not lock
    assert not locked_for(failures, allowed, at + LONGEST_LOCK)
