"""Somebody who works while a backup is taken, and the places where it goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from agi.journal import Journal
from callcenter.domain.calls import CallEvent, Kind, Person
from callcenter.domain.staff import Role
from callcenter.domain.transcripts import Purpose, RecordedFile
from callcenter.services import staff, tickets
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
