"""Commands that run the product on this machine: run, setup, asterisk, doctor, log."""

from __future__ import annotations

import typer

asterisk_app = typer.Typer(help="The Asterisk of this machine.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.add_typer(asterisk_app, name="asterisk")


@asterisk_app.command("install")
def asterisk_install() -> None:
    """Have Asterisk 22 in the cache (no root needed)."""
    from rich.console import Console

    from callcenter.runtime import asterisk
    from callcenter.settings import Settings

    root = asterisk.install(Settings(), Console())
    typer.echo(f"Asterisk {root.version} in {root.path}")
