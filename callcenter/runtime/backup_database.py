"""The database into a file and out of it, with PostgreSQL's own pg_dump and pg_restore."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from callcenter.db.address import database_url, embedded_folder
from callcenter.errors import ShouwenError
from callcenter.runtime import home, postgres
from callcenter.runtime.postgres_place import wheel_programs
from callcenter.settings import Settings

LOCK_WAIT_MS = 60_000
"""How long pg_dump waits for a table that somebody is changing the shape of."""

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


class DatabaseProgramFailed(ShouwenError):
    """pg_dump or pg_restore failed."""


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


def connect(url: str) -> psycopg.Connection:
    """A connection of the driver itself; raises NoDatabase when nobody answers."""
    try:
        return psycopg.connect(_conninfo(url), connect_timeout=10)
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
            query = psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(table))
            row = connection.execute(query).fetchone()
            found[name] = int(row[0]) if row else 0
    return found


def _named_files(connection: psycopg.Connection) -> Iterator[str]:
    for table, folder in NAMED_FILES:
        if _has(connection, table, "path"):
            query = psycopg.sql.SQL("SELECT path FROM {}").format(psycopg.sql.Identifier(table))
            for (path,) in connection.execute(query):
                yield f"{folder}/{path}"


def _has(connection: psycopg.Connection, table: str, column: str | None = None) -> bool:
    query = "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = coalesce(%s, attname)"
    return (
        connection.execute(query, [psycopg.sql.Identifier(table).as_string(), column]).fetchone() is not None
    )


def dump(url: str, snapshot: Frozen, target: Path) -> int:
    """Write the database as of the snapshot to `target`; the major version of the pg_dump that did it."""
    programs, major = _programs(url, snapshot.major, snapshot.major)
    words = ["--format=custom", "--no-owner", "--no-privileges", f"--lock-wait-timeout={LOCK_WAIT_MS}"]
    _run(programs / "pg_dump", url, [*words, f"--snapshot={snapshot.snapshot}", f"--file={target}"])
    target.chmod(0o600)
    return major


def load(url: str, source: Path, dumped_by: int) -> None:
    """Put a dump into a database without our tables: all of it or, raising DatabaseProgramFailed, nothing."""
    with connect(url) as connection:
        major = connection.info.server_version // 10000
    programs, _ = _programs(url, major, dumped_by)
    words = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    _run(programs / "pg_restore", url, [*words, str(source)])


def _programs(url: str, server: int, at_least: int) -> tuple[Path, int]:
    """Where pg_dump and pg_restore of a fitting version are, the system's own first: the wheel's speak no TLS."""
    wheel = wheel_programs()
    places = [wheel]
    installed = shutil.which("pg_dump")
    if installed and not _is_socket(url):
        places.insert(0, Path(installed).parent)
    for place in places:
        major = _major(place / "pg_dump")
        if major >= max(server, at_least):
            return place, major
    raise DatabaseProgramFailed(
        f"PostgreSQL {max(server, at_least)} needs a pg_dump of at least that version, and there is {_major(wheel)}:"
        f" install postgresql-client-{max(server, at_least)}"
    )


def _is_socket(url: str) -> bool:
    return str(conninfo_to_dict(_conninfo(url)).get("host", "")).startswith("/")


def _major(program: Path) -> int:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    match = re.search(r"\) (\d+)", said)
    return int(match[1]) if match else 0


def _run(program: Path, url: str, words: Sequence[str]) -> None:
    """Run a program on the database. Its password goes by a file: the list of processes shows arguments to all."""
    address = conninfo_to_dict(_conninfo(url))
    password = address.pop("password", None)
    environment = {name: value for name, value in os.environ.items() if name != "SHOUWEN_DATABASE_URL"}
    environment["LC_ALL"] = "C"
    with tempfile.TemporaryDirectory(prefix="shouwen-") as folder:
        if password is not None:
            secret = Path(folder) / "password"
            escaped = re.sub(r"([\\:])", r"\\\1", str(password))
            secret.touch(0o600)
            secret.write_text(f"*:*:*:*:{escaped}\n")
            environment |= {"PGPASSFILE": str(secret)}
            environment.pop("PGPASSWORD", None)
        target = make_conninfo(**{name: str(value) for name, value in address.items()})
        command = [str(program), "--no-password", f"--dbname={target}", *words]
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
        said = next((line for line in lines if "error:" in line), lines[-1])
        raise DatabaseProgramFailed(f"{program.name} failed: {said.removeprefix(f'{program.name}: ')}")


def _conninfo(url: str) -> str:
    address = sqlalchemy.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return make_conninfo(address)
