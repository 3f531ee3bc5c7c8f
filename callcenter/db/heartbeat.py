"""Signs of life: each part of each node notes the time once a second, for the health check."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base

ALIVE_S = 5.0
"""A part whose last sign is older counts as down."""


class HeartbeatRow(Base):
    """When a part last gave a sign, by the database's clock."""

    __tablename__ = "heartbeat"

    part: Mapped[str] = mapped_column(primary_key=True)
    node: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]


def beat(session: Session, part: str, node: int) -> None:
    """Note that the part is alive, by the database's clock."""
    now = func.clock_timestamp()
    sign = insert(HeartbeatRow).values(part=part, node=node, at=now)
    session.execute(
        sign.on_conflict_do_update(index_elements=[HeartbeatRow.part, HeartbeatRow.node], set_={"at": now})
    )


def age_s(session: Session, part: str) -> float | None:
    """Seconds since any node's part gave a sign; None if none ever did."""
    newest = select(func.extract("epoch", func.clock_timestamp() - func.max(HeartbeatRow.at))).where(
        HeartbeatRow.part == part
    )
    age = session.scalar(newest)
    return None if age is None else float(age)
