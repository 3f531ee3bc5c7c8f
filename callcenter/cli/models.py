"""`shouwen models`: the models of speech, recognisers' and synthesis': list, get, verify, remove."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from callcenter.settings import Settings

models_app = typer.Typer(help="The models that understand and speak.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.add_typer(models_app, name="models")


def ensure_defaults(settings: Settings, console: Console) -> None:
    """Have a recogniser for each language that is not switched off, where there is none yet, and the voice.

    Without the network set-up goes on: recordings are kept and transcribed once there is a model, and what is typed
    is read on the screen until there is a voice.
    """
    from callcenter.runtime.spoken import VOICE
    from transcripts import models

    if not models.complete(settings):
        _try(settings, models.DEFAULT, "No transcripts yet", console)
    _try(settings, VOICE, "Typed briefings are not spoken yet", console)


def _try(settings: Settings, name: str, without: str, console: Console) -> None:
    from callcenter.runtime.models import install
    from callcenter.runtime.models.errors import ModelsError
    from callcenter.runtime.unpacked import NoSpace

    try:
        install.get(settings, name, console)
    except (ModelsError, NoSpace) as error:
        console.print(f"{without}: {error}. Later: shouwen models get {name}", style="yellow")


@models_app.command("list")
def models_list() -> None:
    """Print the models there are: for which languages and engine, size, licence, whether installed, from where."""
    from rich.console import Console
    from rich.table import Table

    from callcenter.runtime.models import store
    from callcenter.runtime.models.catalogue import CATALOGUE
    from callcenter.settings import Settings

    settings = Settings()
    table = Table("model", "languages", "engine", "MB", "licence", "installed", "from")
    table.columns[0].no_wrap = True
    for model in CATALOGUE:
        place = store.installed(settings, model.name)
        places = dict.fromkeys(source.place for source in model.sources)
        table.add_row(
            model.name,
            ", ".join(model.languages),
            model.engine,
            str(model.size // 1_000_000),
            model.licence,
            "yes" if place else "no",
            ", ".join(places),
        )
    Console().print(table)


@models_app.command("get")
def models_get(
    name: Annotated[str, typer.Argument(help="as `shouwen models list` names it")],
    origin: Annotated[
        Path | None,
        typer.Option("--from", help="a file or folder with the model, its archive or packages; no network"),
    ] = None,
    at_once: Annotated[bool, typer.Option("--now", help="do not wait until there are no calls")] = False,
) -> None:
    """Have a model in the cache; a running worker takes it up by itself."""
    from rich.console import Console

    from callcenter.runtime.models import install
    from callcenter.runtime.models.catalogue import find
    from callcenter.settings import Settings

    model, console = find(name), Console(stderr=True)
    console.print(
        f"{name}: {model.about}. Licence {model.licence}, {model.size // 1_000_000} MB.",
        highlight=False,
        soft_wrap=True,
    )
    typer.echo(install.get(Settings(), name, console, origin=origin, at_once=at_once))


@models_app.command("verify")
def models_verify(
    names: Annotated[list[str] | None, typer.Argument(help="models; none: all that are installed")] = None,
) -> None:
    """Compare every file of a model with its checksum; exit code 1 if one is damaged or missing."""
    from callcenter.runtime.models import store
    from callcenter.settings import Settings

    settings = Settings()
    findings = [
        store.verify(settings, name)
        for name in names or [model.name for model in store.all_installed(settings)]
    ]
    for finding in findings:
        for fault in finding.faults:
            typer.echo(f"{finding.model}: {fault}")
        if not finding.faults:
            typer.echo(f"{finding.model}: whole, compared with {finding.compared_with}")
    damaged = " ".join(finding.model for finding in findings if finding.faults)
    if damaged:
        typer.echo(f"To repair: `shouwen models remove {damaged}`, then `shouwen models get` each.", err=True)
        raise typer.Exit(1)


@models_app.command("remove")
def models_remove(
    names: Annotated[list[str], typer.Argument(help="as `shouwen models list` names them")],
) -> None:
    """Take models off the disk; what runs with them now goes on until it ends."""
    from callcenter.runtime.models import store
    from callcenter.settings import Settings
    from transcripts import models

    settings = Settings()
    before = {language for language in models.LANGUAGES if models.available(settings, language)}
    for name in names:
        typer.echo(f"{name}: removed, {store.remove(settings, name) // 1_000_000} MB are free")
    for state in models.status(settings):
        if state.language in before and not models.available(settings, state.language):
            typer.echo(f"Recordings in {state.language} wait from now on: {state.detail}", err=True)
