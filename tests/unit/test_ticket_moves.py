"""Who takes a ticket, what moving it notes, and what a form writes on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain.calls import Person
from callcenter.domain.tickets import (
    AlreadyOwned,
    EventKind,
    NotAllowed,
    Status,
    Ticket,
    TicketForm,
    WishedReply,
    fill_in,
    move,
    next_status,
    take,
)

CREATED = datetime(2026, 11, 20, 2, tzinfo=UTC)
NOW = CREATED + timedelta(hours=1)
LI, WANG = Person(extension="101", name="李静"), Person(extension="102", name="王强")
TICKET = Ticket(
    number="261120-1-001",
    kind="inquiry",
    complexity="complex",
    status=Status.OPEN,
    policy="huizhou-school",
    created_at=CREATED,
    opened_at=CREATED,
)


@pytest.mark.rule("H4", "T1")
def test_the_first_to_take_it_owns_and_handles_it() -> None:
    assert take(TICKET, LI) == replace(TICKET, owner=LI, handler=LI)


@pytest.mark.rule("H4", "T1")
def test_nobody_else_takes_it_later() -> None:
    with pytest.raises(AlreadyOwned) as caught:
        take(take(TICKET, LI), WANG)
    assert caught.value.owner == LI
    assert str(caught.value) == "李静 (101) took it first and owns it for good."


@pytest.mark.rule("H4", "T1")
def test_the_owner_takes_it_back_from_whoever_handles_it() -> None:
    handed = replace(take(TICKET, LI), handler=WANG)
    assert take(handed, LI).handler == LI
    # a name may change; the extension says who it is
    renamed = replace(LI, name="李静怡")
    assert take(handed, renamed).owner == renamed


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        (Status.REGISTERING, False),
        (Status.OPEN, True),
        (Status.WAITING, True),
        (Status.RESOLVED, False),
        (Status.CLOSED, False),
        (Status.DISMISSED, False),
    ],
)
def test_only_what_is_under_way_is_taken(status: Status, allowed: bool) -> None:
    ticket = replace(TICKET, status=status)
    if allowed:
        assert take(ticket, LI).status is status
    else:
        with pytest.raises(NotAllowed, match=f"a ticket that is {status} cannot be taken"):
            take(ticket, LI)


SOLVED = replace(TICKET, status=Status.RESOLVED, resolved_at=CREATED)


@pytest.mark.parametrize(
    ("before", "event", "after"),
    [
        (
            replace(TICKET, status=Status.REGISTERING, opened_at=None),
            EventKind.OPENED,
            replace(TICKET, opened_at=NOW),
        ),
        (TICKET, EventKind.RESOLVED, replace(TICKET, status=Status.RESOLVED, resolved_at=NOW)),
        # what was solved is not: its first opening stays
        (SOLVED, EventKind.REOPENED, TICKET),
        (SOLVED, EventKind.CLOSED, replace(SOLVED, status=Status.CLOSED, closed_at=NOW)),
        (TICKET, EventKind.WAITED, replace(TICKET, status=Status.WAITING)),
        (TICKET, EventKind.DISMISSED, replace(TICKET, status=Status.DISMISSED)),
        (SOLVED, EventKind.SATISFACTION_GIVEN, SOLVED),
    ],
)
def test_a_move_notes_its_instant_and_nothing_else(before: Ticket, event: EventKind, after: Ticket) -> None:
    assert move(before, event, NOW) == after


def test_what_is_not_allowed_says_so_in_words() -> None:
    with pytest.raises(NotAllowed, match=r"^a ticket that is closed cannot be papers received$"):
        move(replace(TICKET, status=Status.CLOSED), EventKind.PAPERS_RECEIVED, NOW)
    with pytest.raises(NotAllowed, match=r"^a ticket that is not there cannot be closed$"):
        next_status(None, EventKind.CLOSED)


FORM = TicketForm(
    kind="complaint",
    contact_name="赵女士",
    contact_phone="13800138000",
    details="宿舍漏水",
    wished_reply=WishedReply.TODAY,
    complexity="simple",
    fields={"place": "3栋"},
)


@pytest.mark.rule("H30")
def test_a_form_is_written_on_the_ticket() -> None:
    before = replace(TICKET, fields={"place": "?", "student": "2026001"})
    assert fill_in(before, FORM, NOW) == replace(
        TICKET,
        kind="complaint",
        contact_name="赵女士",
        contact_phone="13800138000",
        details="宿舍漏水",
        wished_reply=WishedReply.TODAY,
        complexity="simple",
        # what the form does not ask for stays
        fields={"place": "3栋", "student": "2026001"},
        form_saved_at=NOW,
    )


@pytest.mark.parametrize(
    ("withheld", "phone", "still"),
    [(True, None, True), (True, "13800138000", False), (False, None, False), (False, "13800138000", False)],
)
def test_a_number_ends_that_it_was_withheld(withheld: bool, phone: str | None, still: bool) -> None:
    filled = fill_in(replace(TICKET, contact_withheld=withheld), replace(FORM, contact_phone=phone), NOW)
    assert filled.contact_withheld is still


def test_the_first_time_that_it_was_saved_is_kept() -> None:
    once = fill_in(TICKET, FORM, NOW)
    assert fill_in(once, FORM, NOW + timedelta(minutes=5)).form_saved_at == NOW


def test_a_field_that_the_form_holds_empty_is_emptied() -> None:
    before = replace(TICKET, fields={"reason": "补办", "wished_solution": "道歉"})
    form = replace(FORM, fields={"reason": "", "nickname": "", "account": "oA"})
    assert fill_in(before, form, NOW).fields == {"wished_solution": "道歉", "account": "oA"}
