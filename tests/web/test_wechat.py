"""The service account's callback: signed, sealed, hostile, repeated, and answered in time without the database (H4)."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import pytest
from sqlalchemy import make_url
from starlette.testclient import TestClient

from callcenter.domain.service_account import NoticeKind
from callcenter.domain.tickets import Status, Ticket
from callcenter.services.ports import TicketFilter
from callcenter.settings import Settings
from tests.polling import until
from tests.support import wechat
from tests.support.desk import Desk
from tests.support.web_fixtures import HandClock, Parts
from tests.support.wechat import ZHAO, message
from web.app import WORK_S, create_app
from web.wechat import desk
from web.wechat.errors import BadMessage, BadSignature, WrongMode
from web.wechat.protocol import Protocol

ADDRESS = "/wechat/service-account"
Start = Callable[..., TestClient]
NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)


class Ticking(HandClock):
    """Moves on by a microsecond at each look: no two messages come at the very same instant."""

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return Ticking(NOW)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what is not about time: beside other tests even a sound database may take longer than a sender waits."""
    for name in ("KEEP_S", "REGISTER_S", "NUMBER_S", "ANSWER_S"):
        monkeypatch.setattr(desk, name, 30.0)


@pytest.fixture
def start(
    settings: Settings, clock: HandClock, parts: Parts, request: pytest.FixtureRequest
) -> Iterator[Start]:
    """Starts the console with settings of the service account."""
    running = []
    work_s = 30.0 if "unhurried" in request.fixturenames else WORK_S

    def begin(**given: str) -> TestClient:
        ours = settings.model_copy(update={"wechat_token": wechat.TOKEN, **given})
        app = create_app(ours, checks=parts.checks(), clock=clock, work_s=work_s)
        client = TestClient(app, follow_redirects=False)
        client.__enter__()
        running.append(client)
        until(lambda: app.state.console.health.database_is_up)
        return client

    yield begin
    for client in running:
        client.__exit__(None, None, None)


SEALED = {"wechat_app_id": wechat.APP_ID, "wechat_aes_key": wechat.AES_KEY}


def send(client: TestClient, xml: str, now: datetime = NOW, **changed: str) -> tuple[int, str]:
    """A plain callback; status and answer."""
    answer = client.post(ADDRESS, params=wechat.query(now) | changed, content=xml.encode())
    return answer.status_code, answer.text


def said(xml: str) -> str:
    """The words of a passive reply."""
    root = ElementTree.fromstring(xml)
    assert root.findtext("MsgType") == "text"
    assert root.findtext("FromUserName") == wechat.US
    return root.findtext("Content") or ""


def tickets(client: TestClient, account: str = ZHAO) -> list[Ticket]:
    """The sender's tickets."""
    with client.app.state.console.report_work() as work:  # type: ignore[attr-defined]  # the application is ours
        wanted = TicketFilter(channel="service_account", party=f"account:{account.casefold()}")
        return list(work.tickets.page(wanted, None, 50))


def kinds(client: TestClient, number: str) -> list[str]:
    """The kinds of the ticket's events in their order."""
    with client.app.state.console.report_work() as work:  # type: ignore[attr-defined]  # the application is ours
        return [event.kind for event in work.tickets.events(number)]


def inbox(settings: Settings) -> list[Path]:
    return sorted(settings.inbox.iterdir()) if settings.inbox.exists() else []


def drain(client: TestClient) -> int:
    account = client.app.state.service_account  # type: ignore[attr-defined]  # the application is ours
    count: int = account.drain.run_once()
    return count


# -- who may speak


def test_without_a_token_nothing_is_there(client: TestClient) -> None:
    assert client.get(ADDRESS, params=wechat.query(NOW)).status_code == 404
    assert client.post(ADDRESS, params=wechat.query(NOW), content=message()).status_code == 404


def test_the_platform_verifies_the_address(start: Start) -> None:
    client = start()
    answer = client.get(ADDRESS, params=wechat.query(NOW) | {"echostr": "<b>5837397520665436492"})
    assert (answer.status_code, answer.text) == (200, "<b>5837397520665436492")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.usefixtures("unhurried")
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


@pytest.mark.usefixtures("unhurried")
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


