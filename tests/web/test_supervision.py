"""Supervision in the console and over the API: who sees what, draws, sheets, the yearly list, offices."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from callcenter.domain.tickets import TicketForm
from callcenter.services import tickets
from tests.conftest import UowFactory
from tests.support.desk import HOSTILE, LI, NOW, Desk
from tests.support.web_fixtures import Browser, csrf_of

SHEET = {"score-records": "20", "score-handling": "25", "score-feedback": "15", "score-filing": "25"}
SCORES = {"records": 20, "handling": 25, "feedback": 15, "filing": 25}
DAYS = {"draw_from": "2026-11-01", "draw_to": "2026-11-23"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "accept": "application/json"}


def change_to(browser: Browser, extension: str) -> None:
    """Somebody else sits down at the screen."""
    browser.client.cookies.clear()
    browser.log_in(extension)


def draw(browser: Browser) -> str:
    """The manager draws the one matter that is solved; where its sheet is."""
    browser.log_in("104")
    assert browser.post("/supervision/draw", count="3", **DAYS) == "/supervision?done=drawn"
    found = re.search(r'href="(/supervision/checks/\d+)"', browser.text("/supervision"))
    assert found
    return found[1]


@pytest.mark.rule("H60", "T40")
def test_a_manager_draws_checks_and_corrects_with_a_reason(browser: Browser) -> None:
    sheet = draw(browser)
    page = browser.text(sheet)
    assert "To be checked" in page
    assert "Drawn by lot" in page
    assert "带身份证到教务处窗口办理" in page
    assert browser.post(sheet, **SHEET, remark="反馈太短", seen="0").endswith("done=checked")
    page = browser.text(sheet)
    assert "85/100" in page
    assert "反馈太短" in page
    refused = browser.client.post(
        sheet, data={**SHEET, "score-records": "25", "seen": "1", "csrf_token": csrf_of(page)}
    )
    assert refused.status_code == 422
    assert "Please give the reason of the correction." in refused.text
    browser.post(sheet, **{**SHEET, "score-records": "25"}, reason="登记在附件里", seen="1")
    page = browser.text(sheet)
    assert "90/100" in page
    assert "登记在附件里" in page
    assert "85 of 100" in page
    overview = browser.text("/supervision")
    assert "90/100" in overview
    assert "9 to go" in overview


@pytest.mark.rule("T40")
def test_a_bad_score_is_marked_at_its_line_and_keeps_what_was_typed(browser: Browser) -> None:
    sheet = draw(browser)
    fields = {**SHEET, "score-filing": "26", "remark": "<b>", "seen": "0", "csrf_token": browser.csrf}
    answer = browser.client.post(sheet, data=fields)
    assert answer.status_code == 422
    assert 'aria-describedby="error-score-filing"' in answer.text
    assert 'aria-describedby="error-score-records"' not in answer.text
    assert 'value="26"' in answer.text
    assert "&lt;b&gt;</textarea>" in answer.text


def test_a_sheet_that_a_colleague_filled_in_meanwhile_is_not_written_over(browser: Browser) -> None:
    sheet = draw(browser)
    browser.post(sheet, **SHEET, seen="0")
    answer = browser.client.post(sheet, data={**SHEET, "seen": "0", "csrf_token": browser.csrf})
    assert answer.status_code == 409
    assert "A colleague filled the sheet in meanwhile." in answer.text


@pytest.mark.rule("H60")
def test_staff_see_the_results_of_their_own_checks_and_nothing_before(browser: Browser) -> None:
    sheet = draw(browser)
    change_to(browser, "102")
    assert browser.client.get(sheet).status_code == 403
    assert "Nothing of yours was checked yet" in browser.text("/supervision")
    change_to(browser, "104")
    browser.post(sheet, **SHEET, remark="很好", seen="0")
    change_to(browser, "102")
    assert "85/100" in browser.text("/supervision")
    own = browser.text(sheet)
    assert "很好" in own
    assert "Save the sheet" not in own
    assert "Seed" not in own
    change_to(browser, "101")
    assert browser.client.get(sheet).status_code == 403
    assert "85/100" not in browser.text("/supervision")


@pytest.mark.parametrize(
    "path",
    [
        "/supervision/commendation",
        "/supervision/commendation.csv",
        "/analysis",
        "/analysis.csv",
        "/analysis/tickets",
    ],
)
def test_only_managers_see_scores_and_the_analysis(browser: Browser, path: str) -> None:
    browser.log_in()
    assert browser.client.get(path).status_code == 403
    change_to(browser, "104")
    assert browser.client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/supervision/draw", "/supervision/checks/1"])
def test_the_forms_need_their_token_and_a_manager(browser: Browser, path: str) -> None:
    browser.log_in("104")
    assert browser.client.post(path, data={"csrf_token": "f" * 43}).status_code == 403
    change_to(browser, "101")
    assert (
        browser.client.post(path, data={**DAYS, "count": "1", "csrf_token": browser.csrf}).status_code == 403
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"count": "0"}, "Draw 1 to 100 matters"),
        ({"count": "many"}, "Draw 1 to 100 matters"),
        ({"draw_from": "2026-12-01"}, "The first day must not come after the last"),
        ({"draw_from": "2026-01-01"}, "at most 93 days"),
        ({"draw_from": "2026-11-01", "draw_to": "2026-11-02"}, "Nothing is left to draw"),
    ],
)
def test_a_draw_that_cannot_be_made_says_why(browser: Browser, fields: dict[str, str], words: str) -> None:
    browser.log_in("104")
    data = {"count": "3", **DAYS, **fields, "csrf_token": browser.csrf}
    answer = browser.client.post("/supervision/draw", data=data)
    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.rule("H61", "T40")
def test_scores_say_how_they_are_counted_and_lead_to_what_is_behind(browser: Browser) -> None:
    browser.log_in("104")
    page = browser.text("/supervision?from=2026-11-01&to=2026-11-30")
    assert "Clocks met divided by clocks met or missed" in page
    assert "weighted: In time 40 + Satisfied 30 + Spot checks 20 + Greeted in time 10" in page
    assert "without: Satisfied, Spot checks" in page
    links = re.findall(r'href="(/(?:reports|calls)[^"]*person=101[^"]*)"', page)
    assert len(links) == 2
    for link in links:
        assert browser.client.get(link.replace("&amp;", "&")).status_code == 200
    browser.client.cookies.clear()
    browser.log_in("104", "zh")
    assert "按时完成的时限数 ÷" in browser.text("/supervision")


@pytest.mark.rule("H61")
def test_the_yearly_list_is_exported_without_anything_a_spreadsheet_would_calculate(
    browser: Browser, uow_factory: UowFactory
) -> None:
    with uow_factory() as work:
        work.session.connection().exec_driver_sql("UPDATE staff SET name = '=1+1' WHERE extension = '101'")
        work.commit()
    browser.log_in("104")
    page = browser.text("/supervision/commendation?year=2026")
    assert "at least 20 matters" in page
    assert "not ranked" in page
    answer = browser.client.get("/supervision/commendation.csv?year=2026")
    assert answer.headers["content-disposition"] == 'attachment; filename="commendation-2026.csv"'
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert lines[0].startswith("rank,tied,commended,extension,name,matters,on_time")
    assert any(",101,'=1+1," in line for line in lines)
    assert browser.client.get("/supervision/commendation?year=12").status_code == 422


def test_a_hostile_name_is_text_on_the_sheet(browser: Browser, uow_factory: UowFactory, desk: Desk) -> None:
    with uow_factory() as work:
        tickets.save_form(
            work,
            number=desk.tickets["hostile"],
            form=TicketForm(
                kind="inquiry",
                contact_name=HOSTILE,
                contact_phone=None,
                details=HOSTILE,
                wished_reply=None,
                complexity="simple",
            ),
            actor=LI,
            now=NOW,
        )
        tickets.resolve(work, desk.tickets["hostile"], HOSTILE, LI, NOW)
        work.commit()
    browser.log_in("104")
    browser.post("/supervision/draw", count="9", **{**DAYS, "draw_to": "2026-11-23"})
    page = browser.text("/supervision")
    for sheet in re.findall(r'href="(/supervision/checks/\d+)"', page):
        assert "<script>alert" not in browser.text(sheet)


@pytest.mark.rule("H60", "H61", "T40")
def test_the_api_draws_fills_in_and_scores(client: TestClient, desk: Desk) -> None:
    manager, staff = bearer(desk.manager_token), bearer(desk.staff_token)
    body = {"actor": "104", "count": 5, "from": "2026-11-01", "to": "2026-11-23"}
    assert client.post("/api/v1/supervision/draws", json=body, headers=staff).status_code == 403
    assert (
        client.post("/api/v1/supervision/draws", json=body | {"actor": "101"}, headers=manager).status_code
        == 403
    )
    drawn = client.post("/api/v1/supervision/draws", json=body, headers=manager).json()["items"]
    assert [(each["ticket"], each["owner"]["extension"]) for each in drawn] == [
        (desk.tickets["solved"], "102")
    ]
    again = client.post("/api/v1/supervision/draws", json=body, headers=manager)
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")
    path = f"/api/v1/supervision/checks/{drawn[0]['id']}"
    one = client.get(path, headers=manager).json()
    assert one["reproducible"]
    assert [line["key"] for line in one["lines"]] == ["records", "handling", "feedback", "filing"]
    bad = client.post(path, json={"actor": "104", "scores": SCORES | {"filing": 99}}, headers=manager)
    assert bad.status_code == 422
    assert "filing: write a whole number from 0 to 25" in bad.json()["detail"]
    done = client.post(path, json={"actor": "104", "scores": SCORES}, headers=manager).json()
    assert (done["sheets"][0]["points"], done["sheets"][0]["reason"]) == (85, None)
    twice = client.post(path, json={"actor": "104", "scores": SCORES}, headers=manager)
    assert twice.status_code == 409
    found = client.get("/api/v1/supervision/checks?state=done&owner=102", headers=manager).json()
    assert ([each["id"] for each in found["items"]], found["next"]) == ([one["id"]], None)
    assert client.get("/api/v1/supervision/checks", headers=manager).json()["items"] == []
    scores = client.get("/api/v1/supervision/scores?from=2026-11-01&to=2026-11-30", headers=manager).json()
    li = next(each for each in scores["people"] if each["extension"] == "102")
    assert li["rates"]["checks"] == {"part": 85, "whole": 100, "share": 0.85}
    year = client.get("/api/v1/supervision/commendation?year=2026", headers=manager).json()
    assert {each["rank"] for each in year["people"]} == {None}
    for path in ("checks", "checks/1", "scores", "commendation"):
        assert client.get(f"/api/v1/supervision/{path}", headers=staff).status_code == 403
    assert client.get("/api/v1/supervision/checks/999", headers=manager).status_code == 404
    assert client.get("/api/v1/supervision/checks?cursor=x", headers=manager).status_code == 422


@pytest.mark.rule("S1")
def test_the_directory_of_offices_is_open_to_all_and_can_be_searched(
    browser: Browser, client: TestClient, desk: Desk, uow_factory: UowFactory
) -> None:
    with uow_factory() as work:
        step = {"office": "logistics", "text": "食堂归后勤处"}
        tickets.take_step(work, desk.tickets["later"], "office_named", step, LI, NOW + timedelta(minutes=1))
        work.commit()
    browser.log_in()
    page = browser.text("/offices")
    assert "Supervision line" in page
    assert "Dormitories, canteen, repairs, water and power" in page
    assert "Open matters passed to it: 1" in page
    assert "Logistics" not in browser.text("/offices?q=refunds")
    assert "Nothing found" in browser.text("/offices?q=%3Cscript%3E")
    listed = browser.text("/offices/logistics")
    assert desk.tickets["later"] in listed
    assert "13700137002" not in listed
    assert browser.client.get("/offices/nowhere").status_code == 404
    headers = bearer(desk.staff_token)
    items = client.get("/api/v1/offices?q=食堂", headers=headers).json()["items"]
    assert [(each["key"], each["open_matters"], each["contact"]) for each in items] == [
        ("logistics", 1, "内线 202")
    ]
    matters = client.get("/api/v1/offices/logistics/matters", headers=headers).json()["items"]
    assert [each["number"] for each in matters] == [desk.tickets["later"]]
    assert client.get("/api/v1/offices/nowhere/matters", headers=headers).status_code == 404
