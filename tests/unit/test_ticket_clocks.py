"""The clocks of the three regulations as folds: started, stopped, paused, extended, repeated, cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from callcenter.domain.alarms import alarms, next_alarm, overdue
from callcenter.domain.calendar import Notice, WorkingCalendar
from callcenter.domain.chain import TicketEvent, Value
from callcenter.domain.clocks import Elapsed
from callcenter.domain.extensions import extension
from callcenter.domain.policy import Rules
from callcenter.domain.ticket_clocks import (
    ClockState,
    TicketClock,
    due_of,
    fold_clocks,
    fold_runs,
    next_due,
    unstopped,
)
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

BOOK = load_rule_book("huizhou-school", ChineseHolidays())
SCHOOL, CENTRE, STATION = (
    BOOK.of(name) for name in ("huizhou-school", "training-centre", "one-stop-station")
)
ZONE = SCHOOL.policy.zone


def at(text: str) -> datetime:
    """Wall-clock time of the week of Monday 16 November 2026, such as `mon 10:00` (`mon+1` is a week later)."""
    day, clock = text.split()
    name, _, weeks = day.partition("+")
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(name) + 7 * int(weeks or 0)
    hours, minutes = clock.split(":")
    local = datetime(2026, 11, 16, int(hours), int(minutes), tzinfo=ZONE) + timedelta(days=days)
    return local.astimezone(UTC)


def log(*rows: tuple[str, str] | tuple[str, str, Mapping[str, Value]]) -> list[TicketEvent]:
    """Events from rows of time, kind and data."""
    return [
        TicketEvent(
            ticket="n", seq=seq, at=at(row[0]), actor="101", kind=row[1], data=row[2] if len(row) == 3 else {}
        )
        for seq, row in enumerate(rows, start=1)
    ]


def shown(clock: TicketClock) -> tuple[str, str, str]:
    """Name (and office), local due time and state."""
    name = f"{clock.clock}@{clock.subject}" if clock.subject else clock.clock
    return name, f"{clock.due_at.astimezone(ZONE):%a %d %H:%M}", clock.state.value


def folded(
    events: list[TicketEvent], now: str, rules: Rules = SCHOOL, channel: str = "phone"
) -> list[tuple[str, str, str]]:
    """The clocks at `now`."""
    return [shown(clock) for clock in fold_clocks(events, rules, channel, at(now))]


@pytest.mark.rule("H13", "H14", "H15")
def test_a_wechat_message_starts_reply_and_group_and_a_reply_stops_its_own() -> None:
    events = log(
        ("fri 17:28", "message"), ("fri 17:29", "opened", {"kind": "inquiry", "complexity": "simple"})
    )
    # 17:28 + 5 min: 2 on Friday, 3 on Monday from 08:30; + 10 min: 8 on Monday
    running = [("h13", "Mon 23 08:33", "running"), ("h14", "Mon 23 08:38", "running")]
    assert folded(events, "fri 17:30", channel="wechat") == [
        *running,
        ("h15-simple", "Mon 23 17:30", "running"),
    ]
    events += log(("mon+1 08:33", "replied", {"text": "您好"}))
    assert folded(events, "mon+1 08:34", channel="wechat")[0] == ("h13", "Mon 23 08:33", "met")
    events += log(("mon+1 08:39", "group_made"))
    assert folded(events, "mon+1 08:40", channel="wechat")[1] == ("h14", "Mon 23 08:38", "breached")


@pytest.mark.rule("H15")
def test_a_complexity_that_the_clock_does_not_name_gets_the_longer_limit() -> None:
    events = log(("mon 10:00", "opened", {"complexity": "normal"}))
    assert folded(events, "mon 11:00", channel="wechat") == [("h15-complex", "Thu 19 17:30", "running")]


@pytest.mark.rule("H16", "H17", "H18")
def test_who_is_told_the_result_has_been_answered_and_what_is_left_is_cancelled() -> None:
    events = log(("mon 10:00", "message"), ("mon 10:00", "opened"), ("mon 10:30", "resolved"))
    assert folded(events, "mon 18:00", channel="service_account") == [
        ("h16", "Mon 16 11:00", "met"),
        # 2 h from 10:00: midday break ends the morning at 12:00 exactly
        ("h17", "Mon 16 12:00", "cancelled"),
        ("h18-complex", "Thu 19 17:30", "met"),
    ]


@pytest.mark.rule("H13", "H14")
def test_a_further_message_wants_a_reply_of_its_own_and_no_second_group() -> None:
    events = log(
        ("mon 10:00", "message"),
        ("mon 10:00", "opened"),
        ("mon 10:04", "replied"),
        ("mon 10:09", "group_made"),
        ("mon 11:00", "message"),
    )
    found = folded(events, "mon 11:01", channel="wechat")
    assert [(name, state) for name, _, state in found] == [
        ("h13", "met"),
        ("h14", "met"),
        ("h15-complex", "running"),
        ("h13", "running"),
    ]


def test_stopped_and_started_in_one_instant_is_one_run() -> None:
    events = log(("mon 10:00", "opened"), ("mon 10:00", "resolved"), ("mon 10:00", "reopened"))
    assert folded(events, "mon 11:00") == [("h12-complex", "Thu 19 17:30", "running")]


@pytest.mark.rule("H20")
def test_a_referred_complaint_is_done_when_file_head_and_complainant_are() -> None:
    events = log(
        ("mon 10:00", "opened", {"kind": "complaint"}),
        ("mon 11:00", "complaint_referred", {"office": "logistics"}),
        ("mon 11:00", "head_informed"),
        ("tue 09:00", "file_sent", {"office": "logistics"}),
    )
    assert folded(events, "tue 10:00")[1] == ("h20", "Tue 17 17:30", "running")
    assert folded(events, "wed 08:00")[1] == ("h20", "Tue 17 17:30", "breached")
    events += log(("tue 17:30", "complainant_told"))
    assert folded(events, "wed 08:00")[1] == ("h20", "Tue 17 17:30", "met")


@pytest.mark.rule("H20")
def test_a_matter_that_turns_out_to_be_a_complaint_gets_its_clocks_from_the_same_start() -> None:
    events = log(("mon 10:00", "opened"), ("mon 10:05", "resolved"))
    assert [name for name, _, _ in folded(events, "mon 11:00")] == ["h12-complex"]
    events = log(
        ("mon 10:00", "opened"), ("mon 10:04", "form_saved", {"kind": "complaint", "complexity": "simple"})
    )
    events += log(("mon 10:05", "resolved"))
    assert folded(events, "mon 11:00") == [
        ("h12-simple", "Tue 17 17:30", "met"),
        ("h41", "Thu 19 17:30", "running"),
    ]


@pytest.mark.rule("H41", "T20")
def test_a_follow_up_ends_with_the_opinion_or_with_the_matter_opened_again() -> None:
    events = log(("mon 10:00", "opened", {"kind": "complaint"}), ("mon 11:00", "resolved"))
    again = [
        *events,
        *log(("tue 10:00", "satisfaction_given", {"answer": "not_satisfied"}), ("tue 10:00", "reopened")),
    ]
    assert [state for _, _, state in folded(again, "tue 11:00")] == ["met", "met", "running"]
    assert folded(again, "tue 11:00")[-1] == ("h12-complex", "Fri 20 17:30", "running")
    closed = [*events, *log(("tue 10:00", "closed"))]
    assert folded(closed, "fri+3 11:00")[-1] == ("h41", "Thu 19 17:30", "cancelled")
    reopened = log(("mon 10:00", "opened"), ("mon 11:00", "resolved"), ("tue 10:00", "reopened"))
    assert folded(reopened, "tue 11:00", CENTRE) == [
        ("t1-normal", "Thu 19 17:30", "met"),
        ("t20", "Thu 19 17:30", "running"),
    ]


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


def shown_at(instant: datetime) -> str:
    """Local time."""
    return f"{instant.astimezone(ZONE):%a %d %H:%M}"


@pytest.mark.rule("S11")
def test_progress_is_told_again_and_again_until_the_matter_is_solved() -> None:
    events = log(
        ("mon 10:00", "opened", {"kind": "complaint"}),
        ("mon 10:10", "complaint_taken_told"),
        ("wed 10:00", "progress_told"),
    )
    assert folded(events, "wed 11:00", STATION) == [
        ("s10-complaint", "Mon 30 17:30", "running"),
        ("s11", "Thu 19 17:30", "met"),
        ("s12", "Mon 16 10:30", "met"),
        ("s11", "Mon 23 17:30", "running"),
    ]
    events += log(("thu 10:00", "resolved"))
    assert [name for name, _, state in folded(events, "fri 10:00", STATION) if state == "running"] == ["s31"]


@pytest.mark.rule("T11")
def test_each_office_of_an_assignment_has_a_clock_of_its_own() -> None:
    give: dict[str, Value] = {"office": "teaching", "role": "lead"}
    events = log(
        ("mon 10:00", "opened", {"kind": "joint"}),
        ("mon 11:00", "postponed"),
        ("mon 11:00", "assignment_given", give),
        ("mon 11:00", "assignment_given", {"office": "general", "role": "supporting"}),
        ("tue 10:00", "assignment_done", {"office": "general"}),
    )
    found = folded(events, "thu 09:00", CENTRE)
    assert ("t11@teaching", "Wed 18 17:30", "breached") in found
    assert ("t11@general", "Wed 18 17:30", "met") in found
    # 4 h from 10:00: two before the break, two from 14:00
    assert ("t13", "Mon 16 16:00", "met") in found


@pytest.mark.parametrize(
    ("now", "state"), [("wed 17:30", ClockState.RUNNING), ("wed 17:31", ClockState.BREACHED)]
)
def test_exactly_at_the_due_time_is_in_time(now: str, state: ClockState) -> None:
    (clock,) = fold_clocks(log(("fri 10:00", "opened")), SCHOOL, "phone", at("fri 11:00"))
    assert clock.at(at(now.replace(" ", "+1 "))).state is state


def test_dismissed_cancels_whatever_it_was() -> None:
    events = log(("mon 10:00", "opened"), ("fri+1 10:00", "dismissed"))
    assert folded(events, "fri+1 11:00") == [("h12-complex", "Thu 19 17:30", "cancelled")]


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


def test_the_kind_that_a_ticket_had_before_anything_was_written_down() -> None:
    clocks = fold_clocks(log(("mon 10:00", "opened")), STATION, "phone", at("mon 10:10"), kind="complaint")
    assert [clock.clock for clock in clocks] == ["s10-complaint", "s11", "s12"]
    clocks = fold_clocks(log(("mon 10:00", "opened")), STATION, "phone", at("mon 10:10"))
    assert [clock.clock for clock in clocks] == ["s10-inquiry"], "else the policy's first"


@pytest.mark.rule("T11")
@pytest.mark.parametrize(
    ("ending", "teaching", "general"),
    [
        (("assignment_done", {"office": "teaching"}), "met", "running"),
        # done without a name: by all
        (("assignment_done", {}), "met", "met"),
        (("resolved", {}), "cancelled", "cancelled"),
    ],
)
def test_what_ends_the_run_of_an_office(
    ending: tuple[str, dict[str, Value]], teaching: str, general: str
) -> None:
    events = log(
        ("mon 10:00", "opened"),
        ("mon 11:00", "assignment_given", {"office": "teaching"}),
        ("mon 11:00", "assignment_given", {"office": "general"}),
        ("mon 12:00", *ending),
    )
    states = {name: state for name, _, state in folded(events, "mon 15:00", CENTRE)}
    assert (states["t11@teaching"], states["t11@general"]) == (teaching, general)


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


COMPLAINT = log(("mon 10:00", "opened", {"kind": "complaint"}))


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


def test_what_nothing_has_ended_is_under_way_paused_or_not() -> None:
    events = [*COMPLAINT, *log(("mon 10:20", "complaint_taken_told"), ("mon 11:00", "papers_missing"))]
    clocks = fold_clocks(events, STATION, "phone", at("mon 12:00"))
    assert [clock.clock for clock in unstopped(clocks)] == ["s10-complaint", "s11"]


def test_a_warning_goes_out_until_the_very_instant_at_which_it_is_due() -> None:
    events = log(("mon 10:00", "opened"))
    pending = alarms(fold_clocks(events, SCHOOL, "phone", at("mon 10:00")), events, SCHOOL)
    due = at("thu 17:30")
    assert [alarm.kind.value for alarm in overdue(pending, due)] == ["warned"]
    late = due + timedelta(microseconds=1)
    assert [alarm.kind.value for alarm in overdue(pending, late)] == ["breached", "escalated"]
    assert next_alarm([]) is None


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
