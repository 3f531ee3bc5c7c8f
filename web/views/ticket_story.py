"""A ticket's log as people read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.chain import TicketEvent
from callcenter.domain.policy import Policy
from callcenter.domain.tickets import EventKind
from web.i18n import N_, Speech
from web.labels import Icon
from web.views.tickets import name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log; `quote` is what somebody wrote."""

    at: datetime
    text: str
    icon: str
    tone: str = ""
    quote: str = ""


_SENTENCES: Mapping[str, tuple[str, Icon, str]] = {
    EventKind.REGISTERED: (N_("%(who)s answered the call; the ticket begins."), Icon("phone-check"), "good"),
    EventKind.OPENED: (N_("The ticket is open; its time begins to run."), Icon("circle-dot"), ""),
    EventKind.FORM_SAVED: (N_("%(who)s wrote the matter down."), Icon("pencil"), ""),
    EventKind.CONTACT_HEARD: (N_("The caller said how to reach them."), Icon("microphone"), ""),
    EventKind.TAKEN: (N_("%(who)s took it and answers for it to the end."), Icon("hand-grab"), "good"),
    EventKind.HANDED: (N_("%(receiver)s has the caller now."), Icon("arrows-exchange"), ""),
    EventKind.COMPLEXITY_SET: (N_("%(who)s chose the complexity: %(complexity)s."), Icon("adjustments"), ""),
    EventKind.NOTED: (N_("%(who)s added a note."), Icon("note"), ""),
    EventKind.WAITED: (N_("%(who)s waits for somebody outside."), Icon("hourglass"), ""),
    EventKind.RESUMED: (N_("%(who)s went on with it."), Icon("player-play"), ""),
    EventKind.RESOLVED: (N_("%(who)s answered the caller: solved."), Icon("circle-check"), "good"),
    EventKind.REOPENED: (N_("It is handled again."), Icon("refresh"), "warn"),
    EventKind.CLOSED: (N_("Closed."), Icon("archive"), ""),
    EventKind.DISMISSED: (N_("%(who)s dismissed it."), Icon("ban"), "warn"),
    EventKind.TRANSCRIPT_CORRECTED: (N_("%(who)s corrected the text of the message."), Icon("file-text"), ""),
    EventKind.BREACHED: (N_("The time to answer ran out."), Icon("alert-triangle"), "bad"),
}


def ticket_story(
    events: Sequence[TicketEvent], names: Callable[[str], str], policy: Policy, say: Speech, *, full: bool
) -> list[Entry]:
    """The log, latest first. Without `full` what the caller said of themselves stays out."""
    return [_entry(event, names, policy, say, full=full) for event in reversed(events)]


def _entry(
    event: TicketEvent, names: Callable[[str], str], policy: Policy, say: Speech, *, full: bool
) -> Entry:
    sentence, icon, tone = _SENTENCES.get(event.kind, (N_("%(who)s changed it."), Icon("pencil"), ""))
    text = event.data.get("text")
    values = {
        "who": names(event.actor),
        "receiver": names(str(event.data.get("handler") or "")),
        "complexity": name_of(policy.complexities, str(event.data.get("complexity") or ""), say),
    }
    quoted = isinstance(text, str) and (full or event.kind != EventKind.TRANSCRIPT_CORRECTED)
    return Entry(
        at=event.at,
        text=say.gettext(sentence) % values,
        icon=icon.name,
        tone=tone,
        quote=text if isinstance(text, str) and quoted else "",
    )
