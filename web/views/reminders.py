"""Reminders as people read them in the console."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from callcenter import reminder_words
from callcenter.domain.reminders import Reminder, ReminderKind
from web.i18n import Speech
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
        error=reminder.last_error or "",
        gave_up=reminder.gave_up_at is not None,
        tries=reminder.tries,
    )
