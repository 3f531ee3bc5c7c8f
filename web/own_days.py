"""The centre's own days changed by form or by program: in force at once, and the clocks follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from callcenter.domain.own_days import OwnDayKind
from callcenter.services.own_days import FIRST_FEW, forget_days, move_clocks, set_days
from web.console import Console


def change_days(console: Console, days: Sequence[date], kind: OwnDayKind, reason: str, by: str) -> None:
    """Close the centre on these days, or open it; raises BadDays."""
    with console.work() as work:
        set_days(work, days, kind, reason, by=by, now=console.clock())
        work.commit()
    _move(console, days[0])


def take_back_days(console: Console, days: Sequence[date]) -> None:
    """They are as in the public calendar again; raises BadDays if none was the centre's own."""
    with console.work() as work:
        forget_days(work, days, console.clock())
        work.commit()
    _move(console, days[0])


def _move(console: Console, first: date) -> None:
    """The first clocks follow with the answer, the worker takes care of the others."""
    with console.work() as work:
        move_clocks(work, first, console.clock(), limit=FIRST_FEW)
        work.commit()
