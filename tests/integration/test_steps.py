"""The steps of a matter on a real database: complaints, suggestions, extensions, assignments, papers, opinions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.bootstrap import build_engine, unit_of_work_factory
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.chain import first_fault
from callcenter.domain.policy import RuleBook
from callcenter.domain.staff import Role
from callcenter.domain.tickets import NotAllowed, Status, Ticket, TicketForm
from callcenter.services import staff, tickets
from callcenter.services.steps import BadStep, ExtensionTooLate, NotOffered, OnlyTheHead, UnknownStep
from callcenter.services.ticket_forms import BadForm
from callcenter.settings import Settings
from tests.conftest import UowFactory

MONDAY = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai."""
WANG, LI, CHEN = (
    Person(extension=extension, name=name)
    for extension, name in (("101", "王敏"), ("102", "李静"), ("104", "陈国强"))
)
Under = Callable[[str], SqlUnitOfWork]


@pytest.fixture
def under(uow_factory: UowFactory, settings: Settings, rule_book: RuleBook) -> Iterator[Under]:
    """A unit of work under a policy, with two clerks and their head."""
    with uow_factory() as uow:
        for person in (WANG, LI, CHEN):
            role = Role.MANAGER if person is CHEN else Role.STAFF
            staff.add_staff(uow, extension=person.extension, name=person.name, role=role, now=MONDAY)
        uow.commit()
    engine = build_engine(settings)
    yield lambda policy: unit_of_work_factory(
        settings, deadline_s=10, engine=engine, rules=replace(rule_book, default=policy)
    )()
    engine.dispose()


def registered(uow: SqlUnitOfWork, kind: str, channel: str = "walk_in", **fields: str) -> Ticket:
    """A ticket opened on Monday at ten, Wang's."""
    form = TicketForm(
        kind=kind,
        contact_name="赵女士",
        contact_phone="13800138000",
        details="宿舍热水",
        wished_reply=None,
        complexity=uow.rules.current.policy.default_complexity,
        fields=fields,
    )
    return tickets.register(uow, channel=channel, form=form, actor=WANG, now=MONDAY)


def hours(count: float) -> datetime:
    """So long after Monday at ten."""
    return MONDAY + timedelta(hours=count)


def states(uow: SqlUnitOfWork, ticket: Ticket, now: datetime) -> dict[str, str]:
    """The state of each clock's latest run."""
    view = tickets.get_ticket(uow, ticket.number, now)
    return {
        f"{clock.clock}{clock.subject and '@'}{clock.subject}": clock.state.value for clock in view.clocks
    }


def kinds(uow: SqlUnitOfWork, ticket: Ticket) -> list[str]:
    """The log, whose chain holds."""
    log = tickets.ticket_history(uow, ticket.number)
    assert first_fault(log) is None
    return [event.kind for event in log]


