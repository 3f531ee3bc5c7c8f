"""Approvals: what waits for the head, decided where it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from callcenter.domain.access import Via
from callcenter.domain.steps import STEPS, By
from callcenter.domain.tickets import NotAllowed
from callcenter.services.rules import listed_rules
from callcenter.services.steps import BadStep, ExtensionTooLate, NotOffered, take_step
from callcenter.services.tickets import StaleTicket
from web import seeing
from web.deps import DecidersPageDep, FormDep
from web.errors import NotForYou
from web.i18n import N_
from web.pages.ticket_form import Blank, version_of
from web.reading import Page, go, text_of
from web.views.pending import pending_of
from web.views.tickets import kinds_named

router = APIRouter()
SHOWN = 100
DECISIONS = frozenset(name for name, step in STEPS.items() if step.decides and step.by is By.HEAD)
NO_CHOICE = N_("Please choose whether it is adopted.")
NO_REASON = N_("Please give a reason: it goes to the record and to whoever asked.")
TOO_LATE = N_("The time ran out before it was decided: it cannot be extended any more. Refuse it.")
STALE = N_("A colleague changed the ticket while you were reading. Look at it again, then decide.")
GONE = N_("It does not wait for a decision any more. What you wrote is below.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A decision that could not be put on record: of which ticket, why, and what was written."""

    number: str = ""
    fault: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)


@router.get("/approvals")
def show(page: DecidersPageDep) -> HTMLResponse:
    """What waits, the oldest first: for managers and whoever stands in for them."""
    return _render(page)


def _render(page: Page, again: Undecided = Undecided(), *, code: int = 200) -> HTMLResponse:
    console, viewer, now = page.console, page.reader.viewer, page.console.clock()
    with console.work() as work:
        tickets = work.today.awaiting(SHOWN)
        names = work.staff.names()
        logs, rules = work.tickets.events_of(each.number for each in tickets), listed_rules(work, tickets)
        seeing.tickets(work, viewer, Via.PAGE, tickets, now)
    found = [
        (each, pending_of(each, rules[each.number], logs[each.number], names, page.say, now))
        for each in tickets
    ]
    return page(
        "approvals.html",
        "approvals",
        code=code,
        approvals=[(ticket, asked) for ticket, asked in found if asked],
        kind_name=kinds_named({number: each.policy for number, each in rules.items()}, page.say),
        contact_of=viewer.contact_of,
        again=again,
        kept=Blank(again.kept),
    )


@router.post("/approvals/{number}")
def decide(page: DecidersPageDep, form: FormDep, number: str) -> Response:
    """Approve or refuse; what cannot be put on record is said beside the question, with what was written."""
    viewer, now, step = page.reader.viewer, page.console.clock(), text_of(form, "step")
    if step not in DECISIONS:
        raise NotForYou
    given = {key: text_of(form, key) for key in ("text", "adopted")}
    version = version_of(Blank(version=text_of(form, "version")))
    try:
        with page.console.work() as work:
            take_step(work, number, step, given, viewer.person, now, version=version)
            work.commit()
    except BadStep as error:
        fault = NO_CHOICE if error.field == "adopted" else NO_REASON
        return _render(page, Undecided(number=number, fault=fault, kept=given), code=422)
    except ExtensionTooLate:
        return _render(page, Undecided(number=number, fault=TOO_LATE, kept=given), code=409)
    except StaleTicket:
        return _render(page, Undecided(number=number, fault=STALE, kept=given), code=409)
    except (NotAllowed, NotOffered):
        return _render(page, Undecided(number=number, fault=GONE, kept=given), code=409)
    return go("/approvals", "decided")
