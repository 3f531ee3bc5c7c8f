"""The drill: back up while somebody goes on working, restore into a new home, find the same; damage is refused."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url, text

from agi.journal import Journal
from callcenter.bootstrap import unit_of_work_factory
from callcenter.cli import main
from callcenter.db import migrate
from callcenter.db.address import embedded_folder, socket_url, sockets_in
from callcenter.db.engine import create_engine
from callcenter.domain.calls import CallEvent, Kind, Person
from callcenter.domain.policy import RuleBook
from callcenter.domain.staff import Role
from callcenter.domain.transcripts import Purpose, RecordedFile
from callcenter.errors import ShouwenError
from callcenter.runtime import (
    anchors,
    backup_database,
    backup_manifest,
    backup_programs,
    home,
    postgres,
    postgres_place,
    process,
)
from callcenter.runtime.auditing import verify_home
from callcenter.runtime.backup import BackupFailed, back_up
from callcenter.runtime.backup_manifest import BackupDamaged
from callcenter.runtime.postgres_place import wheel_programs
from callcenter.runtime.restore import STAGE, RestoreFailed, RestoreRefused, restore
from callcenter.services import staff, tickets
from callcenter.services.ticket_forms import next_console_number
from callcenter.settings import Settings
from tests.conftest import UowFactory

OTHERS = (
    "policies/own.toml",
    "attachments/a/b.pdf",
    "inbox/1.json",
    "demo-accounts.json",
    "demo-calls-placed",
)
FRIDAY = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
WANG = Person(extension="101", name="王敏")


def quiet(line: str) -> None:
    """Nobody listens."""


class Desk:
    """Somebody who works: each step is a ticket, its recording and a call in the journal."""

    def __init__(self, settings: Settings, units: UowFactory) -> None:
        self.settings = settings
        self.units = units
        self.journal = Journal(settings.journal)
        self.steps = 0
        settings.recordings.mkdir(exist_ok=True)

    def work(self) -> None:
        self.steps += 1
        number = f"261120-1-{self.steps:03}"
        path = f"{number}.wav"
        (self.settings.recordings / path).write_bytes(f"sound of {number}".encode() * 1000)
        self.journal.append(
            CallEvent(linkedid=f"c-{number}", at=FRIDAY, kind=Kind.ARRIVED, data={"line": "8000"})
        )
        with self.units() as uow:
            tickets.open_for_recording(
                uow,
                number=number,
                linkedid=f"c-{number}",
                at=FRIDAY,
                phone="13800138000",
                name="赵女士",
                wished_reply=None,
            )
            tickets.take(uow, number, WANG, FRIDAY)
            uow.transcripts.add(
                RecordedFile(
                    linkedid=f"c-{number}",
                    path=path,
                    purpose=Purpose.MESSAGE,
                    language="zh",
                    created_at=FRIDAY,
                    ticket=number,
                    seconds=1.0,
                )
            )
            uow.commit()


@pytest.fixture
def desk(settings: Settings, uow_factory: UowFactory) -> Iterator[Desk]:
    """Ten steps of work, an own policy, an attachment, the demonstration's passwords."""
    with uow_factory() as uow:
        staff.add_staff(uow, extension="101", name="王敏", role=Role.STAFF, now=FRIDAY)
        uow.commit()
    desk = Desk(settings, uow_factory)
    for _ in range(10):
        desk.work()
    for name in OTHERS:
        path = settings.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    yield desk
    desk.journal.close()


@pytest.fixture
def elsewhere(postgres_url: str) -> Iterator[str]:
    """A database without tables."""
    url = make_url(postgres_url).set(drivername="postgresql")
    server = url.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE restored TEMPLATE template0")
        yield url.set(database="restored").render_as_string(hide_password=False)
        connection.execute(sql.SQL("DROP DATABASE restored WITH (FORCE)"))


@pytest.fixture
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a restore goes; not there yet."""
    return tmp_path_factory.mktemp("new") / "home"


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a backup goes; not there yet."""
    return tmp_path_factory.mktemp("backups") / "monday"


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the tables that matter."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    tables = ("ticket", "ticket_event", "ticket_clock", "recording", "transcript", "staff")
    with psycopg.connect(address) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2".encode()).fetchall()
            for table in tables
        }


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


def edit_manifest(place: Path, change: Callable[[dict[str, object]], None]) -> None:
    """Change the manifest as somebody would who knows how it is made."""
    path = place / backup_manifest.NAME
    body = json.loads(path.read_text())
    body.pop("hash")
    change(body)
    path.write_text(json.dumps({**body, "hash": backup_manifest._hash(body)}))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a bit of the dump": (lambda place: flip(place / "database.dump"), "checksum"),
    "the end of the journal": (lambda place: truncate(place / "journal.db"), "bytes"),
    "a recording": (lambda place: (place / "recordings" / "261120-1-003.wav").unlink(), "missing"),
    "a bit of the manifest": (
        lambda place: (place / "manifest.json").write_text(
            (place / "manifest.json").read_text().replace('"tickets": 10', '"tickets": 11')
        ),
        "manifest.json was changed or is damaged",
    ),
    "the manifest": (lambda place: (place / "manifest.json").unlink(), "holds no backup"),
    "the end of the manifest": (lambda place: truncate(place / "manifest.json"), "is damaged"),
    "it was never finished": (lambda place: (place / "unfinished").mkdir(), "never finished"),
    "a way out": (
        lambda place: edit_manifest(
            place, lambda body: body.update(files={"recordings/../../x": {"sha256": "", "size": 0}})
        ),
        "names 'recordings/../../x'",
    ),
    "a link": (
        lambda place: (
            (place / "anchors.jsonl").rename(place / "moved").with_name("anchors.jsonl").symlink_to("moved")
        ),
        "missing",
    ),
    "a newer program": (
        lambda place: edit_manifest(place, lambda body: body.update(revision="9999")),
        "later",
    ),
    "another format": (
        lambda place: edit_manifest(place, lambda body: body.update(format=2)),
        "newer version",
    ),
    "other counts": (
        lambda place: edit_manifest(place, lambda body: body.update(counts={"tickets": 11})),
        "holds 10 tickets",
    ),
    "another revision": (
        lambda place: edit_manifest(place, lambda body: body.update(revision="0001")),
        "0001",
    ),
}


