"""A week at the one-stop service station, as its regulation has it (policy one-stop-station)."""

from __future__ import annotations

import pytest

from tests.scenarios.centre import HEAD, LI, WANG
from tests.scenarios.conftest import Open

STATION = "one-stop-station"


@pytest.mark.rule("S20", "S21", "S30")
def test_what_is_missing_is_told_once_and_the_clock_stands_until_it_is_there(open_centre: Open) -> None:
    centre = open_centre(STATION)
    centre.at("mon 10:00")
    number = centre.registers(WANG, "walk_in", "certificate")
    assert centre.clocks(number) == {"s10-certificate": "running until Thu 17:30"}
    centre.step(WANG, number, "notice_given", checklist="study_certificate", means="in_writing")
    centre.step(WANG, number, "papers_missing", papers="学生证、申请表")
    assert centre.ticket(number)["status"] == "waiting"
    centre.at("fri 10:00")
    assert centre.clocks(number) == {"s10-certificate": "paused until Thu 17:30"}
    assert "breached" not in centre.story(number)
    centre.step(WANG, number, "papers_received", papers="学生证、申请表")
    centre.step(
        WANG, number, "receipt_given", papers="学生证、申请表", pages="2", completion_day="2026-11-25"
    )
    # Tuesday to Friday stood; Monday, Tuesday and Wednesday count.
    assert centre.clocks(number) == {"s10-certificate": "running until Wed 17:30"}
    ledger = centre.get(f"/tickets/{number}/record")["clocks"][0]["ledger"]
    assert [day["day"][-2:] for day in ledger if day["mark"] == "paused"] == ["17", "18", "19", "20"]
    centre.at("mon+1 10:00")
    centre.step(WANG, number, "progress_told", means="message", text="学籍已核对")
    centre.resolves(WANG, number)


@pytest.mark.rule("S10")
def test_an_extension_is_approved_by_the_leader_and_told_with_the_reason(open_centre: Open) -> None:
    centre = open_centre(STATION)
    centre.at("mon 10:00")
    number = centre.registers(WANG, "walk_in", "certificate")
    asked = {"clock": "s10-certificate", "working_days": "2", "reason": "等待外单位回函"}
    centre.at("wed 10:00")
    centre.step(WANG, number, "extension_requested", **asked)
    assert [each["number"] for each in centre.get("/tickets?awaits=extension")["items"]] == [number]
    centre.step(WANG, number, "extension_granted", 403, text="同意")
    centre.step(HEAD, number, "extension_granted", text="同意")
    assert centre.clocks(number) == {"s10-certificate": "running until Mon 17:30"}
    centre.step(WANG, number, "extension_told", text="因回函未到，延期两个工作日")
    centre.at("mon+1 17:31")
    late = centre.step(WANG, number, "extension_requested", 409, **asked)
    assert "run out" in late["detail"]


@pytest.mark.rule("S11", "S12", "S22", "S31", "S50")
def test_a_complainant_hears_at_once_and_then_every_three_days(open_centre: Open) -> None:
    centre = open_centre(STATION)
    centre.at("mon 10:00")
    nameless = {"actor": WANG, "channel": "phone", "kind": "complaint", "contact": {}, "details": "态度差"}
    assert "contact_name" in str(centre.post("/tickets", nameless, 422))
    number = centre.registers(WANG, "phone", "complaint")
    assert centre.clocks(number) == {
        "s10-complaint": "running until Mon 17:30",
        "s11": "running until Thu 17:30",
        "s12": "running until Mon 10:30",
    }
    centre.at("mon 10:05")
    centre.step(WANG, number, "complaint_taken_told", text="您的投诉已受理")
    assert centre.clocks(number)["s12"] == "met until Mon 10:30"
    centre.at("wed 10:00")
    centre.step(WANG, number, "progress_told", means="phone", text="正在核实")
    assert centre.clocks(number)["s11"] == "running until Mon 17:30"
    centre.at("mon+1 17:31")
    assert centre.clocks(number)["s11"] == "breached until Mon 17:30"
    centre.resolves(WANG, number)
    assert centre.clocks(number)["s31"] == "running until Mon 17:30"
    centre.opinion(WANG, number, "satisfied")
    centre.step(HEAD, number, "responsibility_traced", person=LI, cause="未一次说清")
    centre.closes(WANG, number)


@pytest.mark.rule("S1")
def test_a_matter_outside_the_station_still_gets_the_right_office(open_centre: Open) -> None:
    centre = open_centre(STATION)
    centre.at("tue 10:00")
    number = centre.registers(WANG, "phone")
    centre.step(
        WANG, number, "office_named", office="police", text="户口迁移请到派出所，电话 12345，已代为询问"
    )
    refusal = centre.step(WANG, number, "office_named", 422, office="moon", text="?")
    assert "police" in refusal["detail"]
    centre.resolves(WANG, number)


@pytest.mark.rule("S2", "S3")
def test_when_a_is_away_the_b_post_acts_and_the_work_comes_back(open_centre: Open) -> None:
    centre = open_centre(STATION)
    centre.at("mon 10:00")
    number = centre.registers(WANG, "walk_in", "certificate")
    centre.post("/posts", {"actor": HEAD, "extension": WANG, "b_extension": LI})
    centre.post(
        "/absences",
        {"actor": WANG, "extension": WANG, "from": "2026-11-17T08:00:00+08:00", "reason": "training"},
        201,
    )
    centre.at("tue 09:00")
    ticket = centre.ticket(number)
    assert (ticket["owner"]["extension"], ticket["handler"]["extension"]) == (WANG, LI)
    centre.step(LI, number, "progress_told", means="phone", text="代办中")
    (absence,) = centre.get("/absences")["items"]
    centre.at("wed 09:00")
    centre.post(f"/absences/{absence['id']}/end", {"actor": WANG})
    ticket = centre.ticket(number)
    assert (ticket["owner"]["extension"], ticket["handler"]["extension"]) == (WANG, WANG)
