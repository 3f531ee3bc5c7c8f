"""Who saw the personal data of a ticket, over the API: for managers' programs."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import AwareDatetime

from callcenter.services.access import accesses_to
from callcenter.services.tickets import get_ticket
from web.api.models import ListOut, Shape
from web.deps import ConsoleDep, Cursor, Limit, ManagersProgramDep

router = APIRouter(prefix="/tickets/{number}", tags=["tickets"])


class AccessOut(Shape):
    """One look; `actor` is an extension, or `token NAME` for a program. `subject`: the ticket, or its call."""

    at: AwareDatetime
    actor: str
    via: Literal["page", "api", "recording", "export"]
    subject: str
    what: list[str]


@router.get("/access", summary="Who saw its personal data (T31)")
def list_accesses(
    console: ConsoleDep, program: ManagersProgramDep, number: str, limit: Limit = 100, cursor: Cursor = None
) -> ListOut[AccessOut]:
    """Newest first; the same look of the same person within a minute is one."""
    with console.work() as work:
        ticket = get_ticket(work, number, console.clock()).ticket
        subjects = [subject for subject in (number, ticket.linkedid) if subject]
        found = accesses_to(work, subjects, cursor=cursor, limit=limit)
    return ListOut[AccessOut](
        items=[
            AccessOut(
                at=access.at.astimezone(console.settings.zone),
                actor=access.actor,
                via=access.via.value,
                subject=access.subject,
                what=access.what.split(),
            )
            for access in found.items
        ],
        next=found.next,
    )
