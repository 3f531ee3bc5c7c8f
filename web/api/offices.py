"""The directory of offices over the API (S1)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from callcenter.services.analysis import offices, open_matters
from web.api.models import ListOut, PersonOut, Shape, TicketStatus
from web.api.shapes import person_out
from web.deps import ConsoleDep, Limit, ProgramDep

router = APIRouter(prefix="/offices", tags=["offices"])


class OfficeOut(Shape):
    """An office; names and duties by language. `open_matters`: unfinished ones that it was passed."""

    key: str
    names: dict[str, str]
    duties: dict[str, str]
    contact: str
    open_matters: int


class MatterOut(Shape):
    """A matter, without anything of the caller."""

    number: str
    kind: str
    status: TicketStatus
    owner: PersonOut | None
    created_at: AwareDatetime


@router.get("", summary="Offices and what each is responsible for")
def directory(
    console: ConsoleDep,
    program: ProgramDep,
    q: Annotated[str, Query(max_length=100, description="words that all have to be there")] = "",
) -> ListOut[OfficeOut]:
    """Those of the policy for new tickets, in its order."""
    with console.work() as work:
        found = offices(work, q)
    return ListOut[OfficeOut](
        items=[
            OfficeOut(
                key=each.office.key,
                names=dict(each.office.names),
                duties=dict(each.office.duties),
                contact=each.office.contact,
                open_matters=each.open_matters,
            )
            for each in found
        ],
        next=None,
    )


@router.get("/{key}/matters", summary="Open matters passed to an office, newest first")
def matters(
    console: ConsoleDep, program: ProgramDep, key: Annotated[str, Path(max_length=100)], limit: Limit = 100
) -> ListOut[MatterOut]:
    """404 if the policy has no such office."""
    zone = console.settings.zone
    with console.work() as work:
        _, found = open_matters(work, key, limit)
    return ListOut[MatterOut](
        items=[
            MatterOut(
                number=each.number,
                kind=each.kind,
                status=each.status.value,
                owner=person_out(each.owner),
                created_at=each.registered_at.astimezone(zone),
            )
            for each in found
        ],
        next=None,
    )
