"""The embedded PostgreSQL: made on first start, run as our own child, reached through a Unix socket alone."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy
from psycopg import sql

from callcenter.db.address import NAME, embedded_folder, socket_url
from callcenter.errors import ShouwenError
from callcenter.runtime import home, process
from callcenter.runtime.postgres_place import Place, place
from callcenter.settings import Settings

STOP_STEPS = ((signal.SIGINT, 5.0), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 1.0))
"""Fast shutdown, then immediate, then none at all; seconds to wait after each."""

OPTIONS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}

UNSAFE_OPTIONS: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
}
"""For data that nobody will miss: tests."""


class PostgresDidNotStart(ShouwenError):
    """PostgreSQL did not start; its log says why: `shouwen log postgres`."""


def _environment(where: Place) -> dict[str, str]:
    # argv[0] is the bare name, so that the process list reads `postgres`: it finds itself through PATH.
    return {"PATH": f"{where.programs}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def initialise(where: Place, log: Path | None = None, *, safe: bool = True) -> None:
    """Make the cluster if there is none: under another name first, so that half of one never counts."""
    if (where.data / "PG_VERSION").exists():
        return
    fresh = where.folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    command = ["initdb", "-D", str(fresh), "-U", NAME, "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--auth-local=trust", "--auth-host=reject", *([] if safe else ["--no-sync"])]
    child = process.spawn(
        command,
        executable=where.programs / "initdb",
        environment=_environment(where),
        identity=where.identity,
        log=log,
    )
    if child.wait():
        raise PostgresDidNotStart(f"initdb failed (exit code {child.returncode}): see {log}")
    fresh.rename(where.data)


def clear_leftovers(where: Place) -> None:
    """End what a killed server left running on these data; a new one refuses to start beside it."""
    if not process.end_all(process.working_in(where.data, "postgres"), STOP_STEPS):
        raise PostgresDidNotStart(f"an earlier PostgreSQL on {where.data} does not end: kill it")
    if (where.data / "postmaster.pid").exists():
        # Nobody works in there, so a process that has the id by now is another program's.
        (where.data / "postmaster.pid").unlink()


def launch(where: Place, log: Path, options: Mapping[str, str] = OPTIONS) -> subprocess.Popen[bytes]:
    """Start the server as a child that shuts down fast when we die."""
    clear_leftovers(where)
    arguments = ["postgres", "-D", str(where.data), "-k", str(where.sockets)]
    for name, value in options.items():
        arguments += ["-c", f"{name}={value}"]
    return process.spawn(
        arguments,
        executable=where.programs / "postgres",
        environment=_environment(where),
        identity=where.identity,
        log=log,
        death_signal=signal.SIGINT,
    )


def start(settings: Settings) -> subprocess.Popen[bytes]:
    """Start the embedded PostgreSQL of this home, making its cluster on first start; it is not yet ready."""
    where = place(embedded_folder(settings))
    log = home.log_file(settings, "postgres")
    initialise(where, log)
    return launch(where, log)


def wait_ready(child: subprocess.Popen[bytes] | None, url: str, timeout_s: float = 30) -> None:
    """Return once the server answers; raises PostgresDidNotStart when it ends or takes longer."""
    deadline = time.monotonic() + timeout_s
    while not _answers(url):
        if child is not None and child.poll() is not None:
            raise PostgresDidNotStart
        if time.monotonic() > deadline:
            raise PostgresDidNotStart(f"the database did not answer within {timeout_s:.0f} s")
        time.sleep(0.05)


def _maintenance(url: str) -> psycopg.Connection:
    """A connection to the database that every server has."""
    address = sqlalchemy.make_url(url).set(drivername="postgresql", database="postgres")
    return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True, connect_timeout=3)


def _answers(url: str) -> bool:
    try:
        _maintenance(url).close()
    except psycopg.OperationalError:
        return False
    return True


def ensure_database(url: str, name: str = NAME) -> None:
    """Have a database of that name on the embedded server."""
    with _maintenance(url) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
        if found is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))


def stop(child: subprocess.Popen[bytes]) -> None:
    """End the server: fast, else at once; returns when it is gone."""
    for number, wait_s in STOP_STEPS:
        child.send_signal(number)
        if process.wait(child, wait_s):
            return
    child.wait()


@contextmanager
def temporary_postgres(path: Path) -> Iterator[str]:
    """A server with an empty database in that folder, without fsync: for tests. Gives the SQLAlchemy URL."""
    where = place(path)
    log = path / "postgres.log"
    initialise(where, log, safe=False)
    child = launch(where, log, {**OPTIONS, **UNSAFE_OPTIONS})
    url = socket_url(where.sockets)
    try:
        wait_ready(child, url)
        ensure_database(url)
        yield url
    finally:
        stop(child)
        if where.sockets.parent != where.folder:
            shutil.rmtree(where.sockets, ignore_errors=True)
