"""Absences and passing on, in the console and over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from callcenter.domain.absences import Reason
from callcenter.services import absences
from tests.conftest import UowFactory
from tests.support.desk import NOW, WANG, Desk
from tests.support.web_fixtures import Browser, HandClock


@pytest.fixture(autouse=True)
def posts(uow_factory: UowFactory, desk: Desk) -> None:
    """The demonstration's B posts."""
    with uow_factory() as uow:
        for extension, b_extension in (("101", "102"), ("102", "101"), ("103", "101")):
            absences.set_post(uow, extension, b_extension)
        uow.commit()


class Program:
    """A program with a token."""

    def __init__(self, client: TestClient, token: str) -> None:
        self._client = client
        self._headers = {"authorization": f"Bearer {token}", "accept": "*/*"}

    def get(self, path: str) -> Any:
        answer = self._client.get(f"/api/v1{path}", headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, code: int = 200, **body: Any) -> Any:
        answer = self._client.post(f"/api/v1{path}", json=body, headers=self._headers)
        assert answer.status_code == code, answer.text
        return answer.json()


@pytest.fixture
def staff_program(client: TestClient, desk: Desk) -> Program:
    return Program(client, desk.staff_token)


@pytest.mark.rule("S3")
def test_going_away_and_coming_back(browser: Browser, clock: HandClock, desk: Desk) -> None:
    browser.log_in("101")
    assert browser.post("/absences", reason="leave", until_at="2026-11-24T18:00") == "/absences?done=absent"
    page = browser.text("/absences")
    assert "李静 stands in" in page
    assert "23 Nov 10:20 – 24 Nov 18:00" in page
    clock.advance(timedelta(minutes=5))
    assert "李静" in browser.text(f"/tickets/{desk.tickets['talking']}")
    where = browser.post("/absences/1/end")
    assert where == "/absences/1?done=back"
    page = browser.text(where)
    assert "What happened meanwhile" in page
    assert "What is open is back where it belongs." in page


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"reason": "leave", "from_at": "soon"}, 422, "Write a day and a time."),
        ({"reason": "holiday"}, 422, "Choose one of these."),
        ({"reason": "leave", "until_at": "2026-11-23T10:00"}, 422, "It has to end after it begins."),
        ({"reason": "leave", "cover": "101"}, 422, "Name a colleague who stands in."),
        ({"reason": "leave", "cover": "199"}, 422, "Name a colleague who stands in."),
        (
            {"reason": "leave", "from_at": "2026-11-25T09:00"},
            409,
            "李静 (102) would stand in and is away: 25 Nov 08:00 – open. Name another colleague.",
        ),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    browser: Browser, uow_factory: UowFactory, fields: dict[str, str], code: int, message: str
) -> None:
    with uow_factory() as uow:
        absences.add_absence(
            uow,
            "102",
            from_at=NOW + timedelta(days=1, hours=21, minutes=40),
            until_at=None,
            reason=Reason.TRAVEL,
            cover="103",
            actor=WANG,
            now=NOW,
        )
        uow.commit()
    browser.log_in("101")
    answer = browser.client.post("/absences", data={**fields, "csrf_token": browser.csrf})
    assert answer.status_code == code
    assert message in answer.text
    assert 'aria-describedby="error-' in answer.text


def test_only_managers_send_others_away_and_name_b_posts(browser: Browser) -> None:
    browser.log_in("101")
    for path, fields in (
        ("/absences", {"extension": "102", "reason": "leave"}),
        ("/absences/posts", {"extension": "101", "b_extension": "103"}),
    ):
        answer = browser.client.post(path, data={**fields, "csrf_token": browser.csrf})
        assert answer.status_code == 403
    browser.client.cookies.clear()
    browser.log_in("104")
    browser.post("/absences/posts", extension="101", b_extension="103")
    browser.post("/absences", extension="101", reason="meeting")
    assert "张伟 stands in" in browser.text("/absences")
    browser.client.cookies.clear()
    browser.log_in("102")
    for method, path in (("GET", "/absences/1"), ("POST", "/absences/1/end")):
        answer = browser.client.request(method, path, data={"csrf_token": browser.csrf})
        assert answer.status_code == 403
    assert browser.client.get("/absences/99").status_code == 404


@pytest.mark.rule("S2")
def test_passing_on_from_the_tickets_page(browser: Browser, desk: Desk) -> None:
    browser.log_in("101")
    path = f"/tickets/{desk.tickets['talking']}"
    assert "Pass it on to a colleague" in browser.text(path)
    empty = browser.client.post(
        f"{path}/pass-on", data={"pass_to": "103", "pass_text": " ", "csrf_token": browser.csrf}
    )
    assert empty.status_code == 422
    assert "Write what is to be done." in empty.text
    where = browser.post(f"{path}/pass-on", pass_to="103", pass_text="请回电")
    assert where == f"{path}?done=passed-on"
    assert "请回电" in browser.text(where)
    browser.client.cookies.clear()
    browser.log_in("103")
    assert f"Ticket {desk.tickets['talking']} was passed on to you" in browser.text("/reminders")


@pytest.mark.rule("S3")
def test_the_api_sends_somebody_away_and_back(staff_program: Program, desk: Desk, clock: HandClock) -> None:
    away = staff_program.post("/absences", 201, actor="101", extension="101", reason="training")
    assert (away["cover"], away["from"], away["until"]) == ("102", "2026-11-23T10:20:00+08:00", None)
    assert away["begun_at"] == away["from"]
    staff_program.post("/absences", 409, actor="101", extension="101", reason="leave")
    staff_program.post("/absences", 403, actor="103", extension="102", reason="leave")
    staff_program.post("/absences", 422, actor="101", extension="101", reason="fun")
    assert [item["id"] for item in staff_program.get("/absences?extension=101")["items"]] == [away["id"]]
    passed = staff_program.post(
        f"/tickets/{desk.tickets['talking']}/pass-on", actor="102", to="101", text="等您回来"
    )
    assert (passed["owner"]["extension"], passed["handler"]["extension"]) == ("101", "102")
    clock.advance(timedelta(hours=1))
    staff_program.post(f"/absences/{away['id']}/end", 403, actor="103")
    assert staff_program.post(f"/absences/{away['id']}/end", actor="101")["returned_at"] is not None
    staff_program.post(f"/absences/{away['id']}/end", 409, actor="101")
    staff_program.post("/absences/4711/end", 404, actor="101")
