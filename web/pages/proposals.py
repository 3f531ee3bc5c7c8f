"""Proposals from a message: alone, for a page that waits for them; and taken over into the form, unsaved."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.access import Via
from callcenter.domain.policy import Policy
from callcenter.domain.tickets import Ticket
from callcenter.domain.transcripts import StoredTranscript
from callcenter.services.rules import rules_of
from web import seeing
from web.changing import ticket_to_change
from web.deps import FormDep, PageDep
from web.errors import NotForYou
from web.pages import ticket_form
from web.pages.one_ticket import Again, show
from web.reading import Page, text_of
from web.views import proposals as view

router = APIRouter(prefix="/tickets/{number}/proposals")
STOP_POLLING = 286
"""htmx: what is asked for every few seconds is not asked for again."""


def _read(work: SqlUnitOfWork, page: Page, number: str) -> tuple[Ticket, Policy, StoredTranscript | None]:
    """The ticket and its message, for those who may change the one and hear the other; raises NotForYou."""
    viewer, now = page.reader.viewer, page.console.clock()
    ticket = ticket_to_change(work, number, viewer, now)
    call = work.calls.get(ticket.linkedid) if ticket.linkedid else None
    if not viewer.may_hear(ticket, call):
        raise NotForYou
    said = work.transcripts.of_ticket(number)
    seeing.ticket(work, viewer, Via.PAGE, ticket, call, [said] if said else [], now)
    return ticket, rules_of(work, ticket).policy, said


@router.get("")
def later(page: PageDep, number: str) -> HTMLResponse:
    """The proposals alone, with a word to ask no more when they are complete."""
    with page.console.work() as work:
        ticket, policy, said = _read(work, page, number)
    found = view.shown(page.console, said, ticket, policy, ticket_form.stored(ticket), page.say)
    return page(
        "tickets/proposals_alone.html",
        "tickets",
        code=200 if found.to_come else STOP_POLLING,
        ticket=ticket,
        proposals=found,
        taken=(),
        not_taken="",
    )


@router.post("")
def take_over(page: PageDep, form: FormDep, number: str) -> HTMLResponse:
    """The page again with one proposal in its field, or all of them in the empty ones; what was typed stays."""
    typed, wanted = ticket_form.typed(form), text_of(form, "take")
    with page.console.work() as work:
        ticket, policy, said = _read(work, page, number)
    found = view.shown(page.console, said, ticket, policy, typed, page.say)
    values = view.taken_over(found, wanted)
    kept = ticket_form.Blank({"kind": ticket.kind, **typed, **values})
    not_taken = wanted if wanted in found.slots and not values else ""
    return show(page, number, Again(kept=kept, taken=tuple(values), not_taken=not_taken))