@pytest.mark.rule("H20", "H33", "H41", "S50")
def test_a_complaint_from_the_form_to_the_filed_opinion(under: Under) -> None:
    with under("huizhou-school") as uow:
        with pytest.raises(BadForm, match="wished_solution"):
            registered(uow, "complaint")
        ticket = registered(uow, "complaint", wished_solution="尽快修好")
        step = tickets.take_step
        step(uow, ticket.number, "complaint_taken_told", {"text": "已受理"}, WANG, hours(0))
        referred = {"office": "logistics", "reason": "需后勤处理"}
        step(uow, ticket.number, "complaint_referred", referred, WANG, hours(1))
        assert kinds(uow, ticket)[-2:] == ["complaint_referred", "head_informed"]
        assert states(uow, ticket, hours(2))["h20"] == "running"
        step(uow, ticket.number, "file_sent", {"office": "logistics", "text": "全部材料"}, WANG, hours(2))
        told = {"procedure": "现场查看后维修", "duration": "三个工作日"}
        step(uow, ticket.number, "complainant_told", told, WANG, hours(3))
        assert states(uow, ticket, hours(4))["h20"] == "met"
        traced = {"person": "102", "cause": "未按时巡检"}
        with pytest.raises(OnlyTheHead):
            step(uow, ticket.number, "responsibility_traced", traced, WANG, hours(4))
        step(uow, ticket.number, "responsibility_traced", traced, CHEN, hours(4))
        tickets.resolve(uow, ticket.number, "已修好", WANG, hours(24))
        for again in range(2):
            answer = tickets.give_satisfaction(
                uow, ticket.number, "not_satisfied", via="staff", actor=WANG, now=hours(25 + again)
            )
            assert (answer.status, answer.satisfaction) == (Status.OPEN, "not_satisfied")
            tickets.resolve(uow, ticket.number, "再次处理", WANG, hours(25.5 + again))
        uncertain = registered(uow, "inquiry")
        tickets.resolve(uow, uncertain.number, "已答复", WANG, hours(1))
        with pytest.raises(tickets.FieldsMissing) as missing:
            tickets.close(uow, uncertain.number, WANG, hours(2))
        assert missing.value.fields == ["satisfaction"]
        tickets.give_satisfaction(uow, ticket.number, "satisfied", via="staff", actor=WANG, now=hours(28))
        assert states(uow, ticket, hours(28))["h41"] == "met"
        assert tickets.close(uow, ticket.number, WANG, hours(29)).status is Status.CLOSED
        with pytest.raises(NotAllowed):
            tickets.give_satisfaction(uow, ticket.number, "fairly", via="link", actor=None, now=hours(30))


@pytest.mark.rule("S40")
def test_files_are_numbered_in_the_order_in_which_parties_were_first_filed(under: Under) -> None:
    with under("one-stop-station") as uow:
        files = []
        for phone in ("13800138000", "13900139000", "+86 138-0013-8000"):
            ticket = registered(uow, "inquiry")
            form = TicketForm(
                kind="inquiry",
                contact_name="赵女士",
                contact_phone=phone,
                details="热水",
                wished_reply=None,
                complexity="standard",
            )
            tickets.save_form(uow, number=ticket.number, form=form, actor=WANG, now=hours(1))
            tickets.resolve(uow, ticket.number, "已答复", WANG, hours(2))
            tickets.close(uow, ticket.number, WANG, hours(3))
            files.append(tickets.ticket_history(uow, ticket.number)[-1].data["file"])
        assert files == [1, 2, 1]


@pytest.mark.rule("H42")
def test_a_suggestion_is_reported_decided_and_answered(under: Under) -> None:
    with under("huizhou-school") as uow:
        ticket = registered(uow, "suggestion")
        step = tickets.take_step
        with pytest.raises(NotOffered):
            step(uow, ticket.number, "suggestion_decided", {"adopted": "yes", "text": "好"}, CHEN, hours(1))
        assert (
            step(uow, ticket.number, "suggestion_reported", {"text": "延长开放"}, WANG, hours(1)).awaits
            == "suggestion"
        )
        with pytest.raises(OnlyTheHead):
            step(uow, ticket.number, "suggestion_decided", {"adopted": "yes", "text": "好"}, WANG, hours(2))
        with pytest.raises(BadStep, match="maybe"):
            step(uow, ticket.number, "suggestion_decided", {"adopted": "maybe", "text": "好"}, CHEN, hours(2))
        decided = step(
            uow, ticket.number, "suggestion_decided", {"adopted": "yes", "text": "下月起"}, CHEN, hours(2)
        )
        assert decided.awaits is None
        step(uow, ticket.number, "suggestion_answered", {"text": "采纳，下月起"}, WANG, hours(3))


def asked(uow: SqlUnitOfWork, ticket: Ticket, now: datetime, **changes: str) -> Ticket:
    """An extension of two days asked for."""
    given = {"clock": "s10-certificate", "working_days": "2", "reason": "等待外单位回函", **changes}
    return tickets.take_step(uow, ticket.number, "extension_requested", given, WANG, now)


