"""The files of a ticket and the link for an opinion, as the ticket's page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.domain.attachments import LARGEST, Attachment, Source
from callcenter.domain.tickets import EventKind, NotAllowed, Ticket, next_status
from web.i18n import Speech
from web.labels import Icon


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One file; `who` is a name, or empty for what came from the person served. `size` in words."""

    id: int
    name: str
    icon: str
    size: str
    who: str
    at: datetime


def attachment_values(
    files: Sequence[Attachment], ticket: Ticket, names: Mapping[str, str], say: Speech, *, full: bool
) -> dict[str, Any]:
    """What `parts/attachments.html` and `parts/opinion_link.html` need; `full`: the reader sees the whole ticket."""
    lines = [
        FileLine(
            id=each.id,
            name=each.file.name,
            icon=_icon(each.file.media_type).name,
            size=_size(each.file.size, say),
            who="" if each.source is Source.SERVICE_ACCOUNT else names.get(each.added_by, each.added_by),
            at=each.added_at,
        )
        for each in files
    ]
    return {
        "files": lines if full else [],
        "files_hidden": bool(files) and not full,
        "may_attach": full and _allows(ticket, EventKind.ATTACHED),
        "may_ask_opinion": full and _allows(ticket, EventKind.SATISFACTION_ASKED),
        "largest_mib": LARGEST // 2**20,
    }


def _allows(ticket: Ticket, event: EventKind) -> bool:
    try:
        next_status(ticket.status, event)
    except NotAllowed:
        return False
    return True


def _icon(media_type: str) -> Icon:
    if media_type.startswith("image/"):
        return Icon("photo")
    if media_type.startswith("audio/"):
        return Icon("microphone")
    if media_type.startswith("video/"):
        return Icon("video")
    return Icon("file-text")


def _size(size: int, say: Speech) -> str:
    if size < 1000 * 1024:
        return say.gettext("%(count)s KB") % {"count": max(1, round(size / 1024))}
    return say.gettext("%(count)s MB") % {"count": f"{size / 2**20:.1f}"}
