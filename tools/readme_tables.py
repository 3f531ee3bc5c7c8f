"""Writes the tables of settings and commands in README.md from the code: .venv/bin/python tools/readme_tables.py"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer
from click import Command

from callcenter.cli import application
from callcenter.settings import Settings

README = Path(__file__).parents[1] / "README.md"
HOME = "`~/.local/share/shouwen`, as root `/var/lib/shouwen`"


def settings_table() -> str:
    """A row for each field of Settings."""
    rows = ["| Variable | Default | Meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = HOME if name == "home" else "unset" if field.default is None else f"`{field.default}`"
        rows.append(f"| `SHOUWEN_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def commands_table() -> str:
    """A row for each command that --help shows."""
    rows = ["| Command | What it does |", "| --- | --- |"]
    for name, command in _commands(typer.main.get_command(application())):
        arguments = [
            each.metavar or each.name.upper()
            for each in command.params
            if each.param_type_name == "argument" and each.name
        ]
        summary = (command.help or "").splitlines()[0]
        rows.append(f"| `{' '.join(['shouwen', name, *arguments])}` | {summary} |")
    return "\n".join(rows)


def _commands(group: object, prefix: str = "") -> Iterator[tuple[str, Command]]:
    children: dict[str, Command] = getattr(group, "commands", {})
    for name, command in children.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


def with_tables(text: str) -> str:
    """The README with both tables as the code has them."""
    for mark, table in (("settings", settings_table()), ("commands", commands_table())):
        head, opening, rest = text.partition(f"<!-- {mark} -->\n")
        _, closing, tail = rest.partition(f"\n<!-- /{mark} -->")
        if not opening or not closing:
            raise ValueError(f"README.md has no place for its table of {mark}")
        text = head + opening + table + closing + tail
    return text


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text("utf-8")), "utf-8")
