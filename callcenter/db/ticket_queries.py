"""Tickets in the database: the repository."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    cast,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    text,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR, insert
from sqlalchemy.orm import Session, aliased

from callcenter.db.base import table_of
from callcenter.db.calls import CallRow, HandoffRow
from callcenter.db.staff import StaffRow
from callcenter.db.tickets import (
    PartyFileRow,
    TicketClockRow,
    TicketEventRow,
    TicketRow,
    TicketSerialRow,
    event_of,
)
from callcenter.domain.calls import Person
from callcenter.domain.chain import TicketEvent
from callcenter.domain.search import search_parts, search_query, search_vector
from callcenter.domain.ticket_clocks import ClockState, TicketClock
from callcenter.domain.tickets import Status, Ticket, WishedReply
from callcenter.services.ports import TicketFilter

_OWNER = aliased(StaffRow)
_HANDLER = aliased(StaffRow)
_ADD = insert(table_of(TicketRow)).on_conflict_do_nothing().returning(TicketRow.number)
_APPEND = insert(table_of(TicketEventRow))
_LOCK_FILES = text("SELECT pg_advisory_xact_lock(hashtext('party_file'))")
_Found = Row[TicketRow, StaffRow, StaffRow]


class TicketRepository:
    """Tickets with their log and clocks. Whoever writes locks the ticket's row first."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, number: str) -> Ticket | None:
        """The ticket, unlocked."""
        found = self._session.execute(_tickets().where(TicketRow.number == number)).one_or_none()
        return found and _ticket(found)

    def lock(self, number: str) -> Ticket | None:
        """The ticket as it is now, its row locked until the transaction ends."""
        # In two steps: a join that waited for the lock gives the new row with the people of the old one.
        self._session.execute(select(TicketRow.number).where(TicketRow.number == number).with_for_update())
        return self.get(number)

    def add(self, ticket: Ticket) -> bool:
        """Store a new ticket; False if the number is taken."""
        statement = insert(TicketRow).values(**_new(ticket))
        done = self._session.scalar(statement.on_conflict_do_nothing().returning(TicketRow.number))
        return done is not None

    def add_all(self, tickets: Sequence[Ticket]) -> set[str]:
        """Store new tickets without clocks; the numbers that were not taken."""
        if not tickets:
            return set()
        rows = [_new(ticket) for ticket in tickets]
        return set(self._session.scalars(_ADD, rows))

    def save(
        self, ticket: Ticket, clocks: Sequence[TicketClock], *, act_at: datetime | None, words: str
    ) -> None:
        """Write the locked ticket back with the clocks that its events give, and what it is found by."""
        values = _values(ticket) | {"act_at": act_at, "words": cast(words, TSVECTOR)}
        self._session.execute(update(TicketRow).where(TicketRow.number == ticket.number).values(**values))
        self._session.execute(delete(TicketClockRow).where(TicketClockRow.ticket_number == ticket.number))
        if clocks:
            rows = [
                {
                    "ticket_number": ticket.number,
                    "clock": clock.clock,
                    "started_at": clock.started_at,
                    "subject": clock.subject,
                    "due_at": clock.due_at,
                    "state": clock.state.value,
                    "stopped_at": clock.stopped_at,
                    "provisional": clock.provisional,
                }
                for clock in clocks
            ]
            self._session.execute(insert(TicketClockRow), rows)

    def append(self, events: Iterable[TicketEvent]) -> None:
        """Add sealed events to the log."""
        rows = [
            {
                "ticket_number": event.ticket,
                "seq": event.seq,
                "at": event.at,
                "actor": event.actor,
                "kind": event.kind,
                "data": dict(event.data),
                "prev_hash": event.prev_hash,
                "hash": event.hash,
            }
            for event in events
        ]
        self._session.execute(_APPEND, rows)

    def events(self, number: str) -> list[TicketEvent]:
        """The log of a ticket, in order."""
        query = select(TicketEventRow).where(TicketEventRow.ticket_number == number)
        return [event_of(row) for row in self._session.scalars(query.order_by(TicketEventRow.seq))]

    def events_of(self, numbers: Iterable[str]) -> dict[str, list[TicketEvent]]:
        """The logs of these tickets by number, each in order."""
        found: dict[str, list[TicketEvent]] = {number: [] for number in numbers}
        query = select(TicketEventRow).where(TicketEventRow.ticket_number.in_(list(found)))
        for row in self._session.scalars(query.order_by(TicketEventRow.seq)):
            found[row.ticket_number].append(event_of(row))
        return found

    def clocks(self, numbers: Sequence[str]) -> dict[str, tuple[TicketClock, ...]]:
        """The stored clocks of these tickets, oldest run first."""
        if not numbers:
            return {}
        query = select(TicketClockRow).where(TicketClockRow.ticket_number.in_(numbers))
        found: dict[str, tuple[TicketClock, ...]] = {}
        for row in self._session.scalars(query.order_by(TicketClockRow.started_at, TicketClockRow.clock)):
            clock = TicketClock(
                clock=row.clock,
                started_at=row.started_at,
                subject=row.subject,
                due_at=row.due_at,
                state=ClockState(row.state),
                stopped_at=row.stopped_at,
                provisional=row.provisional,
            )
            found[row.ticket_number] = (*found.get(row.ticket_number, ()), clock)
        return found

    def with_words(self, numbers: Sequence[str], asked: str) -> set[str]:
        """Which of these tickets have all the words themselves, so that none had to be found in what was said."""
        words = search_query(asked)
        if not words or not numbers:
            return set()
        own = or_(TicketRow.words.op("@@")(cast(words, TSQUERY)), TicketRow.contact_phone == asked)
        return set(self._session.scalars(select(TicketRow.number).where(TicketRow.number.in_(numbers), own)))

    def page(self, wanted: TicketFilter, after: tuple[datetime, str] | None, limit: int) -> list[Ticket]:
        """At most `limit` tickets, newest first, after the place (created_at, number)."""
        query = _filtered(_tickets(), wanted)
        if after is not None:
            query = query.where(tuple_(TicketRow.created_at, TicketRow.number) < after)
        query = query.order_by(TicketRow.created_at.desc(), TicketRow.number.desc()).limit(limit)
        return [_ticket(found) for found in self._session.execute(query)]

    def to_act(self, now: datetime, limit: int) -> list[Ticket]:
        """At most `limit` tickets to which time brought something, locked; others' locked ones are left out."""
        query = select(TicketRow.number).where(TicketRow.act_at < now).order_by(TicketRow.act_at)
        return self._read(self._session.scalars(query.limit(limit).with_for_update(skip_locked=True)))

    def put_off(self, number: str, until: datetime) -> None:
        """Let `to_act` leave the locked ticket alone until then, or until something happens to it."""
        self._session.execute(update(TicketRow).where(TicketRow.number == number).values(act_at=until))

    def provisional(self, limit: int, after: str) -> list[Ticket]:
        """At most `limit` tickets whose due time waits for a calendar, by number after `after`, locked."""
        query = select(TicketRow.number).where(TicketRow.provisional, TicketRow.number > after)
        return self._read(
            self._session.scalars(query.order_by(TicketRow.number).limit(limit).with_for_update())
        )

    def reached_by(self, first: datetime, limit: int, after: str) -> list[Ticket]:
        """At most `limit` tickets, by number after `after`, that a calendar changed from `first` on moves; locked."""
        standing = (TicketRow.status == Status.WAITING.value) & TicketRow.due_at.is_(None)
        moved = or_(TicketRow.due_at >= first, TicketRow.act_at >= first, TicketRow.provisional, standing)
        query = select(TicketRow.number).where(moved, TicketRow.number > after)
        return self._read(
            self._session.scalars(query.order_by(TicketRow.number).limit(limit).with_for_update())
        )

    def many(self, numbers: Iterable[str]) -> list[Ticket]:
        """The tickets of these numbers, by number, unlocked."""
        return self._read(numbers)

    def _read(self, numbers: Iterable[str]) -> list[Ticket]:
        query = _tickets().where(TicketRow.number.in_(list(numbers))).order_by(TicketRow.number)
        return [_ticket(found) for found in self._session.execute(query)]

    def party_file(self, party: str, at: datetime) -> int:
        """The number of the party's file, opened now if there is none; numbers have no gaps."""
        known = select(PartyFileRow.number).where(PartyFileRow.party == party)
        number = self._session.scalar(known)
        if number is None:
            # One at a time, so that a number is never given twice nor left out.
            self._session.execute(_LOCK_FILES)
            highest = select(func.coalesce(func.max(PartyFileRow.number), 0) + 1).scalar_subquery()
            statement = insert(PartyFileRow).values(number=highest, party=party, opened_at=at)
            self._session.execute(statement.on_conflict_do_nothing(index_elements=[PartyFileRow.party]))
            number = self._session.execute(known).scalar_one()
        return number

    def next_serial(self, day: date) -> int:
        """The next running number of the console on `day`, without gaps: taken for good when committed."""
        statement = insert(TicketSerialRow).values(day=day, last=1)
        statement = statement.on_conflict_do_update(
            index_elements=[TicketSerialRow.day], set_={"last": TicketSerialRow.last + 1}
        )
        return self._session.execute(statement.returning(TicketSerialRow.last)).scalar_one()


