"""A database that is frozen whole (SIGSTOP): 503 with problem details in time, and back again by itself."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from callcenter.bootstrap import unit_of_work_factory
from callcenter.db import migrate
from callcenter.db.engine import create_engine
from callcenter.domain.policy import RuleBook
from callcenter.runtime.postgres import temporary_postgres
from callcenter.settings import Settings
from tests.polling import until
from tests.support.databases import server_folder
from tests.support.desk import Desk, seed_people
from tests.support.web_fixtures import csrf_of
from tests.support.web_server import serving
from web.app import create_app
from web.checks import checks_for
from web.health import AgiReport, Checks

WITHIN_S = 3.0
CROWD = 80
"""More requests at once than there are threads."""


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """While in here nothing of that server runs."""
    main = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().split()[0]))
    stopped = [main, *main.children(recursive=True)]
    for process in stopped:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            if process.is_running():
                os.kill(process.pid, signal.SIGCONT)


@pytest.fixture
def server(rule_book: RuleBook) -> Iterator[tuple[str, Path, Desk]]:
    """The console on a PostgreSQL of its own, with the real checks of the database."""
    with server_folder() as folder, temporary_postgres(folder / "postgres") as url:
        migrate.upgrade(url)
        settings = Settings(home=folder, database_url=url)
        engine = create_engine(url)
        desk = seed_people(unit_of_work_factory(settings, engine=engine, rules=rule_book))
        engine.dispose()
        real = checks_for(settings)
        checks = Checks(
            agi=lambda: AgiReport(asterisk=True, agi=True, backlog=0),
            database=real.database,
            worker=lambda: True,
            close=real.close,
        )
        with serving(create_app(settings, checks=checks)) as address:
            yield address, folder / "postgres", desk


def test_every_request_is_answered_in_time_while_the_database_is_frozen(
    server: tuple[str, Path, Desk], caplog: pytest.LogCaptureFixture
) -> None:
    address, folder, desk = server
    limits = httpx.Limits(max_connections=CROWD + 10)
    with httpx.Client(base_url=address, timeout=10, limits=limits) as client:
        page = client.get("/login")
        fields = {
            "username": "wangmin",
            "password": desk.passwords["101"],
            "csrf_token": csrf_of(page.text),
        }
        assert client.post("/login", data=fields).status_code == 303
        token = {"authorization": f"Bearer {desk.manager_token}"}
        asked = [
            ("/api/v1/calls", token, "application/problem+json"),
            ("/api/v1/tickets", token, "application/problem+json"),
            ("/", {"accept": "text/html"}, "text/html"),
            ("/calls", {"accept": "*/*"}, "application/problem+json"),
            ("/tickets", {"accept": "text/html"}, "text/html"),
        ]
        for path, headers, _ in asked:
            assert client.get(path, headers=headers).status_code == 200

        def ask(number: int) -> tuple[int, str, float, int]:
            path, headers, kind = asked[number % len(asked)]
            began = time.monotonic()
            answer = client.get(path, headers=headers)
            took = time.monotonic() - began
            assert answer.headers["content-type"].split(";")[0] == kind
            if kind != "text/html":
                assert answer.json()["status"] == 503
            return answer.status_code, path, took, int(answer.headers.get("retry-after", 0))

        with ThreadPoolExecutor(CROWD) as crowd:
            with frozen(folder):
                answers = list(crowd.map(ask, range(CROWD)))
                assert {code for code, *_ in answers} == {503}
                assert max(took for _, _, took, _ in answers) < WITHIN_S
                assert min(retry for *_, retry in answers) > 0
                assert "request not served error=DatabaseUnavailable < " in caplog.text
                health = client.get("/api/v1/health").json()
                assert (health["status"], health["parts"]["database"]) == ("degraded", "down")
                later = list(crowd.map(ask, range(CROWD)))
                assert {code for code, *_ in later} == {503}
                assert max(took for _, _, took, _ in later) < 1
            until(lambda: client.get("/api/v1/health").json()["status"] == "ok", within_s=5)
            until(lambda: client.get("/api/v1/calls", headers=token).status_code == 200, within_s=5)
            assert client.get("/", headers={"accept": "text/html"}).status_code == 200
