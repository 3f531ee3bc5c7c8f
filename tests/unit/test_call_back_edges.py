"""An attempt to call back at its edges: everything that one leaves behind, half of one, the same instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.domain.call_backs import (
    UNSEEN,
    CallBack,
    NumberBarred,
    Outcome,
    OwnPhone,
    State,
    Step,
    dial_outcome,
    dialable,
    fold_call_back,
    next_attempt,
)
from callcenter.domain.calls import CallEvent, Kind
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
"""Friday, 10:00 in the centre."""
ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = load_rule_book("huizhou-school", ChineseHolidays()).current.calendar
ASKED = CallBack(
    id=1,
    ticket="261120-1-001",
    extension="101",
    number="13800138000",
    requested_by="101",
    requested_at=AT - timedelta(seconds=5),
)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def step(which: Step, seconds: float, **data: str | int | float | bool | None) -> CallEvent:
    return CallEvent(
        linkedid="call-back-1-1", at=after(seconds), kind=Kind.CALL_BACK, data={"step": which.value, **data}
    )


def test_a_talk_leaves_everything_behind() -> None:
    done = fold_call_back(
        ASKED,
        [
            step(Step.STARTED, 0),
            step(Step.RANG, 1),
            step(Step.ANSWERED, 4),
            step(Step.RINGING, 6),
            step(Step.REACHED, 10),
            step(Step.TALKED, 11.5),
            step(Step.ENDED, 70, path="a.wav"),
            step(Step.RATED, 75, digit="2"),
        ],
    )
    assert done == CallBack(
        id=1,
        ticket="261120-1-001",
        extension="101",
        number="13800138000",
        requested_by="101",
        requested_at=AT - timedelta(seconds=5),
        state=State.ENDED,
        outcome=Outcome.REACHED,
        linkedid="call-back-1-1",
        started_at=after(0),
        rang_at=after(1),
        answered_at=after(4),
        ringing_at=after(6),
        reached_at=after(10),
        ended_at=after(70),
        greeting_ms=1500,
        talk_ms=60_000,
        recording="a.wav",
        digit="2",
    )


def test_before_its_end_it_has_no_outcome() -> None:
    assert fold_call_back(ASKED, []) == ASKED
    taken = fold_call_back(ASKED, [step(Step.STARTED, 0)])
    assert (taken.state, taken.started_at, taken.rang_at) == (State.STARTED, after(0), None)
    dialled = fold_call_back(
        ASKED, [step(Step.STARTED, 0), step(Step.DIALLED, 9, outcome="busy", reason="sip 486")]
    )
    assert (dialled.state, dialled.outcome, dialled.reason) == (State.STARTED, None, None)


def test_what_answered_without_a_word_of_ringing_rang_then() -> None:
    done = fold_call_back(ASKED, [step(Step.ANSWERED, 4), step(Step.REACHED, 10)])
    assert (done.rang_at, done.ringing_at) == (after(4), after(10))
    assert done.state is State.REQUESTED, "the desk has not said that it took it"


def test_the_start_that_the_desk_wrote_down_is_kept() -> None:
    kept = fold_call_back(replace(ASKED, started_at=after(-1)), [step(Step.STARTED, 0)])
    assert kept.started_at == after(-1)


@pytest.mark.rule("H10")
@pytest.mark.parametrize(("talked_s", "greeting_ms"), [(10, 0), (10.0004, 0), (10.001, 1), (9.999, None)])
def test_a_greeting_begins_with_the_answer_or_later(talked_s: float, greeting_ms: int | None) -> None:
    done = fold_call_back(ASKED, [step(Step.REACHED, 10), step(Step.TALKED, talked_s)])
    assert done.greeting_ms == greeting_ms


def test_an_answer_is_one_whatever_the_leg_says() -> None:
    assert dial_outcome("ANSWER", "SIP 486 Busy Here") is Outcome.REACHED
    assert dial_outcome("CANCEL", "SIP 486 Busy Here") is Outcome.GIVEN_UP


@pytest.mark.parametrize("line", ["8000", "8001", "8002", "8003"])
def test_none_of_our_lines_is_called(line: str) -> None:
    with pytest.raises(NumberBarred):
        dialable(line)
    assert dialable("8004") == "8004"


def test_nobody_calls_themselves() -> None:
    with pytest.raises(OwnPhone):
        dialable("101", own="101")
    assert dialable("102", own="101") == "102"
    assert dialable("101") == "101"


def test_an_attempt_that_was_taken_late_counts_from_then() -> None:
    late = replace(ASKED, state=State.STARTED, started_at=AT, requested_at=AT - timedelta(hours=1))
    assert late.under_way(AT + UNSEEN - timedelta(microseconds=1))
    assert not late.under_way(AT + UNSEEN)


def tried(requested: datetime, ended: datetime | None) -> CallBack:
    return replace(
        ASKED, requested_at=requested, ended_at=ended, state=State.ENDED, outcome=Outcome.NO_ANSWER
    )


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("last", "due_at", "now", "proposed"),
    [
        # half an hour after the attempt ended, not after it was asked for
        (tried(local(20, 10), local(20, 10, 10)), None, local(20, 10, 10), local(20, 10, 40)),
        (tried(local(20, 10), None), None, local(20, 10), local(20, 10, 30)),
        # exactly now
        (tried(local(20, 10), local(20, 10)), None, local(20, 10, 30), local(20, 10, 30)),
        # ended exactly at closing
        (tried(local(20, 17), local(20, 17, 30)), None, local(20, 17, 30), local(23, 9)),
        # due exactly when the afternoon opens: two hours are left, a quarter of them
        (tried(local(20, 10), local(20, 10)), local(20, 14), local(20, 10), local(20, 10, 30)),
        # half an hour left exactly: half of it
        (tried(local(20, 10), local(20, 10)), local(20, 10, 30), local(20, 10), local(20, 10, 15)),
    ],
)
def test_the_next_attempt_at_its_edges(
    last: CallBack, due_at: datetime | None, now: datetime, proposed: datetime
) -> None:
    assert next_attempt([last], due_at, now, CALENDAR) == proposed
