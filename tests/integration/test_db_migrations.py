"""Every revision, up, down and up again; the tables that come of it are those of the models."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import make_url

from callcenter.db import migrate
from callcenter.db.engine import create_engine
from callcenter.db.metadata import METADATA, is_ours


@pytest.fixture
def empty_url(postgres_url: str) -> Iterator[str]:
    """A database without tables."""
    url = make_url(postgres_url).set(drivername="postgresql")
    server = url.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE empty TEMPLATE template0")
        yield url.set(database="empty").render_as_string(hide_password=False)
        connection.execute(sql.SQL("DROP DATABASE empty WITH (FORCE)"))


def leftovers(url: str) -> list[str]:
    """Tables, functions, types and sequences in the public schema but Alembic's own."""
    query = """
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
    """
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute(query) if "alembic_version" not in name]


def test_each_revision_goes_up_down_and_up(empty_url: str) -> None:
    assert migrate.current(empty_url) is None
    assert not migrate.is_current(empty_url)
    script = ScriptDirectory.from_config(migrate.config())
    revisions = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    for revision in revisions:
        migrate.upgrade(empty_url, revision)
        migrate.downgrade(empty_url, "-1")
        migrate.upgrade(empty_url, revision)
        assert migrate.current(empty_url) == revision
    assert migrate.is_current(empty_url)
    migrate.downgrade(empty_url, "base")
    assert leftovers(empty_url) == []
    migrate.upgrade(empty_url)
    assert migrate.is_current(empty_url)


def test_models_and_migrations_agree(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    options = {
        "compare_type": True,
        "include_name": lambda name, kind, parents: kind != "table" or is_ours(name),
    }
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
    engine.dispose()
    assert differences == []


def test_two_programs_may_upgrade_at_once(empty_url: str) -> None:
    errors: list[Exception] = []

    def upgrade() -> None:
        try:
            migrate.upgrade(empty_url)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert migrate.is_current(empty_url)
