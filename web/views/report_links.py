"""What is behind the figures of a report: the lists of calls and tickets that a click leads to, and their names."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from callcenter.domain.answer_times import Figures, in_words
from callcenter.services.call_lists import CallFilter, MatterSubset, Subset
from web.i18n import N_, Speech
from web.labels import OUTCOMES
from web.views.periods import period_words

PAGE = "/reports/answer-times"
TICKETS = f"{PAGE}/tickets"

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


def behind(key: str, figures: Figures) -> tuple[str, str]:
    """The address of what is behind a figure, up to the place of its row, and what is listed there.

    A share that is not whole leads to what is missing in it, a whole one to what it is made of.
    """
    value = getattr(figures, key)
    whole = value == 1
    if key in ("promises", "promises_kept"):
        missed = key == "promises_kept" and not whole
        what = MatterSubset.MISSED if missed else MatterSubset.PROMISES
        return f"{TICKETS}?only={what}&", N_("Promises that were missed") if missed else N_("The promises")
    if key in ("opinions", "satisfied"):
        return f"{TICKETS}?only={MatterSubset.OPINIONS}&", N_("The opinions")
    if key in _SHARES:
        missing, words, made_of, of_words = _SHARES[key]
        subset, words = (made_of, of_words) if whole else (missing, words)
        return f"/calls?only={subset}&", words
    subset_or_outcome, words = _LISTS[key]
    return f"/calls?{subset_or_outcome}", words


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
