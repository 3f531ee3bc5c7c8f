"""The FastAGI server: bounded, and none the worse for what happens in a conversation."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from agi.protocol import Session
from agi.server import Server
from tests.polling import until
from tests.support.fake_asterisk import FakeAsterisk


@contextmanager
def serving(max_sessions: int = 50, **entries: Callable[[Session], None]) -> Iterator[Server]:
    server = Server("127.0.0.1", 0, entries, max_sessions)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()


def greet(session: Session) -> None:
    session.set_variable("GREETING", f"hello {session.arg(0)}")


def wait(session: Session) -> None:
    session.wait_for_digit(5000)


def test_many_conversations_after_one_another_and_at_once() -> None:
    with serving(greet=greet, wait=wait) as server:
        for number in range(20):
            with FakeAsterisk.dial(server.port) as asterisk:
                asterisk.begin("greet", str(number))
                assert asterisk.answer("200 result=1") == f'SET VARIABLE GREETING "hello {number}"'
                assert asterisk.command() == ""
        several = [FakeAsterisk.dial(server.port) for _ in range(10)]
        for asterisk in several:
            asterisk.begin("wait")
        for asterisk in several:
            assert asterisk.answer("200 result=0") == "WAIT FOR DIGIT 5000"
            assert asterisk.is_closed()
            asterisk.connection.close()


def test_one_too_many_is_closed_at_once_and_room_comes_back() -> None:
    with serving(max_sessions=2, wait=wait) as server:
        inside = [FakeAsterisk.dial(server.port) for _ in range(2)]
        for asterisk in inside:
            asterisk.begin("wait")
            assert asterisk.command()
        with FakeAsterisk.dial(server.port) as outside:
            assert outside.is_closed()
        for asterisk in inside:
            asterisk.send(b"200 result=0\n")
            assert asterisk.is_closed()
            asterisk.connection.close()

        def has_room() -> bool:
            with FakeAsterisk.dial(server.port) as asterisk, suppress(BrokenPipeError, ConnectionResetError):
                asterisk.begin("wait")
                return asterisk.command() == "WAIT FOR DIGIT 5000"
            return False

        until(has_room)


def test_stop_ends_every_conversation() -> None:
    with serving(wait=wait) as server:
        inside = [FakeAsterisk.dial(server.port) for _ in range(5)]
        for asterisk in inside:
            asterisk.begin("wait")
            assert asterisk.command()
        silent = FakeAsterisk.dial(server.port)
        inside[0].connection.close()
    for asterisk in [*inside[1:], silent]:
        assert asterisk.is_closed()
        asterisk.connection.close()


@pytest.mark.parametrize("entry", ["nobody", "", "../greet", "health?x=1"])
def test_an_unknown_entry_is_closed(entry: str) -> None:
    with serving(greet=greet) as server, FakeAsterisk.dial(server.port) as asterisk:
        asterisk.begin(entry)
        assert asterisk.is_closed()


def test_an_entry_that_fails_is_logged_and_closed_and_the_next_works(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(session: Session) -> None:
        raise LookupError("a bug of ours")

    with serving(fail=fail, greet=greet) as server:
        with FakeAsterisk.dial(server.port) as asterisk:
            asterisk.begin("fail", "13800138000")
            assert asterisk.is_closed()
        with FakeAsterisk.dial(server.port) as asterisk:
            asterisk.begin("greet", "you")
            assert asterisk.answer("200 result=1")
    assert "an entry failed" in caplog.text
    assert "13800138000" not in caplog.text


def test_garbage_and_a_slammed_door_leave_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    with serving(greet=greet) as server:
        for garbage in (b"\x00" * 9000, b"GET / HTTP/1.0\r\n\r\n", b""):
            with FakeAsterisk.dial(server.port) as asterisk:
                asterisk.send(garbage)
        with FakeAsterisk.dial(server.port) as asterisk:
            asterisk.begin("greet", "you")
            assert asterisk.answer("200 result=1")
    assert not caplog.records
