"""The tickets' log as a whole, in pieces that fit into memory however long it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

import psycopg.errors
import sqlalchemy.exc
from sqlalchemy import collate, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from callcenter.db.base import table_of
from callcenter.db.tickets import TicketEventRow, TicketRow, event_of
from callcenter.domain.anchors import Head
from callcenter.domain.chain import TicketEvent
from callcenter.domain.log_faults import TicketState

_TICKETS_AT_ONCE = 500
_ROWS_AT_ONCE = 5000
_ANCHOR_LOCK = 0x5348_4F56
"""Advisory lock: of several who would write an anchor one does."""

_EVENT = table_of(TicketEventRow).c
# By code points, whatever the database's collation: an anchor has to read the same after a restore elsewhere.
_BY_NUMBER = collate(_EVENT.ticket_number, "C")


class AuditRepository:
    """Reads the log of all tickets."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def freeze(self) -> None:
        """Read everything as of now; the first statement of its transaction."""
        self._session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))

    def try_lock(self) -> bool:
        """Be the one who writes an anchor, until the transaction ends; False if another is at it."""
        return bool(self._session.scalar(select(func.pg_try_advisory_xact_lock(_ANCHOR_LOCK))))

    def settled_id(self, wait_ms: int) -> int | None:
        """The greatest id of an event, so that none with a lower one can appear later; None: try again.

        Ids are given before the commit. The lock waits until whoever is writing an event has ended and keeps others
        waiting meanwhile, so it gives up after `wait_ms`; the caller ends the transaction at once.
        """
        self._session.execute(text(f"SET LOCAL lock_timeout = {int(wait_ms)}"))
        try:
            self._session.execute(text("LOCK TABLE ticket_event IN SHARE MODE"))
        except sqlalchemy.exc.OperationalError as error:
            if isinstance(error.orig, psycopg.errors.LockNotAvailable):
                return None
            raise
        return self._session.scalar(select(func.max(_EVENT.id))) or 0

    def logs(self) -> Iterator[tuple[TicketState, Sequence[tuple[int, TicketEvent]]]]:
        """Each ticket with its log and the events' ids, by number in the order of code points."""
        tickets = self._stream(
            select(TicketRow.number, TicketRow.version, TicketRow.status).order_by(
                collate(TicketRow.number, "C")
            ),
            _TICKETS_AT_ONCE,
        )
        for page in tickets.partitions(_TICKETS_AT_ONCE):
            logs = self._logs_of([row.number for row in page])
            for row in page:
                state = TicketState(number=row.number, version=row.version, status=row.status)
                yield state, logs.get(row.number, ())

    def _logs_of(self, numbers: Sequence[str]) -> dict[str, list[tuple[int, TicketEvent]]]:
        query = (
            select(*_EVENT)
            .where(_EVENT.ticket_number.in_(numbers))
            .order_by(_EVENT.ticket_number, _EVENT.seq)
        )
        rows = self._session.execute(query)
        return {
            number: [(row.id, event_of(row)) for row in log]
            for number, log in groupby(rows, attrgetter("ticket_number"))
        }

    def orphans(self) -> Iterator[tuple[str, int]]:
        """Tickets that have events and no row, with how many events."""
        there = select(TicketRow.number).where(TicketRow.number == _EVENT.ticket_number).exists()
        query = select(_EVENT.ticket_number, func.count()).where(~there).group_by(_EVENT.ticket_number)
        yield from self._stream(query.order_by(_EVENT.ticket_number))

    def stretch(self, after: int, upto: int) -> Iterator[tuple[int, str, int, str]]:
        """Id, ticket, seq and hash of the events with after < id ≤ upto, by id."""
        query = select(_EVENT.id, _EVENT.ticket_number, _EVENT.seq, _EVENT.hash)
        for row in self._stream(query.where(_EVENT.id > after, _EVENT.id <= upto).order_by(_EVENT.id)):
            yield row.id, row.ticket_number, row.seq, row.hash

    def heads(self, upto: int, after: int = 0) -> Iterator[Head]:
        """The last event of each ticket among those with after < id ≤ upto, by number."""
        query = (
            select(_EVENT.ticket_number, _EVENT.seq, _EVENT.hash)
            .where(_EVENT.id > after, _EVENT.id <= upto)
            .ext(distinct_on(_BY_NUMBER))
            .order_by(_BY_NUMBER, _EVENT.seq.desc())
        )
        for row in self._stream(query):
            yield Head(ticket=row.ticket_number, seq=row.seq, hash=row.hash)

    def hashes(self, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """The hashes of these events (ticket, seq); those that are not there are left out."""
        if not wanted:
            return {}
        key = tuple_(_EVENT.ticket_number, _EVENT.seq)
        rows = self._session.execute(
            select(_EVENT.ticket_number, _EVENT.seq, _EVENT.hash).where(key.in_(wanted))
        )
        return {(row.ticket_number, row.seq): row.hash for row in rows}

    def _stream(self, query: Any, at_once: int = _ROWS_AT_ONCE) -> Any:
        """The rows through a cursor on the server."""
        return self._session.execute(query, execution_options={"yield_per": at_once})
