"""The analysis as tables: rows by name, each figure with a way to the matters behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from callcenter.domain.analysis import Analysis, By, Counts, Only
from callcenter.domain.periods import Period
from callcenter.domain.policy import Label, Policy, RuleBook
from web.i18n import N_, Speech
from web.views.periods import query_of
from web.views.reports import percent
from web.views.supervision import csv_text

PAGE = "/analysis"
TITLES: Mapping[By, str] = {
    By.TOTAL: N_("Total"),
    By.KIND: N_("By kind"),
    By.CHANNEL: N_("By channel"),
    By.OFFICE: N_("By office"),
    By.CAUSE: N_("By cause"),
    By.PERSON: N_("By person responsible"),
    By.MONTH: N_("By month"),
}
HEADS: Mapping[By, str] = {
    By.TOTAL: N_("Total"),
    By.KIND: N_("Kind"),
    By.CHANNEL: N_("Channel"),
    By.OFFICE: N_("Office"),
    By.CAUSE: N_("Cause"),
    By.PERSON: N_("Person"),
    By.MONTH: N_("Month"),
}
COLUMNS: Mapping[Only, str] = {
    Only.MATTERS: N_("Matters"),
    Only.LATE: N_("Late"),
    Only.NOT_SATISFIED: N_("Not satisfied"),
    Only.REOPENED: N_("Handled again"),
    Only.TRACED: N_("Responsibility traced"),
    Only.DECIDED: N_("Suggestions decided"),
    Only.ADOPTED: N_("Adopted"),
}
FORMULAS: Mapping[Only, str] = {
    Only.MATTERS: N_(
        "Tickets registered in the period. Left out: dismissed ones and those still to be completed. A matter stands "
        "in the row of every office that it was passed to, so these rows may add up to more than the total."
    ),
    Only.LATE: N_(
        "Matters with at least one limit that was missed; the share divides them by the matters with at least one "
        "limit that was kept or missed."
    ),
    Only.NOT_SATISFIED: N_(
        "Matters whose latest opinion opens them again by the policy; the share divides them by the matters with an "
        "opinion."
    ),
    Only.REOPENED: N_("Matters that were handled again at least once, whatever came later."),
    Only.TRACED: N_("Matters whose cause was traced to a person (S50); the latest tracing counts."),
    Only.DECIDED: N_("Suggestions on which the head has decided (H42); the latest decision counts."),
    Only.ADOPTED: N_("Suggestions that were adopted; the share divides them by those decided."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisCell:
    """A count with its share, and where a click leads (empty: nowhere)."""

    title: str
    text: str
    share: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisRow:
    """One row by the name that people know."""

    key: str
    name: str
    cells: tuple[AnalysisCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisTable:
    """One table; `is_shortened`: it has more rows than are shown."""

    by: str
    title: str
    head: str
    rows: tuple[AnalysisRow, ...]
    is_shortened: bool


class Names:
    """What kinds, channels, offices and people are called."""

    def __init__(self, book: RuleBook, people: Mapping[str, str], say: Speech) -> None:
        """The policy of new tickets names things first, then the others."""
        self._policies = [book.current.policy, *(rules.policy for rules in book.by_name.values())]
        self._people = people
        self._say = say

    def of(self, by: By, key: str) -> str:
        """The name of a row."""
        if by is By.PERSON:
            return self._people.get(key, key)
        if by in (By.KIND, By.CHANNEL, By.OFFICE):
            for policy in self._policies:
                for label in _labels(policy, by):
                    if label.key == key:
                        return label.names.get(self._say.language) or key
        return key


def _labels(policy: Policy, by: By) -> tuple[Label, ...]:
    return {By.KIND: policy.kinds, By.CHANNEL: policy.channels, By.OFFICE: policy.offices}[by]


def share_of(only: Only, counts: Counts) -> float | None:
    """The share beside a count; None where it has none."""
    shares = {
        Only.LATE: counts.late_share,
        Only.NOT_SATISFIED: counts.not_satisfied_share,
        Only.ADOPTED: counts.adopted_share,
    }
    return shares.get(only)


def tables(found: Analysis, names: Names, say: Speech) -> list[AnalysisTable]:
    """The tables that have rows, the total not among them."""
    return [
        AnalysisTable(
            by=by.value,
            title=say.gettext(TITLES[by]),
            head=say.gettext(HEADS[by]),
            rows=tuple(
                AnalysisRow(key=key, name=names.of(by, key), cells=cells(found, by, key, counts, say))
                for key, counts in rows.items()
            ),
            is_shortened=by in found.shortened,
        )
        for by, rows in found.rows.items()
        if rows
    ]


def cells(found: Analysis, by: By, key: str, counts: Counts, say: Speech) -> tuple[AnalysisCell, ...]:
    """The figures of one row."""
    period = query_of(Period(start=found.start, end=found.end), say.zone)
    made: list[AnalysisCell] = []
    for only, title in COLUMNS.items():
        count = getattr(counts, only.value)
        share = share_of(only, counts)
        query = urlencode({"by": by.value, "key": key, "only": only.value, **period})
        made.append(
            AnalysisCell(
                title=say.gettext(title),
                text=str(count),
                share=percent(share) if share is not None and count else "",
                href=f"{PAGE}/tickets?{query}" if count else "",
            )
        )
    return tuple(made)


def analysis_csv(found: Analysis, names: Names) -> str:
    """Every row in the API's names and units; shares 0 to 1."""
    header = [
        "by",
        "key",
        "name",
        *(only.value for only in Only),
        "late_share",
        "not_satisfied_share",
        "adopted_share",
    ]
    everything = {By.TOTAL: {"": found.total}, **found.rows}
    return csv_text(
        header,
        (
            [
                by.value,
                key,
                names.of(by, key),
                *(getattr(counts, only.value) for only in Only),
                counts.late_share,
                counts.not_satisfied_share,
                counts.adopted_share,
            ]
            for by, rows in everything.items()
            for key, counts in rows.items()
        ),
    )
