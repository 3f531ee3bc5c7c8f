"""The platform's callback protocol: signatures, encryption, messages, replies. The only file that knows wechatpy."""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from xml.parsers import expat

from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException
from wechatpy.replies import TextReply
from wechatpy.utils import WeChatSigner

from callcenter.domain.service_account import Notice, NoticeKind
from web.wechat.errors import BadMessage, BadSignature, WrongMode

SKEW = timedelta(minutes=5)
"""A request whose time is further from ours than this is refused: it may be an old one, sent again."""
LONGEST = 64 * 1024
"""Bytes of a callback: a text has 2048 at most, encrypted and with its envelope some four thousand."""
_ACCOUNT = re.compile(r"[A-Za-z0-9_@.\-]{1,128}")
_NONCE = re.compile(r"[A-Za-z0-9_\-]{1,128}")
_KINDS = {
    "text": NoticeKind.TEXT,
    "image": NoticeKind.IMAGE,
    "voice": NoticeKind.VOICE,
    "video": NoticeKind.VIDEO,
    "shortvideo": NoticeKind.VIDEO,
    "location": NoticeKind.LOCATION,
    "link": NoticeKind.LINK,
}
_WITH_MEDIA = frozenset({NoticeKind.IMAGE, NoticeKind.VOICE, NoticeKind.VIDEO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """What a message came with, needed to answer it. `us` is our account, `them` the sender."""

    us: str
    them: str
    nonce: str
    encrypted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A callback read: `notice` is None for what is no message of a person, such as a subscription."""

    callback: Callback
    notice: Notice | None


class Protocol:
    """One service account's side of the protocol."""

    def __init__(self, token: str, app_id: str | None, aes_key: str | None) -> None:
        self._token = token
        self._crypto = WeChatCrypto(token, aes_key, app_id) if aes_key and app_id else None

    def check(self, query: Mapping[str, str], now: datetime) -> None:
        """Raises BadSignature unless the platform made this request lately."""
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII) or not _NONCE.fullmatch(nonce):
            raise BadSignature
        signed = self._signature(timestamp, nonce)
        if not hmac.compare_digest(signed.encode(), query.get("signature", "").encode("utf-8", "replace")):
            raise BadSignature
        if abs(int(now.timestamp()) - int(timestamp)) > SKEW.total_seconds():
            raise BadSignature

    def read(self, query: Mapping[str, str], body: bytes, now: datetime) -> Received:
        """The message in a callback that was checked. Raises BadSignature, BadMessage, WrongMode."""
        outer = _parsed(body)
        encrypted = outer.get("Encrypt")
        if self._crypto is None and encrypted is not None and "MsgType" not in outer:
            raise WrongMode
        if self._crypto is not None:
            # In the platform's "compatible" mode the plain text lies beside: only the sealed one counts.
            if encrypted is None:
                raise WrongMode
            outer = _parsed(self.opened(query, encrypted).encode())
        them, us = _account(outer, "FromUserName"), _account(outer, "ToUserName")
        callback = Callback(us=us, them=them, nonce=query["nonce"], encrypted=self._crypto is not None)
        return Received(callback=callback, notice=_notice(outer, them, now))

    def answer(self, callback: Callback, text: str) -> str:
        """A text back to the sender, sealed if theirs was."""
        reply = TextReply(source=callback.us, target=callback.them, content=text)
        if self._crypto is None or not callback.encrypted:
            return str(reply.render())
        return str(self._crypto.encrypt_message(reply.render(), callback.nonce))

    def opened(self, query: Mapping[str, str], encrypted: str) -> str:
        """What was sealed. Raises BadSignature, BadMessage; WrongMode without a key."""
        if self._crypto is None:
            raise WrongMode
        signed = self._signature(query["timestamp"], query["nonce"], encrypted)
        given = query.get("msg_signature", "")
        if not hmac.compare_digest(signed.encode(), given.encode("utf-8", "replace")):
            raise BadSignature
        try:
            envelope = {"Encrypt": encrypted}
            return str(self._crypto.decrypt_message(envelope, given, query["timestamp"], query["nonce"]))
        except (WeChatException, ValueError, TypeError, IndexError, struct.error) as error:
            raise BadMessage("it cannot be decrypted") from error

    def _signature(self, *parts: str) -> str:
        signer = WeChatSigner()
        signer.add_data(self._token, *parts)
        return str(signer.signature)


def _parsed(body: bytes) -> dict[str, str]:
    """The elements right below <xml> by name. A document type is refused: entities can neither grow nor reach out."""
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise BadMessage("it is no XML") from error
    return reader.fields


def _refuse(*_: object) -> NoReturn:
    raise BadMessage("it has a document type")


class _Reader:
    """Keeps the text of what lies right below the root, which is called xml; the first of a name counts."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self._path: list[str] = []
        self._pieces: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name)
        if self._path[0] != "xml" or len(self._path) > _DEEPEST:
            raise BadMessage("it is no message")
        if len(self._path) == 2:
            self._pieces = []

    def text(self, text: str) -> None:
        if len(self._path) == 2:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        if len(self._path) == 2:
            self.fields.setdefault(name, "".join(self._pieces).strip())
        self._path.pop()


_DEEPEST = 8


def _account(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not _ACCOUNT.fullmatch(value):
        raise BadMessage(f"{name} is missing or odd")
    return value


def _notice(fields: Mapping[str, str], account: str, now: datetime) -> Notice | None:
    given = fields.get("MsgType", "").lower()
    if not given:
        raise BadMessage("it has no MsgType")
    if given == "event" or given.startswith("device_"):
        return None
    kind = _KINDS.get(given, NoticeKind.OTHER)
    text = _text(kind, fields)
    created, msg_id = _digits(fields, "CreateTime"), _digits(fields, "MsgId")
    came_at = datetime.fromtimestamp(created, UTC) if 0 < created < 2**32 else now
    # A time that the platform cannot mean: of the future, or older than all of its retries.
    if not now - timedelta(days=1) <= came_at <= now:
        came_at = now
    media_id = fields.get("MediaId", "") if kind in _WITH_MEDIA else ""
    picture = fields.get("PicUrl", "") if kind is NoticeKind.IMAGE else ""
    # as the platform's manual has it, and two pictures of one second are not one
    otherwise = hashlib.sha256(f"{account} {created} {text}{media_id}".encode()).hexdigest()
    return Notice(
        key=str(msg_id) if msg_id else otherwise,
        account=account,
        kind=kind,
        text=text,
        came_at=came_at,
        received_at=now,
        media_id=media_id if 0 < len(media_id) <= 200 else None,
        media_url=picture if 0 < len(picture) <= 1000 else None,
    )


def _digits(fields: Mapping[str, str], name: str) -> int:
    value = fields.get(name, "")
    return int(value) if re.fullmatch(r"\d{1,20}", value, re.ASCII) else 0


_TEXTS: Mapping[NoticeKind, tuple[str, ...]] = {
    NoticeKind.TEXT: ("Content",),
    NoticeKind.VOICE: ("Recognition",),
    NoticeKind.LOCATION: ("Label", "Location_X", "Location_Y"),
    NoticeKind.LINK: ("Title", "Description", "Url"),
}


def _text(kind: NoticeKind, fields: Mapping[str, str]) -> str:
    return " ".join(fields[name] for name in _TEXTS.get(kind, ()) if fields.get(name))