def test_a_damaged_backup_is_refused_and_nothing_is_left(
    desk: Desk, settings: Settings, place: Path, new_home: Path, elsewhere: str, tmp_path: Path
) -> None:
    back_up(settings, place, quiet)
    target = Settings(home=new_home, database_url=elsewhere)
    for name, (damage, said) in DAMAGES.items():
        copy = tmp_path / "damaged"
        shutil.copytree(place, copy)
        damage(copy)
        with pytest.raises((BackupDamaged, RestoreRefused, RestoreFailed), match=said) as caught:
            restore(target, copy, quiet)
        assert "\n" not in str(caught.value), name
        assert not new_home.exists(), name
        with backup_database.connect(elsewhere) as connection:
            assert connection.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            ).fetchone() == (0,), name
        shutil.rmtree(copy)
    assert restore(target, place, quiet).findings.ok


def test_a_dump_that_breaks_off_while_restored_leaves_nothing(
    desk: Desk, settings: Settings, place: Path, new_home: Path, elsewhere: str
) -> None:
    """The checksums are right and the contents are not: the embedded database goes with the rest."""
    back_up(settings, place, quiet)
    dump = place / "database.dump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    entry = backup_manifest.entry_of(dump)

    def change(body: dict[str, object]) -> None:
        files = body["files"]
        assert isinstance(files, dict)
        files["database.dump"] = {"sha256": entry.sha256, "size": entry.size}

    edit_manifest(place, change)
    for target in (
        Settings(home=new_home, database_url=elsewhere),
        Settings(home=new_home, database_url=None),
    ):
        with pytest.raises(backup_programs.DatabaseProgramFailed, match="pg_restore failed"):
            restore(target, place, quiet)
        assert not new_home.exists()


def test_a_home_in_use_or_not_empty_is_refused(
    desk: Desk, settings: Settings, place: Path, new_home: Path, elsewhere: str
) -> None:
    back_up(settings, place, quiet)
    target = Settings(home=new_home, database_url=elsewhere)
    home.prepare(target)
    with home.locked(target), pytest.raises(home.HomeInUse):
        restore(target, place, quiet)
    (new_home / "journal.db").touch()
    with pytest.raises(RestoreRefused, match=r"journal\.db"):
        restore(target, place, quiet)
    (new_home / "journal.db").unlink()
    # what a killed restore left is in nobody's way
    (new_home / STAGE / "postgres").mkdir(parents=True)
    assert restore(target, place, quiet).findings.ok


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


@pytest.mark.parametrize("inside", ["", "recordings", "backups/monday"])
def test_a_backup_inside_the_home_is_refused(desk: Desk, settings: Settings, inside: str) -> None:
    with pytest.raises(BackupFailed, match="elsewhere"):
        back_up(settings, settings.home / inside, quiet)


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(
    desk: Desk, settings: Settings, place: Path
) -> None:
    place.mkdir()
    (place / "other").write_text("other")
    with pytest.raises(BackupFailed, match="'other'"):
        back_up(settings, place, quiet)
    (place / "other").rename(place.parent / "other")
    (place / "unfinished").mkdir()
    with pytest.raises(BackupFailed, match="an unfinished backup"):
        back_up(settings, place, quiet)
    (place / "unfinished").rmdir()
    with pytest.raises(BackupFailed, match="Not a directory"):
        back_up(settings, place.parent / "other", quiet)
    back_up(settings, place, quiet)
    with pytest.raises(BackupFailed, match="not empty"):
        back_up(settings, place, quiet)
    assert backup_manifest.read(place).counts["tickets"] == 10


def test_a_backup_that_fails_leaves_nothing(desk: Desk, settings: Settings, place: Path) -> None:
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        (settings.home / name).rename(settings.home / f"aside-{name}")
    settings.journal.write_bytes(b"this is no journal" * 1000)
    with pytest.raises(BackupFailed, match="journal"):
        back_up(settings, place, quiet)
    assert not place.exists()
    place.mkdir()
    with pytest.raises(BackupFailed, match="journal"):
        back_up(settings, place, quiet)
    assert list(place.iterdir()) == []


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
    folder = Path(tempfile.mkdtemp(prefix="shouwen-"))
    folder.chmod(0o711)
    older = replace(postgres_place.place(folder / "postgres"), programs=programs)
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "LC_ALL": "C"}
    words = ["initdb", "-D", str(older.data), "-U", "shouwen", "--encoding=UTF8", "--locale=C", "--no-sync"]
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
        shutil.rmtree(folder, ignore_errors=True)
