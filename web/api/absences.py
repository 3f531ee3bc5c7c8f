"""Absences over the API: who is away and who stands in (S3)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from callcenter.domain.absences import Absence, Reason
from callcenter.services import absences
from callcenter.services.pass_on import pass_on as pass_ticket_on
from web.api.models import ListOut, Shape, TicketOut
from web.api.shapes import local
from web.api.ticket_actions import ActorIn, Extension, WordsIn, make
from web.changing import Change, acting_for
from web.deps import ConsoleDep, ProgramDep, RowId
from web.errors import NotForYou
from web.viewer import Viewer

router = APIRouter(tags=["absences"])
LATEST = 200


class AbsenceIn(ActorIn):
    """Somebody goes away: `from` null is now, `until` null until they are back, `cover` null their B post."""

    extension: Extension
    from_: Annotated[AwareDatetime | None, Field(alias="from")] = None
    until: AwareDatetime | None = None
    reason: Reason
    cover: Annotated[str | None, Field(min_length=1, max_length=20)] = None


class AbsenceOut(Shape):
    """One absence. `begun_at` and `returned_at`: when open tickets went to the cover, and back."""

    id: int
    extension: str
    cover: str
    from_: Annotated[AwareDatetime, Field(alias="from")]
    until: AwareDatetime | None
    reason: Reason
    created_by: str
    ended_at: AwareDatetime | None
    begun_at: AwareDatetime | None
    returned_at: AwareDatetime | None


class PostOut(Shape):
    """A post and its B post."""

    extension: str
    b_extension: str | None


class PostIn(ActorIn):
    """Who stands in for whom."""

    extension: Extension
    b_extension: Extension | None = None


class PassOnIn(WordsIn):
    """To whom, with what words."""

    to: Extension


def absence_out(absence: Absence, zone: ZoneInfo) -> AbsenceOut:
    """As the API has it."""

    def at(instant: datetime | None) -> datetime | None:
        return local(instant, zone)

    return AbsenceOut.model_validate(
        {
            "id": absence.id,
            "extension": absence.extension,
            "cover": absence.cover,
            "from": at(absence.from_at),
            "until": at(absence.until_at),
            "reason": absence.reason,
            "created_by": absence.created_by,
            "ended_at": at(absence.ended_at),
            "begun_at": at(absence.begun_at),
            "returned_at": at(absence.returned_at),
        }
    )


@router.get("/absences", summary="Absences, latest first")
def list_all(
    console: ConsoleDep,
    program: ProgramDep,
    extension: Annotated[str | None, Query(max_length=20, description="whose, or covered by whom")] = None,
) -> ListOut[AbsenceOut]:
    """The latest 200."""
    with console.work() as work:
        found = work.absences.latest(extension, LATEST)
    return ListOut[AbsenceOut](items=[absence_out(each, console.settings.zone) for each in found], next=None)


@router.post("/absences", summary="Somebody goes away", status_code=201)
def add(console: ConsoleDep, program: ProgramDep, body: AbsenceIn) -> AbsenceOut:
    """What begins now begins at once. 409: away already, or the cover is; 403 for others' unless a manager."""
    with console.work() as work:
        acting = acting_for(work, program, body.actor)
        _only_for(program, acting, body.extension)
        absence = absences.add_absence(
            work,
            body.extension,
            from_at=body.from_,
            until_at=body.until,
            reason=body.reason,
            cover=body.cover,
            actor=acting.person,
            now=console.clock(),
        )
        work.commit()
    return absence_out(absence, console.settings.zone)


@router.post("/absences/{absence_id}/end", summary="They are back, or do not go")
def end(console: ConsoleDep, program: ProgramDep, absence_id: RowId, body: ActorIn) -> AbsenceOut:
    """What is open goes back at once. 409 if it has ended already."""
    with console.work() as work:
        acting = acting_for(work, program, body.actor)
        _only_for(program, acting, absences.get_absence(work, absence_id).extension)
        ended = absences.end_absence(work, absence_id, console.clock())
        work.commit()
    return absence_out(ended, console.settings.zone)


@router.get("/posts", summary="Who stands in for whom when they are away")
def list_posts(console: ConsoleDep, program: ProgramDep) -> ListOut[PostOut]:
    """By extension; posts without a B post are left out."""
    with console.work() as work:
        posts = work.absences.posts()
    items = [PostOut(extension=post, b_extension=other) for post, other in sorted(posts.items())]
    return ListOut[PostOut](items=items, next=None)


@router.post("/posts", summary="Say whose B post is whose")
def set_post(console: ConsoleDep, program: ProgramDep, body: PostIn) -> PostOut:
    """A manager's to say; without `b_extension` nobody stands in."""
    with console.work() as work:
        acting = acting_for(work, program, body.actor)
        if not acting.is_manager:
            raise NotForYou
        absences.set_post(work, body.extension, body.b_extension)
        work.commit()
    return PostOut(extension=body.extension, b_extension=body.b_extension)


def _only_for(program: Viewer, acting: Viewer, extension: str) -> None:
    if not program.is_manager and not acting.is_manager and acting.extension != extension:
        raise NotForYou


@router.post("/tickets/{number}/pass-on", summary="A colleague handles it from now on", tags=["tickets"])
def pass_on(console: ConsoleDep, program: ProgramDep, number: str, body: PassOnIn) -> TicketOut:
    """The owner stays. If `to` is away, whoever stands in gets it: look at `handler`."""
    return make(console, program, number, body.actor, _passing(body))


def _passing(body: PassOnIn) -> Change:
    return lambda work, number, person, now: pass_ticket_on(work, number, body.to, body.text, person, now)
