"""Steps of a matter: offered in the order of what is due, taken by form and over the API, refused with a reason."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.desk import Desk
from tests.support.web_fixtures import Browser, HandClock
from tests.web.test_api import Api
from tests.web.test_registration import message_at, station

__all__ = ["station"]

COMPLAINT = {
    "channel": "wechat",
    "kind": "complaint",
    "complexity": "simple",
    "contact_name": "周同学",
    "details": "食堂少找钱",
    "field-nickname": "小周",
    "field-wechat_id": "wx1",
    "field-wished_solution": "退款",
}


@pytest.fixture
def manager(client: TestClient, desk: Desk) -> Api:
    return Api(client, desk.manager_token)


def path_of(where: str) -> str:
    return where.split("?")[0]


@pytest.fixture
def complaint(browser: Browser) -> str:
    """The page of a complaint of 101, who is logged in."""
    browser.log_in()
    return path_of(browser.post("/register", **COMPLAINT))


def order_of(page: str) -> list[str]:
    """The steps as the page has them from top to bottom."""
    return re.findall(r'id="step-([a-z_]+)"', page)


def take(browser: Browser, path: str, step: str, **given: str) -> str:
    return browser.post(f"{path}/steps/{step}", **given).split("done=")[1]


def refused(browser: Browser, path: str, step: str, code: int, **given: str) -> str:
    answer = browser.client.post(f"{path}/steps/{step}", data={**given, "csrf_token": browser.csrf})
    assert answer.status_code == code, answer.text
    return answer.text


def as_head(browser: Browser) -> None:
    browser.client.cookies.clear()
    browser.log_in("104")


@pytest.mark.rule("H13", "H14", "H20", "H33")
def test_what_is_due_next_comes_first(browser: Browser, complaint: str) -> None:
    page = browser.text(complaint)
    # Reply in 5 minutes, group in 10, answer tomorrow; the rest is folded.
    assert order_of(page)[:3] == ["replied", "group_made", "resolved"]
    assert page.index('id="more-steps"') < page.index('id="step-complaint_referred"')
    assert "by 23 Nov 10:25" in page
    assert take(browser, complaint, "replied", text="您好，这里是校园服务中心。") == "step"
    assert take(browser, complaint, "group_made", text="周同学、李老师") == "step"
    given = {"office": "logistics", "reason": "食堂归后勤处"}
    assert take(browser, complaint, "complaint_referred", **given) == "step"
    page = browser.text(complaint)
    assert order_of(page)[:3] == ["file_sent", "complainant_told", "resolved"]
    for said in (
        "王敏 passed the complaint to Logistics.",
        "The head is informed of the complaint.",
        "王敏 replied with the greeting.",
        "您好，这里是校园服务中心。",
    ):
        assert said in page
    take(browser, complaint, "file_sent", office="logistics", text="截图")
    take(browser, complaint, "complainant_told", procedure="后勤处核查监控", duration="三个工作日")
    page = browser.text(complaint)
    assert "后勤处核查监控" in page
    assert "三个工作日" in page
    assert order_of(page)[0] == "resolved"


@pytest.mark.rule("S10")
def test_an_extension_is_asked_for_shown_with_both_dates_and_approved(
    browser: Browser, complaint: str
) -> None:
    asked = {"clock": "h15-simple", "working_days": "2", "reason": "监控需调取"}
    assert take(browser, complaint, "extension_requested", **asked) == "asked-head"
    page = browser.text(complaint)
    assert "More time is asked for" in page
    assert "It waits for the head's decision." in page
    assert "extension_granted" not in page
    # Tuesday at closing time; two working days more are Thursday.
    assert "24 Nov 17:30" in page
    assert "26 Nov 17:30" in page
    text = refused(browser, complaint, "extension_granted", 403, text="ja")
    assert "Only the head decides this" in text
    as_head(browser)
    assert order_of(browser.text(complaint))[:2] == ["extension_granted", "extension_refused"]
    assert take(browser, complaint, "extension_granted") == "step"
    page = browser.text(complaint)
    assert "extended, before it was 24 Nov 17:30" in page
    assert "陈国强 approved more time: H15 · The person has the answer." in page
    assert "More time is asked for" not in page


@pytest.mark.rule("S10")
def test_an_extension_is_refused_with_a_reason(browser: Browser, complaint: str) -> None:
    take(browser, complaint, "extension_requested", clock="h15-simple", working_days="2", reason="x")
    as_head(browser)
    page = refused(browser, complaint, "extension_refused", 422)
    assert message_at(page, "extension_refused-text") == "Please fill this in."
    take(browser, complaint, "extension_refused", text="时间足够")
    page = browser.text(complaint)
    assert "陈国强 refused more time" in page
    assert "extended, before" not in page


@pytest.mark.rule("S10")
def test_after_expiry_there_is_no_extension(browser: Browser, complaint: str, clock: HandClock) -> None:
    asked = {"clock": "h15-simple", "working_days": "2", "reason": "来不及"}
    take(browser, complaint, "extension_requested", **asked)
    clock.advance(timedelta(days=2))
    as_head(browser)
    page = browser.text(complaint)
    assert "it can only be refused" in page
    assert order_of(page)[0] == "extension_refused"
    said = "The time has run out already: more of it can be asked for and approved only before."
    assert said in refused(browser, complaint, "extension_granted", 409)
    take(browser, complaint, "extension_refused", text="已过期")
    page = refused(browser, complaint, "extension_requested", 409, **asked)
    assert said in page
    assert "extension_requested" not in order_of(browser.text(complaint))


@pytest.mark.rule("S21")
def test_the_time_stands_still_while_papers_are_missing(
    browser: Browser, complaint: str, clock: HandClock
) -> None:
    assert take(browser, complaint, "papers_missing", papers="学生证\n付款截图") == "stands"
    clock.advance(timedelta(days=1))
    browser.client.cookies.clear()
    browser.log_in()
    page = browser.text(complaint)
    assert "The time stands still since 23 Nov 10:20: papers are missing." in page
    assert "学生证<br>付款截图" in page
    # Both Monday and Tuesday were touched by the pause: Wednesday is the one working day.
    assert "If the papers came now: 25 Nov 17:30" in page
    assert take(browser, complaint, "papers_received", papers="学生证\n付款截图") == "step"
    page = browser.text(complaint)
    assert "stood still from 23 Nov 10:20 to 24 Nov 10:20" in page
    assert "papers are missing." not in page


@pytest.mark.rule("S21", "S20")
def test_a_notice_names_all_papers_and_a_receipt_its_pages(station: Browser) -> None:
    station.log_in()
    fields = {"channel": "walk_in", "kind": "certificate", "complexity": "standard", "details": "在读证明"}
    path = path_of(station.post("/register", **fields))
    take(station, path, "notice_given", checklist="study_certificate", means="in_writing")
    take(station, path, "receipt_given", papers="身份证", pages="2", completion_day="2026-11-26")
    page = station.text(path)
    for said in (
        "王敏 gave the one-time notice: Certificate of study.",
        "<li>Identity card</li>",
        "<li>Student card</li>",
        "<li>Application form (one copy)</li>",
        "3 working days",
        "In writing",
        "Thu 26 Nov",
    ):
        assert said in page


BAD: list[tuple[str, dict[str, str], str, str]] = [
    ("progress_told", {"means": "phone"}, "text", "Please fill this in."),
    ("progress_told", {"means": "pigeon", "text": "x"}, "means", "Please choose one of the list."),
    ("progress_told", {"text": "x"}, "means", "Please fill this in."),
    (
        "office_named",
        {"office": "moon", "text": "x"},
        "office",
        "Please choose an office of the list that has this matter.",
    ),
    (
        "receipt_given",
        {"papers": "x", "pages": "many", "completion_day": "2026-11-26"},
        "pages",
        "Please write a whole number from 1 to 9999.",
    ),
    (
        "receipt_given",
        {"papers": "x", "pages": "0", "completion_day": "2026-11-26"},
        "pages",
        "Please write a whole number from 1 to 9999.",
    ),
    (
        "receipt_given",
        {"papers": "x", "pages": "2", "completion_day": "2026-11-22"},
        "completion_day",
        "Please choose a day, today or later.",
    ),
    (
        "receipt_given",
        {"papers": "x", "pages": "2", "completion_day": "soon"},
        "completion_day",
        "Please choose a day, today or later.",
    ),
    (
        "extension_requested",
        {"clock": "h13", "working_days": "1", "reason": "x"},
        "clock",
        "This limit cannot be extended.",
    ),
    (
        "extension_requested",
        {"clock": "h15-simple", "working_days": "251", "reason": "x"},
        "working_days",
        "Please write at most 250 working days.",
    ),
    (
        "extension_requested",
        {"clock": "h15-simple", "working_days": "-1", "reason": "x"},
        "working_days",
        "Please write a whole number from 1 to 9999.",
    ),
    ("notice_given", {"checklist": "none", "means": "orally"}, "checklist", "Please choose one of the list."),
]


@pytest.mark.parametrize(("step", "given", "field", "said"), BAD)
def test_each_wrong_field_says_what_is_wrong_and_keeps_what_was_typed(
    browser: Browser, complaint: str, step: str, given: dict[str, str], field: str, said: str
) -> None:
    page = refused(browser, complaint, step, 422, **given)
    if step == "notice_given":  # this centre has no checklists, so its page has no form for them
        assert f'id="step-{step}"' not in page
        return
    assert message_at(page, f"{step}-{field}") == said
    opened = re.search(rf'id="step-{step}" open>', page)
    assert opened
    if "text" in given:
        assert ">x</textarea>" in page


def test_a_step_that_is_not_there_not_offered_or_not_ones_own(browser: Browser, complaint: str) -> None:
    refused(browser, complaint, "fly", 404)
    page = refused(browser, complaint, "suggestion_answered", 409, text="taken up")
    assert "This step is not offered any more as the ticket stands now." in page
    assert "taken up" in page
    browser.client.cookies.clear()
    browser.log_in("103")
    refused(browser, complaint, "progress_told", 403, means="phone", text="x")
    assert "step-" not in browser.text(complaint)
    assert browser.client.post(f"{complaint}/steps/replied", data={"text": "x"}).status_code == 403


@pytest.mark.rule("H41", "T20", "H32", "H50", "S40")
def test_not_satisfied_opens_it_again_and_closing_leads_to_what_is_missing(
    browser: Browser, complaint: str
) -> None:
    browser.post(f"{complaint}/resolve", result="已退款")
    page = browser.text(complaint)
    assert order_of(page)[0] == "satisfaction_given"
    assert "by 26 Nov 17:30" in page  # H41: three working days after Monday
    answer = browser.client.post(f"{complaint}/close", data={"csrf_token": browser.csrf})
    assert answer.status_code == 422
    assert "Before it can be closed, these have to be filled in:" in answer.text
    assert '<a href="#step-satisfaction_given">Satisfaction</a>' in answer.text
    assert 'id="step-satisfaction_given"' in answer.text
    assert take(browser, complaint, "satisfaction_given", answer="not_satisfied", text="仍未道歉") == (
        "not-satisfied"
    )
    page = browser.text(f"{complaint}?done=not-satisfied")
    assert "Not satisfied: it is handled again by itself" in page
    assert "The person&#39;s answer: Not satisfied." in page
    assert "仍未道歉" in page
    browser.post(f"{complaint}/resolve", result="已退款并道歉")
    take(browser, complaint, "satisfaction_given", answer="satisfied")
    assert browser.post(f"{complaint}/close").endswith("closed")
    page = browser.text(complaint)
    assert "File of the person served" in page
    assert "已退款并道歉" in page


@pytest.mark.rule("H30", "H50")
def test_a_field_that_closing_asks_for_is_filled_in_on_a_solved_ticket(browser: Browser) -> None:
    browser.log_in()
    fields = {"channel": "walk_in", "kind": "inquiry", "complexity": "simple", "details": "补办学生证"}
    path = path_of(browser.post("/register", **fields))
    browser.post(f"{path}/resolve", result="已补办")
    take(browser, path, "satisfaction_given", answer="satisfied")
    answer = browser.client.post(f"{path}/close", data={"csrf_token": browser.csrf})
    assert '<li><a href="#contact_name">Name of the caller</a></li>' in answer.text
    assert 'id="contact_name" name="contact_name"' in answer.text
    assert browser.post(f"{path}/form", **fields, contact_name="赵同学").endswith("saved")
    assert "Resolved" in browser.text(path)
    assert browser.post(f"{path}/close").endswith("closed")


def test_what_was_told_is_asked_for(browser: Browser, complaint: str) -> None:
    answer = browser.client.post(f"{complaint}/resolve", data={"csrf_token": browser.csrf})
    assert answer.status_code == 422
    assert message_at(answer.text, "result") == "Please write what the caller was told."


def test_two_who_write_at_once_are_shown_both(browser: Browser, complaint: str) -> None:
    version = str(_version(browser.text(complaint)))
    as_head(browser)
    theirs = {
        **{key: value for key, value in COMPLAINT.items() if key != "channel"},
        "details": "三号窗口少找钱",
        "contact_phone": "13800138111",
    }
    browser.post(f"{complaint}/form", **theirs, version=version)
    browser.client.cookies.clear()
    browser.log_in()
    mine = {**theirs, "details": "周一中午少找钱", "contact_phone": "", "complexity": "complex"}
    answer = browser.client.post(
        f"{complaint}/form", data={**mine, "version": version, "csrf_token": browser.csrf}
    )
    assert answer.status_code == 409
    page = answer.text
    # Both wrote the matter: side by side. The number only the head wrote, the complexity only 101: both stand.
    rows = re.findall(r'<th scope="row">(.*?)</th><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td>', page)
    assert rows[0] == ("What is it about", "周一中午少找钱", "三号窗口少找钱")
    assert len([row for row in rows if row[0] == "What is it about"]) == 1
    assert "周一中午少找钱</textarea>" in page
    assert 'name="contact_phone" value="13800138111"' in page
    assert re.search(r'<option value="complex" selected>', page)
    assert '<span class="tag info">new</span>' in page
    stored = browser.text(complaint)
    assert "三号窗口少找钱" in stored
    assert "周一中午少找钱" not in stored
    again = {**mine, "contact_phone": "13800138111", "version": str(_version(page))}
    assert browser.post(f"{complaint}/form", **again).endswith("saved")
    assert "周一中午少找钱" in browser.text(complaint)


def test_a_step_over_a_colleagues_change_is_sent_again_knowingly(browser: Browser, complaint: str) -> None:
    version = str(_version(browser.text(complaint)))
    browser.post(f"{complaint}/note", note="已打过电话")
    given = {"means": "phone", "text": "仍在核查", "version": version}
    page = refused(browser, complaint, "progress_told", 409, **given)
    assert "A colleague changed the ticket while you were writing." in page
    assert ">仍在核查</textarea>" in page
    assert take(browser, complaint, "progress_told", **{**given, "version": str(_version(page))}) == "step"
    page = refused_resolve(browser, complaint, version)
    assert ">退款已到账</textarea>" in page


def refused_resolve(browser: Browser, path: str, version: str) -> str:
    fields = {"result": "退款已到账", "version": version, "csrf_token": browser.csrf}
    answer = browser.client.post(f"{path}/resolve", data=fields)
    assert answer.status_code == 409
    return answer.text


def _version(page: str) -> int:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return int(found[1])


@pytest.mark.rule("H4")
def test_who_was_too_late_reads_who_has_it(browser: Browser, desk: Desk) -> None:
    path = f"/tickets/{desk.tickets['unowned']}"
    browser.log_in("102")
    browser.post(f"{path}/take")
    browser.client.cookies.clear()
    browser.log_in("103")
    where = browser.post(f"{path}/take")
    assert "李静 took it first and answers for it." in browser.text(where)


def test_the_fields_of_another_kind(browser: Browser, desk: Desk) -> None:
    browser.log_in()
    path = f"/tickets/{desk.tickets['today']}/fields"

    def fields(**typed: str) -> str:
        answer = browser.client.post(path, data={**typed, "csrf_token": browser.csrf})
        assert answer.status_code == 200
        return answer.text

    assert "field-wished_solution" in fields(kind="complaint")
    assert "field-" not in fields(kind="inquiry")
    assert "field-" not in fields(kind="nonsense")
    # What is typed already is not lost when another kind is chosen.
    assert ">退还费用</textarea>" in fields(kind="complaint", **{"field-wished_solution": "退还费用"})


def registered(manager: Api, **more: Any) -> str:
    given = {"actor": "101", "channel": "walk_in", "kind": "suggestion", "details": "延长开放时间", **more}
    answer = manager.client.post("/api/v1/tickets", json=given, headers=manager.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


@pytest.mark.rule("H42")
def test_a_suggestion_over_the_api(manager: Api, desk: Desk) -> None:
    number = registered(manager)

    def offered() -> dict[str, Any]:
        items = manager.get(f"/tickets/{number}/steps")["items"]
        return {item["name"]: item for item in items}

    step = offered()["suggestion_reported"]
    assert (step["rule"], step["by"]) == ("H42", "involved")
    means = offered()["progress_told"]["inputs"][0]
    assert means["choices"][0] == {"key": "orally", "names": {"zh": "口头", "en": "Orally"}}
    office = offered()["office_named"]["inputs"][0]["choices"][0]
    assert office == {"key": "academic", "names": {"zh": "教务处", "en": "Academic affairs"}}
    assert "notice_given" not in offered()  # this centre has no checklists to choose from
    manager.act(number, "steps/suggestion_reported", actor="101", given={"text": "建议延长"})
    # While it waits for the head nothing else is laid before them.
    assert "suggestion_reported" not in offered()
    assert offered()["suggestion_decided"]["by"] == "head"
    decision = {"adopted": "yes", "text": "下周起延长"}
    path = f"/tickets/{number}/steps/suggestion_decided"
    manager.refused(403, "POST", path, json={"actor": "101", "given": decision})
    manager.act(number, "steps/suggestion_decided", actor="104", given=decision)
    manager.act(number, "steps/suggestion_answered", actor="101", given={"text": "已采纳"})
    assert manager.get(f"/tickets/{number}/record")["awaits"] is None


def test_what_the_api_refuses(manager: Api, desk: Desk) -> None:
    number = registered(manager)
    staff = Api(manager.client, desk.staff_token)

    def no(code: int, step: str, api: Api = manager, **body: Any) -> str:
        answer = api.refused(code, "POST", f"/tickets/{number}/steps/{step}", json={"actor": "101", **body})
        return str(answer.get("detail"))

    told = {"means": "phone", "text": "x"}
    assert "there is no step 'fly'" in no(404, "fly")
    assert no(422, "progress_told", given={"means": "phone"}) == "text: please fill this in"
    assert "orally" in no(422, "progress_told", given={**told, "means": "owl"})
    no(409, "complaint_referred", given={"office": "academic", "reason": "x"})
    no(409, "satisfaction_asked", given={"means": "phone"})
    assert "王敏" in no(409, "progress_told", given=told, version=1)
    no(403, "progress_told", staff, actor="103", given=told)
    no(422, "progress_told", actor="999", given=told)
    manager.refused(422, "POST", f"/tickets/{number}/satisfaction", json={"actor": "101"})
    no_answer = {"actor": "101", "answer": "satisfied"}
    manager.refused(409, "POST", f"/tickets/{number}/satisfaction", json=no_answer)
    manager.act(number, "resolve", actor="101", text="told")
    refusal = manager.refused(
        422, "POST", f"/tickets/{number}/satisfaction", json={"actor": "101", "answer": "odd"}
    )
    assert "not_satisfied" in refusal["detail"]
    assert manager.act(number, "satisfaction", actor="101", answer="not_satisfied")["status"] == "open"
    manager.refused(404, "GET", "/tickets/261123-0-999/steps")
