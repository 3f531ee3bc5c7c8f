"""The page of one ticket: shown plain, or again with a form that could not be saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.access import Via
from callcenter.domain.calls import Call
from callcenter.domain.fold import fold_call
from callcenter.domain.policy import Policy
from callcenter.domain.tickets import EventKind, NotAllowed, Status, Ticket, next_status
from callcenter.domain.transcripts import Purpose
from callcenter.services.ticket_log import SYSTEM
from callcenter.services.tickets import get_ticket
from web import seeing
from web.i18n import Speech
from web.pages.ticket_form import Blank, stored
from web.reading import Page
from web.viewer import Viewer, involved_in_ticket
from web.views.call_backs import card_values
from web.views.clocks import clock_lines
from web.views.ticket_story import ticket_story
from web.views.tickets import kind_name, name_of
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


def show(
    page: Page,
    number: str,
    *,
    errors: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The ticket; with `errors` (field to message) the fields keep what was typed (`kept`)."""
    now, viewer, say = page.console.clock(), page.reader.viewer, page.say
    with page.console.work() as work:
        view = get_ticket(work, number, now)
        ticket = view.ticket
        call = read_call(work, ticket)
        events = work.tickets.events(number)
        recordings = work.transcripts.of_call(ticket.linkedid) if ticket.linkedid else []
        handlers = {str(event.data["handler"]) for event in events if event.data.get("handler")}
        card = card_values(
            work,
            ticket,
            viewer,
            now,
            say,
            barred=page.console.settings.barred,
            may_hear=viewer.may_hear(ticket, call),
        )
        names = _names(work, {event.actor for event in events} | handlers, say)
        seeing.ticket(work, viewer, Via.PAGE, ticket, call, recordings, now)
    rules = page.console.rulebook.of(ticket.policy)
    involved = involved_in_ticket(ticket, call)
    messages = [Message.of(r, call) for r in recordings if r.recording.purpose is Purpose.MESSAGE]
    values: dict[str, Any] = {
        "ticket": ticket,
        "call": call,
        "number": viewer.contact_of(ticket, call),
        "can": can_do(ticket, viewer, involved, bool(messages)),
        "may_hear": viewer.may_hear(ticket, call),
        "messages": messages,
        "story": ticket_story(events, names.__getitem__, rules.policy, say, full=viewer.may_see(involved)),
        "clocks": clock_lines(view.clocks, rules, say, now),
        "errors": Blank(errors or {}),
        "kept": Blank(kept or {}),
        "form": Blank(kept or {}) if errors and "kind" in (kept or {}) else stored(ticket),
        "kind_name": lambda ticket: kind_name(rules.policy, ticket, say),
        "complexity_name": name_of(rules.policy.complexities, ticket.complexity, say),
        **choices(rules.policy, say),
        **card,
    }
    return page("tickets/one.html", "tickets", code=status, **values)


def choices(policy: Policy, say: Speech) -> dict[str, list[tuple[str, str]]]:
    """The policy's kinds and complexities in the reader's language."""
    return {
        "kinds": [(label.key, name_of(policy.kinds, label.key, say)) for label in policy.kinds],
        "complexities": [
            (label.key, name_of(policy.complexities, label.key, say)) for label in policy.complexities
        ],
    }


def _names(work: SqlUnitOfWork, extensions: set[str], say: Speech) -> dict[str, str]:
    names = {SYSTEM: say.gettext("The desk")}
    for extension in extensions - {SYSTEM}:
        member = work.staff.get(extension)
        names[extension] = member.name if member else extension
    return {"": "", **names}
