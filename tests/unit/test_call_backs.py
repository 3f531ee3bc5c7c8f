"""Calling back: numbers that may be dialled, an attempt from its events, when to try again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agi.call_backs import answered_before
from callcenter.domain.call_backs import (
    FRESH,
    LONGEST,
    UNSEEN,
    BadNumber,
    CallBack,
    NoNumber,
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
from callcenter.domain.fold import fold_call
from callcenter.domain.policy import RuleBook
from callcenter.errors import ShouwenError
from callcenter.runtime import asterisk_config, asterisk_process, home
from callcenter.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""Friday, 10:00 in Shanghai."""


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def carrier_of(folder: Path, **chosen: object) -> str:
    """What the rendered configuration says of the carrier."""
    settings = Settings.model_validate({"home": folder, **chosen})
    home.prepare(settings)
    place = asterisk_config.InstalledAsterisk(modules=Path("/m"), data=Path("/d"))
    asterisk_config.render(settings, place, [])
    text = (asterisk_process.configuration(settings).parent / "pjsip.conf").read_text("utf-8")
    return text.partition("[carrier-out](!)")[2].partition("#include")[0]


def test_the_carrier_is_there_only_when_it_is_set(tmp_path: Path) -> None:
    assert "[carrier]" not in carrier_of(tmp_path / "without")
    written = carrier_of(tmp_path / "with", trunk_dial="sip.example.net:5060")
    assert "[carrier](carrier-out)\naors = carrier\n" in written
    assert "contact = sip:sip.example.net:5060\n" in written


@pytest.mark.parametrize(
    "wrong",
    [
        {"trunk_dial": "sip.example.net"},
        {"trunk_dial": "sip.example.net:0"},
        {"trunk_dial": "a:5060\n[evil]"},
        {"outgoing_caller_id": "Centre"},
        {"outgoing_caller_id": "1&PJSIP/101"},
        {"never_dial": "110;119"},
    ],
)
def test_settings_that_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_numbers_that_are_never_dialled() -> None:
    assert Settings().barred >= {"110", "119", "120"}
    assert Settings(never_dial="999, 911").barred == {"999", "911"}
    assert dialable("110", barred=Settings(never_dial="").barred) == "110"


def attempt(**values: object) -> CallBack:
    plain: dict[str, object] = {
        "id": 1,
        "ticket": "261120-1-001",
        "extension": "101",
        "number": "13800138000",
        "requested_by": "101",
        "requested_at": AT,
    }
    return CallBack(**{**plain, **values})  # type: ignore[arg-type]  # fields by name, as a test writes them


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        ("13800138000", "13800138000"),
        ("+86 138 0013-8000", "+8613800138000"),
        ("(0752) 212 3456", "07522123456"),
        ("（0752）2123456", "07522123456"),
        ("123", "123"),
        ("123456789012345", "123456789012345"),
    ],
)
def test_numbers_that_are_dialled(phone: str, number: str) -> None:
    assert dialable(phone, barred={"110"}, own="101") == number


@pytest.mark.parametrize(
    ("phone", "error"),
    [
        (None, NoNumber),
        ("", NoNumber),
        (" - ", NoNumber),
        ("12", BadNumber),
        ("1234567890123456", BadNumber),
        ("138x", BadNumber),
        ("13800138000,104", BadNumber),
        ("138&PJSIP/104", BadNumber),
        ("138@evil.example", BadNumber),
        ("١٢٣٤٥", BadNumber),
        ("++123", BadNumber),
        ("138\n138", None),
        ("110", NumberBarred),
        ("+110", NumberBarred),
        ("1 1 0", NumberBarred),
        ("8000", NumberBarred),
        ("8001", NumberBarred),
        ("101", OwnPhone),
    ],
)
def test_numbers_that_are_not(phone: str | None, error: type[ShouwenError] | None) -> None:
    if error is None:
        assert dialable(phone).isdigit()
        return
    with pytest.raises(error):
        dialable(phone, barred={"110"}, own="101")


@given(st.text(max_size=30))
def test_what_is_dialled_is_never_more_than_digits(phone: str) -> None:
    try:
        number = dialable(phone, barred={"110"})
    except ShouwenError:
        return
    assert number.lstrip("+").isascii()
    assert number.lstrip("+").isdigit()
    assert 3 <= len(number.lstrip("+")) <= 15


