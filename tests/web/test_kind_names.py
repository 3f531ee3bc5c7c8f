"""A policy that drops a kind of matter: the tickets of that kind are still called what they were called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.polling import until
from tests.support.desk import Desk
from tests.support.web_fixtures import Browser, HandClock, Parts
from tests.web.test_today import opened
from web.app import create_app

SHIPPED = Path(__file__).parents[2] / "callcenter/policies/huizhou-school.toml"


@pytest.fixture
def changed(
    uow_factory: UowFactory, settings: Settings, desk: Desk, parts: Parts, clock: HandClock
) -> Iterator[TestClient]:
    """The console after its policy called inquiries by another key; Wang has three of the old ones."""
    for _ in range(3):
        opened(uow_factory, kind="inquiry", details="何时开学")
    folder = settings.home / "policies"
    folder.mkdir(parents=True)
    text = SHIPPED.read_text("utf-8").replace('"inquiry"', '"question"').replace('zh = "咨询"', 'zh = "提问"')
    (folder / SHIPPED.name).write_text(text.replace('en = "Inquiry"', 'en = "Question"'), "utf-8")
    app = create_app(settings, checks=parts.checks(), clock=clock)
    with TestClient(app, follow_redirects=False, headers={"accept": "text/html"}) as client:
        until(lambda: app.state.console.health.database_is_up)
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/today", "/tickets?view=mine", "/analysis/tickets?by=kind&key=inquiry"]
)
def test_lists_use_the_name_of_then(changed: TestClient, desk: Desk, path: str) -> None:
    browser = Browser(changed, desk).log_in("104" if path.startswith("/analysis") else "101")
    text = browser.text(path)
    assert "Inquiry" in text
    assert ">inquiry<" not in text


def test_an_old_version_is_read_once_not_row_by_row(changed: TestClient, desk: Desk) -> None:
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "policy_version" in statement and "SELECT" in statement:
            asked.append(statement)

    browser = Browser(changed, desk).log_in()
    event.listen(Engine, "before_cursor_execute", note)
    try:
        browser.text("/tickets?view=mine")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) <= 1
