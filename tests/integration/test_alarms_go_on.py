"""One ticket that is out of order must not keep the alarms of all others from being recorded."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.own_days import OwnDayKind
from callcenter.domain.tickets import Ticket, TicketForm
from callcenter.services.own_days import follow_calendar, set_days
from callcenter.services.registration import register, take_message
from callcenter.services.ticket_sweeps import PUT_OFF, record_alarms
from callcenter.services.tickets import add_note
from tests.conftest import UowFactory

WANG = Person(extension="101", name="王敏")
MONDAY = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
"""10:00; one working day ends on Tuesday, 17:30."""
LATE = datetime(2026, 11, 17, 9, 31, tzinfo=UTC)


def opened(uow: SqlUnitOfWork) -> Ticket:
    uow.staff.know(WANG)
    form = TicketForm(
        kind="inquiry",
        contact_name=None,
        contact_phone=None,
        details="热水",
        wished_reply=None,
        complexity="simple",
    )
    return register(uow, channel="phone", form=form, actor=WANG, now=MONDAY)


def two(uow_factory: UowFactory) -> tuple[Ticket, Ticket]:
    """One under a version of the policy that an older release accepted and this one does not; and a plain one."""
    with uow_factory() as uow:
        strange, plain = opened(uow), opened(uow)
        uow.session.execute(
            text(
                "INSERT INTO policy_version (digest, name, source) VALUES ('old', 'huizhou-school', 'x = 1')"
            )
        )
        uow.tickets.save(replace(strange, policy_digest="old"), (), act_at=strange.due_at, words="")
        uow.commit()
    return strange, plain


@pytest.mark.rule("H12")
def test_a_ticket_whose_rules_cannot_be_read_is_put_off(
    uow_factory: UowFactory, caplog: pytest.LogCaptureFixture
) -> None:
    strange, plain = two(uow_factory)
    with uow_factory() as uow, caplog.at_level(logging.ERROR):
        recorded = [ticket.number for ticket, _ in record_alarms(uow, LATE)]
        uow.commit()
    assert recorded == [plain.number]
    assert f"ticket={strange.number}" in caplog.text
    with uow_factory() as uow:
        for at, is_due in ((LATE + PUT_OFF, False), (LATE + PUT_OFF + timedelta(seconds=1), True)):
            numbers = [ticket.number for ticket in uow.tickets.to_act(at, 10)]
            assert (strange.number in numbers) == is_due


def test_nor_does_it_keep_the_others_from_following_the_calendar(
    uow_factory: UowFactory, caplog: pytest.LogCaptureFixture
) -> None:
    strange, plain = two(uow_factory)
    with uow_factory() as uow:
        set_days(uow, [date(2026, 11, 17)], OwnDayKind.CLOSURE, "停电", by="104", now=MONDAY)
        uow.commit()
    with caplog.at_level(logging.ERROR):
        follow_calendar(uow_factory, lambda: MONDAY + timedelta(seconds=10))
    assert f"ticket={strange.number}" in caplog.text
    with uow_factory() as uow:
        moved, left = (uow.tickets.get(each.number) for each in (plain, strange))
    assert moved is not None
    assert left is not None
    assert (moved.due_at, left.due_at) == (LATE - timedelta(minutes=1) + timedelta(days=1), strange.due_at)


@pytest.mark.rule("H4", "H12")
def test_whoever_writes_endlessly_from_outside_stops_nothing(uow_factory: UowFactory) -> None:
    """More different words than PostgreSQL's text search takes of one ticket."""
    with uow_factory() as uow:
        uow.staff.know(WANG)
        for part in range(8):
            words = " ".join(f"{'あ' * 93}{part:03}{number:04}" for number in range(198))
            at = MONDAY + timedelta(seconds=part)
            ticket = take_message(
                uow, channel="service_account", text=words, fields={"account": "oA"}, came_at=at, now=at
            )
        for part in range(16):
            words = " ".join(f"{'い' * 93}{part:03}{number:04}" for number in range(198))
            add_note(uow, ticket.number, words, WANG, MONDAY + timedelta(minutes=1))
        uow.commit()
    with uow_factory() as uow:
        assert record_alarms(uow, LATE)
        assert "breached" in [event.kind for event in uow.tickets.events(ticket.number)]
