"""The zone of the machine changes nothing: hashes, anchors, periods and days are the centre's or UTC."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall
from zoneinfo import ZoneInfo

import pytest

from callcenter.domain.anchors import Anchor, is_sealed, read_anchor, seal
from callcenter.domain.calendar import Span
from callcenter.domain.call_backs import CallBack, Outcome, State, next_attempt
from callcenter.domain.chain import GENESIS, TicketEvent, event_hash
from callcenter.domain.clocks import Elapsed, Limit, ServiceTime, WorkingDays, due_time
from callcenter.domain.periods import days, read_period
from callcenter.domain.reminders import end_of_quiet
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)
"""Monday, 10:20 in the centre."""


@pytest.fixture(autouse=True, params=["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def _machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_hash_of_an_event() -> None:
    event = TicketEvent(ticket="t", seq=1, at=NOW, actor="101", kind="noted", data={})
    assert event_hash(event, GENESIS) == "6f4ac26f8ea06894fb03a8180809d107972d2105efeddc3f0e1dd337ef35d839"


def test_an_anchor() -> None:
    anchor = Anchor(
        at=NOW.astimezone(SHANGHAI),
        after_event_id=0,
        last_event_id=1,
        tickets=1,
        events=1,
        heads="",
        stretch="",
        moved=None,
        prev=GENESIS,
    )
    line = seal(anchor)
    assert '"at":"2026-11-23T02:20:00.000000+00:00"' in line
    read = read_anchor(line)
    assert (read.at.isoformat(), is_sealed(read)) == ("2026-11-23T02:20:00+00:00", True)


def test_a_period() -> None:
    period = read_period(None, None, SHANGHAI, NOW)
    assert [at.isoformat() for at in (period.start, period.end)] == [
        "2026-11-22T16:00:00+00:00",
        "2026-11-23T16:00:00+00:00",
    ]
    late = datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert read_period(None, None, SHANGHAI, late).start == late, "midnight of the centre begins its day"
    instants = read_period("2026-11-20T08:00", "2026-11-20T01:00+00:00", SHANGHAI, NOW)
    assert [at.isoformat() for at in (instants.start, instants.end)] == [
        "2026-11-20T00:00:00+00:00",
        "2026-11-20T01:00:00+00:00",
    ]
    assert days(date(2026, 11, 23), date(2026, 11, 23), SHANGHAI) == period


def test_the_end_of_quiet_hours() -> None:
    told = end_of_quiet(
        datetime(2026, 11, 23, 15, tzinfo=UTC), (Span(wall(20), wall(8)),), ZoneInfo("Asia/Shanghai")
    )
    assert told.isoformat() == "2026-11-24T00:00:00+00:00"


@pytest.mark.parametrize(
    "limit",
    [
        WorkingDays(days=1),
        ServiceTime(span=timedelta(minutes=1)),
        Elapsed(span=timedelta(minutes=1)),
    ],
)
@pytest.mark.parametrize("start", ["2026-11-23 08:00", "2026-11-23 20:00"])
def test_the_days_of_a_ledger(limit: Limit, start: str) -> None:
    calendar = load_rule_book("huizhou-school", ChineseHolidays()).current.calendar
    at = datetime.fromisoformat(start).replace(tzinfo=SHANGHAI)
    assert due_time(limit, at, calendar).ledger[0].day == date(2026, 11, 23)


def test_when_to_call_again() -> None:
    calendar = load_rule_book("huizhou-school", ChineseHolidays()).current.calendar
    # Monday 08:30 in the centre is Sunday in UTC and in America, Monday afternoon in the Pacific
    tried_at = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
    tried = CallBack(
        id=1,
        ticket="t",
        extension="101",
        number="123",
        requested_by="101",
        requested_at=tried_at,
        state=State.ENDED,
        outcome=Outcome.BUSY,
        ended_at=tried_at,
    )
    assert next_attempt([tried], None, tried_at, calendar) == tried_at + timedelta(minutes=30)
    late = replace(tried, ended_at=tried_at + timedelta(hours=15, minutes=30))
    assert next_attempt([late], None, tried_at, calendar) == tried_at + timedelta(days=1, minutes=30)
