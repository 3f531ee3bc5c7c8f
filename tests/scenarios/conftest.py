"""A centre for each policy: its staff, a head, a database of its own, a clock set by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from callcenter.bootstrap import build_engine, build_rules, unit_of_work_factory
from callcenter.domain.staff import Role
from callcenter.services.accounts import create_token
from callcenter.services.staff import add_staff
from callcenter.settings import Settings
from tests.polling import until
from tests.scenarios.centre import HEAD, NAMES, Centre, instant
from tests.support.web_fixtures import HandClock, Parts
from web.app import create_app

Open = Callable[[str], Centre]


@pytest.fixture
def open_centre(database_url: str, tmp_path: Path) -> Iterator[Open]:
    """Opens the centre of a policy on Monday at eight, with Wang, Li, Zhang and their head."""
    with ExitStack() as stack:

        def begin(policy: str) -> Centre:
            settings = Settings(home=tmp_path, database_url=database_url, policy=policy)
            clock = HandClock(instant("mon 08:00").astimezone(UTC))
            engine = build_engine(settings)
            stack.callback(engine.dispose)
            work = unit_of_work_factory(settings, 10, engine=engine, rules=build_rules(settings))
            with work() as uow:
                for extension, name in NAMES.items():
                    role = Role.MANAGER if extension == HEAD else Role.STAFF
                    add_staff(
                        uow, extension=extension, name=name, role=role, rung=role is Role.STAFF, now=clock.now
                    )
                token = create_token(uow, name="scenario", role=Role.MANAGER, now=clock.now)
                uow.commit()
            app = create_app(settings, checks=Parts().checks(), clock=clock)
            client = stack.enter_context(TestClient(app, follow_redirects=False))
            until(lambda: app.state.console.health.database_is_up)
            return Centre(client, clock, work, token)

        yield begin
