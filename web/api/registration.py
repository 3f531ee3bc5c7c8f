"""Registering a matter over the API, as the console's form does: from any door, for whoever was asked first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, Field

from callcenter.services.tickets import BadForm, register
from web.api.models import TicketOut
from web.api.ticket_actions import Key, MatterIn, Text
from web.api.tickets import get_one
from web.changing import acting_for
from web.deps import ConsoleDep, ProgramDep
from web.views.registration import too_early_or_late

router = APIRouter(prefix="/tickets", tags=["tickets"])


class RegisterIn(MatterIn):
    """The matter; what is needed beside `details` says the policy, by channel and kind."""

    channel: Key
    complexity: Annotated[
        str | None, Field(max_length=50, description="the policy's default if left out")
    ] = None
    happened_at: Annotated[
        AwareDatetime | None, Field(description="when the message came; its clocks start there")
    ] = None
    handed_to: Annotated[
        str | None, Field(max_length=20, description="extension of the colleague it was handed to (H1)")
    ] = None
    handover: Annotated[Text, Field(description="what that colleague was told")] = ""


@router.post("", status_code=201, summary="Register a matter")
def register_matter(
    console: ConsoleDep, program: ProgramDep, body: RegisterIn, response: Response
) -> TicketOut:
    """It belongs to `actor` for good; `Location` says where it is."""
    now = console.clock()
    if body.happened_at is not None and too_early_or_late(body.happened_at, now):
        raise BadForm("happened_at", body.happened_at.isoformat())
    with console.work() as work:
        acting = acting_for(work, program, body.actor)
        ticket = register(
            work,
            channel=body.channel,
            form=body.form(body.complexity or console.rules.policy.default_complexity),
            actor=acting.person,
            now=now,
            happened_at=body.happened_at,
            handed_to=body.handed_to,
            handover=body.handover,
        )
        work.commit()
    response.headers["location"] = f"/api/v1/tickets/{ticket.number}"
    return get_one(console, program, ticket.number)
