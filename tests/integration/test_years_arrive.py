"""A year's notice arrives while the product runs: due times in it are settled at once, each night, and by command."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from callcenter.bootstrap import build_engine, unit_of_work_factory
from callcenter.cli import application
from callcenter.cli.processes import settle_each_night
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.tickets import Ticket, TicketForm
from callcenter.own_holidays import FILE
from callcenter.services.own_days import follow_calendar, settle_provisional
from callcenter.services.registration import register
from callcenter.services.tickets import get_ticket
from callcenter.settings import Settings
from tests.polling import until

WANG = Person(extension="101", name="王敏")
NEW_YEARS_EVE = datetime(2026, 12, 31, 2, 0, tzinfo=UTC)
"""10:00 in the centre; the library knows no notice for 2027."""
UNSETTLED = datetime(2027, 1, 6, 9, 30, tzinfo=UTC)
"""Three working days with the weekend and the 1st off: Monday 4 to Wednesday 6 January, 17:30."""
SETTLED = datetime(2027, 1, 8, 9, 30, tzinfo=UTC)
"""With the days to the 5th off: Wednesday 6 to Friday 8 January."""
NOTICE = """\
[2027]
off = ["2027-01-01/2027-01-05", "2027-02-05/2027-02-11", "2027-04-03/2027-04-05", "2027-05-01/2027-05-05",
       "2027-06-08/2027-06-10", "2027-09-14/2027-09-16", "2027-10-01/2027-10-07"]
"""


@pytest.fixture
def work(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], SqlUnitOfWork]]:
    """Units of work of a process that started before the notice; commands find the same home."""
    monkeypatch.setenv("SHOUWEN_HOME", str(settings.home))
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", settings.database_url or "")
    engine = build_engine(settings)
    yield unit_of_work_factory(settings, 10, engine=engine)
    engine.dispose()


@pytest.fixture
def number(work: Callable[[], SqlUnitOfWork]) -> str:
    """A ticket of New Year's Eve, due in a year that nobody has given notice of."""
    form = TicketForm(
        kind="inquiry",
        contact_name="刘女士",
        contact_phone="13800138000",
        details="宿舍漏水",
        wished_reply=None,
        complexity="complex",
    )
    with work() as uow:
        uow.staff.know(WANG)
        ticket = register(uow, channel="phone", form=form, actor=WANG, now=NEW_YEARS_EVE)
        uow.commit()
    assert (ticket.provisional, ticket.due_at) == (True, UNSETTLED)
    return ticket.number


def stored(work: Callable[[], SqlUnitOfWork], number: str) -> Ticket:
    with work() as uow:
        return get_ticket(uow, number, NEW_YEARS_EVE).ticket


@pytest.mark.rule("H12")
def test_a_file_that_is_put_there_is_followed_without_a_restart(
    work: Callable[[], SqlUnitOfWork], number: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def follow() -> int:
        return follow_calendar(work, lambda: NEW_YEARS_EVE)

    follow()
    assert follow() == 0
    with caplog.at_level(logging.ERROR):
        (settings.home / FILE).write_text("[2027]\noff = []\n", "utf-8")
        until(lambda: follow() == 0 and "off: is missing" in caplog.text)
    assert stored(work, number).due_at == UNSETTLED, "a file with a fault changes nothing"
    (settings.home / FILE).write_text(NOTICE, "utf-8")
    until(lambda: follow() == 1)
    settled = stored(work, number)
    assert (settled.provisional, settled.due_at) == (False, SETTLED)
    with work() as uow:
        assert [event.kind for event in uow.tickets.events(number)] == ["opened", "form_saved"]


@pytest.mark.rule("H12")
def test_what_is_provisional_is_settled_at_night(
    work: Callable[[], SqlUnitOfWork], number: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcenter.db.own_days.LOOK_EVERY_S", 0.0)
    now = NEW_YEARS_EVE
    nightly = settle_each_night(work, settings.zone, lambda: now)
    nightly()
    assert stored(work, number).due_at == UNSETTLED
    (settings.home / FILE).write_text(NOTICE, "utf-8")
    now += timedelta(hours=13)
    nightly()
    assert stored(work, number).due_at == UNSETTLED, "at 23:00 the night is still to come"
    now += timedelta(hours=1)
    nightly()
    assert stored(work, number).due_at == SETTLED, "at midnight in the centre"


@pytest.mark.rule("H12")
def test_what_is_provisional_is_settled_by_command(
    work: Callable[[], SqlUnitOfWork], number: str, settings: Settings
) -> None:
    (settings.home / FILE).write_text(NOTICE, "utf-8")
    done = CliRunner().invoke(application(), ["calendar", "recompute"])
    assert done.output == "1 tickets follow\n"
    assert stored(work, number).due_at == SETTLED


def test_many_are_settled_page_after_page(
    work: Callable[[], SqlUnitOfWork], number: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcenter.services.own_days._PAGE", 1)
    monkeypatch.setattr("callcenter.db.own_days.LOOK_EVERY_S", 0.0)
    first = stored(work, number)
    with work() as uow:
        for _ in range(2):
            form = TicketForm(
                kind="inquiry",
                contact_name=None,
                contact_phone=None,
                details="钥匙",
                wished_reply=None,
                complexity="complex",
            )
            register(uow, channel="phone", form=form, actor=WANG, now=NEW_YEARS_EVE)
        uow.commit()
    assert settle_provisional(work, NEW_YEARS_EVE) == 0
    assert stored(work, number) == first
    (settings.home / FILE).write_text(NOTICE, "utf-8")
    assert settle_provisional(work, NEW_YEARS_EVE) == 3
    assert settle_provisional(work, NEW_YEARS_EVE) == 0
