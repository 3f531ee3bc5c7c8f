"""A call back to the person whom a ticket is about: which number, how an attempt went, when to try again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.domain.calendar import WorkingCalendar
from callcenter.domain.calls import CallEvent, Kind
from callcenter.errors import ShouwenError

FRESH = timedelta(seconds=30)
"""Older than this a request is not dialled any more: whoever clicked has given up on it."""
LONGEST = timedelta(hours=4)
"""No talk lasts so long: an attempt without an end after it has lost it."""
UNSEEN = timedelta(minutes=2)
"""A desk that took a request and did not ring the phone for so long died in between."""
PREFIX = "call-back-"
"""How the linkedid of a call that we place begins; those of calls that come begin with a digit."""
LINES = frozenset({"8000", "8001", "8002", "8003"})
"""Our own lines: a call back to one would be a caller of ours."""

_SEPARATORS = re.compile(r"[\s\-().\u2010-\u2015\uff08\uff09]+")
_NUMBER = re.compile(r"\+?[0-9]{3,15}")


class State(StrEnum):
    """Where an attempt stands: clicked, taken by the desk, over."""

    REQUESTED = "requested"
    STARTED = "started"
    ENDED = "ended"


class Outcome(StrEnum):
    """How an attempt ended. `given_up`: the member of staff hung up before anybody answered."""

    REACHED = "reached"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    NO_ROUTE = "no_route"
    OWNER_NO_ANSWER = "owner_no_answer"
    GIVEN_UP = "given_up"
    FAILED = "failed"


class Step(StrEnum):
    """What happens in an attempt; `step` of an event of `Kind.CALL_BACK`.

    RANG and ANSWERED are the desk phone's, RINGING and REACHED those of the called person. DIALLED says how dialling
    ended, ENDED is the end of the talk or of the attempt, RATED the key pressed after it.
    """

    STARTED = "started"
    RANG = "rang"
    ANSWERED = "answered"
    RINGING = "ringing"
    REACHED = "reached"
    TALKED = "talked"
    DIALLED = "dialled"
    ENDED = "ended"
    RATED = "rated"


class NoNumber(ShouwenError):
    """The ticket has no number to call back: it was withheld, or nobody wrote it down."""


class BadNumber(ShouwenError):
    """The ticket's number cannot be dialled: write 3 to 15 digits, with + before a country's code."""


class NumberBarred(ShouwenError):
    """The ticket's number is one that is never called back: one of our own lines, or an emergency number."""


