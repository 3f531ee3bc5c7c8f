"""Calls as tables of events. A row: seconds after the arrival, what happened, its data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.calls import (
    Call,
    CallEvent,
    Handoff,
    HandoffOutcome,
    Kind,
    Mode,
    Outcome,
    Person,
    Recording,
    Source,
)
from callcenter.domain.fold import fold_call, holder

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LI, WANG, ZHAO = (
    Person(extension="101", name="李静"),
    Person(extension="102", name="王强"),
    Person(extension="103", name="赵敏"),
)
STAFF = {person.extension: person for person in (LI, WANG, ZHAO)}

ANSWERED_BY_101 = """
 0.000 arrived    line=8000 caller=13800138000 caller_name=王小明
 0.012 ringing    extension=101 uniqueid=c.1
 0.015 ringing    extension=102 uniqueid=c.2
 2.500 leg_up     extension=101 uniqueid=c.1
 2.503 answered   extension=101 name=李静 uniqueid=c.1 ticket=261120-1-001
"""


def value(text: str) -> str | int | float | bool | None:
    if text in ("yes", "no"):
        return text == "yes"
    if text == "null":
        return None
    # a limit or a length is a number; extensions, numbers and names are not
    return text


def table(rows: str) -> list[CallEvent]:
    events = []
    for row in filter(str.strip, rows.splitlines()):
        at, kind, *rest = row.split()
        data = dict(re.findall(r"(\w+)=(\S+)", " ".join(rest)))
        events.append(
            CallEvent(
                linkedid="c.0",
                at=START + timedelta(seconds=float(at)),
                kind=Kind(kind),
                data={name: value(text) for name, text in data.items()},
            )
        )
    return events


def fold(rows: str) -> Call:
    call = fold_call(table(rows))
    assert call is not None
    return call


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_an_answered_call() -> None:
    call = fold(ANSWERED_BY_101 + " 3.700 greeted extension=101 uniqueid=c.1\n 60 ended")
    assert call == Call(
        linkedid="c.0",
        line="8000",
        caller="13800138000",
        caller_name="王小明",
        arrived_at=at(0),
        rang_at=at(0.012),
        answered_at=at(2.5),  # the phone's 200, which Asterisk saw 3 ms before the desk was asked
        ended_at=at(60),
        answer_ms=2488,
        wait_ms=2500,
        greeting_ms=1200,
        first_responder=LI,
        outcome=Outcome.ANSWERED,
        ticket="261120-1-001",
        source=Source.LIVE,
    )


@pytest.mark.parametrize(
    ("rows", "language"),
    [
        ("0 arrived line=8000", None),  # of before there were languages
        ("0 arrived line=8000 language=zh", "zh"),
        ("0 arrived line=8000 language=zh\n 3 language language=en own=zh", "en"),
        (
            "5 language language=zh own=zh\n 0 arrived line=8000 language=zh\n 3 language language=en own=zh",
            "zh",
        ),
    ],
)
def test_the_language_is_the_last_that_was_chosen(rows: str, language: str | None) -> None:
    assert fold(rows).language == language


def test_nothing_is_known_before_the_arrival() -> None:
    assert fold_call([]) is None
    assert fold_call(table("1 ringing extension=101 uniqueid=c.1\n 2 ended")) is None


def test_a_call_under_way_has_neither_end_nor_outcome() -> None:
    call = fold(ANSWERED_BY_101)
    assert (call.ended_at, call.outcome) == (None, None)


ANSWERED_EARLY = " 1 answered extension=101 name=李静 uniqueid=c.1 ticket=t"


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ("", Outcome.ABANDONED),
        (" 1 ringing extension=101 uniqueid=c.1", Outcome.ABANDONED),
        (" 0 queue_left reason=closed", Outcome.CLOSED),
        (" 30 queue_left reason=timeout", Outcome.NO_ANSWER),
        (" 5 queue_left reason=pressed", Outcome.ABANDONED),
        (" 0.1 queue_left reason=empty", Outcome.ABANDONED),
        (" 0 queue_left reason=closed\n 9 recording_started path=m ticket=t language=zh", Outcome.CALLBACK),
        (
            " 30 queue_left reason=timeout\n 40 recording_started path=m ticket=t language=zh",
            Outcome.CALLBACK,
        ),
        (ANSWERED_EARLY, Outcome.ANSWERED),
        (ANSWERED_EARLY + "\n 9 recording_started path=m ticket=t language=zh", Outcome.ANSWERED),
        (ANSWERED_EARLY + "\n 99 ended failed=yes", Outcome.ANSWERED),
        (" 20 ended failed=yes", Outcome.FAILED),
        (" 9 recording_started path=m ticket=t language=zh\n 20 ended failed=yes", Outcome.CALLBACK),
    ],
)
def test_the_outcomes_of_the_contract(rows: str, outcome: Outcome) -> None:
    call = fold(f"0 arrived line=8000 caller=1\n{rows}\n 99 ended")
    assert call.outcome is outcome


def test_the_first_answer_is_a_latch() -> None:
    call = fold(
        ANSWERED_BY_101
        + """
        9.000 handoff_requested handoff=1 mode=live from=101 from_name=李静 to=102 to_name=王强 limit_s=120
        20.00 handoff_answered  handoff=1 uniqueid=c.9
        30.00 handoff_ended     handoff=1 outcome=accepted
        40.00 answered          extension=102 name=王强 uniqueid=c.9 again=yes
        50.00 answered          extension=103 name=赵敏 uniqueid=c.8 ticket=261120-1-002
        """
    )
    assert call.first_responder == LI
    assert call.ticket == "261120-1-001"
    assert holder(call) == WANG


def test_answered_without_a_ringing_signal() -> None:
    call = fold("0 arrived line=8000\n 3 answered extension=101 name=李静 uniqueid=c.1 ticket=t")
    assert (call.rang_at, call.answered_at, call.answer_ms, call.wait_ms) == (at(3), at(3), 0, 3000)


def test_a_phone_that_rings_after_the_answer_did_not_ring_for_it() -> None:
    call = fold(
        "0 arrived line=8000\n 3 answered extension=101 name=李静 uniqueid=c.1\n 4 ringing extension=102"
    )
    assert call.rang_at == at(3)


def test_nobody_answered_but_phones_rang() -> None:
    call = fold("0 arrived line=8000\n 1 ringing extension=101\n 2 ringing extension=102\n 30 ended")
    assert (call.rang_at, call.answered_at, call.answer_ms, call.wait_ms) == (at(1), None, None, None)


@pytest.mark.parametrize(
    ("desk_s", "asterisk_s", "who", "said"),
    [
        (2.550, 2.500, "101", 0),  # 50 ms exactly: they agree
        (2.551, 2.500, "101", 1),
        (2.449, 2.500, "101", 1),
        (2.500, 2.500, "102", 1),
        (2.600, 2.500, "102", 2),
    ],
)
def test_two_witnesses(desk_s: float, asterisk_s: float, who: str, said: int) -> None:
    call = fold(
        f"""0 arrived line=8000
        {asterisk_s} leg_up extension={who} uniqueid=c.1
        {desk_s} answered extension=101 name=李静 uniqueid=c.1 ticket=t"""
    )
    assert len(call.disagreements) == said
    assert call.answered_at == at(asterisk_s)


@pytest.mark.parametrize(
    ("completed_s", "within"), [(129.0, True), (129.000001, False), (9.5, True)]
)  # requested at 9 s, limit 120 s
def test_a_handoff_is_within_the_limit_at_the_limit(completed_s: float, within: bool) -> None:
    call = fold(
        ANSWERED_BY_101
        + f"""
        9 handoff_requested handoff=1 mode=recorded from=101 from_name=李静 to=102 to_name=王强 limit_s=120
        9.4 leg_up extension=102 uniqueid=c.9
        9.45 handoff_answered handoff=1 uniqueid=c.9
        {completed_s} handoff_ended handoff=1 outcome=accepted"""
    )
    [handoff] = call.handoffs
    assert handoff.within_limit is within
    assert (handoff.answered_at, handoff.completed_at) == (at(9.4), at(completed_s))


@pytest.mark.parametrize("outcome", ["refused", "no_answer", "timed_out", "cancelled"])
def test_a_handoff_that_came_to_nothing(outcome: str) -> None:
    call = fold(
        ANSWERED_BY_101
        + f"""
        9 handoff_requested handoff=1 mode=live from=101 from_name=李静 to=102 to_name=王强 limit_s=120
        12 handoff_ended handoff=1 outcome={outcome}
        13 handoff_ended handoff=1 outcome=accepted"""
    )
    [handoff] = call.handoffs
    assert (handoff.outcome, handoff.within_limit, handoff.completed_at) == (outcome, None, None)
    assert holder(call) == LI


def test_an_end_stamped_before_its_beginning_still_counts() -> None:
    # Asterisk's stamp of the hang-up lies a moment before the desk's of the key
    call = fold(
        ANSWERED_BY_101
        + """
        9.001 handoff_requested handoff=1 mode=live from=101 from_name=李静 to=102 to_name=王强 limit_s=120
        9.000 handoff_ended handoff=1 outcome=cancelled
        20.001 recording_started path=m ticket=t language=zh
        20.000 recording_ended path=m seconds=1 confirmed=yes"""
    )
    assert call.handoffs[0].outcome == "cancelled"
    assert call.recordings[0].confirmed


def test_recordings_with_what_the_caller_said() -> None:
    call = fold(
        """0 arrived line=8001 caller=13800138000
        0 queue_left reason=closed
        9 recording_started path=a.wav ticket=261120-1-001 language=zh phone=13800138000
        20 recording_ended path=a.wav seconds=10.5 phone=13800138000 superseded=yes
        25 recording_started path=b.wav ticket=261120-1-001 language=zh phone=13800138000
        50 recording_ended path=b.wav seconds=12 phone=02079460158 keyed=yes wished=today confirmed=yes
        70 ended"""
    )
    first, second = call.recordings
    assert (first.seconds, first.confirmed) == (10.5, False)
    assert (second.phone, second.phone_keyed, second.wished_reply, second.confirmed) == (
        "02079460158",
        True,
        "today",
        True,
    )
    assert call.ticket == "261120-1-001"


def test_one_rebuilt_event_marks_the_call() -> None:
    assert fold("0 arrived line=8000\n 9 ended source=rebuilt").source is Source.REBUILT
    assert fold("0 arrived line=8000\n 9 ended").source is Source.LIVE


def test_of_two_reasons_at_one_instant_the_same_one_holds_whichever_came_first() -> None:
    rows = ["0 arrived line=8000", "20 queue_left reason=closed", "20 queue_left reason=timeout", "30 ended"]
    one, other = fold("\n".join(rows)), fold("\n".join(reversed(rows)))
    assert one == other
    assert one.outcome is Outcome.NO_ANSWER


@pytest.mark.parametrize("caller", [None, ""])
def test_a_number_that_was_withheld_is_none(caller: str | None) -> None:
    arrived = CallEvent(
        linkedid="c.0",
        at=START,
        kind=Kind.ARRIVED,
        data={"line": "8000", "caller": caller, "caller_name": caller},
    )
    call = fold_call([arrived])
    assert call is not None
    assert (call.caller, call.caller_name) == (None, None)


def test_an_answer_of_somebody_who_had_the_caller_before_is_no_first_answer() -> None:
    call = fold(
        """0 arrived line=8000
        3 answered extension=102 name=王强 uniqueid=c.2 again=yes
        4 answered extension=101 name=李静 uniqueid=c.1 ticket=t"""
    )
    assert (call.first_responder, call.answered_at) == (LI, at(4))
    alone = fold("0 arrived line=8000\n 3 answered extension=102 name=王强 uniqueid=c.2 again=yes")
    assert (alone.first_responder, alone.answered_at) == (None, None)


@pytest.mark.rule("H10")
@pytest.mark.parametrize(("greeted_s", "greeting_ms"), [(2.5, 0), (2.501, 1), (2.499, None)])
def test_a_greeting_counts_from_the_answer_on(greeted_s: float, greeting_ms: int | None) -> None:
    call = fold(ANSWERED_BY_101 + f" {greeted_s} greeted extension=101 uniqueid=c.1")
    assert call.greeting_ms == greeting_ms


def test_the_earlier_word_of_an_answer_counts() -> None:
    legs = "2.530 leg_up extension=101 uniqueid=c.1\n 2.500 leg_up extension=101 uniqueid=c.1\n"
    call = fold(
        f"0 arrived line=8000\n 1 ringing extension=101\n {legs}"
        " 2.540 answered extension=101 name=李静 uniqueid=c.1 ticket=t"
    )
    assert (call.answered_at, call.answer_ms) == (at(2.5), 1500)


def test_a_greeting_on_another_leg_is_none_of_the_first_responder() -> None:
    assert fold(ANSWERED_BY_101 + " 3 greeted extension=102 uniqueid=c.2").greeting_ms is None


@pytest.mark.parametrize(
    ("legs", "said"),
    [
        ("2.5 leg_up extension=101 uniqueid=c.1", []),
        (
            "2.448 leg_up extension=101 uniqueid=c.1",
            ["answer time: desk and Asterisk differ by 52 ms"],
        ),
        (
            # seen on the wire, and told by AMI, which is late together with the desk
            """2.4 leg_up extension=101 uniqueid=c.1
            2.46 leg_up extension=101 uniqueid=c.1""",
            [],
        ),
        (
            """2.5 leg_up extension=103 uniqueid=c.1
            2.501 leg_up extension=102 uniqueid=c.1""",
            ["answered by: desk says 101, Asterisk says 102, 103"],
        ),
        # a phone that was answered on a leg of its own contradicts nobody
        (
            """2.4 leg_up extension=102 uniqueid=c.2
            2.5 leg_up extension=101 uniqueid=c.1""",
            [],
        ),
    ],
)
def test_what_the_witnesses_say_is_written_in_words(legs: str, said: list[str]) -> None:
    call = fold(
        f"""0 arrived line=8000
        {legs}
        2.5 answered extension=101 name=李静 uniqueid=c.1 ticket=t"""
    )
    assert list(call.disagreements) == said


@pytest.mark.rule("H11")
def test_two_handoffs_one_after_the_other_and_the_end_of_one_that_nobody_saw_begin() -> None:
    call = fold(
        ANSWERED_BY_101
        + """
        9 handoff_requested handoff=1 mode=live from=101 from_name=李静 to=102 to_name=王强 limit_s=120
        20 handoff_ended handoff=1 outcome=refused
        30 handoff_requested handoff=2 mode=recorded from=101 from_name=李静 to=103 to_name=赵敏 limit_s=60
        35 handoff_briefed handoff=2 path=brief.wav
        36 handoff_ended handoff=7 outcome=accepted
        38 handoff_answered handoff=2 uniqueid=c.9
        40 handoff_ended handoff=2 outcome=accepted"""
    )
    assert call.handoffs == (
        Handoff(mode=Mode.LIVE, from_=LI, to=WANG, requested_at=at(9), outcome=HandoffOutcome.REFUSED),
        Handoff(
            mode=Mode.RECORDED,
            from_=LI,
            to=ZHAO,
            requested_at=at(30),
            # no word of Asterisk's of that leg: the desk's own time
            answered_at=at(38),
            completed_at=at(40),
            outcome=HandoffOutcome.ACCEPTED,
            within_limit=True,
            briefing="brief.wav",
        ),
    )
    assert holder(call) == ZHAO


def test_recordings_whole() -> None:
    call = fold(
        """0 arrived line=8001
        9 recording_started path=a.wav ticket=t language=zh phone=13800138000
        20 recording_ended path=a.wav
        25 recording_started path=b.wav ticket=t language=en phone=13800138000
        26 recording_ended path=nothing.wav seconds=3"""
    )
    assert call.recordings == (
        # its end says which number holds: none was left
        Recording(path="a.wav", started_at=at(9), ended_at=at(20), seconds=0, ticket="t", language="zh"),
        Recording(path="b.wav", started_at=at(25), ticket="t", language="en", phone="13800138000"),
    )


EXTENSIONS = st.sampled_from(sorted(STAFF))
SECONDS = st.integers(0, 40).map(lambda tenths: tenths / 10)  # few instants: many fall together


@st.composite
def events_of_a_call(draw: st.DrawFn) -> list[CallEvent]:
    """Any events at all, many at the same instant, in an order as they may reach us."""

    def event(kind: Kind, **data: str | int | float | bool | None) -> CallEvent:
        return CallEvent(linkedid="c.0", at=at(draw(SECONDS)), kind=kind, data=data)

    def person(prefix: str = "") -> Mapping[str, str]:
        extension = draw(EXTENSIONS)
        if prefix:
            return {prefix: extension, f"{prefix}_name": STAFF[extension].name}
        return {"extension": extension, "name": STAFF[extension].name}

    found = [event(Kind.ARRIVED, line="8000", caller="1", caller_name=None)]
    for _ in range(draw(st.integers(0, 3))):
        leg = f"c.{draw(st.integers(1, 3))}"
        found.append(event(Kind.RINGING, uniqueid=leg, **person()))
        found.append(event(Kind.LEG_UP, uniqueid=leg, **person()))
        found.append(event(Kind.GREETED, uniqueid=leg, **person()))
        ticket = draw(st.sampled_from(["t1", "t2"]))
        found.append(event(Kind.ANSWERED, uniqueid=leg, ticket=ticket, again=draw(st.booleans()), **person()))
    for number in range(1, draw(st.integers(0, 2)) + 1):
        mode = draw(st.sampled_from(["live", "recorded", "phone"]))
        found.append(
            event(
                Kind.HANDOFF_REQUESTED,
                handoff=number,
                mode=mode,
                limit_s=2,
                **person("from"),
                **person("to"),
            )
        )
        outcomes = draw(st.lists(st.sampled_from(["accepted", "refused", "cancelled"]), max_size=2))
        found += [event(Kind.HANDOFF_ENDED, handoff=number, outcome=outcome) for outcome in outcomes]
    for number in range(draw(st.integers(0, 2))):
        found.append(event(Kind.RECORDING_STARTED, path=f"{number}", ticket="t3", language="zh"))
        found.append(event(Kind.RECORDING_ENDED, path=f"{number}", seconds=1.0, confirmed=True))
    for reason in draw(st.lists(st.sampled_from(["timeout", "closed", "pressed"]), max_size=2)):
        found.append(event(Kind.QUEUE_LEFT, reason=reason))
    found += [event(Kind.ENDED) for _ in range(draw(st.integers(0, 2)))]
    return found


@given(events_of_a_call(), st.randoms(use_true_random=False))
def test_the_order_in_which_events_reach_us_does_not_matter(events: list[CallEvent], random: object) -> None:
    import random as random_module

    assert isinstance(random, random_module.Random)
    shuffled = events.copy()
    random.shuffle(shuffled)
    assert fold_call(shuffled) == fold_call(events)


@given(events_of_a_call())
def test_what_came_twice_counts_once(events: list[CallEvent]) -> None:
    assert fold_call([*events, *events]) == fold_call(events)


@given(events_of_a_call())
def test_spans_are_never_negative_and_ends_have_outcomes(events: list[CallEvent]) -> None:
    call = fold_call(events)
    assert call is not None
    for span in (call.answer_ms, call.wait_ms, call.greeting_ms):
        assert span is None or span >= 0
    assert (call.outcome is None) == (call.ended_at is None)
    assert (call.first_responder is None) == (call.answered_at is None)
