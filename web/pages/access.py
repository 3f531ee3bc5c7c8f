"""Who saw the personal data of a ticket: for managers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from callcenter.services.access import accesses_to
from callcenter.services.tickets import get_ticket
from web.deps import ManagerPageDep
from web.views.access import looks

router = APIRouter()
ON_A_PAGE = 100


@router.get("/tickets/{number}/access")
def show_access(
    page: ManagerPageDep, number: str, cursor: Annotated[str | None, Query(max_length=500)] = None
) -> HTMLResponse:
    """Newest first; looks at the ticket's call are looks at the ticket."""
    with page.console.work() as work:
        ticket = get_ticket(work, number, page.console.clock()).ticket
        subjects = [subject for subject in (number, ticket.linkedid) if subject]
        found = accesses_to(work, subjects, cursor=cursor, limit=ON_A_PAGE)
        names = work.staff.names()
    return page(
        "tickets/access.html",
        "tickets",
        number=number,
        looks=looks(found.items, names, page.say),
        next=found.next,
        later=cursor is not None,
    )
