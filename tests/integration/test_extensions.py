"""Extensions while papers are awaited: over the due time of the day, never over what has ended (S10, S21)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.bootstrap import build_engine, unit_of_work_factory
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.absences import Reason
from callcenter.domain.calls import Person
from callcenter.domain.policy import RuleBook
from callcenter.domain.staff import Role
from callcenter.domain.tickets import Ticket, TicketForm
from callcenter.services import staff, tickets
from callcenter.services.absences import add_absence
from callcenter.services.steps import ExtensionTooLate, NotOffered, OnlyTheHead
from callcenter.settings import Settings
from tests.conftest import UowFactory

MONDAY = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai; three working days end on Thursday the 19th at 17:30."""
WANG, CHEN = Person(extension="101", name="王敏"), Person(extension="104", name="陈国强")


def days(count: float) -> datetime:
    """So long after Monday at ten."""
    return MONDAY + timedelta(days=count)


@pytest.fixture
def work(uow_factory: UowFactory, settings: Settings, rule_book: RuleBook) -> Iterator[SqlUnitOfWork]:
    """A transaction of the station, with a clerk and the head."""
    with uow_factory() as uow:
        for person, role in ((WANG, Role.STAFF), (CHEN, Role.MANAGER)):
            staff.add_staff(uow, extension=person.extension, name=person.name, role=role, now=MONDAY)
        uow.commit()
    engine = build_engine(settings)
    station = replace(rule_book, default="one-stop-station")
    with unit_of_work_factory(settings, deadline_s=10, engine=engine, rules=station)() as uow:
        yield uow
    engine.dispose()


def certificate(uow: SqlUnitOfWork) -> Ticket:
    """A ticket opened on Monday at ten, Wang's."""
    form = TicketForm(
        kind="certificate",
        contact_name="赵女士",
        contact_phone="13800138000",
        details="在读证明",
        wished_reply=None,
        complexity="standard",
    )
    return tickets.register(uow, channel="walk_in", form=form, actor=WANG, now=MONDAY)


def step(uow: SqlUnitOfWork, ticket: Ticket, name: str, at: datetime, **given: str) -> Ticket:
    return tickets.take_step(uow, ticket.number, name, given, CHEN, at)


ASKED = {"clock": "s10-certificate", "working_days": "2", "reason": "等待外单位回函"}


@pytest.mark.rule("S10", "S21")
def test_the_head_may_grant_it_after_a_pause_has_moved_the_due_time(work: SqlUnitOfWork) -> None:
    ticket = certificate(work)
    step(work, ticket, "extension_requested", days(0.1), **ASKED)
    step(work, ticket, "papers_missing", days(1), papers="照片")
    back = step(work, ticket, "papers_received", days(7), papers="照片")
    # Tuesday to Monday stood: Tuesday 24, Wednesday, Thursday 26
    assert back.due_at == datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    granted = step(work, ticket, "extension_granted", days(7.1))
    assert granted.due_at == datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
    told = tickets.ticket_history(work, ticket.number)[-1].data
    assert [datetime.fromisoformat(str(told[key])) for key in ("due_at", "new_due_at")] == [
        back.due_at,
        granted.due_at,
    ]


@pytest.mark.rule("S10", "S21")
def test_it_may_be_asked_for_while_the_limit_stands(work: SqlUnitOfWork) -> None:
    ticket = certificate(work)
    step(work, ticket, "papers_missing", days(1), papers="照片")
    assert step(work, ticket, "extension_requested", days(10), **ASKED).awaits == "extension"


@pytest.mark.rule("S10")
def test_nothing_is_granted_over_a_matter_that_was_solved_meanwhile(work: SqlUnitOfWork) -> None:
    ticket = certificate(work)
    step(work, ticket, "extension_requested", days(0.1), **ASKED)
    assert tickets.resolve(work, ticket.number, "已办好", WANG, days(0.2)).awaits is None
    assert work.today.awaiting(10) == [], "the head has nothing to decide"
    tickets.reopen(work, ticket.number, "姓名有误", WANG, days(0.3))
    with pytest.raises(NotOffered):
        step(work, ticket, "extension_granted", days(0.4))
    assert step(work, ticket, "extension_requested", days(0.4), **ASKED).awaits == "extension"
    late = days(30)
    with pytest.raises(ExtensionTooLate):
        step(work, ticket, "extension_granted", late)


@pytest.mark.rule("S10", "S3")
def test_whoever_stands_in_for_the_head_decides_while_the_head_is_away(work: SqlUnitOfWork) -> None:
    ticket = certificate(work)
    step(work, ticket, "extension_requested", days(0.01), **ASKED)

    def grant(at: datetime) -> Ticket:
        return tickets.take_step(work, ticket.number, "extension_granted", {}, WANG, at)

    with pytest.raises(OnlyTheHead):
        grant(days(0.02))
    away = {"from_at": None, "until_at": days(1)}
    add_absence(work, "104", **away, reason=Reason.LEAVE, cover="101", actor=CHEN, now=days(0.03))
    assert grant(days(0.04)).awaits is None
    step(work, ticket, "extension_requested", days(0.05), **ASKED)
    with pytest.raises(OnlyTheHead):
        grant(days(1))
