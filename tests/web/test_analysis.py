"""The analysis in the console and over the API: each number leads to as many tickets."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from callcenter.services import tickets
from tests.conftest import UowFactory
from tests.support.desk import LI, NOW, Desk
from tests.support.web_fixtures import Browser

PERIOD = "from=2026-11-01&to=2026-11-30"


@pytest.mark.rule("H43", "S50")
def test_each_number_leads_to_as_many_tickets(browser: Browser, uow_factory: UowFactory, desk: Desk) -> None:
    with uow_factory() as work:
        tickets.give_satisfaction(
            work, desk.tickets["solved"], "not_satisfied", via="key", actor=None, now=NOW
        )
        traced = {"person": "102", "cause": "=cmd|'/c calc'!A1"}
        head = work.staff.get("104")
        assert head is not None
        tickets.take_step(work, desk.tickets["later"], "responsibility_traced", traced, LI_HEAD, NOW)
        work.commit()
    browser.log_in("104")
    page = browser.text(f"/analysis?{PERIOD}")
    for words in (
        "By kind",
        "By channel",
        "By cause",
        "By person responsible",
        "By month",
        "Complaint",
        "李静",
    ):
        assert words in page
    links = re.findall(r'href="(/analysis/tickets[^"]*)"[^>]*>(\d+)</a>', page)
    assert len(links) > 10
    for link, count in links:
        listed = browser.text(link.replace("&amp;", "&"))
        assert len(re.findall(r'<td class="main-cell">', listed)) == int(count), link
        assert not re.search(r"1[35-9]\d{9}", listed)
    csv = browser.client.get(f"/analysis.csv?{PERIOD}")
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    lines = csv.text.removeprefix("\ufeff").splitlines()
    assert lines[0].startswith("by,key,name,matters,late,timed")
    assert any(line.startswith("cause,'=cmd|") for line in lines)


LI_HEAD = LI.__class__(extension="104", name="陈国强")


@pytest.mark.parametrize("query", ["from=2026-11-30&to=2026-11-01", "from=yesterday", "to=0000-00-00"])
def test_a_period_that_makes_no_sense_is_said_to_be_so(browser: Browser, query: str) -> None:
    browser.log_in("104")
    answer = browser.client.get(f"/analysis?{query}")
    assert answer.status_code == 422
    assert "Below is this month." in answer.text


def test_an_empty_period_says_so(browser: Browser) -> None:
    browser.log_in("104")
    assert "No matters in this period" in browser.text("/analysis?from=2020-01-01&to=2020-12-31")
    assert "Nothing here" in browser.text("/analysis/tickets?by=cause&key=%27%3B--&only=late&" + PERIOD)


@pytest.mark.parametrize("query", ["by=nothing", "only=nothing", "by=kind&key=" + "x" * 201])
def test_what_the_analysis_does_not_know_is_refused(browser: Browser, query: str) -> None:
    browser.log_in("104")
    assert browser.client.get(f"/analysis/tickets?{query}").status_code == 422


@pytest.mark.rule("H43", "S50")
def test_the_api_counts_the_same(client: TestClient, desk: Desk) -> None:
    headers = {"authorization": f"Bearer {desk.manager_token}"}
    found = client.get(f"/api/v1/reports/analysis?{PERIOD}", headers=headers).json()
    assert found["time_zone"] == "Asia/Shanghai"
    assert found["total"]["matters"] == sum(row["matters"] for row in found["kind"])
    assert {row["key"]: row["name"] for row in found["kind"]} == {
        "inquiry": "Inquiry",
        "complaint": "Complaint",
    }
    assert found["month"][0]["key"] == "2026-11"
    assert found["total"]["late"] == 1
    assert "Matters with at least one limit that was missed" in found["formulas"]["late"]
    bad = client.get("/api/v1/reports/analysis?from=x", headers=headers)
    assert (bad.status_code, bad.headers["content-type"]) == (422, "application/problem+json")
    staff = {"authorization": f"Bearer {desk.staff_token}"}
    assert client.get("/api/v1/reports/analysis", headers=staff).status_code == 403
