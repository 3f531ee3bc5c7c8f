"""Absences: adding and ending them, handing what is open to whoever stands in, and back (S3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from callcenter.domain.absences import (
    Absence,
    NobodyStandsIn,
    Reason,
    Roster,
    check_absence,
    covered_for,
    rung_in_place,
)
from callcenter.domain.calls import Person
from callcenter.domain.chain import TicketEvent, Value
from callcenter.domain.reminders import ReminderKind
from callcenter.domain.staff import StaffPhone
from callcenter.domain.tickets import Change, EventKind, Status, Ticket
from callcenter.errors import ShouwenError
from callcenter.services.ports import TicketFilter, UnitOfWork
from callcenter.services.reminders import tell
from callcenter.services.rosters import roster_of
from callcenter.services.staff import active_member
from callcenter.services.ticket_log import SYSTEM, lock_ticket, record

UNFINISHED = (Status.REGISTERING, Status.OPEN, Status.WAITING)
MOST_EVENTS = 200


class NoSuchAbsence(ShouwenError):
    """There is no such absence."""


class HasEnded(ShouwenError):
    """The absence has ended already."""


class SamePost(ShouwenError):
    """Nobody stands in for themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What somebody who is back has to know: what others did with their tickets, what ended, what is due next."""

    absence: Absence
    events: Sequence[TicketEvent]
    finished: Sequence[str]
    next: Sequence[Ticket]


def set_post(uow: UnitOfWork, extension: str, b_extension: str | None) -> None:
    """Say who stands in for a post; None: nobody. Raises SamePost, UnknownStaff."""
    active_member(uow, extension)
    if b_extension is not None:
        active_member(uow, b_extension)
        if b_extension == extension:
            raise SamePost
    uow.absences.set_post(extension, b_extension)


def phones(uow: UnitOfWork, now: datetime) -> list[StaffPhone]:
    """The phones of everybody active as the line has to see them at `now`."""
    return rung_in_place(uow.staff.phones(), roster_of(uow, now).away)


def stand_ins(uow: UnitOfWork, now: datetime) -> dict[str, str]:
    """Who does the work of each who is away at `now`, by extension."""
    roster = roster_of(uow, now)
    return {extension: roster.acting(extension) for extension in roster.away}


def is_away(uow: UnitOfWork, extension: str, now: datetime) -> bool:
    """Whether somebody is away at `now`."""
    return extension in roster_of(uow, now).away


def add_absence(
    uow: UnitOfWork,
    extension: str,
    *,
    from_at: datetime | None,
    until_at: datetime | None,
    reason: Reason,
    cover: str | None,
    actor: Person,
    now: datetime,
) -> Absence:
    """Somebody is away, from now if `from_at` is None or past; `cover` None: their B post stands in.

    What begins now begins at once. Raises UnknownStaff, BadSpan, AlreadyAway, NobodyStandsIn, CoverAway.
    """
    active_member(uow, extension)
    # Two who each name the other at the same moment must not both be let go.
    uow.absences.one_at_a_time()
    cover = cover or uow.absences.posts().get(extension)
    if cover is None:
        raise NobodyStandsIn
    active_member(uow, cover)
    new = Absence(
        extension=extension,
        cover=cover,
        from_at=max(from_at or now, now),
        until_at=until_at,
        reason=reason,
        created_by=actor.extension,
        created_at=now,
    )
    names = {member.extension: member.name for member in uow.staff.everybody()}
    check_absence(new, uow.absences.open(), names)
    new = replace(new, id=uow.absences.add(new))
    settle(uow, now)
    return uow.absences.lock(new.id) or new


def end_absence(uow: UnitOfWork, absence_id: int, now: datetime) -> Absence:
    """They are back (or do not go at all). Raises NoSuchAbsence, HasEnded."""
    uow.absences.one_at_a_time()
    absence = get_absence(uow, absence_id)
    if absence.ends_at is not None and absence.ends_at <= now:
        raise HasEnded
    uow.absences.save(replace(absence, ended_at=now))
    settle(uow, now)
    return get_absence(uow, absence_id)


def get_absence(uow: UnitOfWork, absence_id: int) -> Absence:
    """The absence, its row locked; raises NoSuchAbsence."""
    absence = uow.absences.lock(absence_id)
    if absence is None:
        raise NoSuchAbsence
    return absence


def settle(uow: UnitOfWork, now: datetime) -> int:
    """Do what absences ask for at `now`: give back what ended ones covered, hand on what absent people have.

    Harmless when repeated; what reaches an absent person later is handed on by the next run. How many
    tickets changed hands.
    """
    known = uow.absences.open()
    roster = roster_of(uow, now)
    changed = 0
    for absence in known:
        if absence.ends_at is not None and absence.ends_at <= now:
            changed += _give_back(uow, absence.id, roster, now)
    for absence in known:
        if absence.holds(now):
            changed += _hand_on(uow, absence.id, roster, now)
    return changed


def _hand_on(uow: UnitOfWork, absence_id: int, roster: Roster, now: datetime) -> int:
    absence = uow.absences.lock(absence_id)
    cover = roster.acting(absence.extension) if absence else ""
    if absence is None or not absence.holds(now):
        return 0
    if cover == absence.extension or cover not in roster.members:
        # a circle, or a cover who has left: nobody to give it to, and the others' absences go on
        return 0
    if absence.begun_at is None:
        uow.absences.save(replace(absence, begun_at=now))
        _tell_cover(uow, absence, cover, "begins", now)
    done = 0
    for number in uow.absences.handled(absence.extension):
        ticket = lock_ticket(uow, number)
        if ticket.handler is None or ticket.handler.extension != absence.extension:
            continue
        if ticket.status in UNFINISHED:
            _cover(uow, ticket, absence, roster, cover, now)
            done += 1
    return done


def _cover(
    uow: UnitOfWork, ticket: Ticket, absence: Absence, roster: Roster, handler: str, now: datetime
) -> None:
    back = handler == absence.extension
    data: dict[str, Value] = {"for": absence.extension, "handler": handler, "absence": absence.id}
    if back:
        data["back"] = True
    change: Change = (EventKind.COVERED, data)
    person = Person(extension=handler, name=roster.members[handler].name)
    record(uow, replace(ticket, handler=person), change, actor=SYSTEM, at=now)


def _give_back(uow: UnitOfWork, absence_id: int, roster: Roster, now: datetime) -> int:
    absence = uow.absences.lock(absence_id)
    if absence is None or absence.returned_at is not None:
        return 0
    uow.absences.save(replace(absence, returned_at=now))
    if absence.begun_at is None or absence.extension not in roster.members:
        return 0
    done = 0
    for number in uow.absences.covered(absence.extension, absence.from_at):
        ticket = lock_ticket(uow, number)
        if ticket.status in UNFINISHED and absence.extension in covered_for(uow.tickets.events(number)):
            _cover(uow, ticket, absence, roster, absence.extension, now)
            done += 1
    data = {"phase": "back", "absence": absence.id, "count": done}
    tell(uow, ReminderKind.COVER, f"back:{absence.id}", [absence.extension], now, data=data)
    _tell_cover(uow, absence, absence.cover, "ends", now)
    return done


def give_back_reopened(uow: UnitOfWork, ticket: Ticket, now: datetime) -> Ticket:
    """A matter that a stand-in had solved is open again: it goes to whom they stood in for, if they are back (S3)."""
    roster = roster_of(uow, now)
    for extension in covered_for(uow.tickets.events(ticket.number)):
        if extension in roster.members and extension not in roster.away:
            person = Person(extension=extension, name=roster.members[extension].name)
            change: Change = (EventKind.COVERED, {"for": extension, "handler": extension, "back": True})
            return record(uow, replace(ticket, handler=person), change, actor=SYSTEM, at=now)
    return ticket


def _tell_cover(uow: UnitOfWork, absence: Absence, cover: str, phase: str, now: datetime) -> None:
    data = {
        "phase": phase,
        "absence": absence.id,
        "for": absence.extension,
        "until": absence.until_at.isoformat() if absence.until_at else None,
    }
    tell(uow, ReminderKind.COVER, f"{phase}:{absence.id}", [cover], now, data=data)


def summary(uow: UnitOfWork, absence: Absence, now: datetime) -> Summary:
    """What happened meanwhile: at most 200 events, the earliest first."""
    until = absence.returned_at or now
    events = [
        event
        for event in uow.absences.happened(absence.extension, absence.from_at, until, MOST_EVENTS)
        if event.kind != EventKind.COVERED
    ]
    ended = (EventKind.RESOLVED, EventKind.CLOSED, EventKind.DISMISSED)
    finished = dict.fromkeys(event.ticket for event in events if event.kind in ended)
    wanted = TicketFilter(statuses=UNFINISHED, owner=absence.extension)
    mine = uow.tickets.page(wanted, None, MOST_EVENTS)
    return Summary(
        absence=absence,
        events=events,
        finished=list(finished),
        next=sorted(mine, key=lambda ticket: (ticket.due_at or ticket.created_at, ticket.number)),
    )
