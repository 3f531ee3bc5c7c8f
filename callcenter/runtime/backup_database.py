"""The database as a backup sees it: is it running, what is in it, held still for the time of a dump."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import sqlalchemy
from psycopg import sql
from psycopg.conninfo import make_conninfo

from callcenter.db.address import database_url, embedded_folder, sockets_in
from callcenter.errors import ShouwenError
from callcenter.runtime import home, postgres
from callcenter.settings import Settings

COUNTED = {
    "tickets": "ticket",
    "events": "ticket_event",
    "calls": "call",
    "recordings": "recording",
    "accesses": "personal_data_access",
}
"""What is counted on both sides, and in which table; one that an older database has not got is left out."""

NAMED_FILES = (("recording", "recordings"), ("attachment", "attachments"))
"""Tables whose column `path` names files, and the folder of SHOUWEN_HOME that they lie in."""


class NoDatabase(ShouwenError):
    """There is no database of ours here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The database as of one instant, held by a transaction that stays open."""

    snapshot: str
    """What pg_dump needs to see the same instant."""
    major: int
    """Version of the server."""
    revision: str
    counts: Mapping[str, int]
    files: tuple[str, ...]
    """The files that rows name, relative to SHOUWEN_HOME."""


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """The database's URL; an embedded one that nobody runs is started, and ended afterwards.

    Raises NoDatabase when there is none, HomeInUse when somebody starts the product just now.
    """
    if settings.database_url is not None or home.is_locked(settings):
        yield database_url(settings)
        return
    if not (embedded_folder(settings) / "data" / "PG_VERSION").exists():
        raise NoDatabase(f"there is no database in {settings.home}: is SHOUWEN_HOME right?")
    home.prepare(settings)
    with home.locked(settings), running(settings) as url:
        yield url


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """The embedded PostgreSQL of a home that nobody else uses; made if it is not there."""
    child = postgres.start(settings)
    try:
        url = database_url(settings)
        postgres.wait_ready(child, url)
        postgres.ensure_database(url)
        yield url
    finally:
        postgres.stop(child)
        sockets = sockets_in(embedded_folder(settings))
        if not sockets.is_relative_to(settings.home.absolute()):
            # a long home has its socket in the temporary folder
            shutil.rmtree(sockets, ignore_errors=True)


def connect(url: str) -> psycopg.Connection:
    """A connection of the driver itself; raises NoDatabase when nobody answers."""
    try:
        return psycopg.connect(conninfo(url), connect_timeout=10)
    except psycopg.OperationalError as error:
        raise NoDatabase(f"the database does not answer: {str(error).strip().splitlines()[-1]}") from error


@contextmanager
def frozen(url: str) -> Iterator[Frozen]:
    """The database as it is now, for as long as the block lasts; writers go on meanwhile."""
    with connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        revision = revision_of(connection)
        if revision is None:
            raise NoDatabase("the database has none of our tables")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield Frozen(
            snapshot=row[0] if row else "",
            major=connection.info.server_version // 10000,
            revision=revision,
            counts=counts(connection),
            files=tuple(_named_files(connection)),
        )


def revision_of(connection: psycopg.Connection) -> str | None:
    """The revision of the tables; None if there are none of ours."""
    if not _has(connection, "alembic_version", "version_num"):
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def counts(connection: psycopg.Connection) -> dict[str, int]:
    """How many rows the tables of `COUNTED` have."""
    found = {}
    for name, table in COUNTED.items():
        if _has(connection, table):
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            row = connection.execute(query).fetchone()
            found[name] = int(row[0]) if row else 0
    return found


def _named_files(connection: psycopg.Connection) -> Iterator[str]:
    for table, folder in NAMED_FILES:
        if _has(connection, table, "path"):
            query = sql.SQL("SELECT path FROM {}").format(sql.Identifier(table))
            for (path,) in connection.execute(query):
                yield f"{folder}/{path}"


def _has(connection: psycopg.Connection, table: str, column: str | None = None) -> bool:
    query = "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = coalesce(%s, attname)"
    return connection.execute(query, [sql.Identifier(table).as_string(), column]).fetchone() is not None


def conninfo(url: str) -> str:
    """The URL as libpq reads it."""
    address = sqlalchemy.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return make_conninfo(address)
