"""Fixtures for the console: a working morning in a real database, made-up health, a clock set by hand."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url
from starlette.testclient import TestClient

from callcenter.bootstrap import unit_of_work_factory
from callcenter.db.engine import create_engine
from callcenter.domain.policy import RuleBook
from callcenter.settings import Settings
from tests.support.databases import clone
from tests.support.desk import NOW, USERS, Desk, seed_desk
from web.health import AgiReport, Checks

_CLONES = itertools.count(1)


class HandClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, span: timedelta) -> None:
        self.now += span


class Parts:
    """What the fake parts answer; a test may change it."""

    asterisk = True
    agi = True
    database = True
    worker = True
    backlog = 0

    def checks(self) -> Checks:
        return Checks(
            agi=lambda: AgiReport(asterisk=self.asterisk, agi=self.agi, backlog=self.backlog),
            database=lambda: self.database,
            worker=lambda: self.worker,
        )


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOW)


@pytest.fixture
def parts() -> Parts:
    return Parts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A database and recordings to copy: hashing passwords anew for each test would take too long."""

    name: str
    recordings: Path
    desk: Desk


@pytest.fixture(scope="session")
def template(
    postgres_url: str, rule_book: RuleBook, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Template]:
    """A working morning, made once."""
    folder = tmp_path_factory.mktemp("desk")
    name = f"desk_template_{next(_CLONES)}"
    with clone(postgres_url, name) as url:
        engine = create_engine(url)
        open_work = unit_of_work_factory(Settings(), deadline_s=10, engine=engine, rules=rule_book)
        desk = seed_desk(open_work, folder)
        engine.dispose()
        yield Template(name=name, recordings=folder, desk=desk)


@pytest.fixture
def database_url(postgres_url: str, template: Template) -> Iterator[str]:
    """A working morning in a database of the test's own."""
    source = make_url(postgres_url).set(database=template.name).render_as_string(hide_password=False)
    with clone(source, f"desk_{next(_CLONES)}") as url:
        yield url


@pytest.fixture
def desk(template: Template, settings: Settings) -> Desk:
    """What is in the database; the recordings are there too."""
    shutil.copytree(template.recordings, settings.recordings)
    return template.desk


class Browser:
    """Somebody at a screen: knows how to log in, and carries the form's token."""

    def __init__(self, client: TestClient, desk: Desk) -> None:
        self.client = client
        self._desk = desk

    def log_in(self, extension: str = "101", language: str = "en") -> Browser:
        page = self.client.get(f"/login?lang={language}")
        answer = self.client.post(
            "/login",
            data={
                "username": USERS[extension],
                "password": self._desk.passwords[extension],
                "csrf_token": csrf_of(page.text),
            },
        )
        assert answer.status_code == 303, answer.text
        return self

    def post(self, path: str, **fields: str) -> str:
        """Send a form of the desk's page; returns where it leads. Fails unless it is accepted."""
        answer = self.client.post(path, data={**fields, "csrf_token": self.csrf})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    @property
    def csrf(self) -> str:
        return csrf_of(self.client.get("/calls").text)

    def text(self, path: str) -> str:
        """A page's HTML."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text


def csrf_of(html: str) -> str:
    """The token of the first form on a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found, html
    return found[1]
