"""A visitor is led to a colleague who is free: nobody off duty, away or in a call (H1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.absences import Reason
from callcenter.domain.calls import Call, Person
from callcenter.domain.reminders import ReminderKind
from callcenter.domain.staff import Role
from callcenter.domain.tickets import Ticket, TicketForm
from callcenter.services import staff
from callcenter.services.absences import add_absence
from callcenter.services.registration import NotFree, register
from callcenter.services.ticket_forms import BadForm
from tests.conftest import UowFactory

MONDAY = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai."""
WANG, LI, CHEN = (
    Person(extension=extension, name=name)
    for extension, name in (("101", "王敏"), ("102", "李静"), ("104", "陈国强"))
)


def centre(uow: SqlUnitOfWork) -> None:
    for person in (WANG, LI, CHEN):
        staff.add_staff(uow, extension=person.extension, name=person.name, role=Role.STAFF, now=MONDAY)


def led_to(uow: SqlUnitOfWork, extension: str) -> Ticket:
    """A walk-in of Wang's, who leads the visitor on."""
    form = TicketForm(
        kind="inquiry",
        contact_name=None,
        contact_phone=None,
        details="证明",
        wished_reply=None,
        complexity="simple",
    )
    return register(
        uow,
        channel="walk_in",
        form=form,
        actor=WANG,
        now=MONDAY,
        handed_to=extension,
        handover="已看过学生证",
    )


def call_of(person: Person, ended_at: datetime | None = None) -> Call:
    """A call that the person answered a minute ago."""
    at = MONDAY - timedelta(minutes=1)
    return Call(
        linkedid="1.1",
        line="8000",
        caller=None,
        caller_name=None,
        arrived_at=at,
        answered_at=at,
        first_responder=person,
        ended_at=ended_at,
    )


@pytest.mark.rule("H1")
def test_who_is_in_a_call_is_not_free_until_it_ends(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        centre(uow)
        uow.calls.save([call_of(LI)])
        with pytest.raises(NotFree, match="'102' does not fit handed_to: they are in a call now") as raised:
            led_to(uow, "102")
        assert (raised.value.field, raised.value.in_a_call) == ("handed_to", True)
        assert led_to(uow, "104").handler == CHEN, "somebody else is free"
        uow.calls.save([call_of(LI, ended_at=MONDAY)])
        led = led_to(uow, "102")
        assert led.handler == LI
        (reminder,) = uow.reminders.page("102", 9, before=None, unseen=True)
        assert (reminder.kind, reminder.ticket) == (ReminderKind.HANDED, led.number)


@pytest.mark.rule("H1", "S3")
def test_who_is_off_duty_or_away_is_not_free(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        centre(uow)
        staff.set_on_duty(uow, "104", False)
        span = {"from_at": None, "until_at": None}
        add_absence(uow, "102", **span, reason=Reason.LEAVE, cover="104", actor=CHEN, now=MONDAY)
        for extension, why in (("104", "off duty"), ("102", "away")):
            with pytest.raises(NotFree, match=why) as raised:
                led_to(uow, extension)
            assert not raised.value.in_a_call
        for nobody in ("101", "999"):
            with pytest.raises(BadForm, match="see the policy"):
                led_to(uow, nobody)
