"""Absences on a real database: what is open goes to whoever stands in, and back (S3, S2)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.bootstrap import staff_phones
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.absences import Absence, CoverAway, NobodyStandsIn, Reason
from callcenter.domain.calls import Person
from callcenter.domain.chain import first_fault
from callcenter.domain.reminders import ReminderKind
from callcenter.domain.staff import Role
from callcenter.domain.tickets import NotAllowed, Status, Ticket
from callcenter.services import absences, staff, tickets
from callcenter.services.pass_on import pass_on
from callcenter.services.tickets import BadForm
from callcenter.settings import Settings
from tests.conftest import UowFactory

WANG, LI, ZHANG, CHEN = (
    Person(extension="101", name="王敏"),
    Person(extension="102", name="李静"),
    Person(extension="103", name="张伟"),
    Person(extension="104", name="陈国强"),
)
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NUMBER = "261123-1-001"


@pytest.fixture(autouse=True)
def people(uow_factory: UowFactory) -> None:
    """The demonstration's staff, with their B posts."""
    with uow_factory() as uow:
        for person in (WANG, LI, ZHANG, CHEN):
            role = Role.MANAGER if person is CHEN else Role.STAFF
            staff.add_staff(
                uow,
                extension=person.extension,
                name=person.name,
                role=role,
                rung=person is not CHEN,
                now=MONDAY,
            )
        for extension, b_extension in (("101", "102"), ("102", "101"), ("103", "101")):
            absences.set_post(uow, extension, b_extension)
        uow.commit()


def opened(uow: SqlUnitOfWork, number: str = NUMBER, by: Person = WANG, at: datetime = MONDAY) -> Ticket:
    """An open ticket that `by` owns and handles."""
    tickets.open_for_recording(
        uow, number=number, linkedid=f"c-{number}", phone=None, name=None, wished_reply=None, at=at
    )
    return tickets.take(uow, number, by, at)


def away(
    uow: SqlUnitOfWork,
    who: Person,
    at: datetime,
    until: datetime | None = None,
    *,
    cover: str | None = None,
    now: datetime | None = None,
) -> Absence:
    """`who` goes away."""
    return absences.add_absence(
        uow,
        who.extension,
        from_at=at,
        until_at=until,
        reason=Reason.LEAVE,
        cover=cover,
        actor=who,
        now=now or at,
    )


def handler(uow: SqlUnitOfWork, number: str = NUMBER) -> str:
    """Who handles it; that its owner is Wang and its log whole is seen on the way."""
    ticket = uow.tickets.get(number)
    assert ticket is not None
    assert ticket.owner == WANG
    assert ticket.handler is not None
    assert first_fault(uow.tickets.events(number)) is None
    return ticket.handler.extension


def told(uow: SqlUnitOfWork, extension: str) -> list[str]:
    """Phases of the covers that somebody was told of, the oldest first."""
    found = uow.reminders.page(extension, 50, before=None, unseen=False)
    return [str(each.data["phase"]) for each in reversed(found) if each.kind is ReminderKind.COVER]


def rung(uow: SqlUnitOfWork, now: datetime) -> list[str]:
    """Whom the line rings."""
    return [phone.extension for phone in absences.phones(uow, now) if phone.rung and phone.on_duty]


@pytest.mark.rule("S3")
def test_what_is_open_goes_to_the_b_post_and_comes_back(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow)
        absence = away(uow, WANG, MONDAY + HOUR, MONDAY + DAY)
        assert absence.cover == "102"
        assert absence.begun_at == MONDAY + HOUR
        assert handler(uow) == "102"
        assert rung(uow, MONDAY + HOUR) == ["102", "103"]
        assert staff.active_member(uow, "101").on_duty
        assert told(uow, "102") == ["begins"]
        uow.commit()
    with uow_factory() as uow:
        tickets.add_note(uow, NUMBER, "家长来电", LI, MONDAY + 2 * HOUR)
        assert absences.settle(uow, MONDAY + DAY - timedelta(microseconds=1)) == 0
        assert absences.settle(uow, MONDAY + DAY) == 1
        assert handler(uow) == "101"
        assert rung(uow, MONDAY + DAY) == ["101", "102", "103"]
        assert (told(uow, "101"), told(uow, "102")) == (["back"], ["begins", "ends"])
        summary = absences.summary(uow, absences.get_absence(uow, absence.id), MONDAY + DAY)
        assert [(event.kind, event.actor) for event in summary.events] == [("noted", "102")]
        assert [ticket.number for ticket in summary.next] == [NUMBER]
        assert absences.settle(uow, MONDAY + DAY) == 0


