"""Messages of the service account: each on a ticket once, its sender told so (H4, H16, H31), its media kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from callcenter.domain.attachments import Attachment, ReceivedFile, Source
from callcenter.domain.service_account import (
    ACCOUNT_FIELD,
    CHANNEL,
    KeptNotice,
    MediaState,
    Notice,
    NoticeKind,
    WantedMedia,
    next_try,
)
from callcenter.domain.tickets import EventKind, NotAllowed, next_status
from callcenter.services.attachments import AttachmentUnitOfWork, attach
from callcenter.services.registration import take_message
from callcenter.services.ticket_log import SYSTEM, lock_ticket, record

LEASE = timedelta(minutes=5)
"""So long a worker may take to fetch one picture, sound or film before another tries."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "numbered": "您的留言已登记，编号 {number}，时间 {time}。首位接手的工作人员将负责到底。",
        "kept": "已收到您的留言，时间 {time}。正在登记，首位接手的工作人员将负责到底。",
        "lost": "{what}无法从平台取得，请联系留言人补发。",
        "image": "图片",
        "voice": "语音",
        "video": "视频",
        "location": "位置",
        "link": "链接",
        "other": "其他消息",
    },
    "en": {
        "numbered": "Your message is registered under number {number}, {time}. "
        "Whoever takes it first answers for it to the end.",
        "kept": "Your message has arrived, {time}. It is being registered; "
        "whoever takes it first answers for it to the end.",
        "lost": "{what}: could not be fetched from the platform. Please ask the sender for it.",
        "image": "Picture",
        "voice": "Voice message",
        "video": "Video",
        "location": "Place",
        "link": "Link",
        "other": "Another kind of message",
    },
}
"""What senders are told, and what a message without text is called, by SHOUWEN_LANGUAGE."""


class ServiceAccountMessages(Protocol):
    """Messages of the service account; see `callcenter.db.service_account`."""

    def lock(self, account: str) -> None: ...
    def get(self, key: str) -> KeptNotice | None: ...
    def add(
        self, notice: Notice, number: str, *, acknowledged_at: datetime | None, now: datetime
    ) -> None: ...
    def acknowledged(self, key: str, at: datetime) -> None: ...
    def claim_media(self, now: datetime, until: datetime, limit: int) -> list[WantedMedia]: ...
    def media_later(self, key: str, attempts: int, at: datetime) -> None: ...
    def media_ended(self, key: str, state: MediaState, attachment_id: int | None) -> bool: ...


class ServiceAccountUnitOfWork(AttachmentUnitOfWork, Protocol):
    """A transaction that keeps messages of the service account."""

    @property
    def service_account(self) -> ServiceAccountMessages: ...


class Told(StrEnum):
    """What the sender hears of it."""

    NOW = "now"
    """The number, as soon as this transaction is done."""
    EARLIER = "earlier"
    """They were told that it arrived, when it did."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """The language and the zone in which senders are told."""

    language: str
    zone: ZoneInfo

    def say(self, key: str, **values: str) -> str:
        """Words of this file in the centre's language."""
        return WORDS[self.language][key].format(**values)

    def confirmation(self, received_at: datetime, number: str | None) -> str:
        """What the sender is told: when it came, and under which number it is registered if that is known (H31)."""
        time = received_at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")
        return self.say("numbered", number=number, time=time) if number else self.say("kept", time=time)


def take_notice(
    uow: ServiceAccountUnitOfWork, notice: Notice, centre: Centre, *, told: Told, now: datetime
) -> KeptNotice:
    """The message on a ticket: the sender's unfinished one, or a new one that is nobody's yet.

    A second delivery changes nothing, but if its answer is the first that reaches the sender that is noted (H16).
    """
    uow.service_account.lock(notice.account)
    known = uow.service_account.get(notice.key)
    told_at = {Told.NOW: now, Told.EARLIER: notice.received_at, Told.NOTHING: None}[told]
    if known is not None:
        if told_at is not None and known.acknowledged_at is None:
            _acknowledge(uow, known.ticket, _words(centre, known.received_at, known.ticket, told), told_at)
            uow.service_account.acknowledged(notice.key, told_at)
        return known
    ticket = take_message(
        uow,
        channel=CHANNEL,
        text=_as_text(notice, centre),
        fields={ACCOUNT_FIELD: notice.account},
        came_at=min(notice.came_at, now),
        now=now,
    )
    if told_at is not None:
        _acknowledge(uow, ticket.number, _words(centre, notice.received_at, ticket.number, told), told_at)
    uow.service_account.add(notice, ticket.number, acknowledged_at=told_at, now=now)
    return KeptNotice(
        key=notice.key,
        account=notice.account,
        kind=notice.kind,
        received_at=notice.received_at,
        ticket=ticket.number,
        acknowledged_at=told_at,
        media_state=MediaState.PENDING if notice.media_id or notice.media_url else None,
    )


def _words(centre: Centre, received_at: datetime, number: str, told: Told) -> str:
    return centre.confirmation(received_at, number if told is Told.NOW else None)


def _acknowledge(uow: ServiceAccountUnitOfWork, number: str, words: str, at: datetime) -> None:
    """Note what the sender was told; on a ticket that is closed by now it no longer matters."""
    ticket = lock_ticket(uow, number)
    try:
        next_status(ticket.status, EventKind.ACKNOWLEDGED)
    except NotAllowed:
        return
    record(uow, ticket, (EventKind.ACKNOWLEDGED, {"text": words}), actor=SYSTEM, at=at)


def _as_text(notice: Notice, centre: Centre) -> str:
    if notice.kind is NoticeKind.TEXT:
        return notice.text
    return f"[{centre.say(notice.kind.value)}] {notice.text}".strip()


def claim_media(uow: ServiceAccountUnitOfWork, now: datetime, limit: int = 5) -> list[WantedMedia]:
    """Pictures, sounds and films to fetch now; for `LEASE` nobody else gets the same."""
    return uow.service_account.claim_media(now, now + LEASE, limit)


def keep_media(
    uow: ServiceAccountUnitOfWork, wanted: WantedMedia, file: ReceivedFile, now: datetime
) -> Attachment | None:
    """What was fetched, on its ticket. Raises NotAllowed on a dismissed ticket.

    None if it is there already: the caller then undoes the transaction.
    """
    ticket = lock_ticket(uow, wanted.ticket)
    added = attach(uow, ticket.number, [file], source=Source.SERVICE_ACCOUNT, actor=SYSTEM, now=now)[0]
    return added if uow.service_account.media_ended(wanted.key, MediaState.KEPT, added.id) else None


def media_failed(
    uow: ServiceAccountUnitOfWork, wanted: WantedMedia, centre: Centre, now: datetime, *, for_good: bool
) -> bool:
    """Another try later; or, when there can be none, a note on the ticket that it is missing. Whether it is over."""
    at = None if for_good else next_try(wanted, now)
    if at is not None:
        uow.service_account.media_later(wanted.key, wanted.attempts + 1, at)
        return False
    ticket = lock_ticket(uow, wanted.ticket)
    if not uow.service_account.media_ended(wanted.key, MediaState.FAILED, None):
        return True
    try:
        next_status(ticket.status, EventKind.NOTED)
    except NotAllowed:
        return True
    text = centre.say("lost", what=centre.say(wanted.kind.value))
    record(uow, ticket, (EventKind.NOTED, {"text": text}), actor=SYSTEM, at=now)
    return True
