"""Entry `handoff`: what becomes of a caller whom nobody is talking with, on the caller's channel.

Arguments: linkedid, what was last, DIALSTATUS, the SIP answer of the leg just dialled, the extension of a REFER.
Sets SHOUWEN_NEXT to an extension of the dialplan's context `shouwen-next`.
"""

from __future__ import annotations

import re

from agi import handing
from agi.desk import Desk
from agi.handing import Pending
from agi.live import LiveCall
from agi.protocol import Session
from callcenter.domain.calls import HandoffOutcome, Kind, Mode

SETTLE_S = 3.0
"""How long a briefing may take to be written down after the responder hung up in the middle of it."""
REFUSALS = (486, 600, 603)


def handoff(desk: Desk, session: Session) -> None:
    """Decide the next step; the caller ends with a person or with the recording."""
    live = desk.calls.get(session.arg(0))
    live.leaves_message = False
    last = session.arg(1)
    if last == "talked":
        step = _after_talk(desk, live, session)
    elif last == "requested":
        step = _start(desk, live, session)
    elif last == "dialled":
        step = _after_dial(desk, live, session)
    elif last == "referred":
        step = _referred(desk, live, session)
    elif last == "rungback":
        step = "end" if _came_back(live) else "callback"
    else:  # the responder was to fetch the caller and is gone
        step = _ring_back(desk, live, session)
    session.set_variable("SHOUWEN_NEXT", step)


def _after_talk(desk: Desk, live: LiveCall, session: Session) -> str:
    live.wait_for(lambda call: call.feature_channel is None, SETTLE_S)
    open_ = handing.pending(live)
    dropped, live.dropped = live.dropped, False
    if open_ is not None and open_.is_briefed:
        return _dial(desk, live, session, open_)
    if open_ is not None:
        handing.end(desk, live, open_.number, HandoffOutcome.CANCELLED)
        return _ring_back(desk, live, session)
    return _ring_back(desk, live, session) if dropped else "end"


def _start(desk: Desk, live: LiveCall, session: Session) -> str:
    open_ = handing.pending(live)
    if open_ is None:  # *1 while the colleague's phone still rang
        return _back(desk, live, session)
    return _dial(desk, live, session, open_)


def _dial(desk: Desk, live: LiveCall, session: Session, open_: Pending) -> str:
    left_s = open_.left(desk.clock()).total_seconds()
    if left_s <= 0:
        handing.end(desk, live, open_.number, HandoffOutcome.TIMED_OUT)
        return _back(desk, live, session) if open_.mode is Mode.LIVE else _ring_back(desk, live, session)
    live.colleague_channel = None
    session.set_variable("SHOUWEN_TO", open_.to)
    session.set_variable("SHOUWEN_TO_S", f"{min(left_s, desk.settings.ring_timeout_s):.2f}")
    session.set_variable("SHOUWEN_RESPONDER", open_.channel if open_.mode is Mode.LIVE else "")
    return "dial"


def _after_dial(desk: Desk, live: LiveCall, session: Session) -> str:
    request = live.last(Kind.HANDOFF_REQUESTED)
    open_ = handing.pending(live)
    if open_ is not None:
        handing.end(desk, live, open_.number, _verdict(desk, live, session, open_))
    ended = live.last(Kind.HANDOFF_ENDED)
    if ended is not None and ended.data["outcome"] == HandoffOutcome.ACCEPTED:
        return _after_talk(desk, live, session)
    if request is not None and request.data["mode"] == Mode.LIVE:
        return _back(desk, live, session)
    return _ring_back(desk, live, session)


def _verdict(desk: Desk, live: LiveCall, session: Session, open_: Pending) -> HandoffOutcome:
    """Why the colleague did not take the caller, from what Dial and the phone's SIP answer say."""
    if live.colleague_channel:  # they answered and hung up before a key, or in the consult
        return HandoffOutcome.REFUSED
    status = re.search(r"\b([3-6]\d\d)\b", session.arg(3))
    if (status and int(status[1]) in REFUSALS) or session.arg(2) == "BUSY":
        return HandoffOutcome.REFUSED
    if open_.left(desk.clock()).total_seconds() <= 0.05:
        return HandoffOutcome.TIMED_OUT
    return HandoffOutcome.NO_ANSWER


def _back(desk: Desk, live: LiveCall, session: Session) -> str:
    """The responder of a live transfer waits on the line; the dialplan rings them if they do not."""
    request = live.last(Kind.HANDOFF_REQUESTED)
    session.set_variable("SHOUWEN_RESPONDER", str(request.data["channel"]) if request else "")
    return "back"


def _ring_back(desk: Desk, live: LiveCall, session: Session) -> str:
    person = handing.current_holder(desk, live)
    if person is None:
        return "callback"
    session.set_variable("SHOUWEN_RESPONDER", "")
    session.set_variable("SHOUWEN_TO", person.extension)
    live.rung_back_after = len(live.events)
    return "ringback"


def _came_back(live: LiveCall) -> bool:
    return any(event.kind is Kind.ANSWERED for event in live.events[live.rung_back_after :])


def _referred(desk: Desk, live: LiveCall, session: Session) -> str:
    open_ = handing.pending(live)
    if open_ is not None and handing.just_handed_on(desk, live):
        return _dial(desk, live, session, open_)
    person, to = handing.current_holder(desk, live), desk.routing.acting(session.arg(4))
    if person is None or to == person.extension or not desk.routing.works_here(to):
        return _ring_back(desk, live, session)
    handing.request(desk, live, mode=Mode.PHONE, from_=person, to=to, channel="", at=desk.clock())
    open_ = handing.pending(live)
    return _dial(desk, live, session, open_) if open_ else "callback"
