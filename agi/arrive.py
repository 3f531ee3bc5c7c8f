"""Entry `arrive`: a caller has dialled a line. Arguments: linkedid, line, route."""

from __future__ import annotations

from agi.desk import Desk
from agi.language import CHANNEL_LANGUAGE, language_of
from agi.protocol import Session
from callcenter.domain.calls import Kind

MAX_NAME = 256
MAX_NUMBER = 64
NOBODY = ("", "unknown", "anonymous", "unavailable", "restricted", "private")
"""What Asterisk and networks say of a caller who withholds their number."""


def arrive(desk: Desk, session: Session) -> None:
    """Write down the arrival and confirm the route; without an answer the dialplan's own route and language hold."""
    linkedid, line, route = session.arg(0), session.arg(1), session.arg(2)
    caller, language = number(session.env.get("callerid", "")), language_of(session, desk)
    chosen = desk.routing.languages.of(caller) or language
    desk.calls.arrive(linkedid)
    # Not waiting for the disk: every millisecond here is one that the caller waits for the phones to ring. A desk
    # that dies before the commit finds the arrival in CEL, and whatever follows in the call waits for this row too.
    desk.calls.record(
        linkedid,
        Kind.ARRIVED,
        wait=False,
        line=line,
        caller=caller,
        caller_name=name(session.env.get("calleridname", "")),
        channel=session.env.get("channel", ""),
        uniqueid=session.env.get("uniqueid", ""),
        language=chosen,
        remembered=chosen != language,
    )
    if chosen != language:
        session.set_variable(CHANNEL_LANGUAGE, chosen)
    if route == "closed":
        desk.calls.record(linkedid, Kind.QUEUE_LEFT, reason="closed", wait=False)


def name(raw: str) -> str | None:
    """The display name: NUL dropped, 256 characters at most; `unknown` and empty are None."""
    text = raw.replace("\x00", "")[:MAX_NAME]
    return None if text in ("", "unknown") else text


def number(raw: str) -> str | None:
    """The caller's number; None when it is withheld."""
    text = raw.replace("\x00", "")[:MAX_NUMBER]
    return None if text.lower() in NOBODY else text
