"""Accounts as values: logins, API tokens, and how long failed logins keep somebody out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.domain.calls import Person
from callcenter.domain.staff import Role

LONGEST_LOCK = timedelta(minutes=15)
_FIRST_LOCK = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Who may log in, and the hash to check their password against."""

    person: Person
    role: Role
    password_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLogin:
    """A login as it is kept: the hash of its token, not the token."""

    token_hash: str
    person: Person
    role: Role
    csrf: str
    created_at: datetime
    expires_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """An API token as it is kept, without its secret."""

    id: int
    name: str
    role: Role
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Failed logins in a row."""

    count: int
    last_at: datetime


def locked_for(failures: Failures | None, allowed: int, now: datetime) -> timedelta:
    """How much longer nobody may try; zero when they may.

    Failure number `allowed` costs 15 s, each further one twice as much, up to 15 minutes.
    """
    if failures is None or failures.count < allowed:
        return timedelta(0)
    lock = min(_FIRST_LOCK * (1 << min(failures.count - allowed, 10)), LONGEST_LOCK)
    return max(failures.last_at + lock - now, timedelta(0))
