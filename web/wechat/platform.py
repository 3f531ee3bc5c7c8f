"""The platform's API as far as it is needed: an access token, and the pictures, sounds and films that people sent."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, NoReturn, Protocol
from urllib.parse import urlencode, urlsplit

from callcenter.domain.attachments import LARGEST

TIMEOUT_S = 10.0
"""To connect, and for each read."""
WHOLE_S = 60.0
"""For one file."""
EARLY_S = 300.0
"""A token is renewed so long before it ends."""
LONGEST_JSON = 64 * 1024
_TOKEN_IS_OLD = frozenset({40001, 40014, 42001})
_NEVER = frozenset({40007, 41006})
"""Answers that stay the same: there is no such file (any more)."""
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_MEDIA_HOSTS = (".qpic.cn", ".qlogo.cn", ".weixin.qq.com", ".wechat.com", ".video.qq.com")
"""Where the platform keeps pictures and films; an address that names another host is not asked."""


class MediaUnavailable(Exception):
    """It cannot be had now."""


class MediaGone(Exception):
    """It cannot be had at all."""


class Sink(Protocol):
    """Takes bytes."""

    def write(self, data: bytes) -> None: ...


class Platform:
    """One service account's way to the platform's API."""

    def __init__(
        self,
        api: str,
        app_id: str | None,
        secret: str | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._keys = (app_id, secret) if app_id and secret else None
        self._clock = clock
        self._token: tuple[str, float] | None = None
        self._lock = threading.Lock()
        self._open = urllib.request.build_opener(_NoRedirect()).open

    def fetch(self, media_id: str | None, url: str | None, sink: Sink) -> None:
        """The file into `sink`: by its id, else by the address that came with the message.

        Raises MediaUnavailable, MediaGone, and what `sink` raises.
        """
        if media_id and self._keys:
            self._by_id(media_id, sink)
        elif url:
            self._by_address(url, sink)
        else:
            raise MediaUnavailable("SHOUWEN_WECHAT_APP_ID and SHOUWEN_WECHAT_SECRET are not set")

    def _by_id(self, media_id: str, sink: Sink) -> None:
        token = self._access_token()
        found = self._one(token, media_id, sink)
        if found.get("errcode") in _TOKEN_IS_OLD:
            found = self._one(self._access_token(instead_of=token), media_id, sink)
        if code := found.get("errcode"):
            raise (MediaGone if code in _NEVER else MediaUnavailable)(f"errcode {code}")
        if film := found.get("video_url"):
            self._by_address(str(film), sink)

    def _one(self, token: str, media_id: str, sink: Sink) -> dict[str, Any]:
        """The file into `sink`, or what the platform says instead."""
        asked = urlencode({"access_token": token, "media_id": media_id})
        with closing(self._get(f"{self._api}/cgi-bin/media/get?{asked}")) as answer:
            media_type = answer.headers.get_content_type()
            if media_type in ("application/json", "text/plain"):
                return _json(answer)
            _pour(answer, sink)
        return {}

    def _by_address(self, url: str, sink: Sink) -> None:
        if not self.is_theirs(url):
            raise MediaGone("an address that is not the platform's")
        with closing(self._get(url)) as answer:
            _pour(answer, sink)

    def is_theirs(self, url: str) -> bool:
        """Whether the address is one of the platform's; nothing else is asked."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        if not _HOST.fullmatch(host) or "@" in parts.netloc:
            # what connects in the end may read a strange name in another way
            return False
        ours = urlsplit(self._api)
        if (parts.scheme, host, port) == (ours.scheme, ours.hostname, ours.port):
            return True
        known = any(f".{host}".endswith(each) for each in _MEDIA_HOSTS)
        return parts.scheme in ("http", "https") and known and port in (None, 80, 443)

    def _access_token(self, instead_of: str | None = None) -> str:
        with self._lock:
            if self._token and self._token[0] != instead_of and self._clock() < self._token[1]:
                return self._token[0]
            if self._keys is None:
                raise MediaUnavailable("no keys")
            app_id, secret = self._keys
            # The "stable" token: asking for it does not end the one that another program of the centre uses.
            asked = {
                "grant_type": "client_credential",
                "appid": app_id,
                "secret": secret,
                "force_refresh": instead_of is not None,
            }
            with closing(
                self._get(f"{self._api}/cgi-bin/stable_token", json.dumps(asked).encode())
            ) as answer:
                given = _json(answer)
            token, lasts_s = given.get("access_token"), given.get("expires_in")
            if not isinstance(token, str) or not isinstance(lasts_s, int):
                raise MediaUnavailable(f"no access token: errcode {given.get('errcode')}")
            self._token = token, self._clock() + max(lasts_s - EARLY_S, 0)
            return token

    def _get(self, url: str, body: bytes | None = None) -> http.client.HTTPResponse:
        headers = {"user-agent": "shouwen", "accept": "*/*"}
        if body is not None:
            headers["content-type"] = "application/json"
        try:
            request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - scheme was checked
            answer: http.client.HTTPResponse = self._open(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            with closing(error):
                code = error.code
            raise (MediaGone if code in (404, 410) else MediaUnavailable)(f"status {code}") from error
        except (OSError, http.client.HTTPException, ssl.SSLError, ValueError) as error:
            raise MediaUnavailable(type(error).__name__) from error
        return answer


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The platform sends nobody elsewhere; who does is not the platform."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _pieces(answer: http.client.HTTPResponse, most: int) -> Iterator[bytes]:
    until = time.monotonic() + WHOLE_S
    left = most
    while left > 0:
        if time.monotonic() > until:
            raise MediaUnavailable("too slow")
        try:
            piece = answer.read(min(1 << 16, left))
        except (OSError, http.client.HTTPException) as error:
            raise MediaUnavailable(type(error).__name__) from error
        if not piece:
            return
        left -= len(piece)
        yield piece


def _pour(answer: http.client.HTTPResponse, sink: Sink) -> None:
    announced = answer.length
    got = 0
    for piece in _pieces(answer, LARGEST + 1):
        sink.write(piece)
        got += len(piece)
    if announced is not None and got < min(announced, LARGEST + 1):
        raise MediaUnavailable("it broke off")


def _json(answer: http.client.HTTPResponse) -> dict[str, Any]:
    try:
        found = json.loads(b"".join(_pieces(answer, LONGEST_JSON)))
    except ValueError as error:
        raise MediaUnavailable("no JSON") from error
    return found if isinstance(found, dict) else _odd()


def _odd() -> NoReturn:
    raise MediaUnavailable("an odd answer")
