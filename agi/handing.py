"""What is true of a handoff now, and how it is written down; shared by the entries and the watcher."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from agi.desk import Desk
from agi.live import LiveCall, Value
from callcenter.domain.calls import CallEvent, HandoffOutcome, Kind, Mode, Person
from callcenter.domain.fold import holder

CROSSING = timedelta(seconds=5)
"""Within this time a key and the console's request belong to the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A briefing that was typed, and the language of the voice that says it."""

    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A handoff that has not ended."""

    number: int
    mode: Mode
    from_: str
    to: str
    channel: str
    """The responder's channel."""
    requested_at: datetime
    limit: timedelta
    briefing: str | None
    """Path of what was spoken, relative to the recordings folder."""
    typed: Typed | None = None

    @property
    def is_briefed(self) -> bool:
        """Whether the colleague has something to hear."""
        return self.briefing is not None or self.typed is not None

    def left(self, now: datetime) -> timedelta:
        """Time until the two minutes (or what the settings say) are over; negative afterwards."""
        return self.requested_at + self.limit - now


def pending(live: LiveCall) -> Pending | None:
    """The handoff in progress, if there is one."""
    request = live.last(Kind.HANDOFF_REQUESTED)
    if request is None or _has(live, Kind.HANDOFF_ENDED, request.data["handoff"]):
        return None
    number = int(request.data["handoff"] or 0)
    briefed = _has(live, Kind.HANDOFF_BRIEFED, number)
    data = briefed.data if briefed else {}
    return Pending(
        number=number,
        mode=Mode(str(request.data["mode"])),
        from_=str(request.data["from"]),
        to=str(request.data["to"]),
        channel=str(request.data["channel"]),
        requested_at=request.at,
        limit=timedelta(seconds=float(request.data["limit_s"] or 0)),
        briefing=str(data["path"]) if "path" in data else None,
        typed=Typed(text=str(data["text"]), language=str(data["language"])) if "typed" in data else None,
    )


def _has(live: LiveCall, kind: Kind, number: object) -> CallEvent | None:
    return next(
        (e for e in reversed(live.events) if e.kind is kind and e.data.get("handoff") == number), None
    )


def just_handed_on(desk: Desk, live: LiveCall) -> bool:
    """Whether the console handed the caller on in this very moment: a key of the phone came too late."""
    open_ = pending(live)
    return open_ is not None and open_.typed is not None and desk.clock() - open_.requested_at < CROSSING


def current_holder(desk: Desk, live: LiveCall) -> Person | None:
    """Who has the caller now."""
    return holder(live.call) if live.call else None


def request(
    desk: Desk,
    live: LiveCall,
    *,
    mode: Mode,
    from_: Person,
    to: str,
    channel: str,
    at: datetime,
    wait: bool = True,
    **more: Value,
) -> int:
    """Write down that someone asked to hand the caller on; the limit of H11 runs from `at`. The handoff's number."""
    number = sum(event.kind is Kind.HANDOFF_REQUESTED for event in live.events) + 1
    target = desk.routing.person(to)
    data: dict[str, Value] = {
        "handoff": number,
        "mode": mode.value,
        "from": from_.extension,
        "from_name": from_.name,
        "to": target.extension,
        "to_name": target.name,
        "channel": channel,
        "limit_s": desk.settings.handoff_limit_s,
        **more,
    }
    event = CallEvent(linkedid=live.linkedid, at=at, kind=Kind.HANDOFF_REQUESTED, data=data)
    desk.calls.write(event, wait=wait)
    return number


def end(
    desk: Desk, live: LiveCall, number: int, outcome: HandoffOutcome, *, at: datetime | None = None
) -> None:
    """Write down how a handoff ended; the first word counts."""
    if _has(live, Kind.HANDOFF_ENDED, number) is None:
        desk.calls.record(live.linkedid, Kind.HANDOFF_ENDED, at=at, handoff=number, outcome=outcome.value)


def caller_gone(desk: Desk, live: LiveCall, *, at: datetime) -> None:
    """The caller hung up: cancel what is open and let the phones go that nobody will speak with."""
    open_ = pending(live)
    if open_ is not None:
        end(desk, live, open_.number, HandoffOutcome.CANCELLED, at=at)
        if live.colleague_channel:
            desk.manager.hang_up(live.colleague_channel)
    if live.feature_channel:
        desk.manager.hang_up(live.feature_channel)
