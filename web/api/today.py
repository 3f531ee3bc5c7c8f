"""Somebody's day over the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from callcenter.services.today import Pile, Today, my_today
from web.api.models import PersonOut, Shape, TicketStatus
from web.api.shapes import local, person_out
from web.changing import acting_for
from web.deps import ConsoleDep, ProgramDep

router = APIRouter(tags=["today"])
PileName = Literal["late", "today", "risk", "registering", "unowned", "ask", "papers", "stand_in"]


class TodayTicketOut(Shape):
    """One ticket. `clock`: the one to be met next."""

    number: str
    kind: str
    status: TicketStatus
    owner: PersonOut | None
    handler: PersonOut | None
    awaits: str | None
    due_at: AwareDatetime | None
    clock: str | None


class PileOut(Shape):
    """Tickets of one urgency, by due time; `more`: others are not listed."""

    pile: PileName
    items: list[TodayTicketOut]
    more: bool


class PersonCountOut(Shape):
    """Tickets that somebody owns; nothing is counted past 999."""

    person: PersonOut
    overdue: int
    at_risk: int
    under_way: int


class CentreOut(Shape):
    """The whole centre, where the actor is a manager."""

    piles: list[PileOut]
    people: list[PersonCountOut]


class TodayOut(Shape):
    """One person's day: each ticket is in the first pile that it belongs to."""

    actor: PersonOut
    piles: list[PileOut]
    centre: CentreOut | None


@router.get("/today", summary="What somebody has to do today")
def get_today(
    console: ConsoleDep,
    program: ProgramDep,
    actor: Annotated[str, Query(max_length=20, description="an extension")],
) -> TodayOut:
    """Names and numbers of callers are not in it."""
    now, zone = console.clock(), console.settings.zone
    with console.work() as work:
        acting = acting_for(work, program, actor)
        today = my_today(work, actor, is_head=acting.is_manager, now=now, zone=zone)
    centre = today.centre
    return TodayOut(
        actor=PersonOut(extension=acting.extension, name=acting.name),
        piles=_piles(today.piles, today, zone),
        centre=None
        if centre is None
        else CentreOut(
            piles=_piles(centre.piles, today, zone),
            people=[
                PersonCountOut(
                    person=PersonOut(extension=member.extension, name=member.name),
                    overdue=count.overdue,
                    at_risk=count.at_risk,
                    under_way=count.under_way,
                )
                for member, count in centre.people
            ],
        ),
    )


def _piles(piles: Iterable[Pile], today: Today, zone: ZoneInfo) -> list[PileOut]:
    return [
        PileOut.model_validate(
            {
                "pile": pile.key,
                "more": pile.more,
                "items": [
                    {
                        "number": ticket.number,
                        "kind": ticket.kind,
                        "status": ticket.status.value,
                        "owner": person_out(ticket.owner),
                        "handler": person_out(ticket.handler),
                        "awaits": ticket.awaits,
                        "due_at": local(ticket.due_at, zone),
                        "clock": today.waiting_for[ticket.number].clock
                        if ticket.number in today.waiting_for
                        else None,
                    }
                    for ticket in pile.tickets
                ],
            }
        )
        for pile in piles
    ]
