"""Reminders over the API: somebody's, and that they have seen one."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from callcenter import reminder_words
from callcenter.domain.reminders import Reminder, ReminderKind
from callcenter.services import reminders
from callcenter.services.staff import active_member
from web.api.models import ListOut, Shape
from web.api.shapes import local
from web.api.ticket_actions import ActorIn
from web.deps import ConsoleDep, Cursor, Limit, ProgramDep

router = APIRouter(prefix="/reminders", tags=["reminders"])
ReminderId = Annotated[int, Path(ge=1, le=2**63 - 1)]


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
        active_member(work, actor)
        found = reminders.my_reminders(work, actor, cursor=cursor, limit=limit, unseen=unseen)
    items = [reminder_out(each, settings.language, settings.zone) for each in found.items]
    return ListOut[ReminderOut](items=items, next=found.next)


@router.post("/{reminder_id}/seen", summary="They have seen it")
def see(console: ConsoleDep, program: ProgramDep, reminder_id: ReminderId, body: ActorIn) -> ReminderOut:
    """It is not sent any more. 404 if it is somebody else's."""
    settings = console.settings
    with console.work() as work:
        active_member(work, body.actor)
        reminders.mark_seen(work, body.actor, reminder_id, console.clock())
        seen = work.reminders.get(reminder_id)
        work.commit()
    if seen is None:
        raise reminders.NoSuchReminder
    return reminder_out(seen, settings.language, settings.zone)