@pytest.mark.parametrize(
    ("status", "cause", "outcome"),
    [
        ("ANSWER", "SIP 200 OK", Outcome.REACHED),
        ("CANCEL", "", Outcome.GIVEN_UP),
        ("CANCEL", "SIP 487 Request Terminated", Outcome.GIVEN_UP),
        ("BUSY", "SIP 486 Busy Here", Outcome.BUSY),
        ("CONGESTION", "SIP 603 Decline", Outcome.BUSY),
        ("NOANSWER", "", Outcome.NO_ANSWER),
        ("CHANUNAVAIL", "SIP 480 Temporarily Unavailable", Outcome.NO_ANSWER),
        ("CHANUNAVAIL", "SIP 404 Not Found", Outcome.NO_ROUTE),
        ("CONGESTION", "SIP 503 Service Unavailable", Outcome.FAILED),
        ("", "", Outcome.FAILED),
        ("CHANUNAVAIL", "nonsense", Outcome.FAILED),
    ],
)
def test_how_dialling_ended(status: str, cause: str, outcome: Outcome) -> None:
    assert dial_outcome(status, cause) is outcome


def step(which: Step, after_s: float, **data: str | int | float | bool | None) -> CallEvent:
    return CallEvent(
        linkedid="call-back-1-1",
        at=AT + timedelta(seconds=after_s),
        kind=Kind.CALL_BACK,
        data={"call_back": 1, "step": which.value, **data},
    )


TALK = [
    step(Step.STARTED, 0),
    step(Step.RANG, 1),
    step(Step.ANSWERED, 4),
    step(Step.RINGING, 6),
    step(Step.REACHED, 10),
    step(Step.TALKED, 11.5),
    step(Step.ENDED, 70, path="a.wav", seconds=60.0, language="zh"),
    step(Step.RATED, 75, digit="2"),
]


@pytest.mark.rule("H10")
def test_a_talk() -> None:
    done = fold_call_back(attempt(), TALK)
    assert (done.state, done.outcome, done.digit) == (State.ENDED, Outcome.REACHED, "2")
    assert (done.greeting_ms, done.talk_ms, done.recording) == (1500, 60000, "a.wav")
    assert done.linkedid == "call-back-1-1"


@given(st.permutations(TALK))
def test_the_order_in_which_events_come_does_not_matter(events: list[CallEvent]) -> None:
    assert fold_call_back(attempt(), events) == fold_call_back(attempt(), TALK)


@given(st.lists(st.sampled_from(TALK), unique_by=lambda event: event.data["step"]))
def test_spans_are_never_negative_and_an_end_is_an_end(events: list[CallEvent]) -> None:
    done = fold_call_back(attempt(), events)
    assert (done.state is State.ENDED) == (done.outcome is not None) == (done.ended_at is not None)
    assert all(span is None or span >= 0 for span in (done.greeting_ms, done.talk_ms))


@pytest.mark.parametrize(
    ("events", "outcome", "reason"),
    [
        ([step(Step.STARTED, 0), step(Step.ENDED, 30)], Outcome.OWNER_NO_ANSWER, None),
        ([step(Step.STARTED, 0), step(Step.ANSWERED, 3), step(Step.ENDED, 9)], Outcome.GIVEN_UP, None),
        (
            [
                step(Step.STARTED, 0),
                step(Step.ANSWERED, 3),
                step(Step.DIALLED, 9, outcome="busy", reason="sip 486"),
                step(Step.ENDED, 12),
            ],
            Outcome.BUSY,
            "sip 486",
        ),
        ([step(Step.ENDED, 0, outcome="failed", reason="asterisk_away")], Outcome.FAILED, "asterisk_away"),
    ],
)
def test_nobody_was_reached(events: list[CallEvent], outcome: Outcome, reason: str | None) -> None:
    done = fold_call_back(attempt(), events)
    assert (done.outcome, done.reason, done.talk_ms) == (outcome, reason, None)


def test_it_is_no_call_that_came() -> None:
    assert fold_call(TALK) is None


def test_under_way() -> None:
    asked = attempt()
    assert asked.under_way(AT + FRESH - timedelta(seconds=1))
    assert not asked.under_way(AT + FRESH)
    unseen = attempt(state=State.STARTED, started_at=AT)
    assert unseen.under_way(AT + UNSEEN - timedelta(seconds=1))
    assert not unseen.under_way(AT + UNSEEN)
    started = attempt(state=State.STARTED, started_at=AT, rang_at=AT)
    assert started.under_way(AT + LONGEST - timedelta(seconds=1))
    assert not started.under_way(AT + LONGEST)
    assert not attempt(state=State.ENDED).under_way(AT)


def test_when_a_leg_answered() -> None:
    assert answered_before(AT, "1500") == AT - timedelta(milliseconds=1500)
    assert answered_before(AT, "") == AT


def tried(at: datetime, outcome: Outcome = Outcome.NO_ANSWER, **values: object) -> CallBack:
    return attempt(requested_at=at, ended_at=at, state=State.ENDED, outcome=outcome, **values)


WEEKEND = local(23, 8, 30)


