"""Today: what the reader has to do, and for managers what is at risk in the whole centre."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from callcenter.domain.access import Via
from callcenter.services.rules import policies_of
from callcenter.services.today import COUNTED, my_today
from web import seeing
from web.deps import PageDep
from web.pages.approvals import SHOWN
from web.views.today import groups

router = APIRouter()


@router.get("/today")
def show(page: PageDep) -> HTMLResponse:
    """The page."""
    console, viewer, now = page.console, page.reader.viewer, page.console.clock()
    with console.work() as work:
        today = my_today(
            work, viewer.extension, is_head=viewer.is_manager, now=now, zone=console.settings.zone
        )
        centre = today.centre
        piles = (*today.piles, *(centre.piles if centre else ()))
        tickets = [ticket for pile in piles for ticket in pile.tickets]
        to_decide = len(work.today.awaiting(SHOWN)) if viewer.is_manager else 0
        policies = policies_of(work, tickets)
        seeing.tickets(work, viewer, Via.PAGE, tickets, now)
    return page(
        "today.html",
        "today",
        groups=groups(today.piles, today, policies, viewer, page.say),
        centre=groups(centre.piles, today, policies, viewer, page.say) if centre else [],
        people=centre.people if centre else (),
        most=COUNTED,
        to_decide=to_decide,
        contact_of=viewer.contact_of,
    )
