"""Staff over the API: who works here, and whether the line rings them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from callcenter.domain.staff import Role, StaffMember
from callcenter.services.staff import active_member, list_staff, set_on_duty
from web.api.models import ListOut, Shape
from web.api.ticket_actions import ActorIn
from web.changing import acting_for
from web.deps import ConsoleDep, ProgramDep
from web.errors import NotForYou

router = APIRouter(prefix="/staff", tags=["staff"])


class StaffOut(Shape):
    """A member of staff. `rung`: whether the line rings their phone while they are on duty."""

    extension: str
    name: str
    role: Role
    rung: bool
    on_duty: bool


class DutyIn(ActorIn):
    """Who says so, and whether they are on duty."""

    on_duty: bool


def staff_out(member: StaffMember) -> StaffOut:
    """As the API has it."""
    return StaffOut(
        extension=member.extension,
        name=member.name,
        role=member.role,
        rung=member.rung,
        on_duty=member.on_duty,
    )


@router.get("", summary="Everybody who works here")
def list_all(console: ConsoleDep, program: ProgramDep) -> ListOut[StaffOut]:
    """By extension."""
    with console.work() as work:
        return ListOut[StaffOut](items=[staff_out(member) for member in list_staff(work)], next=None)


@router.post("/{extension}/duty", summary="Go on or off duty")
def change_duty(
    console: ConsoleDep,
    program: ProgramDep,
    extension: Annotated[str, Path(min_length=1, max_length=20)],
    body: DutyIn,
) -> StaffOut:
    """One's own to say, or a manager's."""
    with console.work() as work:
        acting = acting_for(work, program, body.actor)
        if acting.extension != extension and not acting.is_manager:
            raise NotForYou
        set_on_duty(work, extension, body.on_duty)
        work.commit()
        return staff_out(active_member(work, extension))
