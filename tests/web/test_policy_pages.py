"""The policies as pages and over the API: plain words in both languages, the centre's own over the shipped."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from callcenter.policy_files import policy_paths
from callcenter.settings import Settings
from tests.support.desk import Desk
from tests.support.web_fixtures import Browser, HandClock, Parts
from web.app import create_app


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "accept": "application/json"}


@pytest.mark.rule("S10")
def test_the_list_names_the_chosen_one_first(browser: Browser) -> None:
    text = browser.log_in(language="zh").text("/policy")
    assert text.index("首问责任制（校园服务中心）") < text.index("首问责任制（一站式服务站）")
    assert text.count("用于新工单</span>") == 1


def test_one_policy_in_chinese_and_english(browser: Browser) -> None:
    browser.log_in(language="zh")
    zh = browser.text("/policy/huizhou-school")
    assert "简单 1 个工作日、一般 2 个工作日、复杂 3 个工作日" in zh
    assert "首问责任人" in zh
    en = browser.text("/policy/huizhou-school?lang=en")
    assert "Simple 1 working day, Normal 2 working days, Complex 3 working days" in en
    assert browser.client.get("/policy/nowhere").status_code == 404


def test_over_the_api(client: TestClient, desk: Desk) -> None:
    listed = client.get("/api/v1/policies", headers=bearer(desk.staff_token)).json()
    assert listed["next"] is None
    assert {each["name"]: each["chosen"] for each in listed["items"]} == {
        "huizhou-school": True,
        "one-stop-station": False,
        "training-centre": False,
    }
    one = client.get("/api/v1/policies/one-stop-station", headers=bearer(desk.staff_token)).json()
    clocks = {clock["clock"]: clock for clock in one["clocks"]}
    assert clocks["s10-certificate"]["limit"] == {
        "working_days": 3,
        "seconds": None,
        "runs": "working_days",
    }
    assert clocks["s12"]["limit"] == {"working_days": None, "seconds": 1800, "runs": "service_hours"}
    assert clocks["s12"]["words"]["en"].endswith("30 minutes of opening hours")
    assert one["hours"] == ["08:30-12:00", "14:00-17:30"]
    assert {section["title"] for section in one["words"]["zh"]} >= {"时限", "开放时间", "一次性告知"}
    unknown = client.get("/api/v1/policies/nowhere", headers=bearer(desk.staff_token))
    assert unknown.status_code == 404
    assert "there is huizhou-school" in unknown.json()["detail"]
    assert client.get("/api/v1/policies").status_code == 401


def test_the_centres_own_file_stands_over_the_shipped_one(
    settings: Settings, desk: Desk, clock: HandClock, parts: Parts
) -> None:
    settings.own_policies.mkdir(parents=True)
    text = (
        policy_paths()["huizhou-school"]
        .read_text("utf-8")
        .replace("simple = 1, normal = 2", "simple = 2, normal = 2")
    )
    (settings.own_policies / "huizhou-school.toml").write_text(text, "utf-8")
    with TestClient(create_app(settings, checks=parts.checks(), clock=clock)) as client:
        browser = Browser(client, desk)
        client.follow_redirects = False
        one = client.get("/api/v1/policies/huizhou-school", headers=bearer(desk.staff_token)).json()
        assert one["own"] is True
        assert "本中心的文件" in browser.log_in(language="zh").text("/policy")
