"""The transcripts of a period as JSON, CSV and XLSX; numbers and names in them are hidden unless asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.domain.masking import masked
from callcenter.domain.transcripts import StoredTranscript
from callcenter.report_files import harmless

MOST = 20_000
"""Recordings in one file; a longer period is asked for in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One recording: its ticket, what it is for, what the machine and people made of it."""

    recorded_at: str
    ticket: str
    purpose: str
    language: str
    seconds: float | None
    state: str
    cause: str
    text: str
    machine_text: str
    corrected_by: str
    engine: str


COLUMNS = tuple(Line.__dataclass_fields__)


def lines(
    found: Iterable[tuple[StoredTranscript, str | None, str | None]], zone: ZoneInfo, *, in_full: bool
) -> list[Line]:
    """The lines of these recordings, each with its ticket and the contact's name; not `in_full`: masked."""
    return [_line(stored, ticket, name, zone, in_full) for stored, ticket, name in found]


def _line(
    stored: StoredTranscript, ticket: str | None, name: str | None, zone: ZoneInfo, in_full: bool
) -> Line:
    def shown(text: str) -> str:
        return text if in_full else masked(text, [name])

    return Line(
        recorded_at=_local(stored.recording.created_at, zone),
        ticket=ticket or "",
        purpose=stored.recording.purpose.value,
        language=stored.language,
        seconds=stored.recording.seconds,
        state=stored.state.value,
        cause=stored.cause.value if stored.cause else "",
        text=shown(stored.reading),
        machine_text=shown(stored.text),
        corrected_by=stored.corrected_by or "",
        engine=stored.engine,
    )


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")


def as_csv(rows: Sequence[Line]) -> bytes:
    """A table for spreadsheets and programs, in UTF-8 with the mark that spreadsheets look for."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([harmless(text) for text in _cells(row)])
    return ("\ufeff" + buffer.getvalue()).encode()


def as_xlsx(rows: Sequence[Line], titles: Mapping[str, str], translate: Callable[[str], str] = str) -> bytes:
    """A workbook of one sheet; text is written as text."""
    import xlsxwriter  # here: not every command should pay for it

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet()
        head, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for place, column in enumerate(COLUMNS):
            sheet.write_string(0, place, translate(titles[column]), head)
        for number, row in enumerate(rows, 1):
            for place, text in enumerate(_cells(row)):
                sheet.write_string(number, place, text[:32_000], wrapped)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(COLUMNS) - 1, 16)
        sheet.set_column(COLUMNS.index("text"), COLUMNS.index("machine_text"), 60)
    return buffer.getvalue()


def _cells(row: Line) -> list[str]:
    values = (getattr(row, column) for column in COLUMNS)
    return ["" if value is None else str(value) for value in values]
