"""The service account beside a database that is slow or away, and messages that come at the same instant (H4)."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import make_url

from callcenter.settings import Settings
from tests.polling import until
from tests.support import wechat
from tests.support.desk import NOW, Desk
from tests.support.web_fixtures import HandClock, Parts
from tests.support.wechat import ZHAO, message
from tests.support.wechat_console import Start, clock, inbox, kinds, said, send, start, tickets

__all__ = ["clock", "start"]


@pytest.mark.rule("H16", "H31")
def test_while_the_database_is_down_messages_are_kept_and_later_registered(
    start: Start, parts: Parts, clock: HandClock, settings: Settings
) -> None:
    client = start()
    health = client.app.state.console.health  # type: ignore[attr-defined]  # the application is ours
    parts.database = False
    until(lambda: not health.database_is_up)
    began = time.monotonic()
    status, xml = send(client, message(msg_id=1, CreateTime=int(NOW.timestamp())))
    assert status == 200
    assert time.monotonic() - began < 1
    assert said(xml) == "已收到您的留言，时间 2026-11-23 10:20。正在登记，首位接手的工作人员将负责到底。"
    clock.advance(timedelta(minutes=1))
    send(client, message(msg_id=2, Content="急"), clock())
    files = inbox(settings)
    assert len(files) == 2
    assert stat.S_IMODE(settings.inbox.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    clock.advance(timedelta(minutes=50))
    parts.database = True
    until(lambda: not inbox(settings), what="the messages are registered")
    (ticket,) = tickets(client)
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged", "message", "acknowledged"]
    with client.app.state.console.report_work() as work:  # type: ignore[attr-defined]  # the application is ours
        events = work.tickets.events(ticket.number)
        clocks = {run.clock: run.state for run in work.tickets.clocks([ticket.number])[ticket.number]}
    assert events[0].at == NOW
    assert timedelta() < events[2].at - NOW < timedelta(seconds=1)
    assert events[2].data["text"] == said(xml)
    assert clocks["h16"] == "met"


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """The table is somebody else's: who wants to write waits."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def test_a_slow_database_does_not_hold_up_the_answer(start: Start, settings: Settings) -> None:
    client = start()
    assert settings.database_url
    with locked(settings.database_url, "ticket"):
        began = time.monotonic()
        status, xml = send(client, message())
        took = time.monotonic() - began
    assert (status, took < 5) == (200, True)
    assert said(xml).startswith("已收到")
    until(lambda: not inbox(settings), what="the message is registered")
    (ticket,) = tickets(client)
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged"]


def test_many_at_once_while_the_database_is_slow_are_all_answered_in_time(
    start: Start, settings: Settings
) -> None:
    client = start()
    assert settings.database_url
    took: list[float] = []

    def one(number: int) -> int:
        began = time.monotonic()
        status, _ = send(client, message(msg_id=number, account=f"sender{number}"))
        took.append(time.monotonic() - began)
        return status

    with locked(settings.database_url, "ticket"), ThreadPoolExecutor(30) as pool:
        statuses = list(pool.map(one, range(1, 31)))
    assert statuses == [200] * 30
    assert max(took) < 5
    until(lambda: not inbox(settings), within_s=30, what="all are registered")
    assert sum(len(tickets(client, f"sender{number}")) for number in range(1, 31)) == 30


def test_a_delivery_repeated_after_an_outage_is_acknowledged_once(
    start: Start, parts: Parts, settings: Settings
) -> None:
    client = start()
    parts.database = False
    until(lambda: not client.app.state.console.health.database_is_up)  # type: ignore[attr-defined]  # ours
    send(client, message())
    send(client, message())
    parts.database = True
    until(lambda: not inbox(settings))
    assert send(client, message())[0] == 200
    (ticket,) = tickets(client)
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged"]


def test_with_neither_disk_nor_database_the_platform_is_asked_to_come_again(
    start: Start, parts: Parts, settings: Settings
) -> None:
    settings.inbox.write_text("a file where the folder belongs")
    client = start()
    status, xml = send(client, message(msg_id=1))
    assert status == 200  # the database alone is enough
    assert tickets(client)[0].number in said(xml)
    parts.database = False
    until(lambda: not client.app.state.console.health.database_is_up)  # type: ignore[attr-defined]  # ours
    assert send(client, message(msg_id=2))[0] == 503


def test_a_file_that_cannot_be_read_is_put_aside(
    start: Start, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.inbox.mkdir(mode=0o700)
    (settings.inbox / "1.told").write_text('{"key": ')
    (settings.inbox / "2.told").write_text('{"key": 1}')
    client = start()
    until(lambda: [path.name for path in inbox(settings)] == ["1.unreadable", "2.unreadable"])
    assert "put aside" in caplog.text
    assert tickets(client) == []


# -- races


@pytest.mark.rule("H4")
def test_two_messages_of_a_new_sender_at_the_same_instant_are_one_ticket(start: Start) -> None:
    client = start()
    together = threading.Barrier(6)

    def one(number: int) -> str:
        together.wait()
        return said(send(client, message(msg_id=number, account="new"))[1])

    with ThreadPoolExecutor(6) as pool:
        words = set(pool.map(one, range(1, 7)))
    (ticket,) = tickets(client, "new")
    assert len(words) == 1
    assert kinds(client, ticket.number).count("message") == 6


def test_one_message_delivered_at_once_several_times_is_taken_once(start: Start) -> None:
    client = start()
    together = threading.Barrier(6)

    def one(_: int) -> str:
        together.wait()
        return said(send(client, message())[1])

    with ThreadPoolExecutor(6) as pool:
        words = set(pool.map(one, range(6)))
    (ticket,) = tickets(client)
    assert len(words) == 1
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged"]


@pytest.mark.rule("H4")
def test_the_first_to_take_the_notice_owns_it(start: Start, desk: Desk) -> None:
    client = start()
    send(client, message())
    (ticket,) = tickets(client)
    headers = {"authorization": f"Bearer {desk.manager_token}"}

    def take(extension: str) -> int:
        path = f"/api/v1/tickets/{ticket.number}/take"
        return client.post(path, json={"actor": extension}, headers=headers).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, ("101", "102"))) == [200, 409]


def test_nothing_personal_reaches_the_log(
    start: Start, caplog: pytest.LogCaptureFixture, parts: Parts, settings: Settings
) -> None:
    caplog.set_level("INFO")
    client = start()
    send(client, message())
    send(client, message(), signature="0" * 40)
    parts.database = False
    until(lambda: not client.app.state.console.health.database_is_up)  # type: ignore[attr-defined]  # ours
    send(client, message(msg_id=2, Content="身份证 440102"))
    parts.database = True
    until(lambda: not inbox(settings))
    for secret in (ZHAO, "宿舍", "440102", wechat.TOKEN):
        assert secret not in caplog.text
