"""Spot checks and what scores are made of: the tables and their queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Row, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from callcenter.db.analysis import is_matter
from callcenter.db.base import Base, table_of
from callcenter.db.staff import StaffRow
from callcenter.db.tickets import TicketRow
from callcenter.domain.calls import Person
from callcenter.domain.periods import Period
from callcenter.domain.scores import Rate
from callcenter.domain.spot_checks import CheckResult, Draw, Pool, SpotCheck
from callcenter.domain.tickets import Status

_ONE_DRAW_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('spot_check_draw'))")
_OWNER, _DRAWER, _CHECKER = aliased(StaffRow), aliased(StaffRow), aliased(StaffRow)


class SpotCheckDrawRow(Base):
    """One draw with what it was drawn from: append-only (a trigger refuses the rest)."""

    __tablename__ = "spot_check_draw"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    seed: Mapped[str]
    drawn_at: Mapped[datetime] = mapped_column(index=True)
    drawn_by: Mapped[str] = mapped_column(ForeignKey("staff.extension"))
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    wanted: Mapped[int]
    pools: Mapped[dict[str, Any]]


class SpotCheckRow(Base):
    """One ticket that was drawn, once for ever: append-only."""

    __tablename__ = "spot_check"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    draw_id: Mapped[int] = mapped_column(ForeignKey("spot_check_draw.id"), index=True)
    ticket_number: Mapped[str] = mapped_column(ForeignKey("ticket.number"), unique=True)
    owner_extension: Mapped[str] = mapped_column(ForeignKey("staff.extension"), index=True)
    policy: Mapped[str]
    policy_digest: Mapped[str]


class SpotCheckResultRow(Base):
    """A sheet as it was filled in; a correction is another row, with its reason: append-only."""

    __tablename__ = "spot_check_result"
    __table_args__ = (
        CheckConstraint("(seq = 1) = (reason IS NULL)", name="reason"),
        CheckConstraint("points BETWEEN 0 AND possible AND possible > 0", name="points"),
    )

    check_id: Mapped[int] = mapped_column(ForeignKey("spot_check.id"), primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    scores: Mapped[dict[str, Any]]
    points: Mapped[int]
    possible: Mapped[int]
    remark: Mapped[str]
    reason: Mapped[str | None]
    checked_by: Mapped[str] = mapped_column(ForeignKey("staff.extension"))
    checked_at: Mapped[datetime] = mapped_column(index=True)


Index(
    "ix_ticket_resolved_at",
    table_of(TicketRow).c.resolved_at,
    postgresql_where=text("resolved_at IS NOT NULL"),
)


class SupervisionRepository:
    """Draws, checks and counts per person."""

    def __init__(self, session: Session) -> None:
        """Work in the transaction of that database session."""
        self._session = session

    def lock_draws(self) -> None:
        """Be the only one who draws, until the transaction ends."""
        self._session.execute(_ONE_DRAW_AT_A_TIME)

    def pools(self, period: Period, *, without: str) -> Mapping[str, Pool]:
        """What was solved in the period and never drawn, by owner; nothing of the extension `without`."""
        solved = (
            TicketRow.resolved_at >= period.start,
            TicketRow.resolved_at < period.end,
            TicketRow.owner_extension.is_not(None),
            TicketRow.owner_extension != without,
        )
        there = select(SpotCheckRow.id).where(SpotCheckRow.ticket_number == TicketRow.number).exists()
        left = (
            select(TicketRow.owner_extension, TicketRow.number)
            .where(*solved, TicketRow.status.in_([Status.RESOLVED, Status.CLOSED]), ~there)
            .order_by(TicketRow.owner_extension, TicketRow.number)
        )
        before = (
            select(TicketRow.owner_extension, func.count())
            .join(SpotCheckRow, SpotCheckRow.ticket_number == TicketRow.number)
            .where(*solved)
            .group_by(TicketRow.owner_extension)
        )
        drawn = {owner: count for owner, count in self._session.execute(before)}
        return {
            owner: Pool(tickets=tuple(row.number for row in rows), before=drawn.get(owner, 0))
            for owner, rows in groupby(self._session.execute(left), key=lambda row: str(row.owner_extension))
        }

    def add_draw(self, draw: Draw, tickets: Sequence[tuple[str, str, str, str]]) -> list[int]:
        """Store a draw with its tickets (number, owner, policy, digest) in their order; the checks' ids."""
        pools = {
            owner: {"tickets": pool.tickets, "before": pool.before} for owner, pool in draw.pools.items()
        }
        statement = insert(SpotCheckDrawRow).values(
            seed=draw.seed,
            drawn_at=draw.drawn_at,
            drawn_by=draw.drawn_by,
            start_at=draw.start,
            end_at=draw.end,
            wanted=draw.wanted,
            pools=pools,
        )
        draw_id = self._session.execute(statement.returning(SpotCheckDrawRow.id)).scalar_one()
        ids: list[int] = []
        for number, owner, policy, digest in tickets:
            check = insert(SpotCheckRow).values(
                draw_id=draw_id,
                ticket_number=number,
                owner_extension=owner,
                policy=policy,
                policy_digest=digest,
            )
            ids.append(self._session.execute(check.returning(SpotCheckRow.id)).scalar_one())
        return ids

    def draw(self, draw_id: int) -> Draw | None:
        """A draw with what it was drawn from."""
        row = self._session.get(SpotCheckDrawRow, draw_id)
        if row is None:
            return None
        return Draw(
            id=row.id,
            seed=row.seed,
            drawn_at=row.drawn_at,
            drawn_by=row.drawn_by,
            start=row.start_at,
            end=row.end_at,
            wanted=row.wanted,
            pools={
                owner: Pool(tickets=tuple(pool["tickets"]), before=pool["before"])
                for owner, pool in row.pools.items()
            },
        )

    def drawn(self, draw_id: int) -> tuple[str, ...]:
        """The tickets of a draw, in its order."""
        query = select(SpotCheckRow.ticket_number).where(SpotCheckRow.draw_id == draw_id)
        return tuple(self._session.scalars(query.order_by(SpotCheckRow.id)))

    def get(self, check_id: int) -> SpotCheck | None:
        """The check."""
        return next(iter(self._read(_checks().where(SpotCheckRow.id == check_id))), None)

    def lock(self, check_id: int) -> SpotCheck | None:
        """The check as it is now, nobody else filling it in until the transaction ends."""
        self._session.execute(select(SpotCheckRow.id).where(SpotCheckRow.id == check_id).with_for_update())
        return self.get(check_id)

    def of_ticket(self, number: str) -> SpotCheck | None:
        """The check of a ticket."""
        return next(iter(self._read(_checks().where(SpotCheckRow.ticket_number == number))), None)

    def to_do(self, limit: int, *, after: int = 0) -> list[SpotCheck]:
        """Drawn and not checked yet, the oldest first; those with an id above `after`."""
        open_ = ~select(SpotCheckResultRow.seq).where(SpotCheckResultRow.check_id == SpotCheckRow.id).exists()
        return self._read(
            _checks().where(open_, SpotCheckRow.id > after).order_by(SpotCheckRow.id).limit(limit)
        )

    def done(
        self, period: Period | None, limit: int, *, owner: str | None = None, before: int | None = None
    ) -> list[SpotCheck]:
        """Checked ones that were drawn in the period, the latest draw first; those with an id below `before`."""
        there = select(SpotCheckResultRow.seq).where(SpotCheckResultRow.check_id == SpotCheckRow.id).exists()
        query = _checks().where(there).order_by(SpotCheckRow.id.desc()).limit(limit)
        if period is not None:
            query = query.where(
                SpotCheckDrawRow.drawn_at >= period.start, SpotCheckDrawRow.drawn_at < period.end
            )
        if owner is not None:
            query = query.where(SpotCheckRow.owner_extension == owner)
        if before is not None:
            query = query.where(SpotCheckRow.id < before)
        return self._read(query)

    def add_result(self, check_id: int, seq: int, result: CheckResult) -> None:
        """Store the sheet number `seq` of a locked check."""
        self._session.execute(
            insert(SpotCheckResultRow).values(
                check_id=check_id,
                seq=seq,
                scores=dict(result.scores),
                points=result.points,
                possible=result.possible,
                remark=result.remark,
                reason=result.reason,
                checked_by=result.checked_by.extension,
                checked_at=result.checked_at,
            )
        )

    def drawn_and_checked(self, period: Period) -> tuple[int, int]:
        """How many tickets were drawn in the period, and how many sheets were first filled in in it."""
        drawn = (
            select(func.count())
            .select_from(SpotCheckRow)
            .join(SpotCheckDrawRow, SpotCheckDrawRow.id == SpotCheckRow.draw_id)
            .where(SpotCheckDrawRow.drawn_at >= period.start, SpotCheckDrawRow.drawn_at < period.end)
        )
        checked = select(func.count()).where(
            SpotCheckResultRow.seq == 1,
            SpotCheckResultRow.checked_at >= period.start,
            SpotCheckResultRow.checked_at < period.end,
        )
        return self._session.scalar(drawn) or 0, self._session.scalar(checked) or 0

    def points(self, period: Period) -> Mapping[str, Rate]:
        """Points of possible points, by owner, of the checks drawn in the period, each as it stands."""
        latest = (
            select(SpotCheckRow.owner_extension, SpotCheckResultRow.points, SpotCheckResultRow.possible)
            .join(SpotCheckDrawRow, SpotCheckDrawRow.id == SpotCheckRow.draw_id)
            .join(SpotCheckResultRow, SpotCheckResultRow.check_id == SpotCheckRow.id)
            .where(SpotCheckDrawRow.drawn_at >= period.start, SpotCheckDrawRow.drawn_at < period.end)
            .ext(distinct_on(SpotCheckRow.id))
            .order_by(SpotCheckRow.id, SpotCheckResultRow.seq.desc())
            .subquery()
        )
        query = select(latest.c.owner_extension, func.sum(latest.c.points), func.sum(latest.c.possible))
        rows = self._session.execute(query.group_by(latest.c.owner_extension))
        return {owner: Rate(part=int(points), whole=int(possible)) for owner, points, possible in rows}

    def matters(self, period: Period) -> Mapping[str, int]:
        """How many matters registered in the period each person owns."""
        query = (
            select(TicketRow.owner_extension, func.count())
            .where(
                TicketRow.created_at >= period.start,
                TicketRow.created_at < period.end,
                TicketRow.owner_extension.is_not(None),
                is_matter(),
            )
            .group_by(TicketRow.owner_extension)
        )
        return {str(owner): count for owner, count in self._session.execute(query)}

    def _read(self, query: Any) -> list[SpotCheck]:
        rows = list(self._session.execute(query))
        results: dict[int, list[CheckResult]] = {}
        wanted = (
            select(SpotCheckResultRow, _CHECKER.name)
            .join(_CHECKER, _CHECKER.extension == SpotCheckResultRow.checked_by)
            .where(SpotCheckResultRow.check_id.in_([row.id for row in rows]))
            .order_by(SpotCheckResultRow.check_id, SpotCheckResultRow.seq)
        )
        for result, name in self._session.execute(wanted) if rows else ():
            results.setdefault(result.check_id, []).append(_result(result, name))
        return [_check(row, tuple(results.get(row.id, ()))) for row in rows]


