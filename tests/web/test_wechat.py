"""The service account's callback: who may speak, what a message becomes (H4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from callcenter.domain.tickets import Status
from callcenter.settings import Settings
from tests.support import wechat
from tests.support.desk import NOW
from tests.support.web_fixtures import HandClock
from tests.support.wechat import ZHAO, message
from tests.support.wechat_console import (
    ADDRESS,
    SEALED,
    Start,
    clock,
    inbox,
    kinds,
    said,
    send,
    start,
    tickets,
)
from web.wechat.errors import BadSignature
from web.wechat.protocol import Protocol

__all__ = ["clock", "start"]


# -- who may speak


def test_without_a_token_nothing_is_there(client: TestClient) -> None:
    assert client.get(ADDRESS, params=wechat.query(NOW)).status_code == 404
    assert client.post(ADDRESS, params=wechat.query(NOW), content=message()).status_code == 404


def test_the_platform_verifies_the_address(start: Start) -> None:
    client = start()
    answer = client.get(ADDRESS, params=wechat.query(NOW) | {"echostr": "<b>5837397520665436492"})
    assert (answer.status_code, answer.text) == (200, "<b>5837397520665436492")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": "0" * 40},
        {"signature": ""},
        {"signature": "é" * 40},
        {"nonce": "another"},
        {"nonce": "a]]>b"},
        {"timestamp": "1795400401"},
        {"timestamp": "１７９５４００４０１"},
        {"timestamp": "9" * 30},
        {"timestamp": "soon"},
    ],
)
def test_a_stranger_is_refused(start: Start, changed: dict[str, str], settings: Settings) -> None:
    client = start()
    status, text = send(client, message(), NOW, **changed)
    assert status == 403
    assert "signature" not in text.lower() or "0" * 40 not in text
    assert client.get(ADDRESS, params=wechat.query(NOW) | changed | {"echostr": "x"}).status_code == 403
    assert tickets(client) == []
    assert inbox(settings) == []


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (NOW - timedelta(minutes=5), 200),
        (NOW - timedelta(minutes=5, seconds=1), 403),
        (NOW + timedelta(minutes=5), 200),
        (NOW + timedelta(minutes=5, seconds=1), 403),
    ],
)
def test_an_old_request_is_not_played_again(start: Start, made: datetime, status: int) -> None:
    assert send(start(), message(), made)[0] == status


def test_the_platforms_own_vector_is_read() -> None:
    # From the platform's manual for developers: token, key, id and the sealed words are theirs.
    protocol = Protocol("123456", "wx49f0ab532d5d035a", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR")
    sealed = "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q=="
    asked = {
        "msg_signature": "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
        "timestamp": "1411443780",
        "nonce": "437374425",
    }
    assert protocol.opened(asked, sealed) == "5927782489442352469"
    with pytest.raises(BadSignature):
        protocol.opened(asked | {"nonce": "437374424"}, sealed)


# -- what a message becomes


@pytest.mark.rule("H4", "H16", "H31")
def test_a_text_becomes_a_ticket_that_is_nobodys_and_is_confirmed(start: Start, settings: Settings) -> None:
    client = start()
    status, xml = send(client, message(CreateTime=int(NOW.timestamp()) - 3))
    assert status == 200
    (ticket,) = tickets(client)
    assert said(xml) == (
        f"您的留言已登记，编号 {ticket.number}，时间 2026-11-23 10:20。首位接手的工作人员将负责到底。"
    )
    assert ElementTree.fromstring(xml).findtext("ToUserName") == ZHAO
    assert (ticket.owner, ticket.status, ticket.channel) == (None, Status.OPEN, "service_account")
    assert (ticket.details, ticket.fields) == ("宿舍热水什么时候来？", {"account": ZHAO})
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged"]
    with client.app.state.console.report_work() as work:  # type: ignore[attr-defined]  # the application is ours
        events = work.tickets.events(ticket.number)
        clocks = {run.clock: run.state for run in work.tickets.clocks([ticket.number])[ticket.number]}
    assert events[0].at == NOW - timedelta(seconds=3)
    assert events[2].data["text"] == said(xml)
    assert clocks["h16"] == "met"
    assert clocks["h17"] == "running"
    assert inbox(settings) == []


@pytest.mark.rule("H31")
def test_the_confirmation_is_in_the_centres_language(start: Start) -> None:
    client = start(language="en")
    _, xml = send(client, message())
    assert said(xml).startswith(f"Your message is registered under number {tickets(client)[0].number}")


@pytest.mark.rule("H4", "H16")
def test_a_sealed_message_is_opened_and_answered_sealed(start: Start, clock: HandClock) -> None:
    client = start(**SEALED)
    asked, body = wechat.sealed(message(), clock())
    answer = client.post(ADDRESS, params=asked, content=body)
    assert answer.status_code == 200
    root = ElementTree.fromstring(answer.text)
    number = tickets(client)[0].number
    parts = {name: root.findtext(name) or "" for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")}
    assert number not in answer.text
    signed = wechat.signature(wechat.TOKEN, parts["TimeStamp"], parts["Nonce"], parts["Encrypt"])
    assert parts["MsgSignature"] == signed
    plain = wechat.crypto().decrypt_message(
        answer.text, parts["MsgSignature"], parts["TimeStamp"], parts["Nonce"]
    )
    assert number in said(plain)


@pytest.mark.parametrize(
    ("fields", "details"),
    [
        ({"MsgType": "image", "MediaId": "m1", "PicUrl": "http://mmbiz.qpic.cn/a"}, "[图片]"),
        ({"MsgType": "voice", "MediaId": "m2", "Format": "amr", "Recognition": "你好"}, "[语音] 你好"),
        ({"MsgType": "video", "MediaId": "m3", "ThumbMediaId": "t"}, "[视频]"),
        ({"MsgType": "shortvideo", "MediaId": "m3"}, "[视频]"),
        (
            {"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3", "Label": "图书馆"},
            "[位置] 图书馆 23.1 113.3",
        ),
        (
            {"MsgType": "link", "Title": "通知", "Description": "见附件", "Url": "https://a.cn"},
            "[链接] 通知 见附件 https://a.cn",
        ),
        ({"MsgType": "miniprogrampage", "Title": "x"}, "[其他消息]"),
    ],
)
def test_every_kind_of_message_is_taken(start: Start, fields: dict[str, str], details: str) -> None:
    client = start()
    xml = message(ZHAO, 1, **{"Content": "", **fields})
    assert send(client, xml)[0] == 200
    assert tickets(client)[0].details == details


@pytest.mark.parametrize(
    "fields",
    [
        {"MsgType": "event", "Event": "subscribe"},
        {"MsgType": "event", "Event": "CLICK", "EventKey": "contact"},
        {"MsgType": "event", "Event": "LOCATION", "Latitude": "23.1"},
    ],
)
def test_what_is_no_message_is_taken_quietly(
    start: Start, fields: dict[str, str], settings: Settings
) -> None:
    client = start()
    assert send(client, message(msg_id=0, **fields)) == (200, "success")
    assert tickets(client) == []
    assert inbox(settings) == []


def test_a_second_message_goes_to_the_unfinished_ticket(start: Start) -> None:
    client = start()
    send(client, message(msg_id=1))
    _, xml = send(client, message(msg_id=2, Content="还有空调"))
    (ticket,) = tickets(client)
    assert ticket.number in said(xml)
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged", "message", "acknowledged"]


def test_a_repeated_delivery_gets_the_same_answer_and_changes_nothing(start: Start, clock: HandClock) -> None:
    client = start()
    first = said(send(client, message())[1])
    clock.advance(timedelta(seconds=61))
    again = said(send(client, message(), clock())[1])
    assert again == first
    (ticket,) = tickets(client)
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged"]


def test_messages_without_an_id_are_told_apart_by_time_and_words(start: Start) -> None:
    client = start()
    for words in ("一", "二", "一"):
        send(client, message(msg_id=0, Content=words))
    (ticket,) = tickets(client)
    assert kinds(client, ticket.number).count("message") == 2
