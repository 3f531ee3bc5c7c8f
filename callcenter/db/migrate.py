"""Migrations: bring a database to this version, and tell whether it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from callcenter.db.deadline import translated
from callcenter.db.engine import create_engine

_LOCK = 0x5348_4F55
"""Advisory lock: two programs that start at once must not both migrate."""


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to `revision`; harmless if it is there. Raises DatabaseUnavailable."""
    _run(url, lambda made: command.upgrade(made, revision))


def downgrade(url: str, revision: str) -> None:
    """Take the database back to `revision` (`base`: nothing of ours is left)."""
    _run(url, lambda made: command.downgrade(made, revision))


def current(url: str) -> str | None:
    """The revision of the database, None if it has none."""
    engine = _engine(url)
    try:
        with translated(), engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str:
    """The revision that this version of the program wants."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    if revision is None:
        raise LookupError("the package has no migrations")
    return revision


def is_current(url: str) -> bool:
    """Whether the database is at the revision of this version."""
    return current(url) == head()


def _run(url: str, step: Callable[[Config], None]) -> None:
    engine = _engine(url)
    try:
        with translated(), engine.connect() as connection, connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            step(config(connection))
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    return create_engine(url, pool_size=1, max_overflow=0)


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration: the revisions of this package, run on `connection`."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made
