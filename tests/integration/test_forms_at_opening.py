"""What a form has to hold when it opens a ticket, and what may be emptied again (H33, S22, H30)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callcenter.bootstrap import build_engine, unit_of_work_factory
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.policy import Needed, RuleBook
from callcenter.domain.tickets import Status, Ticket, TicketForm
from callcenter.services import tickets
from callcenter.services.ticket_forms import BadForm, OpeningFieldsMissing
from callcenter.settings import Settings
from tests.conftest import UowFactory

MONDAY = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai."""
WANG = Person(extension="101", name="王敏")
NUMBER = "261116-1-001"
Under = Callable[[str], SqlUnitOfWork]


@pytest.fixture
def under(uow_factory: UowFactory, settings: Settings, rule_book: RuleBook) -> Iterator[Under]:
    """A unit of work under a policy, with one clerk."""
    with uow_factory() as uow:
        uow.staff.know(WANG)
        uow.commit()
    engine = build_engine(settings)
    yield lambda policy: unit_of_work_factory(
        settings, deadline_s=10, engine=engine, rules=replace(rule_book, default=policy)
    )()
    engine.dispose()


def answered(uow: SqlUnitOfWork) -> None:
    """A call that Wang answered: its ticket is registering, without a number."""
    tickets.open_for_answer(
        uow, number=NUMBER, linkedid="1.1", at=MONDAY, responder=WANG, phone=None, name=None
    )


def form(kind: str = "complaint", **changes: Any) -> TicketForm:
    given = TicketForm(
        kind=kind,
        contact_name="赵女士",
        contact_phone="13800138000",
        details="窗口排队过长",
        wished_reply=None,
        complexity="simple",
        fields={"wished_solution": "增开窗口"} if kind == "complaint" else {},
    )
    return replace(given, **changes)


def save(uow: SqlUnitOfWork, filled: TicketForm, minutes: float = 5) -> Ticket:
    at = MONDAY + timedelta(minutes=minutes)
    return tickets.save_form(uow, number=NUMBER, form=filled, actor=WANG, now=at)


@pytest.mark.rule("H33")
def test_a_complaint_by_phone_is_not_opened_without_the_wished_solution(under: Under) -> None:
    with under("huizhou-school") as uow:
        answered(uow)
        with pytest.raises(OpeningFieldsMissing) as raised:
            save(uow, form(fields={}))
        assert raised.value.fields == ["wished_solution"]
        assert str(raised.value) == "wished_solution: needed, please fill it in"
        still = uow.tickets.get(NUMBER)
        assert still is not None
        assert (still.status, still.details) == (Status.REGISTERING, ""), "nothing is saved by halves"
        assert save(uow, form()).fields == {"wished_solution": "增开窗口"}


@pytest.mark.rule("S22")
def test_a_report_by_phone_has_name_and_number_on_file_before_it_is_opened(under: Under) -> None:
    with under("one-stop-station") as uow:
        answered(uow)
        bare: dict[str, Any] = {"complexity": "standard", "fields": {}}
        with pytest.raises(OpeningFieldsMissing) as raised:
            save(uow, form(contact_name=None, contact_phone=None, **bare))
        assert raised.value.fields == ["contact_name", "contact_phone"], "all of it at once"
        assert save(uow, form("inquiry", contact_name=None, contact_phone=None, **bare)).status is Status.OPEN
        # A question that turns out to be a complaint has to have them too.
        with pytest.raises(OpeningFieldsMissing):
            save(uow, form(contact_name=None, contact_phone=None, **bare))
        saved = save(uow, form(**bare))
        assert (saved.kind, saved.contact_phone) == ("complaint", "13800138000")


@pytest.mark.rule("H33")
def test_what_is_needed_cannot_be_emptied_again(under: Under) -> None:
    with under("huizhou-school") as uow:
        answered(uow)
        save(uow, form())
        for emptied in ({"fields": {"wished_solution": "  "}}, {"details": ""}):
            with pytest.raises(OpeningFieldsMissing):
                save(uow, form(**emptied))
        assert save(uow, form(fields={})).fields == {"wished_solution": "增开窗口"}, "left out is left alone"


def test_what_is_not_needed_can_be_emptied_and_the_log_says_so(under: Under) -> None:
    with under("huizhou-school") as uow:
        policy = uow.rules.current.policy
        optional = tuple(
            replace(each, needed=Needed.NEVER) if each.key == "wished_solution" else each
            for each in policy.fields
        )
        rules = replace(uow.rules.current, policy=replace(policy, fields=optional, digest="lenient"))
        uow.rules = replace(uow.rules, by_name={**uow.rules.by_name, policy.name: rules})
        answered(uow)
        assert save(uow, form(fields={"wished_solution": ""})).fields == {}
        assert "fields" not in uow.tickets.events(NUMBER)[-1].data, "nothing was there to be emptied"
        save(uow, form())
        emptied = save(uow, form(fields={"wished_solution": ""}, contact_name=None))
        assert (emptied.fields, emptied.contact_name) == ({}, None)
        assert uow.tickets.events(NUMBER)[-1].data["fields"] == {"wished_solution": ""}
        with pytest.raises(BadForm):
            save(uow, form(fields={"shoe": ""}))


@pytest.mark.rule("H33")
def test_half_a_complaint_that_a_message_opened_is_kept(under: Under) -> None:
    """Opened without a form: what staff know so far is saved, and the rest when they have asked."""
    with under("huizhou-school") as uow:
        ticket = tickets.take_message(
            uow, channel="wechat", text="食堂排队太久", fields={}, came_at=MONDAY, now=MONDAY
        )
        kept = replace(form("inquiry"), fields={})
        at = MONDAY + timedelta(minutes=1)
        saved = tickets.save_form(uow, number=ticket.number, form=kept, actor=WANG, now=at)
        assert saved.form_saved_at == at, "no nickname yet (H31), and the matter is written down"
        complaint = replace(form(), fields={})
        with pytest.raises(OpeningFieldsMissing, match="wished_solution"):
            tickets.save_form(uow, number=ticket.number, form=complaint, actor=WANG, now=at)
