"""The calls in progress: their events in memory, on disk before anyone goes on, folded when someone asks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from agi.errors import JournalUnavailable
from agi.journal import Journal
from callcenter.domain.calls import Call, CallEvent, Kind
from callcenter.domain.fold import fold_call

log = logging.getLogger(__name__)

KEEP_S = 20.0
"""How long an ended call stays in memory: late events of Asterisk still find it."""

Value = str | int | float | bool | None


def now() -> datetime:
    """This instant, aware, UTC."""
    return datetime.now(UTC)


class LiveCall:
    """One call: its events, and a condition that is notified whenever one is added."""

    def __init__(self, linkedid: str, events: list[CallEvent]) -> None:
        """Start from what the journal knows."""
        self.linkedid = linkedid
        self.events = events
        self.changed = threading.Condition()
        self.feature_channel: str | None = None
        """The responder's channel while they key or speak inside a feature: the caller hears music meanwhile."""
        self.dropped = False
        """The responder hung up inside a feature: the caller is alone and must not be taken for finished."""
        self.colleague_channel: str | None = None
        """The colleague's channel from their answer on."""
        self.leaves_message = False
        """The caller is on the way to the recording, or in it: nobody has them."""
        self.rung_back_after = 0
        """Number of events when the responder was rung for a caller whose handoff failed."""
        self.ended_monotonic: float | None = None
        self._folded: tuple[int, Call | None] = (-1, None)

    @property
    def call(self) -> Call | None:
        """The record as it stands; None before the arrival is known."""
        count = len(self.events)
        if self._folded[0] != count:
            self._folded = (count, fold_call(self.events))
        return self._folded[1]

    def last(self, kind: Kind) -> CallEvent | None:
        """The latest event of a kind in order of arrival here."""
        return next((event for event in reversed(self.events) if event.kind is kind), None)

    def wait_for(self, done: Callable[[LiveCall], bool], timeout_s: float) -> bool:
        """Wait until `done` holds; False when the time is over."""
        with self.changed:
            return self.changed.wait_for(lambda: done(self), timeout_s)


class LiveCalls:
    """All calls in progress, by linkedid."""

    def __init__(self, journal: Journal) -> None:
        """Calls not in memory are read from the journal."""
        self._journal = journal
        self._lock = threading.Lock()
        self._calls: dict[str, LiveCall] = {}

    def get(self, linkedid: str) -> LiveCall:
        """The call, from memory or from the journal (after a restart in the middle of it)."""
        with self._lock:
            found = self._calls.get(linkedid)
        if found is None:
            events = self._journal.of_call(linkedid)
            with self._lock:
                found = self._calls.setdefault(linkedid, LiveCall(linkedid, events))
                if found.last(Kind.ENDED) is not None:
                    found.ended_monotonic = found.ended_monotonic or time.monotonic()
        return found

    def arrive(self, linkedid: str) -> LiveCall:
        """A call that just came in: nothing about it can be in the journal yet."""
        with self._lock:
            return self._calls.setdefault(linkedid, LiveCall(linkedid, []))

    def known(self, linkedid: str) -> LiveCall | None:
        """The call if it is in memory: for events of channels that may not be ours."""
        with self._lock:
            return self._calls.get(linkedid)

    def find(self, linkedid: str) -> LiveCall | None:
        """The call if anything is known of it: what others ask about may be another desk's, and is not kept."""
        found = self.known(linkedid)
        if found is None and self._journal.of_call(linkedid):
            found = self.get(linkedid)  # after a restart in the middle of it
        return found

    def record(
        self, linkedid: str, kind: Kind, *, at: datetime | None = None, wait: bool = True, **data: Value
    ) -> None:
        """Write an event whose data are given by name; see `write`."""
        self.write(CallEvent(linkedid=linkedid, at=at or now(), kind=kind, data=data), wait=wait)

    def write(self, event: CallEvent, *, wait: bool = True) -> None:
        """Add an event; with `wait` it is on disk when this returns.

        A journal that cannot write is logged and retried by itself: the caller on the phone comes first.
        """
        live = self.get(event.linkedid)
        with live.changed:
            live.events.append(event)
            if event.kind is Kind.ENDED:
                live.ended_monotonic = time.monotonic()
            live.changed.notify_all()
        try:
            self._journal.append(event, wait=wait)
        except JournalUnavailable:
            log.error("event kept in memory", extra={"linkedid": event.linkedid, "kind": event.kind})

    def forget_ended(self) -> None:
        """Let go of calls that ended a while ago."""
        horizon = time.monotonic() - KEEP_S
        with self._lock:
            old = [
                linkedid
                for linkedid, live in self._calls.items()
                if live.ended_monotonic is not None and live.ended_monotonic < horizon
            ]
            for linkedid in old:
                del self._calls[linkedid]

    def unfinished(self) -> list[str]:
        """Calls, in memory or in the journal, whose end is not known."""
        with self._lock:
            live = {linkedid for linkedid, call in self._calls.items() if call.ended_monotonic is None}
        return sorted(live | set(self._journal.unfinished()))

    def in_progress(self) -> int:
        """How many calls have not ended."""
        with self._lock:
            return sum(live.ended_monotonic is None for live in self._calls.values())
