"""What a clock brings as time goes by: a warning, the breach, steps up; and which clock to watch."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.domain.alarms import alarms, next_alarm, overdue
from callcenter.domain.clocks import Elapsed
from callcenter.domain.ticket_clocks import fold_clocks, next_due
from tests.support.ticket_logs import CENTRE, COMPLAINT, SCHOOL, STATION, ZONE, at, log, shown_at


@pytest.mark.rule("S3", "H40")
def test_time_brings_a_warning_the_breach_and_the_steps_up_once_each() -> None:
    events = log(("mon 10:00", "opened"))
    clocks = fold_clocks(events, SCHOOL, "phone", at("mon 10:00"))
    pending = alarms(clocks, events, SCHOOL)
    assert [(alarm.kind, alarm.role, shown_at(alarm.at)) for alarm in pending] == [
        # 4 h of service time before 17:30
        ("warned", None, "Thu 19 11:30"),
        ("breached", None, "Thu 19 17:30"),
        ("escalated", "b_post", "Thu 19 17:30"),
        # 2 h of service time after
        ("escalated", "head", "Fri 20 10:30"),
    ]
    assert next_alarm(pending) == at("thu 11:30")
    assert [alarm.kind for alarm in overdue(pending, at("thu 11:30"))] == []
    # the worker was down until after the breach: no warning of what is late already
    assert [alarm.kind for alarm in overdue(pending, at("thu 17:31"))] == ["breached", "escalated"]
    told = [*events, *log(*(("thu 17:31", *alarm.change) for alarm in overdue(pending, at("thu 17:31"))))]
    left = alarms(fold_clocks(told, SCHOOL, "phone", at("fri 09:00")), told, SCHOOL)
    assert [(alarm.kind, alarm.role) for alarm in left if alarm.kind != "warned"] == [("escalated", "head")]


def test_what_stands_or_has_stopped_brings_nothing() -> None:
    for end in ("resolved", "papers_missing", "dismissed"):
        events = log(("mon 10:00", "opened", {"kind": "inquiry"}), ("mon 11:00", end))
        clocks = [
            clock
            for clock in fold_clocks(events, STATION, "phone", at("mon 12:00"))
            if clock.clock.startswith("s10")
        ]
        assert alarms(clocks, events, STATION) == []


@pytest.mark.parametrize(
    ("limit_s", "warn_s", "warned"),
    [(120, 30, "10:01:30"), (120, 120, "10:00:00"), (120, 600, "10:00:00")],
)
def test_the_warning_of_a_limit_that_always_runs_comes_so_much_before_and_not_before_the_start(
    limit_s: int, warn_s: int, warned: str
) -> None:
    clock = replace(
        SCHOOL.policy.clock("h11"),
        limit=Elapsed(span=timedelta(seconds=limit_s)),
        warn_before=timedelta(seconds=warn_s),
    )
    rules = replace(SCHOOL, policy=replace(SCHOOL.policy, clocks={"h11": clock}))
    (found,) = fold_clocks(log(("sun 10:00", "handoff_requested")), rules, "phone", at("sun 10:00"))
    assert found.warn_at is not None
    assert f"{found.warn_at.astimezone(ZONE):%H:%M:%S}" == warned
    # at the due time itself there is nothing left to warn of
    kinds = [alarm.kind.value for alarm in alarms([replace(found, warn_at=found.due_at)], [], rules)]
    assert kinds == ["breached", "escalated", "escalated"]


def test_the_clock_to_watch_is_the_first_to_be_due_of_those_that_run() -> None:
    clocks = fold_clocks(COMPLAINT, STATION, "phone", at("mon 10:01"))
    first = next_due(clocks)
    assert first is not None
    assert first.clock == "s12"
    told = [*COMPLAINT, *log(("mon 10:20", "complaint_taken_told"))]
    left = next_due(fold_clocks(told, STATION, "phone", at("mon 10:30")))
    assert left is not None
    assert left.clock == "s11"
    done = [*told, *log(("mon 11:00", "dismissed"))]
    assert next_due(fold_clocks(done, STATION, "phone", at("mon 12:00"))) is None


def test_a_warning_goes_out_until_the_very_instant_at_which_it_is_due() -> None:
    events = log(("mon 10:00", "opened"))
    pending = alarms(fold_clocks(events, SCHOOL, "phone", at("mon 10:00")), events, SCHOOL)
    due = at("thu 17:30")
    assert [alarm.kind.value for alarm in overdue(pending, due)] == ["warned"]
    late = due + timedelta(microseconds=1)
    assert [alarm.kind.value for alarm in overdue(pending, late)] == ["breached", "escalated"]
    assert next_alarm([]) is None


@pytest.mark.rule("H16", "H17")
def test_each_clock_is_told_of_by_itself() -> None:
    events = log(("mon 10:00", "message"), ("mon 10:00", "opened"))
    clocks = fold_clocks(events, SCHOOL, "service_account", at("mon 10:01"))
    first, second = (next(each for each in clocks if each.clock == name) for name in ("h16", "h17"))
    assert first.started_at == second.started_at
    told = [*events, *log(*(("mon 12:00", *alarm.change) for alarm in alarms([first], events, SCHOOL)))]
    assert alarms([first], told, SCHOOL) == []
    assert alarms([second], told, SCHOOL) == alarms([second], events, SCHOOL) != []


@pytest.mark.rule("H41", "T20")
def test_what_is_opened_again_is_told_of_again() -> None:
    events = log(("mon 10:00", "opened"))
    (clock,) = fold_clocks(events, SCHOOL, "phone", at("mon 10:00"))
    told = [*events, *log(*(("fri 12:00", *alarm.change) for alarm in alarms([clock], events, SCHOOL)))]
    told += log(("fri 12:00", "resolved"), ("fri 14:00", "reopened"))
    again = [
        each for each in fold_clocks(told, SCHOOL, "phone", at("fri 14:00")) if each.clock == clock.clock
    ]
    kinds = {alarm.kind.value for alarm in alarms(again, told, SCHOOL)}
    assert kinds == {"warned", "breached", "escalated"}


@pytest.mark.rule("T11")
def test_each_office_is_told_of_its_own_run() -> None:
    events = log(
        ("mon 10:00", "opened", {"kind": "joint"}),
        ("mon 10:00", "postponed"),
        ("mon 11:00", "assignment_given", {"office": "teaching"}),
        ("mon 11:00", "assignment_given", {"office": "general"}),
    )
    told = {"clock": "t11", "started_at": at("mon 11:00").isoformat(), "subject": "teaching"}
    events += log(("thu 08:30", "breached", dict(told)))
    clocks = [
        clock for clock in fold_clocks(events, CENTRE, "phone", at("thu 09:00")) if clock.clock == "t11"
    ]
    pending = alarms(clocks, events, CENTRE)
    breached = [alarm.clock.subject for alarm in pending if alarm.kind.value == "breached"]
    assert breached == ["general"]


def test_a_clock_without_a_warning_brings_none() -> None:
    # t13 has no warning before it
    events = log(("mon 10:00", "opened", {"kind": "joint"}))
    clocks = [c for c in fold_clocks(events, CENTRE, "phone", at("mon 10:00")) if c.clock == "t13"]
    assert [alarm.kind.value for alarm in alarms(clocks, events, CENTRE)] == [
        "breached",
        "escalated",
        "escalated",
    ]
