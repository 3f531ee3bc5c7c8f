"""Counts for the analysis of matters, the matters behind them, and what was passed to an office: SQL alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CTE,
    ColumnElement,
    Index,
    Row,
    Select,
    Subquery,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    text,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from callcenter.db.base import table_of
from callcenter.db.call_reports import decided, local, missed
from callcenter.db.staff import StaffRow
from callcenter.db.tickets import TicketClockRow, TicketEventRow, TicketRow
from callcenter.domain.analysis import By, Counts, Only
from callcenter.domain.calls import Person
from callcenter.domain.tickets import EventKind, Status
from callcenter.services.analysis import FoundMatter, Measure

PASSED = (
    EventKind.OFFICE_NAMED,
    EventKind.COMPLAINT_REFERRED,
    EventKind.FILE_SENT,
    EventKind.ASSIGNMENT_GIVEN,
)
"""Events that pass a matter to an office; each names it."""
JUDGED = (EventKind.REOPENED, EventKind.RESPONSIBILITY_TRACED, EventKind.SUGGESTION_DECIDED)
_ANALYSED = (*PASSED, EventKind.ASSIGNMENT_DONE, *JUDGED)
_CAUSE_LENGTH = 120
"""Characters of a cause that tell it from another."""

Index(
    "ix_ticket_event_analysed",
    table_of(TicketEventRow).c.ticket_number,
    table_of(TicketEventRow).c.kind,
    postgresql_where=text("kind IN ({})".format(", ".join(f"'{kind}'" for kind in _ANALYSED))),
)
_OFFICE = TicketEventRow.data["office"].astext
_FOR_COUNTING = select(func.set_config("jit", "off", True), func.set_config("work_mem", "64MB", True))
"""For this transaction: compiling costs more than it saves here, and the sums should fit into memory."""
_PLACES = (By.KIND, By.CHANNEL, By.MONTH, By.CAUSE, By.PERSON)
_ALL_LEFT_OUT = (1 << len(_PLACES)) - 1


def is_matter() -> ColumnElement[bool]:
    """Tickets that are a matter: written down, and not dismissed."""
    return TicketRow.status.not_in([Status.REGISTERING, Status.DISMISSED])


class AnalysisRepository:
    """Reads only."""

    def __init__(self, session: Session) -> None:
        """Work in the transaction of that database session."""
        self._session = session

    def counts(self, measure: Measure, zone: ZoneInfo) -> Mapping[tuple[By, str], Counts]:
        """Every row of the analysis; matters without a cause or office have none of that kind."""
        self._session.execute(_FOR_COUNTING)
        matters = _matters(measure, zone).cte("matters")
        offices = _with_offices(matters)
        places = [matters.c[place.value] for place in _PLACES]
        sets = [tuple_(), *(tuple_(place) for place in places)]
        without = [cast(null(), Text).label(place.value) for place in _PLACES]
        query = union_all(
            select(
                func.grouping(*places).label("left_out"),
                *places,
                cast(null(), Text).label(By.OFFICE.value),
                *_counts(matters),
            ).group_by(func.grouping_sets(*sets)),
            select(literal(_ALL_LEFT_OUT), *without, offices.c.office, *_counts(offices)).group_by(
                offices.c.office
            ),
        )
        found: dict[tuple[By, str], Counts] = {}
        for row in self._session.execute(query):
            place = By.OFFICE if row.office is not None else _place(row.left_out)
            key = "" if place is By.TOTAL else getattr(row, place.value)
            if key is not None:
                found[place, key] = _counted(row)
        return found

    def behind(
        self, measure: Measure, zone: ZoneInfo, by: By, key: str, only: Only, limit: int
    ) -> list[FoundMatter]:
        """The matters behind one figure, the newest first."""
        self._session.execute(_FOR_COUNTING)
        matters = _matters(measure, zone).cte("matters")
        rows = _with_offices(matters) if by is By.OFFICE else matters
        in_row = true() if by is By.TOTAL else rows.c[by.value] == key
        flag = true() if only is Only.MATTERS else rows.c[only.value]
        query = select(rows.c.number).where(in_row, flag)
        return self._matters(TicketRow.number.in_(query), limit)

    def open_at(self, office: str, limit: int) -> list[FoundMatter]:
        """Unfinished matters that were passed to the office and that it has not reported done, newest first."""
        passed = _open_at_offices()
        return self._matters(
            TicketRow.number.in_(select(passed.c.number).where(passed.c.office == office)), limit
        )

    def open_by_office(self) -> Mapping[str, int]:
        """How many such matters each office has."""
        passed = _open_at_offices()
        query = select(passed.c.office, func.count()).group_by(passed.c.office)
        return {office: count for office, count in self._session.execute(query)}

    def _matters(self, condition: ColumnElement[bool], limit: int) -> list[FoundMatter]:
        query = (
            select(
                TicketRow.number,
                TicketRow.created_at,
                TicketRow.kind,
                TicketRow.policy,
                TicketRow.status,
                StaffRow.extension,
                StaffRow.name,
            )
            .join(StaffRow, StaffRow.extension == TicketRow.owner_extension, isouter=True)
            .where(condition)
            .order_by(TicketRow.created_at.desc(), TicketRow.number.desc())
            .limit(limit)
        )
        return [
            FoundMatter(
                number=row.number,
                registered_at=row.created_at,
                kind=row.kind,
                policy=row.policy,
                status=Status(row.status),
                owner=Person(extension=row.extension, name=row.name) if row.extension else None,
            )
            for row in self._session.execute(query)
        ]


def _is(*kinds: EventKind) -> ColumnElement[bool]:
    """Events of these kinds, written out so that the server knows the index of the analysis fits."""
    values = [kind.value for kind in kinds]
    return TicketEventRow.kind.in_(bindparam(None, values, expanding=True, literal_execute=True))


def _matters(measure: Measure, zone: ZoneInfo) -> Select[Any]:
    """One row for each matter registered in the period: where it stands, and for which figures it counts."""
    period = measure.period
    in_period = (TicketRow.created_at >= period.start, TicketRow.created_at < period.end, is_matter())
    clocks = (
        select(TicketClockRow.ticket_number, func.bool_or(missed()).label("late"))
        .join(TicketRow, TicketRow.number == TicketClockRow.ticket_number)
        .where(*in_period, decided(measure.now))
        .group_by(TicketClockRow.ticket_number)
        .subquery()
    )
    events = (
        select(
            TicketEventRow.ticket_number,
            func.bool_or(TicketEventRow.kind == EventKind.REOPENED).label("reopened"),
            func.bool_or(TicketEventRow.kind == EventKind.RESPONSIBILITY_TRACED).label("traced"),
            _latest(EventKind.RESPONSIBILITY_TRACED, "cause").label("cause"),
            _latest(EventKind.RESPONSIBILITY_TRACED, "person").label("person"),
            _latest(EventKind.SUGGESTION_DECIDED, "adopted").label("adopted"),
            func.array_agg(_OFFICE.distinct()).filter(_OFFICE.is_not(None)).label("offices"),
        )
        .join(TicketRow, TicketRow.number == TicketEventRow.ticket_number)
        .where(*in_period, _is(*JUDGED, *PASSED))
        .group_by(TicketEventRow.ticket_number)
        .subquery()
    )
    answer = tuple_(TicketRow.policy, TicketRow.satisfaction)
    return (
        select(
            TicketRow.number,
            TicketRow.kind.label(By.KIND.value),
            TicketRow.channel.label(By.CHANNEL.value),
            cast(func.to_char(local(TicketRow.created_at, zone), "YYYY-MM"), Text).label(By.MONTH.value),
            func.left(events.c.cause, _CAUSE_LENGTH).label(By.CAUSE.value),
            events.c.person.label(By.PERSON.value),
            clocks.c.late.is_not(None).label(Only.TIMED.value),
            func.coalesce(clocks.c.late, False).label(Only.LATE.value),
            func.coalesce(answer.in_(measure.opinions), False).label(Only.OPINIONS.value),
            func.coalesce(answer.in_(measure.not_satisfied), False).label(Only.NOT_SATISFIED.value),
            func.coalesce(events.c.reopened, False).label(Only.REOPENED.value),
            func.coalesce(events.c.traced, False).label(Only.TRACED.value),
            events.c.adopted.is_not(None).label(Only.DECIDED.value),
            func.coalesce(events.c.adopted == "yes", False).label(Only.ADOPTED.value),
            events.c.offices,
        )
        .join(clocks, clocks.c.ticket_number == TicketRow.number, isouter=True)
        .join(events, events.c.ticket_number == TicketRow.number, isouter=True)
        .where(*in_period)
    )


def _latest(kind: EventKind, key: str) -> ColumnElement[Any]:
    """What the latest event of this kind says."""
    said = case((TicketEventRow.kind == kind, TicketEventRow.data[key].astext))
    in_order = aggregate_order_by(said, TicketEventRow.seq.desc())
    return func.array_agg(in_order).filter(TicketEventRow.kind == kind)[1]


def _with_offices(matters: CTE) -> Subquery:
    """A row for each matter and office that it was passed to."""
    office = func.unnest(matters.c.offices).label("office")
    return select(*(column for column in matters.c if column.name != "offices"), office).subquery()


def _place(left_out: int) -> By:
    """What a row was grouped by; `left_out` has a bit for each place that it was not."""
    bits = range(len(_PLACES) - 1, -1, -1)
    return next(
        (place for bit, place in zip(bits, _PLACES, strict=True) if not left_out >> bit & 1), By.TOTAL
    )


def _open_at_offices() -> Subquery:
    last_done = func.max(
        case((TicketEventRow.kind == EventKind.ASSIGNMENT_DONE, TicketEventRow.seq), else_=0)
    )
    last_passed = func.max(
        case((TicketEventRow.kind != EventKind.ASSIGNMENT_DONE, TicketEventRow.seq), else_=0)
    )
    return (
        select(TicketEventRow.ticket_number.label("number"), _OFFICE.label("office"))
        .join(TicketRow, TicketRow.number == TicketEventRow.ticket_number)
        .where(
            TicketRow.status.in_([Status.OPEN, Status.WAITING]),
            _is(*PASSED, EventKind.ASSIGNMENT_DONE),
            _OFFICE.is_not(None),
        )
        .group_by(TicketEventRow.ticket_number, _OFFICE)
        .having(last_passed > last_done)
        .subquery()
    )


def _counts(rows: CTE | Subquery) -> Sequence[ColumnElement[Any]]:
    flags = [only for only in Only if only is not Only.MATTERS]
    return (
        func.count().label(Only.MATTERS.value),
        *(func.count().filter(rows.c[only.value]).label(only.value) for only in flags),
    )


def _counted(row: Row[Any]) -> Counts:
    return Counts(**{only.value: getattr(row, only.value) for only in Only})
