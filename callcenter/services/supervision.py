"""Supervision (H60, H61, T40): spot checks by lot, sheets that are filled in once, scores, the yearly list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from callcenter.domain.answer_times import Dimension, Limits, greeting_limit
from callcenter.domain.calls import Person
from callcenter.domain.periods import Period, days
from callcenter.domain.policy import Policy, Score
from callcenter.domain.scores import (
    CHECKS,
    GREETED,
    ON_TIME,
    SATISFIED,
    Place,
    Rate,
    ScoreReport,
    best_first,
    person_score,
    places,
    satisfaction,
)
from callcenter.domain.spot_checks import (
    CheckResult,
    Draw,
    NoSheet,
    NothingToDraw,
    Pool,
    SpotCheck,
    draw_lots,
    read_scores,
)
from callcenter.domain.text import clean
from callcenter.domain.tickets import Ticket
from callcenter.errors import ShouwenError
from callcenter.services.answer_times import CallReports
from callcenter.services.ports import UnitOfWork
from callcenter.services.rules import rules_of
from callcenter.services.ticket_log import UnknownTicket

MOST_AT_ONCE = 100
LONGEST_DRAW = timedelta(days=93)
"""A draw is over a quarter at most: it keeps the numbers of everything that it was drawn from."""
REMARK_LIMIT, REASON_LIMIT = 2000, 400


class BadDraw(ShouwenError):
    """Draw from 1 to 100 matters, out of a period of at most 93 days."""


class UnknownCheck(ShouwenError):
    """There is no such spot check."""


class AlreadyChecked(ShouwenError):
    """It was checked already: a sheet is corrected with a reason, and only by who has seen how it stands."""


class OwnMatter(ShouwenError):
    """Nobody checks their own matter."""


class Checks(Protocol):
    """Spot checks; see `callcenter.db.supervision`."""

    def lock_draws(self) -> None: ...
    def pools(self, period: Period, *, without: str) -> Mapping[str, Pool]: ...
    def add_draw(self, draw: Draw, tickets: Sequence[tuple[str, str, str, str]]) -> list[int]: ...
    def draw(self, draw_id: int) -> Draw | None: ...
    def drawn(self, draw_id: int) -> tuple[str, ...]: ...
    def get(self, check_id: int) -> SpotCheck | None: ...
    def lock(self, check_id: int) -> SpotCheck | None: ...
    def of_ticket(self, number: str) -> SpotCheck | None: ...
    def to_do(self, limit: int) -> list[SpotCheck]: ...
    def done(
        self, period: Period | None, limit: int, *, owner: str | None = None, before: int | None = None
    ) -> list[SpotCheck]: ...
    def add_result(self, check_id: int, seq: int, result: CheckResult) -> None: ...
    def drawn_and_checked(self, period: Period) -> tuple[int, int]: ...
    def points(self, period: Period) -> Mapping[str, Rate]: ...
    def matters(self, period: Period) -> Mapping[str, int]: ...


class SupervisionUnitOfWork(UnitOfWork, Protocol):
    """A unit of work that has spot checks and counts of calls as well."""

    @property
    def supervision(self) -> Checks: ...
    @property
    def call_reports(self) -> CallReports: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfChecks:
    """How many checks the policy wants in a month of the centre, how many were drawn and how many done."""

    first: date
    wanted: int
    drawn: int
    done: int


def draw_checks(
    uow: SupervisionUnitOfWork, *, count: int, period: Period, actor: Person, seed: str, now: datetime
) -> list[SpotCheck]:
    """Draw at most `count` solved matters of the period by lot, an equal share of each person's (H60).

    `seed` comes from the machine, never from a person. Nothing that was drawn before, nothing of the actor's own.
    Raises BadDraw, NoSheet, NothingToDraw.
    """
    if not 1 <= count <= MOST_AT_ONCE or period.end - period.start > LONGEST_DRAW:
        raise BadDraw
    uow.supervision.lock_draws()
    pools = uow.supervision.pools(period, without=actor.extension)
    numbers = draw_lots(pools, count, seed)
    if not numbers:
        raise NothingToDraw
    draw = Draw(
        seed=seed,
        drawn_at=now,
        drawn_by=actor.extension,
        start=period.start,
        end=period.end,
        wanted=count,
        pools=pools,
    )
    tickets = [_drawn(uow, number) for number in numbers]
    ids = uow.supervision.add_draw(draw, tickets)
    return [_there(uow.supervision.get(check_id)) for check_id in ids]


def _drawn(uow: SupervisionUnitOfWork, number: str) -> tuple[str, str, str, str]:
    """A ticket with its owner and the policy whose sheet it is checked by: its own version, else today's."""
    ticket = uow.tickets.get(number)
    if ticket is None or ticket.owner is None:
        raise UnknownTicket(number)
    policy = rules_of(uow, ticket).policy
    if not policy.supervision.scores:
        policy = uow.rules.current.policy
        if not policy.supervision.scores:
            raise NoSheet
    uow.policies.keep(policy)
    return number, ticket.owner.extension, policy.name, policy.digest


