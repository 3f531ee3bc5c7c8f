"""Tickets on a real PostgreSQL: from the answer to the end, whoever comes first."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy.exc
from sqlalchemy import text

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.chain import first_fault
from callcenter.domain.staff import Role
from callcenter.domain.tickets import AlreadyOwned, NotAllowed, Status, Ticket, TicketForm, WishedReply
from callcenter.services import staff, tickets
from callcenter.services.ports import TicketFilter
from tests.conftest import UowFactory

NUMBER = "261120-1-001"
WANG = Person(extension="101", name="王敏")
LI = Person(extension="102", name="李静")
FRIDAY = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai."""
WEDNESDAY_CLOSING = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
TUESDAY_CLOSING = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MONDAY_CLOSING = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def people(uow_factory: UowFactory) -> None:
    """Wang and Li."""
    with uow_factory() as uow:
        for person in (WANG, LI):
            staff.add_staff(uow, extension=person.extension, name=person.name, role=Role.STAFF, now=FRIDAY)
        uow.commit()


def form(**changes: Any) -> TicketForm:
    """A form, filled in."""
    values: dict[str, Any] = {
        "kind": "complaint",
        "contact_name": "赵女士",
        "contact_phone": "13800138000",
        "details": "宿舍热水",
        "wished_reply": WishedReply.TODAY,
        "complexity": "normal",
    }
    values |= changes
    own = {"wished_solution": "当天修好"} if values["kind"] == "complaint" else {}
    return TicketForm(**({"fields": own} | values))


def answered(uow: SqlUnitOfWork, number: str = NUMBER, by: Person = WANG) -> Ticket:
    """The ticket of an answered call."""
    return tickets.open_for_answer(
        uow, number=number, linkedid=f"c-{number}", responder=by, phone="02088886666", name="Zhao", at=FRIDAY
    )


def recorded(uow: SqlUnitOfWork, number: str = NUMBER, at: datetime = FRIDAY, **changes: Any) -> Ticket:
    """The ticket of a recording."""
    values: dict[str, Any] = {"phone": "02088886666", "name": "Zhao", "wished_reply": None}
    return tickets.open_for_recording(uow, number=number, linkedid=f"c-{number}", at=at, **(values | changes))


def clocks(uow: SqlUnitOfWork, now: datetime, number: str = NUMBER) -> list[tuple[str, datetime, str]]:
    """Name, due time and state of a ticket's clocks."""
    view = tickets.get_ticket(uow, number, now)
    return [(clock.clock, clock.due_at, clock.state.value) for clock in view.clocks]


def kinds(uow: SqlUnitOfWork, number: str = NUMBER) -> list[str]:
    """What the log says happened; that it is whole is checked on the way."""
    log = tickets.ticket_history(uow, number)
    assert first_fault(log) is None
    return [event.kind for event in log]


def test_an_answered_call_registers_a_ticket_once(uow_factory: UowFactory) -> None:
    for _ in range(2):
        with uow_factory() as uow:
            ticket = answered(uow)
            uow.commit()
    assert (ticket.status, ticket.owner, ticket.handler) == (Status.REGISTERING, WANG, WANG)
    assert (ticket.complexity, ticket.contact_phone, ticket.due_at) == ("complex", "02088886666", None)
    with uow_factory() as uow:
        assert clocks(uow, FRIDAY) == []
        assert kinds(uow) == ["registered"]


def test_the_responder_may_be_unknown_to_the_staff_table(uow_factory: UowFactory) -> None:
    stranger = Person(extension="199", name="199")
    with uow_factory() as uow:
        assert answered(uow, by=stranger).owner == stranger
        uow.commit()
    with uow_factory() as uow:
        assert [member.extension for member in staff.list_staff(uow)] == ["101", "102"]