def _tickets() -> Select[TicketRow, StaffRow, StaffRow]:
    return (
        select(TicketRow, _OWNER, _HANDLER)
        .outerjoin(_OWNER, _OWNER.extension == TicketRow.owner_extension)
        .outerjoin(_HANDLER, _HANDLER.extension == TicketRow.handler_extension)
        .execution_options(populate_existing=True)
    )


def _filtered(
    query: Select[TicketRow, StaffRow, StaffRow], wanted: TicketFilter
) -> Select[TicketRow, StaffRow, StaffRow]:
    if wanted.statuses:
        query = query.where(TicketRow.status.in_([status.value for status in wanted.statuses]))
    if wanted.due_before is not None:
        query = query.where(TicketRow.due_at < wanted.due_before)
    if wanted.owner is not None:
        query = query.where(TicketRow.owner_extension == wanted.owner)
    if wanted.unowned:
        query = query.where(TicketRow.owner_extension.is_(None))
    if wanted.mine is not None:
        query = query.where(
            or_(TicketRow.owner_extension == wanted.mine, TicketRow.handler_extension == wanted.mine)
        )
    if wanted.linkedid is not None:
        query = query.where(TicketRow.linkedid == wanted.linkedid)
    if wanted.created_from is not None:
        query = query.where(TicketRow.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        query = query.where(TicketRow.created_at < wanted.created_before)
    for column, value in (
        (TicketRow.kind, wanted.kind),
        (TicketRow.channel, wanted.channel),
        (TicketRow.awaits, wanted.awaits),
        (TicketRow.party, wanted.party),
        (TicketRow.satisfaction, wanted.satisfaction),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.closed_from is not None:
        query = query.where(TicketRow.closed_at >= wanted.closed_from)
    if wanted.closed_before is not None:
        query = query.where(TicketRow.closed_at < wanted.closed_before)
    if wanted.q:
        # a telephone number only as a whole: who sees it masked must not find out its digits one by one
        whole_phone = TicketRow.contact_phone == wanted.q
        query = query.where(or_(whole_phone, _has_words(wanted)))
    return query


def _has_words(wanted: TicketFilter) -> ColumnElement[bool]:
    """Every word is in the ticket, or was said where the reader may listen: see `web.viewer.Viewer.may_hear`."""
    parts = [cast(part, TSQUERY) for part in search_parts(wanted.q or "")]
    if not parts:
        return false()
    mine = wanted.listener
    handed = select(HandoffRow.linkedid).where(HandoffRow.to_extension == mine)
    answered = select(CallRow.linkedid).where(CallRow.responder_extension == mine)
    may_hear = (
        true()
        if wanted.hears_all
        else or_(
            TicketRow.owner_extension.is_(None),
            TicketRow.owner_extension == mine,
            TicketRow.handler_extension == mine,
            exists(answered.where(CallRow.linkedid == TicketRow.linkedid)),
            exists(handed.where(HandoffRow.linkedid == TicketRow.linkedid)),
        )
    )
    said = [
        or_(TicketRow.words.op("@@")(part), and_(TicketRow.heard.op("@@")(part), may_hear)) for part in parts
    ]
    return and_(*said)


def _new(ticket: Ticket) -> dict[str, Any]:
    words = search_vector((ticket.number, ticket.contact_name, ticket.details))
    return {"number": ticket.number, "words": words, **_values(ticket)}


def _values(ticket: Ticket) -> dict[str, Any]:
    return {
        "channel": ticket.channel,
        "kind": ticket.kind,
        "complexity": ticket.complexity,
        "status": ticket.status.value,
        "owner_extension": ticket.owner and ticket.owner.extension,
        "handler_extension": ticket.handler and ticket.handler.extension,
        "contact_name": ticket.contact_name,
        "contact_phone": ticket.contact_phone,
        "contact_withheld": ticket.contact_withheld,
        "details": ticket.details,
        "wished_reply": ticket.wished_reply and ticket.wished_reply.value,
        "linkedid": ticket.linkedid,
        "policy": ticket.policy,
        "created_at": ticket.created_at,
        "opened_at": ticket.opened_at,
        "resolved_at": ticket.resolved_at,
        "form_saved_at": ticket.form_saved_at,
        "due_at": ticket.due_at,
        "provisional": ticket.provisional,
        "version": ticket.version,
        "policy_digest": ticket.policy_digest,
        "fields": dict(ticket.fields),
        "result": ticket.result,
        "satisfaction": ticket.satisfaction,
        "awaits": ticket.awaits,
        "party": ticket.party,
        "closed_at": ticket.closed_at,
    }


def _person(row: StaffRow | None) -> Person | None:
    return Person(extension=row.extension, name=row.name) if row else None


def _ticket(found: _Found) -> Ticket:
    row, owner, handler = found
    return Ticket(
        number=row.number,
        channel=row.channel,
        kind=row.kind,
        complexity=row.complexity,
        status=Status(row.status),
        owner=_person(owner),
        handler=_person(handler),
        contact_name=row.contact_name,
        contact_phone=row.contact_phone,
        contact_withheld=row.contact_withheld,
        details=row.details,
        wished_reply=WishedReply(row.wished_reply) if row.wished_reply else None,
        linkedid=row.linkedid,
        policy=row.policy,
        created_at=row.created_at,
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        form_saved_at=row.form_saved_at,
        due_at=row.due_at,
        provisional=row.provisional,
        version=row.version,
        policy_digest=row.policy_digest,
        fields=row.fields,
        result=row.result,
        satisfaction=row.satisfaction,
        awaits=row.awaits,
        party=row.party,
        closed_at=row.closed_at,
    )
