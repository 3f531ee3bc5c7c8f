"""The report of answer times as pages show it: periods to choose, tables, charts, links to the calls behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from callcenter.domain.answer_times import (
    FIGURES,
    AnswerTimes,
    Dimension,
    Figure,
    Figures,
    Row,
    Unit,
    in_words,
)
from callcenter.domain.periods import Period, days, read_period
from callcenter.domain.policy import Policy
from callcenter.report_files import TITLES
from callcenter.services.answer_times import answer_times
from callcenter.services.call_lists import CallFilter, MatterSubset, Subset
from web.console import Console
from web.i18n import N_, Speech
from web.labels import OUTCOMES
from web.viewer import Viewer

PAGE = "/reports/answer-times"
TICKETS = f"{PAGE}/tickets"

SHORT = timedelta(days=8)
"""Up to such a length a report is as quick as any page, and as quick to say that the database is away."""

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
    with console.report_work() if period.end - period.start > SHORT else console.work() as work:
        report = answer_times(work, period, zone=settings.zone, threshold=threshold, now=now)
    return report if viewer.is_manager else report.of_person_alone(viewer.extension)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A period to choose by one click."""

    text: str
    query: str
    is_chosen: bool


def choices(chosen: Period, zone: ZoneInfo, now: datetime, say: Speech) -> list[Choice]:
    """Today, this week (from Monday), this month, last month."""
    today = now.astimezone(zone).date()
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    last = first - timedelta(days=1)
    offered = (
        (N_("Today"), today, today),
        (N_("This week"), monday, today),
        (N_("This month"), first, today),
        (N_("Last month"), last.replace(day=1), last),
    )
    found: list[Choice] = []
    for text, start, end in offered:
        same = days(start, end, zone) == chosen and not any(choice.is_chosen for choice in found)
        query = urlencode({"from": start, "to": end})
        found.append(Choice(text=say.gettext(text), query=query, is_chosen=same))
    return found


def query_of(period: Period, zone: ZoneInfo) -> dict[str, str]:
    """The period as an address has it: days where it begins and ends with a day."""
    first, last = period.start.astimezone(zone), period.end.astimezone(zone)
    before = last - timedelta(days=1)
    if days(first.date(), before.date(), zone) == period:
        return {"from": first.date().isoformat(), "to": before.date().isoformat()}
    return {"from": first.isoformat(), "to": last.isoformat()}


def period_words(period: Period, say: Speech) -> str:
    """The period in words: days where it is made of days."""
    first, last = period.start, period.end - timedelta(microseconds=1)
    if "T" in query_of(period, say.zone)["from"]:
        return f"{say.full(first)} – {say.full(period.end)}"
    if say.is_today(first, last):
        return say.day(first)
    return f"{say.day(first)} – {say.day(last)}"


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
        path, words = self._behind(figure.key, row.figures)
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

    def _behind(self, key: str, figures: Figures) -> tuple[str, str]:
        """The address of what is behind a figure, up to the place of its row, and what is listed there.

        A share that is not whole leads to what is missing in it, a whole one to what it is made of.
        """
        value = getattr(figures, key)
        whole = value == 1
        if key in ("promises", "promises_kept"):
            missed = key == "promises_kept" and not whole
            what = MatterSubset.MISSED if missed else MatterSubset.PROMISES
            return f"{TICKETS}?only={what}&", N_("Promises that were missed") if missed else N_(
                "The promises"
            )
        if key in ("opinions", "satisfied"):
            return f"{TICKETS}?only={MatterSubset.OPINIONS}&", N_("The opinions")
        if key in _SHARES:
            missing, words, made_of, of_words = _SHARES[key]
            subset, words = (made_of, of_words) if whole else (missing, words)
            return f"/calls?only={subset}&", words
        subset_or_outcome, words = _LISTS[key]
        return f"/calls?{subset_or_outcome}", words

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


_SHARES: Mapping[str, tuple[Subset, str, Subset, str]] = {
    "within_threshold": (
        Subset.SLOW,
        N_("Calls that rang for longer"),
        Subset.TIMED,
        N_("Answered calls whose ringing is known"),
    ),
    "greeted_in_time": (
        Subset.GREETED_LATE,
        N_("Calls that were not greeted in time"),
        Subset.TIMED,
        N_("Answered calls whose ringing is known"),
    ),
    "transfers_in_time": (
        Subset.TRANSFERRED_LATE,
        N_("Calls with a transfer that was not in time"),
        Subset.TRANSFERRED,
        N_("Calls with a transfer"),
    ),
}
_ANSWERED = ("outcome=answered&", N_("Answered calls"))
_TIMED = (f"only={Subset.TIMED}&", N_("Answered calls whose ringing is known"))
_LISTS: Mapping[str, tuple[str, str]] = {
    "offered": ("", N_("Calls of the period")),
    "answered": _ANSWERED,
    "answered_share": (f"only={Subset.UNANSWERED}&", N_("Calls that nobody answered")),
    "answered_part": _ANSWERED,
    "callback": ("outcome=callback&", N_("Calls with a message instead of an answer")),
    "no_answer": ("outcome=no_answer&", N_("Calls that nobody answered in time")),
    "abandoned": ("outcome=abandoned&", N_("Calls whose caller hung up while waiting")),
    "closed": ("outcome=closed&", N_("Calls that found the line closed")),
    "failed": ("outcome=failed&", N_("Calls that failed by our fault")),
    "rebuilt": (f"only={Subset.REBUILT}&", N_("Calls that were rebuilt from Asterisk's record")),
    "answer_avg_ms": _TIMED,
    "answer_p50_ms": _TIMED,
    "answer_p90_ms": _TIMED,
    "wait_avg_ms": _ANSWERED,
    "transfers": (f"only={Subset.TRANSFERRED}&", N_("Calls with a transfer")),
}
WORDS: Mapping[Subset, str] = {
    Subset.UNANSWERED: N_("Calls that nobody answered"),
    Subset.REBUILT: N_("Calls that were rebuilt from Asterisk's record"),
    Subset.TIMED: N_("Answered calls whose ringing is known"),
    Subset.SLOW: N_("Calls that rang for longer than %(threshold)s s"),
    Subset.GREETED_LATE: N_("Calls that were not greeted within %(greeting)s s"),
    Subset.TRANSFERRED: N_("Calls with a transfer"),
    Subset.TRANSFERRED_LATE: N_("Calls with a transfer that was not in time"),
}


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


def narrowed(wanted: CallFilter, names: Mapping[str, str], say: Speech) -> list[str]:
    """What a list of calls is narrowed to, in words; empty if it holds every call."""
    found: list[str] = []
    if wanted.only is not None:
        found.append(in_words(WORDS[wanted.only], wanted.limits, say.gettext))
    if wanted.outcome is not None:
        found.append(say.gettext(OUTCOMES[wanted.outcome].text))
    if wanted.period is not None:
        found.append(period_words(wanted.period, say))
    if wanted.person is not None:
        found.append(names.get(wanted.person, wanted.person))
    if wanted.line is not None:
        found.append(say.gettext("Line %(line)s") % {"line": wanted.line})
    if wanted.hour is not None:
        found.append(hour_words(wanted.hour))
    return found


def hour_words(hour: int) -> str:
    """An hour of the day from its first to its last minute."""
    return f"{hour:02}:00–{hour:02}:59"


def query_without(query: Mapping[str, str], name: str) -> str:
    """The address's query without one of its parts, ready to be added to: empty, or with & at its end."""
    kept = urlencode({key: value for key, value in query.items() if key not in (name, "lang", "done")})
    return f"{kept}&" if kept else ""