def test_saving_the_form_opens_the_ticket_and_starts_its_clock(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        version = answered(uow).version
        saved = tickets.save_form(
            uow, number=NUMBER, form=form(), actor=WANG, now=FRIDAY + timedelta(minutes=3), version=version
        )
        uow.commit()
    assert (saved.status, saved.contact_name, saved.version) == (Status.OPEN, "赵女士", 3)
    with uow_factory() as uow:
        # Friday + 2 working days: Monday, Tuesday
        assert clocks(uow, FRIDAY) == [("h12-normal", TUESDAY_CLOSING, "running")]
        assert kinds(uow) == ["registered", "opened", "form_saved"]


def test_a_change_of_complexity_counts_from_the_same_start(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        recorded(uow)
        assert clocks(uow, FRIDAY) == [("h12-complex", WEDNESDAY_CLOSING, "running")]
        tickets.set_complexity(uow, NUMBER, "simple", LI, FRIDAY + timedelta(days=4))
        assert clocks(uow, FRIDAY + timedelta(days=4)) == [("h12-simple", MONDAY_CLOSING, "breached")]
        with pytest.raises(tickets.BadForm):
            tickets.set_complexity(uow, NUMBER, "easy", LI, FRIDAY)


def test_a_recording_without_an_answer_has_no_owner_until_someone_takes_it(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        ticket = recorded(uow)
        assert (ticket.status, ticket.owner, ticket.due_at) == (Status.OPEN, None, WEDNESDAY_CLOSING)
        assert tickets.take(uow, NUMBER, LI, FRIDAY).owner == LI
        assert tickets.take(uow, NUMBER, LI, FRIDAY).version == 2
        with pytest.raises(AlreadyOwned, match="李静"):
            tickets.take(uow, NUMBER, WANG, FRIDAY)


def test_a_recording_in_an_answered_call_opens_its_ticket(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        answered(uow)
        ticket = recorded(uow, phone="13900139000", wished_reply="tomorrow")
        assert (ticket.status, ticket.owner, ticket.wished_reply) == (
            Status.OPEN,
            WANG,
            WishedReply.TOMORROW,
        )
        assert ticket.contact_phone == "13900139000"
        assert kinds(uow) == ["registered", "opened", "contact_heard"]


def test_a_recording_told_again_updates_the_contact_once(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        recorded(uow)
        for _ in range(3):
            ticket = recorded(uow, phone="13900139000", wished_reply="this_week")
        assert (ticket.contact_phone, ticket.wished_reply) == ("13900139000", WishedReply.THIS_WEEK)
        assert kinds(uow) == ["opened", "contact_heard"]


def test_what_staff_saved_is_never_overwritten_by_a_recording(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        answered(uow)
        tickets.save_form(uow, number=NUMBER, form=form(), actor=WANG, now=FRIDAY)
        for _ in range(2):
            ticket = recorded(uow, phone="110", wished_reply="tomorrow")
        assert (ticket.contact_phone, ticket.wished_reply) == ("13800138000", WishedReply.TODAY)
        assert kinds(uow) == ["registered", "opened", "form_saved", "contact_heard"]


def test_a_withheld_number_is_marked(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        withheld = recorded(uow, phone=None)
        assert (withheld.contact_phone, withheld.contact_withheld) == (None, True)
        keyed = recorded(uow, phone="12345")
        assert (keyed.contact_phone, keyed.contact_withheld) == ("12345", False)


def test_dismissed_while_the_caller_spoke_the_message_opens_it_again(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        answered(uow)
        with pytest.raises(tickets.ReasonNeeded):
            tickets.dismiss(uow, NUMBER, " ", WANG, FRIDAY)
        tickets.dismiss(uow, NUMBER, "打错了", WANG, FRIDAY)
        assert recorded(uow).status is Status.OPEN
        tickets.dismiss(uow, NUMBER, "空白录音", WANG, FRIDAY)
        assert clocks(uow, FRIDAY) == []
        assert recorded(uow).status is Status.DISMISSED


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (WEDNESDAY_CLOSING - timedelta(microseconds=1), "met"),
        (WEDNESDAY_CLOSING, "met"),
        (WEDNESDAY_CLOSING + timedelta(microseconds=1), "breached"),
    ],
)
def test_resolved_exactly_at_the_due_time_is_in_time(
    uow_factory: UowFactory, at: datetime, state: str
) -> None:
    with uow_factory() as uow:
        recorded(uow)
        resolved = tickets.resolve(uow, NUMBER, "已答复", LI, at)
        assert (resolved.status, resolved.owner, resolved.due_at) == (Status.RESOLVED, LI, None)
        assert clocks(uow, at + timedelta(days=9)) == [("h12-complex", WEDNESDAY_CLOSING, state)]


@pytest.mark.rule("H32", "H41")
def test_not_satisfied_opens_it_again_with_a_new_run(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        recorded(uow)
        tickets.resolve(uow, NUMBER, "已答复", LI, FRIDAY)
        tickets.reopen(uow, NUMBER, "不满意", None, MONDAY_CLOSING)
        # Monday 17:30 + 3 working days: Tuesday, Wednesday, Thursday
        second = WEDNESDAY_CLOSING + timedelta(days=1)
        assert clocks(uow, MONDAY_CLOSING) == [
            ("h12-complex", WEDNESDAY_CLOSING, "met"),
            ("h12-complex", second, "running"),
        ]
        tickets.save_form(uow, number=NUMBER, form=form(kind="inquiry"), actor=LI, now=MONDAY_CLOSING)
        tickets.resolve(uow, NUMBER, "再次答复", LI, MONDAY_CLOSING)
        with pytest.raises(tickets.FieldsMissing, match="satisfaction"):
            tickets.close(uow, NUMBER, None, MONDAY_CLOSING)
        tickets.give_satisfaction(uow, NUMBER, "satisfied", via="staff", actor=LI, now=MONDAY_CLOSING)
        tickets.close(uow, NUMBER, None, MONDAY_CLOSING)
        with pytest.raises(NotAllowed):
            tickets.reopen(uow, NUMBER, "", None, MONDAY_CLOSING)


def alarms(uow: SqlUnitOfWork, now: datetime) -> list[tuple[str, list[str]]]:
    """What time brought to which tickets."""
    return [
        (ticket.number, [kind for kind, _ in changes]) for ticket, changes in tickets.record_alarms(uow, now)
    ]


def test_a_breach_is_recorded_once(uow_factory: UowFactory) -> None:
    late = WEDNESDAY_CLOSING + timedelta(seconds=1)
    with uow_factory() as uow:
        recorded(uow)
        assert alarms(uow, WEDNESDAY_CLOSING - timedelta(hours=6)) == []
        # 4 h of service time before 17:30 with a break of 2 h: 11:30
        assert alarms(uow, WEDNESDAY_CLOSING - timedelta(hours=5)) == [(NUMBER, ["warned"])]
        assert alarms(uow, WEDNESDAY_CLOSING) == []
        assert alarms(uow, late) == [(NUMBER, ["breached", "escalated"])]
        assert alarms(uow, late) == []
        assert alarms(uow, late + timedelta(days=3)) == [(NUMBER, ["escalated"])]
        assert alarms(uow, late + timedelta(days=30)) == []
        assert kinds(uow) == ["opened", "warned", "breached", "escalated", "escalated"]
        assert clocks(uow, late) == [("h12-complex", WEDNESDAY_CLOSING, "breached")]
        page = tickets.list_tickets(uow, TicketFilter(due_before=late), now=late)
        assert [view.ticket.number for view in page.items] == [NUMBER]


def test_a_form_of_an_old_version_says_who_was_faster(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        version = recorded(uow).version
        tickets.add_note(uow, NUMBER, "打过电话", LI, FRIDAY)
        with pytest.raises(tickets.StaleTicket, match="李静"):
            tickets.save_form(uow, number=NUMBER, form=form(), actor=WANG, now=FRIDAY, version=version)


@pytest.mark.rule("H4")
def test_of_two_takers_at_once_one_owns_it(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        recorded(uow)
        uow.commit()
    start = threading.Barrier(2)
    results: dict[str, str] = {}

    def try_to_take(person: Person) -> None:
        with uow_factory() as uow:
            start.wait()
            try:
                tickets.take(uow, NUMBER, person, FRIDAY)
                uow.commit()
                results[person.extension] = "owner"
            except AlreadyOwned as error:
                results[person.extension] = f"after {error.owner.extension}"

    threads = [threading.Thread(target=try_to_take, args=(person,)) for person in (WANG, LI)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner, loser = sorted(results, key=lambda extension: results[extension] != "owner")
    assert results == {winner: "owner", loser: f"after {winner}"}
    with uow_factory() as uow:
        owner = tickets.get_ticket(uow, NUMBER, FRIDAY).ticket.owner
        assert owner is not None
        assert owner.extension == winner
        assert kinds(uow) == ["opened", "taken"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticket SET owner_extension = '102'",
        "UPDATE ticket SET owner_extension = NULL",
        "UPDATE ticket_event SET actor = '102'",
        "DELETE FROM ticket_event",
        "TRUNCATE ticket_event",
        "INSERT INTO ticket_event (ticket_number, seq, at, actor, kind, data, prev_hash, hash)"
        " SELECT ticket_number, seq, at, actor, kind, data, prev_hash, hash FROM ticket_event",
    ],
)
def test_the_database_guards_the_latch_and_the_log(uow_factory: UowFactory, statement: str) -> None:
    with uow_factory() as uow:
        answered(uow)
        uow.commit()
        with pytest.raises(sqlalchemy.exc.IntegrityError):
            uow.session.execute(text(statement))


def test_pages_are_newest_first_and_miss_none(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        for serial in range(1, 8):
            # three of them in the same instant
            at = FRIDAY + timedelta(minutes=min(serial, 5))
            recorded(uow, number=f"261120-1-{serial:03d}", at=at, name=f"Zhao {serial}")
        uow.commit()
    seen: list[str] = []
    cursor = None
    with uow_factory() as uow:
        while True:
            page = tickets.list_tickets(uow, TicketFilter(), cursor=cursor, limit=3, now=FRIDAY)
            seen += [view.ticket.number for view in page.items]
            assert all(len(view.clocks) == 1 for view in page.items)
            cursor = page.next
            if cursor is None:
                break
        with pytest.raises(tickets.BadCursor):
            tickets.list_tickets(uow, TicketFilter(), cursor="%%", now=FRIDAY)
    assert seen == [f"261120-1-{serial:03d}" for serial in range(7, 0, -1)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (TicketFilter(statuses=(Status.REGISTERING,)), ["002"]),
        (TicketFilter(owner="101"), ["002"]),
        (TicketFilter(unowned=True), ["001"]),
        (TicketFilter(mine="101"), ["002"]),
        (TicketFilter(linkedid="c-261120-1-001"), ["001"]),
        (TicketFilter(q="Zh_o"), []),
        (TicketFilter(q="zha"), ["002", "001"]),
        (TicketFilter(q="02088886666"), ["002", "001"]),
        (TicketFilter(q="8888"), []),
        (TicketFilter(due_before=WEDNESDAY_CLOSING), []),
        (TicketFilter(due_before=WEDNESDAY_CLOSING + timedelta(seconds=1)), ["001"]),
    ],
)
@pytest.mark.rule("T30", "H50")
def test_filters(uow_factory: UowFactory, wanted: TicketFilter, expected: list[str]) -> None:
    with uow_factory() as uow:
        recorded(uow, number="261120-1-001")
        answered(uow, number="261120-1-002")
        page = tickets.list_tickets(uow, wanted, now=FRIDAY)
    assert [view.ticket.number[-3:] for view in page.items] == expected


def test_console_numbers_run_by_day_and_come_back_when_undone(uow_factory: UowFactory) -> None:
    def register(uow: SqlUnitOfWork, now: datetime) -> Ticket:
        return tickets.register(uow, channel="walk_in", form=form(kind="inquiry"), actor=LI, now=now)

    with uow_factory() as uow:
        assert register(uow, FRIDAY).number == "261120-0-001"
        uow.commit()
    with uow_factory() as uow:
        assert register(uow, FRIDAY).number == "261120-0-002"
    with uow_factory() as uow:
        ticket = register(uow, FRIDAY)
        assert (ticket.number, ticket.owner, ticket.status) == ("261120-0-002", LI, Status.OPEN)
        assert register(uow, FRIDAY + timedelta(days=1)).number == "261121-0-001"


@pytest.mark.rule("T1")
def test_a_transfer_changes_the_handler_never_the_owner(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        answered(uow)
        for _ in range(2):
            ticket = tickets.hand_over(uow, number=NUMBER, to=LI, at=FRIDAY)
        assert ticket is not None
        assert (ticket.owner, ticket.handler) == (WANG, LI)
        assert kinds(uow) == ["registered", "handed"]
        assert tickets.hand_over(uow, number="261120-1-999", to=LI, at=FRIDAY) is None


def test_text_from_outside_is_made_fit_to_be_stored(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        recorded(uow, name="a\0b\ud800c")
        tickets.add_note(uow, NUMBER, "line\r\nend\x07", LI, FRIDAY)
        assert tickets.get_ticket(uow, NUMBER, FRIDAY).ticket.contact_name == "ab\ufffdc"
        assert tickets.ticket_history(uow, NUMBER)[-1].data == {"text": "line\nend"}
        assert kinds(uow) == ["opened", "noted"]
