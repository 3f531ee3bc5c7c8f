"""A call as people read it: its state now, and its story line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.calls import Call, CallEvent, Kind
from callcenter.domain.fold import holder
from web.i18n import N_, Speech
from web.labels import (
    CALL_STATES,
    HANDOFF_MODES,
    HANDOFF_OUTCOMES,
    LANGUAGES,
    OUTCOMES,
    UNKNOWN,
    WISHED_REPLIES,
    Icon,
    Label,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the story."""

    at: datetime
    text: str
    icon: str
    tone: str = ""


def state_of(call: Call) -> Label:
    """What is going on in a live call, or how an ended one ended."""
    if call.ended_at is not None:
        return OUTCOMES[call.outcome.value] if call.outcome else UNKNOWN
    if call.recordings and call.recordings[-1].ended_at is None:
        return CALL_STATES["recording"]
    if any(handoff.outcome is None for handoff in call.handoffs):
        return CALL_STATES["handing_over"]
    return CALL_STATES["talking" if call.answered_at else "ringing"]


def since(call: Call) -> datetime:
    """When the present state of a live call began."""
    begun = [call.arrived_at, call.answered_at]
    begun += [handoff.requested_at for handoff in call.handoffs if handoff.outcome is None]
    begun += [recording.started_at for recording in call.recordings if recording.ended_at is None]
    return max(at for at in begun if at)


def is_with(call: Call, extension: str) -> bool:
    """Whether a live call is in the hands of `extension`."""
    person = holder(call)
    return call.ended_at is None and person is not None and person.extension == extension


def story(events: Sequence[CallEvent], call: Call, say: Speech) -> list[Line]:
    """The story of a call, one readable line for each thing worth telling, in order of time."""
    lines: list[Line] = []
    for event in sorted(events, key=lambda event: event.at):
        if (tell := _TELLERS.get(event.kind)) and (line := tell(event, call, say)):
            lines.append(line)
    return lines


def _name(data: Mapping[str, object], say: Speech, prefix: str = "") -> str:
    name, extension = data.get(f"{prefix}_name" if prefix else "name"), data.get(prefix or "extension")
    if name and extension:
        return f"{name} ({extension})"
    return str(name or extension or say.gettext("somebody"))


def _arrived(event: CallEvent, call: Call, say: Speech) -> Line:
    text = say.gettext("The call arrives on line %(line)s.") % {"line": call.line}
    if event.data.get("remembered"):
        began = say.gettext("It begins in %(language)s, which this number chose before.")
        text = say.sentences(text, began % {"language": language_name(event.data.get("language"), say)})
    return Line(at=event.at, text=text, icon=Icon("phone-incoming").name)


def language_name(language: object, say: Speech) -> str:
    """What a caller speaks, in words."""
    return say.gettext(LANGUAGES.get(str(language), UNKNOWN.text))


def _language(event: CallEvent, call: Call, say: Speech) -> Line:
    text = say.gettext("The caller presses 9: the call goes on in %(language)s.")
    named = {"language": language_name(event.data.get("language"), say)}
    return Line(at=event.at, text=text % named, icon=Icon("language").name)


def _ringing(event: CallEvent, call: Call, say: Speech) -> Line | None:
    who = event.data.get("extension") or event.data.get("name")
    text = (
        say.gettext("The phone of %(name)s rings.") % {"name": _name(event.data, say)}
        if who
        else say.gettext("The phones ring.")
    )
    return Line(at=event.at, text=text, icon=Icon("bell-ringing").name)


def _answered(event: CallEvent, call: Call, say: Speech) -> Line:
    name = _name(event.data, say)
    if event.data.get("again"):
        text = say.gettext("The caller is back with %(name)s.") % {"name": name}
        return Line(at=event.at, text=text, icon=Icon("arrow-back-up").name)
    text = say.gettext("%(name)s answers and is the first responder.") % {"name": name}
    if call.answer_ms is not None:
        rang = say.gettext("It rang for %(span)s.") % {"span": say.seconds(call.answer_ms)}
        text = say.sentences(text, rang)
    return Line(at=event.at, text=text, icon=Icon("phone-check").name, tone="good")