class OwnPhone(ShouwenError):
    """The ticket's number is the very phone that would ring first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """One attempt. `number` is the ticket's, as it was dialled; spans are whole milliseconds.

    `greeting_ms`: from the called person's answer to the first word of the member of staff (H10). `digit`: the key
    of satisfaction; `satisfaction`: the policy's key of it once the ticket has it.
    """

    id: int
    ticket: str
    extension: str
    number: str
    requested_by: str
    requested_at: datetime
    state: State = State.REQUESTED
    outcome: Outcome | None = None
    reason: str | None = None
    linkedid: str | None = None
    started_at: datetime | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ringing_at: datetime | None = None
    reached_at: datetime | None = None
    ended_at: datetime | None = None
    greeting_ms: int | None = None
    talk_ms: int | None = None
    recording: str | None = None
    digit: str | None = None
    satisfaction: str | None = None

    def under_way(self, now: datetime) -> bool:
        """Whether it may still ring or talk at `now`; one whose end was lost is over after a while."""
        if self.state is State.REQUESTED:
            return now - self.requested_at < FRESH
        seen = self.rang_at is not None or self.answered_at is not None
        limit = LONGEST if seen else UNSEEN
        return self.state is State.STARTED and now - (self.started_at or self.requested_at) < limit


def dialable(phone: str | None, *, barred: Collection[str] = (), own: str = "") -> str:
    """The number to dial: `phone` without spaces, dashes and brackets, digits with an optional +.

    Raises NoNumber, BadNumber, NumberBarred (one of our lines, or of `barred`), OwnPhone (`own`).
    """
    number = _SEPARATORS.sub("", phone or "")
    if not number:
        raise NoNumber
    if not _NUMBER.fullmatch(number):
        raise BadNumber
    if number in LINES or number.lstrip("+") in barred:
        raise NumberBarred
    if number == own:
        raise OwnPhone
    return number


_SIP_OUTCOMES: Mapping[int, Outcome] = {
    404: Outcome.NO_ROUTE,
    410: Outcome.NO_ROUTE,
    484: Outcome.NO_ROUTE,
    604: Outcome.NO_ROUTE,
    486: Outcome.BUSY,
    600: Outcome.BUSY,
    603: Outcome.BUSY,
    408: Outcome.NO_ANSWER,
    480: Outcome.NO_ANSWER,
    487: Outcome.NO_ANSWER,
}
_DIAL_OUTCOMES: Mapping[str, Outcome] = {
    "ANSWER": Outcome.REACHED,
    "CANCEL": Outcome.GIVEN_UP,
    "BUSY": Outcome.BUSY,
    "NOANSWER": Outcome.NO_ANSWER,
}


def dial_outcome(status: str, cause: str) -> Outcome:
    """How dialling ended, from Asterisk's DIALSTATUS and the SIP answer of the leg, such as "SIP 486 Busy Here".

    A refusal (603) counts as busy: somebody was there. What the network cannot find is `no_route`.
    """
    if status not in ("ANSWER", "CANCEL"):
        answer = re.match(r"SIP (\d{3})", cause)
        known = _SIP_OUTCOMES.get(int(answer[1])) if answer else None
        if known is not None:
            return known
    return _DIAL_OUTCOMES.get(status, Outcome.FAILED)


def fold_call_back(requested: CallBack, events: Iterable[CallEvent]) -> CallBack:
    """The attempt after its events, in whatever order they came; what is not of a call back is passed over."""
    steps: dict[Step, list[CallEvent]] = {step: [] for step in Step}
    for event in sorted((e for e in events if e.kind is Kind.CALL_BACK), key=lambda event: event.at):
        steps[Step(str(event.data["step"]))].append(event)

    def first(step: Step) -> datetime | None:
        return steps[step][0].at if steps[step] else None

    started, reached, ended = first(Step.STARTED), first(Step.REACHED), first(Step.ENDED)
    answered = first(Step.ANSWERED)
    talked = [event.at for event in steps[Step.TALKED] if reached and event.at >= reached]
    rated = [str(event.data["digit"]) for event in steps[Step.RATED]]
    files = [str(event.data["path"]) for event in steps[Step.ENDED] if event.data.get("path")]
    told = [event for event in (*steps[Step.DIALLED], *steps[Step.ENDED]) if event.data.get("outcome")]
    outcome = Outcome(str(told[0].data["outcome"])) if told else None
    reasons = [str(event.data["reason"]) for event in told if event.data.get("reason")]
    if ended is not None and outcome is None:
        outcome = Outcome.GIVEN_UP if answered else Outcome.OWNER_NO_ANSWER
    if reached is not None and ended is not None:
        outcome, reasons = Outcome.REACHED, []
    return replace(
        requested,
        state=State.ENDED if ended else State.STARTED if started else requested.state,
        outcome=outcome if ended else None,
        reason=reasons[0] if reasons and ended else None,
        linkedid=steps[Step.STARTED][0].linkedid if started else requested.linkedid,
        started_at=requested.started_at or started,
        rang_at=first(Step.RANG) or answered,
        answered_at=answered,
        ringing_at=first(Step.RINGING) or reached,
        reached_at=reached,
        ended_at=ended,
        greeting_ms=_ms(talked[0] - reached) if talked and reached else None,
        talk_ms=_ms(ended - reached) if reached and ended else None,
        recording=files[0] if files else None,
        digit=rated[0] if rated else None,
    )


def _ms(span: timedelta) -> int:
    return max(0, round(span / timedelta(milliseconds=1)))


TRIES_LEFT = 3
"""So many more attempts should find room before the due time."""
SOONEST, LATEST = timedelta(minutes=30), timedelta(hours=4)
"""How much working time lies between two attempts, at least and at most."""
_HORIZON_DAYS = 60


def next_attempt(
    attempts: Sequence[CallBack], due_at: datetime | None, now: datetime, calendar: WorkingCalendar
) -> datetime | None:
    """When to call again after the latest attempt did not reach anybody; None when it did, or none was made.

    The working time left until `due_at` is shared between the attempts to come: a quarter of it lies before the next,
    at least 30 minutes and at most 4 hours, so that another time of day is tried. With less than that left, half of it.
    Late, or without a due time: after 30 minutes of working time. Never before `now`, always while the centre is open.
    An attempt that the member of staff broke off, or that failed on our side, may be repeated at once; a number that
    the network does not know is tried no more until somebody looks at it.
    """
    last = max(attempts, key=lambda attempt: attempt.requested_at, default=None)
    if last is None or last.outcome in (None, Outcome.REACHED, Outcome.NO_ROUTE):
        return None
    tried_at = last.ended_at or last.requested_at
    if last.outcome not in (Outcome.BUSY, Outcome.NO_ANSWER):
        return _after(calendar, max(now, tried_at), timedelta())
    left = _open_time(calendar, tried_at, due_at) if due_at is not None else timedelta()
    wait = min(max(left / (TRIES_LEFT + 1), SOONEST), LATEST)
    if timedelta() < left <= wait:
        wait = left / 2
    proposed = _after(calendar, tried_at, wait)
    return proposed if proposed is None or proposed >= now else _after(calendar, now, timedelta())


def _sessions(
    calendar: WorkingCalendar, start: datetime, days: int = _HORIZON_DAYS
) -> Iterable[tuple[datetime, datetime]]:
    """The open spans from `start` on, the one that it falls into cut."""
    day = start.astimezone(calendar.zone).date()
    for _ in range(days):
        for opens, closes in calendar.sessions(day):
            if closes > start:
                yield max(opens, start), closes
        day += timedelta(days=1)


def _open_time(calendar: WorkingCalendar, start: datetime, until: datetime) -> timedelta:
    total = timedelta()
    for opens, closes in _sessions(calendar, start):
        if opens >= until:
            break
        total += min(closes, until) - opens
    return total


def _after(calendar: WorkingCalendar, start: datetime, wait: timedelta) -> datetime | None:
    """The instant after so much working time; closing time itself is the next opening. None: no day in sight."""
    for opens, closes in _sessions(calendar, start):
        if wait < closes - opens:
            return opens + wait
        wait -= closes - opens
    return None
