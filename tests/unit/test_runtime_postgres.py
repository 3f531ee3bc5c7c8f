"""The database's address, and where the embedded one may run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from callcenter.db.address import DatabaseUrlWrong, database_url
from callcenter.runtime.postgres_place import PostgresUnusable, may_pass, wheel_programs
from callcenter.settings import Settings


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgres://u@h:5433/d", "postgresql+psycopg://u@h:5433/d"),
        ("postgresql+psycopg://h/d?sslmode=require", "postgresql+psycopg://h/d?sslmode=require"),
        ("postgresql://u:p%40ss@h/d", "postgresql+psycopg://u:p%40ss@h/d"),
    ],
)
def test_a_given_address_is_written_for_our_driver(given: str, url: str) -> None:
    assert database_url(Settings(database_url=given)) == url


@pytest.mark.parametrize("given", ["mysql://h/d", "sqlite:///x", "not a url"])
def test_another_kind_of_database_is_refused_in_one_line(given: str) -> None:
    with pytest.raises(DatabaseUrlWrong, match="must read postgresql://"):
        database_url(Settings(database_url=given))


def test_the_embedded_database_is_behind_a_socket_in_the_home() -> None:
    url = database_url(Settings(home=Path("/h"), database_url=None))
    assert url == "postgresql+psycopg://shouwen@/shouwen?host=%2Fh%2Fpostgres%2Frun"


def test_who_may_pass_is_decided_by_the_one_class_that_applies(tmp_path: Path) -> None:
    uid, gid = os.geteuid(), os.getegid()
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o711)
    assert may_pass(folder, uid, gid)
    folder.chmod(0o677)  # closed to the owner, though open to all others
    assert not may_pass(folder, uid, gid)
    folder.chmod(0o700)
    assert not may_pass(folder, uid + 1, gid + 1)


def test_a_closed_folder_above_closes_all_below(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "open"
    inner.mkdir(parents=True)
    inner.chmod(0o755)
    inner.parent.chmod(0o700)
    assert not may_pass(inner, os.geteuid() + 1, os.getegid() + 1)


def test_the_wheel_has_the_programs_and_no_other_version() -> None:
    assert (wheel_programs() / "initdb").exists()
    with pytest.raises(PostgresUnusable, match="written by PostgreSQL 9"):
        wheel_programs("9")
