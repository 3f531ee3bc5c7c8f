"""The database into a file and out of it, with PostgreSQL's own pg_dump and pg_restore."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from callcenter.errors import ShouwenError
from callcenter.runtime.backup_database import Frozen, connect, conninfo
from callcenter.runtime.postgres_place import wheel_programs

LOCK_WAIT_MS = 60_000
"""How long pg_dump waits for a table that somebody is changing the shape of."""

_NEWER_SETTING = b"SET transaction_timeout = 0;\n"
"""What pg_restore 17 and later begin with, and servers before 17 refuse."""


class DatabaseProgramFailed(ShouwenError):
    """pg_dump or pg_restore failed."""


def dump(url: str, snapshot: Frozen, target: Path) -> int:
    """Write the database as of the snapshot to `target`; the major version of the pg_dump that did it."""
    programs, major = _programs(url, snapshot.major)
    words = ["--format=custom", "--no-owner", "--no-privileges", f"--lock-wait-timeout={LOCK_WAIT_MS}"]
    words += [f"--snapshot={snapshot.snapshot}", f"--file={target}"]
    with _address(url) as (address, environment):
        _run([str(programs / "pg_dump"), "--no-password", f"--dbname={address}", *words], environment)
    target.chmod(0o600)
    return major


def load(url: str, source: Path, dumped_by: int) -> None:
    """Put a dump into a database without our tables: all of it or, raising DatabaseProgramFailed, nothing."""
    with connect(url) as connection:
        server = connection.info.server_version // 10000
    programs, major = _programs(url, max(server, dumped_by))
    restore = [str(programs / "pg_restore"), "--no-owner", "--no-privileges"]
    with _address(url) as (address, environment):
        if server >= 17 or major < 17:
            words = ["--single-transaction", "--no-password", f"--dbname={address}", str(source)]
            _run([*restore, *words], environment)
            return
        # An older server: the same by way of SQL, without the setting that it does not know.
        with tempfile.TemporaryDirectory(prefix="shouwen-") as folder:
            script = Path(folder) / "script"
            _run([*restore, f"--file={script}", str(source)], environment)
            _blank_out(script)
            psql = [str(programs / "psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--no-password"]
            _run([*psql, "--set=ON_ERROR_STOP=1", f"--dbname={address}", f"--file={script}"], environment)


def _blank_out(script: Path) -> None:
    """Put blanks in place of the setting, which stands at the beginning."""
    with script.open("r+b") as file:
        place = file.read(4096).find(_NEWER_SETTING)
        if place >= 0:
            file.seek(place)
            file.write(b" " * (len(_NEWER_SETTING) - 1))


def _programs(url: str, at_least: int) -> tuple[Path, int]:
    """Where programs of that version or later are; for a server elsewhere the system's own first: they know TLS."""
    wheel, installed = wheel_programs(), shutil.which("pg_dump")
    places = [wheel, *([Path(installed).parent] if installed else [])]
    if not str(conninfo_to_dict(conninfo(url)).get("host", "")).startswith("/"):
        places.reverse()
    for place in places:
        major = _major(place / "pg_dump")
        if major >= at_least:
            return place, major
    raise DatabaseProgramFailed(
        f"PostgreSQL {at_least} needs a pg_dump of at least that version, and there is {_major(wheel)}:"
        f" install postgresql-client-{at_least}"
    )


def _major(program: Path) -> int:
    """The program's version; 0 if it does not run."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    match = re.search(r"\) (\d+)", said)
    return int(match[1]) if match else 0


@contextmanager
def _address(url: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """How to reach the database, for a program's arguments and for its environment.

    The password goes by a file: the list of processes shows arguments to everybody. The host is the one that our own
    driver found: another build of libpq looks for sockets in another folder.
    """
    address = conninfo_to_dict(conninfo(url))
    password = address.pop("password", None)
    with connect(url) as connection:
        address |= {"host": connection.info.host, "port": connection.info.port}
    hidden = {"SHOUWEN_DATABASE_URL", "PGPASSWORD"} if password is not None else {"SHOUWEN_DATABASE_URL"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | {"LC_ALL": "C"}
    with tempfile.TemporaryDirectory(prefix="shouwen-") as folder:
        if password is not None:
            secret = Path(folder) / "password"
            escaped = re.sub(r"([\\:])", r"\\\1", str(password))
            secret.touch(0o600)
            secret.write_text(f"*:*:*:*:{escaped}\n")
            environment["PGPASSFILE"] = str(secret)
        yield make_conninfo(**{name: str(value) for name, value in address.items()}), environment


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a program to its end; raises DatabaseProgramFailed with the first error it names."""
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    if done.returncode:
        name = Path(command[0]).name
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        said = next(
            (line for line in lines if "error:" in line or "ERROR:" in line), lines[-1] if lines else ""
        )
        raise DatabaseProgramFailed(f"{name} failed: {said.removeprefix(f'{name}: ') or 'it said nothing'}")
