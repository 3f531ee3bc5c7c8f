"""The questions behind the health report, asked of the other processes."""

from __future__ import annotations

import socket
from functools import partial

from sqlalchemy import text

from callcenter.bootstrap import unit_of_work_factory
from callcenter.db.address import database_url
from callcenter.db.engine import create_engine
from callcenter.db.heartbeat import ALIVE_S, age_s
from callcenter.runtime import agi_health
from callcenter.settings import Settings
from web.console import WorkFactory
from web.health import AgiReport, Checks

TIMEOUT_S = 1.0
DATABASE_S = 0.8
"""With `web.health.PERIOD_S`: how long requests may still begin to wait for a database that is frozen."""
LOOPBACK = "127.0.0.1"


def checks_for(settings: Settings) -> Checks:
    """The three questions. Connections of their own: busy pages never make the database look down."""
    engine = create_engine(
        database_url(settings), pool_size=2, max_overflow=0, connect_s=DATABASE_S, pool_s=0.1
    )
    open_work = unit_of_work_factory(settings, deadline_s=DATABASE_S, engine=engine)
    return Checks(
        agi=partial(ask_agi, LOOPBACK, settings.agi_port, settings.ami_port),
        database=partial(database_answers, open_work),
        worker=partial(worker_beats, open_work),
        close=engine.dispose,
    )


def database_answers(open_work: WorkFactory) -> bool:
    """Whether the database answers a question within the deadline."""
    with open_work() as work:
        return bool(work.session.scalar(text("SELECT 1")) == 1)


def worker_beats(open_work: WorkFactory) -> bool:
    """Whether a worker gave a sign of life a short while ago."""
    with open_work() as work:
        age = age_s(work.session, "worker")
    return age is not None and age < ALIVE_S


def ask_agi(host: str, agi_port: int, ami_port: int) -> AgiReport:
    """What the agi process says; when it says nothing, Asterisk is asked itself."""
    said = agi_health.probe(host, agi_port, TIMEOUT_S)
    if said is None:
        return AgiReport(asterisk=asterisk_greets(host, ami_port), agi=False, backlog=0)
    journal = said.get("journal")
    backlog = journal.get("backlog") if isinstance(journal, dict) else None
    return AgiReport(
        asterisk=said.get("asterisk") == "ok",
        agi=said.get("agi") == "ok",
        backlog=backlog if isinstance(backlog, int) else 0,
    )


def asterisk_greets(host: str, ami_port: int) -> bool:
    """Whether the manager port sends its banner: a stopped Asterisk still accepts, but says nothing."""
    try:
        with socket.create_connection((host, ami_port), timeout=TIMEOUT_S) as connection:
            return connection.recv(64).startswith(b"Asterisk Call Manager")
    except OSError:
        return False
