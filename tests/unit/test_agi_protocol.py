"""FastAGI over a real socket pair: Asterisk's side is written out line by line."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from agi import protocol
from agi.errors import AgiError, BadCommand, BadRequest, HungUp
from agi.protocol import MAX_ENV_LINES, MAX_LINE, Session
from tests.support.fake_asterisk import FakeAsterisk, request

OK = "200 result=0"


@pytest.fixture
def ends() -> Iterator[tuple[FakeAsterisk, socket.socket]]:
    theirs, ours = socket.socketpair()
    with FakeAsterisk(theirs) as asterisk, ours:
        yield asterisk, ours


@pytest.fixture
def asterisk(ends: tuple[FakeAsterisk, socket.socket]) -> FakeAsterisk:
    return ends[0]


@pytest.fixture
def session(ends: tuple[FakeAsterisk, socket.socket]) -> Session:
    asterisk, ours = ends
    asterisk.begin("arrive", "1763800000.7", "8000", "open")
    return Session(ours)


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """The other side's part, on a thread; its failure is the test's."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(10)
    assert not failed, failed


def test_the_environment(session: Session) -> None:
    assert session.entry == "arrive"
    assert session.env["callerid"] == "13800138000"
    assert session.env["calleridname"] == "王小明"
    assert (session.arg(0), session.arg(1), session.arg(2), session.arg(3)) == (
        "1763800000.7",
        "8000",
        "open",
        "",
    )


def test_invalid_bytes_of_a_name_become_replacement_characters(
    ends: tuple[FakeAsterisk, socket.socket],
) -> None:
    asterisk, ours = ends
    asterisk.send(request("arrive").replace("王小明".encode(), b"\xff\xfeWang"))
    assert Session(ours).env["calleridname"] == "\ufffd\ufffdWang"


@pytest.mark.parametrize(
    ("value", "on_the_wire"),
    [
        ("plain", '"plain"'),
        ('say "hi"', r'"say \"hi\""'),
        ("back\\slash", r'"back\\slash"'),
        ('\\"', r'"\\\""'),
        ("one\nSET VARIABLE X y", '"one SET VARIABLE X y"'),
        ("\r\n\x00\x1b\x7f", '"     "'),
        ("王小明 😀", '"王小明 😀"'),
        ("", '""'),
    ],
)
def test_a_hostile_value_stays_one_quoted_word(
    asterisk: FakeAsterisk, session: Session, value: str, on_the_wire: str
) -> None:
    commands: list[str] = []
    with meanwhile(lambda: commands.extend(asterisk.play("200 result=1"))):
        session.set_variable("NAME", value)
    assert commands == [f"SET VARIABLE NAME {on_the_wire}"]


def test_a_command_with_a_line_break_is_never_sent(asterisk: FakeAsterisk, session: Session) -> None:
    with pytest.raises(BadCommand):
        session.execute("NOOP", "a\nHANGUP")
    commands: list[str] = []
    with meanwhile(lambda: commands.extend(asterisk.play(OK))):
        session.execute("NOOP", "b")
    assert commands == ["NOOP b"]


@pytest.mark.parametrize(
    ("response", "key"), [("200 result=0", ""), ("200 result=49", "1"), ("200 result=35 endpos=8000", "#")]
)
def test_keys(asterisk: FakeAsterisk, session: Session, response: str, key: str) -> None:
    commands: list[str] = []
    with meanwhile(lambda: commands.extend(asterisk.play(response, response, response))):
        assert session.stream_file("sounds/a b", "1#") == key
        assert session.wait_for_digit(500) == key
        assert session.record("rec/x", escape_digits="#", limit_ms=1000, silence_s=5) == key
    assert commands == [
        'STREAM FILE "sounds/a b" "1#" 0',
        "WAIT FOR DIGIT 500",
        'RECORD FILE "rec/x" wav "#" 1000 s=5',
    ]


@pytest.mark.parametrize(
    "response",
    [
        ["HANGUP", "200 result=0"],
        ["HANGUP", "HANGUP", "200 result=49"],
        ["200 result=-1"],
        ["200 result=0 (hangup) endpos=16000"],
        ["511 Command Not Permitted on a dead channel or intercept routine"],
        ["HANGUP", "511 Command Not Permitted on a dead channel or intercept routine"],
    ],
)
def test_every_way_to_hear_of_a_hang_up(
    asterisk: FakeAsterisk, session: Session, response: list[str]
) -> None:
    with meanwhile(lambda: asterisk.play(response)), pytest.raises(HungUp):
        session.stream_file("beep")


