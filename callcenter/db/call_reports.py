"""Counts for the report of answer times: the database counts, however many calls there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Row,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from callcenter.db.calls import CallRepository, CallRow, Cursor, HandoffRow
from callcenter.db.staff import StaffRow
from callcenter.db.tickets import TicketClockRow, TicketRow
from callcenter.domain.answer_times import (
    CallTally,
    Dimension,
    Group,
    Limits,
    PromiseTally,
    TransferTally,
)
from callcenter.domain.calls import Call, HandoffOutcome, Outcome, Person, Source
from callcenter.domain.periods import Period
from callcenter.domain.ticket_clocks import ClockState
from callcenter.services.call_lists import CallFilter, Matter, MatterFilter, MatterSubset, Subset

_MS = timedelta(milliseconds=1)
_ANSWERED = CallRow.answered_at.is_not(None)
_SEEN = and_(_ANSWERED, CallRow.source == Source.LIVE)
_TRANSFERRED = HandoffRow.outcome.in_([HandoffOutcome.ACCEPTED, HandoffOutcome.TIMED_OUT])
_FOR_COUNTING = select(func.set_config("jit", "off", True), func.set_config("work_mem", "64MB", True))
"""For this transaction: compiling the statement takes longer than a month's calls, and sorts stay in memory."""
_PLACES = (Dimension.PERSON, Dimension.LINE, Dimension.HOUR, Dimension.DAY)


