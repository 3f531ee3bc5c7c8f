"""Clocks that stand while papers are awaited, that are extended, or whose year has no calendar yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from callcenter.domain.calendar import Notice, WorkingCalendar
from callcenter.domain.chain import TicketEvent, Value
from callcenter.domain.extensions import extension
from callcenter.domain.ticket_clocks import due_of, fold_clocks, fold_runs, next_due
from tests.support.ticket_logs import (
    CENTRE,
    COMPLAINT,
    SCHOOL,
    STATION,
    ZONE,
    at,
    folded,
    log,
    shown,
    shown_at,
)


@pytest.mark.rule("S21", "S10")
def test_a_clock_stands_while_papers_are_awaited_and_the_days_do_not_count() -> None:
    events = log(
        ("mon 10:00", "opened", {"kind": "certificate"}), ("tue 10:00", "papers_missing", {"papers": "照片"})
    )
    # 3 working days: Tuesday, Wednesday, Thursday
    (standing,) = fold_clocks(events, STATION, "walk_in", at("fri+2 12:00"))
    assert shown(standing) == ("s10-certificate", "Thu 19 17:30", "paused")
    assert next_due([standing]) is None
    events += log(("thu 09:00", "papers_received", {"papers": "照片"}))
    # Tuesday, Wednesday and Thursday stood; Friday, Monday, Tuesday count
    assert folded(events, "fri 09:00", STATION, "walk_in") == [("s10-certificate", "Tue 24 17:30", "running")]
    (run,) = [run for run in fold_runs(events, STATION, "walk_in") if run.clock is not None]
    assert run.clock is not None
    marks = [day.mark for day in due_of(run, run.clock, STATION).ledger]
    assert [mark.value for mark in marks if mark] == ["paused"] * 3


@pytest.mark.rule("S21")
def test_what_ran_out_before_the_papers_were_awaited_stays_late() -> None:
    events = log(
        ("mon 10:00", "opened", {"kind": "inquiry"}), ("wed 10:00", "papers_missing", {"papers": "照片"})
    )
    assert folded(events, "wed 11:00", STATION) == [("s10-inquiry", "Tue 17 17:30", "breached")]


@pytest.mark.rule("S10")
def test_a_granted_extension_moves_the_due_time_and_shows_in_the_ledger() -> None:
    events = log(("mon 10:00", "opened", {"kind": "certificate"}))
    asked = extension(fold_runs(events, STATION, "phone"), "s10-certificate", 2, STATION)
    assert asked is not None
    assert (shown_at(asked.due_at), shown_at(asked.new_due_at)) == ("Thu 19 17:30", "Mon 23 17:30")
    granted: dict[str, Value] = {
        "clock": "s10-certificate",
        "started_at": asked.run.started_at.isoformat(),
        "subject": "",
        "working_days": asked.working_days,
        "minutes": asked.minutes,
    }
    events += log(("tue 10:00", "extension_granted", granted))
    assert folded(events, "tue 11:00", STATION) == [("s10-certificate", "Mon 23 17:30", "running")]
    other = {**granted, "started_at": at("tue 10:00").isoformat()}
    events += log(("tue 12:00", "extension_granted", other))
    assert folded(events, "tue 13:00", STATION) == [("s10-certificate", "Mon 23 17:30", "running")]
    assert extension(fold_runs(events, STATION, "phone"), "s12", 1, STATION) is None


@pytest.mark.rule("S21")
def test_only_papers_or_the_resumption_end_a_pause_and_of_the_run_under_way_alone() -> None:
    events = log(
        ("mon 10:00", "opened"),
        ("mon 11:00", "resolved"),
        ("tue 10:00", "reopened"),
        # nothing stands yet
        ("tue 11:00", "papers_received"),
        ("tue 15:00", "papers_missing"),
        ("tue 16:00", "noted"),
    )
    assert folded(events, "wed 10:00", STATION) == [
        ("s10-inquiry", "Tue 17 17:30", "met"),
        ("s31", "Mon 23 17:30", "cancelled"),
        ("s10-inquiry", "Wed 18 17:30", "paused"),
    ]
    for end in ("papers_received", "resumed"):
        # Tuesday does not count anyhow; Wednesday stood
        ended = [*events, *log(("wed 10:00", end))]
        assert folded(ended, "wed 11:00", STATION)[-1] == ("s10-inquiry", "Thu 19 17:30", "running")


def granted(clock: str, subject: str = "", start: str = "mon 10:00", **more: Value) -> list[TicketEvent]:
    """An extension of the run of `clock` that began at `start`."""
    data: dict[str, Value] = {"clock": clock, "started_at": at(start).isoformat(), "subject": subject, **more}
    return log(("mon 11:05", "extension_granted", data))


@pytest.mark.rule("S10")
@pytest.mark.parametrize(
    ("grants", "s10", "s12"),
    [
        ([], "Mon 30 17:30", "Mon 16 10:30"),
        # days and hours come on top of each other
        (
            granted("s10-complaint", working_days=1) + granted("s10-complaint", working_days=2),
            "Thu 03",
            "Mon 16",
        ),
        # 30 + 60 + 60 minutes: 120 until noon, 30 from 14:00
        (granted("s12", minutes=60) + granted("s12", minutes=60), "Mon 30 17:30", "Mon 16 14:30"),
        # what the limit is not counted in moves nothing
        (granted("s10-complaint", minutes=60), "Mon 30 17:30", "Mon 16 10:30"),
        (granted("s12", working_days=2), "Mon 30 17:30", "Mon 16 10:30"),
        # of another run, office or clock
        (granted("s12", start="mon 10:01", minutes=60), "Mon 30 17:30", "Mon 16 10:30"),
        (granted("s12", subject="teaching", minutes=60), "Mon 30 17:30", "Mon 16 10:30"),
        (granted("s31", minutes=60), "Mon 30 17:30", "Mon 16 10:30"),
    ],
)
def test_an_extension_moves_the_run_that_is_meant(grants: list[TicketEvent], s10: str, s12: str) -> None:
    found = {name: due for name, due, _ in folded(COMPLAINT + grants, "mon 11:10", STATION)}
    assert found["s10-complaint"].startswith(s10)
    assert found["s12"].startswith(s12)


@pytest.mark.rule("S10", "T11")
def test_an_extension_is_of_one_office() -> None:
    events = log(
        ("mon 10:00", "opened"),
        ("mon 11:00", "assignment_given", {"office": "teaching"}),
        ("mon 11:00", "assignment_given", {"office": "general"}),
    )
    events += granted("t11", "teaching", "mon 11:00", working_days=1)
    found = {name: due for name, due, _ in folded(events, "tue 15:00", CENTRE)}
    assert (found["t11@teaching"], found["t11@general"]) == ("Thu 19 17:30", "Wed 18 17:30")


class NothingPublished:
    """A State Council that has not spoken."""

    def notice(self, year: int) -> Notice | None:
        """Of no year."""
        return None

    def statutory(self, year: int) -> frozenset[date]:
        """Nothing is off by law."""
        return frozenset()


def test_a_due_time_in_a_year_without_a_notice_is_provisional() -> None:
    calendar = WorkingCalendar(zone=ZONE, hours=SCHOOL.policy.hours, source=NothingPublished())
    events = log(("mon 10:00", "opened"))
    (clock,) = fold_clocks(events, replace(SCHOOL, calendar=calendar), "phone", at("mon 11:00"))
    assert clock.provisional
    (clock,) = fold_clocks(events, SCHOOL, "phone", at("mon 11:00"))
    assert not clock.provisional