@pytest.mark.rule("S10")
def test_an_extension_needs_the_heads_approval_before_the_time_runs_out(under: Under) -> None:
    with under("one-stop-station") as uow:
        ticket = registered(uow, "certificate")
        # Monday + 3 working days
        assert ticket.due_at == datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
        waiting = asked(uow, ticket, hours(1))
        assert (waiting.awaits, waiting.due_at) == ("extension", ticket.due_at)
        with pytest.raises(NotOffered):
            asked(uow, ticket, hours(1))
        with pytest.raises(OnlyTheHead):
            tickets.take_step(uow, ticket.number, "extension_granted", {}, WANG, hours(2))
        granted = tickets.take_step(uow, ticket.number, "extension_granted", {"text": "同意"}, CHEN, hours(2))
        assert (granted.awaits, granted.due_at) == (None, datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
        tickets.take_step(
            uow, ticket.number, "extension_told", {"text": "因回函未到，延期两天"}, WANG, hours(3)
        )
        asked(uow, ticket, hours(4))
        refused = tickets.take_step(
            uow, ticket.number, "extension_refused", {"text": "尽快办理"}, CHEN, hours(5)
        )
        assert (refused.awaits, refused.due_at) == (None, granted.due_at)
        events = tickets.ticket_history(uow, ticket.number)
        assert [event.data["asked_by"] for event in events if "asked_by" in event.data] == ["101", "101"]


@pytest.mark.rule("S10")
def test_an_extension_after_the_time_ran_out_is_refused_by_the_product(under: Under) -> None:
    with under("one-stop-station") as uow:
        ticket = registered(uow, "certificate")
        late = datetime(2026, 11, 19, 9, 30, 1, tzinfo=UTC)
        with pytest.raises(ExtensionTooLate, match="run out"):
            asked(uow, ticket, late)
        asked(uow, ticket, late - timedelta(seconds=1))
        with pytest.raises(ExtensionTooLate):
            tickets.take_step(uow, ticket.number, "extension_granted", {}, CHEN, late)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"clock": "s12"}, "clock: 's12' is none of s10-certificate"),
        ({"clock": ""}, "clock: please fill this in"),
        ({"working_days": "0"}, "working_days: write a whole number"),
        ({"working_days": "-1"}, "working_days: write a whole number"),
        ({"working_days": "二"}, "working_days: write a whole number"),
        ({"working_days": "999"}, "working_days: write at most 250"),
        ({"reason": "  "}, "reason: please fill this in"),
    ],
)
def test_a_bad_request_for_an_extension_names_the_field(
    under: Under, changes: dict[str, str], fault: str
) -> None:
    with under("one-stop-station") as uow:
        ticket = registered(uow, "certificate")
        with pytest.raises(BadStep) as raised:
            asked(uow, ticket, hours(1), **changes)
        assert str(raised.value).startswith(fault)
        assert kinds(uow, ticket) == ["opened", "form_saved"]


