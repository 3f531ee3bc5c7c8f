"""Spot checks (H60, T40): which matters are drawn, so that nobody can have picked them, and what a sheet may say."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from callcenter.domain.calls import Person
from callcenter.domain.policy import Score
from callcenter.errors import ShouwenError


class NoSheet(ShouwenError):
    """The policy has no scoring sheet, so there is nothing to check by."""


class NothingToDraw(ShouwenError):
    """Every matter that was solved in this period has been drawn already, or there is none."""


class BadScores(ShouwenError):
    """Lines of the sheet that do not fit; `faults` says by line what is wrong."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{line}: {fault}" for line, fault in faults.items()))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What could be drawn of one person: numbers of tickets, and how many were drawn in this period before."""

    tickets: tuple[str, ...]
    before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One draw over the matters that were solved from `start` until before `end`.

    `seed` (hex) comes from the machine; with `pools`, by owner's extension, it gives the same numbers again.
    """

    id: int = 0
    seed: str
    drawn_at: datetime
    drawn_by: str
    start: datetime
    end: datetime
    wanted: int
    pools: Mapping[str, Pool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The sheet as somebody filled it in: points by line, `possible` in all. A correction has a `reason`."""

    scores: Mapping[str, int]
    points: int
    possible: int
    remark: str
    checked_by: Person
    checked_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotCheck:
    """A matter that was drawn. `policy_digest`: the version whose sheet holds. `results`: the latest last."""

    id: int
    draw: int
    ticket: str
    owner: Person
    policy: str
    policy_digest: str
    drawn_at: datetime
    drawn_by: Person
    results: tuple[CheckResult, ...] = ()

    @property
    def result(self) -> CheckResult | None:
        """What holds: the latest sheet; None until it is checked."""
        return self.results[-1] if self.results else None


def rank(seed: str, name: str) -> str:
    """The lot of a ticket or person: whoever knows the seed finds it again."""
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()


def draw_lots(pools: Mapping[str, Pool], count: int, seed: str) -> tuple[str, ...]:
    """At most `count` tickets, one after the other from whoever has had the fewest drawn; lots decide the rest.

    The same pools and seed give the same tickets in the same order, however the pools are ordered.
    """
    left = {
        owner: sorted(pool.tickets, key=lambda number: rank(seed, number)) for owner, pool in pools.items()
    }
    drawn = {owner: pool.before for owner, pool in pools.items()}
    found: list[str] = []
    while len(found) < count and any(left.values()):
        owner = min((o for o in left if left[o]), key=lambda o: (drawn[o], rank(seed, o)))
        found.append(left[owner].pop(0))
        drawn[owner] += 1
    return tuple(found)


def read_scores(sheet: Sequence[Score], given: Mapping[str, str | int]) -> dict[str, int]:
    """The points of every line of `sheet`, whole numbers from 0 to the line's points; raises BadScores."""
    faults: dict[str, str] = {}
    scores: dict[str, int] = {}
    for line in sheet:
        points = _points(given.get(line.key))
        if points is None or not 0 <= points <= line.points:
            faults[line.key] = f"write a whole number from 0 to {line.points}"
        else:
            scores[line.key] = points
    known = {line.key for line in sheet}
    faults |= {key: "the sheet has no such line" for key in given if key not in known}
    if faults:
        raise BadScores(faults)
    return scores


def _points(written: str | int | None) -> int | None:
    if isinstance(written, str):
        text = written.strip()
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else None
    return None if isinstance(written, bool) else written
