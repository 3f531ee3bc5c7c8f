"""Entry `health`: how this node is. The supervisor asks each second; the console shows it."""

from __future__ import annotations

import json

from agi.desk import Desk
from agi.drainer import Drainer
from agi.protocol import Session


def health(desk: Desk, drainer: Drainer, session: Session) -> None:
    """Set SHOUWEN_HEALTH to a JSON object: asterisk, agi, journal (events that the database does not have yet)."""
    state = {
        "asterisk": "ok" if desk.manager.connected else "down",
        "agi": "ok",
        "journal": {"backlog": drainer.backlog()},
        "calls": desk.calls.in_progress(),
    }
    session.set_variable("SHOUWEN_HEALTH", json.dumps(state))