@pytest.mark.rule("T11", "T12", "T13")
def test_a_matter_of_several_departments_with_a_disagreement(under: Under) -> None:
    with under("training-centre") as uow:
        ticket = registered(uow, "joint", reason="课程与住宿冲突")
        step = tickets.take_step
        step(
            uow, ticket.number, "postponed", {"reason": "涉及两个部门", "ask_how": "电话 301"}, WANG, hours(1)
        )
        assert states(uow, ticket, hours(1))["t13"] == "met"
        with pytest.raises(OnlyTheHead):
            step(
                uow,
                ticket.number,
                "assignment_given",
                {"office": "teaching", "role": "lead", "question": "调课"},
                WANG,
                hours(1),
            )
        for office, role in (("teaching", "lead"), ("general", "supporting")):
            given = {"office": office, "role": role, "question": "调课与住宿"}
            step(uow, ticket.number, "assignment_given", given, CHEN, hours(2))
        step(uow, ticket.number, "assignment_taken", {"office": "teaching", "by": "刘老师"}, LI, hours(3))
        with pytest.raises(BadStep, match="no assignment"):
            step(
                uow, ticket.number, "assignment_done", {"office": "admissions", "text": "完成"}, LI, hours(3)
            )
        step(uow, ticket.number, "meeting_noted", {"text": "双方说明情况"}, CHEN, hours(4))
        assert (
            step(uow, ticket.number, "disagreement_raised", {"text": "对责任有分歧"}, LI, hours(5)).awaits
            == "disagreement"
        )
        step(uow, ticket.number, "disagreement_decided", {"text": "教学部牵头调整"}, CHEN, hours(6))
        step(uow, ticket.number, "assignment_done", {"office": "teaching", "text": "已调课"}, LI, hours(7))
        found = states(uow, ticket, hours(24 * 4))
        assert (found["t11@teaching"], found["t11@general"]) == ("met", "breached")
        assert tickets.get_ticket(uow, ticket.number, hours(8)).ticket.owner == WANG


@pytest.mark.rule("S20", "S21", "S30", "S1")
def test_papers_are_told_once_awaited_and_received_against_a_receipt(under: Under) -> None:
    with under("one-stop-station") as uow:
        ticket = registered(uow, "certificate")
        step = tickets.take_step
        step(
            uow,
            ticket.number,
            "notice_given",
            {"checklist": "study_certificate", "means": "in_writing"},
            WANG,
            hours(0),
        )
        standing = step(uow, ticket.number, "papers_missing", {"papers": "学生证、申请表"}, WANG, hours(1))
        assert (standing.status, standing.due_at) == (Status.WAITING, None)
        assert states(uow, ticket, hours(48))["s10-certificate"] == "paused"
        back = step(uow, ticket.number, "papers_received", {"papers": "学生证、申请表"}, WANG, hours(24))
        # Monday is the day of the event, Tuesday stood; Wednesday, Thursday, Friday count
        assert (back.status, back.due_at) == (Status.OPEN, datetime(2026, 11, 20, 9, 30, tzinfo=UTC))
        receipt = {"papers": "学生证、申请表", "pages": "2", "completion_day": "2026-11-16"}
        with pytest.raises(BadStep, match="completion_day: 2026-11-16 is past"):
            step(uow, ticket.number, "receipt_given", receipt, WANG, hours(24))
        step(
            uow, ticket.number, "receipt_given", {**receipt, "completion_day": "2026-11-20"}, WANG, hours(24)
        )
        step(uow, ticket.number, "progress_told", {"means": "phone", "text": "正在核对"}, WANG, hours(25))
        step(
            uow,
            ticket.number,
            "office_named",
            {"office": "police", "text": "户口问题请到派出所"},
            WANG,
            hours(25),
        )


@pytest.mark.rule("H1")
def test_a_visitor_is_led_to_a_free_colleague_with_a_handover(under: Under) -> None:
    with under("huizhou-school") as uow:
        form = TicketForm(
            kind="inquiry",
            contact_name=None,
            contact_phone=None,
            details="证明",
            wished_reply=None,
            complexity="simple",
        )

        def led(to: str, handover: str) -> Ticket:
            return tickets.register(
                uow, channel="walk_in", form=form, actor=WANG, now=MONDAY, handed_to=to, handover=handover
            )

        ticket = led("102", "来办在读证明，已看过学生证")
        assert (ticket.owner, ticket.handler) == (WANG, LI)
        assert kinds(uow, ticket) == ["opened", "form_saved", "handed"]
        staff.set_on_duty(uow, "102", False)
        for to, handover, field in (
            ("102", "交接", "handed_to"),
            ("101", "交接", "handed_to"),
            ("104", " ", "handover"),
        ):
            with pytest.raises(BadForm) as raised:
                led(to, handover)
            assert raised.value.field == field


