"""A ticket's log as people read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from callcenter.domain.chain import TicketEvent
from callcenter.domain.parties import ACCOUNT_FIELDS
from callcenter.domain.policy import Label, Policy
from callcenter.domain.tickets import EventKind
from web.i18n import N_, Speech
from web.labels import Icon
from web.privacy import mask
from web.views.call_backs import OUTCOMES
from web.views.clocks import office_name
from web.views.pending import instant
from web.views.step_looks import icon_of
from web.views.step_words import CHOICE_WORDS, clock_name, field_words
from web.views.tickets import name_of

Names = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log; `quote` is what somebody wrote, `facts` are names and values, `items` a list."""

    seq: int
    at: datetime
    text: str
    icon: str
    tone: str = ""
    quote: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    items: tuple[str, ...] = ()


_SENTENCES: Mapping[str, tuple[str, Icon | None, str]] = {
    EventKind.REGISTERED: (N_("%(who)s answered the call; the ticket begins."), Icon("phone-check"), "good"),
    EventKind.OPENED: (N_("The ticket is open; its time begins to run."), Icon("circle-dot"), ""),
    EventKind.FORM_SAVED: (N_("%(who)s wrote the matter down."), Icon("pencil"), ""),
    EventKind.CONTACT_HEARD: (N_("The caller said how to reach them."), Icon("microphone"), ""),
    EventKind.TAKEN: (N_("%(who)s took it and answers for it to the end."), Icon("hand-grab"), "good"),
    EventKind.HANDED: (N_("%(receiver)s has the caller now."), Icon("arrows-exchange"), ""),
    EventKind.BRIEFED: (N_("%(who)s handed the caller to %(to)s with a briefing."), Icon("message"), ""),
    EventKind.COMPLEXITY_SET: (N_("%(who)s chose the complexity: %(complexity)s."), Icon("adjustments"), ""),
    EventKind.NOTED: (N_("%(who)s added a note."), Icon("note"), ""),
    EventKind.ATTACHED: (N_("%(who)s added a file."), Icon("paperclip"), ""),
    EventKind.WAITED: (N_("%(who)s waits for somebody outside."), Icon("hourglass"), ""),
    EventKind.RESUMED: (N_("%(who)s went on with it."), Icon("player-play"), ""),
    EventKind.RESOLVED: (N_("%(who)s answered the caller: solved."), Icon("circle-check"), "good"),
    EventKind.REOPENED: (N_("It is handled again."), Icon("refresh"), "warn"),
    EventKind.CLOSED: (N_("Closed."), Icon("archive"), ""),
    EventKind.DISMISSED: (N_("%(who)s dismissed it."), Icon("ban"), "warn"),
    EventKind.TRANSCRIPT_CORRECTED: (N_("%(who)s corrected the text of the message."), Icon("file-text"), ""),
    EventKind.WARNED: (N_("Due soon, %(due)s: %(clock)s."), Icon("bell-ringing"), "warn"),
    EventKind.BREACHED: (N_("The time to answer ran out."), Icon("alert-triangle"), "bad"),
    EventKind.ESCALATED: (N_("Overdue: %(role)s is told. %(clock)s"), Icon("stairs-up"), "bad"),
    EventKind.MESSAGE: (N_("A message came."), Icon("message"), ""),
    EventKind.CALLED_BACK: (N_("%(who)s called back: %(outcome)s."), Icon("phone-outgoing"), ""),
    EventKind.COVERED: (N_("The B post acts for the owner, who is away."), Icon("users"), "warn"),
    EventKind.REPLIED: (N_("%(who)s replied with the greeting."), None, "good"),
    EventKind.GROUP_MADE: (N_("%(who)s brought the person and the handler together."), None, "good"),
    EventKind.ACKNOWLEDGED: (N_("%(who)s acknowledged the message."), None, "good"),
    EventKind.ASSIGNED: (N_("%(who)s assigned colleagues and told the person."), None, "good"),
    EventKind.POSTPONED: (N_("%(who)s told the person that it cannot be answered now."), None, ""),
    EventKind.PROGRESS_TOLD: (N_("%(who)s told the person of the progress."), None, "good"),
    EventKind.OFFICE_NAMED: (N_("%(who)s named the responsible office: %(office)s."), None, ""),
    EventKind.NOTICE_GIVEN: (N_("%(who)s gave the one-time notice: %(checklist)s."), None, ""),
    EventKind.PAPERS_MISSING: (N_("Papers are missing; the time stands still."), None, "warn"),
    EventKind.PAPERS_RECEIVED: (N_("Papers have come; the time goes on."), None, ""),
    EventKind.RECEIPT_GIVEN: (N_("%(who)s gave a receipt for papers."), None, ""),
    EventKind.EXTENSION_REQUESTED: (N_("%(who)s asked the head for more time: %(clock)s."), None, "warn"),
    EventKind.EXTENSION_GRANTED: (N_("%(who)s approved more time: %(clock)s."), None, "good"),
    EventKind.EXTENSION_REFUSED: (N_("%(who)s refused more time: %(clock)s."), None, "warn"),
    EventKind.EXTENSION_TOLD: (N_("%(who)s told the person of the extension."), None, ""),
    EventKind.COMPLAINT_TAKEN_TOLD: (
        N_("%(who)s told the complainant that the complaint is taken."),
        None,
        "good",
    ),
    EventKind.COMPLAINT_REFERRED: (N_("%(who)s passed the complaint to %(office)s."), None, ""),
    EventKind.FILE_SENT: (N_("%(who)s sent the full file to %(office)s."), None, "good"),
    EventKind.HEAD_INFORMED: (N_("The head is informed of the complaint."), Icon("bell-ringing"), "good"),
    EventKind.COMPLAINANT_TOLD: (
        N_("%(who)s told the complainant the procedure and the expected duration."),
        None,
        "good",
    ),
    EventKind.RESPONSIBILITY_TRACED: (N_("%(who)s: the responsibility was that of %(person)s."), None, ""),
    EventKind.SUGGESTION_REPORTED: (N_("%(who)s reported the suggestion to the head."), None, ""),
    EventKind.SUGGESTION_DECIDED: (N_("%(who)s decided on the suggestion."), None, "good"),
    EventKind.SUGGESTION_ANSWERED: (N_("%(who)s told the person what was decided."), None, "good"),
    EventKind.ASSIGNMENT_GIVEN: (N_("%(who)s assigned it to %(office)s."), None, ""),
    EventKind.ASSIGNMENT_TAKEN: (N_("%(office)s has taken its assignment."), None, ""),
    EventKind.ASSIGNMENT_DONE: (N_("%(office)s is done."), None, "good"),
    EventKind.MEETING_NOTED: (N_("%(who)s wrote down what a meeting agreed on."), None, ""),
    EventKind.DISAGREEMENT_RAISED: (N_("%(who)s laid a disagreement before the head."), None, "warn"),
    EventKind.DISAGREEMENT_DECIDED: (N_("%(who)s decided between the offices."), None, "good"),
    EventKind.SATISFACTION_ASKED: (N_("%(who)s asked whether the person is satisfied."), None, ""),
    EventKind.SATISFACTION_GIVEN: (N_("The person's answer: %(answer)s."), None, ""),
}
_BACK = N_("Whoever was away is back and handles it again.")
_RAN_OUT = N_("The time ran out at %(due)s: %(clock)s.")
_VIA = {"key": N_("by a key on the phone"), "link": N_("by the link"), "staff": N_("noted by staff")}
_ROLES = {"owner": N_("the owner"), "b_post": N_("the B post"), "head": N_("the head")}
_WRITTEN = ("reason", "ask_how", "question", "procedure", "duration", "cause")
_PEOPLE = ("b_post", "cover", "b")
_CALLERS_WORDS = frozenset(
    {EventKind.TRANSCRIPT_CORRECTED, EventKind.MESSAGE, EventKind.ATTACHED, EventKind.BRIEFED}
)
"""What the caller said themselves, or a colleague was told of it: for those involved alone (T31)."""


