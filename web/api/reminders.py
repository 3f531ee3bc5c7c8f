"""Reminders over the API: somebody's, that they have seen one, and where they are reached."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from callcenter import reminder_words
from callcenter.domain.reminders import Address, Reminder, ReminderKind
from callcenter.notify import check_address
from callcenter.services import reminders
from callcenter.services.staff import active_member
from web.api.models import ListOut, Shape
from web.api.shapes import local
from web.api.ticket_actions import ActorIn
from web.changing import acting_for
from web.deps import ConsoleDep, Cursor, Limit, ProgramDep, RowId
from web.errors import NotForYou
from web.try_addresses import try_addresses
from web.viewer import Viewer

router = APIRouter(prefix="/reminders", tags=["reminders"])


class ReminderOut(Shape):
    """One fact for one person; `text` is in the centre's language, `data` depends on the kind."""

    id: int
    kind: ReminderKind
    text: str
    ticket: str | None
    data: dict[str, Any]
    created_at: AwareDatetime
    not_before: AwareDatetime
    seen_at: AwareDatetime | None
    sent_at: AwareDatetime | None


def reminder_out(reminder: Reminder, language: str, zone: ZoneInfo) -> ReminderOut:
    """As the API has it."""
    return ReminderOut.model_validate(
        {
            "id": reminder.id,
            "kind": reminder.kind,
            "text": reminder_words.line(reminder, language),
            "ticket": reminder.ticket,
            "data": dict(reminder.data),
            "created_at": local(reminder.created_at, zone),
            "not_before": local(reminder.not_before, zone),
            "seen_at": local(reminder.seen_at, zone),
            "sent_at": local(reminder.sent_at, zone),
        }
    )


@router.get("", summary="Somebody's reminders, newest first")
def list_all(
    console: ConsoleDep,
    program: ProgramDep,
    actor: Annotated[str, Query(min_length=1, max_length=20, description="extension of whose they are")],
    unseen: Annotated[bool, Query(description="only those not seen yet")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ListOut[ReminderOut]:
    """What is told outside the quiet hours, or seen here."""
    settings = console.settings
    with console.work() as work:
        acting_for(work, program, actor)
        found = reminders.my_reminders(work, actor, cursor=cursor, limit=limit, unseen=unseen)
    items = [reminder_out(each, settings.language, settings.zone) for each in found.items]
    return ListOut[ReminderOut](items=items, next=found.next)


@router.post("/seen", summary="They have seen all of theirs", status_code=204)
def see_all(console: ConsoleDep, program: ProgramDep, body: ActorIn) -> None:
    """None of them is sent any more."""
    with console.work() as work:
        acting_for(work, program, body.actor)
        reminders.mark_all_seen(work, body.actor, console.clock())
        work.commit()


@router.post("/{reminder_id}/seen", summary="They have seen it")
def see(console: ConsoleDep, program: ProgramDep, reminder_id: RowId, body: ActorIn) -> ReminderOut:
    """It is not sent any more. 404 if it is somebody else's."""
    settings = console.settings
    with console.work() as work:
        acting_for(work, program, body.actor)
        reminders.mark_seen(work, body.actor, reminder_id, console.clock())
        seen = work.reminders.get(reminder_id)
        work.commit()
    if seen is None:
        raise reminders.NoSuchReminder
    return reminder_out(seen, settings.language, settings.zone)


class AddressOut(Shape):
    """Where somebody is reached; the address itself is a secret and never shown again."""

    id: int
    extension: str
    shown: str
    created_at: AwareDatetime


class TriedOut(Shape):
    """An address that a test was sent to. `fault`: why it was not taken, null if it was."""

    address: AddressOut
    fault: str | None


class AddressIn(ActorIn):
    """An address of Apprise's, such as mailtos://…; without `extension` the actor's own."""

    url: Annotated[str, Field(min_length=1, max_length=1000)]
    extension: Annotated[str | None, Field(min_length=1, max_length=20)] = None


def _address_out(address: Address, zone: ZoneInfo) -> AddressOut:
    created_at = address.created_at.astimezone(zone)
    return AddressOut(id=address.id, extension=address.extension, shown=address.shown, created_at=created_at)


@router.get("/addresses", summary="Where somebody is reached")
def list_addresses(
    console: ConsoleDep,
    program: ProgramDep,
    actor: Annotated[str, Query(min_length=1, max_length=20, description="extension of whose they are")],
) -> ListOut[AddressOut]:
    """All of them: nobody has more than five."""
    with console.work() as work:
        acting_for(work, program, actor)
        found = work.reminders.addresses([actor])
    return ListOut[AddressOut](items=[_address_out(each, console.settings.zone) for each in found], next=None)


@router.post("/addresses", summary="Reach somebody there too", status_code=201)
def add_address(console: ConsoleDep, program: ProgramDep, body: AddressIn) -> AddressOut:
    """422: not an address that is taken; 403 for others' unless a manager; 409: five are there already."""
    with console.work() as work:
        acting = Viewer.of(active_member(work, body.actor))
        extension, trusted = body.extension or body.actor, program.is_manager and acting.is_manager
        if extension != body.actor and not trusted:
            raise NotForYou
        shown = check_address(body.url, trusted=trusted)
        reminders.add_address(
            work, extension, url=body.url, shown=shown, trusted=trusted, now=console.clock()
        )
        work.flush()
        added = work.reminders.addresses([extension])[-1]
        work.commit()
    return _address_out(added, console.settings.zone)


@router.post("/addresses/{address_id}/remove", summary="Reach nobody there any more", status_code=204)
def remove_address(console: ConsoleDep, program: ProgramDep, address_id: RowId, body: ActorIn) -> None:
    """404 if there is none, or it is somebody else's."""
    with console.work() as work:
        acting = acting_for(work, program, body.actor)
        reminders.remove_address(work, address_id, of=None if acting.is_manager else body.actor)
        work.commit()


@router.post("/test", summary="Send a test to each of somebody's addresses, now")
def test(console: ConsoleDep, program: ProgramDep, body: ActorIn) -> ListOut[TriedOut]:
    """The answer waits for all of them: up to 20 s for each."""
    with console.work() as work:
        acting = acting_for(work, program, body.actor)
    tried = try_addresses(console, acting.extension)
    zone = console.settings.zone
    items = [TriedOut(address=_address_out(address, zone), fault=fault) for address, fault in tried]
    return ListOut[TriedOut](items=items, next=None)
