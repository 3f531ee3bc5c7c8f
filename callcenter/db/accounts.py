"""Console logins, failed ones, and API tokens: their tables and queries. Secrets are kept as hashes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.db.staff import StaffRow
from callcenter.domain.accounts import ApiToken, Failures, Profile, StoredLogin
from callcenter.domain.calls import Person
from callcenter.domain.staff import Role


class WebLoginRow(Base):
    """A console login. `token_hash` is SHA-256, in hex, of the cookie."""

    __tablename__ = "web_login"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    extension: Mapped[str] = mapped_column(ForeignKey("staff.extension"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    last_seen_at: Mapped[datetime]


class LoginAttemptRow(Base):
    """Failed logins in a row, of a user (`user:…`) or from an address (`address:…`)."""

    __tablename__ = "login_attempt"

    who: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]


class ApiTokenRow(Base):
    """A token of the JSON API. `token_hash` is SHA-256, in hex, of the secret."""

    __tablename__ = "api_token"
    __table_args__ = (CheckConstraint("role IN ('staff', 'manager')", name="role"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AccountRepository:
    """Logins and tokens in the database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def profile(self, console_user: str) -> Profile | None:
        """Whom a console name belongs to, with the hash of their password; None if nobody active has it."""
        row = self._session.scalar(
            select(StaffRow).where(StaffRow.console_user == console_user, StaffRow.active)
        )
        if row is None or row.password_hash is None:
            return None
        person = Person(extension=row.extension, name=row.name)
        return Profile(person=person, role=Role(row.role), password_hash=row.password_hash)

    def set_password_hash(self, extension: str, password_hash: str) -> None:
        """Replace the hash of a password."""
        self._session.execute(
            update(StaffRow).where(StaffRow.extension == extension).values(password_hash=password_hash)
        )

    def failures(self, who: str) -> Failures | None:
        """The failed logins in a row of `who`."""
        row = self._session.get(LoginAttemptRow, who, populate_existing=True)
        return Failures(count=row.failures, last_at=row.last_at) if row else None

    def fail(self, who: str, at: datetime, forget_before: datetime) -> None:
        """Count a failed login of `who`; those before `forget_before` no longer count."""
        fresh = insert(LoginAttemptRow).values(who=who, failures=1, last_at=at)
        self._session.execute(
            delete(LoginAttemptRow).where(LoginAttemptRow.who == who, LoginAttemptRow.last_at < forget_before)
        )
        self._session.execute(
            fresh.on_conflict_do_update(
                index_elements=[LoginAttemptRow.who],
                set_={"failures": LoginAttemptRow.failures + 1, "last_at": at},
            )
        )

    def forgive(self, who: str) -> None:
        """Forget the failed logins of `who`."""
        self._session.execute(delete(LoginAttemptRow).where(LoginAttemptRow.who == who))

    def add_login(self, login: StoredLogin) -> None:
        """Store a login, and drop those that have run out."""
        self._session.execute(delete(WebLoginRow).where(WebLoginRow.expires_at <= login.created_at))
        self._session.execute(
            insert(WebLoginRow).values(
                token_hash=login.token_hash,
                extension=login.person.extension,
                csrf=login.csrf,
                created_at=login.created_at,
                expires_at=login.expires_at,
                last_seen_at=login.created_at,
            )
        )

    def login(self, token_hash: str) -> StoredLogin | None:
        """The login with this hash, if its owner is still active."""
        found = self._session.execute(
            select(WebLoginRow, StaffRow)
            .join(StaffRow, StaffRow.extension == WebLoginRow.extension)
            .where(WebLoginRow.token_hash == token_hash, StaffRow.active)
        ).one_or_none()
        if found is None:
            return None
        row, staff = found
        return StoredLogin(
            token_hash=row.token_hash,
            person=Person(extension=staff.extension, name=staff.name),
            role=Role(staff.role),
            csrf=row.csrf,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_seen_at=row.last_seen_at,
        )

    def seen(self, token_hash: str, at: datetime) -> None:
        """Note that a login was used."""
        self._session.execute(
            update(WebLoginRow).where(WebLoginRow.token_hash == token_hash).values(last_seen_at=at)
        )

    def remove_login(self, token_hash: str) -> None:
        """End a login; nothing happens if there is none."""
        self._session.execute(delete(WebLoginRow).where(WebLoginRow.token_hash == token_hash))

    def add_token(self, *, name: str, role: Role, token_hash: str, at: datetime) -> None:
        """Store an API token."""
        self._session.execute(
            insert(ApiTokenRow).values(name=name, role=role, token_hash=token_hash, created_at=at)
        )

    def token(self, token_hash: str) -> ApiToken | None:
        """The API token with this hash, unless it was revoked."""
        row = self._session.scalar(
            select(ApiTokenRow).where(ApiTokenRow.token_hash == token_hash, ApiTokenRow.revoked_at.is_(None))
        )
        if row is None:
            return None
        return ApiToken(id=row.id, name=row.name, role=Role(row.role), last_used_at=row.last_used_at)

    def token_used(self, token_id: int, at: datetime) -> None:
        """Note that an API token was used."""
        self._session.execute(update(ApiTokenRow).where(ApiTokenRow.id == token_id).values(last_used_at=at))
