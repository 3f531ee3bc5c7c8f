"""Live captions: has Asterisk send what each party says to the captioner, beside the call and never in its way.

Each leg is listened to (ChanSpy, one direction) by a channel of its own, an AudioSocket to the captioner's port. The
captioner may be away, slow or dead: then that channel ends, and the call goes on as it was.
"""

from __future__ import annotations

import logging
import threading

from agi.desk import Desk
from agi.live import LiveCall
from callcenter.runtime import captions
from callcenter.runtime.captions import Leg

log = logging.getLogger(__name__)


def begin(desk: Desk, live: LiveCall, channel: str, extension: str, *, caller_too: bool) -> None:
    """Have the phone's leg captioned, and the caller's with the first one; returns at once."""
    if desk.settings.captions == "off":
        return
    language = (live.call.language if live.call else None) or desk.settings.language
    legs = [(Leg(linkedid=live.linkedid, extension=extension, language=language), channel)]
    if caller_too:
        # the caller's channel began the call: its uniqueid is the call's linkedid
        legs.insert(0, (Leg(linkedid=live.linkedid, extension="", language=language), live.linkedid))
    threading.Thread(target=_tap, args=(desk, legs), name="captions", daemon=True).start()


def _tap(desk: Desk, legs: list[tuple[Leg, str]]) -> None:
    for leg, channel in legs:
        place = captions.ask(desk.settings, leg)
        if place is None:
            log.info("no captions for this leg linkedid=%s", leg.linkedid)
            return
        desk.manager.tap(channel, port=place.port, id_=place.id)
