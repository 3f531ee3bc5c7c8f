"""The report of answer times as pages show it: periods to choose, tables, charts, links to the calls behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from callcenter.domain.answer_times import (
    FIGURES,
    AnswerTimes,
    Dimension,
    Figure,
    Row,
    Unit,
    in_words,
)
from callcenter.domain.periods import Period, days, read_period
from callcenter.domain.policy import Policy
from callcenter.report_files import TITLES
from callcenter.services.answer_times import answer_times
from web.console import Console
from web.i18n import N_, Speech
from web.viewer import Viewer
from web.views.periods import period_words, query_of
from web.views.report_links import TICKETS, behind, hour_words

IN_TABLES = (
    "offered",
    "answered",
    "answered_share",
    "answered_part",
    "callback",
    "no_answer",
    "abandoned",
    "answer_avg_ms",
    "answer_p50_ms",
    "answer_p90_ms",
    "wait_avg_ms",
    "within_threshold",
    "greeted_in_time",
    "transfers_in_time",
    "promises_kept",
    "satisfied",
)
NOT_OF_PEOPLE = frozenset(
    {"offered", "answered_share", "callback", "no_answer", "abandoned", "closed", "failed"}
)
GROUPS = (
    (
        N_("Calls"),
        (
            "offered",
            "answered",
            "answered_share",
            "callback",
            "no_answer",
            "abandoned",
            "closed",
            "failed",
            "rebuilt",
        ),
    ),
    (
        N_("Times"),
        (
            "answer_avg_ms",
            "answer_p50_ms",
            "answer_p90_ms",
            "wait_avg_ms",
            "within_threshold",
            "greeted_in_time",
        ),
    ),
    (
        N_("Transfers, promises, opinions"),
        ("transfers", "transfers_in_time", "promises", "promises_kept", "opinions", "satisfied"),
    ),
)
BY_KEY: Mapping[str, Figure] = {figure.key: figure for figure in FIGURES}


def read_report(console: Console, viewer: Viewer, since: str | None, until: str | None) -> AnswerTimes:
    """The report that `viewer` may see (T31): managers everybody, others no colleague; raises BadPeriod."""
    now, settings = console.clock(), console.settings
    period = read_period(since, until, settings.zone, now)
    threshold = timedelta(seconds=settings.answer_threshold_s)
    with console.work_over(period) as work:
        report = answer_times(work, period, zone=settings.zone, threshold=threshold, now=now)
    return report if viewer.is_manager else report.of_person_alone(viewer.extension)


def answer_name(policy: Policy, answer: str, say: Speech) -> str:
    """What the policy calls an answer about satisfaction."""
    meaning = policy.answer(answer)
    return meaning.names.get(say.language, answer) if meaning else answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure as it is shown, with where a click on it leads (empty: nowhere) and what is to be found there."""

    figure: Figure
    title: str
    text: str
    href: str
    leads_to: str
    is_empty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row of a table: what it stands for, and its figures."""

    key: str
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the report."""

    dimension: Dimension
    title: str
    head: str
    columns: tuple[tuple[str, str, str], ...]
    """For each column the key of its figure, its title and its formula."""
    rows: tuple[TableRow, ...]


class Reading:
    """One report in one language for one reader."""

    def __init__(self, report: AnswerTimes, say: Speech, viewer: Viewer) -> None:
        """Take what is to be shown, and to whom."""
        self.report = report
        self._say = say
        self._viewer = viewer
        self._period = Period(start=report.start, end=report.end)

    @property
    def query(self) -> str:
        """The period, for addresses."""
        return urlencode(query_of(self._period, self._say.zone))

    @property
    def span(self) -> str:
        """The period in words."""
        return period_words(self._period, self._say)

    def formula(self, key: str) -> str:
        """A formula in words."""
        return in_words(BY_KEY[key].formula, self.report.limits, self._say.gettext)

    def groups(self) -> list[tuple[str, list[Cell]]]:
        """The figures of the whole period, in three groups."""
        total = self.report.total
        return [
            (
                self._say.gettext(title),
                [self._cell(BY_KEY[key], total, Dimension.TOTAL) for key in keys],
            )
            for title, keys in GROUPS
        ]

    def tables(self) -> list[Table]:
        """Tables by person, line, hour and day; one of people only where there are any to see."""
        report = self.report
        found = [
            (Dimension.PERSON, N_("By person"), report.people),
            (Dimension.LINE, N_("By line"), report.lines),
            (Dimension.HOUR, N_("By hour of the day"), report.hours),
            (Dimension.DAY, N_("By day"), report.days[::-1]),
        ]
        return [self._table(dimension, title, rows) for dimension, title, rows in found if rows]

    def _table(self, dimension: Dimension, title: str, rows: Sequence[Row]) -> Table:
        people = dimension is Dimension.PERSON
        shown = [
            BY_KEY[key]
            for key in IN_TABLES
            if (key not in NOT_OF_PEOPLE if people else key != "answered_part")
        ]
        return Table(
            dimension=dimension,
            title=self._say.gettext(title),
            head=self._say.gettext(TITLES[dimension]),
            columns=tuple(
                (
                    figure.key,
                    in_words(figure.title, self.report.limits, self._say.gettext),
                    self.formula(figure.key),
                )
                for figure in shown
            ),
            rows=tuple(
                TableRow(
                    key=row.key,
                    name=self._name(dimension, row),
                    cells=tuple(self._cell(figure, row, dimension) for figure in shown),
                )
                for row in rows
            ),
        )

    def _name(self, dimension: Dimension, row: Row) -> str:
        if dimension is Dimension.PERSON:
            return row.name or row.key
        if dimension is Dimension.HOUR:
            return hour_words(int(row.key))
        if dimension is Dimension.DAY:
            return self._say.day(date.fromisoformat(row.key))
        return row.key

    def _cell(self, figure: Figure, row: Row, dimension: Dimension) -> Cell:
        value = getattr(row.figures, figure.key)
        path, words = behind(figure.key, row.figures)
        if path.startswith(TICKETS) and not (self._viewer.is_manager or dimension is Dimension.PERSON):
            path = ""  # it would name colleagues (T31)
        empty = value is None or (value == 0 and figure.unit is Unit.COUNT)
        return Cell(
            figure=figure,
            title=in_words(figure.title, self.report.limits, self._say.gettext),
            text=shown(figure, value, self._say),
            href="" if empty or not path else f"{path}{self._place(dimension, row.key)}",
            leads_to=self._say.gettext(words),
            is_empty=value is None,
        )

    def _place(self, dimension: Dimension, key: str) -> str:
        zone = self._say.zone
        period, place = self._period, {}
        if dimension is Dimension.DAY:
            day = date.fromisoformat(key)
            whole = days(day, day, zone)
            period = Period(start=max(whole.start, period.start), end=min(whole.end, period.end))
        elif dimension is not Dimension.TOTAL:
            place = {dimension.value: str(int(key)) if dimension is Dimension.HOUR else key}
        return urlencode({**query_of(period, zone), **place})


def shown(figure: Figure, value: float | None, say: Speech) -> str:
    """A figure as text; a dash where there is none."""
    if value is None:
        return "–"
    if figure.unit is Unit.SPAN:
        return say.seconds(round(value))
    if figure.unit is Unit.SHARE:
        return percent(value)
    return str(value)


def percent(value: float) -> str:
    """A share in percent: a whole one only if it is whole, nothing only if it is nothing."""
    rounded = round(value * 100, 1)
    if rounded == 100 and value < 1:
        rounded = 99.9
    if rounded == 0 and value > 0:
        rounded = 0.1
    return f"{rounded:g}%"
