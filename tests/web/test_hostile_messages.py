"""What strangers write and send by the service account and by links, made to mislead whoever reads it."""

from __future__ import annotations

import csv
import io
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from callcenter.domain.text import clean
from callcenter.report_files import harmless
from tests.support import wechat
from tests.support.desk import Desk
from tests.support.web_fixtures import Browser
from tests.support.wechat import ZHAO, message
from tests.support.wechat_console import Start, clock, kinds, said, send, start, tickets
from web.wechat.platform import Platform

__all__ = ["clock", "start"]


@pytest.mark.parametrize(
    "url",
    [
        "http://mmbiz.qpic.cn/x",
        "https://mmbiz.qpic.cn:443/x",
        "HTTP://MMBIZ.QPIC.CN/x",
        "https://api.weixin.qq.com/cgi-bin/x",
    ],
)
def test_pictures_are_fetched_where_the_platform_keeps_them(url: str) -> None:
    assert Platform("https://api.weixin.qq.com", None, None).is_theirs(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "ftp://mmbiz.qpic.cn/x",
        "http://qpic.cn.evil.example/",
        "http://evilqpic.cn/",
        "http://x.qpic.cn@127.0.0.1/",
        "http://127.0.0.1\\@x.qpic.cn/",
        "http://127.0.0.1@x.qpic.cn/",
        "http://127.0.0.1%2f.qpic.cn/",
        "http://127.0.0.1%00.qpic.cn/",
        "http://127.0.0.1;.qpic.cn/",
        "http://127.0.0.1 .qpic.cn/",
        "http://.qpic.cn/",
        "http://x.qpic.cn:22/",
        "http://x.qpic.cn\r\nHost: a/",
        "//x.qpic.cn/",
        "http://api.weixin.qq.com:8080/",
        "",
    ],
)
def test_and_nowhere_else(url: str) -> None:
    assert not Platform("https://api.weixin.qq.com", None, None).is_theirs(url)


@pytest.mark.rule("H4")
def test_two_pictures_of_one_second_without_an_id_are_two(start: Start) -> None:
    client = start()
    for media in ("one", "two", "one"):
        xml = message(msg_id=0, MsgType="image", Content="", PicUrl="http://mmbiz.qpic.cn/x", MediaId=media)
        assert send(client, xml)[0] == 200
    (ticket,) = tickets(client)
    assert kinds(client, ticket.number).count("message") == 2


BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_what_turns_the_direction_of_writing_is_not_kept() -> None:
    """A name with it shows the number behind it backwards."""
    assert clean(f"陈{BIDI}先生", 50) == "陈先生"
    assert clean("سلام\u200f 👩\u200d👧", 50) == "سلام\u200f 👩\u200d👧"


@pytest.mark.rule("T31")
@pytest.mark.parametrize("kind", ["text", "location", "link", "voice"])
def test_a_message_is_shown_as_text(start: Start, desk: Desk, kind: str) -> None:
    client = start()
    ugly = "=1+1<script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}\u202e\x85&quot;"
    fields: dict[str, Any] = dict.fromkeys(
        ("Content", "Label", "Title", "Description", "Url", "Recognition"), ugly
    )
    assert send(client, message(MsgType=kind, **fields))[0] == 200
    (ticket,) = tickets(client)
    browser = Browser(client, desk)
    client.headers["accept"] = "text/html"
    browser.log_in("104")
    for path in (f"/tickets/{ticket.number}", "/tickets", "/", "/today", "/files", "/assignments"):
        page = browser.text(path)
        for harm in ("<script>alert", "<img src=x", "\u202e", "\x85", "javascript:"):
            assert harm not in page, (path, harm)


def test_a_link_that_is_sent_leads_nowhere_by_a_click(start: Start, desk: Desk) -> None:
    client = start()
    send(client, message(MsgType="link", Title="t", Description="d", Url="javascript:alert(1)"))
    (ticket,) = tickets(client)
    client.headers["accept"] = "text/html"
    page = Browser(client, desk).log_in("104").text(f"/tickets/{ticket.number}")
    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page


@pytest.mark.parametrize(
    "first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u00a0="]
)
def test_no_cell_is_calculated(first: str) -> None:
    """Spreadsheets in Chinese take the wide signs for the narrow ones."""
    assert harmless(f"{first}1+1").startswith("'")
    buffer = io.StringIO()
    csv.writer(buffer).writerow([harmless(f'{first}1","=1+1')])
    (row,) = csv.reader(io.StringIO(buffer.getvalue(), newline=""))
    assert len(row) == 1


