"""What `*2` and `*3` share: the caller hears music while the responder keys a colleague's extension."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agi import handing
from agi.desk import Desk
from agi.errors import HungUp
from agi.live import LiveCall
from agi.protocol import Session
from agi.say import DIGIT_GAP_MS, KEY_TIMEOUT_MS, Voice

ATTEMPTS = 3


@contextmanager
def in_feature(desk: Desk, live: LiveCall, session: Session) -> Iterator[bool]:
    """Mark that the caller is alone with the music; a hang-up inside means they still need somebody.

    Yields whether the key counts: not when the console handed the caller on in this very moment.
    """
    with live.changed:
        counts = not handing.just_handed_on(desk, live)
        if counts:
            live.feature_channel = session.env.get("channel", "")
    if not counts:
        yield False
        return
    try:
        yield True
    except HungUp:
        live.dropped = True
        raise
    finally:
        with live.changed:
            live.feature_channel = None
            live.changed.notify_all()


def ask_colleague(desk: Desk, voice: Voice, own: str) -> str | None:
    """The extension of a colleague or of their stand-in, asked for three times at most; None when none was given."""
    prompt = "handoff-extension"
    for _ in range(ATTEMPTS):
        typed = voice.digits(prompt, first_ms=KEY_TIMEOUT_MS, gap_ms=DIGIT_GAP_MS)
        if typed and typed != own and desk.routing.works_here(typed):
            to = desk.routing.acting(typed)
            if to != own:  # who stands in themselves has to name somebody else
                return to
        prompt = "handoff-invalid"
    return None
