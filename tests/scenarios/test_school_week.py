"""A week at the vocational school's service centre, as its regulation has it (policy huizhou-school)."""

from __future__ import annotations

import pytest

from tests.scenarios.centre import HEAD, LI, WANG, ZHANG
from tests.scenarios.conftest import Open

SCHOOL = "huizhou-school"


@pytest.mark.rule("H2", "H12", "H32", "H40")
def test_whoever_answers_the_phone_answers_for_it(open_centre: Open) -> None:
    centre = open_centre(SCHOOL)
    centre.at("mon 09:00")
    number = centre.call_answered(WANG)
    ticket = centre.ticket(number)
    assert (ticket["owner"]["extension"], ticket["status"], ticket["clocks"]) == (WANG, "registering", [])
    centre.at("mon 09:05")
    centre.writes(WANG, number, complexity="complex")
    assert centre.clocks(number) == {"h12-complex": "running until Thu 17:30"}
    # On a closer look it is a matter of two days, counted from the same start.
    centre.post(f"/tickets/{number}/complexity", {"actor": WANG, "complexity": "normal"})
    assert centre.clocks(number) == {"h12-normal": "running until Wed 17:30"}
    centre.at("tue 10:00")
    centre.step(WANG, number, "progress_told", means="phone", text="后勤已派人查看")
    centre.at("wed 16:00")
    assert "warned" in centre.story(number)
    centre.resolves(WANG, number)
    centre.at("thu 09:00")
    assert centre.clocks(number) == {"h12-normal": "met until Wed 17:30"}
    refusal = centre.closes(WANG, number, 422)
    assert "satisfaction" in refusal["detail"]
    centre.opinion(WANG, number, "satisfied")
    assert centre.closes(WANG, number)["status"] == "closed"


@pytest.mark.rule("H12", "H40")
def test_what_is_forgotten_goes_up_to_the_head(open_centre: Open) -> None:
    centre = open_centre(SCHOOL)
    centre.at("fri 10:00")
    number = centre.call_answered(LI)
    centre.writes(LI, number, complexity="simple")
    # Friday + 1 working day: Monday; the weekend does not count.
    assert centre.clocks(number) == {"h12-simple": "running until Mon 17:30"}
    centre.at("mon+1 17:30")
    assert centre.clocks(number) == {"h12-simple": "running until Mon 17:30"}
    assert centre.story(number)[-1] == "warned"
    centre.at("mon+1 17:31")
    assert centre.clocks(number) == {"h12-simple": "breached until Mon 17:30"}
    assert centre.story(number)[-2:] == ["breached", "escalated"]
    centre.at("tue+1 10:31")
    assert centre.story(number)[-3:] == ["breached", "escalated", "escalated"]
    centre.at("fri+1 12:00")
    assert centre.story(number).count("breached") == 1
    centre.resolves(LI, number)
    assert centre.clocks(number) == {"h12-simple": "breached until Mon 17:30"}


@pytest.mark.rule("H30", "H12", "H4")
def test_a_message_that_nobody_answered_is_everybodys_until_one_takes_it(open_centre: Open) -> None:
    centre = open_centre(SCHOOL)
    centre.at("mon 19:00")
    number = centre.message_left()
    assert centre.ticket(number)["owner"] is None
    assert centre.clocks(number) == {"h12-complex": "running until Thu 17:30"}
    centre.at("tue 08:35")
    centre.takes(ZHANG, number)
    refusal = centre.takes(LI, number, 409)
    assert "张伟" in refusal["detail"]
    assert centre.ticket(number)["owner"]["extension"] == ZHANG


@pytest.mark.rule("H1")
def test_a_visitor_is_led_to_a_free_colleague_and_stays_the_first_responders(open_centre: Open) -> None:
    centre = open_centre(SCHOOL)
    centre.at("tue 09:00")
    number = centre.registers(
        WANG, "walk_in", complexity="simple", handed_to=LI, handover="来办在读证明，证件已看过"
    )
    ticket = centre.ticket(number)
    assert (ticket["owner"]["extension"], ticket["handler"]["extension"]) == (WANG, LI)


@pytest.mark.rule("H3", "H13", "H14", "H15", "H31")
def test_a_wechat_message_is_replied_to_in_five_minutes_and_its_group_is_made_in_ten(
    open_centre: Open,
) -> None:
    centre = open_centre(SCHOOL)
    centre.at("fri 17:29")
    fields = {"nickname": "小周", "wechat_id": "zhou_1"}
    refusal = centre.post(
        "/tickets",
        {
            "actor": WANG,
            "channel": "wechat",
            "kind": "inquiry",
            "contact": {},
            "details": "几点开门",
            "fields": {"nickname": "小周"},
        },
        422,
    )
    assert "wechat_id" in str(refusal)
    # The message came at 17:28, one minute ago; five minutes of service time end on Monday at 08:33.
    number = centre.registers(
        WANG, "wechat", complexity="simple", fields=fields, happened_at="2026-11-20T17:28:00+08:00"
    )
    assert centre.clocks(number) == {
        "h13": "running until Mon 08:33",
        "h14": "running until Mon 08:38",
        "h15-simple": "running until Mon 17:30",
    }
    centre.at("mon+1 08:33")
    centre.step(WANG, number, "replied", text="您好，这里是服务中心")
    centre.at("mon+1 08:39")
    centre.step(WANG, number, "group_made", text="已拉群并说明情况")
    assert centre.clocks(number)["h13"] == "met until Mon 08:33"
    assert centre.clocks(number)["h14"] == "breached until Mon 08:38"
    centre.resolves(WANG, number)
    assert centre.clocks(number)["h15-simple"] == "met until Mon 17:30"


