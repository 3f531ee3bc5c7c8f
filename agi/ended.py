"""Entry `ended`: hang-up handler of the caller's channel. Argument: linkedid."""

from __future__ import annotations

from agi import handing
from agi.desk import Desk
from agi.protocol import Session
from callcenter.domain.calls import Kind


def ended(desk: Desk, session: Session) -> None:
    """Close the books; a handoff still open is cancelled, and a colleague or responder left alone is let go."""
    linkedid = session.arg(0)
    handing.caller_gone(desk, desk.calls.get(linkedid), at=desk.clock())
    desk.calls.record(linkedid, Kind.ENDED)
