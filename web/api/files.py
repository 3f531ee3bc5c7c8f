"""Files of parties served over the API (S40)."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import AwareDatetime

from callcenter.domain.access import Via
from callcenter.services.ports import TicketFilter
from callcenter.services.tickets import list_tickets
from web import seeing
from web.api.models import Shape, TicketOut
from web.api.shapes import ticket_out
from web.deps import ConsoleDep, Cursor, Limit, ProgramDep, RowId
from web.errors import NoSuchFile
from web.views.files import party_shown

router = APIRouter(prefix="/files", tags=["files"])


class PartyOut(Shape):
    """Who is served: `kind` is phone, wechat_id or account; `value` is masked for who may not see it."""

    kind: str
    value: str


class FileOut(Shape):
    """One file with the party's tickets, newest first; `next` as in a list."""

    number: int
    party: PartyOut
    opened_at: AwareDatetime
    items: list[TicketOut]
    next: str | None


@router.get("/{number}", summary="One party's file")
def get_one(
    console: ConsoleDep,
    program: ProgramDep,
    number: RowId,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> FileOut:
    """404 if there is none of this number."""
    now, zone = console.clock(), console.settings.zone
    with console.work() as work:
        file = work.today.file(number)
        if file is None:
            raise NoSuchFile
        found = list_tickets(work, TicketFilter(party=file.party), cursor=cursor, limit=limit, now=now)
        transcripts = work.transcripts.of_tickets([view.ticket.number for view in found.items])
        seeing.tickets(work, program, Via.API, (view.ticket for view in found.items), now)
    kind, value = party_shown(file, program, (view.ticket for view in found.items))
    return FileOut(
        number=file.number,
        party=PartyOut(kind=kind, value=value),
        opened_at=file.opened_at.astimezone(zone),
        items=[ticket_out(view, transcripts.get(view.ticket.number), program, zone) for view in found.items],
        next=found.next,
    )