def is_reproducible(uow: SupervisionUnitOfWork, draw_id: int) -> bool:
    """Whether the stored seed, over what could be drawn then, gives the tickets that are on file."""
    draw = uow.supervision.draw(draw_id)
    return draw is not None and draw_lots(draw.pools, draw.wanted, draw.seed) == uow.supervision.drawn(
        draw_id
    )


def get_check(uow: SupervisionUnitOfWork, check_id: int) -> SpotCheck:
    """The check; raises UnknownCheck."""
    return _there(uow.supervision.get(check_id))


def _there(check: SpotCheck | None) -> SpotCheck:
    if check is None:
        raise UnknownCheck
    return check


def policy_of(uow: SupervisionUnitOfWork, check: SpotCheck) -> Policy:
    """The policy whose sheet the check is filled in by, as it stood when it was drawn."""
    ticket = uow.tickets.get(check.ticket)
    if ticket is None:
        raise UnknownTicket(check.ticket)
    of_then: Ticket = replace(ticket, policy=check.policy, policy_digest=check.policy_digest)
    return rules_of(uow, of_then).policy


def sheet_of(uow: SupervisionUnitOfWork, check: SpotCheck) -> tuple[Score, ...]:
    """The lines of the check's scoring sheet."""
    return policy_of(uow, check).supervision.scores


def fill_in(
    uow: SupervisionUnitOfWork,
    check_id: int,
    given: Mapping[str, str | int],
    *,
    remark: str,
    actor: Person,
    now: datetime,
    reason: str = "",
    seen: int = 0,
) -> SpotCheck:
    """Fill in the sheet, once; later only with a `reason`, over the `seen` sheets there are, which stay on file.

    Raises UnknownCheck, OwnMatter, AlreadyChecked, BadScores.
    """
    check = _there(uow.supervision.lock(check_id))
    if check.owner.extension == actor.extension:
        raise OwnMatter
    why = clean(reason, REASON_LIMIT)
    if len(check.results) != seen or (check.results and why is None):
        raise AlreadyChecked
    sheet = sheet_of(uow, check)
    scores = read_scores(sheet, given)
    result = CheckResult(
        scores=scores,
        points=sum(scores.values()),
        possible=sum(line.points for line in sheet),
        remark=clean(remark, REMARK_LIMIT) or "",
        reason=why if check.results else None,
        checked_by=actor,
        checked_at=now,
    )
    uow.supervision.add_result(check_id, len(check.results) + 1, result)
    return get_check(uow, check_id)


def month_of_checks(uow: SupervisionUnitOfWork, zone: ZoneInfo, now: datetime) -> MonthOfChecks:
    """How the month of `now` stands."""
    first = now.astimezone(zone).date().replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    drawn, done = uow.supervision.drawn_and_checked(days(first, last, zone))
    wanted = uow.rules.current.policy.supervision.checks_per_month
    return MonthOfChecks(first=first, wanted=wanted, drawn=drawn, done=done)


def scores(uow: SupervisionUnitOfWork, period: Period, *, zone: ZoneInfo, now: datetime) -> ScoreReport:
    """Everybody's score of the period, weighted as the policy for new tickets says; best first.

    Promises, opinions and greetings are counted as in the report of answer times, by the same queries.
    """
    policy = uow.rules.current.policy
    limits = Limits(answer=timedelta(0), greeting=greeting_limit(policy))
    found = uow.call_reports
    rates: dict[str, dict[str, Rate]] = {}

    def add(extension: str, part: str, rate: Rate) -> None:
        rates.setdefault(extension, {})[part] = rate

    for (dimension, key), promises in found.promises(period, zone, now).items():
        if dimension is Dimension.PERSON:
            add(key, ON_TIME, Rate(part=promises.met, whole=promises.met + promises.missed))
    for (dimension, key), answers in found.opinions(period, zone).items():
        if dimension is Dimension.PERSON:
            add(key, SATISFIED, satisfaction(answers, uow.rules))
    for (dimension, key), calls in found.calls(period, zone, limits, now).items():
        if dimension is Dimension.PERSON:
            add(key, GREETED, Rate(part=calls.greeted_in_time, whole=calls.greeting_due))
    for extension, points in uow.supervision.points(period).items():
        add(extension, CHECKS, points)
    matters = uow.supervision.matters(period)
    everybody = frozenset(rates) | frozenset(matters)
    names = found.names(everybody)
    weights = policy.supervision.weights
    return ScoreReport(
        start=period.start,
        end=period.end,
        weights=weights,
        people=best_first(
            person_score(
                Person(extension=extension, name=names.get(extension, extension)),
                matters.get(extension, 0),
                rates.get(extension, {}),
                weights,
            )
            for extension in everybody
        ),
    )


def yearly_list(
    uow: SupervisionUnitOfWork, year: int, *, zone: ZoneInfo, now: datetime
) -> tuple[ScoreReport, tuple[Place, ...]]:
    """The scores of a year of the centre and the places that they give (服务之星, H61)."""
    report = scores(uow, days(date(year, 1, 1), date(year, 12, 31), zone), zone=zone, now=now)
    rules = uow.rules.current.policy.supervision
    return report, places(report.people, least_matters=rules.least_matters, commended=rules.commended)
