"""The whole application on a real database, its health made up, its clock set by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from callcenter.db.uow import SqlUnitOfWork
from callcenter.settings import Settings
from tests.polling import until
from tests.support.desk import NOW, USERS, Desk, seed_desk
from web.app import create_app
from web.health import AgiReport, Checks

UowFactory = Callable[[], SqlUnitOfWork]


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


@pytest.fixture
def desk(uow_factory: UowFactory, settings: Settings) -> Desk:
    """A working morning in the database."""
    return seed_desk(uow_factory, settings.recordings)


@pytest.fixture
def client(settings: Settings, clock: HandClock, parts: Parts) -> Iterator[TestClient]:
    """A browser without cookies; redirects are looked at, not followed."""
    app = create_app(settings, checks=parts.checks(), clock=clock)
    with TestClient(app, follow_redirects=False, headers={"accept": "text/html"}) as client:
        until(lambda: app.state.console.health.database_is_up)
        yield client


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


@pytest.fixture
def browser(client: TestClient, desk: Desk) -> Browser:
    return Browser(client, desk)


def csrf_of(html: str) -> str:
    """The token of the first form on a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found, html
    return found[1]
