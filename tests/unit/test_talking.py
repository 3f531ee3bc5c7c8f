"""Who has a caller now, of the calls that have not ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from callcenter.domain.calls import Call, Handoff, HandoffOutcome, Mode, Person
from callcenter.domain.fold import talking

AT = datetime(2026, 11, 16, 2, tzinfo=UTC)
WANG, LI, ZHANG = (
    Person(extension=extension, name=name)
    for extension, name in (("101", "王敏"), ("102", "李静"), ("103", "张伟"))
)
RINGING = Call(linkedid="1.1", line="8000", caller=None, caller_name=None, arrived_at=AT)
ANSWERED = replace(RINGING, first_responder=WANG, answered_at=AT + timedelta(seconds=5))


def handed(outcome: HandoffOutcome | None) -> Call:
    """Wang's call, which Li was asked to take over."""
    asked_at = AT + timedelta(seconds=30)
    asked = Handoff(mode=Mode.LIVE, from_=WANG, to=LI, requested_at=asked_at, outcome=outcome)
    return replace(ANSWERED, handoffs=(asked,))


def test_whoever_answered_has_the_caller() -> None:
    assert talking([]) == frozenset()
    assert talking([RINGING]) == frozenset()
    assert talking([ANSWERED, replace(ANSWERED, first_responder=ZHANG)]) == {"101", "103"}


def test_after_a_handoff_the_colleague_has_the_caller() -> None:
    assert talking([handed(HandoffOutcome.ACCEPTED)]) == {"102"}
    assert talking([handed(HandoffOutcome.REFUSED)]) == {"101"}
    assert talking([handed(None)]) == {"101"}
