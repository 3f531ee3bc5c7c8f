"""Reminders as people read them in the console."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from callcenter import reminder_words
from callcenter.domain.reminders import Reminder, ReminderKind
from web.i18n import N_, Speech
from web.labels import Icon

_LOOKS: Mapping[ReminderKind, tuple[Icon, str]] = {
    ReminderKind.WARNING: (Icon("clock"), "warn"),
    ReminderKind.BREACH: (Icon("alert-triangle"), "bad"),
    ReminderKind.ESCALATION: (Icon("alert-triangle"), "bad"),
    ReminderKind.APPROVAL: (Icon("hourglass"), "warn"),
    ReminderKind.DECISION: (Icon("circle-check"), "good"),
    ReminderKind.NOTICE: (Icon("message"), "info"),
    ReminderKind.HEAD_INFORMED: (Icon("bell-ringing"), "info"),
    ReminderKind.HANDED: (Icon("arrows-exchange"), "info"),
    ReminderKind.COVER: (Icon("users"), "info"),
    ReminderKind.DIGEST: (Icon("calendar-due"), "info"),
}


_ANSWERED = N_("the receiver answered %(code)s")
_FAULTS = (
    N_("the receiver did not take it"),
    N_("the receiver could not be reached"),
    N_("the address leads to this machine"),
    N_("the address is not understood any more"),
    N_("too many receivers hang"),
    N_("no answer within 20 s"),
)
"""What `callcenter.notify` says of a delivery, in the words of the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One reminder; `items` are the piles of a digest, `who` whose it is, `error` why it was not delivered."""

    id: int
    at: datetime
    text: str
    icon: str
    tone: str
    opens: bool
    items: tuple[str, ...]
    who: str
    error: str
    gave_up: bool
    tries: int


def lines_of(found: Iterable[Reminder], say: Speech, names: Mapping[str, str]) -> list[Line]:
    """In the reader's language, people by name."""
    return [_line(reminder, say, names) for reminder in found]


def _line(reminder: Reminder, say: Speech, names: Mapping[str, str]) -> Line:
    icon, tone = _LOOKS[reminder.kind]
    return Line(
        id=reminder.id,
        at=reminder.created_at,
        text=reminder_words.line(reminder, say.language, names=names),
        icon=icon.name,
        tone=tone,
        opens=bool(reminder.ticket or reminder.data.get("absence")),
        items=tuple(reminder_words.digest_lines(reminder, say.language)),
        who=names.get(reminder.recipient, reminder.recipient),
        error=_error(reminder.last_error or "", say),
        gave_up=reminder.gave_up_at is not None,
        tries=reminder.tries,
    )


def fault_text(fault: str, say: Speech) -> str:
    """Why something was not delivered, in the reader's language as far as it is known."""
    if found := re.fullmatch(r"the receiver answered (\d{3})", fault):
        return say.gettext(_ANSWERED) % {"code": found[1]}
    return say.gettext(fault) if fault in _FAULTS else fault


def _error(error: str, say: Speech) -> str:
    """The address as it is shown, and the fault behind it."""
    shown, found, fault = error.partition(": ")
    return f"{shown}{say.gettext(N_(': '))}{fault_text(fault, say)}" if found else error
