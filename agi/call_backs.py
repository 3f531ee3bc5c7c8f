"""Calls that we place: their steps go to the journal under a linkedid of their own, not among the calls that come.

An attempt's number and phone stand in its first event, written before anything rings: a desk that is started anew in
the middle of a call reads them there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agi.ami import Event
from agi.desk import Desk
from agi.errors import JournalUnavailable
from agi.journal import Journal
from agi.rebuild import CelRow
from agi.sound import seconds
from callcenter.domain.call_backs import PREFIX, Outcome, Step, dialable
from callcenter.domain.calls import CallEvent, Kind
from callcenter.errors import ShouwenError
from callcenter.services.call_backs import Order

log = logging.getLogger(__name__)

CONTEXT = "shouwen-call-back"
CALLED_RINGS_S = 45
"""How long the called person's telephone may ring."""
KEPT = 200
"""Attempts kept in memory; older ones are read from the journal when somebody still asks."""
RINGING, UP = "5", "6"
"""AST_STATE_RINGING and AST_STATE_UP, asterisk/channelstate.h."""
RANG_OUT = "3"
"""`Reason` of an OriginateResponse (AST_CONTROL_RINGING). Asterisk 22 says 0 for a phone that refuses, for one in use
and for one that is not registered alike."""


@dataclass(slots=True)
class Placed:
    """One attempt as this desk knows it; `digits` are the keys of satisfaction, `path` is without ending.

    `language`: what the called person speaks.
    """

    linkedid: str
    id: int
    ticket: str
    extension: str
    number: str
    digits: str
    path: str
    language: str
    steps: set[Step] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


