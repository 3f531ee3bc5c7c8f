"""`shouwen calendar`: the centre's own closures and openings, and what is known of the coming years."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import date

    from callcenter.db.uow import SqlUnitOfWork

LONGEST_S = 30.0
calendar_app = typer.Typer(help="Days that count, and days that do not.", no_args_is_help=True)
Days = Annotated[str, typer.Argument(help="a day such as 2026-10-12, or a run such as 2026-07-20/2026-08-20")]
Actor = Annotated[str, typer.Option("--by", help="extension of who decided it")]


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.add_typer(calendar_app, name="calendar")


@calendar_app.command("list")
def calendar_list(
    year: Annotated[
        int | None, typer.Option(min=2000, max=2100, help="which year; none: this one and the next two")
    ] = None,
) -> None:
    """The years with what is known of them, and the centre's own days, a line each."""
    from datetime import date

    from callcenter.bootstrap import single_unit_of_work
    from callcenter.settings import Settings

    settings = Settings()
    this = datetime.now(settings.zone).year
    years = [year] if year else [this, this + 1, this + 2]
    with single_unit_of_work(settings) as uow:
        calendar = uow.rules.current.calendar
        for each in years:
            known = "published" if calendar.notice(each) else "provisional: no notice yet"
            typer.echo(f"{each}\t{known}")
        days = uow.own_days.between(date(years[0], 1, 1), date(years[-1], 12, 31))
    for day in days:
        typer.echo("\t".join((day.day.isoformat(), day.kind.value, day.reason, day.set_by)))


@calendar_app.command("add")
def calendar_add(
    days: Days,
    kind: Annotated[str, typer.Option(help="closure or opening")],
    reason: Annotated[str, typer.Option(help="why: the explanation of due times shows it")],
    by: Actor,
) -> None:
    """Close the centre on days, or open it; running clocks follow at once."""
    from callcenter.domain.own_days import OwnDayKind, read_run
    from callcenter.services.own_days import set_days
    from callcenter.services.staff import active_member

    if kind not in set(OwnDayKind):
        raise typer.BadParameter("write closure or opening", param_hint="--kind")
    wanted = read_run(days)
    now = datetime.now(UTC)
    with _work() as uow:
        active_member(uow, by)
        set_days(uow, wanted, OwnDayKind(kind), reason, by=by, now=now)
        uow.commit()
    typer.echo(f"{len(wanted)} days; {_follow(wanted[0])} tickets follow")


@calendar_app.command("remove")
def calendar_remove(days: Days) -> None:
    """Take own days back; running clocks follow at once."""
    from callcenter.domain.own_days import read_run
    from callcenter.services.own_days import forget_days

    wanted = read_run(days)
    with _work() as uow:
        count = forget_days(uow, wanted, datetime.now(UTC))
        uow.commit()
    typer.echo(f"{count} days; {_follow(wanted[0])} tickets follow")


@calendar_app.command("recompute")
def calendar_recompute() -> None:
    """Work out every open due time anew, with today's calendar (the worker does so by itself when it changes)."""
    from datetime import date

    from callcenter.domain.own_days import FIRST_YEAR

    typer.echo(f"{_follow(date(FIRST_YEAR, 1, 1))} tickets follow")


def _work() -> AbstractContextManager[SqlUnitOfWork]:
    from callcenter.bootstrap import single_unit_of_work
    from callcenter.settings import Settings

    return single_unit_of_work(Settings(), LONGEST_S)


def _follow(first: date) -> int:
    """The clocks of open tickets follow a change from `first` on; the worker looks over them once more."""
    from callcenter.services.own_days import move_all

    return move_all(_work, first, datetime.now(UTC))
