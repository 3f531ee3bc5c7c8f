"""What is behind the figures of a report: which calls to list, which promises and opinions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callcenter.domain.answer_times import Limits
from callcenter.domain.calls import Outcome, Person
from callcenter.domain.periods import Period


class Subset(StrEnum):
    """Calls that a figure of the report is made of, or those that spoil it.

    `timed` are the answered calls that the desk saw itself; `slow` those of them that rang longer than the
    threshold, `greeted_late` those not greeted in time; `transferred` had a transfer taken over or out of time,
    `transferred_late` one that was not in time.
    """

    UNANSWERED = "unanswered"
    REBUILT = "rebuilt"
    TIMED = "timed"
    SLOW = "slow"
    GREETED_LATE = "greeted_late"
    TRANSFERRED = "transferred"
    TRANSFERRED_LATE = "transferred_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """What is not given does not narrow.

    `person`: an extension that answered first, or, of transfers, asked for one. `outcome` answered: calls under
    way too, as soon as they are. `hour`: of the day at the centre. `limits`: what `only` measures by.
    """

    period: Period | None = None
    line: str | None = None
    person: str | None = None
    outcome: Outcome | None = None
    hour: int | None = None
    only: Subset | None = None
    limits: Limits


class MatterSubset(StrEnum):
    """Tickets behind a figure: decided promises, those missed among them, or opinions."""

    PROMISES = "promises"
    MISSED = "missed"
    OPINIONS = "opinions"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterFilter:
    """What is not given does not narrow. `person`: the owner's extension; `line`: of the ticket's call."""

    only: MatterSubset
    period: Period
    line: str | None = None
    person: str | None = None
    hour: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A promise (`clock`, `due_at`, `missed`) or an opinion (`satisfaction`) about a ticket of `policy`."""

    number: str
    registered_at: datetime
    owner: Person | None
    policy: str
    clock: str | None = None
    due_at: datetime | None = None
    missed: bool = False
    satisfaction: str | None = None
