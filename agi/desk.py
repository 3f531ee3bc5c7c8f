"""What every entry needs: the calls in progress, the staff, ticket numbers, the way back to Asterisk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agi.ami import Manager
from agi.live import LiveCalls
from agi.numbering import Numbering
from agi.routing import Routing
from agi.waiting import Waiting
from callcenter.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Handed to each entry; built once in `agi.main`."""

    settings: Settings
    calls: LiveCalls
    routing: Routing
    numbering: Numbering
    manager: Manager
    clock: Callable[[], datetime]
    waiting: Waiting = field(default_factory=Waiting)

    @property
    def sounds(self) -> str:
        """Folder of the prompts; Asterisk goes on to the folder of the channel's language by itself."""
        return f"{self.settings.home}/asterisk/sounds"

    def recording_path(self, linkedid: str, purpose: str) -> str:
        """A new recording's path without ending, relative to the recordings folder; its folder exists."""
        at = self.clock().astimezone(self.settings.zone)
        folder = Path(f"{at:%Y/%m/%d}")
        (self.settings.recordings / folder).mkdir(parents=True, exist_ok=True)
        return str(folder / f"{linkedid}-{purpose}-{at:%H%M%S%f}")
