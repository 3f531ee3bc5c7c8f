"""The entries that the dialplan may call, by name: agi://host:port/NAME."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agi.answered import answered
from agi.arrive import arrive
from agi.brief import brief
from agi.callback import callback
from agi.consult import consult
from agi.desk import Desk
from agi.ended import ended
from agi.handoff import handoff
from agi.hear import hear
from agi.language import language
from agi.protocol import Session

ENTRIES: Mapping[str, Callable[[Desk, Session], None]] = {
    "arrive": arrive,
    "language": language,
    "answered": answered,
    "ended": ended,
    "brief": brief,
    "handoff": handoff,
    "hear": hear,
    "consult": consult,
    "callback": callback,
}
