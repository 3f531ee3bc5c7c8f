"""What is behind a figure of a long report has the time of a report; a short list fails as fast as any page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from callcenter.db.deadline import DatabaseUnavailable
from callcenter.domain.periods import Period
from callcenter.settings import Settings
from tests.polling import until
from tests.support.desk import NOW, Desk
from tests.support.web_fixtures import HandClock, Parts
from web.app import create_app


def test_only_a_long_period_has_long(settings: Settings, desk: Desk, parts: Parts, clock: HandClock) -> None:
    app = create_app(settings, checks=parts.checks(), clock=clock)
    with TestClient(app):
        console = app.state.console
        until(lambda: console.health.database_is_up)
        week, year = (Period(start=NOW - timedelta(days=days), end=NOW) for days in (7, 365))
        with console.work_over(year) as work:
            assert work.session.execute(text("SELECT 1 FROM pg_sleep(1.6)")).scalar() == 1
        for short in (week, None):
            with pytest.raises(DatabaseUnavailable), console.work_over(short) as work:
                work.session.execute(text("SELECT 1 FROM pg_sleep(1.6)"))
