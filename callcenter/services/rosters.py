"""Who works here at an instant, read once and passed down."""

from __future__ import annotations

from datetime import datetime

from callcenter.domain.absences import Roster, away_at
from callcenter.services.ports import UnitOfWork


def roster_of(uow: UnitOfWork, now: datetime) -> Roster:
    """Everybody active, the posts, and who is away at `now`."""
    return Roster(
        members={member.extension: member for member in uow.staff.everybody()},
        posts=uow.absences.posts(),
        away=away_at(uow.absences.open(), now),
    )
