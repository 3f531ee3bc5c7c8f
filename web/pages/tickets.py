"""Tickets: the list by due time, what somebody looks for, and one ticket with all that can be done with it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse

from callcenter.domain.access import Via
from callcenter.domain.periods import BadPeriod
from callcenter.services.rules import policies_of
from callcenter.services.tickets import TicketPage, list_tickets
from web import seeing
from web.deps import PageDep
from web.pages.one_ticket import show
from web.views.search import VIEWS, Asked
from web.views.tickets import grouped, kinds_named

router = APIRouter()
DONE_ON_A_PAGE = 50
UNFINISHED_ON_A_PAGE = 300
Word = Annotated[str, Query(max_length=50)]


def asked_for(
    view: Word = "unfinished",
    status: Word = "",
    q: Annotated[str, Query(max_length=100)] = "",
    since: Annotated[str, Query(alias="from", max_length=40)] = "",
    until: Annotated[str, Query(alias="to", max_length=40)] = "",
    kind: Word = "",
    channel: Word = "",
    person: Word = "",
    satisfaction: Word = "",
) -> Asked:
    """The form of the list."""
    return Asked(
        view=view if view in VIEWS else "unfinished",
        status=status,
        q=q.strip(),
        since=since.strip(),
        until=until.strip(),
        kind=kind,
        channel=channel,
        person=person,
        satisfaction=satisfaction,
    )


@router.get("/tickets")
def list_all(
    page: PageDep,
    asked: Annotated[Asked, Depends(asked_for)],
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> HTMLResponse:
    """Tickets, the most urgent first. A period that makes no sense is said to be so, and nothing is listed."""
    viewer, now, console = page.reader.viewer, page.console.clock(), page.console
    limit = DONE_ON_A_PAGE if asked.view in ("done", "all") else UNFINISHED_ON_A_PAGE
    found, is_bad = TicketPage(items=(), next=None), False
    with console.work() as work:
        people = work.staff.everybody()
        try:
            wanted = asked.filter(viewer, console.settings.zone, now)
        except BadPeriod:
            is_bad = True
        else:
            found = list_tickets(work, wanted, cursor=cursor, limit=limit, now=now)
            seeing.tickets(work, viewer, Via.PAGE, (item.ticket for item in found.items), now)
        policies = policies_of(work, (item.ticket for item in found.items))
        listed = [item.ticket.number for item in found.items] if asked.q else []
        said = set(listed) - work.tickets.with_words(listed, asked.q)
    policy = console.rules.policy
    return page(
        "tickets/list.html",
        "tickets",
        code=422 if is_bad else 200,
        groups=grouped((item.ticket for item in found.items), now, page.say),
        asked=asked,
        is_bad=is_bad,
        next=found.next,
        people=people,
        choices={
            "kind": policy.kinds,
            "channel": policy.channels,
            "satisfaction": policy.satisfaction,
        },
        kind_name=kinds_named(policies, page.say),
        contact_of=viewer.contact_of,
        said_in=said,
    )


@router.get("/tickets/{number}")
def show_ticket(page: PageDep, number: str) -> HTMLResponse:
    """One ticket."""
    return show(page, number)
