"""What waits for the caller's papers, or for the head: solved out of the wait, extended meanwhile, over."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from callcenter.domain.alarms import alarms
from callcenter.domain.chain import TicketEvent, Value
from callcenter.domain.clocks import NoDueTime, working_time_before
from callcenter.domain.extensions import Extension, as_it_stands, extension
from callcenter.domain.steps import awaited
from callcenter.domain.ticket_clocks import fold_clocks, fold_runs
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

STATION = load_rule_book("one-stop-station", ChineseHolidays()).current
ZONE = STATION.policy.zone
CERTIFICATE: dict[str, Value] = {"kind": "certificate"}
"""Three working days: from Monday to Thursday, 17:30."""


def on(day: int, hour: int) -> datetime:
    """That hour of November 2026; the 16th is a Monday."""
    return datetime(2026, 11, day, hour, tzinfo=ZONE).astimezone(UTC)


def event(at: datetime, kind: str, data: dict[str, Value] | None = None) -> TicketEvent:
    return TicketEvent(ticket="n", seq=1, at=at, actor="101", kind=kind, data=data or {})


def state(events: list[TicketEvent], now: datetime) -> tuple[str, str]:
    """Local due time and state of the limit of the matter."""
    found = next(each for each in fold_clocks(events, STATION, "phone", now) if each.clock.startswith("s10"))
    return f"{found.due_at.astimezone(ZONE):%a %d %H:%M}", found.state.value


AWAITED = [event(on(16, 10), "opened", CERTIFICATE), event(on(17, 10), "papers_missing")]


@pytest.mark.rule("S21", "S10")
@pytest.mark.parametrize(
    ("end", "left"), [("resolved", "met"), ("dismissed", "cancelled")], ids=["resolved", "dismissed"]
)
def test_what_ends_out_of_the_wait_for_papers_is_not_late(end: str, left: str) -> None:
    # Tuesday to Friday stood, then Monday; Tuesday, Wednesday and Thursday count
    events = [*AWAITED, event(on(23, 10), end)]
    assert state(events, on(30, 10)) == ("Thu 26 17:30", left)


@pytest.mark.rule("S21", "S10")
def test_what_was_late_before_the_papers_were_awaited_stays_late() -> None:
    events = [event(on(16, 10), "opened", CERTIFICATE), event(on(20, 9), "papers_missing")]
    assert state([*events, event(on(23, 10), "resolved")], on(30, 10)) == ("Thu 19 17:30", "breached")


def asked_for(events: list[TicketEvent]) -> tuple[Extension, dict[str, Value]]:
    """Two days more of the certificate's limit, and the request as the log has it."""
    found = extension(fold_runs(events, STATION, "phone"), "s10-certificate", 2, STATION)
    assert found is not None
    request: dict[str, Value] = {
        "clock": "s10-certificate",
        "started_at": found.run.started_at.isoformat(),
        "subject": found.run.subject,
        "working_days": found.working_days,
        "minutes": found.minutes,
    }
    return found, request


@pytest.mark.rule("S10", "S21")
def test_time_does_not_run_out_while_papers_are_awaited() -> None:
    asked, _ = asked_for(AWAITED)
    assert not asked.is_too_late(on(30, 10))
    running, _ = asked_for(AWAITED[:1])
    assert not running.is_too_late(running.due_at), "exactly at the due time is in time"
    assert running.is_too_late(running.due_at + timedelta(microseconds=1))


@pytest.mark.rule("S10", "S21")
def test_an_extension_stands_on_the_due_time_of_the_day_it_is_granted() -> None:
    _, request = asked_for(AWAITED[:1])
    # asked for on Monday; from Tuesday to the next Monday papers were awaited
    events = [*AWAITED, event(on(23, 10), "papers_received")]
    now = as_it_stands(fold_runs(events, STATION, "phone"), request, STATION)
    assert now is not None
    assert [f"{at.astimezone(ZONE):%a %d %H:%M}" for at in (now.due_at, now.new_due_at)] == [
        "Thu 26 17:30",
        "Mon 30 17:30",
    ]
    assert (now.working_days, now.minutes) == (2, 0)
    # another kind since: the same run, its own days (Tuesday; the 24th counts)
    other = [*events, event(on(23, 11), "form_saved", {"kind": "inquiry"})]
    now = as_it_stands(fold_runs(other, STATION, "phone"), request, STATION)
    assert now is not None
    assert f"{now.due_at.astimezone(ZONE):%a %d %H:%M}" == "Tue 24 17:30"


@pytest.mark.rule("S10")
def test_an_extension_of_a_run_that_has_ended_comes_to_nothing() -> None:
    _, request = asked_for(AWAITED[:1])
    events = [AWAITED[0], event(on(17, 10), "resolved"), event(on(18, 10), "reopened")]
    assert as_it_stands(fold_runs(events, STATION, "phone"), request, STATION) is None


@pytest.mark.rule("S10", "H42", "T12")
@pytest.mark.parametrize("asked", ["extension_requested", "suggestion_reported", "disagreement_raised"])
@pytest.mark.parametrize("end", ["resolved", "dismissed", "closed"])
def test_what_has_ended_waits_for_nobodys_decision(asked: str, end: str) -> None:
    events = [event(on(16, 10), "opened"), event(on(16, 11), asked)]
    assert awaited(events) is not None
    assert awaited([*events, event(on(16, 12), end)]) is None
    again = [*events, event(on(16, 12), end), event(on(16, 13), "reopened"), event(on(16, 14), asked)]
    assert awaited(again) is not None, "it may be asked anew"


def test_a_warning_before_the_first_year_is_refused_as_a_due_time_after_the_last() -> None:
    first = datetime.combine(datetime(1, 1, 2), time(12), UTC)
    with pytest.raises(NoDueTime):
        working_time_before(first, timedelta(hours=100), STATION.calendar)


def warnings(events: list[TicketEvent], now: datetime) -> list[str]:
    """When warnings are still to come, local."""
    pending = alarms(fold_clocks(events, STATION, "phone", now), events, STATION)
    of_limit = [each for each in pending if each.kind == "warned" and each.clock.clock.startswith("s10")]
    return [f"{each.at.astimezone(ZONE):%a %d %H:%M}" for each in of_limit]


@pytest.mark.rule("S10", "S21")
def test_who_was_warned_is_warned_again_before_a_new_due_time() -> None:
    opened = AWAITED[:1]
    # four hours of service before Thursday, 17:30: 3.5 in the afternoon, the other before noon
    assert warnings(opened, on(17, 10)) == ["Thu 19 11:30"]
    (alarm,) = (
        each
        for each in alarms(fold_clocks(opened, STATION, "phone", on(17, 10)), opened, STATION)
        if each.kind == "warned" and each.clock.clock.startswith("s10")
    )
    kind, data = alarm.change
    warned = [*opened, event(on(19, 12), kind, dict(data))]
    assert warnings(warned, on(19, 12)) == [], "once before a due time"
    _, request = asked_for(warned)
    granted = [*warned, event(on(19, 14), "extension_granted", request)]
    assert warnings(granted, on(19, 15)) == ["Mon 23 11:30"]
    # Thursday stood, and Friday; Monday is the day that was left
    paused = [*warned, event(on(19, 14), "papers_missing"), event(on(20, 10), "papers_received")]
    assert warnings(paused, on(20, 11)) == ["Mon 23 11:30"]
