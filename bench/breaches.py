"""A breach is recorded within a second of its due time, once; what ran out before the workers started is caught up."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from bench.figures import Figure, percentile
from bench.instance import Instance
from callcenter.bootstrap import single_unit_of_work
from callcenter.db import migrate
from callcenter.domain.calls import Person
from callcenter.domain.staff import Role
from callcenter.domain.tickets import TicketForm
from callcenter.runtime.postgres import temporary_postgres
from callcenter.services import tickets
from callcenter.services.staff import add_staff
from callcenter.settings import Settings
from transcripts.queue import plain_dsn

WHILE_RUNNING, BEFORE_START = 200, 20
SPREAD_S, STARTING_S, LIMIT_S = 20.0, 15.0, 10
WANG = Person(extension="101", name="王敏")
POLICY = f"""
name = "quick"
title = {{ zh = "快" }}
languages = ["zh"]
default_complexity = "one"
hours = {{ zone = "Asia/Shanghai", working_day = ["08:30-12:00", "14:00-17:30"] }}
channels = [{{ key = "phone", names = {{ zh = "电话" }} }}]
kinds = [{{ key = "inquiry", names = {{ zh = "咨询" }} }}]
complexities = [{{ key = "one", names = {{ zh = "一" }} }}]
[[clocks]]
rule = "Q1"
channel = "phone"
starts = "opened"
stops = "resolved"
seconds = {LIMIT_S}
runs = "always"
"""
RECORDED = """
    SELECT ticket_number, extract(epoch FROM at - (data ->> 'due_at')::timestamptz)
    FROM ticket_event WHERE kind = 'breached'
"""


def run(instance: Instance) -> list[Figure]:
    """Limits of 10 s that always run: 20 long past when the workers start, 200 over the 20 s after."""
    with tempfile.TemporaryDirectory(prefix="shouwen-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        (home / "policies").mkdir()
        (home / "policies" / "quick.toml").write_text(POLICY, "utf-8")
        with temporary_postgres(home / "postgres") as url:
            migrate.upgrade(url)
            settings = Settings(home=home, database_url=url, policy="quick")
            first_due = datetime.now(UTC) + timedelta(seconds=STARTING_S)
            past = [first_due - timedelta(hours=1, seconds=index) for index in range(BEFORE_START)]
            coming = [
                first_due + timedelta(seconds=SPREAD_S * index / WHILE_RUNNING)
                for index in range(WHILE_RUNNING)
            ]
            due = _register(settings, [*past, *coming])
            with _workers(settings, 2):
                rows = _recorded(plain_dsn(url), len(due), SPREAD_S + STARTING_S + 30)
    late = [seconds for number, seconds in rows if due[number] >= first_due]
    found = {number for number, _ in rows}
    return [
        Figure(name="breach recorded after its due time, the last", measured=max(late), unit="s", target=1.0),
        Figure(name="breach recorded after its due time, median", measured=percentile(late, 0.5), unit="s"),
        Figure(name="breaches recorded twice", measured=len(rows) - len(found), unit="", target=0),
        Figure(name="breaches missing", measured=len(due) - len(found), unit="", target=0),
    ]


def _register(settings: Settings, due: list[datetime]) -> dict[str, datetime]:
    """A ticket for each due time, by number."""
    numbers: dict[str, datetime] = {}
    form = TicketForm(
        kind="inquiry",
        contact_name=None,
        contact_phone=None,
        details="热水",
        wished_reply=None,
        complexity="one",
    )
    with single_unit_of_work(settings, 60) as uow:
        add_staff(uow, extension=WANG.extension, name=WANG.name, role=Role.STAFF, now=datetime.now(UTC))
        for due_at in due:
            opened_at = due_at - timedelta(seconds=LIMIT_S)
            numbers[tickets.register(uow, channel="phone", form=form, actor=WANG, now=opened_at).number] = (
                due_at
            )
        uow.commit()
    return numbers


@contextmanager
def _workers(settings: Settings, count: int) -> Iterator[None]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SHOUWEN_")},
        "SHOUWEN_HOME": str(settings.home),
        "SHOUWEN_DATABASE_URL": str(settings.database_url),
        "SHOUWEN_POLICY": "quick",
        "SHOUWEN_ENGINE_ZH": "off",
        "SHOUWEN_ENGINE_EN": "off",
    }
    command = [str(Path(sys.executable).with_name("shouwen")), "worker"]
    workers = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(10)


def _recorded(dsn: str, wanted: int, within_s: float) -> list[tuple[str, float]]:
    deadline = time.monotonic() + within_s
    rows: list[tuple[str, float]] = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        while len({number for number, _ in rows}) < wanted and time.monotonic() < deadline:
            time.sleep(0.5)
            rows = [(str(number), float(late)) for number, late in connection.execute(RECORDED)]
    return rows
