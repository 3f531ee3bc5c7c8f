"""Console logins and API tokens. Secrets are given out once and kept as hashes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.domain.accounts import LONGEST_LOCK, ApiToken, StoredLogin, locked_for
from callcenter.domain.calls import Person
from callcenter.domain.staff import Role
from callcenter.domain.text import clean
from callcenter.services.ports import UnitOfWork

LOGIN_LASTS = timedelta(hours=12)
LOGIN_IDLE = timedelta(hours=2)
USER_FAILURES = 5
ADDRESS_FAILURES = 20
"""A school's staff share one address, so it is given more failures than a user."""

_NOTED_EVERY = timedelta(minutes=1)
"""How exact "last seen" and "last used" are: a row is not written for every request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A new login: `token` is the cookie, `csrf` goes into forms."""

    token: str
    csrf: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRefused:
    """Wrong name or password, or too many of them: then nobody is let in before `wait` has passed."""

    wait: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """Who a request comes from."""

    person: Person
    role: Role
    csrf: str


def log_in(
    uow: UnitOfWork, *, username: str, password: str, address: str, now: datetime
) -> Login | LoginRefused:
    """A login, or a refusal. Commit in both cases: a refusal counts.

    An unknown name takes as long as a wrong password. While somebody is locked out their password is not read,
    so that guesses made meanwhile tell nothing.
    """
    name = (clean(username, 64) or "").casefold()
    user, place = f"user:{name}", f"address:{address}"
    wait = _wait(uow, user, place, now)
    if wait:
        return LoginRefused(wait=wait)
    profile = uow.accounts.profile(name)
    if not uow.passwords.verify(profile.password_hash if profile else None, password) or profile is None:
        for who in (user, place):
            uow.accounts.fail(who, now, now - LONGEST_LOCK)
        return LoginRefused(wait=_wait(uow, user, place, now))
    if uow.passwords.outdated(profile.password_hash):
        uow.accounts.set_password_hash(profile.person.extension, uow.passwords.hash(password))
    uow.accounts.forgive(user)
    login = Login(
        token=secrets.token_urlsafe(32), csrf=secrets.token_urlsafe(32), expires_at=now + LOGIN_LASTS
    )
    uow.accounts.add_login(
        StoredLogin(
            token_hash=_hash(login.token),
            person=profile.person,
            role=profile.role,
            csrf=login.csrf,
            created_at=now,
            expires_at=login.expires_at,
            last_seen_at=now,
        )
    )
    return login


def resolve_login(uow: UnitOfWork, token: str, now: datetime) -> LoggedIn | None:
    """Whose login the cookie `token` is; None if it has ended, run out or been idle for two hours."""
    login = uow.accounts.login(_hash(token))
    if login is None or now >= login.expires_at or now >= login.last_seen_at + LOGIN_IDLE:
        return None
    if now >= login.last_seen_at + _NOTED_EVERY:
        uow.accounts.seen(login.token_hash, now)
    return LoggedIn(person=login.person, role=login.role, csrf=login.csrf)


def log_out(uow: UnitOfWork, token: str) -> None:
    """End the login of this cookie; nothing happens if there is none."""
    uow.accounts.remove_login(_hash(token))


def create_token(uow: UnitOfWork, *, name: str, role: Role, now: datetime) -> str:
    """A new API token: the secret is given out here and nowhere else."""
    secret = f"sw_{secrets.token_urlsafe(32)}"
    uow.accounts.add_token(name=clean(name, 64) or "token", role=role, token_hash=_hash(secret), at=now)
    return secret


def resolve_token(uow: UnitOfWork, secret: str, now: datetime) -> ApiToken | None:
    """The API token with this secret; None if there is none or it was revoked."""
    token = uow.accounts.token(_hash(secret))
    if token is not None and (token.last_used_at is None or now >= token.last_used_at + _NOTED_EVERY):
        uow.accounts.token_used(token.id, now)
    return token


def _wait(uow: UnitOfWork, user: str, place: str, now: datetime) -> timedelta:
    return max(
        locked_for(uow.accounts.failures(user), USER_FAILURES, now),
        locked_for(uow.accounts.failures(place), ADDRESS_FAILURES, now),
    )


def _hash(secret: str) -> str:
    """SHA-256 is enough: the secrets are 256 random bits, not passwords."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
