"""The report of answer times: what is counted, each figure with its formula in words, and rates of the counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.domain.clocks import Elapsed
from callcenter.domain.policy import Policy, RuleBook


def N_(message: str) -> str:
    """Marks a message for the console's catalogue; it is translated where it is shown."""
    return message


class Dimension(StrEnum):
    """What a row of the report stands for."""

    TOTAL = "total"
    PERSON = "person"
    LINE = "line"
    HOUR = "hour"
    DAY = "day"


Group = tuple[Dimension, str]
"""A row's place: the dimension and, within it, an extension, a line, an hour `00` to `23` or a day `2026-11-23`."""

TOTAL: Group = (Dimension.TOTAL, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Up to where a span is in time; exactly at the limit still is. `greeting` None: the policy sets none."""

    answer: timedelta
    greeting: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTally:
    """Calls that arrived, counted; spans in milliseconds, None where there is no call to measure."""

    offered: int = 0
    answered: int = 0
    callback: int = 0
    no_answer: int = 0
    abandoned: int = 0
    closed: int = 0
    failed: int = 0
    rebuilt: int = 0
    """Answered calls that the desk did not see itself: their ringing is known only roughly."""
    timed: int = 0
    """Answered calls that it did see."""
    in_threshold: int = 0
    greeting_due: int = 0
    greeted_in_time: int = 0
    wait_avg_ms: float | None = None
    answer_avg_ms: float | None = None
    answer_p50_ms: float | None = None
    answer_p90_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferTally:
    """Transfers asked for: taken over or out of time (`due`), and of these within the limit (`in_time`)."""

    due: int = 0
    in_time: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseTally:
    """Clocks of tickets that are decided."""

    met: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionTally:
    """Answers to "are you satisfied?" by key of the policy's scale; `satisfied`: those that reopen nothing."""

    by_answer: Mapping[str, int] = field(default_factory=dict)
    satisfied: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """Everything counted for one row."""

    calls: CallTally = CallTally()
    transfers: TransferTally = TransferTally()
    promises: PromiseTally = PromiseTally()
    opinions: OpinionTally = OpinionTally()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one row; FIGURES says what each is. None: nothing to divide by, or without meaning there."""

    offered: int | None
    answered: int
    answered_share: float | None
    answered_part: float | None
    callback: int | None
    no_answer: int | None
    abandoned: int | None
    closed: int | None
    failed: int | None
    rebuilt: int
    answer_avg_ms: int | None
    answer_p50_ms: int | None
    answer_p90_ms: int | None
    wait_avg_ms: int | None
    within_threshold: float | None
    greeted_in_time: float | None
    transfers: int
    transfers_in_time: float | None
    promises: int
    promises_kept: float | None
    opinions: int
    satisfied: float | None
    satisfaction: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: `key` is an extension, line, hour or day; `name` a person's."""

    key: str
    name: str | None
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTimes:
    """The report of the calls that arrived, and the tickets that were registered, from `start` until before `end`."""

    start: datetime
    end: datetime
    limits: Limits
    total: Row
    people: tuple[Row, ...]
    lines: tuple[Row, ...]
    hours: tuple[Row, ...]
    days: tuple[Row, ...]

    def of_person_alone(self, extension: str) -> AnswerTimes:
        """What a member of staff may see (T31): the centre as a whole and themselves, no colleague."""
        return replace(self, people=tuple(row for row in self.people if row.key == extension))


class Unit(StrEnum):
    """How a figure is written."""

    COUNT = "count"
    SPAN = "span"
    SHARE = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A field of Figures for its readers: what it is called, and its formula in words."""

    key: str
    unit: Unit
    title: str
    formula: str


def _figure(key: str, unit: Unit, title: str, formula: str) -> Figure:
    return Figure(key=key, unit=unit, title=title, formula=formula)


FIGURES: tuple[Figure, ...] = (
    _figure(
        "offered",
        Unit.COUNT,
        N_("Offered"),
        N_(
            "All calls that arrived on a line in the period, those under way and those on a closed line included. "
            "Empty for a person: the line rings everybody on duty, so a call is offered to all of them."
        ),
    ),
    _figure(
        "answered",
        Unit.COUNT,
        N_("Answered"),
        N_(
            "Offered calls in which a member of staff spoke with the caller; they count for the person who "
            "answered first, whoever spoke later."
        ),
    ),
    _figure(
        "answered_share",
        Unit.SHARE,
        N_("Share answered"),
        N_("Answered calls divided by offered calls. Empty without offered calls, and for a person."),
    ),
    _figure(
        "answered_part",
        Unit.SHARE,
        N_("Part of all answered"),
        N_(
            "For a person: the calls that they answered first divided by all answered calls of the period. "
            "Empty without answered calls, and for rows that are no person."
        ),
    ),
    _figure(
        "callback",
        Unit.COUNT,
        N_("Message left"),
        N_("Offered calls that nobody answered and whose caller left a message, which became a ticket."),
    ),
    _figure(
        "no_answer",
        Unit.COUNT,
        N_("Not answered"),
        N_("Offered calls without answer or message whose caller waited until the ring timeout."),
    ),
    _figure(
        "abandoned",
        Unit.COUNT,
        N_("Abandoned"),
        N_("Offered calls without answer or message whose caller hung up before the ring timeout."),
    ),
    _figure(
        "closed",
        Unit.COUNT,
        N_("Line closed"),
        N_("Offered calls that found the line closed and left no message."),
    ),
    _figure("failed", Unit.COUNT, N_("Our fault"), N_("Offered calls that ended because the desk failed.")),
    _figure(
        "rebuilt",
        Unit.COUNT,
        N_("Rebuilt"),
        N_(
            "Answered calls that were read from the record of Asterisk afterwards, because the desk was away. "
            "When the phone began to ring is known only roughly and the greeting not at all: they are left out "
            "of the times to answer and of the greetings, and count everywhere else."
        ),
    ),
    _figure(
        "answer_avg_ms",
        Unit.SPAN,
        N_("Average time to answer"),
        N_(
            "Sum of the spans from the first ringing phone to the answer, divided by their number: answered "
            "calls without the rebuilt ones. Empty without such calls."
        ),
    ),
    _figure(
        "answer_p50_ms",
        Unit.SPAN,
        N_("Half answered within"),
        N_(
            "The span within which half of the answered calls, without the rebuilt ones, were answered (50th "
            "percentile of ringing to answer, interpolated). Empty without such calls."
        ),
    ),
    _figure(
        "answer_p90_ms",
        Unit.SPAN,
        N_("Nine in ten answered within"),
        N_(
            "The span within which nine in ten of the answered calls, without the rebuilt ones, were answered "
            "(90th percentile of ringing to answer, interpolated). Empty without such calls."
        ),
    ),
    _figure(
        "wait_avg_ms",
        Unit.SPAN,
        N_("Average wait"),
        N_(
            "Sum of the spans from arrival to answer, the welcome included, divided by the number of answered "
            "calls, the rebuilt ones among them. Empty without answered calls."
        ),
    ),
    _figure(
        "within_threshold",
        Unit.SHARE,
        N_("Answered within %(threshold)s s"),
        N_(
            "Answered calls that rang for at most %(threshold)s s divided by all answered calls, both without "
            "the rebuilt ones. Empty without such calls."
        ),
    ),
    _figure(
        "greeted_in_time",
        Unit.SHARE,
        N_("Greeted in time"),
        N_(
            "Answered calls whose first responder began to speak at most %(greeting)s s after the answer, "
            "divided by all answered calls (H10). A call in which no greeting was heard counts as not greeted in "
            "time, unless it ended before that. Left out: rebuilt calls. Empty without such calls, and if the "
            "policy sets no limit."
        ),
    ),
    _figure(
        "transfers",
        Unit.COUNT,
        N_("Transfers"),
        N_(
            "Transfers in calls of the period that a colleague took over or that ran out of time; they count for "
            "the person who asked. Left out: those refused, not answered or called off, which went back to the "
            "first responder."
        ),
    ),
    _figure(
        "transfers_in_time",
        Unit.SHARE,
        N_("Transfers in time"),
        N_(
            "Transfers that a colleague took over within the limit that was set when they were asked for, divided "
            "by all transfers that were taken over or ran out of time (H11). Empty without such transfers."
        ),
    ),
    _figure(
        "promises",
        Unit.COUNT,
        N_("Promises"),
        N_(
            "Clocks of the tickets registered in the period, from every channel, that are decided: met, or missed "
            "because their time ran out. They count for the ticket's owner. Clocks that still run, wait or were "
            "cancelled are left out. In the row of a line: tickets of its calls."
        ),
    ),
    _figure(
        "promises_kept",
        Unit.SHARE,
        N_("Promises kept"),
        N_("Clocks met divided by clocks met or missed. Empty while none is decided."),
    ),
    _figure(
        "opinions",
        Unit.COUNT,
        N_("Opinions"),
        N_(
            "Tickets registered in the period whose person served said how satisfied they are (H32); the latest "
            "answer of each ticket, for the ticket's owner. Left out: those who gave no opinion."
        ),
    ),
    _figure(
        "satisfied",
        Unit.SHARE,
        N_("Satisfied"),
        N_(
            "Opinions for which the policy does not open the matter again, divided by all opinions. Empty "
            "without opinions."
        ),
    ),
)


def limit_texts(limits: Limits) -> Mapping[str, str]:
    """The limits as formulas name them, in seconds; an absent one is a dash."""
    greeting = limits.greeting
    return {
        "threshold": f"{limits.answer.total_seconds():g}",
        "greeting": f"{greeting.total_seconds():g}" if greeting is not None else "–",
    }


def in_words(message: str, limits: Limits, translate: Callable[[str], str] = str) -> str:
    """A title or formula in the reader's language, with the limits in place."""
    text = translate(message)
    for name, value in limit_texts(limits).items():
        text = text.replace(f"%({name})s", value)
    return text


def greeting_limit(policy: Policy) -> timedelta | None:
    """Until when a greeting has to begin after the answer (H10); None if the policy has no such clock."""
    for clock in policy.clocks.values():
        if "greeted" in clock.stops and isinstance(clock.limit, Elapsed):
            return clock.limit.span
    return None


def is_satisfied(book: RuleBook, policy: str, answer: str) -> bool:
    """Whether an answer leaves the matter at rest; one that the policy does not know (any more) does not."""
    rules = book.by_name.get(policy)
    meaning = rules.policy.answer(answer) if rules else None
    return meaning is not None and not meaning.reopens


def is_opinion(book: RuleBook, policy: str, answer: str) -> bool:
    """Whether an answer says how satisfied somebody is; what only notes that nobody said it has no digit."""
    rules = book.by_name.get(policy)
    meaning = rules.policy.answer(answer) if rules else None
    return meaning is not None and (meaning.digit is not None or meaning.reopens)


def no_opinions(book: RuleBook) -> list[tuple[str, str]]:
    """Policy and key of every answer that only notes that no opinion was given."""
    return [
        (rules.policy.name, answer.key)
        for rules in book.by_name.values()
        for answer in rules.policy.satisfaction
        if not is_opinion(book, rules.policy.name, answer.key)
    ]


def share(part: int, whole: int) -> float | None:
    """`part` of `whole`, 0 to 1; None if there is no whole."""
    return part / whole if whole else None


def figures_of(tallies: Tallies, *, answered_by_all: int | None = None) -> Figures:
    """The figures of a row; for a person's, `answered_by_all` is how many calls all people answered."""
    calls, transfers = tallies.calls, tallies.transfers
    promises, opinions = tallies.promises, tallies.opinions
    a_person = answered_by_all is not None
    decided, given = promises.met + promises.missed, sum(opinions.by_answer.values())

    def of_a_line(count: int) -> int | None:
        return None if a_person else count

    return Figures(
        offered=of_a_line(calls.offered),
        answered=calls.answered,
        answered_share=None if a_person else share(calls.answered, calls.offered),
        answered_part=share(calls.answered, answered_by_all) if answered_by_all is not None else None,
        callback=of_a_line(calls.callback),
        no_answer=of_a_line(calls.no_answer),
        abandoned=of_a_line(calls.abandoned),
        closed=of_a_line(calls.closed),
        failed=of_a_line(calls.failed),
        rebuilt=calls.rebuilt,
        answer_avg_ms=_ms(calls.answer_avg_ms),
        answer_p50_ms=_ms(calls.answer_p50_ms),
        answer_p90_ms=_ms(calls.answer_p90_ms),
        wait_avg_ms=_ms(calls.wait_avg_ms),
        within_threshold=share(calls.in_threshold, calls.timed),
        greeted_in_time=share(calls.greeted_in_time, calls.greeting_due),
        transfers=transfers.due,
        transfers_in_time=share(transfers.in_time, transfers.due),
        promises=decided,
        promises_kept=share(promises.met, decided),
        opinions=given,
        satisfied=share(opinions.satisfied, given),
        satisfaction=dict(sorted(opinions.by_answer.items())),
    )


def _ms(value: float | None) -> int | None:
    return None if value is None else round(value)


def report_of(
    counted: Mapping[Group, Tallies],
    names: Mapping[str, str],
    *,
    start: datetime,
    end: datetime,
    limits: Limits,
) -> AnswerTimes:
    """The report of what was counted. `names`: people's, by extension; who has none is called by extension."""
    total = counted.get(TOTAL, Tallies())

    def rows(dimension: Dimension) -> tuple[Row, ...]:
        people = dimension is Dimension.PERSON
        return tuple(
            Row(
                key=key,
                name=names.get(key, key) if people else None,
                figures=figures_of(
                    counted[dimension, key], answered_by_all=total.calls.answered if people else None
                ),
            )
            for key in sorted(key for found, key in counted if found is dimension)
        )

    return AnswerTimes(
        start=start,
        end=end,
        limits=limits,
        total=Row(key="", name=None, figures=figures_of(total)),
        people=rows(Dimension.PERSON),
        lines=rows(Dimension.LINE),
        hours=rows(Dimension.HOUR),
        days=rows(Dimension.DAY),
    )
