"""The log of who saw which personal data when (T31): written with the look itself, read by managers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from callcenter.domain.access import Access, Via, actor_of
from callcenter.services.cursors import BadCursor, read_cursor, write_cursor

ONE_LOOK = timedelta(minutes=1)
"""The same look by the same person within this time is one row: a page that reloads itself must not fill the table."""


class Accesses(Protocol):
    """The log of accesses; see `callcenter.db.access`."""

    def add(self, access: Access, unless_since: datetime) -> bool: ...
    def page(
        self, subjects: Sequence[str], after: tuple[datetime, str] | None, limit: int
    ) -> list[tuple[int, Access]]: ...


class AccessUnitOfWork(Protocol):
    """A transaction that keeps the log of accesses."""

    @property
    def accesses(self) -> Accesses: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPage:
    """Accesses, newest first, and the cursor of the page after."""

    items: tuple[Access, ...]
    next: str | None


def record_access(
    uow: AccessUnitOfWork,
    *,
    extension: str,
    name: str,
    via: Via,
    subject: str,
    what: str,
    now: datetime,
) -> bool:
    """Note a look at personal data, in the transaction that reads them; whether a row was written.

    `name` is that of the program if `extension` is empty. Nothing seen in full (`what` empty): nothing to note. The
    caller commits before the answer goes out: what cannot be noted is not shown.
    """
    if not what:
        return False
    access = Access(at=now, actor=actor_of(extension, name), via=via, subject=subject, what=what)
    return uow.accesses.add(access, unless_since=now - ONE_LOOK)


def accesses_to(
    uow: AccessUnitOfWork, subjects: Sequence[str], *, cursor: str | None = None, limit: int = 100
) -> AccessPage:
    """Who looked at these subjects (a ticket and its call); raises BadCursor."""
    after = read_cursor(cursor) if cursor else None
    if after is not None and not re.fullmatch(r"\d{1,18}", after[1], re.ASCII):
        raise BadCursor
    found = uow.accesses.page(subjects, after, limit + 1)
    more = len(found) > limit
    found = found[:limit]
    following = write_cursor(found[-1][1].at, str(found[-1][0])) if more and found else None
    return AccessPage(items=tuple(access for _, access in found), next=following)