class CallReportRepository:
    """Reads only."""

    def __init__(self, session: Session) -> None:
        """Work in the transaction of that database session."""
        self._session = session

    def calls(
        self, period: Period, zone: ZoneInfo, limits: Limits, now: datetime
    ) -> Mapping[Group, CallTally]:
        """The calls that arrived; one under way is measured as it stands at `now`."""
        greeted, due = _greeting(limits, now)
        calls = (
            select(
                *_places(CallRow.responder_extension, CallRow.line, CallRow.arrived_at, zone),
                CallRow.outcome,
                CallRow.wait_ms,
                case((_SEEN, CallRow.answer_ms)).label("answer_ms"),
                _ANSWERED.label("answered"),
                _SEEN.label("seen"),
                and_(_SEEN, greeted).label("greeted"),
                and_(_SEEN, due).label("greeting_due"),
            )
            .where(CallRow.arrived_at >= period.start, CallRow.arrived_at < period.end)
            .subquery()
        )
        of = calls.c
        threshold_ms = limits.answer // _MS
        counts: Sequence[ColumnElement[Any]] = (
            func.count().label("offered"),
            func.count().filter(of.answered).label("answered"),
            *(
                func.count().filter(and_(~of.answered, of.outcome == outcome)).label(outcome.value)
                for outcome in Outcome
                if outcome is not Outcome.ANSWERED
            ),
            func.count().filter(and_(of.answered, ~of.seen)).label("rebuilt"),
            func.count().filter(of.seen).label("timed"),
            func.count().filter(of.answer_ms <= threshold_ms).label("in_threshold"),
            func.count().filter(of.greeting_due).label("greeting_due"),
            func.count().filter(of.greeted).label("greeted_in_time"),
            func.avg(of.wait_ms).label("wait_avg_ms"),
            func.avg(of.answer_ms).label("answer_avg_ms"),
        )
        # A statement of its own: with percentiles among them the server would sort for the counts too.
        spans: Sequence[ColumnElement[Any]] = (
            func.percentile_cont(0.5).within_group(of.answer_ms).label("answer_p50_ms"),
            func.percentile_cont(0.9).within_group(of.answer_ms).label("answer_p90_ms"),
        )
        measured = {
            group: {"answer_p50_ms": row.answer_p50_ms, "answer_p90_ms": row.answer_p90_ms}
            for group, row in self._grouped(calls, spans, of.answer_ms.is_not(None))
        }
        return {
            group: CallTally(
                **{each.name: getattr(row, each.name) for each in counts if "avg" not in each.name},
                wait_avg_ms=_float(row.wait_avg_ms),
                answer_avg_ms=_float(row.answer_avg_ms),
                **measured.get(group, {}),
            )
            for group, row in self._grouped(calls, counts)
        }

    def transfers(self, period: Period, zone: ZoneInfo) -> Mapping[Group, TransferTally]:
        """The transfers of calls that arrived, for those who asked for them."""
        transfers = (
            select(
                *_places(HandoffRow.from_extension, CallRow.line, CallRow.arrived_at, zone),
                HandoffRow.within_limit,
            )
            .join(CallRow, CallRow.linkedid == HandoffRow.linkedid)
            .where(CallRow.arrived_at >= period.start, CallRow.arrived_at < period.end, _TRANSFERRED)
            .subquery()
        )
        within = func.count().filter(transfers.c.within_limit).label("in_time")
        return {
            group: TransferTally(due=row.due, in_time=row.in_time)
            for group, row in self._grouped(transfers, (func.count().label("due"), within))
        }

    def promises(self, period: Period, zone: ZoneInfo, now: datetime) -> Mapping[Group, PromiseTally]:
        """The decided clocks of tickets that were registered, for their owners; due before `now` is missed."""
        promises = (
            _tickets(period, zone, missed().label("missed"))
            .join(TicketClockRow, TicketClockRow.ticket_number == TicketRow.number)
            .where(decided(now))
            .subquery()
        )
        counts = (
            func.count().filter(~promises.c.missed).label("met"),
            func.count().filter(promises.c.missed).label("missed"),
        )
        return {
            group: PromiseTally(met=row.met, missed=row.missed)
            for group, row in self._grouped(promises, counts)
        }

    def opinions(self, period: Period, zone: ZoneInfo) -> Mapping[Group, Mapping[tuple[str, str], int]]:
        """Answers about tickets that were registered, by policy and answer, for their owners."""
        found: dict[Group, dict[tuple[str, str], int]] = {}
        opinions = (
            _tickets(period, zone, TicketRow.policy, TicketRow.satisfaction)
            .where(TicketRow.satisfaction.is_not(None))
            .subquery()
        )
        of = opinions.c
        for group, row in self._grouped(
            opinions, (func.count().label("given"),), by=(of.policy, of.satisfaction)
        ):
            found.setdefault(group, {})[row.policy, row.satisfaction] = row.given
        return found

    def names(self, extensions: frozenset[str]) -> Mapping[str, str]:
        """What people are called today."""
        query = select(StaffRow.extension, StaffRow.name).where(StaffRow.extension.in_(extensions))
        return {extension: name for extension, name in self._session.execute(query)}

    def calls_behind(
        self, wanted: CallFilter, zone: ZoneInfo, now: datetime, *, cursor: Cursor | None, limit: int
    ) -> tuple[Sequence[Call], Cursor | None]:
        """The calls behind a figure, newest first, behind `cursor`; and the cursor of the next page."""
        conditions = tuple(_conditions(wanted, zone, now))
        return CallRepository(self._session).list(cursor=cursor, limit=limit, conditions=conditions)

    def matters(
        self,
        wanted: MatterFilter,
        zone: ZoneInfo,
        now: datetime,
        *,
        limit: int,
        no_opinions: Sequence[tuple[str, str]] = (),
    ) -> list[Matter]:
        """The promises or opinions behind a figure, of the newest tickets first.

        `no_opinions`: policy and answer of what only notes that none was given.
        """
        query = (
            _tickets(wanted.period, zone, TicketRow.number, TicketRow.created_at, TicketRow.policy)
            .add_columns(StaffRow.extension, StaffRow.name)
            .join(StaffRow, StaffRow.extension == TicketRow.owner_extension, isouter=True)
            .order_by(TicketRow.created_at.desc(), TicketRow.number.desc())
            .limit(limit)
        )
        if wanted.person is not None:
            query = query.where(TicketRow.owner_extension == wanted.person)
        if wanted.line is not None:
            query = query.where(CallRow.line == wanted.line)
        if wanted.hour is not None:
            query = query.where(func.extract("hour", local(TicketRow.created_at, zone)) == wanted.hour)
        if wanted.only is MatterSubset.OPINIONS:
            query = query.add_columns(TicketRow.satisfaction).where(
                TicketRow.satisfaction.is_not(None),
                tuple_(TicketRow.policy, TicketRow.satisfaction).not_in(no_opinions),
            )
        else:
            clock = TicketClockRow
            query = query.add_columns(clock.clock, clock.due_at, missed().label("missed"))
            query = query.join(clock, clock.ticket_number == TicketRow.number).where(decided(now))
            query = query.where(missed()) if wanted.only is MatterSubset.MISSED else query
        return [_matter(row) for row in self._session.execute(query)]

    def _grouped(
        self,
        rows: Subquery,
        counts: Sequence[ColumnElement[Any]],
        *conditions: ColumnElement[bool],
        by: Sequence[ColumnElement[Any]] = (),
    ) -> Iterator[tuple[Group, Row[Any]]]:
        """The counts in total and for each place, in one pass; `by`: apart for these columns too."""
        places = [rows.c[place.value] for place in _PLACES]
        sets = [tuple_(*by), *(tuple_(place, *by) for place in places)]
        query = (
            select(func.grouping(*places).label("left_out"), *places, *by, *counts)
            .where(*conditions)
            .group_by(func.grouping_sets(*sets))
        )
        self._session.execute(_FOR_COUNTING)
        for row in self._session.execute(query):
            group = _group(row)
            if group is not None:
                yield group, row


