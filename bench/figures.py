"""A measured figure beside its target, and the table of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table."""

    name: str
    measured: float
    unit: str
    target: float | None = None
    """None: reported for comparison, held to nothing."""
    at_most: bool = True
    """Whether the target is an upper bound; False: a lower one."""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Measured divided by target; None without a target or with a target of zero."""
        return self.measured / self.target if self.target else None

    @property
    def kept(self) -> bool:
        """Whether the target is met; exactly at it is met."""
        if self.target is None:
            return True
        return self.measured <= self.target if self.at_most else self.measured >= self.target


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least that share of all does not exceed (nearest rank); nan for none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def show(figures: Iterable[Figure], console: Console) -> None:
    """Prints figure, target, measured and ratio, with a mark at what is not kept."""
    table = Table("figure", "target", "measured", "ratio", "")
    for figure in figures:
        bound = "≤" if figure.at_most else "≥"
        target = "" if figure.target is None else f"{bound} {figure.target:,.4g} {figure.unit}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        mark = figure.note if figure.kept else f"[red]missed[/red] {figure.note}"
        table.add_row(figure.name, target, f"{figure.measured:,.4g} {figure.unit}", ratio, mark)
    console.print(table)
