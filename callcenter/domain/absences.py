"""Who is away, and who stands in for whom at an instant (A/B posts, S3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.domain.chain import TicketEvent
from callcenter.domain.staff import Role, StaffMember, StaffPhone
from callcenter.domain.tickets import EventKind
from callcenter.errors import ShouwenError


class Reason(StrEnum):
    """Why somebody is away."""

    TRAVEL = "travel"
    MEETING = "meeting"
    TRAINING = "training"
    LEAVE = "leave"
    OTHER = "other"


LATEST_END = timedelta(days=3653)


class BadSpan(ShouwenError):
    """An absence ends after it begins, not in the past, and within ten years."""


class NobodyStandsIn(ShouwenError):
    """Nobody stands in: the person has no B post, or names themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Somebody is away from `from_at` (inclusive) to `until_at` (exclusive; None: until they are back).

    `cover` is the extension that stands in. `ended_at`: when it was ended by hand. `begun_at` and
    `returned_at`: when the product gave the matters to the cover, and back.
    """

    id: int = 0
    extension: str
    cover: str
    from_at: datetime
    until_at: datetime | None
    reason: Reason
    created_by: str
    created_at: datetime
    ended_at: datetime | None = None
    begun_at: datetime | None = None
    returned_at: datetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """Its end as planned or as it came, whichever is first."""
        ends = [at for at in (self.until_at, self.ended_at) if at is not None]
        return min(ends) if ends else None

    def holds(self, now: datetime) -> bool:
        """Whether the person is away at `now`; exactly at the end they are back."""
        ends_at = self.ends_at
        return self.from_at <= now and (ends_at is None or now < ends_at)

    def overlaps(self, from_at: datetime, until_at: datetime | None) -> bool:
        """Whether both have an instant in common; one that was called off before it began has none with any."""
        ends_at = self.ends_at
        if ends_at is not None and ends_at <= self.from_at:
            return False
        return (until_at is None or self.from_at < until_at) and (ends_at is None or from_at < ends_at)


class Clash(ShouwenError):
    """An absence that is there already stands in the way; `other` is it."""

    def __init__(self, message: str, other: Absence) -> None:
        super().__init__(message)
        self.other = other


class AlreadyAway(Clash):
    """Somebody is away already in a part of this time."""


class CoverAway(Clash):
    """Whoever would stand in is away in a part of this time."""


def check_absence(new: Absence, known: Iterable[Absence], names: Mapping[str, str]) -> Absence:
    """`new` itself, if it may be; raises BadSpan, AlreadyAway, NobodyStandsIn, CoverAway, naming who and when.

    Whoever stands in is there the whole time, so a chain of people who stand in for each other always ends with
    somebody who is there. Who stands in for somebody may go away too: the matters go on to their own cover.
    """
    if new.until_at is not None and (new.until_at <= new.from_at or new.until_at <= new.created_at):
        raise BadSpan
    if max(new.from_at, new.until_at or new.from_at) - new.created_at > LATEST_END:
        raise BadSpan
    if new.cover == new.extension:
        raise NobodyStandsIn
    for other in known:
        if not other.overlaps(new.from_at, new.until_at):
            continue
        who = f"{names.get(other.extension, other.extension)} ({other.extension})"
        if other.extension == new.extension:
            raise AlreadyAway(f"{who} is away already: {_span(other)}", other)
        if other.extension == new.cover:
            raise CoverAway(
                f"{who} would stand in and is away: {_span(other)}; name another colleague", other
            )
    return new


def _span(absence: Absence) -> str:
    ends_at = absence.ends_at
    until = f"until {ends_at.isoformat(timespec='minutes')}" if ends_at else "for an open time"
    return f"from {absence.from_at.isoformat(timespec='minutes')} {until}"


def away_at(absences: Iterable[Absence], now: datetime) -> dict[str, Absence]:
    """The absences that hold at `now`, by who is away."""
    return {absence.extension: absence for absence in absences if absence.holds(now)}


def stand_in(extension: str, away: Mapping[str, Absence]) -> str:
    """Who does the work of `extension`: they themselves, or whoever stands in at the end of the chain.

    A chain that leads nowhere (there should be none) ends with its last link.
    """
    seen = {extension}
    while extension in away and away[extension].cover not in seen:
        extension = away[extension].cover
        seen.add(extension)
    return extension


def rung_in_place(phones: Sequence[StaffPhone], away: Mapping[str, Absence]) -> list[StaffPhone]:
    """The phones as the line has to see them: who is away is off duty, and whoever stands in is rung.

    A cover whom the line rings anyway keeps their own wish to be on duty or not.
    """
    covers = {stand_in(phone.extension, away) for phone in phones if phone.rung and phone.extension in away}
    return [
        replace(phone, on_duty=False)
        if phone.extension in away
        else replace(phone, rung=True)
        if phone.extension in covers
        else phone
        for phone in phones
    ]


def covered_for(log: Iterable[TicketEvent]) -> list[str]:
    """For whom a ticket's handler stands in, the first away first: a fold over its log.

    Whoever gets it by hand, or takes it, has it as their own.
    """
    held: list[str] = []
    for event in log:
        if event.kind in (EventKind.TAKEN, EventKind.HANDED):
            held = []
        elif event.kind == EventKind.COVERED:
            person = str(event.data.get("for", ""))
            if event.data.get("back"):
                held = held[: held.index(person)] if person in held else held
            elif person not in held:
                held = [*held, person]
    return held


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who works here at one instant, who is away, and whose B post is whose."""

    members: Mapping[str, StaffMember]
    posts: Mapping[str, str]
    away: Mapping[str, Absence]

    def acting(self, extension: str) -> str:
        """Who does the work of `extension` now."""
        return stand_in(extension, self.away)

    def deputy(self, extension: str) -> str | None:
        """The B post of `extension`, or who stands in for that one; None if there is none."""
        post = self.posts.get(extension)
        return self.acting(post) if post else None

    @property
    def managers(self) -> list[str]:
        """Who decides now: the managers, or who stands in for them."""
        return [
            self.acting(extension)
            for extension, member in self.members.items()
            if member.role is Role.MANAGER
        ]

    @property
    def on_duty(self) -> list[str]:
        """Whom the line rings now, and who stands in for somebody whom it would."""
        return [
            self.acting(extension)
            for extension, member in self.members.items()
            if member.rung and (member.on_duty or extension in self.away)
        ]
