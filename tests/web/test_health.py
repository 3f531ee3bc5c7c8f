"""Health: what each part's failure means, and that the truth is told in time even when a check hangs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from tests.polling import until
from tests.support.web_fixtures import Parts
from web.checks import ask_agi, asterisk_greets
from web.health import AgiReport, Checks, Health, Status


def test_all_is_well(client: TestClient) -> None:
    expected = {
        "status": "ok",
        "version": "0.1.0",
        "parts": {"asterisk": "ok", "agi": "ok", "database": "ok", "worker": "ok", "journal": {"backlog": 0}},
    }
    assert until(lambda: client.get("/api/v1/health").json() == expected)
    assert client.get("/api/v1/health").status_code == 200


@pytest.mark.parametrize(
    ("part", "status", "code"),
    [
        ("asterisk", "down", 503),
        ("agi", "degraded", 200),
        ("database", "degraded", 200),
        ("worker", "degraded", 200),
    ],
)
def test_a_part_that_fails_shows_within_three_seconds_and_so_does_its_return(
    client: TestClient, parts: Parts, part: str, status: str, code: int
) -> None:
    def shows(value: str, whole: str) -> bool:
        body = client.get("/api/v1/health").json()
        return bool(body["parts"][part] == value and body["status"] == whole)

    until(lambda: shows("ok", "ok"))
    setattr(parts, part, False)
    until(lambda: shows("down", status), within_s=3)
    assert client.get("/api/v1/health").status_code == code
    setattr(parts, part, True)
    until(lambda: shows("ok", "ok"), within_s=3)


def test_the_backlog_is_told(client: TestClient, parts: Parts) -> None:
    parts.backlog = 17
    until(lambda: client.get("/api/v1/health").json()["parts"]["journal"] == {"backlog": 17}, within_s=3)


def test_a_check_that_raises_or_hangs_holds_up_no_other() -> None:
    release = threading.Event()

    def hangs() -> bool:
        release.wait(30)
        return True

    def raises() -> bool:
        raise OSError("gone")

    checks = Checks(agi=lambda: AgiReport(asterisk=True, agi=True, backlog=0), database=hangs, worker=raises)
    health = Health(checks)
    health.start()
    try:
        until(lambda: health.report().asterisk == "ok", within_s=3)
        report = health.report()
        assert (report.agi, report.database, report.worker) == ("ok", "down", "down")
        assert report.status is Status.DEGRADED
    finally:
        release.set()
        health.stop()


def test_an_answer_that_is_not_renewed_grows_stale() -> None:
    hold, release = threading.Event(), threading.Event()

    def answers_until_held() -> bool:
        if hold.is_set():
            release.wait(30)
        return True

    checks = Checks(
        agi=lambda: AgiReport(asterisk=True, agi=True, backlog=0),
        database=answers_until_held,
        worker=lambda: True,
    )
    health = Health(checks)
    health.start()
    try:
        until(lambda: health.database_is_up)
        hold.set()
        began = time.monotonic()
        until(lambda: not health.database_is_up, within_s=3)
        assert time.monotonic() - began < 3
    finally:
        release.set()
        health.stop()


@contextmanager
def listener(banner: bytes) -> Iterator[int]:
    """A port that says `banner` to each that comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def serve() -> None:
            server.settimeout(0.05)
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    if banner:
                        connection.sendall(banner)
                    stop.wait(2)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stop.set()
            thread.join()


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_without_agi_asterisk_is_asked_itself() -> None:
    with listener(b"Asterisk Call Manager/11.0.0\r\n") as port:
        report = ask_agi("127.0.0.1", unused_port(), port)
    assert report == AgiReport(asterisk=True, agi=False, backlog=0)


def test_an_asterisk_that_says_nothing_is_down() -> None:
    assert not asterisk_greets("127.0.0.1", unused_port())
    with listener(b"") as port:
        began = time.monotonic()
        assert not asterisk_greets("127.0.0.1", port)
        assert time.monotonic() - began < 2
