"""Scores, checks and the yearly list as people read them; each figure with its formula in words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import urlencode

from callcenter.domain.answer_times import greeting_limit
from callcenter.domain.periods import Period
from callcenter.domain.policy import Policy
from callcenter.domain.scores import (
    CHECKS,
    GREETED,
    ON_TIME,
    SATISFIED,
    PersonScore,
    Place,
    Rate,
    ScoreReport,
)
from callcenter.domain.spot_checks import SpotCheck
from callcenter.report_files import harmless
from callcenter.services.call_lists import MatterSubset
from web.i18n import N_, Speech
from web.views.periods import query_of
from web.views.report_links import TICKETS
from web.views.reports import percent

SCORE = "score"
MATTERS = "matters"
TITLES: Mapping[str, str] = {
    MATTERS: N_("Matters"),
    ON_TIME: N_("In time"),
    SATISFIED: N_("Satisfied"),
    CHECKS: N_("Spot checks"),
    GREETED: N_("Greeted in time"),
    SCORE: N_("Score"),
}
FORMULAS: Mapping[str, str] = {
    MATTERS: N_(
        "Tickets registered in the period that the person owns. Left out: dismissed ones and those still to be "
        "completed."
    ),
    ON_TIME: N_(
        "Clocks met divided by clocks met or missed, of the tickets registered in the period that the person owns. "
        "Left out: clocks that still run, stand or were cancelled."
    ),
    SATISFIED: N_(
        "Opinions for which the policy does not open the matter again, divided by all opinions: the latest of each "
        "ticket registered in the period that the person owns. Left out: tickets without an opinion."
    ),
    CHECKS: N_(
        "Points given divided by points possible, over the spot checks of the person's tickets that were drawn in the "
        "period, each as it stands after corrections. Left out: what is drawn but not checked yet."
    ),
    GREETED: N_(
        "Calls of the period that the person answered first and greeted at most %(greeting)s s after the answer, "
        "divided by all that they answered first (H10). Left out: calls rebuilt from Asterisk's record, and those "
        "that ended before the limit without a greeting."
    ),
    SCORE: N_(
        "The mean of these shares, weighted: %(weights)s. A part without data is left out and the other weights are "
        "scaled up to 100. From 0 to 100."
    ),
}
RANKING = N_(
    "Ranked by score are all who owned at least %(least)s matters in the year; equal scores share a rank. The first "
    "%(commended)s ranks are commended: a tie on the last of them adds people."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCell:
    """A share with what it is made of, and where a click leads (empty: nowhere)."""

    part: str
    title: str
    text: str
    of: str
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """One person's line."""

    extension: str
    name: str
    matters: int
    cells: tuple[ScoreCell, ...]
    score: str
    left_out: str
    """Parts without data, in words."""


def titles(say: Speech) -> dict[str, str]:
    """What the columns are called."""
    return {key: say.gettext(text) for key, text in TITLES.items()}


def formulas(weights: Mapping[str, int], policy: Policy, say: Speech) -> dict[str, str]:
    """The formula of each column in words."""
    limit = greeting_limit(policy)
    weighed = " + ".join(
        f"{say.gettext(TITLES[part])} {weight}" for part, weight in weights.items() if weight
    )
    values = {
        "greeting": f"{limit.total_seconds():g}" if limit is not None else "–",
        "weights": weighed or "–",
    }
    found: dict[str, str] = {}
    for key, text in FORMULAS.items():
        words = say.gettext(text)
        for name, value in values.items():
            words = words.replace(f"%({name})s", value)
        found[key] = words
    return found


def ranking(policy: Policy, say: Speech) -> str:
    """How the yearly list is ranked, in words."""
    rules = policy.supervision
    return say.gettext(RANKING) % {"least": rules.least_matters, "commended": rules.commended}


def score_words(score: Fraction | None) -> str:
    """A score from 0 to 100 with one decimal; a dash where there is none."""
    return "–" if score is None else f"{float(score) * 100:.1f}"


def score_row(score: PersonScore, report: ScoreReport, say: Speech) -> ScoreRow:
    """One person's line, each share with a way to what is behind it."""
    who = {"person": score.person.extension}
    span = query_of(Period(start=report.start, end=report.end), say.zone)
    behind = {
        ON_TIME: f"{TICKETS}?{urlencode({'only': MatterSubset.PROMISES.value, **who, **span})}",
        SATISFIED: f"{TICKETS}?{urlencode({'only': MatterSubset.OPINIONS.value, **who, **span})}",
        GREETED: f"/calls?{urlencode({'outcome': 'answered', **who, **span})}",
    }
    missing = [say.gettext(TITLES[part]) for part in score.left_out]
    return ScoreRow(
        extension=score.person.extension,
        name=score.person.name,
        matters=score.matters,
        cells=tuple(_cell(part, rate, behind.get(part, ""), say) for part, rate in score.rates.items()),
        score=score_words(score.score),
        left_out=say.gettext(N_("without: %(parts)s"))
        % {"parts": ("、" if say.language == "zh" else ", ").join(missing)}
        if missing
        else "",
    )


def _cell(part: str, rate: Rate, href: str, say: Speech) -> ScoreCell:
    share = rate.share
    return ScoreCell(
        part=part,
        title=say.gettext(TITLES[part]),
        text="–" if share is None else percent(float(share)),
        of="" if share is None else f"{rate.part}/{rate.whole}",
        href=href if rate.whole else "",
    )


def points_words(check: SpotCheck) -> str:
    """Points of points possible; a dash while nobody has checked it."""
    return f"{check.result.points}/{check.result.possible}" if check.result else "–"


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str | int | float | None]]) -> str:
    """A table as CSV: a byte order mark for spreadsheets, and no text that one would calculate."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    for row in rows:
        writer.writerow([harmless(value) if isinstance(value, str) else _plain(value) for value in row])
    return "\ufeff" + buffer.getvalue()


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def places_csv(report: ScoreReport, places: Sequence[Place]) -> str:
    """The yearly list in the API's names: shares 0 to 1, the score 0 to 100."""
    parts = (ON_TIME, SATISFIED, CHECKS, GREETED)
    header = ["rank", "tied", "commended", "extension", "name", MATTERS, *parts, SCORE, "left_out"]
    return csv_text(
        header,
        (
            [
                place.rank,
                int(place.is_tied),
                int(place.is_commended),
                place.score.person.extension,
                place.score.person.name,
                place.score.matters,
                *(_share(place.score.rates[part]) for part in parts),
                None if place.score.score is None else float(place.score.score) * 100,
                " ".join(place.score.left_out),
            ]
            for place in places
        ),
    )


def _share(rate: Rate) -> float | None:
    return None if rate.share is None else float(rate.share)