@pytest.mark.rule("H3", "H13", "H31")
def test_a_wechat_message_is_timed_from_when_it_came(under: Under) -> None:
    with under("huizhou-school") as uow:
        form = TicketForm(
            kind="inquiry",
            contact_name=None,
            contact_phone=None,
            details="请问几点开门",
            wished_reply=None,
            complexity="simple",
            fields={"nickname": "小周", "wechat_id": "Zhou_1"},
        )

        def written(happened_at: datetime) -> Ticket:
            return tickets.register(
                uow, channel="wechat", form=form, actor=WANG, now=MONDAY, happened_at=happened_at
            )

        ticket = written(MONDAY - timedelta(minutes=4))
        assert ticket.due_at == MONDAY + timedelta(minutes=1)
        assert ticket.party == "wechat_id:zhou_1"
        with pytest.raises(BadForm, match="happened_at"):
            written(MONDAY + timedelta(seconds=1))
        # A due time that is past already is recorded as what it is.
        late = written(MONDAY - timedelta(hours=1))
        assert states(uow, late, MONDAY)["h13"] == "breached"


@pytest.mark.rule("H4", "H16", "H31")
def test_a_message_of_the_service_account_is_nobodys_until_it_is_taken(under: Under) -> None:
    with under("huizhou-school") as uow:

        def came(text: str, at: datetime) -> Ticket:
            return tickets.take_message(
                uow,
                channel="service_account",
                text=text,
                fields={"account": "oABC"},
                came_at=at,
                now=at,
                acknowledged="已登记",
            )

        ticket = came("热水坏了", MONDAY)
        assert (ticket.owner, ticket.status, ticket.details) == (None, Status.OPEN, "热水坏了")
        assert states(uow, ticket, MONDAY)["h16"] == "met"
        assert came("三号楼", hours(1)).number == ticket.number
        tickets.take(uow, ticket.number, LI, hours(1))
        tickets.take_step(uow, ticket.number, "assigned", {"text": "已交后勤，并告知来信人"}, LI, hours(1.5))
        assert states(uow, ticket, hours(2))["h17"] == "met"
        tickets.resolve(uow, ticket.number, "已修", LI, hours(3))
        assert came("又坏了", hours(4)).number != ticket.number


def test_a_step_that_there_is_not(under: Under) -> None:
    with under("huizhou-school") as uow:
        ticket = registered(uow, "inquiry")
        with pytest.raises(UnknownStep):
            tickets.take_step(uow, ticket.number, "flown", {}, WANG, MONDAY)
        with pytest.raises(NotOffered):
            tickets.take_step(uow, ticket.number, "complaint_referred", {}, WANG, MONDAY)


@pytest.mark.rule("H41", "T20")
def test_what_did_not_satisfy_is_no_answer_to_close_the_matter_with(under: Under) -> None:
    with under("huizhou-school") as uow:
        ticket = registered(uow, "complaint", wished_solution="尽快修好")
        tickets.resolve(uow, ticket.number, "已修好", WANG, hours(1))
        tickets.give_satisfaction(uow, ticket.number, "not_satisfied", via="staff", actor=WANG, now=hours(2))
        again = tickets.resolve(uow, ticket.number, "再次修好", WANG, hours(3))
        assert again.satisfaction == "not_satisfied", "it stays on record until they are asked again"
        with pytest.raises(tickets.FieldsMissing) as missing:
            tickets.close(uow, ticket.number, WANG, hours(4))
        assert missing.value.fields == ["satisfaction"]
        tickets.give_satisfaction(uow, ticket.number, "satisfied", via="staff", actor=WANG, now=hours(5))
        assert tickets.close(uow, ticket.number, WANG, hours(6)).status is Status.CLOSED