@pytest.mark.usefixtures("unhurried")
@pytest.mark.rule("H31")
def test_the_confirmation_is_in_the_centres_language(start: Start) -> None:
    client = start(language="en")
    _, xml = send(client, message())
    assert said(xml).startswith(f"Your message is registered under number {tickets(client)[0].number}")


@pytest.mark.usefixtures("unhurried")
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


@pytest.mark.usefixtures("unhurried")
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


@pytest.mark.usefixtures("unhurried")
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


@pytest.mark.usefixtures("unhurried")
def test_a_second_message_goes_to_the_unfinished_ticket(start: Start) -> None:
    client = start()
    send(client, message(msg_id=1))
    _, xml = send(client, message(msg_id=2, Content="还有空调"))
    (ticket,) = tickets(client)
    assert ticket.number in said(xml)
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged", "message", "acknowledged"]


@pytest.mark.usefixtures("unhurried")
def test_a_repeated_delivery_gets_the_same_answer_and_changes_nothing(start: Start, clock: HandClock) -> None:
    client = start()
    first = said(send(client, message())[1])
    clock.advance(timedelta(seconds=61))
    again = said(send(client, message(), clock())[1])
    assert again == first
    (ticket,) = tickets(client)
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged"]


@pytest.mark.usefixtures("unhurried")
def test_messages_without_an_id_are_told_apart_by_time_and_words(start: Start) -> None:
    client = start()
    for words in ("一", "二", "一"):
        send(client, message(msg_id=0, Content=words))
    (ticket,) = tickets(client)
    assert kinds(client, ticket.number).count("message") == 2


# -- hostile and broken

LOL = "<!DOCTYPE xml [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<xml>",
        b"<xml></xml>",
        b"<html/>",
        b"\xff\xfe<xml/>",
        (LOL + "]>" + message()).encode("utf-16"),
        message(account="").encode(),
        message(account="a b<c>").encode(),
        message(MsgType="").encode(),
        (LOL + "]>" + message(Content="").replace("<Content><![CDATA[]]>", "<Content>&i;")).encode(),
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + message().encode(),
        b"<!DOCTYPE xml [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>" + message().encode(),
        b"<!DOCTYPE xml [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]>" + message().encode(),
        b"<xml>" + b"<a>" * 9000 + b"</a>" * 9000 + b"</xml>",
        b"<xml>" + b"<Encrypt>AAAA</Encrypt>" + b"</xml>",
    ],
)
def test_broken_and_hostile_documents_are_refused_at_once(
    start: Start, body: bytes, settings: Settings
) -> None:
    client = start()
    began = time.monotonic()
    answer = client.post(ADDRESS, params=wechat.query(NOW), content=body)
    assert answer.status_code in (403, 422)
    assert time.monotonic() - began < 1
    assert tickets(client) == []
    assert inbox(settings) == []


def test_a_document_that_is_too_long_is_not_read(start: Start) -> None:
    assert send(start(), message(Content="水" * 30_000))[0] == 413


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    "words", ["]]>", "\x00", "<script>alert(1)</script>", "水" * 20_000, "' OR 1=1 --", "{number}"]
)
def test_odd_words_are_kept_as_they_are_or_refused(start: Start, words: str) -> None:
    client = start()
    status, _ = send(client, message(Content=words))
    if status == 200:
        assert tickets(client)[0].details == words[:20_000]
    else:
        assert status == 422


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    "change",
    [
        lambda asked, body: (asked | {"msg_signature": "0" * 40}, body),
        lambda asked, body: ({k: v for k, v in asked.items() if k != "msg_signature"}, body),
        lambda asked, body: (asked, message()),
        lambda asked, body: (asked, body.replace("<Encrypt><![CDATA[", "<Encrypt><![CDATA[AAAA")),
    ],
)
def test_a_seal_that_is_broken_or_missing_is_refused(
    start: Start, change: Callable[[dict[str, str], str], tuple[dict[str, str], str]]
) -> None:
    client = start(**SEALED)
    asked, body = change(*wechat.sealed(message(), NOW))
    assert client.post(ADDRESS, params=asked, content=body).status_code == 403
    assert tickets(client) == []


