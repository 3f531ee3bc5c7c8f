"""A changed policy applies to new tickets only: running clocks keep theirs, and the ticket says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.bootstrap import build_engine, build_rules, unit_of_work_factory
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.own_days import OwnDayKind, read_run
from callcenter.domain.policy import UnknownPolicy
from callcenter.domain.tickets import TicketForm
from callcenter.policy_files import policy_paths
from callcenter.services import tickets
from callcenter.services.own_days import follow_calendar, set_days
from callcenter.services.registration import register
from callcenter.services.rules import rules_have_changed
from callcenter.settings import Settings
from callcenter.toml_table import BadPolicy

WANG = Person(extension="101", name="王敏")
FRIDAY = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""10:00 in the centre."""
MONDAY_CLOSING = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class Restarted:
    """The product as it is after each start: it reads its policies anew, the database stays."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = build_engine(settings)
        self.start()

    def start(self) -> None:
        rules = build_rules(self.settings)
        self.open = unit_of_work_factory(self.settings, 10, engine=self.engine, rules=rules)

    def change(self, written: str, instead: str) -> None:
        """The centre edits its own copy, and starts the desk again."""
        folder = self.settings.own_policies
        folder.mkdir(parents=True, exist_ok=True)
        text = policy_paths(folder)["huizhou-school"].read_text("utf-8")
        assert written in text
        (folder / "huizhou-school.toml").write_text(text.replace(written, instead), "utf-8")
        self.start()


def opened(uow: SqlUnitOfWork) -> str:
    uow.staff.know(WANG)
    form = TicketForm(
        kind="inquiry",
        contact_name="刘女士",
        contact_phone="13800138000",
        details="宿舍漏水",
        wished_reply=None,
        complexity="simple",
    )
    ticket = register(uow, channel="phone", form=form, actor=WANG, now=FRIDAY)
    uow.commit()
    return ticket.number


def due(desk: Restarted, number: str) -> datetime:
    with desk.open() as uow:
        return tickets.get_ticket(uow, number, FRIDAY).clocks[0].due_at


@pytest.fixture
def desk(settings: Settings) -> Iterator[Restarted]:
    desk = Restarted(settings)
    yield desk
    desk.engine.dispose()


@pytest.mark.rule("H12")
def test_new_tickets_get_the_change_and_running_ones_keep_theirs(desk: Restarted) -> None:
    with desk.open() as uow:
        before = opened(uow)
    desk.change("simple = 1, normal = 2, complex = 3", "simple = 2, normal = 4, complex = 6")
    with desk.open() as uow:
        after = opened(uow)
    assert due(desk, before) == MONDAY_CLOSING
    assert due(desk, after) == MONDAY_CLOSING + timedelta(days=1)
    with desk.open() as uow:
        old, new = (tickets.get_ticket(uow, number, FRIDAY).ticket for number in (before, after))
        assert old.policy_digest != new.policy_digest
        assert rules_have_changed(uow, old)
        assert not rules_have_changed(uow, new)


@pytest.mark.rule("H12")
def test_what_happens_later_still_counts_by_the_old_rule(desk: Restarted) -> None:
    with desk.open() as uow:
        number = opened(uow)
    desk.change("simple = 1, normal = 2, complex = 3", "simple = 2, normal = 4, complex = 6")
    with desk.open() as uow:
        tickets.set_complexity(uow, number, "normal", WANG, FRIDAY + timedelta(hours=1))
        uow.commit()
    assert due(desk, number) == MONDAY_CLOSING + timedelta(days=1)


def test_the_centres_own_days_stand_over_every_version(desk: Restarted) -> None:
    """Monday is closed: one working day after Friday ends on Tuesday, by the old rule too."""
    with desk.open() as uow:
        number = opened(uow)
    desk.change("simple = 1, normal = 2, complex = 3", "simple = 2, normal = 4, complex = 6")
    with desk.open() as uow:
        set_days(uow, read_run("2026-11-23"), OwnDayKind.CLOSURE, "停电", by="104", now=FRIDAY)
        uow.commit()
    follow_calendar(desk.open, lambda: FRIDAY + timedelta(seconds=5))
    assert due(desk, number) == MONDAY_CLOSING + timedelta(days=1)


def test_a_policy_that_is_gone_still_rules_its_tickets(desk: Restarted) -> None:
    own = desk.settings.own_policies
    own.mkdir(parents=True)
    text = policy_paths()["huizhou-school"].read_text("utf-8")
    (own / "our-centre.toml").write_text(text.replace('"huizhou-school"', '"our-centre"', 1), "utf-8")
    desk.settings = desk.settings.model_copy(update={"policy": "our-centre"})
    desk.start()
    with desk.open() as uow:
        number = opened(uow)
    (own / "our-centre.toml").unlink()
    desk.settings = desk.settings.model_copy(update={"policy": "huizhou-school"})
    desk.start()
    with desk.open() as uow:
        tickets.resolve(uow, number, "已修好", WANG, FRIDAY + timedelta(hours=1))
        uow.commit()
        view = tickets.get_ticket(uow, number, FRIDAY + timedelta(hours=1))
        assert view.clocks[0].stopped_at is not None
        assert rules_have_changed(uow, view.ticket)


def test_a_start_with_an_unknown_or_a_bad_policy_says_what_is_wrong(
    settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(UnknownPolicy, match="SHOUWEN_POLICY: there is no policy 'nowhere'; there is huizhou"):
        build_rules(settings.model_copy(update={"policy": "nowhere"}))
    settings.own_policies.mkdir(parents=True)
    (settings.own_policies / "ours.toml").write_text("name = 'ours'\n", "utf-8")
    with pytest.raises(BadPolicy, match=r"ours\.toml: hours: is missing"):
        build_rules(settings)
