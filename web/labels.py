"""What the screens call stored values, and the tone and sign each is shown with (never colour alone)."""

from __future__ import annotations

from dataclasses import dataclass

from web.i18n import N_


@dataclass(frozen=True, slots=True)
class Icon:
    """A picture of the sprite by its name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A message of the catalogue, a tone (class of console.css) and a picture."""

    text: str
    tone: str
    icon: str


def _label(text: str, tone: str, icon: Icon) -> Label:
    return Label(text=text, tone=tone, icon=icon.name)


CALL_STATES = {
    "ringing": _label(N_("Ringing"), "info", Icon("phone-incoming")),
    "talking": _label(N_("Talking"), "good", Icon("phone-call")),
    "handing_over": _label(N_("Handing over"), "warn", Icon("arrows-exchange")),
    "recording": _label(N_("Leaving a message"), "info", Icon("microphone")),
}
OUTCOMES = {
    "answered": _label(N_("Answered"), "good", Icon("phone-check")),
    "callback": _label(N_("Message left"), "info", Icon("microphone")),
    "closed": _label(N_("Line closed"), "quiet", Icon("moon")),
    "no_answer": _label(N_("Not answered"), "bad", Icon("phone-off")),
    "abandoned": _label(N_("Hung up while waiting"), "warn", Icon("phone-x")),
    "failed": _label(N_("Our fault"), "bad", Icon("alert-triangle")),
}
HANDOFF_MODES = {
    "live": N_("Live transfer"),
    "recorded": N_("Recorded transfer"),
    "phone": N_("The phone's own transfer"),
}
HANDOFF_OUTCOMES = {
    "accepted": _label(N_("Accepted"), "good", Icon("circle-check")),
    "refused": _label(N_("Refused"), "warn", Icon("ban")),
    "no_answer": _label(N_("No answer"), "warn", Icon("phone-off")),
    "timed_out": _label(N_("Out of time"), "bad", Icon("clock")),
    "cancelled": _label(N_("Called off"), "quiet", Icon("x")),
}
TICKET_STATUSES = {
    "registering": _label(N_("To be completed"), "warn", Icon("pencil")),
    "open": _label(N_("Open"), "info", Icon("circle-dot")),
    "waiting": _label(N_("Waiting"), "quiet", Icon("hourglass")),
    "resolved": _label(N_("Resolved"), "good", Icon("circle-check")),
    "closed": _label(N_("Closed"), "quiet", Icon("archive")),
    "dismissed": _label(N_("Dismissed"), "quiet", Icon("ban")),
}
CLOCK_STATES = {
    "running": _label(N_("Running"), "info", Icon("clock")),
    "met": _label(N_("Kept"), "good", Icon("circle-check")),
    "breached": _label(N_("Missed"), "bad", Icon("alert-triangle")),
    "paused": _label(N_("Paused"), "quiet", Icon("hourglass")),
    "cancelled": _label(N_("Cancelled"), "quiet", Icon("x")),
}
WISHED_REPLIES = {
    "today": N_("Today"),
    "tomorrow": N_("Tomorrow"),
    "this_week": N_("This week"),
}
LANGUAGES = {"zh": N_("Chinese"), "en": N_("English")}
SPEAKS = {"zh": N_("Speaks Chinese"), "en": N_("Speaks English")}
TRANSCRIPTS = {
    "pending": _label(N_("Being written"), "info", Icon("hourglass")),
    "done": _label(N_("Written by machine"), "quiet", Icon("file-text")),
    "empty": _label(N_("Nothing was understood"), "quiet", Icon("file-text")),
    "failed": _label(N_("Could not be written"), "warn", Icon("alert-triangle")),
}
ABSENCE_REASONS = {
    "travel": N_("Business trip"),
    "meeting": N_("Meeting"),
    "training": N_("Training"),
    "leave": N_("Leave"),
    "other": N_("Other reason"),
}
ROLES = {"staff": N_("Staff"), "manager": N_("Manager")}
UNKNOWN = _label(N_("Unknown"), "quiet", Icon("help"))

ADDRESSES = (
    "mailtos://user:password@mail.example.cn?to=me@example.cn",
    "wecombot://key",
    "dingtalk://token",
    "feishu://token",
)
"""How an address for reminders is written."""
