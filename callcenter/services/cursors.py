"""Cursors of lists: a place in the order of the rows, so that rows which come in meanwhile move nothing."""

from __future__ import annotations

import base64
import json
from datetime import datetime

from callcenter.errors import ShouwenError


class BadCursor(ShouwenError):
    """This is no cursor of ours: take the one that the page before gave."""


def write_cursor(at: datetime, key: str) -> str:
    """The cursor of a place in a list ordered by instant and key."""
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), key]).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """The place that `cursor` stands for; raises BadCursor."""
    try:
        at, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = datetime.fromisoformat(at), str(key)
        place[1].encode()  # half a surrogate pair is no text
    except (ValueError, TypeError) as error:
        raise BadCursor from error
    if place[0].tzinfo is None or "\0" in place[1]:
        raise BadCursor
    return place
