"""Tickets: the list by due time, and one ticket with all that can be done with it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from callcenter.domain.access import Via
from callcenter.domain.tickets import Status
from callcenter.services.ports import TicketFilter
from callcenter.services.tickets import list_tickets
from web import seeing
from web.deps import PageDep
from web.pages.one_ticket import show
from web.views.tickets import UNFINISHED, grouped, kind_name

router = APIRouter()
DONE = (Status.RESOLVED, Status.CLOSED, Status.DISMISSED)
VIEWS = {"unfinished": UNFINISHED, "mine": UNFINISHED, "unowned": UNFINISHED, "done": DONE, "all": ()}
DONE_ON_A_PAGE = 50
UNFINISHED_ON_A_PAGE = 300


def wanted(view: str, status: str, q: str, extension: str) -> TicketFilter:
    """The filter behind a tab, a status and words; a chosen status looks beyond the tab's own."""
    statuses = (Status(status),) if status in {known.value for known in Status} else VIEWS[view]
    return TicketFilter(
        statuses=statuses,
        mine=extension if view == "mine" else None,
        unowned=view == "unowned",
        q=q or None,
    )


@router.get("/tickets")
def list_all(
    page: PageDep,
    view: Annotated[str, Query(max_length=20)] = "unfinished",
    status: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> HTMLResponse:
    """Tickets, the most urgent first."""
    view = view if view in VIEWS else "unfinished"
    viewer, now, console = page.reader.viewer, page.console.clock(), page.console
    limit = DONE_ON_A_PAGE if view in ("done", "all") else UNFINISHED_ON_A_PAGE
    asked = wanted(view, status, q.strip(), viewer.extension)
    with console.work() as work:
        found = list_tickets(work, asked, cursor=cursor, limit=limit, now=now)
        seeing.tickets(work, viewer, Via.PAGE, (item.ticket for item in found.items), now)
    policy = console.rules.policy
    return page(
        "tickets/list.html",
        "tickets",
        groups=grouped((item.ticket for item in found.items), now, page.say),
        view=view,
        status=status,
        q=q,
        next=found.next,
        kind_name=lambda ticket: kind_name(policy, ticket, page.say),
        contact_of=viewer.contact_of,
    )


@router.get("/tickets/{number}")
def show_ticket(page: PageDep, number: str) -> HTMLResponse:
    """One ticket."""
    return show(page, number)
