"""Passing a ticket on to a colleague, with a word on what is to be done (S2)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from callcenter.services.pass_on import pass_on
from callcenter.services.tickets import BadForm
from web.changing import ticket_to_change
from web.deps import FormDep, PageDep
from web.i18n import N_
from web.pages.one_ticket import Again, show
from web.reading import go, text_of

router = APIRouter(prefix="/tickets/{number}")
FAULTS = {
    "to": N_("A colleague has it already: choose another."),
    "text": N_("Write what is to be done."),
}


@router.post("/pass-on")
def pass_ticket_on(page: PageDep, form: FormDep, number: str) -> Response:
    """A colleague handles it from now on; if they are away, whoever stands in."""
    viewer, now = page.reader.viewer, page.console.clock()
    to, text = text_of(form, "pass_to"), text_of(form, "pass_text")
    try:
        with page.console.work() as work:
            ticket_to_change(work, number, viewer, now)
            ticket = pass_on(work, number, to, text, viewer.person, now)
            work.commit()
    except BadForm as error:
        problem = {f"pass_{error.field}": FAULTS[error.field]}
        return show(page, number, Again(errors=problem, kept={"pass_to": to, "pass_text": text}), status=422)
    stands_in = ticket.handler is not None and ticket.handler.extension != to
    return go(f"/tickets/{number}", "passed-on-to-cover" if stands_in else "passed-on")