def test_names_and_numbers_stay_as_they_are() -> None:
    for text in ("王敏", "101", "O'Brien", "a=b", "x-1", ""):
        assert harmless(text) == text


@pytest.fixture
def link(browser: Browser, desk: Desk) -> str:
    """The path of a link for an opinion; nobody is logged in any more."""
    browser.log_in("102")
    answer = browser.client.post(
        f"/tickets/{desk.tickets['solved']}/opinion-link", data={"csrf_token": browser.csrf}
    )
    browser.client.cookies.clear()
    return "/s/" + answer.text.split("http://testserver/s/")[1].split('"')[0]


@pytest.mark.rule("H32", "S31")
def test_a_scanner_of_links_gives_no_opinion(client: TestClient, link: str) -> None:
    for method in ("HEAD", "GET", "OPTIONS", "PUT", "PROPFIND", "GET"):
        assert client.request(method, link).status_code in (200, 405)
        assert client.request(method, f"{link}?answer=not_satisfied&remark=x").status_code in (200, 405)
    assert client.post(link).status_code == 422
    assert client.post(link, data={"answer": "satisfied"}).status_code == 200
    assert client.get(link).status_code == 200
    assert client.post(link, data={"answer": "not_satisfied"}).status_code == 409


def test_the_secret_of_a_link_leaks_to_nobody(
    client: TestClient, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for answer in (
        client.get(link),
        client.post(link, data={"answer": "nonsense"}),
        client.post(link, data={"answer": "satisfied"}),
        client.get(link),
        client.get("/s/" + "x" * 32),
    ):
        assert answer.headers.get_list("referrer-policy") == ["no-referrer"]
        assert answer.headers.get_list("x-robots-tag") == ["noindex"]
        assert answer.headers["cache-control"] == "no-store"
        assert "//" not in answer.text.replace("http://www.w3.org/2000/svg", "").replace("<!-- ", "")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert not [said for said in ours if link.removeprefix("/s/") in said]


def test_other_pages_keep_the_headers_of_the_console(client: TestClient) -> None:
    headers = client.get("/login").headers
    for name in ("referrer-policy", "content-security-policy", "x-frame-options", "x-content-type-options"):
        assert len(headers.get_list(name)) == 1


@pytest.mark.rule("H4")
def test_one_notice_is_taken_by_one_of_many_at_their_screens(start: Start, desk: Desk) -> None:
    client = start()
    send(client, message())
    (ticket,) = tickets(client)
    together = threading.Barrier(3)

    def take(extension: str) -> str:
        own = TestClient(client.app, follow_redirects=False, headers={"accept": "text/html"})
        browser = Browser(own, desk).log_in(extension)
        token = browser.csrf
        together.wait()
        answer = own.post(f"/tickets/{ticket.number}/take", data={"csrf_token": token})
        return str(answer.headers["location"].partition("done=")[2])

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(take, ("101", "102", "103"))) == ["late", "late", "taken"]
    assert kinds(client, ticket.number).count("taken") == 1


def test_a_reply_is_a_message_and_nothing_more(start: Start) -> None:
    """Neither what was written nor who wrote it can close the reply's own quotation."""
    client = start()
    for account in ("a]]>b", "<a>", "a\nb", "a" * 129, "张三"):
        assert send(client, message(account=account))[0] == 422
    status, xml = send(client, message(Content="]]]]><![CDATA[><ToUserName>x</ToUserName>"))
    assert status == 200
    assert xml.count("<ToUserName>") == 1
    assert said(xml)


def test_huge_numbers_in_a_message_are_no_numbers(start: Start) -> None:
    client = start()
    for name in ("MsgId", "CreateTime"):
        xml = message(msg_id=0, Content=name).replace("</xml>", f"<{name}>{'9' * 5000}</{name}></xml>")
        assert send(client, xml)[0] == 200


def test_what_strangers_write_is_in_no_log(
    start: Start, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = start()
    send(client, message(Content="身份证 440102", MsgType="text"))
    send(client, message(Content="身份证 440102", MsgType=""))
    send(client, "<xml>身份证 440102")
    send(
        client,
        f"<xml><FromUserName>{ZHAO}</FromUserName><MsgType>text</MsgType><Content>440102</Content></xml>",
    )
    ours = "\n".join(
        record.getMessage() + (record.exc_text or "")
        for record in caplog.records
        if not record.name.startswith("httpx")
    )
    for secret in (ZHAO, "身份证", "440102", wechat.TOKEN):
        assert secret not in ours
