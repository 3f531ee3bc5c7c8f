"""The analysis of matters (H43, S50): what is counted, and what each figure divides by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callcenter.domain.answer_times import share


class By(StrEnum):
    """What a row stands for. A matter stands in the row of every office that it was passed to."""

    TOTAL = "total"
    KIND = "kind"
    CHANNEL = "channel"
    OFFICE = "office"
    CAUSE = "cause"
    PERSON = "person"
    """To whom responsibility was traced."""
    MONTH = "month"


class Only(StrEnum):
    """Which matters of a row are behind a figure."""

    MATTERS = "matters"
    LATE = "late"
    TIMED = "timed"
    OPINIONS = "opinions"
    NOT_SATISFIED = "not_satisfied"
    REOPENED = "reopened"
    TRACED = "traced"
    DECIDED = "decided"
    ADOPTED = "adopted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Matters of one row. `timed`: with a limit that is kept or missed; `decided`: suggestions (H42)."""

    matters: int = 0
    timed: int = 0
    late: int = 0
    opinions: int = 0
    not_satisfied: int = 0
    reopened: int = 0
    traced: int = 0
    decided: int = 0
    adopted: int = 0

    @property
    def late_share(self) -> float | None:
        """Late of those with a limit that is kept or missed; None without any."""
        return share(self.late, self.timed)

    @property
    def not_satisfied_share(self) -> float | None:
        """Not satisfied of those with an opinion; None without any."""
        return share(self.not_satisfied, self.opinions)

    @property
    def adopted_share(self) -> float | None:
        """Adopted of the suggestions decided; None without any."""
        return share(self.adopted, self.decided)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The matters registered from `start` until before `end`; rows by key, the largest first, months in order.

    `shortened`: dimensions with more rows than are kept.
    """

    start: datetime
    end: datetime
    total: Counts
    rows: Mapping[By, Mapping[str, Counts]]
    shortened: frozenset[By] = frozenset()


LONGEST_TABLE = 60
"""Rows of one dimension; causes are free words and may be many."""


def analysis_of(counted: Mapping[tuple[By, str], Counts], *, start: datetime, end: datetime) -> Analysis:
    """The analysis of what was counted."""
    rows: dict[By, dict[str, Counts]] = {}
    for by in By:
        if by is By.TOTAL:
            continue
        found = [(key, counts) for (dimension, key), counts in counted.items() if dimension is by]
        if by is By.MONTH:
            found.sort()
        else:
            found.sort(key=lambda row: (-row[1].matters, row[0]))
        rows[by] = dict(found)
    return Analysis(
        start=start,
        end=end,
        total=counted.get((By.TOTAL, ""), Counts()),
        rows={
            by: found if by is By.MONTH else dict(list(found.items())[:LONGEST_TABLE])
            for by, found in rows.items()
        },
        shortened=frozenset(
            by for by, found in rows.items() if by is not By.MONTH and len(found) > LONGEST_TABLE
        ),
    )