def ticket_story(
    events: Sequence[TicketEvent], names: Names, policy: Policy, say: Speech, *, full: bool
) -> list[Entry]:
    """The log, latest first. Without `full` what the caller said of themselves stays out."""
    return [_entry(event, names, policy, say, full=full) for event in reversed(events)]


def _entry(event: TicketEvent, names: Names, policy: Policy, say: Speech, *, full: bool) -> Entry:
    sentence, icon, tone = _SENTENCES.get(event.kind, (N_("%(who)s changed it."), Icon("pencil"), ""))
    if event.kind == EventKind.BREACHED and event.data.get("clock"):
        sentence = _RAN_OUT
    if event.kind == EventKind.COVERED and event.data.get("back"):
        sentence = _BACK
    text = event.data.get("text")
    quoted = isinstance(text, str) and (full or event.kind not in _CALLERS_WORDS)
    return Entry(
        seq=event.seq,
        at=event.at,
        text=say.gettext(sentence) % _values(event, names, policy, say),
        icon=icon.name if icon else icon_of(event.kind),
        tone=tone,
        quote=text if isinstance(text, str) and quoted else "",
        facts=tuple(_facts(event, names, policy, say)),
        items=tuple(_items(event, policy, say)),
    )


def _text(event: TicketEvent, key: str) -> str:
    value = event.data.get(key)
    return "" if value is None or isinstance(value, Mapping) else str(value)


def _moment(event: TicketEvent, key: str, say: Speech) -> str:
    at = instant(event.data.get(key))
    return say.moment(at) if at else ""