@pytest.mark.rule("H4", "H16", "H17", "H18", "H31")
def test_a_message_of_the_service_account_belongs_to_the_first_who_takes_the_notice(
    open_centre: Open,
) -> None:
    centre = open_centre(SCHOOL)
    centre.at("wed 11:00")
    number = centre.account_message("热水坏了")
    assert centre.ticket(number)["owner"] is None
    assert centre.clocks(number) == {
        "h16": "met until Wed 12:00",
        "h17": "running until Wed 15:00",
        "h18-complex": "running until Mon 17:30",
    }
    centre.takes(LI, number)
    centre.at("wed 14:50")
    centre.step(LI, number, "assigned", text="已交后勤王师傅，并告知来信人")
    assert centre.clocks(number)["h17"] == "met until Wed 15:00"
    # A second message of the same person comes to the same ticket.
    assert centre.account_message("在三号楼") == number


@pytest.mark.rule("H19")
def test_a_question_that_cannot_be_answered_now_has_its_own_limit(open_centre: Open) -> None:
    centre = open_centre(SCHOOL)
    centre.at("mon 10:00")
    number = centre.registers(WANG, "walk_in")
    assert centre.clocks(number) == {"h19-walk_in": "running until Thu 17:30"}
    centre.at("tue 11:00")
    centre.step(WANG, number, "postponed", reason="需请示教务处", ask_how="电话 8000，报编号")
    assert centre.clocks(number)["h19"] == "running until Fri 17:30"
    centre.at("wed 10:00")
    centre.resolves(WANG, number)
    assert centre.clocks(number) == {"h19-walk_in": "met until Thu 17:30", "h19": "met until Fri 17:30"}


@pytest.mark.rule("H20", "H33", "H41", "S50")
def test_a_complaint_is_passed_on_in_full_and_handled_until_the_person_is_satisfied(
    open_centre: Open,
) -> None:
    centre = open_centre(SCHOOL)
    centre.at("mon 15:00")
    number = centre.registers(WANG, "walk_in", "complaint", fields={"wished_solution": "修好热水并说明原因"})
    centre.at("mon 16:00")
    centre.step(WANG, number, "complaint_referred", office="logistics", reason="非本中心职责")
    assert centre.story(number)[-1] == "head_informed"
    centre.at("tue 10:00")
    centre.step(WANG, number, "file_sent", office="logistics", text="登记表、录音、照片")
    assert centre.clocks(number)["h20"] == "running until Tue 17:30"
    centre.step(WANG, number, "complainant_told", procedure="现场查看、维修、回访", duration="三个工作日")
    assert centre.clocks(number)["h20"] == "met until Tue 17:30"
    centre.at("wed 10:00")
    centre.resolves(WANG, number)
    centre.at("wed 15:00")
    assert centre.opinion(WANG, number, "not_satisfied")["status"] == "open"
    centre.at("thu 15:00")
    centre.resolves(WANG, number, "更换热水器，再次答复")
    assert centre.clocks(number)["h41"] == "running until Tue 17:30"
    assert centre.opinion(WANG, number, "satisfied")["status"] == "resolved"
    assert centre.clocks(number)["h41"] == "met until Tue 17:30"
    centre.step(WANG, number, "responsibility_traced", 403, person="102", cause="未巡检")
    centre.step(HEAD, number, "responsibility_traced", person="102", cause="未按时巡检")
    centre.closes(WANG, number)


@pytest.mark.rule("H42")
def test_a_suggestion_is_decided_and_the_person_learns_of_it(open_centre: Open) -> None:
    centre = open_centre(SCHOOL)
    centre.at("tue 10:00")
    number = centre.registers(LI, "walk_in", "suggestion")
    centre.step(LI, number, "suggestion_reported", text="延长图书馆开放时间")
    assert [each["number"] for each in centre.get("/tickets?awaits=suggestion")["items"]] == [number]
    centre.at("wed 10:00")
    centre.step(HEAD, number, "suggestion_decided", adopted="yes", text="下月试行")
    centre.step(LI, number, "suggestion_answered", text="已采纳，下月试行")
    centre.resolves(LI, number)


@pytest.mark.rule("H50")
def test_what_is_filed_is_found_again(open_centre: Open) -> None:
    centre = open_centre(SCHOOL)
    centre.at("mon 10:00")
    number = centre.registers(WANG, "walk_in", details="图书馆三楼空调不制冷")
    centre.resolves(WANG, number)
    centre.opinion(WANG, number, "fairly")
    centre.closes(WANG, number)
    for words in ("空调", "三楼空调", "图书馆 制冷", number, "13800138000", "赵女"):
        assert [each["number"] for each in centre.get(f"/tickets?q={words}")["items"]] == [number], words
    for words in ("暖气", "空制", "1380013"):
        assert centre.get(f"/tickets?q={words}")["items"] == [], words
