"""Leading a visitor to a colleague who answered the phone meanwhile is refused, on the page and over the API (H1)."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.support.desk import Desk
from tests.support.web_fixtures import Browser
from tests.web.test_api import Api
from tests.web.test_registration import MATTER, body, message_at, refused

TALKING = "101"
"""In a call in the morning of these tests."""


@pytest.mark.rule("H1")
def test_the_page_says_that_the_colleague_is_in_a_call(browser: Browser) -> None:
    browser.log_in("102")
    page = refused(browser, {**MATTER, "handed_to": TALKING, "handover": "已看过学生证"})
    assert message_at(page, "handed_to") == (
        "This colleague is in a call now. Please choose one who is free."
    )
    assert "已看过学生证" in page, "what was typed stays"


@pytest.mark.rule("H1")
def test_the_api_says_that_the_colleague_is_in_a_call(client: TestClient, desk: Desk) -> None:
    manager = Api(client, desk.manager_token)
    before = len(manager.get("/tickets")["items"])
    detail = manager.refused(422, "POST", "/tickets", json=body(handed_to=TALKING, handover="已查账"))[
        "detail"
    ]
    assert "handed_to: they are in a call now" in detail
    assert len(manager.get("/tickets")["items"]) == before
