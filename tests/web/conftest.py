"""The whole application, asked in-process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from callcenter.settings import Settings
from tests.polling import until
from tests.support.desk import Desk
from tests.support.web_fixtures import (
    Browser,
    HandClock,
    Parts,
    clock,
    database_url,
    desk,
    parts,
    template,
)
from web.app import create_app

__all__ = ["clock", "database_url", "desk", "parts", "template"]


@pytest.fixture
def client(settings: Settings, clock: HandClock, parts: Parts) -> Iterator[TestClient]:
    """A browser without cookies; redirects are looked at, not followed."""
    app = create_app(settings, checks=parts.checks(), clock=clock)
    with TestClient(app, follow_redirects=False, headers={"accept": "text/html"}) as client:
        until(lambda: app.state.console.health.database_is_up)
        yield client


@pytest.fixture
def browser(client: TestClient, desk: Desk) -> Browser:
    return Browser(client, desk)
