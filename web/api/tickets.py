"""Tickets over the API: lists and one ticket."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from callcenter.domain.access import Via
from callcenter.domain.tickets import Status
from callcenter.services.ports import TicketFilter
from callcenter.services.tickets import get_ticket, list_tickets
from web import seeing
from web.api.models import ListOut, MessageOut, TicketOut
from web.api.shapes import message_out, ticket_out
from web.deps import ConsoleDep, Cursor, Limit, ProgramDep, RowId
from web.errors import NoSuchRecording

router = APIRouter(prefix="/tickets", tags=["tickets"])


@router.get("", summary="Tickets, newest first")
def list_all(
    console: ConsoleDep,
    program: ProgramDep,
    status: Annotated[list[Status] | None, Query(description="may be given more than once")] = None,
    due_before: Annotated[AwareDatetime | None, Query(description="due earlier, late ones included")] = None,
    owner: Annotated[str | None, Query(max_length=20, description="an extension")] = None,
    unowned: Annotated[bool, Query(description="only tickets that nobody has taken")] = False,
    mine: Annotated[
        str | None, Query(max_length=20, description="an extension that owns or handles it")
    ] = None,
    call: Annotated[str | None, Query(max_length=100, description="linkedid of its call")] = None,
    linkedid: Annotated[str | None, Query(max_length=100, description="the same as call")] = None,
    created_from: AwareDatetime | None = None,
    created_before: AwareDatetime | None = None,
    kind: Annotated[str | None, Query(max_length=50)] = None,
    channel: Annotated[str | None, Query(max_length=50)] = None,
    awaits: Annotated[
        str | None,
        Query(max_length=50, description="extension, suggestion or disagreement: waits for the head"),
    ] = None,
    satisfaction: Annotated[
        str | None, Query(max_length=50, description="a key of the policy's scale")
    ] = None,
    closed_from: AwareDatetime | None = None,
    closed_before: AwareDatetime | None = None,
    file: Annotated[RowId | None, Query(description="number of a party's file")] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=100,
            description="words, a name, a ticket number's beginning; a whole phone number",
        ),
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ListOut[TicketOut]:
    """What is not given does not narrow."""
    wanted = TicketFilter(
        statuses=tuple(status or ()),
        due_before=due_before,
        owner=owner,
        unowned=unowned,
        mine=mine,
        linkedid=call or linkedid,
        created_from=created_from,
        created_before=created_before,
        kind=kind,
        channel=channel,
        awaits=awaits,
        satisfaction=satisfaction,
        closed_from=closed_from,
        closed_before=closed_before,
        q=q,
        listener=program.extension,
        hears_all=program.is_manager,
    )
    with console.work() as work:
        if file is not None:
            party = work.today.file(file)
            if party is None:
                return ListOut[TicketOut](items=[], next=None)
            wanted = replace(wanted, party=party.party)
        found = list_tickets(work, wanted, cursor=cursor, limit=limit, now=console.clock())
        transcripts = work.transcripts.of_tickets([view.ticket.number for view in found.items])
        seeing.tickets(work, program, Via.API, (view.ticket for view in found.items), console.clock())
    zone = console.settings.zone
    return ListOut[TicketOut](
        items=[ticket_out(view, transcripts.get(view.ticket.number), program, zone) for view in found.items],
        next=found.next,
    )


@router.get("/{number}", summary="One ticket")
def get_one(console: ConsoleDep, program: ProgramDep, number: str) -> TicketOut:
    """One ticket with its clocks as they stand now."""
    with console.work() as work:
        view = get_ticket(work, number, console.clock())
        transcript = work.transcripts.of_ticket(number)
        said = [transcript] if transcript else []
        seeing.ticket(work, program, Via.API, view.ticket, None, said, console.clock())
    return ticket_out(view, transcript, program, console.settings.zone)


@router.get("/{number}/transcript", summary="Its newest message")
def get_message(console: ConsoleDep, program: ProgramDep, number: str) -> MessageOut:
    """The message's text, why there is none, how far it is written, and what people made of it. 404 without one."""
    with console.work() as work:
        ticket = get_ticket(work, number, console.clock()).ticket
        stored = work.transcripts.of_ticket(number)
        if stored is None:
            raise NoSuchRecording
        corrections = work.transcripts.corrections([stored.recording_id])[stored.recording_id]
        seeing.ticket(work, program, Via.API, ticket, None, [stored], console.clock())
    may_hear = program.may_hear(ticket, None)
    return message_out(stored, corrections, console.settings.zone, may_hear=may_hear)
