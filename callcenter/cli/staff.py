"""Commands about the database, staff, tokens and due times."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from callcenter.domain.staff import Role

db_app = typer.Typer(help="The database.", no_args_is_help=True)
staff_app = typer.Typer(help="Staff and their phones.", no_args_is_help=True)
token_app = typer.Typer(help="Tokens of the JSON API.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.add_typer(db_app, name="db")
    app.add_typer(staff_app, name="staff")
    app.add_typer(token_app, name="token")
    app.command("deadline")(deadline)


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to this version's tables."""
    from callcenter.db import migrate
    from callcenter.db.address import database_url
    from callcenter.settings import Settings

    migrate.upgrade(database_url(Settings()))
    typer.echo(f"the database is at revision {migrate.head()}")


@staff_app.command("add")
def staff_add(
    extension: Annotated[str, typer.Option(help="the number of their phone")],
    name: Annotated[str, typer.Option(help="as callers' tickets and screens show it")],
    role: Annotated[str, typer.Option(help="staff or manager")] = "staff",
    console_user: Annotated[str | None, typer.Option(help="to log in with; none: no console")] = None,
    rung: Annotated[bool, typer.Option(help="whether the service line rings their phone")] = True,
) -> None:
    """Add somebody; their passwords are shown this once. A running Asterisk knows the phone at once."""
    from callcenter.bootstrap import single_unit_of_work, staff_phones
    from callcenter.runtime import asterisk_config
    from callcenter.services.staff import add_staff
    from callcenter.settings import Settings

    settings = Settings()
    with single_unit_of_work(settings) as uow:
        new = add_staff(
            uow,
            extension=extension,
            name=name,
            role=_role(role),
            console_user=console_user,
            rung=rung,
            now=datetime.now(UTC),
        )
        uow.commit()
    typer.echo(f"SIP user {extension}, password {new.sip_password}")
    if new.console_password:
        typer.echo(f"console user {console_user}, password {new.console_password}")
    asterisk_config.apply(settings, staff_phones(settings))


@staff_app.command("list")
def staff_list() -> None:
    """Everybody, a line each: extension, name, role, whether rung, whether on duty, console user."""
    from callcenter.bootstrap import single_unit_of_work
    from callcenter.services.staff import list_staff
    from callcenter.settings import Settings

    with single_unit_of_work(Settings()) as uow:
        for member in list_staff(uow):
            words = ("rung" if member.rung else "not rung", "on duty" if member.on_duty else "off duty")
            fields = (member.extension, member.name, member.role, *words, member.console_user or "-")
            typer.echo("\t".join(fields))


@token_app.command("create")
def token_create(
    role: Annotated[str, typer.Option(help="staff or manager")],
    name: Annotated[str, typer.Option(help="what the token is for")],
) -> None:
    """Make an API token and print it, this once."""
    from callcenter.bootstrap import single_unit_of_work
    from callcenter.services.accounts import create_token
    from callcenter.settings import Settings

    with single_unit_of_work(Settings()) as uow:
        secret = create_token(uow, name=name, role=_role(role), now=datetime.now(UTC))
        uow.commit()
    typer.echo(secret)


def deadline(
    policy: Annotated[str, typer.Option(help="name of the policy")],
    clock: Annotated[str, typer.Option(help="rule id in lower case, such as h12-simple")],
    from_: Annotated[str, typer.Option("--from", help="ISO 8601, or - to read one a line")],
) -> None:
    """When a clock ends that starts at an instant, and why, as JSON: a line for each instant."""
    from callcenter.deadlines import DeadlineWriter
    from callcenter.holidays import ChineseHolidays
    from callcenter.own_holidays import holiday_source
    from callcenter.policy_files import load_rule_book
    from callcenter.settings import Settings

    settings = Settings()
    source = holiday_source(ChineseHolidays(), settings.home)
    rules = load_rule_book(policy, source, settings.own_policies).of(policy)
    writer = DeadlineWriter(rules, rules.policy.clock(clock).limit)
    if from_ != "-":
        typer.echo(writer.line(from_))
        return
    failed = False
    for text, is_fault in writer.lines(iter(lambda: os.read(sys.stdin.fileno(), 1 << 16), b"")):
        failed |= is_fault
        sys.stdout.write(text)
        sys.stdout.flush()
    if failed:
        raise typer.Exit(1)


def _role(text: str) -> Role:
    from callcenter.domain.staff import Role

    try:
        return Role(text)
    except ValueError:
        raise typer.BadParameter("write staff or manager", param_hint="--role") from None
