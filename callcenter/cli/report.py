"""`shouwen report`: figures of a period, for programs and for spreadsheets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from callcenter.report_files import Format

report_app = typer.Typer(help="Figures of a period.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.add_typer(report_app, name="report")


@report_app.command("answer-times")
def report_answer_times(
    since: Annotated[
        str | None, typer.Option("--from", help="a day such as 2026-11-01, or an instant of ISO 8601")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="the last day, or the instant before which it ends")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="what to write")] = Format.JSON,
    output: Annotated[Path | None, typer.Option(help="file to write; none: standard output")] = None,
) -> None:
    """How fast calls were answered, by whom, on which line, at which hour and on which day."""
    import json
    from datetime import UTC, datetime, timedelta

    from callcenter.bootstrap import single_unit_of_work
    from callcenter.domain.periods import read_period
    from callcenter.errors import ShouwenError
    from callcenter.report_files import as_csv, as_json, as_xlsx
    from callcenter.services.answer_times import answer_times
    from callcenter.settings import Settings

    settings, now = Settings(), datetime.now(UTC)
    zone = settings.zone
    period = read_period(since, until, zone, now)
    if form is Format.XLSX and output is None and sys.stdout.isatty():
        raise ShouwenError("a workbook is no text: name a file with --output")
    threshold = timedelta(seconds=settings.answer_threshold_s)
    with single_unit_of_work(settings, LONGEST_S) as uow:
        report = answer_times(uow, period, zone=zone, threshold=threshold, now=now)
    if form is Format.JSON:
        written = (json.dumps(as_json(report, zone), ensure_ascii=False, indent=2) + "\n").encode()
    elif form is Format.CSV:
        written = as_csv(report, zone).encode()
    else:
        written = as_xlsx(report, zone)
    if output is None:
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(written)
    except OSError as error:
        raise ShouwenError(f"{output} cannot be written: {error.strerror}") from error


LONGEST_S = 120.0
"""Seconds that a report over many years may take."""