def _values(event: TicketEvent, names: Names, policy: Policy, say: Speech) -> dict[str, str]:
    clock = _text(event, "clock")
    subject = office_name(policy, _text(event, "subject"), say)
    outcome = next((label for key, label in OUTCOMES.items() if key == _text(event, "outcome")), None)
    return {
        "who": names(event.actor),
        "to": names(_text(event, "to")),
        "receiver": names(_text(event, "handler")),
        "person": names(_text(event, "person")),
        "complexity": name_of(policy.complexities, _text(event, "complexity"), say),
        "office": name_of(policy.offices, _text(event, "office"), say),
        "checklist": name_of(policy.checklists, _text(event, "checklist"), say),
        "answer": name_of(policy.satisfaction, _text(event, "answer"), say),
        "clock": clock_name(policy.clocks.get(clock), clock, say, subject),
        "due": _moment(event, "due_at", say),
        "role": say.gettext(_ROLES.get(_text(event, "role"), N_("the owner"))),
        "outcome": say.gettext(outcome.text) if outcome else _text(event, "outcome"),
    }


def _facts(event: TicketEvent, names: Names, policy: Policy, say: Speech) -> Iterable[tuple[str, str]]:
    """What else was put on record, each with its label."""

    def label(key: str) -> str:
        return say.gettext(field_words(event.kind, key).title)

    for key in ("means", "role", "adopted"):
        chosen = _text(event, key)
        if chosen in CHOICE_WORDS:
            yield label(key), say.gettext(CHOICE_WORDS[chosen])
    for key in _WRITTEN:
        if written := _text(event, key):
            yield label(key), written
    if event.kind in _PAPERS and (papers := _text(event, "papers")):
        yield label("papers"), papers
    if pages := _text(event, "pages"):
        yield label("pages"), pages
    if by := _text(event, "by"):
        yield label("by"), by
    if day := _day(_text(event, "completion_day"), say):
        yield label("completion_day"), day
    if event.kind in _EXTENSIONS:
        yield say.gettext("Due so far"), _moment(event, "due_at", say)
        yield say.gettext("Due then"), _moment(event, "new_due_at", say)
    if event.kind == EventKind.EXTENSION_REFUSED and (asked := _text(event, "asked_by")):
        yield say.gettext("Asked by"), names(asked)
    if event.kind == EventKind.SATISFACTION_GIVEN:
        yield say.gettext("How"), say.gettext(_VIA.get(_text(event, "via"), _VIA["staff"]))
    if event.kind == EventKind.NOTICE_GIVEN:
        yield from _notice(_text(event, "checklist"), policy, say)
    if event.kind == EventKind.COVERED:
        yield from ((say.gettext("B post"), names(_text(event, key))) for key in _PEOPLE if _text(event, key))
    if event.kind == EventKind.CLOSED and (file := _text(event, "file")):
        yield say.gettext("File of the person served"), file


_PAPERS = frozenset({EventKind.PAPERS_MISSING, EventKind.PAPERS_RECEIVED, EventKind.RECEIPT_GIVEN})
_EXTENSIONS = frozenset(
    {EventKind.EXTENSION_REQUESTED, EventKind.EXTENSION_GRANTED, EventKind.EXTENSION_REFUSED}
)


def _notice(key: str, policy: Policy, say: Speech) -> Iterable[tuple[str, str]]:
    found = next((each for each in policy.checklists if each.key == key), None)
    if found is not None:
        yield say.gettext("Procedure"), found.procedure.get(say.language, "")
        yield say.gettext("Limit"), found.limit.get(say.language, "")


def _items(event: TicketEvent, policy: Policy, say: Speech) -> Iterable[str]:
    """All the papers of a notice, as they were told (S21)."""
    if event.kind != EventKind.NOTICE_GIVEN:
        return []
    key = _text(event, "checklist")
    papers: Sequence[Label] = next((each.papers for each in policy.checklists if each.key == key), ())
    return [name_of(papers, paper.key, say) for paper in papers]


def _day(text: str, say: Speech) -> str:
    try:
        return say.day(date.fromisoformat(text)) if text else ""
    except ValueError:
        return text


def shown_data(event: TicketEvent, *, full: bool) -> dict[str, object]:
    """An event's data for a program: without `full` the caller's numbers masked, their own words left out (T31)."""
    data: dict[str, object] = dict(event.data)
    if full:
        return data
    if event.kind in _CALLERS_WORDS:
        data.pop("text", None)
    if isinstance(phone := data.get("contact_phone"), str):
        data["contact_phone"] = mask(phone)
    for key in ACCOUNT_FIELDS:
        if isinstance(account := data.get(key), str):
            data[key] = mask(account)
    if isinstance(fields := data.get("fields"), Mapping):
        data["fields"] = shown_fields(fields, full=False)
    return data


def shown_fields(fields: Mapping[str, object], *, full: bool) -> dict[str, str]:
    """What the policy's own fields hold; without `full` accounts are masked."""
    return {
        key: str(value) if full or key not in ACCOUNT_FIELDS else str(mask(str(value)))
        for key, value in fields.items()
    }
