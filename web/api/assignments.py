"""What offices were asked in matters of several departments, over the API (T11)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from web.api.models import ListOut, Shape
from web.deps import ConsoleDep, Limit, ProgramDep

router = APIRouter(prefix="/assignments", tags=["offices"])


class AssignmentOut(Shape):
    """One office's part of a matter. The sheet bears the number of the `ticket`; without `taken_by` nobody took it."""

    ticket: str
    office: str
    role: Annotated[str | None, Field(description="lead or supporting")]
    question: str
    taken_by: str | None
    given_at: AwareDatetime
    due_at: AwareDatetime


@router.get("", summary="Assignments that are not done, those due first before the others")
def list_all(console: ConsoleDep, program: ProgramDep, limit: Limit = 100) -> ListOut[AssignmentOut]:
    """Name and number of the caller are not in it; `next` is null."""
    zone = console.settings.zone
    with console.work() as work:
        found = work.today.open_assignments(limit)
        told = work.today.assignment_events(sorted({each.number for each in found}))
    items = []
    for each in found:
        words = told.get((each.number, each.office), {})
        items.append(
            AssignmentOut(
                ticket=each.number,
                office=each.office,
                role=words.get("role"),
                question=words.get("question", ""),
                taken_by=words.get("by"),
                given_at=each.given_at.astimezone(zone),
                due_at=each.due_at.astimezone(zone),
            )
        )
    return ListOut[AssignmentOut](items=items, next=None)