def _greeted(event: CallEvent, call: Call, say: Speech) -> Line:
    text = say.gettext("The greeting begins.")
    if call.greeting_ms is not None:
        text = say.gettext("The greeting begins after %(span)s.") % {"span": say.seconds(call.greeting_ms)}
    return Line(at=event.at, text=text, icon=Icon("message").name)


def _requested(event: CallEvent, call: Call, say: Speech) -> Line:
    text = say.gettext("%(mode)s: %(sender)s asks %(receiver)s to take over.") % {
        "mode": say.gettext(HANDOFF_MODES.get(str(event.data.get("mode")), N_("Transfer"))),
        "sender": _name(event.data, say, "from"),
        "receiver": _name(event.data, say, "to"),
    }
    return Line(at=event.at, text=text, icon=Icon("arrows-exchange").name)


def _briefed(event: CallEvent, call: Call, say: Speech) -> Line:
    if "typed" in event.data:
        text = say.gettext("The briefing is typed; a voice says it.")
        return Line(at=event.at, text=text, icon=Icon("message").name)
    return Line(at=event.at, text=say.gettext("The briefing is recorded."), icon=Icon("microphone").name)


def _colleague(event: CallEvent, call: Call, say: Speech) -> Line:
    return Line(at=event.at, text=say.gettext("The colleague picks up."), icon=Icon("phone-call").name)


def _handoff_ended(event: CallEvent, call: Call, say: Speech) -> Line:
    label = HANDOFF_OUTCOMES.get(str(event.data.get("outcome")), UNKNOWN)
    text = say.gettext("The transfer ends: %(outcome)s.") % {"outcome": say.gettext(label.text)}
    return Line(at=event.at, text=text, icon=label.icon, tone=label.tone)


_LEFT = {
    "closed": N_("The line is closed: the caller goes to the message recording."),
    "timeout": N_("Nobody answered in time: the caller goes to the message recording."),
    "empty": N_("No phone is on duty: the caller goes to the message recording."),
    "key": N_("The caller presses 1 to leave a message."),
}


def _left(event: CallEvent, call: Call, say: Speech) -> Line | None:
    message = _LEFT.get(str(event.data.get("reason")))
    return Line(at=event.at, text=say.gettext(message), icon=Icon("door-exit").name) if message else None


def _recording(event: CallEvent, call: Call, say: Speech) -> Line:
    text = say.gettext("The caller's message is recorded, ticket %(ticket)s.") % {
        "ticket": event.data.get("ticket")
    }
    return Line(at=event.at, text=text, icon=Icon("microphone").name)


def _recorded(event: CallEvent, call: Call, say: Speech) -> Line:
    text = (
        say.gettext("The caller confirms the message.")
        if event.data.get("confirmed")
        else say.gettext("The message ends without a confirmation; it is kept.")
    )
    wished = WISHED_REPLIES.get(str(event.data.get("wished")))
    if wished:
        text = say.sentences(text, say.gettext("Wished reply: %(when)s.") % {"when": say.gettext(wished)})
    return Line(at=event.at, text=text, icon=Icon("circle-check").name)


def _ended(event: CallEvent, call: Call, say: Speech) -> Line:
    return Line(at=event.at, text=say.gettext("The call ends."), icon=Icon("phone-off").name)


_TELLERS: Mapping[Kind, Callable[[CallEvent, Call, Speech], Line | None]] = {
    Kind.ARRIVED: _arrived,
    Kind.LANGUAGE: _language,
    Kind.RINGING: _ringing,
    Kind.ANSWERED: _answered,
    Kind.GREETED: _greeted,
    Kind.HANDOFF_REQUESTED: _requested,
    Kind.HANDOFF_BRIEFED: _briefed,
    Kind.HANDOFF_ANSWERED: _colleague,
    Kind.HANDOFF_ENDED: _handoff_ended,
    Kind.QUEUE_LEFT: _left,
    Kind.RECORDING_STARTED: _recording,
    Kind.RECORDING_ENDED: _recorded,
    Kind.ENDED: _ended,
}
