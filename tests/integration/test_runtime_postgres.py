"""The embedded PostgreSQL as it is really run."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from callcenter.db.address import database_url, embedded_folder
from callcenter.runtime import home, postgres, process
from callcenter.settings import Settings
from tests.polling import until


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    before = os.umask(0o077)
    settings = Settings(home=tmp_path / "home", database_url=None)
    home.prepare(settings)
    yield settings
    os.umask(before)


def ask(url: str, question: str) -> object:
    address = sqlalchemy.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, connect_timeout=3) as connection:
        done = connection.execute(question.encode())
        row = done.fetchone() if done.description else None
        return row[0] if row else None


def test_first_start_second_start_and_data_that_stay(settings: Settings) -> None:
    url = database_url(settings)
    for start in range(2):
        child = postgres.start(settings)
        try:
            postgres.wait_ready(child, url)
            postgres.ensure_database(url)
            if start == 0:
                assert ask(url, "show fsync") == "on"
                assert ask(url, "show server_encoding") == "UTF8"
                ask(url, "create table kept (word) as values ('守问')")
            assert ask(url, "select word from kept") == "守问"
        finally:
            postgres.stop(child)
        assert child.returncode == 0


def test_it_listens_on_no_network_and_only_its_owner_reads_its_files(settings: Settings) -> None:
    url = database_url(settings)
    child = postgres.start(settings)
    try:
        postgres.wait_ready(child, url)
        assert ask(url.replace("/shouwen?", "/postgres?"), "show listen_addresses") == ""
        assert Path(f"/proc/{child.pid}/comm").read_text() == "postgres\n"
        assert Path(f"/proc/{child.pid}/cmdline").read_text().startswith("postgres\0")
        assert Path(f"/proc/{child.pid}/status").read_text().split("Uid:\t")[1].split()[0] != "0"
    finally:
        postgres.stop(child)
    for parent, _folders, files in os.walk(settings.home):
        for name in files:
            assert stat.S_IMODE((Path(parent) / name).lstat().st_mode) & 0o077 == 0, name


def test_no_folder_outside_the_home_changes_its_mode(settings: Settings) -> None:
    above = [folder for folder in settings.home.parents]
    before = [folder.stat().st_mode for folder in above]
    child = postgres.start(settings)
    postgres.wait_ready(child, database_url(settings))
    postgres.stop(child)
    assert [folder.stat().st_mode for folder in above] == before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_what_a_killed_or_frozen_server_left_is_no_obstacle(settings: Settings, number: int) -> None:
    url = database_url(settings)
    first = postgres.start(settings)
    postgres.wait_ready(first, url)
    first.send_signal(number)
    second = postgres.start(settings)
    try:
        first.wait(10)
        postgres.wait_ready(second, url)
    finally:
        postgres.stop(second)


def test_a_half_made_cluster_is_made_again(settings: Settings) -> None:
    unfinished = embedded_folder(settings) / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    child = postgres.start(settings)
    postgres.wait_ready(child, database_url(settings))
    postgres.stop(child)
    assert not unfinished.exists()


def test_a_long_home_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    with postgres.temporary_postgres(folder) as url:
        assert ask(url, "select 1") == 1
        sockets = Path(str(sqlalchemy.make_url(url).query["host"]))
        assert not sockets.is_relative_to(folder)
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert not sockets.exists()


def test_a_server_that_does_not_start_is_one_line(settings: Settings) -> None:
    child = postgres.start(settings)
    postgres.wait_ready(child, database_url(settings))
    postgres.stop(child)
    (embedded_folder(settings) / "data" / "global" / "pg_control").unlink()
    broken = postgres.start(settings)
    with pytest.raises(postgres.PostgresDidNotStart, match="shouwen log postgres") as caught:
        postgres.wait_ready(broken, database_url(settings))
    assert "\n" not in str(caught.value)
    assert "pg_control" in home.log_file(settings, "postgres").read_text()


def test_only_servers_count_as_left_over(settings: Settings, tmp_path: Path) -> None:
    bystander = process.spawn(["sleep", "1000"], folder=tmp_path)
    try:
        until(lambda: os.readlink(f"/proc/{bystander.pid}/cwd") == str(tmp_path))
        assert process.working_in(tmp_path, "postgres") == []
        assert until(lambda: process.working_in(tmp_path, "sleep")) == [bystander.pid]
    finally:
        bystander.kill()
        bystander.wait()
