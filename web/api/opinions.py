"""Links for the opinion of the person served, over the API."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import AwareDatetime

from callcenter.domain.opinions import LINK_LASTS
from callcenter.services.opinions import make_link
from web.api.models import Shape
from web.api.ticket_actions import ActorIn
from web.changing import acting_for, ticket_to_change
from web.deps import ConsoleDep, ProgramDep
from web.pages.opinions import address

router = APIRouter(prefix="/tickets/{number}/opinion-link", tags=["tickets"])


class OpinionLinkOut(Shape):
    """A link, told this once."""

    link: str
    expires_at: AwareDatetime


@router.post("", status_code=201, summary="A link by which the person served says whether they are satisfied")
def ask(
    request: Request, console: ConsoleDep, program: ProgramDep, number: str, body: ActorIn
) -> OpinionLinkOut:
    """For a resolved ticket; an earlier link ends. 409 in any other state."""
    now = console.clock()
    with console.work() as work:
        acting = acting_for(work, program, body.actor)
        ticket_to_change(work, number, program if program.is_manager else acting, now)
        token = make_link(work, number, acting.person, now)
        work.commit()
    expires_at = (now + LINK_LASTS).astimezone(console.settings.zone)
    return OpinionLinkOut(link=address(console, request, token), expires_at=expires_at)
