"""A call's ticket is not opened as a complaint without the complaint's fields: page and API (H33)."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.support.desk import Desk
from tests.support.web_fixtures import Browser
from tests.web.test_api import Api
from tests.web.test_registration import message_at, refused

TYPED = {
    "kind": "complaint",
    "complexity": "simple",
    "contact_name": "周同学",
    "contact_phone": "13700137002",
    "details": "窗口排队过长",
}
SOLUTION = "field-wished_solution"


@pytest.mark.rule("H33")
def test_the_page_asks_for_the_wished_solution_and_keeps_what_was_typed(browser: Browser, desk: Desk) -> None:
    browser.log_in("101")
    number = desk.tickets["talking"]
    page = refused(browser, {**TYPED, SOLUTION: ""}, f"/tickets/{number}/form")
    assert message_at(page, SOLUTION) == "Please fill this in."
    assert "窗口排队过长</textarea>" in page
    where = browser.post(f"/tickets/{number}/form", **TYPED, **{SOLUTION: "增开窗口"})
    assert where.endswith("?done=opened")
    page = refused(browser, {**TYPED, SOLUTION: ""}, f"/tickets/{number}/form")
    assert message_at(page, SOLUTION) == "Please fill this in."


@pytest.mark.rule("H33")
def test_the_api_names_the_field(client: TestClient, desk: Desk) -> None:
    manager = Api(client, desk.manager_token)
    number = desk.tickets["talking"]
    body = {
        "actor": "101",
        "kind": "complaint",
        "contact": {"name": "周同学", "phone": "13700137002"},
        "details": "窗口排队过长",
        "complexity": "simple",
    }
    said = manager.refused(422, "POST", f"/tickets/{number}/form", json=body)
    assert said["detail"] == "wished_solution: needed, please fill it in"
    assert manager.get(f"/tickets/{number}")["status"] == "registering"
