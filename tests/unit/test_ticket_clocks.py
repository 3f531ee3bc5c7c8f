"""The clocks of the three regulations as folds: started, stopped, repeated, cancelled."""

from __future__ import annotations

import pytest

from callcenter.domain.chain import Value
from callcenter.domain.ticket_clocks import ClockState, fold_clocks, unstopped
from tests.support.ticket_logs import CENTRE, COMPLAINT, SCHOOL, STATION, at, folded, log


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


def test_what_nothing_has_ended_is_under_way_paused_or_not() -> None:
    events = [*COMPLAINT, *log(("mon 10:20", "complaint_taken_told"), ("mon 11:00", "papers_missing"))]
    clocks = fold_clocks(events, STATION, "phone", at("mon 12:00"))
    assert [clock.clock for clock in unstopped(clocks)] == ["s10-complaint", "s11"]