def _conditions(wanted: CallFilter, zone: ZoneInfo, now: datetime) -> Iterator[ColumnElement[bool]]:
    if wanted.period is not None:
        yield and_(CallRow.arrived_at >= wanted.period.start, CallRow.arrived_at < wanted.period.end)
    if wanted.line is not None:
        yield CallRow.line == wanted.line
    if wanted.hour is not None:
        yield func.extract("hour", local(CallRow.arrived_at, zone)) == wanted.hour
    if wanted.outcome is Outcome.ANSWERED:
        yield _ANSWERED
    elif wanted.outcome is not None:
        yield CallRow.outcome == wanted.outcome
    if wanted.only in (Subset.TRANSFERRED, Subset.TRANSFERRED_LATE):
        late = wanted.only is Subset.TRANSFERRED_LATE
        transfer = select(HandoffRow.seq).where(HandoffRow.linkedid == CallRow.linkedid, _TRANSFERRED)
        transfer = transfer.where(HandoffRow.within_limit.is_not(True)) if late else transfer
        by = wanted.person
        yield exists(transfer.where(HandoffRow.from_extension == by) if by is not None else transfer)
        return
    if wanted.person is not None:
        yield CallRow.responder_extension == wanted.person
    if wanted.only is not None:
        greeted, due = _greeting(wanted.limits, now)
        yield {
            Subset.UNANSWERED: ~_ANSWERED,
            Subset.REBUILT: and_(_ANSWERED, ~_SEEN),
            Subset.TIMED: _SEEN,
            Subset.SLOW: and_(_SEEN, CallRow.answer_ms > wanted.limits.answer // _MS),
            Subset.GREETED_LATE: and_(_SEEN, due, ~greeted),
        }[wanted.only]


def decided(now: datetime) -> ColumnElement[bool]:
    """Clocks that are met or missed, also those whose breach is not yet on record."""
    return or_(
        TicketClockRow.state.in_([ClockState.MET, ClockState.BREACHED]),
        and_(TicketClockRow.state == ClockState.RUNNING, TicketClockRow.due_at < now),
    )


def missed() -> ColumnElement[bool]:
    """Of the decided clocks those not met."""
    return TicketClockRow.state != ClockState.MET


def local(
    at: ColumnElement[datetime] | InstrumentedAttribute[datetime], zone: ZoneInfo
) -> ColumnElement[Any]:
    """Wall-clock time at the centre, without zone."""
    return func.timezone(zone.key, at)


def _tickets(period: Period, zone: ZoneInfo, *columns: Any) -> Select[Any]:
    """Tickets that were registered in the period; those of calls on the line of the call."""
    return (
        select(*_places(TicketRow.owner_extension, CallRow.line, TicketRow.created_at, zone), *columns)
        .select_from(TicketRow)
        .join(CallRow, CallRow.linkedid == TicketRow.linkedid, isouter=True)
        .where(TicketRow.created_at >= period.start, TicketRow.created_at < period.end)
    )


def _places(person: Any, line: Any, at: Any, zone: ZoneInfo) -> tuple[ColumnElement[Any], ...]:
    """What stands in the rows' heads: one column for each dimension."""
    return (
        person.label(Dimension.PERSON.value),
        line.label(Dimension.LINE.value),
        cast(func.extract("hour", local(at, zone)), Integer).label(Dimension.HOUR.value),
        cast(local(at, zone), Date).label(Dimension.DAY.value),
    )


def _greeting(limits: Limits, now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether an answered call was greeted in time, and whether it had to be."""
    if limits.greeting is None:
        return false(), false()
    talked = func.coalesce(CallRow.ended_at, now) - CallRow.answered_at
    greeted = func.coalesce(CallRow.greeting_ms <= limits.greeting // _MS, False)
    due = or_(CallRow.greeting_ms.is_not(None), talked > limits.greeting)
    return greeted, due


def _group(row: Row[Any]) -> Group | None:
    """The place of a row; None where it has none, such as calls that nobody answered among the people."""
    names = [place for bit, place in zip((8, 4, 2, 1), _PLACES, strict=True) if not row.left_out & bit]
    if not names:
        return (Dimension.TOTAL, "")
    value = getattr(row, names[0].value)
    if value is None:
        return None
    return (names[0], f"{value:02}" if names[0] is Dimension.HOUR else str(value))


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _matter(row: Row[Any]) -> Matter:
    values = row._mapping
    return Matter(
        number=row.number,
        registered_at=row.created_at,
        owner=Person(extension=row.extension, name=row.name) if row.extension else None,
        policy=row.policy,
        clock=values.get("clock"),
        due_at=values.get("due_at"),
        missed=bool(values.get("missed")),
        satisfaction=values.get("satisfaction"),
    )
