"""The page of one ticket: shown plain, or again with a form that could not be saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import HTMLResponse

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.access import Via
from callcenter.domain.calls import Call
from callcenter.domain.chain import TicketEvent
from callcenter.domain.fold import fold_call
from callcenter.domain.policy import Needed, Policy, Rules
from callcenter.domain.tickets import EventKind, NotAllowed, Status, Ticket, next_status
from callcenter.domain.transcripts import Purpose
from callcenter.services.rules import rules_have_changed, rules_of
from callcenter.services.ticket_log import SYSTEM
from callcenter.services.tickets import get_ticket
from web import seeing
from web.i18n import Speech
from web.pages.ticket_form import (
    Blank,
    differences,
    field_name,
    merged,
    needed_of,
    shown_fields,
    still_missing,
    stored,
    written_over,
)
from web.reading import Page
from web.viewer import Viewer, involved_in_ticket
from web.views.attachments import attachment_values
from web.views.call_backs import call_back_card
from web.views.clocks import clock_lines, ticket_runs
from web.views.pending import pending_of
from web.views.proposals import shown as proposed
from web.views.steps import Offer, steps_of
from web.views.ticket_story import shown_fields as shown_data_fields
from web.views.ticket_story import ticket_story
from web.views.tickets import kind_name, name_of
from web.views.time_line import time_line
from web.views.transcripts import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Can:
    """What the reader may do with the ticket as it stands."""

    take: bool
    form: bool
    note: bool
    wait: bool
    resume: bool
    resolve: bool
    reopen: bool
    close: bool
    dismiss: bool
    transcript: bool


def can_do(ticket: Ticket, viewer: Viewer, involved: frozenset[str], has_text: bool) -> Can:
    """Only those involved and managers change a ticket; anybody may take one that is nobody's."""

    def allows(event: EventKind) -> bool:
        try:
            next_status(ticket.status, event)
        except NotAllowed:
            return False
        return viewer.may_see(involved)

    registering = ticket.status is Status.REGISTERING
    return Can(
        take=ticket.owner is None and ticket.status in (Status.OPEN, Status.WAITING),
        form=allows(EventKind.OPENED if registering else EventKind.FORM_SAVED),
        note=allows(EventKind.NOTED),
        wait=allows(EventKind.WAITED),
        resume=allows(EventKind.RESUMED),
        resolve=allows(EventKind.RESOLVED),
        reopen=allows(EventKind.REOPENED),
        close=allows(EventKind.CLOSED),
        dismiss=allows(EventKind.DISMISSED),
        transcript=has_text and allows(EventKind.TRANSCRIPT_CORRECTED),
    )


