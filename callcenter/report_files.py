"""The report of answer times as JSON, CSV and XLSX: what programs, tables and people keep of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.domain.answer_times import (
    FIGURES,
    N_,
    AnswerTimes,
    Dimension,
    Row,
    Unit,
    in_words,
)

Translate = Callable[[str], str]


class Format(StrEnum):
    """What a report can be written as."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TITLES = {
    Dimension.TOTAL: N_("Total"),
    Dimension.PERSON: N_("Person"),
    Dimension.LINE: N_("Line"),
    Dimension.HOUR: N_("Hour of the day"),
    Dimension.DAY: N_("Day"),
}
_NAME = N_("Name")
_FORMULA = N_("Formula")
_FROM, _UNTIL = N_("From"), N_("Until before")
_CELLS = {Unit.COUNT: "0", Unit.SPAN: '0.0" s"', Unit.SHARE: "0.0%"}
_DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""Spreadsheets in Chinese take the wide signs for the narrow ones."""


def rows_of(report: AnswerTimes) -> Iterable[tuple[Dimension, Row]]:
    """Every row with what it stands for, the total first."""
    yield Dimension.TOTAL, report.total
    for dimension, rows in (
        (Dimension.PERSON, report.people),
        (Dimension.LINE, report.lines),
        (Dimension.HOUR, report.hours),
        (Dimension.DAY, report.days),
    ):
        for row in rows:
            yield dimension, row


def as_json(report: AnswerTimes, zone: ZoneInfo) -> dict[str, Any]:
    """The report in the API's shape: spans in milliseconds, shares 0 to 1, `to` itself left out."""
    limits = report.limits
    return {
        "from": _local(report.start, zone),
        "to": _local(report.end, zone),
        "time_zone": zone.key,
        "threshold_s": limits.answer.total_seconds(),
        "greeting_s": limits.greeting.total_seconds() if limits.greeting is not None else None,
        "total": asdict(report.total.figures),
        "people": [{"extension": row.key, "name": row.name, **asdict(row.figures)} for row in report.people],
        "lines": [{"line": row.key, **asdict(row.figures)} for row in report.lines],
        "hours": [{"hour": int(row.key), **asdict(row.figures)} for row in report.hours],
        "days": [{"day": row.key, **asdict(row.figures)} for row in report.days],
        "formulas": {figure.key: in_words(figure.formula, limits) for figure in FIGURES},
    }


def as_csv(report: AnswerTimes, zone: ZoneInfo) -> str:
    """One table with a line for each row of the report, in the API's names and units.

    It begins with a byte order mark, without which spreadsheets take UTF-8 for something else.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    start, end = _local(report.start, zone), _local(report.end, zone)
    writer.writerow(["from", "to", "by", "key", "name", *(figure.key for figure in FIGURES)])
    for dimension, row in rows_of(report):
        numbers = [getattr(row.figures, figure.key) for figure in FIGURES]
        shown = ["" if number is None else _plain(number) for number in numbers]
        writer.writerow([start, end, dimension.value, harmless(row.key), harmless(row.name or ""), *shown])
    return "\ufeff" + buffer.getvalue()


def as_xlsx(report: AnswerTimes, zone: ZoneInfo, translate: Translate = str) -> bytes:
    """A workbook: a sheet for each kind of row, and one with the formulas in words.

    Text is written as text: a name that looks like a formula is not one.
    """
    import xlsxwriter  # here: not every command should pay for it

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        for dimension in Dimension:
            rows = [row for found, row in rows_of(report) if found is dimension]
            _sheet(book, dimension, rows, report, translate)
        _formulas(book, report, zone, translate)
    return buffer.getvalue()


def _sheet(
    book: Any, dimension: Dimension, rows: list[Row], report: AnswerTimes, translate: Translate
) -> None:
    sheet = book.add_worksheet(translate(TITLES[dimension]))
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    forms = {unit: book.add_format({"num_format": _CELLS[unit]}) for unit in Unit}
    named = [translate(_NAME)] if dimension is Dimension.PERSON else []
    heads = [translate(TITLES[dimension]), *named]
    for place, text in enumerate(
        heads + [in_words(each.title, report.limits, translate) for each in FIGURES]
    ):
        sheet.write_string(0, place, text, head)
    for number, row in enumerate(rows, 1):
        sheet.write_string(number, 0, row.key or translate(TITLES[dimension]))
        if named:
            sheet.write_string(number, 1, row.name or "")
        for place, figure in enumerate(FIGURES, len(heads)):
            value = getattr(row.figures, figure.key)
            if value is not None:
                value = value / 1000 if figure.unit is Unit.SPAN else value
                sheet.write_number(number, place, value, forms[figure.unit])
    sheet.freeze_panes(1, len(heads))
    sheet.set_column(0, len(heads) + len(FIGURES) - 1, 12)


def _formulas(book: Any, report: AnswerTimes, zone: ZoneInfo, translate: Translate) -> None:
    sheet = book.add_worksheet(translate(_FORMULA))
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    texts = [
        (translate(_FROM), _local(report.start, zone)),
        (translate(_UNTIL), _local(report.end, zone)),
    ]
    for figure in FIGURES:
        title = in_words(figure.title, report.limits, translate)
        texts.append((title, in_words(figure.formula, report.limits, translate)))
    for number, pair in enumerate(texts):
        for place, text in enumerate(pair):
            sheet.write_string(number, place, text, wrapped)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)


def harmless(text: str) -> str:
    """Text for a cell of a CSV file: what a spreadsheet would calculate begins with an apostrophe."""
    return f"'{text}" if text.startswith(_DANGEROUS) or text.lstrip().startswith(_DANGEROUS) else text


def _plain(number: float) -> str:
    return f"{number:.4f}" if isinstance(number, float) else str(number)


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat()
