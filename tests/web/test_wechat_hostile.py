"""Broken and hostile callbacks of the service account: refused at once, and nothing is kept."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from callcenter.domain.service_account import NoticeKind
from callcenter.settings import Settings
from tests.support import wechat
from tests.support.desk import NOW
from tests.support.wechat import message
from tests.support.wechat_console import ADDRESS, SEALED, Start, clock, inbox, send, start, tickets
from web.wechat.errors import BadMessage, WrongMode
from web.wechat.protocol import Protocol

__all__ = ["clock", "start"]

LOL = "<!DOCTYPE xml [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


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
