"""Live captions in the console: who sees them, how soon, and that nothing of them stays."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from callcenter.domain.captions import from_json
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.support.captions import caption, say
from tests.support.desk import HOSTILE, Desk
from tests.support.web_fixtures import Browser, HandClock, Parts
from tests.support.web_server import serving
from tests.web.test_board import session
from web.app import create_app

SHOWN_S = 0.3


@pytest.fixture
def talking(settings: Settings) -> Settings:
    return settings.model_copy(update={"captions": "on"})


@pytest.fixture
def address(talking: Settings, desk: Desk, parts: Parts, clock: HandClock) -> Iterator[str]:
    with serving(create_app(talking, checks=parts.checks(), clock=clock)) as address:
        yield address


def watch(address: str, cookie: str, call: str = "") -> ClientConnection:
    url = f"ws://{address.removeprefix('http://')}/ws/captions?call={call}"
    return connect(url, additional_headers={"cookie": cookie} if cookie else {}, origin=Origin(address))


def until_shown(socket: ClientConnection, text: str, within_s: float = 5) -> str:
    deadline = time.monotonic() + within_s
    while True:
        html = str(socket.recv(timeout=max(0.01, deadline - time.monotonic())))
        if text in html:
            return html


def test_whoever_is_in_the_call_reads_what_is_said_at_once(
    address: str, talking: Settings, desk: Desk
) -> None:
    cookie, call = session(address, desk, "101"), desk.calls["talking"]
    with watch(address, cookie) as on_desk, watch(address, cookie, call) as on_call:
        until_shown(on_desk, "As soon as somebody speaks")
        say(talking, caption(call, "您好，我想", draft="咨询"))
        until_shown(on_desk, "咨询")
        until_shown(on_call, "咨询")
        began = time.monotonic()
        say(talking, caption(call, "您好，我想咨询", draft="一下"), caption(call, "请讲", extension="101"))
        html = until_shown(on_desk, "请讲")
        assert time.monotonic() - began < SHOWN_S
        assert "Caller" in html
        assert html.count("我想") == 1, "an utterance is one line, read anew"


@pytest.mark.rule("T31")
def test_nobody_else_reads_it_but_managers_on_the_calls_page(
    address: str, talking: Settings, desk: Desk, uow_factory: UowFactory
) -> None:
    call = desk.calls["talking"]
    colleague, manager = session(address, desk, "103"), session(address, desk, "104")
    with (
        watch(address, colleague) as on_desk,
        watch(address, colleague, call) as on_call,
        watch(address, manager, call) as of_manager,
        watch(address, manager) as managers_desk,
    ):
        say(talking, caption(call, "我的身份证号码是"))
        until_shown(of_manager, "身份证")
        for socket in (on_desk, on_call, managers_desk):
            assert "身份证" not in str(socket.recv(timeout=2))
            with pytest.raises(TimeoutError):
                socket.recv(timeout=0.2)
    with uow_factory() as work:
        looks = work.session.connection().exec_driver_sql(
            "SELECT actor, what FROM personal_data_access WHERE subject = %s", (call,)
        )
        assert ("104", "message") in {tuple(row) for row in looks}


def test_whatever_is_said_is_text(address: str, talking: Settings, desk: Desk) -> None:
    call = desk.calls["talking"]
    with watch(address, session(address, desk, "101"), call) as socket:
        say(talking, caption(call, HOSTILE))
        assert "<script>" not in until_shown(socket, "alert(1)")


def test_strangers_and_other_sites_are_refused(address: str, desk: Desk) -> None:
    with pytest.raises(InvalidStatus):
        watch(address, "")
    url = f"ws://{address.removeprefix('http://')}/ws/captions"
    with pytest.raises(InvalidStatus):
        connect(
            url,
            additional_headers={"cookie": session(address, desk, "101")},
            origin=Origin("http://elsewhere.example"),
        )


def test_without_the_option_there_is_nothing(
    settings: Settings, desk: Desk, parts: Parts, clock: HandClock
) -> None:
    with serving(create_app(settings, checks=parts.checks(), clock=clock)) as address:
        cookie = session(address, desk, "101")
        with pytest.raises(InvalidStatus):
            watch(address, cookie, desk.calls["talking"])


def test_the_pages_have_a_place_for_them_only_with_the_option(browser: Browser, desk: Desk) -> None:
    browser.log_in()
    assert "captions-live" not in browser.text("/")
    assert "captions-live" not in browser.text(f"/calls/{desk.calls['talking']}")


def test_the_pages_place(address: str, desk: Desk) -> None:
    import httpx

    headers = {"cookie": session(address, desk, "101"), "accept": "text/html"}
    with httpx.Client(base_url=address, headers=headers) as client:
        assert 'ws-connect="/ws/captions?call="' in client.get("/").text
        call = desk.calls["talking"]
        assert f'ws-connect="/ws/captions?call={call}"' in client.get(f"/calls/{call}").text
        assert "captions-live" not in client.get(f"/calls/{desk.calls['handoff']}").text, "it is over"


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "null",
        "[]",
        "{",
        '{"linkedid": 5}',
        json.dumps({"linkedid": "a", "extension": "", "x": 1}),
        "[" * 4000,
    ],
)
def test_a_notification_that_is_no_caption_is_passed_over(payload: str) -> None:
    assert from_json(payload) is None


def test_a_caption_fits_a_notification() -> None:
    long = caption("1763600010.1", "热" * 5000, draft='\\"水' * 5000)
    assert len(long.to_json().encode()) < 8000
    assert from_json(caption("1", "热").to_json()) == caption("1", "热")