@pytest.mark.parametrize("sealed", ["", "AAAA", "!!!!", "A" * 64, "QUJD" * 16])
def test_what_is_signed_but_cannot_be_opened_is_refused(sealed: str) -> None:
    protocol = Protocol(wechat.TOKEN, wechat.APP_ID, wechat.AES_KEY)
    asked = wechat.query(NOW)
    asked["msg_signature"] = wechat.signature(wechat.TOKEN, asked["timestamp"], asked["nonce"], sealed)
    with pytest.raises(BadMessage):
        protocol.read(asked, f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode(), NOW)


def test_a_message_for_another_account_is_refused() -> None:
    asked, body = wechat.sealed(message(), NOW)
    protocol = Protocol(wechat.TOKEN, "wx0000000000000000", wechat.AES_KEY)
    with pytest.raises(BadMessage):
        protocol.read(asked, body.encode(), NOW)


def test_a_sealed_message_without_a_key_says_what_is_wrong() -> None:
    asked, body = wechat.sealed(message(), NOW)
    with pytest.raises(WrongMode, match="SHOUWEN_WECHAT_AES_KEY"):
        Protocol(wechat.TOKEN, None, None).read(asked, body.encode(), NOW)


@pytest.mark.parametrize("created", [0, 1, int(NOW.timestamp()) + 3600, 10**18])
def test_a_time_that_cannot_be_is_now(created: int) -> None:
    body = message(CreateTime=created).encode()
    notice = Protocol(wechat.TOKEN, None, None).read(wechat.query(NOW), body, NOW).notice
    assert notice is not None
    assert (notice.came_at, notice.kind) == (NOW, NoticeKind.TEXT)


# -- without the database


