"""Commands that run the product on this machine: run, setup, asterisk, doctor, log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from callcenter.runtime.preflight import Check

asterisk_app = typer.Typer(help="The Asterisk of this machine.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.command("run")(run)
    app.command("setup", hidden=True)(setup)
    app.command("doctor")(doctor)
    app.command("log")(log)
    app.add_typer(asterisk_app, name="asterisk")


def run(
    demo_calls: Annotated[
        bool, typer.Option("--demo-calls/--no-demo-calls", help="place three demonstration calls")
    ] = True,
) -> None:
    """Start everything on this machine and keep it running."""
    from rich.console import Console

    from callcenter.runtime.run import run as run_all
    from callcenter.settings import Settings

    run_all(Settings(), Console(), demo_calls=demo_calls)


def setup() -> None:
    """Fill the cache: Asterisk and the recognisers' models. Instant when all is there."""
    from rich.console import Console

    from callcenter.cli import models
    from callcenter.errors import ShouwenError
    from callcenter.prompts import prompts
    from callcenter.runtime import asterisk
    from callcenter.settings import Settings

    settings, console = Settings(), Console()
    root = asterisk.install(settings, console)
    console.print(f"Asterisk {root.version}", highlight=False)
    missing = [prompt.file.name for prompt in prompts() if not prompt.file.exists()]
    if missing:
        raise ShouwenError(f"prompts are missing in the checkout: {', '.join(missing)}")
    models.ensure_defaults(settings, console)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document instead of a table")] = False,
) -> None:
    """Look at everything that has to be right; exit code 1 if something is not."""
    import dataclasses
    import json

    from rich.console import Console
    from rich.table import Table

    from callcenter.runtime.doctor import examine
    from callcenter.settings import Settings

    checks = [*examine(Settings()), *_models()]
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(check) for check in checks], ensure_ascii=False, indent=2))
    else:
        table = Table("check", "", "found, and what to do")
        for check in checks:
            mark = "[green]ok[/green]" if check.ok else "[red]fails[/red]"
            table.add_row(check.name, mark, check.detail)
        Console().print(table)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _models() -> list[Check]:
    """A check for each language's recogniser; only the command line knows both sides."""
    from callcenter.runtime.preflight import Check
    from transcripts import models

    found = [
        Check(name=f"recogniser {state.language}", ok=state.ok, detail=state.detail)
        for state in models.status()
    ]
    return [*found, _voice()]


def _voice() -> Check:
    """Whether typed briefings are spoken; without a voice they are read on the screen, and all else goes on."""
    from callcenter.runtime.models import store
    from callcenter.runtime.preflight import Check
    from callcenter.runtime.spoken import VOICE
    from callcenter.settings import Settings

    place = store.installed(Settings(), VOICE)
    missing = "none: typed briefings are read on the screen alone, `shouwen models get kokoro` fetches one"
    return Check(name="voice", ok=True, detail=str(place) if place else missing)


def log(
    part: Annotated[str, typer.Argument(help="agi, asterisk, postgres, web or worker")],
    lines: Annotated[int, typer.Option(help="how many of the last lines; 0: all")] = 0,
) -> None:
    """Print the log of a part."""
    from callcenter.errors import ShouwenError
    from callcenter.runtime import home
    from callcenter.settings import Settings

    path = home.log_file(Settings(), part)
    known = sorted(file.stem for file in path.parent.glob("*.log"))
    if part not in known:
        raise ShouwenError(f"there is no log of {part!r}; there are: {', '.join(known) or 'none yet'}")
    text = path.read_text(errors="replace").splitlines()
    for line in text[-lines:]:
        typer.echo(line)


@asterisk_app.command("install")
def asterisk_install() -> None:
    """Have Asterisk 22 in the cache (no root needed)."""
    from rich.console import Console

    from callcenter.runtime import asterisk
    from callcenter.settings import Settings

    root = asterisk.install(Settings(), Console())
    typer.echo(f"Asterisk {root.version} in {root.path}")


@asterisk_app.command("render")
def asterisk_render(
    modules: Annotated[Path, typer.Option(help="folder of its modules, as that Asterisk sees it")],
    data: Annotated[Path, typer.Option(help="folder of its static data")] = Path("/usr/share/asterisk"),
) -> None:
    """Write the configuration of an Asterisk that others start, such as one in a container of its own."""
    from callcenter.bootstrap import staff_phones
    from callcenter.runtime import asterisk_config, asterisk_process, home
    from callcenter.settings import Settings

    settings = Settings()
    home.prepare(settings)
    place = asterisk_config.InstalledAsterisk(modules=modules, data=data)
    asterisk_config.render(settings, place, staff_phones(settings))
    typer.echo(f"asterisk -C {asterisk_process.configuration(settings)}")


@asterisk_app.command("start")
def asterisk_start() -> None:
    """Start Asterisk alone, in the background, with the configuration that is there."""
    from callcenter.runtime import asterisk, asterisk_process
    from callcenter.settings import Settings

    settings = Settings()
    child = asterisk_process.start(settings, asterisk.find_root(settings))
    typer.echo(f"Asterisk runs (process {child.pid})" if child else "it runs already")


@asterisk_app.command("stop")
def asterisk_stop() -> None:
    """Stop the Asterisk of this SHOUWEN_HOME (under `shouwen run` it comes back at once)."""
    from callcenter.runtime import asterisk_process
    from callcenter.settings import Settings

    typer.echo("stopped" if asterisk_process.stop(Settings()) else "it did not run")


@asterisk_app.command("status")
def asterisk_status() -> None:
    """Print version, uptime, channels and registered phones of the running Asterisk."""
    from callcenter.runtime import asterisk, asterisk_process
    from callcenter.settings import Settings

    settings = Settings()
    root = asterisk.find_root(settings)
    for command in (
        "core show version",
        "core show uptime",
        "core show channels count",
        "pjsip show contacts",
    ):
        typer.echo(asterisk_process.rx(settings, root, command).rstrip())


@asterisk_app.command("log")
def asterisk_log() -> None:
    """Print Asterisk's log."""
    log("asterisk")
