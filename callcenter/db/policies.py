"""The texts of policies that tickets were opened under: the table and its queries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.domain.policy import Policy

KEPT: WeakKeyDictionary[Engine, set[str]] = WeakKeyDictionary()
"""Digests that are known to be in the database, so that a busy line does not store them again and again."""


class PolicyVersionRow(Base):
    """One text of a policy, by the digest that tickets carry."""

    __tablename__ = "policy_version"

    digest: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    source: Mapped[str]
    first_used_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PolicyRepository:
    """Versions of policies."""

    def __init__(self, session: Session, engine: Engine) -> None:
        self._session = session
        self._kept = KEPT.setdefault(engine, set())
        self._fresh: set[str] = set()

    def keep(self, policy: Policy) -> None:
        """Store the policy's text unless it is there."""
        if policy.digest in self._kept or policy.digest in self._fresh:
            return
        statement = insert(PolicyVersionRow).values(
            digest=policy.digest, name=policy.name, source=policy.source
        )
        self._session.execute(statement.on_conflict_do_nothing())
        self._fresh.add(policy.digest)

    def committed(self) -> None:
        """What was stored is there for good."""
        self._kept |= self._fresh

    def source(self, digest: str) -> str | None:
        """The text of a version."""
        return self.sources([digest]).get(digest)

    def sources(self, digests: Iterable[str]) -> dict[str, str]:
        """The texts of versions, by digest; one that was not kept is left out."""
        query = select(PolicyVersionRow.digest, PolicyVersionRow.source)
        found = self._session.execute(query.where(PolicyVersionRow.digest.in_(list(digests))))
        return {digest: source for digest, source in found}
