"""A morning's work with names, numbers and words in every field; then the log is searched for them (T31)."""

from __future__ import annotations

import json
import logging
import traceback

import pytest
import sqlalchemy.exc
from starlette.testclient import TestClient

from tests.support.desk import Desk
from tests.support.web_fixtures import Browser

NUMBER, NAME, WORDS = "13999990001", "欧阳隐私", "秘密事项"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 80


@pytest.mark.rule("T31")
def test_nothing_of_anybody_is_in_the_log(
    client: TestClient, browser: Browser, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token = {"authorization": f"Bearer {desk.manager_token}"}
    browser.log_in("101")
    form = {
        "channel": "walk_in",
        "kind": "inquiry",
        "complexity": "normal",
        "details": WORDS,
        "contact_name": NAME,
        "contact_phone": NUMBER,
    }
    number = browser.post("/register", **form).split("/")[2].split("?")[0]
    browser.post(f"/tickets/{number}/note", note=WORDS)
    browser.post(f"/tickets/{number}/pass-on", pass_to="102", pass_text=WORDS)
    browser.client.post(
        f"/tickets/{number}/attachments",
        data={"csrf_token": browser.csrf},
        files=[("file", (f"{NAME}.png", PNG, "image/png")), ("file", (f"{NAME}.exe", b"MZ", "x"))],
    )
    for path in (
        f"/tickets?q={NUMBER}",
        f"/tickets?q={NAME}",
        f"/files?q={NUMBER}",
        f"/calls/{NUMBER}",
        "/today",
    ):
        client.get(path)
    for path in (f"/tickets/{NUMBER}", f"/{NAME}", f"/s/{WORDS}", f"/policy/{NAME}", f"/calls?cursor={NAME}"):
        client.get(path)
    client.post(f"/tickets/{number}/note", data={"note": WORDS})
    client.post(f"/tickets/{number}/steps/{NAME}", data={"csrf_token": browser.csrf})
    client.post("/login", data={"username": NAME, "password": WORDS})
    for body in ({"actor": NAME, "text": WORDS}, {"actor": "101", "text": [WORDS]}, {NAME: WORDS}):
        client.post(f"/api/v1/tickets/{number}/note", json=body, headers=token)
    client.post("/api/v1/tickets", content=json.dumps({"actor": NAME})[:-1], headers=token)
    client.get("/api/v1/tickets", params={"q": NUMBER, "owner": NAME}, headers=token)
    client.get("/api/v1/tickets", params={"due_before": NAME}, headers=token)
    client.get("/api/v1/tickets", headers={"authorization": f"Bearer {NAME.encode().hex()}"})
    with client.app.state.console.work() as work:  # type: ignore[attr-defined]  # the application is ours
        assert work.tickets.get(number).contact_phone == NUMBER
    said = "\n".join(
        logging.Formatter().format(record)
        for record in caplog.records
        if not record.name.startswith(("httpx", "asyncio"))
    )
    assert "request method=POST route=/register status=303" in said
    for secret in (NUMBER, NAME, WORDS, NAME.encode().hex(), desk.manager_token, desk.passwords["101"]):
        assert secret not in said, secret


@pytest.mark.rule("T31")
def test_a_fault_of_ours_is_logged_without_what_was_asked(client: TestClient, browser: Browser) -> None:
    """The database refuses the row, which it quotes."""
    browser.log_in("101")
    token = browser.csrf
    with client.app.state.console.work() as work:  # type: ignore[attr-defined]  # the application is ours
        work.session.connection().exec_driver_sql(
            "ALTER TABLE ticket ADD CHECK (contact_phone <> '13999990001')"
        )
        work.session.connection().exec_driver_sql("COMMIT")
    form = {
        "channel": "walk_in",
        "kind": "inquiry",
        "complexity": "normal",
        "details": WORDS,
        "contact_name": NAME,
        "contact_phone": NUMBER,
        "csrf_token": token,
    }
    with pytest.raises(sqlalchemy.exc.IntegrityError) as caught:
        client.post("/register", data=form)  # whatever serves the application logs the traceback
    said = "".join(traceback.format_exception(caught.value))
    assert "violates check constraint" in said
    for secret in (NUMBER, NAME, WORDS):
        assert secret not in said, secret
