"""The report of answer times: the database counts, the domain divides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from callcenter.domain.answer_times import (
    AnswerTimes,
    CallTally,
    Dimension,
    Group,
    Limits,
    OpinionTally,
    PromiseTally,
    Tallies,
    TransferTally,
    greeting_limit,
    is_opinion,
    is_satisfied,
    report_of,
)
from callcenter.domain.periods import Period
from callcenter.domain.policy import RuleBook

Opinions = Mapping[Group, Mapping[tuple[str, str], int]]
"""For each row how many answers there are, by policy and answer."""


class CallReports(Protocol):
    """Counts over a period; see `callcenter.db.call_reports`."""

    def calls(
        self, period: Period, zone: ZoneInfo, limits: Limits, now: datetime
    ) -> Mapping[Group, CallTally]: ...
    def transfers(self, period: Period, zone: ZoneInfo) -> Mapping[Group, TransferTally]: ...
    def promises(self, period: Period, zone: ZoneInfo, now: datetime) -> Mapping[Group, PromiseTally]: ...
    def opinions(self, period: Period, zone: ZoneInfo) -> Opinions: ...
    def names(self, extensions: frozenset[str]) -> Mapping[str, str]: ...


class ReportUnitOfWork(Protocol):
    """What the report reads."""

    @property
    def call_reports(self) -> CallReports: ...
    @property
    def rules(self) -> RuleBook: ...


def answer_times(
    uow: ReportUnitOfWork, period: Period, *, zone: ZoneInfo, threshold: timedelta, now: datetime
) -> AnswerTimes:
    """The report of a period, everybody in it; days and hours are those of `zone`.

    The limit of the greeting is that of the policy for new tickets. Answered within `threshold` is within.
    """
    limits = limits_of(uow.rules, threshold)
    found = uow.call_reports
    counted: dict[Group, Tallies] = {}

    def row(group: Group) -> Tallies:
        return counted.get(group, Tallies())

    for group, calls in found.calls(period, zone, limits, now).items():
        counted[group] = replace(row(group), calls=calls)
    for group, transfers in found.transfers(period, zone).items():
        counted[group] = replace(row(group), transfers=transfers)
    for group, promises in found.promises(period, zone, now).items():
        counted[group] = replace(row(group), promises=promises)
    for group, opinions in found.opinions(period, zone).items():
        counted[group] = replace(row(group), opinions=_tally(opinions, uow.rules))
    people = frozenset(key for dimension, key in counted if dimension is Dimension.PERSON)
    return report_of(counted, found.names(people), start=period.start, end=period.end, limits=limits)


def limits_of(book: RuleBook, threshold: timedelta) -> Limits:
    """The limits that the report holds calls to."""
    return Limits(answer=threshold, greeting=greeting_limit(book.of(book.default).policy))


def _tally(opinions: Mapping[tuple[str, str], int], book: RuleBook) -> OpinionTally:
    by_answer: dict[str, int] = {}
    satisfied = 0
    for (policy, answer), count in opinions.items():
        if not is_opinion(book, policy, answer):
            continue
        by_answer[answer] = by_answer.get(answer, 0) + count
        satisfied += count if is_satisfied(book, policy, answer) else 0
    return OpinionTally(by_answer=by_answer, satisfied=satisfied)
