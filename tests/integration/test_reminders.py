"""Reminders: written with what causes them, once for each person; delivered for real, or seen to fail."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.absences import Reason
from callcenter.domain.calls import Person
from callcenter.domain.reminders import Reminder
from callcenter.domain.staff import Role
from callcenter.notify import AppriseSender, check_address
from callcenter.services import absences, registration, reminders, staff, tickets
from callcenter.services.digests import write_digest
from callcenter.services.reminder_delivery import Language, deliver_reminders
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.polling import until
from tests.support.receivers import HttpReceiver, http_receiver, smtp_receiver

WANG, LI, ZHANG, CHEN = (
    Person(extension="101", name="王敏"),
    Person(extension="102", name="李静"),
    Person(extension="103", name="张伟"),
    Person(extension="104", name="陈国强"),
)
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai."""
DUE = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
"""Three working days later, at closing: H12 for complex matters."""
NIGHT_ENDS = datetime(2026, 11, 27, 0, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
NUMBER = "261123-1-001"
COMMAND = str(Path(sys.executable).with_name("shouwen"))


@pytest.fixture(autouse=True)
def people(uow_factory: UowFactory) -> None:
    """The demonstration's staff, with their B posts."""
    with uow_factory() as uow:
        for person in (WANG, LI, ZHANG, CHEN):
            staff.add_staff(
                uow,
                extension=person.extension,
                name=person.name,
                role=Role.MANAGER if person is CHEN else Role.STAFF,
                rung=person is not CHEN,
                now=MONDAY,
            )
        for extension, b_extension in (("101", "102"), ("102", "101"), ("103", "101")):
            absences.set_post(uow, extension, b_extension)
        uow.commit()


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as server:
        yield server


def opened(uow: SqlUnitOfWork, number: str = NUMBER, owner: Person | None = WANG) -> None:
    """An open ticket with a clock until Thursday's closing."""
    tickets.open_for_recording(
        uow,
        number=number,
        linkedid=f"c-{number}",
        phone="13800138000",
        name="赵女士",
        wished_reply=None,
        at=MONDAY,
    )
    if owner is not None:
        tickets.take(uow, number, owner, MONDAY)
    for extension in ("101", "102", "103", "104"):
        reminders.mark_all_seen(uow, extension, MONDAY)


def unseen(uow: SqlUnitOfWork, extension: str) -> list[Reminder]:
    return uow.reminders.page(extension, 50, before=None, unseen=True)


def kinds(uow: SqlUnitOfWork) -> dict[str, list[str]]:
    """What each person has not seen yet, the oldest first."""
    found = {
        ext: [each.kind.value for each in reversed(unseen(uow, ext))] for ext in ("101", "102", "103", "104")
    }
    return {ext: names for ext, names in found.items() if names}


def reached_by(uow: SqlUnitOfWork, extension: str, url: str, *, trusted: bool = True) -> None:
    shown = check_address(url, trusted=trusted)
    reminders.add_address(uow, extension, url=url, shown=shown, trusted=trusted, now=MONDAY)


class Post:
    """Delivers at an instant set by hand."""

    def __init__(self, uow_factory: UowFactory, settings: Settings) -> None:
        self.now = MONDAY
        self._units = uow_factory
        self._language = Language(code="zh", zone=settings.zone)
        self.sender = AppriseSender()

    def deliver(self, now: datetime) -> int:
        self.now = now
        return deliver_reminders(self._units, self.sender.send, self._language, lambda: self.now)


@pytest.fixture
def post(uow_factory: UowFactory, settings: Settings) -> Post:
    return Post(uow_factory, settings)


def test_a_warning_a_breach_and_the_steps_up_tell_each_person_once(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow)
        # The warning goes out before the due time: to the owner alone.
        reminders.remind_of_alarms(uow, DUE - timedelta(minutes=30))
        assert kinds(uow) == {"101": ["warning"]}
        reminders.remind_of_alarms(uow, DUE)
        assert kinds(uow) == {"101": ["warning"]}
        # At the breach the owner and the B post; two working hours later the head.
        reminders.remind_of_alarms(uow, DUE + TICK)
        assert kinds(uow) == {"101": ["warning", "breach"], "102": ["escalation"]}
        reminders.remind_of_alarms(uow, DUE + timedelta(hours=17, minutes=0))
        assert "104" not in kinds(uow)
        reminders.remind_of_alarms(uow, DUE + timedelta(hours=17, minutes=1))
        assert kinds(uow) == {"101": ["warning", "breach"], "102": ["escalation"], "104": ["escalation"]}
        reminders.remind_of_alarms(uow, DUE + timedelta(days=9))
        assert kinds(uow) == {"101": ["warning", "breach"], "102": ["escalation"], "104": ["escalation"]}


def test_what_was_not_committed_was_not_told(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow)
        uow.commit()
    with uow_factory() as uow:
        reminders.remind_of_alarms(uow, DUE + TICK)
    with uow_factory() as uow:
        assert kinds(uow) == {}
        assert "breached" not in {event.kind for event in uow.tickets.events(NUMBER)}


@pytest.mark.rule("S3")
def test_of_an_absent_owners_ticket_the_b_post_is_told_once(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow)
        absences.add_absence(
            uow, "101", from_at=None, until_at=None, reason=Reason.TRAVEL, cover=None, actor=WANG, now=MONDAY
        )
        reminders.remind_of_alarms(uow, DUE + TICK)
        assert kinds(uow) == {"102": ["cover", "breach"]}


def test_of_nobodys_ticket_managers_and_those_on_duty_are_told(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow, owner=None)
        staff.set_on_duty(uow, "103", False)
        reminders.remind_of_alarms(uow, DUE + TICK)
        assert kinds(uow) == {"101": ["breach"], "102": ["breach"], "104": ["breach"]}


def test_at_night_it_waits_for_the_morning(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow)
        reminders.remind_of_alarms(uow, datetime(2026, 11, 26, 12, 0, tzinfo=UTC))  # 20:00
        assert {each.not_before for each in unseen(uow, "101")} == {NIGHT_ENDS}


@pytest.mark.rule("H4")
def test_a_new_message_tells_everybody_on_duty_once_and_then_its_owner(uow_factory: UowFactory) -> None:
    def message(uow: SqlUnitOfWork, minutes: int) -> str:
        at = MONDAY + timedelta(minutes=minutes)
        return registration.take_message(
            uow, channel="service_account", text="请问", fields={"account": "o-1"}, came_at=at, now=at
        ).number

    with uow_factory() as uow:
        staff.set_on_duty(uow, "103", False)
        number = message(uow, 0)
        message(uow, 1)
        assert kinds(uow)["101"][:1] == ["notice"]
        assert sorted(kinds(uow)) == ["101", "102"]
        assert unseen(uow, "101")[-1].ticket == number


@pytest.mark.rule("S10", "H20")
def test_the_head_is_told_what_waits_and_the_asker_what_was_decided(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        opened(uow)
        clock = tickets.get_ticket(uow, NUMBER, MONDAY).clocks[0].clock
        asked = {"clock": clock, "working_days": "2", "reason": "等财务处"}
        tickets.take_step(uow, NUMBER, "extension_requested", asked, WANG, MONDAY)
        assert kinds(uow) == {"104": ["approval"]}
        tickets.take_step(uow, NUMBER, "extension_granted", {}, CHEN, MONDAY)
        assert kinds(uow) == {"104": ["approval"], "101": ["decision"]}


def test_the_morning_digest_is_written_once_for_those_with_something_to_do(uow_factory: UowFactory) -> None:
    morning = datetime(2026, 11, 26, 0, 15, tzinfo=UTC)  # Thursday 08:15
    with uow_factory() as uow:
        opened(uow)
        opened(uow, "261123-1-002")
        tickets.wait(uow, "261123-1-002", "等回复", WANG, MONDAY)
        opened(uow, "261123-1-003", owner=None)
        assert write_digest(uow, morning - TICK) == 0
        assert write_digest(uow, morning) == 2
        assert write_digest(uow, morning + timedelta(hours=1)) == 0
        (mine,), (heads,) = unseen(uow, "101"), unseen(uow, "104")
        assert mine.data == {"today": {"count": 2, "numbers": [NUMBER, "261123-1-002"]}}
        assert heads.data == {"nobodys": {"count": 1, "numbers": ["261123-1-003"]}}


def test_a_message_shows_what_the_policy_lets_it_show(
    uow_factory: UowFactory, post: Post, receiver: HttpReceiver
) -> None:
    with uow_factory() as uow:
        opened(uow)
        reached_by(uow, "101", receiver.url)
        reminders.remind_of_alarms(uow, DUE + TICK)
        uow.commit()
    assert post.deliver(DUE + 2 * TICK) == 1
    assert post.deliver(DUE + timedelta(hours=1)) == 0
    (got,) = receiver.got
    assert got["title"] == f"工单 {NUMBER} 已超时"
    assert got["message"] == "类型：咨询\n期限：2026-11-26 17:30"
    assert "赵" not in str(got)
    assert "138" not in str(got)
    with uow_factory() as uow:
        assert [each.sent_at for each in unseen(uow, "101")] == [DUE + 2 * TICK]


def test_a_failed_delivery_is_tried_again_and_seen_by_the_head(
    uow_factory: UowFactory, post: Post, receiver: HttpReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    begin = DUE + 2 * TICK
    with uow_factory() as uow:
        opened(uow)
        reached_by(uow, "101", receiver.url)
        reminders.remind_of_alarms(uow, DUE + TICK)
        uow.commit()
    receiver.status = 500
    assert post.deliver(begin) == 1
    assert post.deliver(begin + timedelta(seconds=59)) == 0
    with uow_factory() as uow:
        (failing,) = uow.reminders.failing(9)
        assert failing.last_error == "json://127.0.0.1: the receiver answered 500"
    receiver.status = 200
    assert post.deliver(begin + timedelta(minutes=1)) == 1
    assert len(receiver.got) == 1
    with uow_factory() as uow:
        assert uow.reminders.failing(9) == []
    assert "Geheim" not in caplog.text


def test_after_a_day_a_delivery_is_given_up(uow_factory: UowFactory, post: Post) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        with uow_factory() as uow:
            opened(uow)
            reached_by(uow, "101", f"json://127.0.0.1:{taken.getsockname()[1]}")
            reminders.remind_of_alarms(uow, DUE + TICK)
            uow.commit()
        now, tries = DUE + TICK, 0
        while now < DUE + timedelta(days=2):
            tries += post.deliver(now)
            now += timedelta(minutes=20)
    with uow_factory() as uow:
        (failing,) = uow.reminders.failing(9)
    assert failing.gave_up_at is not None
    assert timedelta(days=1) <= failing.gave_up_at - DUE <= timedelta(days=1, hours=1, minutes=20)
    assert failing.last_error == "json://127.0.0.1: the receiver could not be reached"
    assert 20 <= tries <= 32


def test_what_was_seen_in_the_console_is_not_sent(
    uow_factory: UowFactory, post: Post, receiver: HttpReceiver
) -> None:
    with uow_factory() as uow:
        opened(uow)
        reached_by(uow, "101", receiver.url)
        reminders.remind_of_alarms(uow, DUE + TICK)
        (mine,) = unseen(uow, "101")
        with pytest.raises(reminders.NoSuchReminder):
            reminders.mark_seen(uow, "102", mine.id, DUE + TICK)
        reminders.mark_seen(uow, "101", mine.id, DUE + TICK)
        uow.commit()
    assert post.deliver(DUE + 2 * TICK) == 0


def test_an_address_that_has_it_does_not_get_it_again_for_the_others_sake(
    uow_factory: UowFactory, post: Post, receiver: HttpReceiver
) -> None:
    with http_receiver() as broken, uow_factory() as uow:
        broken.status = 503
        opened(uow)
        reached_by(uow, "101", receiver.url)
        reached_by(uow, "101", broken.url)
        reminders.remind_of_alarms(uow, DUE + TICK)
        uow.commit()
        for minutes in (0, 1, 3):
            post.deliver(DUE + timedelta(minutes=minutes, microseconds=5))
        broken.status = 200
        post.deliver(DUE + timedelta(minutes=8))
        assert (len(receiver.got), len(broken.got)) == (1, 1)


def test_two_workers_never_send_one_twice(
    uow_factory: UowFactory, post: Post, receiver: HttpReceiver, settings: Settings
) -> None:
    with uow_factory() as uow:
        for serial in range(8):
            opened(uow, f"261123-1-00{serial}")
        reached_by(uow, "101", receiver.url)
        reminders.remind_of_alarms(uow, DUE + TICK)
        uow.commit()
    now = DUE + 2 * TICK
    posts = [Post(uow_factory, settings) for _ in range(3)]

    def work(one: Post) -> None:
        while one.deliver(now):
            pass

    threads = [threading.Thread(target=work, args=(one,)) for one in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.got) == len({got["title"] for got in receiver.got}) == 8


def test_a_worker_that_died_in_between_leaves_it_to_the_next(
    uow_factory: UowFactory, post: Post, receiver: HttpReceiver
) -> None:
    with uow_factory() as uow:
        opened(uow)
        reached_by(uow, "101", receiver.url)
        reminders.remind_of_alarms(uow, DUE + TICK)
        assert len(uow.reminders.claim(DUE + 2 * TICK, DUE + timedelta(minutes=10), 5)) == 1
        uow.commit()
    assert post.deliver(DUE + timedelta(minutes=9)) == 0
    assert post.deliver(DUE + timedelta(minutes=10)) == 1
    assert len(receiver.got) == 1


def test_a_receiver_that_hangs_holds_nobody_up(
    uow_factory: UowFactory, post: Post, receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcenter.notify.LIMIT_S", 0.2)
    receiver.hold = threading.Event()
    with uow_factory() as uow:
        opened(uow)
        reached_by(uow, "101", receiver.url)
        reminders.remind_of_alarms(uow, DUE + TICK)
        uow.commit()
    assert post.deliver(DUE + 2 * TICK) == 1
    receiver.hold.set()
    with uow_factory() as uow:
        (failing,) = uow.reminders.failing(9)
        assert failing.last_error == "json://127.0.0.1: no answer within 0 s"


def test_a_receiver_cannot_send_us_elsewhere(
    uow_factory: UowFactory, post: Post, receiver: HttpReceiver
) -> None:
    receiver.status = 302
    with uow_factory() as uow:
        opened(uow)
        reached_by(uow, "101", receiver.url)
        reminders.remind_of_alarms(uow, DUE + TICK)
        uow.commit()
    post.deliver(DUE + 2 * TICK)
    assert receiver.got == []
    with uow_factory() as uow:
        assert "302" in str(uow.reminders.failing(9)[0].last_error)


def test_a_mail_arrives(uow_factory: UowFactory, post: Post) -> None:
    with smtp_receiver() as server:
        with uow_factory() as uow:
            opened(uow)
            reached_by(uow, "101", f"mailto://127.0.0.1:{server.port}?from=desk@school.cn&to=wang@school.cn")
            reminders.remind_of_alarms(uow, DUE + TICK)
            uow.commit()
        assert post.deliver(DUE + 2 * TICK) == 1
        with uow_factory() as uow:
            assert uow.reminders.failing(9) == []
        assert len(server.mails) == 1
        assert "wang@school.cn" in server.recipients[0]


def test_a_name_that_leads_here_is_not_followed_for_staff(
    uow_factory: UowFactory, post: Post, receiver: HttpReceiver
) -> None:
    with uow_factory() as uow:
        opened(uow)
        reminders.add_address(uow, "101", url=receiver.url, shown="json://x", trusted=False, now=MONDAY)
        reminders.remind_of_alarms(uow, DUE + TICK)
        uow.commit()
    post.deliver(DUE + 2 * TICK)
    assert receiver.got == []
    with uow_factory() as uow:
        assert uow.reminders.failing(9)[0].last_error == "json://x: the address leads to this machine"


def test_the_worker_process_does_all_of_it(
    uow_factory: UowFactory, settings: Settings, receiver: HttpReceiver
) -> None:
    """Breach, absence and delivery by a real `shouwen worker`, by the real clock."""
    shipped = resources.files("callcenter.policies").joinpath("huizhou-school.toml").read_text("utf-8")
    assert 'quiet = ["20:00-08:00"]' in shipped
    settings.own_policies.mkdir()
    awake = shipped.replace('quiet = ["20:00-08:00"]', "quiet = []")
    settings.own_policies.joinpath("huizhou-school.toml").write_text(awake, "utf-8")
    now = datetime.now(UTC)
    with uow_factory() as uow:
        opened(uow)
        reached_by(uow, "102", receiver.url)
        absences.add_absence(
            uow,
            "101",
            from_at=now + timedelta(seconds=2),
            until_at=None,
            reason=Reason.LEAVE,
            cover=None,
            actor=WANG,
            now=now,
        )
        long_ago = now - timedelta(days=60)
        tickets.open_for_recording(
            uow, number="late", linkedid="c-late", phone=None, name=None, wished_reply=None, at=long_ago
        )
        tickets.take(uow, "late", LI, long_ago)
        uow.commit()

    def titles() -> set[str]:
        return {str(got["title"]) for got in receiver.got}

    def handler() -> str | None:
        with uow_factory() as uow:
            ticket = uow.tickets.get(NUMBER)
        return ticket.handler.extension if ticket and ticket.handler else None

    given = {
        **os.environ,
        "SHOUWEN_HOME": str(settings.home),
        "SHOUWEN_DATABASE_URL": str(settings.database_url),
        "SHOUWEN_ENGINE_ZH": "off",
        "SHOUWEN_ENGINE_EN": "off",
    }
    with (settings.home / "worker.log").open("wb") as log:
        worker = subprocess.Popen([COMMAND, "worker"], env=given, stdout=log, stderr=log)
    try:
        until(lambda: {"工单 late 已超时", "您现在代 101 的岗"} <= titles(), 120)
        until(lambda: handler() == "102", 120)
    finally:
        worker.kill()
        worker.wait()
    said = (settings.home / "worker.log").read_text("utf-8")
    assert "Geheim" not in said
    assert "Traceback" not in said
