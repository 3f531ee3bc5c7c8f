"""The shapes of supervision: draws, sheets, checks, scores, the yearly list."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field

from callcenter.domain.calls import Person
from callcenter.domain.spot_checks import CheckResult, SpotCheck
from web.api.models import PersonOut, Shape

Points = Annotated[int, Field(ge=0, le=10**6)]


class DrawIn(Shape):
    """Who draws, how many, out of what was solved in which days (both included)."""

    actor: Annotated[str, Field(min_length=1, max_length=20, description="extension of a manager")]
    count: int
    from_: Annotated[str, Field(alias="from", max_length=40)]
    to: Annotated[str, Field(max_length=40)]


class SheetIn(Shape):
    """A sheet filled in. A correction has a `reason`, and in `seen` how many sheets there were."""

    actor: Annotated[str, Field(min_length=1, max_length=20, description="extension of a manager")]
    scores: dict[Annotated[str, Field(max_length=100)], int]
    remark: Annotated[str, Field(max_length=2000)] = ""
    reason: Annotated[str, Field(max_length=400)] = ""
    seen: Annotated[int, Field(ge=0)] = 0


class SheetOut(Shape):
    """A sheet on file."""

    scores: dict[str, Points]
    points: Points
    possible: Points
    remark: str
    reason: str | None
    checked_by: PersonOut
    checked_at: AwareDatetime


class CheckOut(Shape):
    """A matter that was drawn; `sheets` are in their order, the last one holds."""

    id: int
    draw: int
    ticket: str
    owner: PersonOut
    policy: str
    policy_digest: str
    drawn_at: AwareDatetime
    drawn_by: PersonOut
    sheets: list[SheetOut]


class LineOut(Shape):
    """A line of a scoring sheet."""

    key: str
    rule: str
    points: Points
    names: dict[str, str]


class OneCheckOut(CheckOut):
    """One check with the sheet's lines. `reproducible`: the stored seed gives the stored draw."""

    lines: list[LineOut]
    seed: str
    reproducible: bool


class RateOut(Shape):
    """`part` of `whole`; `share` 0 to 1, null without data."""

    part: Points
    whole: Points
    share: Annotated[float, Field(ge=0, le=1)] | None


class ScoreOut(Shape):
    """One person's score, 0 to 1; null if no weighted part has data."""

    extension: str
    name: str
    matters: Points
    rates: dict[str, RateOut]
    score: Annotated[float, Field(ge=0, le=1)] | None
    left_out: list[str]


class ScoresOut(Shape):
    """The scores from `from` until before `to`."""

    from_: Annotated[AwareDatetime, Field(alias="from")]
    to: AwareDatetime
    weights: dict[str, int]
    people: list[ScoreOut]
    formulas: dict[str, str]


class PlaceOut(ScoreOut):
    """A place on the yearly list; `rank` null: too few matters or no data."""

    rank: int | None
    tied: bool
    commended: bool


class YearOut(Shape):
    """The yearly list."""

    year: int
    weights: dict[str, int]
    people: list[PlaceOut]
    formulas: dict[str, str]
    ranking: str


def check_out(check: SpotCheck, zone: ZoneInfo) -> CheckOut:
    """A check in the API's shape."""
    return CheckOut(
        id=check.id,
        draw=check.draw,
        ticket=check.ticket,
        owner=_person(check.owner),
        policy=check.policy,
        policy_digest=check.policy_digest,
        drawn_at=check.drawn_at.astimezone(zone),
        drawn_by=_person(check.drawn_by),
        sheets=[_sheet(result, zone) for result in check.results],
    )


def _sheet(result: CheckResult, zone: ZoneInfo) -> SheetOut:
    return SheetOut(
        scores=dict(result.scores),
        points=result.points,
        possible=result.possible,
        remark=result.remark,
        reason=result.reason,
        checked_by=_person(result.checked_by),
        checked_at=result.checked_at.astimezone(zone),
    )


def _person(person: Person) -> PersonOut:
    return PersonOut(extension=person.extension, name=person.name)