@pytest.mark.rule("S3")
def test_the_calendar_begins_an_absence_by_itself(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow)
        absence = away(uow, WANG, MONDAY + DAY, MONDAY + 2 * DAY, now=MONDAY)
        assert (absence.begun_at, handler(uow)) == (None, "101")
        assert absences.settle(uow, MONDAY + DAY) == 1
        assert handler(uow) == "102"


def test_one_who_is_not_rung_by_the_line_is_rung_while_standing_in(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        absence = away(uow, WANG, MONDAY, cover="104")
        assert rung(uow, MONDAY) == ["102", "103", "104"]
        absences.end_absence(uow, absence.id, MONDAY + HOUR)
        assert rung(uow, MONDAY + HOUR) == ["101", "102", "103"]
        with pytest.raises(absences.HasEnded):
            absences.end_absence(uow, absence.id, MONDAY + 2 * HOUR)


def test_what_reaches_an_absent_person_later_is_handed_on_too(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        away(uow, WANG, MONDAY, MONDAY + DAY)
        opened(uow, at=MONDAY + HOUR)
        assert absences.settle(uow, MONDAY + HOUR) == 1
        assert handler(uow) == "102"


@pytest.mark.rule("S3")
def test_a_cover_who_goes_away_hands_everything_on_and_gets_only_theirs_back(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow)
        first = away(uow, WANG, MONDAY)
        with pytest.raises(CoverAway, match="王敏"):
            away(uow, LI, MONDAY + HOUR, MONDAY + 4 * HOUR)
        away(uow, LI, MONDAY + HOUR, MONDAY + 4 * HOUR, cover="103")
        assert handler(uow) == "103"
        absences.end_absence(uow, first.id, MONDAY + 2 * HOUR)
        assert handler(uow) == "101"
        assert absences.settle(uow, MONDAY + 4 * HOUR) == 0
        assert handler(uow) == "101"


@pytest.mark.rule("S3")
@pytest.mark.parametrize("how", ["by hand", "not satisfied"])
def test_what_is_opened_again_goes_to_who_is_back(uow_factory: UowFactory, how: str) -> None:
    with uow_factory() as uow:
        opened(uow)
        absence = away(uow, WANG, MONDAY)
        tickets.resolve(uow, NUMBER, "已修好", LI, MONDAY + HOUR)
        absences.end_absence(uow, absence.id, MONDAY + 2 * HOUR)
        assert handler(uow) == "102"  # who solved it
        if how == "by hand":
            back = tickets.reopen(uow, NUMBER, "又坏了", LI, MONDAY + 3 * HOUR)
        else:
            back = tickets.give_satisfaction(
                uow, NUMBER, "not_satisfied", via="link", actor=None, now=MONDAY + 3 * HOUR
            )
        assert (back.status, back.handler) == (Status.OPEN, WANG)
        assert handler(uow) == "101"


def test_what_is_opened_again_stays_with_the_stand_in_meanwhile(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow)
        away(uow, WANG, MONDAY)
        tickets.resolve(uow, NUMBER, "已修好", LI, MONDAY + HOUR)
        assert tickets.reopen(uow, NUMBER, "又坏了", LI, MONDAY + 3 * HOUR).handler == LI
        assert handler(uow) == "102"


def test_a_ticket_that_a_colleague_got_by_hand_stays_with_them(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow)
        absence = away(uow, WANG, MONDAY)
        pass_on(uow, NUMBER, "103", "宿舍的事,请接手", LI, MONDAY + HOUR)
        absences.end_absence(uow, absence.id, MONDAY + 2 * HOUR)
        assert handler(uow) == "103"


@pytest.mark.rule("S2")
def test_passing_on_keeps_the_owner_and_tells_the_colleague(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow)
        ticket = pass_on(uow, NUMBER, "103", "请回电 8 栋", WANG, MONDAY)
        assert (ticket.owner, ticket.handler) == (WANG, ZHANG)
        (reminder,) = uow.reminders.page("103", 9, before=None, unseen=True)[:1]
        assert (reminder.kind, reminder.ticket) == (ReminderKind.HANDED, NUMBER)
        assert uow.tickets.events(NUMBER)[-1].data == {"handler": "103", "text": "请回电 8 栋"}
        for to, text in (("103", "again"), ("102", "  ")):
            with pytest.raises(BadForm):
                pass_on(uow, NUMBER, to, text, WANG, MONDAY)
        with pytest.raises(staff.UnknownStaff):
            pass_on(uow, NUMBER, "199", "x", WANG, MONDAY)
        tickets.resolve(uow, NUMBER, "好了", ZHANG, MONDAY)
        with pytest.raises(NotAllowed):
            pass_on(uow, NUMBER, "102", "x", WANG, MONDAY)


@pytest.mark.rule("S2", "S3")
def test_what_is_passed_on_to_somebody_absent_is_with_their_cover_until_they_are_back(
    uow_factory: UowFactory,
) -> None:
    with uow_factory() as uow:
        opened(uow)
        absence = away(uow, ZHANG, MONDAY, cover="102")
        assert pass_on(uow, NUMBER, "103", "请回电", WANG, MONDAY + HOUR).handler == LI
        absences.end_absence(uow, absence.id, MONDAY + 2 * HOUR)
        assert handler(uow) == "103"


def test_nobodys_ticket_is_taken_by_whoever_passes_it_on(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        tickets.open_for_recording(
            uow, number=NUMBER, linkedid="c", phone=None, name=None, wished_reply=None, at=MONDAY
        )
        assert pass_on(uow, NUMBER, "102", "请办", WANG, MONDAY).owner == WANG


def test_without_a_b_post_somebody_has_to_be_named(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        with pytest.raises(NobodyStandsIn):
            away(uow, CHEN, MONDAY)
        with pytest.raises(absences.SamePost):
            absences.set_post(uow, "104", "104")
        absences.set_post(uow, "103", None)
        with pytest.raises(NobodyStandsIn):
            away(uow, ZHANG, MONDAY)


def test_two_who_name_each_other_at_the_same_moment_are_not_both_let_go(uow_factory: UowFactory) -> None:
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def go(who: Person) -> None:
        with uow_factory() as uow:
            ready.wait()
            try:
                away(uow, who, MONDAY, MONDAY + DAY)
                uow.commit()
                outcomes.append("gone")
            except CoverAway:
                outcomes.append("refused")

    threads = [threading.Thread(target=go, args=(who,)) for who in (WANG, LI)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["gone", "refused"]


def test_two_workers_hand_a_ticket_on_once(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        for serial in range(5):
            opened(uow, f"261123-1-00{serial}")
        away(uow, WANG, MONDAY + HOUR, now=MONDAY)
        uow.commit()
    moved: list[int] = []

    def work() -> None:
        with uow_factory() as uow:
            moved.append(absences.settle(uow, MONDAY + 2 * HOUR))
            uow.commit()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(moved) == [0, 0, 5]


def test_asterisk_is_told_of_the_phones_as_they_stand_in(uow_factory: UowFactory, settings: Settings) -> None:
    now = datetime.now(UTC)
    with uow_factory() as uow:
        away(uow, WANG, now, cover="104")
        uow.commit()
    seen = {phone.extension: phone.rung and phone.on_duty for phone in staff_phones(settings)}
    assert seen == {"101": False, "102": True, "103": True, "104": True}
