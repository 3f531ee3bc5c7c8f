"""Looking for tickets by period, kind, channel, person, words and opinion; one file for each party served."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from callcenter.services import tickets
from callcenter.services.steps import take_step
from tests.conftest import UowFactory
from tests.support.desk import LI, NOW, WANG, Desk
from tests.support.web_fixtures import Browser
from tests.web.test_policy_pages import bearer
from tests.web.test_today import opened


def closed(make: UowFactory, details: str, *, answer: str = "satisfied", phone: str = "13511112222") -> str:
    """A matter from the first word to the archive."""
    number = opened(make, details=details, phone=phone).number
    with make() as uow:
        tickets.resolve(uow, number, "已办妥", WANG, NOW)
        take_step(uow, number, "satisfaction_given", {"answer": answer}, WANG, NOW)
        tickets.close(uow, number, WANG, NOW)
        uow.commit()
    return number


@pytest.mark.rule("T30", "H50")
def test_each_field_narrows(browser: Browser, uow_factory: UowFactory) -> None:
    old = opened(uow_factory, NOW - timedelta(days=20), details="图书馆座位").number
    hers = opened(uow_factory, owner=LI, details="图书馆空调", kind="suggestion").number
    browser.log_in("104")

    def found(query: str) -> set[str]:
        text = browser.text(f"/tickets?view=all&{query}")
        return {number for number in (old, hers) if f'href="/tickets/{number}"' in text}

    assert found("q=图书馆") == {old, hers}
    assert found("q=空调") == {hers}
    assert found("q=图书馆&from=2026-11-20") == {hers}
    assert found("q=图书馆&to=2026-11-10") == {old}
    assert found("q=图书馆&kind=suggestion") == {hers}
    assert found("q=图书馆&person=101") == {old}
    assert found("q=图书馆&channel=wechat") == set()
    assert found(f"q={old}") == {old}


@pytest.mark.rule("T30", "T40")
def test_closed_ones_by_opinion(
    browser: Browser, client: TestClient, desk: Desk, uow_factory: UowFactory
) -> None:
    good = closed(uow_factory, "校园卡补办")
    fair = closed(uow_factory, "校园卡挂失", answer="fairly")
    text = browser.log_in("104").text("/tickets?view=done&status=closed&satisfaction=fairly")
    assert fair in text
    assert good not in text
    answer = client.get(
        "/api/v1/tickets?satisfaction=satisfied&status=closed", headers=bearer(desk.manager_token)
    )
    assert [each["number"] for each in answer.json()["items"]] == [good]


def test_a_period_that_makes_no_sense_is_said_so(browser: Browser) -> None:
    answer = browser.log_in().client.get("/tickets?from=2026-11-20&to=2026-11-01")
    assert answer.status_code == 422
    assert "This is no period" in answer.text


def test_tabs_and_pages_keep_what_was_asked(browser: Browser) -> None:
    text = browser.log_in().text("/tickets?q=水&kind=inquiry")
    assert "/tickets?view=all&amp;q=%E6%B0%B4&amp;kind=inquiry" in text


def test_what_stands_still_has_its_own_heading(browser: Browser, uow_factory: UowFactory) -> None:
    number = opened(uow_factory).number
    with uow_factory() as uow:
        take_step(uow, number, "papers_missing", {"papers": "身份证"}, WANG, NOW)
        uow.commit()
    text = browser.log_in("101").text("/tickets?view=mine")
    assert text.index("Waiting for papers or for others") < text.index(number)


@pytest.mark.rule("S40", "T31")
def test_one_file_for_each_party_numbered_in_order(
    browser: Browser, client: TestClient, desk: Desk, uow_factory: UowFactory
) -> None:
    first = closed(uow_factory, "校园卡补办")
    second = closed(uow_factory, "水电费", phone="13666667777")
    again = opened(uow_factory, details="又来一件", phone="+86 135 1111 2222").number
    browser.log_in("104")
    listed = browser.text("/files")
    assert listed.index("File 2") < listed.index("File 1")
    one = browser.text("/files/1")
    assert first in one
    assert again in one
    assert second not in one
    assert "13511112222" in one
    answer = client.get("/api/v1/files/2", headers=bearer(desk.manager_token)).json()
    assert answer["party"] == {"kind": "phone", "value": "13666667777"}
    assert [each["number"] for each in answer["items"]] == [second]
    hidden = client.get("/api/v1/files/2", headers=bearer(desk.staff_token)).json()
    assert hidden["party"]["value"] == "136****7777"
    by_file = client.get("/api/v1/tickets?file=1", headers=bearer(desk.manager_token)).json()
    assert {each["number"] for each in by_file["items"]} == {first, again}


@pytest.mark.rule("T31")
def test_staff_see_parties_masked_unless_theirs(browser: Browser, uow_factory: UowFactory) -> None:
    closed(uow_factory, "校园卡补办")
    browser.log_in("102")
    assert "13511112222" not in browser.text("/files")
    assert "135****2222" in browser.text("/files/1")


def test_a_file_is_found_by_its_number_or_the_whole_phone_number(
    browser: Browser, uow_factory: UowFactory
) -> None:
    closed(uow_factory, "校园卡补办")
    browser.log_in("102")
    assert browser.client.get("/files?q=13511112222").headers["location"] == "/files/1"
    assert browser.client.get("/files?q=1").headers["location"] == "/files/1"
    assert "No such file" in browser.text("/files?q=1351111")
    assert browser.client.get("/files/77").status_code == 404
    assert browser.client.get(f"/files/{2**70}").status_code == 404
