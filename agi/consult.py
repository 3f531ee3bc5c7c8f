"""Entry `consult`: live transfer, on the responder's channel. Arguments: linkedid, `request` (*2) or `back` (*1)."""

from __future__ import annotations

from agi import handing
from agi.desk import Desk
from agi.feature import ask_colleague, in_feature
from agi.protocol import Session
from agi.routing import extension_of
from agi.say import Voice
from callcenter.domain.calls import HandoffOutcome, Mode


def consult(desk: Desk, session: Session) -> None:
    """`request` sets SHOUWEN_CONSULT to the colleague's extension, or leaves it empty; `back` cancels."""
    live = desk.calls.get(session.arg(0))
    if session.arg(1) == "back":
        open_ = handing.pending(live)
        if open_ is not None:
            handing.end(desk, live, open_.number, HandoffOutcome.CANCELLED)
        return
    at = desk.clock()
    channel = session.env.get("channel", "")
    own = desk.routing.person(extension_of(channel))
    with in_feature(desk, live, session) as counts:
        if not counts:
            return
        to = ask_colleague(desk, Voice(session, desk.sounds), own.extension)
        if to is None:
            return
        handing.request(desk, live, mode=Mode.LIVE, from_=own, to=to, channel=channel, at=at)
        session.set_variable("SHOUWEN_CONSULT", to)
