"""A head of a request that does not end is cut off, so that others are answered; ordinary ones are not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from tests.polling import until
from web.http_head import LONGEST_HEAD, BoundedHttp

Address = tuple[str, int]
TRAILERS = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX: "


async def counts(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that says how long the body was."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"body={len(body)};")(scope, receive, send)


@pytest.fixture
def address() -> Iterator[Address]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(counts, http=BoundedHttp, loop="uvloop", lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            until(lambda: server.started)
            yield listening.getsockname()
        finally:
            server.should_exit = True
            thread.join(10)


def answer(connection: socket.socket, until_has: bytes) -> bytes:
    """What comes until these words are there or the other side closes."""
    said = b""
    while until_has not in said and (piece := connection.recv(65536)):
        said += piece
    return said


@pytest.mark.parametrize(
    "begin", [b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\n", TRAILERS]
)
def test_a_head_without_an_end_is_cut_off(address: Address, begin: bytes) -> None:
    sent, piece = 0, (b"a: b\r\n" if begin.endswith(b"\n") else b"a") * 10_000
    with socket.create_connection(address, 5) as connection:
        connection.sendall(begin)
        try:
            while sent < 20_000_000:
                connection.sendall(piece)
                sent += len(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert sent < 20_000_000


def test_ordinary_heads_and_long_bodies_pass_one_after_the_other(address: Address) -> None:
    long_body = b"x" * (10 * LONGEST_HEAD)
    with socket.create_connection(address, 5) as connection:
        for body in (b"", long_body, b"short", long_body):
            head = b"POST / HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nContent-Length: %d\r\n\r\n"
            connection.sendall(head % (b"c" * 8000, len(body)) + body)
            assert b"body=%d;" % len(body) in answer(connection, b";")


def test_many_requests_in_one_go_are_all_answered(address: Address) -> None:
    with socket.create_connection(address, 5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nC: " + b"c" * 30_000 + b"\r\n\r\n")
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        said = b""
        while said.count(b"body=0;") < 51:
            piece = connection.recv(65536)
            assert piece, said
            said += piece
