"""The analysis of inquiries, suggestions and complaints (H43, S50), and the directory of offices (S1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from callcenter.domain.analysis import Analysis, By, Counts, Only, analysis_of
from callcenter.domain.calls import Person
from callcenter.domain.periods import Period
from callcenter.domain.policy import Office, RuleBook
from callcenter.domain.scores import opinion_keys
from callcenter.domain.tickets import Status
from callcenter.errors import ShouwenError

PolicyAnswer = tuple[str, str]
"""A policy and a key of its satisfaction scale."""


class UnknownOffice(ShouwenError):
    """The policy has no such office."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is counted: matters of `period` as they stand at `now`, and which answers are opinions."""

    period: Period
    now: datetime
    opinions: Sequence[PolicyAnswer]
    not_satisfied: Sequence[PolicyAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMatter:
    """A matter behind a figure, without anything personal of the caller."""

    number: str
    registered_at: datetime
    kind: str
    policy: str
    status: Status
    owner: Person | None


class AnalysisCounts(Protocol):
    """Counts over a period; see `callcenter.db.analysis`."""

    def counts(self, measure: Measure, zone: ZoneInfo) -> Mapping[tuple[By, str], Counts]: ...
    def behind(
        self, measure: Measure, zone: ZoneInfo, by: By, key: str, only: Only, limit: int
    ) -> list[FoundMatter]: ...
    def open_at(self, office: str, limit: int) -> list[FoundMatter]: ...
    def open_by_office(self) -> Mapping[str, int]: ...


class AnalysisUnitOfWork(Protocol):
    """What the analysis reads."""

    @property
    def analysis(self) -> AnalysisCounts: ...
    @property
    def rules(self) -> RuleBook: ...


def analyse(uow: AnalysisUnitOfWork, period: Period, *, zone: ZoneInfo, now: datetime) -> Analysis:
    """The matters registered in the period; months are those of `zone`."""
    counted = uow.analysis.counts(_measure(uow.rules, period, now), zone)
    return analysis_of(counted, start=period.start, end=period.end)


def matters_behind(
    uow: AnalysisUnitOfWork,
    period: Period,
    *,
    by: By,
    key: str,
    only: Only,
    zone: ZoneInfo,
    now: datetime,
    limit: int,
) -> list[FoundMatter]:
    """At most `limit` of the matters that one figure counts, the newest first."""
    return uow.analysis.behind(_measure(uow.rules, period, now), zone, by, key, only, limit)


def _measure(book: RuleBook, period: Period, now: datetime) -> Measure:
    opinions, not_satisfied = opinion_keys(book)
    return Measure(period=period, now=now, opinions=opinions, not_satisfied=not_satisfied)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOffice:
    """An office of the directory with how many unfinished matters it was passed."""

    office: Office
    open_matters: int


def offices(uow: AnalysisUnitOfWork, words: str = "") -> list[ListedOffice]:
    """The offices of the policy for new tickets; with `words` those whose names, duties or contact hold them all."""
    waiting = uow.analysis.open_by_office()
    wanted = words.casefold().split()
    return [
        ListedOffice(office=office, open_matters=waiting.get(office.key, 0))
        for office in uow.rules.current.policy.offices
        if all(word in _text(office) for word in wanted)
    ]


def _text(office: Office) -> str:
    return " ".join((*office.names.values(), *office.duties.values(), office.contact)).casefold()


def open_matters(uow: AnalysisUnitOfWork, key: str, limit: int) -> tuple[Office, list[FoundMatter]]:
    """An office and at most `limit` unfinished matters that it was passed; raises UnknownOffice."""
    office = next((each for each in uow.rules.current.policy.offices if each.key == key), None)
    if office is None:
        raise UnknownOffice
    return office, uow.analysis.open_at(key, limit)
