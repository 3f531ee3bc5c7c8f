"""Approvals: what waits for the head, decided where it is read."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from callcenter.domain.access import Via
from callcenter.domain.steps import STEPS, By
from callcenter.services.rules import rules_of
from callcenter.services.steps import BadStep, ExtensionTooLate, take_step
from web import seeing
from web.deps import FormDep, PageDep
from web.errors import NotForYou
from web.reading import Page, go, text_of
from web.views.approvals import approval

router = APIRouter()
SHOWN = 100
DECISIONS = frozenset(name for name, step in STEPS.items() if step.decides and step.by is By.HEAD)


@router.get("/approvals")
def show(page: PageDep) -> HTMLResponse:
    """What waits, the oldest first: for managers."""
    return _render(page)


def _render(page: Page, *, code: int = 200, at_fault: str = "", fault: str = "") -> HTMLResponse:
    console, viewer, now = page.console, page.reader.viewer, page.console.clock()
    if not viewer.is_manager:
        raise NotForYou
    with console.work() as work:
        tickets = work.today.awaiting(SHOWN)
        names = {member.extension: member.name for member in work.staff.everybody()}
        found = [
            approval(
                ticket,
                work.tickets.events(ticket.number),
                rules_of(work, ticket).policy,
                names,
                page.say,
                now,
            )
            for ticket in tickets
        ]
        seeing.tickets(work, viewer, Via.PAGE, tickets, now)
    return page(
        "approvals.html",
        "approvals",
        code=code,
        approvals=[each for each in found if each],
        contact_of=viewer.contact_of,
        at_fault=at_fault,
        fault=fault,
    )


@router.post("/approvals/{number}")
def decide(page: PageDep, form: FormDep, number: str) -> Response:
    """Approve or refuse; what is missing is said beside the question."""
    viewer = page.reader.viewer
    step = text_of(form, "step")
    if not viewer.is_manager or step not in DECISIONS:
        raise NotForYou
    given = {key: text_of(form, key) for key in ("text", "adopted")}
    version = text_of(form, "version")
    try:
        with page.console.work() as work:
            take_step(
                work,
                number,
                step,
                given,
                viewer.person,
                page.console.clock(),
                version=int(version) if version.isdecimal() and version.isascii() else None,
            )
            work.commit()
    except BadStep:
        fault = page.say.gettext("Please give a reason: it goes to the record and to whoever asked.")
        return _render(page, code=422, at_fault=number, fault=fault)
    except ExtensionTooLate:
        fault = page.say.gettext(
            "The time ran out before it was decided: it cannot be extended any more. Refuse it."
        )
        return _render(page, code=409, at_fault=number, fault=fault)
    return go("/approvals", "decided")
