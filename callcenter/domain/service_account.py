"""Messages that came by the service account (服务号, H4): what they hold, and when their media are asked for again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

CHANNEL = "service_account"
ACCOUNT_FIELD = "account"


class NoticeKind(StrEnum):
    """What kind of message it is; the table stores these names."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    LINK = "link"
    OTHER = "other"


class MediaState(StrEnum):
    """How far a message's picture, sound or film has come."""

    PENDING = "pending"
    KEPT = "kept"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message. `key` is the platform's id of it: a second delivery has the same.

    `account` is the sender's id on this service account (openid); `came_at` the platform's instant, `received_at` ours.
    """

    key: str
    account: str
    kind: NoticeKind
    text: str
    came_at: datetime
    received_at: datetime
    media_id: str | None = None
    media_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptNotice:
    """A message that is on a ticket. `acknowledged_at`: when its sender was told so."""

    key: str
    account: str
    kind: NoticeKind
    received_at: datetime
    ticket: str
    acknowledged_at: datetime | None
    media_state: MediaState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedMedia:
    """A picture, sound or film that is still with the platform; `attempts` counts the tries before this one."""

    key: str
    ticket: str
    kind: NoticeKind
    media_id: str | None
    media_url: str | None
    received_at: datetime
    attempts: int


MEDIA_LASTS = timedelta(days=3)
"""So long the platform keeps what was sent; then it cannot be had any more."""
_FIRST_PAUSE = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(hours=1)


def next_try(wanted: WantedMedia, now: datetime) -> datetime | None:
    """When to ask again after a try that failed at `now`: each pause twice the one before, an hour at most.

    None when the platform has given the file up by then.
    """
    at = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(wanted.attempts, 10))
    return at if at < wanted.received_at + MEDIA_LASTS else None
