"""`shouwen policy`: which policies there are, whether a file is right, what one says in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from callcenter.policy_words import PolicyText

policy_app = typer.Typer(help="The rules of the centre.", no_args_is_help=True)
_NARROWEST = 60


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.add_typer(policy_app, name="policy")


@policy_app.command("list")
def policy_list() -> None:
    """Every policy, a line each: name, whether new tickets get it, whose it is, version, titles."""
    from callcenter.policy_files import BadPolicy, policy_paths, read_policy
    from callcenter.settings import Settings

    settings = Settings()
    faults: list[BadPolicy] = []
    for name, path in policy_paths(settings.own_policies).items():
        try:
            policy = read_policy(path)
        except BadPolicy as fault:
            faults.append(fault)
            continue
        chosen = "chosen" if name == settings.policy else "-"
        whose = "own" if path.parent == settings.own_policies else "shipped"
        titles = " / ".join(policy.title.values())
        typer.echo("\t".join((name, chosen, whose, policy.digest[:8], titles)))
    if faults:
        raise faults[0]
    _refuse_unknown(settings.policy, policy_paths(settings.own_policies))


@policy_app.command("check")
def policy_check(
    file: Annotated[Path, typer.Argument(help="a policy file, such as our-centre.toml")],
) -> None:
    """Say whether a policy file can be used, or else each fault with file, line, field, example; exit code 1."""
    from callcenter.policy_files import read_policy

    policy = read_policy(file)
    counts = f"{len(policy.clocks)} clocks, {len(policy.kinds)} kinds of matter, {len(policy.fields)} fields"
    typer.echo(f"{file.name}: ok ({policy.name}, version {policy.digest[:8]}: {counts})")


@policy_app.command("show")
def policy_show(
    name: Annotated[str, typer.Argument(help="name of the policy, as `policy list` has it")],
    language: Annotated[str | None, typer.Option(help="zh or en; none: SHOUWEN_LANGUAGE")] = None,
    toml: Annotated[bool, typer.Option("--toml", help="print the file itself, to copy and change")] = False,
) -> None:
    """Print what a policy says: in plain words, or as its file."""
    from callcenter.policy_files import policy_paths, read_policy
    from callcenter.policy_words import policy_text
    from callcenter.settings import Settings

    settings = Settings()
    paths = policy_paths(settings.own_policies)
    if language not in (None, "zh", "en"):
        raise typer.BadParameter("write zh or en", param_hint="--language")
    _refuse_unknown(name, paths, of_setting=False)
    policy = read_policy(paths[name])
    if toml:
        typer.echo(policy.source, nl=False)
        return
    _print(policy_text(policy, language or settings.language))


def _refuse_unknown(name: str, paths: dict[str, Path], *, of_setting: bool = True) -> None:
    from callcenter.domain.policy import UnknownPolicy

    if name not in paths:
        setting = "SHOUWEN_POLICY: " if of_setting else ""
        raise UnknownPolicy(f"{setting}there is no policy {name!r}; there is {', '.join(paths)}")


def _print(text: PolicyText) -> None:
    import shutil
    import sys

    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    width = max(_NARROWEST, shutil.get_terminal_size((100, 24)).columns)
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False)
    console.print(text.title, style="bold")
    for section in text.sections:
        console.print()
        console.print(section.title, style="bold")
        for sentence in section.sentences:
            console.print(f"  {sentence}")
        if section.grid is None:
            continue
        table = Table(box=SIMPLE_HEAD, header_style="")
        for title in section.grid.head:
            # Chinese has no spaces to break a line at.
            table.add_column(title, overflow="fold")
        for row in section.grid.rows:
            table.add_row(*row)
        console.print(table)