@pytest.mark.rule("H16", "H31")
def test_while_the_database_is_down_messages_are_kept_and_later_registered(
    start: Start, parts: Parts, clock: HandClock, settings: Settings
) -> None:
    client = start()
    health = client.app.state.console.health  # type: ignore[attr-defined]  # the application is ours
    parts.database = False
    until(lambda: not health.database_is_up)
    began = time.monotonic()
    status, xml = send(client, message(msg_id=1, CreateTime=int(NOW.timestamp())))
    assert status == 200
    assert time.monotonic() - began < 1
    assert said(xml) == "已收到您的留言，时间 2026-11-23 10:20。正在登记，首位接手的工作人员将负责到底。"
    clock.advance(timedelta(minutes=1))
    send(client, message(msg_id=2, Content="急"), clock())
    files = inbox(settings)
    assert len(files) == 2
    assert stat.S_IMODE(settings.inbox.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    clock.advance(timedelta(minutes=50))
    parts.database = True
    until(lambda: not inbox(settings), what="the messages are registered")
    (ticket,) = tickets(client)
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged", "message", "acknowledged"]
    with client.app.state.console.report_work() as work:  # type: ignore[attr-defined]  # the application is ours
        events = work.tickets.events(ticket.number)
        clocks = {run.clock: run.state for run in work.tickets.clocks([ticket.number])[ticket.number]}
    assert events[0].at == NOW
    assert timedelta() < events[2].at - NOW < timedelta(seconds=1)
    assert events[2].data["text"] == said(xml)
    assert clocks["h16"] == "met"


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """The table is somebody else's: who wants to write waits."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def test_a_slow_database_does_not_hold_up_the_answer(start: Start, settings: Settings) -> None:
    client = start()
    assert settings.database_url
    with locked(settings.database_url, "ticket"):
        began = time.monotonic()
        status, xml = send(client, message())
        took = time.monotonic() - began
    assert (status, took < 5) == (200, True)
    assert said(xml).startswith("已收到")
    until(lambda: not inbox(settings), what="the message is registered")
    (ticket,) = tickets(client)
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged"]


def test_many_at_once_while_the_database_is_slow_are_all_answered_in_time(
    start: Start, settings: Settings
) -> None:
    client = start()
    assert settings.database_url
    took: list[float] = []

    def one(number: int) -> int:
        began = time.monotonic()
        status, _ = send(client, message(msg_id=number, account=f"sender{number}"))
        took.append(time.monotonic() - began)
        return status

    with locked(settings.database_url, "ticket"), ThreadPoolExecutor(30) as pool:
        statuses = list(pool.map(one, range(1, 31)))
    assert statuses == [200] * 30
    assert max(took) < 5
    until(lambda: not inbox(settings), within_s=30, what="all are registered")
    assert sum(len(tickets(client, f"sender{number}")) for number in range(1, 31)) == 30


def test_a_delivery_repeated_after_an_outage_is_acknowledged_once(
    start: Start, parts: Parts, settings: Settings
) -> None:
    client = start()
    parts.database = False
    until(lambda: not client.app.state.console.health.database_is_up)  # type: ignore[attr-defined]  # ours
    send(client, message())
    send(client, message())
    parts.database = True
    until(lambda: not inbox(settings))
    assert send(client, message())[0] == 200
    (ticket,) = tickets(client)
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged"]


def test_with_neither_disk_nor_database_the_platform_is_asked_to_come_again(
    start: Start, parts: Parts, settings: Settings
) -> None:
    settings.inbox.write_text("a file where the folder belongs")
    client = start()
    status, xml = send(client, message(msg_id=1))
    assert status == 200  # the database alone is enough
    assert tickets(client)[0].number in said(xml)
    parts.database = False
    until(lambda: not client.app.state.console.health.database_is_up)  # type: ignore[attr-defined]  # ours
    assert send(client, message(msg_id=2))[0] == 503


@pytest.mark.usefixtures("unhurried")
def test_a_file_that_cannot_be_read_is_put_aside(
    start: Start, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.inbox.mkdir(mode=0o700)
    (settings.inbox / "1.told").write_text('{"key": ')
    (settings.inbox / "2.told").write_text('{"key": 1}')
    client = start()
    until(lambda: [path.name for path in inbox(settings)] == ["1.unreadable", "2.unreadable"])
    assert "put aside" in caplog.text
    assert tickets(client) == []


# -- races


@pytest.mark.usefixtures("unhurried")
@pytest.mark.rule("H4")
def test_two_messages_of_a_new_sender_at_the_same_instant_are_one_ticket(start: Start) -> None:
    client = start()
    together = threading.Barrier(6)

    def one(number: int) -> str:
        together.wait()
        return said(send(client, message(msg_id=number, account="new"))[1])

    with ThreadPoolExecutor(6) as pool:
        words = set(pool.map(one, range(1, 7)))
    (ticket,) = tickets(client, "new")
    assert len(words) == 1
    assert kinds(client, ticket.number).count("message") == 6


@pytest.mark.usefixtures("unhurried")
def test_one_message_delivered_at_once_several_times_is_taken_once(start: Start) -> None:
    client = start()
    together = threading.Barrier(6)

    def one(_: int) -> str:
        together.wait()
        return said(send(client, message())[1])

    with ThreadPoolExecutor(6) as pool:
        words = set(pool.map(one, range(6)))
    (ticket,) = tickets(client)
    assert len(words) == 1
    assert kinds(client, ticket.number) == ["message", "opened", "acknowledged"]


@pytest.mark.usefixtures("unhurried")
@pytest.mark.rule("H4")
def test_the_first_to_take_the_notice_owns_it(start: Start, desk: Desk) -> None:
    client = start()
    send(client, message())
    (ticket,) = tickets(client)
    headers = {"authorization": f"Bearer {desk.manager_token}"}

    def take(extension: str) -> int:
        path = f"/api/v1/tickets/{ticket.number}/take"
        return client.post(path, json={"actor": extension}, headers=headers).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, ("101", "102"))) == [200, 409]


def test_nothing_personal_reaches_the_log(
    start: Start, caplog: pytest.LogCaptureFixture, parts: Parts, settings: Settings
) -> None:
    caplog.set_level("INFO")
    client = start()
    send(client, message())
    send(client, message(), signature="0" * 40)
    parts.database = False
    until(lambda: not client.app.state.console.health.database_is_up)  # type: ignore[attr-defined]  # ours
    send(client, message(msg_id=2, Content="身份证 440102"))
    parts.database = True
    until(lambda: not inbox(settings))
    for secret in (ZHAO, "宿舍", "440102", wechat.TOKEN):
        assert secret not in caplog.text
