"""The manager client against a fake manager that misbehaves in every way Asterisk or a network can."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agi import ami
from agi.ami import Event, Manager
from tests.polling import until

WELCOME = b"Asterisk Call Manager/10.0.0\r\n"
ACCEPTED = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
REFUSED = b"Response: Error\r\nMessage: Authentication failed\r\n\r\n"


class FakeManager:
    """One connection of the client, seen from Asterisk's side."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.connection.settimeout(10)
        self.received = b""

    def action(self) -> dict[str, str]:
        """The next action that is no ping."""
        while True:
            while b"\r\n\r\n" not in self.received:
                data = self.connection.recv(4096)
                assert data, "the client closed"
                self.received += data
            message, self.received = self.received.split(b"\r\n\r\n", 1)
            found = dict(line.split(": ", 1) for line in message.decode().split("\r\n"))
            if found["Action"] != "Ping":
                return found

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def log_in(self) -> dict[str, str]:
        self.send(WELCOME)
        asked = self.action()
        self.send(ACCEPTED)
        return asked


class Listener:
    """A manager port and the events that the client reported."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(10)
        self.events: list[Event] = []
        self.connections: list[socket.socket] = []

    def accept(self) -> FakeManager:
        connection, _ = self.server.accept()
        self.connections.append(connection)
        return FakeManager(connection)

    def names(self) -> list[str]:
        return [event["Event"] for event in self.events]


@contextmanager
def client(listener: Listener) -> Iterator[Manager]:
    secrets = iter(["first secret", *["later secret"] * 100])
    port = listener.server.getsockname()[1]
    manager = Manager("127.0.0.1", port, "shouwen", lambda: next(secrets), listener.events.append)
    manager.start()
    try:
        yield manager
    finally:
        manager.stop()


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    for connection in (found.server, *found.connections):
        connection.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "RETRY_S", (0.02,))
    monkeypatch.setattr(ami, "PING_S", 0.05)
    monkeypatch.setattr(ami, "SILENCE_S", 0.5)


def test_logs_in_and_reports_events_in_order(listener: Listener) -> None:
    with client(listener) as manager:
        asterisk = listener.accept()
        assert not manager.connected
        asked = asterisk.log_in()
        assert asked == {
            "Action": "Login",
            "Username": "shouwen",
            "Secret": "first secret",
            "Events": "on",
        }
        asterisk.send(b"Event: One\r\nChannel: PJSIP/101-0000002a\r\n\r\nEvent: Two\r\n\r\n")
        until(lambda: len(listener.events) == 2)
        assert listener.events[0] == {"Event": "One", "Channel": "PJSIP/101-0000002a"}
        assert listener.names() == ["One", "Two"]
        assert manager.connected


def test_packets_split_anywhere(listener: Listener) -> None:
    message = "Event: Name\r\nCallerIDName: 王:小明 \r\nEmpty: \r\n\r\n".encode()
    with client(listener):
        asterisk = listener.accept()
        asterisk.log_in()
        for place in range(0, len(message), 3):
            asterisk.send(message[place : place + 3])
        until(lambda: listener.events)
        assert listener.events[0] == {"Event": "Name", "CallerIDName": "王:小明", "Empty": ""}


def test_junk_is_passed_over(listener: Listener) -> None:
    with client(listener):
        asterisk = listener.accept()
        asterisk.log_in()
        asterisk.send(b"\r\n\r\n\x00\xff no colon\r\n\r\nResponse: Success\r\nPing: Pong\r\n\r\n")
        asterisk.send(b"Event: Bad\r\nName: \xff\xfe\r\nName: second\r\n\r\nEvent: Good\r\n\r\n")
        until(lambda: len(listener.events) == 2)
        assert listener.events[0]["Name"] == "\ufffd\ufffd"


@pytest.mark.parametrize(
    "sent", [b"x" * 20000, b"Event: Long\r\n" + b"".join(b"V%d: x\r\n" % n for n in range(9999))]
)
def test_a_message_without_end_is_cut_off_and_tried_anew(listener: Listener, sent: bytes) -> None:
    with client(listener):
        asterisk = listener.accept()
        asterisk.log_in()
        asterisk.send(sent)
        again = listener.accept()
        assert again.log_in()["Secret"] == "later secret"
        again.send(b"Event: Good\r\n\r\n")
        until(lambda: listener.names() == ["Good"])


def test_connects_again_when_asterisk_closes(listener: Listener) -> None:
    with client(listener) as manager:
        for _ in range(3):
            asterisk = listener.accept()
            asterisk.log_in()
            until(lambda: manager.connected)
            asterisk.connection.close()
            until(lambda: not manager.connected)
        last = listener.accept()
        last.log_in()
        last.send(b"Event: Good\r\n\r\n")
        until(lambda: listener.names() == ["Good"])


def test_a_silent_asterisk_counts_as_away_and_is_tried_again(listener: Listener) -> None:
    with client(listener) as manager:
        listener.accept().log_in()
        until(lambda: manager.connected)
        until(lambda: not manager.connected)
        listener.accept().log_in()
        until(lambda: manager.connected)


def test_a_refused_account_is_tried_again_with_the_secret_of_then(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    with client(listener) as manager:
        for _ in range(4):
            asterisk = listener.accept()
            asterisk.send(WELCOME)
            asterisk.action()
            asterisk.send(REFUSED)
        assert not manager.connected
        assert listener.accept().log_in()["Secret"] == "later secret"
        until(lambda: manager.connected)
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1
    assert "secret" not in caplog.text


def test_a_handler_that_fails_loses_its_event_alone(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    def take(event: Event) -> None:
        seen.append(event["Event"])
        if event["Event"] == "Bad":
            raise ValueError("a bug of ours")

    manager = Manager("127.0.0.1", listener.server.getsockname()[1], "shouwen", lambda: "x", take)
    manager.start()
    asterisk = listener.accept()
    asterisk.log_in()
    asterisk.send(b"Event: Bad\r\nCallerIDNum: 13800138000\r\n\r\nEvent: Good\r\n\r\n")
    until(lambda: seen == ["Bad", "Good"])
    manager.stop()
    assert "could not be used" in caplog.text
    assert "13800138000" not in caplog.text


@pytest.mark.parametrize(
    "channel", ["PJSIP/1\r\nAction: Originate", "PJSIP/1\r\n\r\nAction: Command\r\nCommand: x", "a\nb"]
)
def test_no_line_break_gets_into_an_action(listener: Listener, channel: str) -> None:
    with client(listener) as manager:
        asterisk = listener.accept()
        asterisk.log_in()
        until(lambda: manager.connected)
        manager.hang_up(channel)
        manager.hang_up("the next")
        first = asterisk.action()
        assert first["Action"] == "Hangup"
        assert set(first) == {"Action", "Channel", "Cause"}
        assert asterisk.action()["Channel"] == "the next"


def test_without_asterisk_an_action_does_nothing(listener: Listener) -> None:
    with client(listener) as manager:
        manager.hang_up("PJSIP/101-0000002a")
        assert not manager.connected
