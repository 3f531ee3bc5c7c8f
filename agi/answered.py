"""Entry `answered`: a desk phone has answered a caller. Arguments: linkedid, `again` when a caller came back."""

from __future__ import annotations

from agi import captions
from agi.desk import Desk
from agi.protocol import Session
from agi.routing import extension_of
from callcenter.domain.calls import Kind


def answered(desk: Desk, session: Session) -> None:
    """Make the first who answers responsible (H2, T1), with a ticket of their own (H32)."""
    linkedid, at = session.arg(0), desk.clock()
    live = desk.calls.get(linkedid)
    desk.waiting.hush(desk.manager, linkedid)
    channel = session.env.get("channel", "")
    person = desk.routing.person(extension_of(channel))
    again = session.arg(1) == "again" or live.last(Kind.ANSWERED) is not None
    desk.calls.record(
        linkedid,
        Kind.ANSWERED,
        at=at,
        extension=person.extension,
        name=person.name,
        channel=channel,
        uniqueid=session.env.get("uniqueid", ""),
        ticket=None if again else desk.numbering.next(at),
        again=again,
    )
    captions.begin(desk, live, channel, person.extension, caller_too=not again)