def read_call(work: SqlUnitOfWork, ticket: Ticket) -> Call | None:
    """The call that a ticket came from, with its recordings."""
    if ticket.linkedid is None:
        return None
    return fold_call(work.calls.events(ticket.linkedid)) or work.calls.get(ticket.linkedid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Why the page is shown again after a form, and what was typed into it.

    `errors`: field to message. `kept`: what was typed, by field. `problem`: a sentence above the page.
    `written_at`: the version that the form was written over, when a colleague changed the ticket since.
    `unsent`: what was typed into a form that is not here any more.
    """

    errors: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    written_at: int | None = None
    not_closed: bool = False
    unsent: tuple[tuple[str, str], ...] = ()
    taken: tuple[str, ...] = ()
    """Fields whose proposals were taken over; nothing of it is saved yet."""
    not_taken: str = ""
    """A field whose proposal was not taken over: it holds something."""


def show(page: Page, number: str, again: Again = Again(), *, status: int = 200) -> HTMLResponse:
    """The ticket; after a form that could not be saved the fields keep what was typed."""
    now, viewer, say = page.console.clock(), page.reader.viewer, page.say
    with page.console.work() as work:
        ticket = get_ticket(work, number, now).ticket
        rules, has_changed = rules_of(work, ticket), rules_have_changed(work, ticket)
        call = read_call(work, ticket)
        events = work.tickets.events(number)
        recordings = work.transcripts.of_call(ticket.linkedid) if ticket.linkedid else []
        involved = involved_in_ticket(ticket, call)
        full, may_hear = viewer.may_see(involved), viewer.may_hear(ticket, call)
        barred = page.console.settings.barred
        card = call_back_card(work, ticket, viewer, now, say, barred=barred, may_hear=may_hear)
        corrections = work.transcripts.corrections([r.recording_id for r in recordings])
        files = work.attachments.of_ticket(number)
        said = work.transcripts.of_ticket(number)
        staff, people = work.staff.everybody(), work.staff.names()
        seeing.ticket(work, viewer, Via.PAGE, ticket, call, [*recordings, *card.said], now)
    names = {"": "", SYSTEM: say.gettext("The desk")} | people
    messages = [
        Message.of(r, call, corrections[r.recording_id])
        for r in recordings
        if r.recording.purpose is Purpose.MESSAGE
    ]
    runs = ticket_runs(ticket, events, rules, now)
    offer = Offer(ticket=ticket, rules=rules, runs=runs, log=events, staff=staff, now=now)
    lines = clock_lines(runs, rules, say, now)
    policy = rules.policy
    can, form = can_do(ticket, viewer, involved, bool(messages)), _form(ticket, events, rules, again, say)
    heard = said if can.form and may_hear else None
    values: dict[str, Any] = {
        "ticket": ticket,
        "call": call,
        "speaks": call.language if call and call.language != page.console.settings.language else None,
        "number": viewer.contact_of(ticket, call),
        "colleagues": [
            each for each in staff if ticket.handler is None or each.extension != ticket.handler.extension
        ],
        "can": can,
        "proposals": proposed(page.console, heard, ticket, policy, form["form"], say),
        "taken": again.taken,
        "not_taken": again.not_taken,
        "may_hear": may_hear,
        "call_backs": card,
        "messages": messages,
        "names_of": lambda extension: names.get(extension, extension),
        "story": ticket_story(events, lambda key: names.get(key, key), policy, say, full=full),
        "clocks": lines,
        "line": time_line(lines, rules, say, now),
        "policy_since": ticket.opened_at or ticket.created_at if has_changed else None,
        "stands": next((line for line in lines if line.stands_since), None),
        "papers": _papers(events) if ticket.status is Status.WAITING else "",
        "steps": steps_of(offer, say, may_decide=viewer.is_manager) if full else None,
        "pending": pending_of(ticket, rules, events, names, say, now),
        "missing": still_missing(policy, ticket, Needed.CLOSING, say),
        "late_for": ticket.owner if page.request.query_params.get("done") == "late" else None,
        "kind_name": lambda ticket: kind_name(policy, ticket, say),
        "complexity_name": name_of(policy.complexities, ticket.complexity, say),
        "channel_name": name_of(policy.channels, ticket.channel, say),
        "satisfaction_name": name_of(policy.satisfaction, ticket.satisfaction or "", say),
        "facts": [
            (field_name(policy, key, say), value)
            for key, value in shown_data_fields(ticket.fields, full=full).items()
        ],
        "file": next((str(e.data["file"]) for e in reversed(events) if e.data.get("file")), ""),
        **form,
        **choices(policy, say),
        **attachment_values(files, ticket, names, say, full=full),
    }
    if values["late_for"] is not None:
        values["flash"] = None
    return page("tickets/one.html", "tickets", code=status, **values)


def _papers(events: Sequence[TicketEvent]) -> str:
    """What is missing since the last time that something was."""
    last = next((e for e in reversed(events) if e.kind in (EventKind.PAPERS_MISSING, EventKind.WAITED)), None)
    return str(last.data.get("papers") or "") if last else ""


def _form(
    ticket: Ticket, events: Sequence[TicketEvent], rules: Rules, again: Again, say: Speech
) -> dict[str, Any]:
    """The fields to fill in, and what is said about them."""
    now_stored, differ = stored(ticket), []
    form = Blank(again.kept) if "kind" in again.kept else now_stored
    since = None
    if again.written_at is not None:
        since = again.written_at
        before = written_over(events, since, rules.policy)
        if "kind" in again.kept:
            form, keys = merged(again.kept, now_stored, before)
            differ = differences(keys, again.kept, now_stored, rules.policy, say)
        form["version"] = str(ticket.version)
    kind = form["kind"] if rules.policy.kind(form["kind"]) else ticket.kind
    return {
        "form": form,
        "kept": Blank(again.kept),
        "errors": Blank({key: say.gettext(message) for key, message in again.errors.items()}),
        "problem": say.gettext(again.problem) if again.problem else "",
        "not_closed": again.not_closed,
        "unsent": again.unsent,
        "differ": differ,
        "new_since": since,
        "own_fields": shown_fields(rules.policy, ticket.channel, kind, say),
        "needed": Blank(needed_of(rules.policy, ticket.channel, kind)),
    }


def choices(policy: Policy, say: Speech) -> dict[str, list[tuple[str, str]]]:
    """The policy's kinds and complexities in the reader's language."""
    return {
        "kinds": [(label.key, name_of(policy.kinds, label.key, say)) for label in policy.kinds],
        "complexities": [
            (label.key, name_of(policy.complexities, label.key, say)) for label in policy.complexities
        ],
    }
