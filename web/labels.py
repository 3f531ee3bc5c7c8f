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
CAUSES = {
    "nothing_recorded": N_("Nothing was recorded."),
    "silent": N_("Nobody speaks: the recording is silent."),
    "noise": N_("Nobody speaks: there is only noise."),
    "tone": N_("Nobody speaks: there is only a tone."),
    "line_tone": N_("Nobody speaks: there is only the tone of the line, such as busy."),
    "keys": N_("Nobody speaks: only keys were pressed."),
    "fax": N_("A fax machine called."),
    "music": N_("Nobody speaks: there is only music."),
    "own_prompt": N_("Nobody speaks: only our own announcement came back."),
    "other_language": N_("Somebody speaks, but neither Chinese nor English."),
    "unintelligible": N_("Somebody speaks, but the machine did not understand it."),
    "file_missing": N_("The recording is not there."),
    "file_refused": N_("The recording has a name that is not allowed."),
    "unreadable": N_("The recording is damaged and cannot be read."),
    "no_model": N_("The machine that writes is not set up for this language, or switched off."),
    "engine_failed": N_("The machine that writes failed twice."),
    "crashed": N_("The machine that writes broke down twice."),
    "out_of_memory": N_("The machine that writes ran out of memory twice."),
    "too_slow": N_("The machine that writes took too long twice."),
    "gave_up": N_("The machine that writes was ended too often."),
}
"""Why a recording has no text: `callcenter.domain.transcripts.Cause`."""
REMARKS = {
    "clipped": N_("The voice is distorted: words may be wrong."),
    "cut_off": N_("The recording breaks off."),
    "damaged": N_("Parts of the recording are damaged."),
    "sounds_like_zh": N_("It sounds like Chinese."),
    "sounds_like_en": N_("It sounds like English."),
    "partly": N_("Only the beginning was written."),
}
ENGINES = {"whisper": "Whisper", "vosk": "Vosk", "vosk-server": "Vosk server"}
SPOKEN = {"zh": N_("Chinese"), "en": N_("English")}
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