def _checks() -> Any:
    return (
        select(
            SpotCheckRow.id,
            SpotCheckRow.draw_id,
            SpotCheckRow.ticket_number,
            SpotCheckRow.policy,
            SpotCheckRow.policy_digest,
            SpotCheckRow.owner_extension,
            _OWNER.name.label("owner_name"),
            SpotCheckDrawRow.drawn_at,
            SpotCheckDrawRow.drawn_by,
            _DRAWER.name.label("drawer_name"),
        )
        .join(SpotCheckDrawRow, SpotCheckDrawRow.id == SpotCheckRow.draw_id)
        .join(_OWNER, _OWNER.extension == SpotCheckRow.owner_extension)
        .join(_DRAWER, _DRAWER.extension == SpotCheckDrawRow.drawn_by)
    )


def _result(row: SpotCheckResultRow, name: str) -> CheckResult:
    return CheckResult(
        scores=row.scores,
        points=row.points,
        possible=row.possible,
        remark=row.remark,
        reason=row.reason,
        checked_by=Person(extension=row.checked_by, name=name),
        checked_at=row.checked_at,
    )


def _check(row: Row[Any], results: tuple[CheckResult, ...]) -> SpotCheck:
    return SpotCheck(
        id=row.id,
        draw=row.draw_id,
        ticket=row.ticket_number,
        owner=Person(extension=row.owner_extension, name=row.owner_name),
        policy=row.policy,
        policy_digest=row.policy_digest,
        drawn_at=row.drawn_at,
        drawn_by=Person(extension=row.drawn_by, name=row.drawer_name),
        results=results,
    )
