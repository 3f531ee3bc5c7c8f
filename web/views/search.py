"""What somebody looks for among the tickets: read from the page's form, and written back into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from callcenter.domain.periods import read_period
from callcenter.domain.tickets import Status
from callcenter.services.ports import TicketFilter
from web.viewer import Viewer
from web.views.tickets import UNFINISHED

DONE = (Status.RESOLVED, Status.CLOSED, Status.DISMISSED)
VIEWS: Mapping[str, tuple[Status, ...]] = {
    "unfinished": UNFINISHED,
    "mine": UNFINISHED,
    "unowned": UNFINISHED,
    "done": DONE,
    "all": (),
}
_STATUSES = frozenset(status.value for status in Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The form as it was sent; an empty text does not narrow."""

    view: str = "unfinished"
    status: str = ""
    q: str = ""
    since: str = ""
    until: str = ""
    kind: str = ""
    channel: str = ""
    person: str = ""
    satisfaction: str = ""

    @property
    def is_detailed(self) -> bool:
        """Whether more than words and status were asked for."""
        return any((self.since, self.until, self.kind, self.channel, self.person, self.satisfaction))

    @property
    def narrows(self) -> bool:
        """Whether anything was asked for beside the tab."""
        return self.is_detailed or bool(self.q or self.status)

    def filter(self, viewer: Viewer, zone: ZoneInfo, now: datetime) -> TicketFilter:
        """The filter for a reader; raises BadPeriod. A chosen status looks beyond the tab's own."""
        statuses = (Status(self.status),) if self.status in _STATUSES else VIEWS[self.view]
        # With "to" alone the beginning is only read, not used.
        asked = self.since or self.until
        period = read_period(self.since or None, self.until or None, zone, now) if asked else None
        return TicketFilter(
            statuses=statuses,
            mine=viewer.extension if self.view == "mine" else self.person or None,
            unowned=self.view == "unowned",
            created_from=period.start if period and self.since else None,
            created_before=period.end if period else None,
            kind=self.kind or None,
            channel=self.channel or None,
            satisfaction=self.satisfaction or None,
            q=self.q or None,
            listener=viewer.extension,
            hears_all=viewer.is_manager,
        )

    def address(self, **changed: str) -> str:
        """The list's address with these fields, some of them changed."""
        fields = {
            "view": self.view,
            "status": self.status,
            "q": self.q,
            "from": self.since,
            "to": self.until,
            "kind": self.kind,
            "channel": self.channel,
            "person": self.person,
            "satisfaction": self.satisfaction,
        } | changed
        return "/tickets?" + urlencode({key: value for key, value in fields.items() if value})
