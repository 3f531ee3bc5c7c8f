"""Files: one for each party served, numbered in order, with all their tickets (S40)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from callcenter.domain.access import Via
from callcenter.services.ports import TicketFilter
from callcenter.services.rules import policies_of
from callcenter.services.tickets import list_tickets
from web import seeing
from web.deps import PageDep, RowId
from web.errors import NoSuchFile
from web.reading import go
from web.views.files import parties_named, party_shown
from web.views.tickets import kinds_named

router = APIRouter()
ON_A_PAGE = 50


@router.get("/files")
def list_all(
    page: PageDep,
    q: Annotated[str, Query(max_length=100)] = "",
    before: RowId | None = None,
) -> Response:
    """The files, the newest first; a whole number or account leads to its file."""
    console, viewer = page.console, page.reader.viewer
    typed = q.strip()
    with console.work() as work:
        if typed.isascii() and typed.isdecimal() and len(typed) < 10 and work.today.file(int(typed)):
            return go(f"/files/{int(typed)}")
        for party in parties_named(typed) if typed else ():
            if named := work.today.file_of(party):
                return go(f"/files/{named.number}")
        found = [] if typed else work.today.files(before, ON_A_PAGE + 1)
        known = work.today.tickets_of_parties([file.party for file in found])
        shown = [(file, *party_shown(file, viewer)) for file in found[:ON_A_PAGE]]
        seeing.parties(work, viewer, [(file, party) for file, _, party in shown], console.clock())
    return page(
        "files/list.html",
        "tickets",
        files=[(file, kind, party, known.get(file.party)) for file, kind, party in shown],
        q=typed,
        next=shown[-1][0].number if len(found) > ON_A_PAGE else None,
    )


@router.get("/files/{number}")
def show(
    page: PageDep, number: RowId, cursor: Annotated[str | None, Query(max_length=500)] = None
) -> HTMLResponse:
    """One file with the party's tickets, the newest first."""
    console, viewer, now = page.console, page.reader.viewer, page.console.clock()
    with console.work() as work:
        file = work.today.file(number)
        if file is None:
            raise NoSuchFile
        found = list_tickets(work, TicketFilter(party=file.party), cursor=cursor, limit=ON_A_PAGE, now=now)
        tickets = [view.ticket for view in found.items]
        seeing.tickets(work, viewer, Via.PAGE, tickets, now)
        policies = policies_of(work, tickets)
    kind, party = party_shown(file, viewer, tickets)
    return page(
        "files/one.html",
        "tickets",
        file=file,
        party_kind=kind,
        party=party,
        tickets=tickets,
        next=found.next,
        kind_name=kinds_named(policies, page.say),
        contact_of=viewer.contact_of,
    )
