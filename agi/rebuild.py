"""What the desk missed of a call, from Asterisk's own record (CEL): pure, a table of rows in, events out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agi.arrive import name, number
from agi.routing import extension_of
from callcenter.domain.calls import CallEvent, Kind, Person, Source

LINES = ("8000", "8001", "8002")
CLOSED_LINE = "8001"
DOORS = ("shouwen-trunk", "shouwen-staff")
MESSAGE = "SHOUWEN_MESSAGE"
"""The dialplan's CELGenUserEvent when it records a message without the desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CelRow:
    """One line of CEL; `at` is an aware UTC instant, `extra` the recording's path of a user-defined event."""

    event: str
    at: datetime
    linkedid: str
    uniqueid: str
    channel: str
    context: str
    exten: str
    caller: str
    caller_name: str
    user_type: str = ""
    extra: str = ""


def missing_events(
    rows: Sequence[CelRow],
    known: Sequence[CallEvent],
    *,
    person: Callable[[str], Person],
    ticket: Callable[[datetime], str],
    language: Callable[[str], str],
    ring_timeout: timedelta,
) -> list[CallEvent]:
    """The events that the rows of one ended call prove and that are not `known`; none for what is no line's call.

    `person` names an extension, `ticket` draws a number of the day of an instant, `language` tells what a line speaks.
    """
    linkedid = rows[0].linkedid
    kinds = {event.kind for event in known}
    own = [row for row in rows if row.uniqueid == linkedid]
    start = next((row for row in own if row.event == "CHAN_START"), None)
    if start is None or start.exten not in LINES or start.context not in DOORS:
        return []
    found: list[CallEvent] = []

    def add(kind: Kind, at: datetime, **data: str | float | bool | None) -> None:
        found.append(
            CallEvent(linkedid=linkedid, at=at, kind=kind, data={**data, "source": Source.REBUILT.value})
        )

    # Asterisk writes the user's own name of the event where the type of others stands
    messages = [row for row in rows if row.user_type == MESSAGE]
    spoken = next((_language(row.extra) for row in messages if _language(row.extra)), None)
    if Kind.ARRIVED not in kinds:
        add(
            Kind.ARRIVED,
            start.at,
            line=start.exten,
            caller=number(start.caller),
            caller_name=name(start.caller_name),
            channel=start.channel,
            uniqueid=start.uniqueid,
            language=spoken or language(start.exten),
        )
    call_ticket = next((str(event.data["ticket"]) for event in known if event.data.get("ticket")), None)
    legs = [row for row in rows if row.uniqueid != linkedid]
    if Kind.ANSWERED not in kinds:
        answer = _first_answer(legs)
        # a call that the desk saw whole rang nowhere when no phone said so: none was on, or none would take it
        seen = answer is None and {Kind.ARRIVED, Kind.ENDED} <= kinds
        for leg in (row for row in legs if row.event == "CHAN_START"):
            if Kind.RINGING not in kinds and not seen:
                add(Kind.RINGING, leg.at, extension=extension_of(leg.channel), uniqueid=leg.uniqueid)
        if answer is not None:
            responder = person(extension_of(answer.channel))
            call_ticket = call_ticket or ticket(answer.at)
            add(
                Kind.ANSWERED,
                answer.at,
                extension=responder.extension,
                name=responder.name,
                channel=answer.channel,
                uniqueid=answer.uniqueid,
                ticket=call_ticket,
                again=False,
            )
    hangup = next((row for row in own if row.event == "HANGUP"), None)
    end = hangup or rows[-1]
    for message in messages:
        if any(event.data.get("path") == message.extra for event in known):
            continue
        call_ticket = call_ticket or ticket(message.at)
        phone = number(start.caller)
        common = {"path": message.extra, "phone": phone}
        told = _language(message.extra) or language(start.exten)
        add(Kind.RECORDING_STARTED, message.at, ticket=call_ticket, language=told, **common)
        add(Kind.RECORDING_ENDED, end.at, confirmed=False, **common)
    if not kinds & {Kind.ENDED, Kind.QUEUE_LEFT}:
        if start.exten == CLOSED_LINE:
            add(Kind.QUEUE_LEFT, start.at, reason="closed")
        elif end.at - start.at >= ring_timeout:
            add(Kind.QUEUE_LEFT, start.at + ring_timeout, reason="timeout")
    if Kind.ENDED not in kinds:
        # without a hang-up Asterisk itself died, and the call with it
        add(Kind.ENDED, end.at, **({} if hangup else {"failed": True}))
    return found


def _language(path: str) -> str | None:
    """What the dialplan spoke when it took a message: it is in the file's name."""
    found = re.search(r"-(zh|en)\.wav$", path)
    return found[1] if found else None


def _first_answer(legs: Sequence[CelRow]) -> CelRow | None:
    """The ANSWER of the phone that was bridged with the caller first; two phones may both send 200."""
    bridged = next((row for row in legs if row.event == "BRIDGE_ENTER"), None)
    if bridged is None:
        return None
    return next((row for row in legs if row.event == "ANSWER" and row.uniqueid == bridged.uniqueid), bridged)
