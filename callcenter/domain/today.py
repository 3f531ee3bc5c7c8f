"""Values of the pages that show what is to be done: counts by person, open assignments, files of parties."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCount:
    """How many tickets somebody owns that are overdue, warned of, and not done."""

    extension: str
    overdue: int
    at_risk: int
    under_way: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAssignment:
    """What an office was asked in a matter and has not done."""

    number: str
    office: str
    given_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyFile:
    """The file of one party served (S40); `party` is personal data."""

    number: int
    party: str
    opened_at: datetime