class CallBacks:
    """The attempts of this desk."""

    def __init__(self, desk: Desk, journal: Journal) -> None:
        """Nothing is dialled before `dial`."""
        self.desk = desk
        self._journal = journal
        self._lock = threading.Lock()
        self._placed: dict[str, Placed] = {}

    def dial(self, order: Order) -> None:
        """Ring the phone of whoever asked. Called once for each request: there is no second try."""
        asked = order.call_back
        if asked.linkedid is None:
            raise ValueError("nobody has taken this request")
        placed = Placed(
            linkedid=asked.linkedid,
            id=asked.id,
            ticket=asked.ticket,
            extension=asked.extension,
            number=asked.number,
            digits=order.digits,
            path=self.desk.recording_path(asked.linkedid, "talk"),
            language=order.language or self.desk.settings.language,
        )
        with self._lock:
            self._placed[placed.linkedid] = placed
            while len(self._placed) > KEPT:
                del self._placed[next(iter(self._placed))]
        self.note(
            placed,
            Step.STARTED,
            wait=True,
            ticket=placed.ticket,
            extension=placed.extension,
            number=placed.number,
            digits=placed.digits,
            recording=placed.path,
            language=placed.language,
        )
        if self.route(placed) is None:
            self._end(placed, Outcome.NO_ROUTE, "no_trunk")
        elif not self.desk.manager.originate(
            channel=f"PJSIP/{placed.extension}",
            context=CONTEXT,
            caller=f'"{placed.ticket}" <{placed.number}>',
            channel_id=placed.linkedid,
            ring_s=self.desk.settings.ring_timeout_s,
        ):
            self._end(placed, Outcome.FAILED, "asterisk_away")

    def route(self, placed: Placed) -> str | None:
        """What Dial() is given: a colleague's phone, the number by the carrier, or None when there is no way."""
        settings = self.desk.settings
        try:
            number = dialable(placed.number, barred=settings.barred, own=placed.extension)
        except ShouwenError:
            return None
        if self.desk.routing.works_here(number):
            return f"PJSIP/{number}"
        return f"PJSIP/{number}@carrier" if settings.trunk_dial else None

    def shown(self, placed: Placed) -> str:
        """The number that the called person sees: a colleague the extension, others the centre's."""
        own = self.desk.routing.works_here(placed.number)
        return placed.extension if own else self.desk.settings.outgoing_caller_id

    def find(self, linkedid: str) -> Placed | None:
        """The attempt of a call, from memory or from the journal; None for calls that come."""
        if not linkedid.startswith(PREFIX):
            return None
        with self._lock:
            found = self._placed.get(linkedid)
        if found is None:
            found = _placed(linkedid, self._journal.of_call(linkedid), self.desk.settings.language)
            if found is not None:
                with self._lock:
                    found = self._placed.setdefault(linkedid, found)
        return found

    def note(
        self,
        placed: Placed,
        step: Step,
        *,
        at: datetime | None = None,
        wait: bool = False,
        **data: str | int | float | bool | None,
    ) -> None:
        """Write a step down; each but the end counts once."""
        with placed.lock:
            if step in placed.steps:
                return
            placed.steps.add(step)
        event = CallEvent(
            linkedid=placed.linkedid,
            at=at or self.desk.clock(),
            kind=Kind.CALL_BACK,
            data={"call_back": placed.id, "step": step.value, **data},
        )
        try:
            self._journal.append(event, wait=wait)
        except JournalUnavailable:
            log.error("a step of a call back is kept in memory", extra={"linkedid": placed.linkedid})

    def end(self, placed: Placed, *, at: datetime | None = None, wait: bool = True) -> None:
        """The talk, or the attempt, is over; what was recorded of it is kept."""
        file = Path(f"{placed.path}.wav")
        length = seconds(self.desk.settings.recordings / file) if Step.REACHED in placed.steps else 0.0
        told: dict[str, str | float] = (
            {"path": str(file), "seconds": length, "language": placed.language} if length else {}
        )
        self.note(placed, Step.ENDED, at=at, wait=wait, **told)

    def _end(self, placed: Placed, outcome: Outcome, reason: str | None) -> None:
        self.note(placed, Step.ENDED, wait=True, outcome=outcome.value, reason=reason)

    def watch(self, event: Event) -> None:
        """Take one manager event; those of calls that come are passed over."""
        name = event["Event"]
        if name in ("OriginateResponse", "Refused"):
            self._answer_to_originate(event)
        elif name == "DialState":
            placed = self.find(event.get("DestLinkedid", ""))
            if placed is not None and event.get("DialStatus") in ("RINGING", "PROGRESS"):
                own = event.get("DestUniqueid") == placed.linkedid
                self.note(placed, Step.RANG if own else Step.RINGING, at=_at(event))
        elif name in ("Newstate", "ChannelTalkingStart"):
            placed = self.find(event.get("Linkedid", ""))
            if placed is not None:
                self._channel(placed, event)

    def _channel(self, placed: Placed, event: Event) -> None:
        own = event.get("Uniqueid") == placed.linkedid
        state = event.get("ChannelState")
        if event["Event"] == "ChannelTalkingStart":
            if own and Step.REACHED in placed.steps:
                self.note(placed, Step.TALKED, at=_at(event))
        elif state == RINGING:
            self.note(placed, Step.RANG if own else Step.RINGING, at=_at(event))
        elif state == UP:
            self.note(placed, Step.ANSWERED if own else Step.REACHED, at=_at(event))

    def _answer_to_originate(self, event: Event) -> None:
        placed = self.find(event.get("ActionID", ""))
        if placed is None or event.get("Response") == "Success":
            return
        if event["Event"] == "Refused":
            self._end(placed, Outcome.FAILED, "asterisk_refused")
        else:
            reason = None if event.get("Reason") == RANG_OUT else "phone_unavailable"
            self._end(placed, Outcome.OWNER_NO_ANSWER, reason)

    def settle(self, linkedid: str, rows: Sequence[CelRow]) -> None:
        """Asterisk's own record of a call that is over: what the desk did not see of an attempt is written down."""
        placed = self.find(linkedid)
        if placed is None or Step.ENDED in placed.steps:
            return
        own = [row for row in rows if row.uniqueid == linkedid]
        answer = next((row for row in own if row.event == "ANSWER"), None)
        reached = next((row for row in rows if row.event == "ANSWER" and row.uniqueid != linkedid), None)
        hangup = next((row for row in own if row.event == "HANGUP"), None)
        if answer is not None:
            self.note(placed, Step.ANSWERED, at=answer.at)
        if reached is not None:
            self.note(placed, Step.REACHED, at=reached.at)
        elif answer is not None:
            # whether the desk was away when it was to say what to dial, or when dialling ended: nobody knows
            self.note(placed, Step.DIALLED, at=rows[-1].at, outcome=Outcome.FAILED.value, reason="desk_away")
        if hangup is None and reached is None:  # Asterisk died
            self._end(placed, Outcome.FAILED, "cut")
        else:
            self.end(placed, at=hangup.at if hangup else rows[-1].at)


def answered_before(at: datetime, milliseconds: str) -> datetime:
    """When a leg answered that has talked for so long until `at`."""
    return at - timedelta(milliseconds=int(milliseconds)) if milliseconds.isdigit() else at


def _at(event: Event) -> datetime:
    stamp = event.get("Timestamp")
    return datetime.fromtimestamp(float(stamp), UTC) if stamp else datetime.now(UTC)


def _placed(linkedid: str, events: Sequence[CallEvent], language: str) -> Placed | None:
    told = [event for event in events if event.kind is Kind.CALL_BACK]
    began = next((event.data for event in told if event.data["step"] == Step.STARTED), None)
    if began is None:
        return None
    return Placed(
        linkedid=linkedid,
        id=int(began["call_back"] or 0),
        ticket=str(began["ticket"]),
        extension=str(began["extension"]),
        number=str(began["number"]),
        digits=str(began["digits"]),
        path=str(began["recording"]),
        language=str(began.get("language") or language),
        steps={Step(str(event.data["step"])) for event in told},
    )
