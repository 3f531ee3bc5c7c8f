"""The live board: who may listen, how fast a change shows, what each reader sees of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from callcenter.domain.calls import CallEvent, Kind
from callcenter.domain.fold import fold_call
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.support.desk import NOW, USERS, Desk
from tests.support.web_fixtures import HandClock, Parts, csrf_of
from tests.support.web_server import serving
from web.app import create_app

LIVE_S = 0.25


@pytest.fixture
def address(settings: Settings, desk: Desk, parts: Parts, clock: HandClock) -> Iterator[str]:
    with serving(create_app(settings, checks=parts.checks(), clock=clock)) as address:
        yield address


def session(address: str, desk: Desk, extension: str) -> str:
    """The session cookie of somebody who logged in."""
    with httpx.Client(base_url=address) as client:
        page = client.get("/login?lang=en")
        fields = {
            "username": USERS[extension],
            "password": desk.passwords[extension],
            "csrf_token": csrf_of(page.text),
        }
        client.post("/login", data=fields)
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def listen(address: str, cookie: str, origin: str | None = None) -> ClientConnection:
    headers = {"cookie": cookie} if cookie else {}
    host = address.removeprefix("http://")
    return connect(
        f"ws://{host}/ws/board",
        additional_headers=headers,
        origin=Origin(origin or address),
    )


def arrive(open_work: UowFactory, linkedid: str, position: int) -> None:
    """A call comes in, as the drainer would write it."""
    event = CallEvent(
        linkedid=linkedid,
        at=NOW + timedelta(seconds=1),
        kind=Kind.ARRIVED,
        data={"line": "8000", "caller": "18900189000", "caller_name": f"Caller {linkedid}"},
    )
    call = fold_call([event])
    assert call is not None
    with open_work() as work:
        work.calls.append(1, [(position, event)])
        work.calls.save([call])
        work.notify("shouwen_calls", linkedid)
        work.commit()


def test_a_change_shows_within_a_quarter_of_a_second(
    address: str, desk: Desk, uow_factory: UowFactory
) -> None:
    cookie = session(address, desk, "101")
    took = []
    with listen(address, cookie) as socket:
        assert "孙女士" in str(socket.recv(timeout=5))
        for number in range(9):
            linkedid = f"1763700000.{number}"
            arrive(uow_factory, linkedid, 1000 + number)
            began = time.monotonic()
            while f"Caller {linkedid}" not in str(socket.recv(timeout=5)):
                pass
            took.append(time.monotonic() - began)
    assert sorted(took)[len(took) // 2] < LIVE_S, json.dumps(took)


def test_each_reader_sees_the_board_as_they_may(address: str, desk: Desk) -> None:
    with listen(address, session(address, desk, "103")) as socket:
        board = str(socket.recv(timeout=5))
        assert "131****1008" in board
        assert "13100131008" not in board
        assert "You are speaking with" not in board
    with listen(address, session(address, desk, "104")) as socket:
        assert "13100131008" in str(socket.recv(timeout=5))
    with listen(address, session(address, desk, "101")) as socket:
        board = str(socket.recv(timeout=5))
        assert "You are speaking with" in board
        assert f'href="/tickets/{desk.tickets["talking"]}"' in board


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:1"])
def test_other_sites_may_not_listen(address: str, desk: Desk, origin: str) -> None:
    cookie = session(address, desk, "101")
    with pytest.raises(InvalidStatus):
        listen(address, cookie, origin)


@pytest.mark.parametrize("cookie", ["", "shouwen_session=guess"])
def test_nobody_listens_without_a_session(address: str, desk: Desk, cookie: str) -> None:
    with pytest.raises(InvalidStatus):
        listen(address, cookie)


def test_the_board_alone_is_there_for_polling(address: str, desk: Desk) -> None:
    cookie = session(address, desk, "101")
    answer = httpx.get(f"{address}/board", headers={"cookie": cookie, "hx-request": "true"})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="board">')
    refused = httpx.get(f"{address}/board", headers={"hx-request": "true"})
    assert refused.status_code == 401
