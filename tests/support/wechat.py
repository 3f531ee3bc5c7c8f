"""The platform's side of a service account: signs and seals as WeChat does, and an API server that hands out media."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wechatpy.crypto import WeChatCrypto

TOKEN = "pamtest"
APP_ID = "wxb11529c136998cb6"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SECRET = "0123456789abcdef0123456789abcdef"
US = "gh_680bdefc8c5d"
ZHAO, SUN = "oIDrpjqASyTPnxRmpS9O_ruZGsfk", "oIDrpjl2LYdfTAM-oxDgB4XZcnc8"


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts, as the platform's manual says."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def message(account: str = ZHAO, msg_id: int = 6054768590064713728, **fields: object) -> str:
    """A message as the platform writes it; a text unless another MsgType is given."""
    values = {"CreateTime": 1795400400, "MsgType": "text", "Content": "宿舍热水什么时候来？", **fields}
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in values.items())
    ids = f"<MsgId>{msg_id}</MsgId>" if msg_id else ""
    return (
        f"<xml><ToUserName><![CDATA[{US}]]></ToUserName>"
        f"<FromUserName><![CDATA[{account}]]></FromUserName>{inner}{ids}</xml>"
    )


def query(now: datetime, nonce: str = "1320562132", token: str = TOKEN) -> dict[str, str]:
    """The signed parameters of a callback made at `now`."""
    timestamp = str(int(now.timestamp()))
    return {"signature": signature(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}


def crypto() -> WeChatCrypto:
    """The library's own sealing."""
    return WeChatCrypto(TOKEN, AES_KEY, APP_ID)


def sealed(xml: str, now: datetime, nonce: str = "1320562132") -> tuple[dict[str, str], str]:
    """Parameters and body of an encrypted callback."""
    asked = query(now, nonce)
    envelope = crypto().encrypt_message(xml, nonce, asked["timestamp"])
    start, end = "<Encrypt><![CDATA[", "]]></Encrypt>"
    encrypted = envelope.split(start)[1].split(end)[0]
    asked |= {
        "encrypt_type": "aes",
        "msg_signature": signature(TOKEN, asked["timestamp"], nonce, encrypted),
    }
    return asked, f"<xml><ToUserName><![CDATA[{US}]]></ToUserName>{start}{encrypted}{end}</xml>"


Answer = tuple[int, str, bytes]


@dataclass(slots=True, kw_only=True)
class PlatformApi:
    """What the API answers; a test may change it. `asked` has the path of each request."""

    address: str = ""
    tokens: int = 0
    media: dict[str, Answer] = field(default_factory=dict)
    pictures: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    token_answer: Callable[[], dict[str, Any]] | None = None
    valid: set[str] = field(default_factory=set)

    def token(self, given: dict[str, Any]) -> dict[str, Any]:
        if self.token_answer is not None:
            return self.token_answer()
        if (given.get("appid"), given.get("secret")) != (APP_ID, SECRET):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        self.tokens += 1
        token = f"token-{self.tokens}"
        self.valid = {token}
        return {"access_token": token, "expires_in": 7200}

    def one(self, token: str, media_id: str) -> Answer:
        if token not in self.valid:
            return problem(40001, "invalid credential, access_token is invalid or not latest")
        return self.media.get(media_id, problem(40007, "invalid media_id"))


def problem(code: int, words: str) -> Answer:
    """An error in the platform's way: status 200, JSON."""
    return 200, "application/json", json.dumps({"errcode": code, "errmsg": words}).encode()


@contextmanager
def platform_api() -> Iterator[PlatformApi]:
    """The API on a loopback port."""
    api = PlatformApi()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["content-length"])))
            api.asked.append(urlsplit(self.path).path)
            self.reply((200, "application/json", json.dumps(api.token(given)).encode()))

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
            api.asked.append(parts.path)
            if parts.path == "/cgi-bin/media/get":
                self.reply(api.one(asked.get("access_token", ""), asked.get("media_id", "")))
            else:
                self.reply(api.pictures.get(parts.path, (404, "text/plain", b"none")))

        def reply(self, answer: Answer) -> None:
            status, media_type, body = answer
            self.send_response(status)
            if status in (301, 302):
                self.send_header("location", body.decode())
                body = b""
            self.send_header("content-type", media_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                time.sleep(0)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    api.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
