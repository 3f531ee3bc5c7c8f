"""The question to the FastAGI server, and every way of not answering it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from callcenter.runtime.agi_health import parse, probe


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (r'SET VARIABLE SHOUWEN_HEALTH "{\"ok\": true}"', {"ok": True}),
        (r'SET VARIABLE "SHOUWEN_HEALTH" "{\"a\": \"b\\\\c\"}"', {"a": "b\\c"}),
        ('SET VARIABLE SHOUWEN_HEALTH "{}"\r', {}),
        ('SET VARIABLE SHOUWEN_HEALTH "[1]"', None),
        ('SET VARIABLE SHOUWEN_HEALTH "not json"', None),
        ('SET VARIABLE OTHER "{}"', None),
        ("HANGUP", None),
        ("", None),
    ],
)
def test_what_a_line_says(line: str, said: dict[str, object] | None) -> None:
    assert parse(line) == said


@contextmanager
def server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            connection, _address = listening.accept()
            with connection:
                serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\n\n" not in received:
        received += connection.recv(1000)
    return received


def test_a_healthy_server_is_asked_politely() -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        seen.append(read_request(connection))
        connection.sendall(b'SET VARIABLE SHOUWEN_HEALTH "{\\"backlog\\": 3}"\n')
        seen.append(connection.recv(100))

    with server(serve) as port:
        assert probe("127.0.0.1", port, 5) == {"backlog": 3}
    assert seen[0].startswith(b"agi_network: yes\n")
    assert b"agi_request: agi://127.0.0.1/health\n" in seen[0]
    assert seen[1] == b"200 result=1\n"


def test_a_server_that_hangs_up_says_nothing() -> None:
    with server(lambda connection: None) as port:
        assert probe("127.0.0.1", port, 5) is None


def test_a_closed_port_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert probe("127.0.0.1", port, 5) is None


def test_a_server_that_dribbles_does_not_stretch_the_time() -> None:
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        while not over.wait(0.05):
            connection.sendall(b"S")

    with server(serve) as port:
        began = time.monotonic()
        assert probe("127.0.0.1", port, 0.3) is None
        took_s = time.monotonic() - began
        over.set()
    assert 0.3 <= took_s < 2
