"""Taking the next step with a ticket, by form; and the fields of another kind of matter, for the form."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from callcenter.domain.steps import STEPS, InputKind, Step
from callcenter.domain.tickets import EventKind, NotAllowed, Status
from callcenter.services import tickets
from callcenter.services.rules import rules_of
from callcenter.services.steps import (
    BadStep,
    ExtensionTooLate,
    NotOffered,
    UnknownStep,
)
from callcenter.services.tickets import StaleTicket
from web.changing import ticket_to_change
from web.deps import FormDep, PageDep
from web.i18n import N_
from web.pages import ticket_form
from web.pages.one_ticket import Again, show
from web.pages.ticket_actions import GONE, STALE
from web.reading import Page, go, text_of
from web.views.step_words import field_words

router = APIRouter(prefix="/tickets/{number}")
TOO_LATE = N_("The time has run out already: more of it can be asked for and approved only before.")


@router.post("/steps/{name}")
def take_step(page: PageDep, form: FormDep, number: str, name: str) -> Response:
    """Put a step on record; what cannot be is shown again with what was typed."""
    step = STEPS.get(name)
    if step is None:
        raise UnknownStep(f"there is no step {name!r}; there is {', '.join(STEPS)}")
    viewer, now = page.reader.viewer, page.console.clock()
    given = {asked.key: text_of(form, asked.key) for asked in step.inputs}
    version = ticket_form.version_of(ticket_form.Blank(version=text_of(form, "version")))
    kept = {f"{name}-{key}": text for key, text in given.items()}
    try:
        with page.console.work() as work:
            ticket_to_change(work, number, viewer, now)
            ticket = tickets.take_step(work, number, name, given, viewer.person, now, version=version)
            work.commit()
    except BadStep as error:
        errors = {f"{name}-{error.field}": fault(step, error, given)}
        return show(page, number, Again(errors=errors, kept=kept), status=422)
    except StaleTicket:
        return show(page, number, Again(problem=STALE, kept=kept, written_at=version), status=409)
    except ExtensionTooLate:
        return show(page, number, Again(problem=TOO_LATE, kept=kept), status=409)
    except (NotAllowed, NotOffered):
        return show(page, number, Again(problem=GONE, unsent=_written(page, step, given)), status=409)
    return go(f"/tickets/{number}", _done(step, ticket.status))


def _written(page: Page, step: Step, given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    name = step.event.value
    return tuple(
        (page.say.gettext(field_words(name, key).title), text) for key, text in given.items() if text
    )


def _done(step: Step, status: Status) -> str:
    if step.event is EventKind.SATISFACTION_GIVEN and status is Status.OPEN:
        return "not-satisfied"
    if step.event is EventKind.PAPERS_MISSING:
        return "stands"
    return "asked-head" if step.asks else "step"


def fault(step: Step, error: BadStep, given: Mapping[str, str]) -> str:
    """What is wrong with a field, in words of the catalogue."""
    if not given.get(error.field):
        return ticket_form.FILL_IN
    kind = next((asked.kind for asked in step.inputs if asked.key == error.field), InputKind.TEXT)
    written = given[error.field]
    if error.field == "working_days" and re.fullmatch("[0-9]{3,4}", written):
        return N_("Please write at most 250 working days.")
    return _FAULTS.get(kind, ticket_form.FILL_IN)


_FAULTS: Mapping[InputKind, str] = {
    InputKind.NUMBER: N_("Please write a whole number from 1 to 9999."),
    InputKind.DAY: N_("Please choose a day, today or later."),
    InputKind.OFFICE: N_("Please choose an office of the list that has this matter."),
    InputKind.CLOCK: N_("This limit cannot be extended."),
    InputKind.PERSON: N_("Nobody has this extension."),
    InputKind.CHECKLIST: ticket_form.UNKNOWN_CHOICE,
    InputKind.CHOICE: ticket_form.UNKNOWN_CHOICE,
    InputKind.ANSWER: ticket_form.UNKNOWN_CHOICE,
}


@router.post("/fields")
def fields(page: PageDep, form: FormDep, number: str) -> HTMLResponse:
    """The policy's fields for another kind, with what was typed, else stored; asked for when the kind is chosen."""
    with page.console.work() as work:
        ticket = ticket_to_change(work, number, page.reader.viewer, page.console.clock())
        policy = rules_of(work, ticket).policy
    typed = ticket_form.typed(form)
    chosen = typed["kind"] if policy.kind(typed["kind"]) else ticket.kind
    return page(
        "tickets/own_fields_alone.html",
        "tickets",
        form=ticket_form.Blank(ticket_form.stored(ticket) | typed),
        errors=ticket_form.Blank(),
        own_fields=ticket_form.shown_fields(policy, ticket.channel, chosen, page.say),
    )