@pytest.mark.parametrize(
    ("last", "due_at", "now", "proposed"),
    [
        # Friday 10:00, due Monday 17:30: 2 + 3.5 h today and 7 h on Monday = 12.5 h; a quarter is 3 h 7.5 min: 2 h
        # until noon, 1 h 7.5 min from 14:00
        (local(20, 10), local(23, 17, 30), local(20, 10, 1), local(20, 15, 7) + timedelta(seconds=30)),
        # due in three weeks: four hours at most, 2 before noon and 2 after 14:00
        (local(20, 10), datetime(2026, 12, 11, 17, 30, tzinfo=ZONE), local(20, 10, 1), local(20, 16)),
        # due today 11:00: a quarter of an hour is less than the half hour that it takes at least
        (local(20, 10), local(20, 11), local(20, 10, 1), local(20, 10, 30)),
        # due in 20 minutes: half of them
        (local(20, 10), local(20, 10, 20), local(20, 10, 1), local(20, 10, 10)),
        # late, or no due time: after half an hour
        (local(20, 10), local(19, 17, 30), local(20, 10, 1), local(20, 10, 30)),
        (local(20, 10), None, local(20, 10, 1), local(20, 10, 30)),
        # half an hour of working time after 17:15 on Friday is Monday 8:45; after 17:00 the opening, not closing time
        (local(20, 17, 15), None, local(20, 17, 16), local(23, 8, 45)),
        (local(20, 17), None, local(20, 17, 1), WEEKEND),
        # tried on Saturday
        (local(21, 10), None, local(21, 10, 1), local(23, 9)),
        # what was proposed is past: now, if the centre is open
        (local(20, 10), None, local(20, 15), local(20, 15)),
        (local(20, 10), None, local(20, 12, 30), local(20, 14)),
    ],
)
@pytest.mark.rule("H12", "H40")
def test_the_next_attempt(
    rule_book: RuleBook, last: datetime, due_at: datetime | None, now: datetime, proposed: datetime
) -> None:
    calendar = rule_book.of("huizhou-school").calendar
    assert next_attempt([tried(last)], due_at, now, calendar) == proposed


@pytest.mark.parametrize("outcome", [Outcome.GIVEN_UP, Outcome.OWNER_NO_ANSWER, Outcome.FAILED])
def test_what_failed_on_our_side_is_repeated_at_once(rule_book: RuleBook, outcome: Outcome) -> None:
    calendar = rule_book.of("huizhou-school").calendar
    now = local(20, 10, 1)
    assert next_attempt([tried(local(20, 10), outcome)], local(23, 17, 30), now, calendar) == now
    assert next_attempt([tried(local(20, 18), outcome)], None, local(20, 18, 5), calendar) == WEEKEND


def test_nothing_is_proposed(rule_book: RuleBook) -> None:
    calendar = rule_book.of("huizhou-school").calendar
    now = local(20, 12)
    assert next_attempt([], None, now, calendar) is None
    assert next_attempt([tried(local(20, 10), Outcome.NO_ROUTE)], None, now, calendar) is None
    attempts = [tried(local(20, 9)), tried(local(20, 10), Outcome.REACHED)]
    assert next_attempt(attempts, None, now, calendar) is None
    assert next_attempt([attempt(requested_at=now)], None, now, calendar) is None


@given(
    tried_at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 1)),
    due_h=st.integers(-100, 500),
    later_s=st.integers(0, 400_000),
)
def test_a_proposal_is_open_and_not_past(
    rule_book: RuleBook, tried_at: datetime, due_h: int, later_s: int
) -> None:
    calendar = rule_book.of("huizhou-school").calendar
    began = tried_at.replace(tzinfo=UTC)
    now, due_at = began + timedelta(seconds=later_s), began + timedelta(hours=due_h)
    proposed = next_attempt([tried(began)], due_at, now, calendar)
    assert proposed is not None
    assert proposed >= now
    sessions = calendar.sessions(proposed.astimezone(ZONE).date())
    assert any(opens <= proposed < closes for opens, closes in sessions)


@given(tried_at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 1)), due_h=st.integers(1, 500))
def test_a_proposal_lies_before_the_due_time_while_there_is_working_time(
    rule_book: RuleBook, tried_at: datetime, due_h: int
) -> None:
    calendar = rule_book.of("huizhou-school").calendar
    began = tried_at.replace(tzinfo=UTC)
    due_at = began + timedelta(hours=due_h)
    open_before = any(
        opens < due_at and closes > began
        for day in range((due_at - began).days + 2)
        for opens, closes in calendar.sessions((began + timedelta(days=day)).astimezone(ZONE).date())
    )
    proposed = next_attempt([tried(began)], due_at, began, calendar)
    assert proposed is not None
    if open_before:
        assert proposed < due_at
