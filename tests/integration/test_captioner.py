"""The captioner as a process: hears a leg, tells the database, stands still for calls, comes back when killed."""

from __future__ import annotations

import socket
import subprocess
import time
import uuid
import wave
from array import array
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import make_url

from callcenter.domain.captions import Caption, from_json
from callcenter.runtime import calls_first, captions
from callcenter.runtime.captions import Leg, Place
from callcenter.runtime.parts import command, environment
from callcenter.settings import Settings
from tests.polling import until

VOICES = Path(__file__).parents[2] / "callcenter" / "softphone" / "voices"
LEG = Leg(linkedid="1763600010.1", extension="", language="zh")
READY_S = 60


@pytest.fixture
def on(settings: Settings) -> Settings:
    return settings.model_copy(update={"captions": "on"})


@pytest.fixture
def running(on: Settings) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([str(command()), "captions"], env=environment(on)) as process:
        try:
            until(lambda: process.poll() is not None or captions.ask(on, LEG) is not None, READY_S)
            assert process.poll() is None
            yield process
        finally:
            process.terminate()


def connected(settings: Settings, place: Place | None) -> socket.socket:
    assert place is not None
    connection = socket.create_connection(("127.0.0.1", place.port))
    connection.sendall(b"\x01\x00\x10" + uuid.UUID(place.id).bytes)
    return connection


def say(connection: socket.socket, name: str) -> None:
    """As Asterisk does: 20 ms each 20 ms."""
    with wave.open(str(VOICES / name)) as file:
        samples = array("h", file.readframes(file.getnframes()))
    samples.extend(array("h", bytes(2 * 8000)))
    began = time.monotonic()
    for number, start in enumerate(range(0, len(samples), 160)):
        frame = samples[start : start + 160].tobytes()
        connection.sendall(b"\x10" + len(frame).to_bytes(2, "big") + frame)
        time.sleep(max(0.0, began + number * 0.02 - time.monotonic()))


def test_it_tells_what_is_said_and_comes_back_after_a_kill(
    on: Settings, running: subprocess.Popen[bytes]
) -> None:
    url = make_url(on.database_url or "").set(drivername="postgresql").render_as_string(hide_password=False)
    told: list[Caption] = []

    def heard(listener: psycopg.Connection) -> str:
        for news in listener.notifies(timeout=0.2):
            caption = from_json(news.payload)
            assert caption is not None
            told.append(caption)
        return "".join(each.text for each in told)

    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("LISTEN shouwen_captions")
        with connected(on, captions.ask(on, LEG)) as leg:
            say(leg, "zh-message-01.wav")
            until(lambda: "热水" in heard(listener), 30)
        assert all(each.linkedid == LEG.linkedid for each in told)
    [child] = psutil.Process(running.pid).children()
    child.kill()
    until(lambda: child.pid not in [each.pid for each in psutil.Process(running.pid).children()], 10)
    until(lambda: captions.ask(on, LEG) is not None, READY_S)


def test_it_stands_still_while_a_call_is_set_up(on: Settings, running: subprocess.Popen[bytes]) -> None:
    [child] = psutil.Process(running.pid).children()
    with closing(calls_first.Announcer(on)) as announce:
        deadline = time.monotonic() + 10
        while child.status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < deadline
            announce()
    until(lambda: child.status() != psutil.STATUS_STOPPED, 5)


def test_it_ends_with_its_parent(on: Settings, running: subprocess.Popen[bytes]) -> None:
    [child] = psutil.Process(running.pid).children()
    running.terminate()
    running.wait(5)
    child.wait(5)
