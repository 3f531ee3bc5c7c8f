"""The `shouwen` command: one typer application. Each file of commands offers `add_to(app)`."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from callcenter.errors import ShouwenError

if TYPE_CHECKING:
    import typer

PARTS = ("agi", "web", "worker", "run")
"""Commands that stay running; their processes name their part."""

GROUPS = (
    "runtime",
    "processes",
    "staff",
    "transcripts",
    "models",
    "prompts",
    "report",
    "audit",
    "backup",
    "policy",
    "calendar",
)
"""The files of this package; each imports what it needs inside its commands, so that --help stays fast."""


def main() -> None:
    """Run the command line; an error of ours is a line for each fault on stderr and exit code 1."""
    os.umask(0o077)
    if len(sys.argv) > 1 and sys.argv[1] in PARTS:
        from setproctitle import setproctitle

        setproctitle(f"shouwen {sys.argv[1]}")
    try:
        application()()
    except ShouwenError as error:
        sys.stderr.write("".join(f"error: {line}\n" for line in str(error).splitlines()))
        raise SystemExit(1) from None
    except ValueError as error:
        complaints = _settings_complaints(error)
        if not complaints:
            raise
        sys.stderr.write("".join(f"error: {complaint}\n" for complaint in complaints))
        raise SystemExit(1) from None


def _settings_complaints(error: ValueError) -> list[str]:
    """A line for each setting that the environment gives a wrong value."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or error.title != "Settings":
        return []
    return [
        f"SHOUWEN_{'_'.join(map(str, each['loc'])).upper()}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors()
    ]


def application() -> typer.Typer:
    """The application with every group of commands."""
    import typer

    app = typer.Typer(
        name="shouwen",
        help="A call desk that keeps its word: first-inquiry responsibility on Asterisk.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for group in GROUPS:
        importlib.import_module(f"callcenter.cli.{group}").add_to(app)
    return app
