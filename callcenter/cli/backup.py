"""Commands about safety copies: backup, restore."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="where to; empty or not there yet")],
) -> None:
    """Copy everything that the product keeps into a folder, while calls go on."""
    from callcenter.runtime.backup import back_up
    from callcenter.settings import Settings

    with _stoppable():
        done = back_up(Settings(), folder, typer.echo)
    counted = ", ".join(f"{count} {name}" for name, count in done.manifest.counts.items())
    typer.echo(f"backup in {done.folder}: {counted}; {done.size / 1e6:.1f} MB")


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a backup that `shouwen backup` made")],
) -> None:
    """Bring a backup into a home and a database that are empty; all of it or, if it cannot be, nothing."""
    from callcenter.cli.audit import report
    from callcenter.runtime.restore import restore as restore_backup
    from callcenter.settings import Settings

    settings = Settings()
    with _stoppable():
        done = restore_backup(settings, folder, typer.echo)
    for name, count in done.manifest.counts.items():
        typer.echo(f"{name}: {done.counts[name]} of {count}")
    if done.manifest.not_found:
        typer.echo(f"{len(done.manifest.not_found)} files were missing when the backup was made")
    for line in report(done.findings):
        typer.echo(line)
    typer.echo(f"restored into {settings.home}")
    if not done.findings.ok:
        raise typer.Exit(1)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Within it a signal to end undoes what was begun and ends the command with exit code 1."""
    from callcenter.runtime import signals

    try:
        with signals.raised_as_stopping():
            yield
    except signals.Stopping:
        typer.echo("stopped: nothing is left of it", err=True)
        raise typer.Exit(1) from None
