"""Charts of the report of answer times: plain values, which a script of the console draws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from callcenter.domain.answer_times import AnswerTimes, Row
from web.i18n import N_, Speech

MOST_DAYS = 400
"""Days without calls have a place in the chart too, unless there are more."""

_OUTCOMES = (
    ("answered", N_("Answered"), "teal"),
    ("callback", N_("Message left"), "amber"),
    ("no_answer", N_("Not answered"), "red"),
    ("abandoned", N_("Abandoned"), "rose"),
)
_OTHER = N_("Other")
"""Under way, line closed, our fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart: `data` is what the script reads, `title` and `text` say what it shows."""

    key: str
    title: str
    text: str
    data: dict[str, Any]


def charts(report: AnswerTimes, say: Speech) -> list[Chart]:
    """Calls by hour, times to answer of those who answered, calls by day if there are several."""
    if not report.total.figures.offered:
        return []
    hours = {row.key: row for row in report.hours}
    found = [
        Chart(
            key="hours",
            title=say.gettext("Calls by hour of the day"),
            text=say.gettext("What came of the calls of each hour; the table by hour has the same figures."),
            data=_calls([(f"{hour:02}", hours.get(f"{hour:02}")) for hour in _hours(hours)], say),
        )
    ]
    timed = [row for row in report.people if row.figures.answer_p50_ms is not None]
    if timed:
        found.append(
            Chart(
                key="people",
                title=say.gettext("Time to answer by person"),
                text=say.gettext("In seconds; the table by person has the same figures."),
                data={
                    "kind": "spans",
                    "unit": say.gettext("s"),
                    "places": [row.name for row in timed],
                    "series": [
                        {
                            "name": say.gettext(name),
                            "tone": tone,
                            "values": [_seconds(getattr(row.figures, key)) for row in timed],
                        }
                        for key, name, tone in (
                            ("answer_p50_ms", N_("Half answered within"), "teal"),
                            ("answer_p90_ms", N_("Nine in ten answered within"), "amber"),
                        )
                    ],
                },
            )
        )
    if len(report.days) > 1:
        found.append(
            Chart(
                key="days",
                title=say.gettext("Calls by day"),
                text=say.gettext(
                    "What came of the calls of each day; the table by day has the same figures."
                ),
                data=_calls(list(_days(report, say)), say),
            )
        )
    return found


def _hours(found: Iterable[str]) -> range:
    """The hours from the first to the last with calls, office hours at least."""
    numbers = [int(hour) for hour in found]
    return range(min([8, *numbers]), max([17, *numbers]) + 1)


def _days(report: AnswerTimes, say: Speech) -> Iterable[tuple[str, Row | None]]:
    rows = {date.fromisoformat(row.key): row for row in report.days}
    first, last = min(rows), max(rows)
    between = (last - first).days + 1
    shown = [first + timedelta(days=number) for number in range(between)] if between <= MOST_DAYS else rows
    for day in shown:
        yield say.day(day), rows.get(day)


def _calls(places: Sequence[tuple[str, Row | None]], say: Speech) -> dict[str, Any]:
    series = [
        {
            "name": say.gettext(name),
            "tone": tone,
            "values": [getattr(row.figures, key) or 0 if row else 0 for _, row in places],
        }
        for key, name, tone in _OUTCOMES
    ]
    told = [sum(values) for values in zip(*(each["values"] for each in series), strict=True)]
    rest = [
        (row.figures.offered or 0) - part if row else 0 for (_, row), part in zip(places, told, strict=True)
    ]
    if any(rest):
        series.append({"name": say.gettext(_OTHER), "tone": "grey", "values": rest})
    return {"kind": "calls", "places": [name for name, _ in places], "series": series}


def _seconds(span_ms: int | None) -> float | None:
    return None if span_ms is None else round(span_ms / 1000, 1)
