"""A week at the training centre, as its regulation has it (policy training-centre)."""

from __future__ import annotations

import pytest

from tests.scenarios.centre import HEAD, LI, WANG
from tests.scenarios.conftest import Open

CENTRE = "training-centre"
VISIT = {"reason": "了解课程"}


@pytest.mark.rule("T1", "T10")
def test_a_visit_is_recorded_with_name_contact_reason_and_question(open_centre: Open) -> None:
    centre = open_centre(CENTRE)
    centre.at("mon 09:30")
    refusal = centre.post(
        "/tickets",
        {
            "actor": WANG,
            "channel": "walk_in",
            "kind": "inquiry",
            "contact": {"name": "钱先生", "phone": "13700137000"},
            "details": "课程",
        },
        422,
    )
    assert "reason" in str(refusal)
    number = centre.registers(WANG, "walk_in", fields=VISIT)
    assert centre.clocks(number) == {"t1-normal": "running until Thu 17:30"}
    assert centre.get(f"/tickets/{number}/record")["fields"] == VISIT


@pytest.mark.rule("T1", "T11", "T12", "T13")
def test_a_matter_of_several_departments_has_a_lead_and_stays_the_first_responders(open_centre: Open) -> None:
    centre = open_centre(CENTRE)
    centre.at("mon 10:00")
    number = centre.registers(WANG, "walk_in", "joint", fields=VISIT)
    assert centre.clocks(number)["t13"] == "running until Mon 16:00"
    centre.at("mon 11:00")
    centre.step(WANG, number, "postponed", reason="涉及教学与综合两部", ask_how="电话 301")
    assert centre.clocks(number)["t13"] == "met until Mon 16:00"
    centre.step(LI, number, "assignment_given", 403, office="teaching", role="lead", question="调课")
    centre.step(HEAD, number, "assignment_given", office="teaching", role="lead", question="调课")
    centre.step(HEAD, number, "assignment_given", office="general", role="supporting", question="住宿")
    centre.step(WANG, number, "assignment_taken", office="teaching", by="刘老师")
    centre.at("tue 15:00")
    centre.step(HEAD, number, "meeting_noted", text="两部说明情况，教学部先行")
    assert centre.step(WANG, number, "disagreement_raised", text="住宿费用由谁承担")["status"] == "open"
    centre.step(HEAD, number, "disagreement_decided", text="由综合部承担")
    centre.step(WANG, number, "assignment_done", office="teaching", text="已调整")
    centre.at("wed 17:31")
    clocks = centre.get(f"/tickets/{number}/record")["clocks"]
    of_offices = {clock["subject"]: clock["state"] for clock in clocks if clock["clock"] == "t11"}
    assert of_offices == {"teaching": "met", "general": "breached"}
    centre.step(WANG, number, "assignment_done", office="general", text="已安排住宿")
    centre.at("thu 10:00")
    centre.resolves(WANG, number)
    ticket = centre.ticket(number)
    assert (ticket["owner"]["extension"], centre.clocks(number)["t1-normal"]) == (WANG, "met until Thu 17:30")


@pytest.mark.rule("T20", "T30", "T40")
def test_not_satisfied_is_checked_again_and_answered_again(open_centre: Open) -> None:
    centre = open_centre(CENTRE)
    centre.at("mon 10:00")
    number = centre.registers(WANG, "walk_in", fields=VISIT)
    centre.resolves(WANG, number)
    centre.at("tue 10:00")
    assert centre.opinion(WANG, number, "not_satisfied")["status"] == "open"
    assert centre.clocks(number)["t20"] == "running until Thu 17:30"
    centre.at("wed 10:00")
    centre.resolves(WANG, number, "补充材料后再次答复")
    centre.opinion(WANG, number, "satisfied")
    centre.closes(WANG, number)
    assert [each["number"] for each in centre.get("/tickets?kind=inquiry&status=closed")["items"]] == [number]
