"""The drill: back up while somebody goes on working, restore into a new home, find the same."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from callcenter.bootstrap import unit_of_work_factory
from callcenter.cli import main
from callcenter.db import migrate
from callcenter.db.address import embedded_folder, socket_url, sockets_in
from callcenter.db.engine import create_engine
from callcenter.domain.policy import RuleBook
from callcenter.errors import ShouwenError
from callcenter.runtime import (
    anchors,
    backup_database,
    backup_programs,
    home,
    postgres,
    postgres_place,
    process,
)
from callcenter.runtime.auditing import verify_home
from callcenter.runtime.backup import back_up
from callcenter.runtime.postgres_place import wheel_programs
from callcenter.runtime.restore import STAGE, RestoreRefused, restore
from callcenter.services.ticket_forms import next_console_number
from callcenter.settings import Settings
from tests.support.backups import FRIDAY, OTHERS, Desk, desk, elsewhere, new_home, place, quiet, rows
from tests.support.databases import server_folder

__all__ = ["desk", "elsewhere", "new_home", "place"]


def test_the_drill(
    desk: Desk, settings: Settings, place: Path, new_home: Path, rule_book: RuleBook, tmp_path: Path
) -> None:
    """S41: what is kept can be brought back, the embedded database too, while work goes on."""
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            desk.work()

    writer = threading.Thread(target=go_on)
    writer.start()
    told: list[str] = []
    try:
        done = back_up(settings, place, told.append)
    finally:
        stop.set()
        writer.join()
    assert desk.steps > 10
    assert done.manifest.not_found == ()
    assert done.manifest.counts["tickets"] >= 10
    assert done.manifest.counts["events"] == 2 * done.manifest.counts["tickets"]
    assert sorted(entry.name for entry in place.iterdir()) == [
        "anchors.jsonl",
        "attachments",
        "database.dump",
        "demo-accounts.json",
        "demo-calls-placed",
        "inbox",
        "journal.db",
        "manifest.json",
        "policies",
        "recordings",
    ]
    for parent, folders, files in os.walk(place):
        assert all(stat.S_IMODE((Path(parent) / name).stat().st_mode) == 0o600 for name in files)
        assert all(stat.S_IMODE((Path(parent) / name).stat().st_mode) == 0o700 for name in folders)

    target = Settings(home=new_home, database_url=None)
    restored = restore(target, place, told.append)
    assert restored.findings.faults == []
    assert restored.findings.anchors == 1
    assert restored.counts == {**restored.counts, **done.manifest.counts}
    assert not (new_home / STAGE).exists()

    with backup_database.served(target) as url:
        # a second server on the restored files, as `shouwen run` would start it
        assert migrate.is_current(url)
        here, there = rows(url), rows(settings.database_url or "")
        for table, found in here.items():
            assert found == there[table][: len(found)], table
        assert verify_home(target.model_copy(update={"database_url": url})).ok
        engine = create_engine(url)
        with unit_of_work_factory(target, 10, engine=engine, rules=rule_book)() as uow:
            number = next_console_number(uow, FRIDAY.date())
            assert number == "261120-0-001"
            names = uow.session.scalars(text("SELECT path FROM recording")).all()
        engine.dispose()
    assert len(names) == done.manifest.counts["recordings"]
    for name in (*names,):
        copied = (new_home / "recordings" / name).read_bytes()
        assert copied == (settings.recordings / name).read_bytes()
    for name in OTHERS:
        assert (new_home / name).read_text() == name
        assert stat.S_IMODE((new_home / name).stat().st_mode) == 0o600
    with sqlite3.connect(new_home / "journal.db") as journal:
        (events,) = journal.execute("SELECT count(*) FROM event").fetchone()
    assert done.manifest.counts["tickets"] <= events <= desk.steps
    home.prepare(target)
    with home.locked(target):
        pass


def test_a_database_of_the_operators_own_is_filled(
    desk: Desk, settings: Settings, place: Path, new_home: Path, elsewhere: str
) -> None:
    back_up(settings, place, quiet)
    target = Settings(home=new_home, database_url=elsewhere)
    assert restore(target, place, quiet).findings.ok
    assert rows(elsewhere) == rows(settings.database_url or "")
    with pytest.raises(RestoreRefused, match="not empty"):
        restore(target, place, quiet)
    with pytest.raises(RestoreRefused, match="createdb"):
        restore(target.model_copy(update={"home": new_home.parent / "other"}), place, quiet)
    assert not (new_home.parent / "other").exists()


def test_an_older_backup_is_brought_up_to_date(
    desk: Desk, settings: Settings, place: Path, new_home: Path, elsewhere: str
) -> None:
    migrate.downgrade(settings.database_url or "", "0007")
    assert "accesses" not in back_up(settings, place, quiet).manifest.counts
    restore(Settings(home=new_home, database_url=elsewhere), place, quiet)
    assert migrate.is_current(elsewhere)


def test_a_fault_in_the_log_is_restored_and_told(
    desk: Desk,
    settings: Settings,
    place: Path,
    new_home: Path,
    elsewhere: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = make_url(settings.database_url or "").set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        connection.execute("ALTER TABLE ticket_event DISABLE TRIGGER ALL")
        connection.execute(
            "UPDATE ticket_event SET actor = '102' WHERE ticket_number = '261120-1-004' AND seq = 2"
        )
        connection.execute("ALTER TABLE ticket_event ENABLE TRIGGER ALL")
    back_up(settings, place, quiet)
    monkeypatch.setenv("SHOUWEN_HOME", str(new_home))
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", elsewhere)
    assert run(monkeypatch, "restore", str(place)) == 1
    shown = capsys.readouterr().out
    assert "ticket 261120-1-004, event 2: event_changed" in shown
    assert "tickets: 10 of 10" in shown
    assert f"restored into {new_home}" in shown
    assert (new_home / "recordings" / "261120-1-010.wav").exists()


def test_a_recording_that_is_gone_is_told_not_fatal(desk: Desk, settings: Settings, place: Path) -> None:
    (settings.recordings / "261120-1-002.wav").unlink()
    told: list[str] = []
    assert back_up(settings, place, told.append).manifest.not_found == ("recordings/261120-1-002.wav",)
    assert any("1 files" in line for line in told)


def test_without_a_database_there_is_one_line(tmp_path: Path, place: Path) -> None:
    with pytest.raises(backup_database.NoDatabase, match="SHOUWEN_HOME"):
        back_up(Settings(home=tmp_path / "nothing", database_url=None), place, quiet)
    nobody = Settings(home=tmp_path, database_url="postgresql://shouwen:geheim@127.0.0.1:1/shouwen")
    with pytest.raises(ShouwenError) as caught:
        back_up(nobody, place, quiet)
    assert "geheim" not in str(caught.value)
    assert not place.exists()


def test_the_embedded_database_is_backed_up_running_and_stopped(tmp_path: Path, place: Path) -> None:
    settings = Settings(home=tmp_path / "home", database_url=None)
    home.prepare(settings)
    with home.locked(settings), backup_database.running(settings) as url:
        migrate.upgrade(url)
        running = back_up(settings, place, quiet).manifest
    stopped = back_up(settings, place.parent / "tuesday", quiet).manifest
    assert running.counts == stopped.counts == dict.fromkeys(backup_database.COUNTED, 0)
    assert not home.is_locked(settings)
    # nothing outside was left: a long home has its sockets elsewhere
    restored = Settings(home=place.parent / ("x" * 120), database_url=None)
    homes = (restored, restored.model_copy(update={"home": restored.home / STAGE}))
    sockets = [sockets_in(embedded_folder(each)) for each in homes]
    assert not any(folder.is_relative_to(restored.home) for folder in sockets)
    assert restore(restored, place, quiet).findings.ok
    assert verify_home(restored).ok
    assert not any(folder.exists() for folder in sockets)


def test_the_password_is_not_among_the_arguments(
    desk: Desk, settings: Settings, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The programs are watched through stand-ins that write down how they were called."""
    programs = tmp_path / "programs"
    programs.mkdir()
    seen = tmp_path / "seen"
    wheel = wheel_programs()
    for name in ("pg_dump", "pg_restore"):
        script = programs / name
        script.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nenv >> {seen}\nexec {wheel / name} "$@"\n')
        script.chmod(0o700)
    monkeypatch.setattr(backup_programs, "wheel_programs", lambda: programs)
    url = make_url(settings.database_url or "").set(password="ge:heim")
    shown = url.render_as_string(hide_password=False)
    back_up(settings.model_copy(update={"database_url": shown}), place, quiet)
    assert "ge:heim" not in seen.read_text()
    assert "PGPASSFILE" in seen.read_text()


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["shouwen", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_commands(
    desk: Desk,
    settings: Settings,
    place: Path,
    new_home: Path,
    elsewhere: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SHOUWEN_HOME", str(settings.home))
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", settings.database_url or "")
    assert run(monkeypatch, "backup", str(place)) == 0
    assert f"backup in {place}: 10 tickets, 20 events" in capsys.readouterr().out
    assert run(monkeypatch, "backup", str(place)) == 1
    assert capsys.readouterr().err.startswith("error: ")
    monkeypatch.setenv("SHOUWEN_HOME", str(new_home))
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", elsewhere)
    assert run(monkeypatch, "restore", str(place)) == 0
    shown = capsys.readouterr().out
    assert "events: 20 of 20" in shown
    assert "nothing is changed or missing" in shown
    assert run(monkeypatch, "audit", "verify") == 0
    assert anchors.anchor_file(Settings(home=new_home)).exists()


def test_a_server_older_than_the_dump_program_takes_it(
    desk: Desk, settings: Settings, place: Path, new_home: Path, tmp_path: Path
) -> None:
    """PostgreSQL 15 and 16 refuse a setting that every later pg_restore begins with."""
    programs = wheel_programs().parents[1] / "pginstall" / "bin"
    assert (programs / "postgres").exists(), "the locked wheel brings PostgreSQL 16 beside 18"
    back_up(settings, place, quiet)
    with server_folder() as folder:
        older = replace(postgres_place.place(folder / "postgres"), programs=programs)
        environment = {"PATH": f"{programs}:/usr/bin:/bin", "LC_ALL": "C"}
        words = [
            "initdb",
            "-D",
            str(older.data),
            "-U",
            "shouwen",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]
        made = process.spawn(
            words, executable=programs / "initdb", environment=environment, identity=older.identity
        )
        assert made.wait() == 0
        server = postgres.launch(older, folder / "log", {**postgres.OPTIONS, **postgres.UNSAFE_OPTIONS})
        try:
            url = socket_url(older.sockets)
            postgres.wait_ready(server, url)
            postgres.ensure_database(url)
            assert restore(Settings(home=new_home, database_url=url), place, quiet).findings.ok
            assert rows(url) == rows(settings.database_url or "")
        finally:
            postgres.stop(server)