def test_after_a_hang_up_nothing_more_is_asked(asterisk: FakeAsterisk, session: Session) -> None:
    with meanwhile(lambda: asterisk.play(["HANGUP", OK])), pytest.raises(HungUp):
        session.stream_file("beep")
    with pytest.raises(HungUp):
        session.set_variable("X", "y")
    asterisk.connection.setblocking(False)
    with pytest.raises(BlockingIOError):
        asterisk.connection.recv(1)


@pytest.mark.parametrize("sent", [b"", b"HANGUP\n", b"200 resu", b"520-Invalid command syntax.\n"])
def test_the_connection_ends_in_a_command(asterisk: FakeAsterisk, session: Session, sent: bytes) -> None:
    def end() -> None:
        asterisk.command()
        asterisk.send(sent)
        asterisk.connection.close()

    with meanwhile(end), pytest.raises(HungUp):
        session.stream_file("beep")


def test_a_command_to_a_closed_connection_is_a_hang_up(asterisk: FakeAsterisk, session: Session) -> None:
    asterisk.connection.close()
    with pytest.raises(HungUp):
        session.execute("NOOP")


@pytest.mark.parametrize(
    "response",
    [
        ["510 Invalid or unknown command"],
        ["520 Invalid command syntax. Proper usage not available."],
        [
            "520-Invalid command syntax.  Proper usage follows:",
            "Usage: STREAM FILE <filename>",
            "",
            "520 End of proper usage.",
        ],
    ],
)
def test_a_refused_command_is_said_and_the_next_one_works(
    asterisk: FakeAsterisk, session: Session, response: list[str]
) -> None:
    with meanwhile(lambda: asterisk.play(response, "200 result=50")):
        with pytest.raises(BadCommand, match=response[0][:3]):
            session.stream_file("beep")
        assert session.wait_for_digit(10) == "2"


@pytest.mark.parametrize("response", ["hello", "200 OK", "200 result=x", "200 result=99999999999999"])
def test_a_response_that_is_none(asterisk: FakeAsterisk, session: Session, response: str) -> None:
    with meanwhile(lambda: asterisk.play(response)), pytest.raises(AgiError):
        session.wait_for_digit(10)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\n",
        b"agi_channel: x\n\n",
        b"agi_request: " + b"x" * MAX_LINE + b"\n\n",
        b"x" * (MAX_LINE + 100),
        b"agi_request: x\n" + b"agi_more: y\n" * MAX_ENV_LINES + b"\n",
        b"\x00\xff\x16\x03\x01\n\n",
    ],
)
def test_what_is_no_request_is_refused(ends: tuple[FakeAsterisk, socket.socket], sent: bytes) -> None:
    asterisk, ours = ends
    asterisk.send(sent)
    with pytest.raises(BadRequest):
        Session(ours)


@pytest.mark.parametrize("sent", [b"", b"agi_request: x\nagi_cha"])
def test_an_environment_that_breaks_off_is_a_hang_up(
    ends: tuple[FakeAsterisk, socket.socket], sent: bytes
) -> None:
    asterisk, ours = ends
    asterisk.send(sent)
    asterisk.connection.close()
    with pytest.raises(HungUp):
        Session(ours)


def test_an_environment_that_drips_is_given_up(
    ends: tuple[FakeAsterisk, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "ENV_TIMEOUT_S", 0.3)
    asterisk, ours = ends
    given_up = threading.Event()

    def drip() -> None:
        while not given_up.wait(0.02):
            asterisk.send(b"a")

    began = time.monotonic()
    with meanwhile(drip):
        with pytest.raises(AgiError, match="in time"):
            Session(ours)
        given_up.set()
    assert time.monotonic() - began < 3


def test_an_answer_that_never_comes_is_given_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "COMMAND_TIMEOUT_S", 0.1)
    with pytest.raises(AgiError, match="in time"):
        session.execute("NOOP")


def test_nobody_is_told_the_callers_number(
    ends: tuple[FakeAsterisk, socket.socket],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    asterisk, ours = ends
    asterisk.begin("arrive", "13800138000", name="13800138000")
    session = Session(ours)
    with meanwhile(lambda: asterisk.play("200 result=1", "510 Invalid")):
        session.set_variable("PHONE", "13800138000")
        with pytest.raises(BadCommand) as refused:
            session.set_variable("PHONE", "13800138000")
    written = capfd.readouterr()
    assert "13800138000" not in written.out + written.err + caplog.text + str(refused.value)
