"""Where the tests' server lies, and copies of its databases: a test writes into one of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.polling import until

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 1 << 30


@contextmanager
def server_folder() -> Iterator[Path]:
    """A fresh folder for a server, in memory where there is enough: a copy of a database is a thousand new files.

    Its path is short enough for a socket, and as root it is open to the database's user.
    """
    folder = Path(tempfile.mkdtemp(prefix="shouwen-", dir=MEMORY if _has_room(MEMORY) else None))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ENOUGH_BYTES


@contextmanager
def clone(source: str, name: str) -> Iterator[str]:
    """A copy of a database that nobody is connected to, as long as it is needed."""
    origin = make_url(source)
    server = origin.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    names = {"name": sql.Identifier(name), "origin": sql.Identifier(origin.database or "")}
    # File by file, not through the log, which nobody will read.
    copy = sql.SQL("CREATE DATABASE {name} TEMPLATE {origin} STRATEGY file_copy").format(**names)
    users = sql.SQL("SELECT count(*) FROM pg_stat_activity WHERE datname = {}").format(name)

    with psycopg.connect(server, autocommit=True) as connection:

        def is_free() -> bool:
            found = connection.execute(users).fetchone()
            return found is None or found[0] == 0

        connection.execute(copy)
        yield origin.set(database=name).render_as_string(hide_password=False)
        # The server's side of a closed connection lives on for a moment, and DROP would look again after a tenth of a
        # second only. Who is still there then is ended by FORCE.
        with suppress(AssertionError):
            until(is_free, within_s=0.1, every_s=0.002)
        connection.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(name=names["name"]))
