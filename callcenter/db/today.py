"""What a person has to do, and what is at risk in the centre: lists that an index finds among a million tickets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, text, union_all
from sqlalchemy.orm import Session

from callcenter.db.ticket_queries import TicketRepository
from callcenter.db.tickets import PartyFileRow, TicketClockRow, TicketEventRow, TicketRow
from callcenter.domain.tickets import EventKind, Status, Ticket
from callcenter.domain.today import OpenAssignment, PartyFile, PersonCount

_UNDER_WAY = (Status.OPEN, Status.WAITING)
_PEOPLE = text(
    """
    SELECT who,
        (SELECT count(*) FROM (
            SELECT 1 FROM ticket WHERE owner_extension = who AND status IN ('open', 'waiting', 'resolved')
            AND due_at < :now LIMIT :limit) AS late),
        (SELECT count(*) FROM (
            SELECT 1 FROM ticket WHERE owner_extension = who AND status IN ('open', 'waiting')
            LIMIT :limit) AS live)
    FROM unnest(cast(:people AS text[])) AS who
    """
)
_AT_RISK = text(
    """
    SELECT owner_extension, count(*) FROM ticket
    WHERE act_at = due_at AND due_at >= :now AND owner_extension IS NOT NULL GROUP BY owner_extension
    """
)


class TodayRepository:
    """Lists and counts for the page of the day. Every list ends after `limit`, every count too."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_people(
        self,
        extensions: Sequence[str],
        statuses: Sequence[Status],
        limit: int,
        *,
        due_from: datetime | None = None,
        due_before: datetime | None = None,
        at_risk: bool = False,
        paused: bool = False,
        of_others: bool = False,
    ) -> list[Ticket]:
        """Tickets that these people own or handle, by due time.

        `at_risk`: next comes the breach, whatever warning there was is out. `paused`: no clock runs, papers
        are awaited. `of_others`: those that somebody else owns.
        """
        handled = (TicketRow.handler_extension,)
        columns = handled if of_others else (TicketRow.owner_extension, *handled)
        parts = [
            self._by_due(
                limit,
                column == extension,
                TicketRow.status == status.value,
                *_due(due_from, due_before),
                *([TicketRow.act_at == TicketRow.due_at] if at_risk else []),
                *([TicketRow.due_at.is_(None)] if paused else []),
                *([TicketRow.owner_extension != extension] if of_others else []),
            )
            for extension in extensions
            for column in columns
            for status in statuses
        ]
        return self._tickets(parts, limit)

    def unowned(self, limit: int) -> list[Ticket]:
        """Tickets that nobody has taken, by due time."""
        nobody = TicketRow.owner_extension.is_(None)
        return self._tickets(
            [
                self._by_due(limit, nobody, TicketRow.status == status.value)
                for status in (Status.REGISTERING, *_UNDER_WAY)
            ],
            limit,
        )

    def overdue(self, now: datetime, limit: int) -> list[Ticket]:
        """The centre's overdue tickets, the longest first."""
        return self._tickets([self._by_due(limit, TicketRow.due_at < now)], limit)

    def at_risk(self, now: datetime, limit: int) -> list[Ticket]:
        """Tickets of the whole centre whose warning is out and whose time is not."""
        return self._tickets(
            [self._by_due(limit, TicketRow.act_at == TicketRow.due_at, TicketRow.due_at >= now)], limit
        )

    def awaiting(self, limit: int) -> list[Ticket]:
        """Tickets that wait for the head, the oldest first."""
        query = select(TicketRow.number, TicketRow.created_at.label("place"))
        query = query.where(TicketRow.awaits.is_not(None)).order_by(TicketRow.created_at).limit(limit)
        return self._tickets([query], limit)

    def _by_due(self, limit: int, *where: ColumnElement[bool]) -> Select[Any, Any]:
        query = select(TicketRow.number, TicketRow.due_at.label("place")).where(*where)
        return query.order_by(TicketRow.due_at.asc().nulls_last()).limit(limit)

    def _tickets(self, parts: Sequence[Select[Any, Any]], limit: int) -> list[Ticket]:
        """What the parts name, each ticket once, in their order."""
        if not parts:
            return []
        rows = self._session.execute(union_all(*(select(part.subquery()) for part in parts)))
        places = {number: place for number, place in rows}
        numbers = sorted(places, key=lambda number: (places[number] is None, places[number] or 0, number))
        found = {ticket.number: ticket for ticket in self._read(numbers[:limit])}
        return [found[number] for number in numbers[:limit] if number in found]

    def _read(self, numbers: Sequence[str]) -> list[Ticket]:
        return TicketRepository(self._session).many(numbers) if numbers else []

    def people(self, extensions: Sequence[str], now: datetime, limit: int) -> list[PersonCount]:
        """How many tickets each of these people owns: overdue, at risk, under way; none counted past `limit`."""
        # What is at risk is what was warned of and is not late: few, whatever there is in all.
        risky = self._session.execute(_AT_RISK, {"now": now})
        at_risk = {extension: min(count, limit) for extension, count in risky}
        rows = self._session.execute(_PEOPLE, {"people": list(extensions), "now": now, "limit": limit})
        return [
            PersonCount(
                extension=extension,
                overdue=overdue,
                at_risk=at_risk.get(extension, 0),
                under_way=under_way,
            )
            for extension, overdue, under_way in rows
        ]

    def open_assignments(self, limit: int) -> list[OpenAssignment]:
        """Assignments that an office has not done yet, those that are due first before the others."""
        query = (
            select(
                TicketClockRow.ticket_number,
                TicketClockRow.subject,
                TicketClockRow.due_at,
                TicketClockRow.started_at,
            )
            .where(TicketClockRow.subject != "", TicketClockRow.stopped_at.is_(None))
            .order_by(TicketClockRow.due_at)
            .limit(limit)
        )
        return [
            OpenAssignment(number=number, office=office, due_at=due_at, given_at=given_at)
            for number, office, due_at, given_at in self._session.execute(query)
        ]

    def assignment_events(self, numbers: Sequence[str]) -> dict[tuple[str, str], dict[str, str]]:
        """What was asked of each office, and who there took it, by ticket and office."""
        wanted = (EventKind.ASSIGNMENT_GIVEN.value, EventKind.ASSIGNMENT_TAKEN.value)
        query = select(TicketEventRow).where(
            TicketEventRow.ticket_number.in_(numbers), TicketEventRow.kind.in_(wanted)
        )
        told: dict[tuple[str, str], dict[str, str]] = {}
        for row in self._session.scalars(query.order_by(TicketEventRow.id)):
            key = (row.ticket_number, str(row.data.get("office", "")))
            words = {name: str(value) for name, value in row.data.items() if isinstance(value, str)}
            # Given anew: whoever took it before has to take it again.
            told[key] = words if row.kind == EventKind.ASSIGNMENT_GIVEN else told.get(key, {}) | words
        return told

    def files(self, before: int | None, limit: int) -> list[PartyFile]:
        """Files of parties served, the newest number first, below `before`."""
        query = select(PartyFileRow).order_by(PartyFileRow.number.desc()).limit(limit)
        if before is not None:
            query = query.where(PartyFileRow.number < before)
        return [_file(row) for row in self._session.scalars(query)]

    def file(self, number: int) -> PartyFile | None:
        """The file of this number."""
        row = self._session.get(PartyFileRow, number)
        return _file(row) if row else None

    def file_of(self, party: str) -> PartyFile | None:
        """The party's file."""
        row = self._session.scalar(select(PartyFileRow).where(PartyFileRow.party == party))
        return _file(row) if row else None

    def tickets_of_parties(self, parties: Sequence[str]) -> dict[str, tuple[int, datetime]]:
        """For each party how many tickets there are, and when the latest came in."""
        query = (
            select(TicketRow.party, func.count(), func.max(TicketRow.created_at))
            .where(TicketRow.party.in_(parties))
            .group_by(TicketRow.party)
        )
        return {party: (count, last) for party, count, last in self._session.execute(query) if party}


def _due(begin: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if begin is not None:
        found.append(TicketRow.due_at >= begin)
    if end is not None:
        found.append(TicketRow.due_at < end)
    return found


def _file(row: PartyFileRow) -> PartyFile:
    return PartyFile(number=row.number, party=row.party, opened_at=row.opened_at)
