"""Messages of the service account on tickets, and their pictures, sounds and films fetched from a loopback platform."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.db.attachment_files import AttachmentFiles
from callcenter.domain.attachments import LARGEST, Attachment
from callcenter.domain.calls import Person
from callcenter.domain.chain import TicketEvent
from callcenter.domain.service_account import (
    MEDIA_LASTS,
    KeptNotice,
    MediaState,
    Notice,
    NoticeKind,
    WantedMedia,
    next_try,
)
from callcenter.domain.tickets import AlreadyOwned, Status
from callcenter.services import tickets
from callcenter.services.audit import verify
from callcenter.services.service_account import LEASE, Centre, Told, claim_media, keep_media, take_notice
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.support.desk import LI, WANG, add_people
from tests.support.wechat import APP_ID, SECRET, PlatformApi, platform_api, problem
from web.wechat.media import MediaFetcher
from web.wechat.platform import MediaGone, MediaUnavailable, Platform

NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)
CENTRE = Centre(language="zh", zone=ZoneInfo("Asia/Shanghai"))
JPEG = b"\xff\xd8\xff\xe0" + b"x" * 5000
AMR = b"#!AMR\n" + b"x" * 900
MP4 = b"\0\0\0\x18ftypmp42" + b"x" * 9000


class Hand:
    """A clock set by hand that moves on by a microsecond at each look."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def api() -> Iterator[PlatformApi]:
    with platform_api() as running:
        yield running


@pytest.fixture
def fetcher(api: PlatformApi, uow_factory: UowFactory, settings: Settings, clock: Hand) -> MediaFetcher:
    platform = Platform(api.address, APP_ID, SECRET)
    return MediaFetcher(uow_factory, platform, AttachmentFiles(settings.attachments), CENTRE, clock)


def notice(key: str = "1", account: str = "zhao", **given: object) -> Notice:
    values: dict[str, object] = {"kind": NoticeKind.TEXT, "text": "你好", "came_at": NOW, "received_at": NOW}
    return Notice(key=key, account=account, **(values | given))  # type: ignore[arg-type]  # a test's shorthand


def picture(key: str = "1", **given: object) -> Notice:
    return notice(key, "zhao", **({"kind": NoticeKind.IMAGE, "text": "", "media_id": "m1"} | given))


def take(units: UowFactory, taken: Notice, now: datetime, told: Told = Told.NOW) -> KeptNotice:
    with units() as uow:
        kept = take_notice(uow, taken, CENTRE, told=told, now=now)
        uow.commit()
    return kept


def log_of(units: UowFactory, number: str) -> list[TicketEvent]:
    with units() as uow:
        return list(uow.tickets.events(number))


def files_of(units: UowFactory, number: str) -> list[Attachment]:
    with units() as uow:
        return uow.attachments.of_ticket(number)


def state_of(units: UowFactory, key: str) -> MediaState | None:
    with units() as uow:
        kept = uow.service_account.get(key)
    assert kept is not None
    return kept.media_state


# -- messages


@pytest.mark.rule("H4", "H16", "H31")
def test_told_decides_what_the_log_says(uow_factory: UowFactory, clock: Hand) -> None:
    words = {}
    for told in Told:
        kept = take(uow_factory, notice(told.value, told.value), clock(), told)
        said = [event for event in log_of(uow_factory, kept.ticket) if event.kind == "acknowledged"]
        words[told] = [(event.at == NOW, kept.ticket in str(event.data["text"])) for event in said]
    assert words == {Told.NOW: [(False, True)], Told.EARLIER: [(True, False)], Told.NOTHING: []}


@pytest.mark.rule("H16")
def test_a_repeated_delivery_that_is_the_first_to_be_answered_acknowledges(
    uow_factory: UowFactory, clock: Hand
) -> None:
    kept = take(uow_factory, notice(), clock(), Told.NOTHING)
    with uow_factory() as uow:
        assert {run.clock: run.state for run in uow.tickets.clocks([kept.ticket])[kept.ticket]}[
            "h16"
        ] == "running"
    take(uow_factory, notice(), clock(), Told.NOW)
    take(uow_factory, notice(), clock(), Told.NOW)
    assert [event.kind for event in log_of(uow_factory, kept.ticket)] == ["message", "opened", "acknowledged"]
    with uow_factory() as uow:
        assert {run.clock: run.state for run in uow.tickets.clocks([kept.ticket])[kept.ticket]}[
            "h16"
        ] == "met"


def test_a_solved_matter_is_not_touched_by_the_next_message(uow_factory: UowFactory, clock: Hand) -> None:
    with uow_factory() as uow:
        add_people(uow, NOW)
        uow.commit()
    first = take(uow_factory, notice("1"), clock()).ticket
    with uow_factory() as uow:
        tickets.take(uow, first, WANG, clock())
        tickets.resolve(uow, first, "已答复", WANG, clock())
        uow.commit()
    assert take(uow_factory, notice("2"), clock()).ticket != first
    assert take(uow_factory, notice("1"), clock()).ticket == first


@pytest.mark.rule("H4")
def test_the_first_of_two_who_take_it_at_once_owns_it(uow_factory: UowFactory, clock: Hand) -> None:
    with uow_factory() as uow:
        add_people(uow, NOW)
        uow.commit()
    number = take(uow_factory, notice(), clock()).ticket
    together = threading.Barrier(2)

    def grab(who: Person) -> str:
        together.wait()
        with uow_factory() as uow:
            try:
                tickets.take(uow, number, who, NOW + timedelta(minutes=1))
            except AlreadyOwned as error:
                return f"late: {error.owner.extension}"
            uow.commit()
        return who.extension

    with ThreadPoolExecutor(2) as pool:
        results = set(pool.map(grab, (WANG, LI)))
    with uow_factory() as uow:
        ticket = uow.tickets.get(number)
    assert ticket is not None
    assert ticket.owner is not None
    assert ticket.status is Status.OPEN
    assert results == {ticket.owner.extension, f"late: {ticket.owner.extension}"}


@pytest.mark.rule("H4")
def test_a_new_sender_who_writes_twice_at_once_has_one_ticket(uow_factory: UowFactory, clock: Hand) -> None:
    together = threading.Barrier(8)

    def one(index: int) -> str:
        together.wait()
        return take(uow_factory, notice(str(index)), NOW + timedelta(microseconds=index + 1)).ticket

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(one, range(8)))) == 1


# -- media


@pytest.mark.rule("H31")
@pytest.mark.parametrize(
    ("kind", "answer", "media_type", "name"),
    [
        (NoticeKind.IMAGE, (200, "image/jpeg", JPEG), "image/jpeg", "图片 1.jpg"),
        (NoticeKind.VOICE, (200, "audio/amr", AMR), "audio/amr", "语音 1.amr"),
        (NoticeKind.VIDEO, (200, "video/mpeg4", MP4), "video/mp4", "视频 1.mp4"),
    ],
)
def test_what_was_sent_is_kept_on_the_ticket(
    fetcher: MediaFetcher,
    api: PlatformApi,
    uow_factory: UowFactory,
    settings: Settings,
    clock: Hand,
    kind: NoticeKind,
    answer: tuple[int, str, bytes],
    media_type: str,
    name: str,
) -> None:
    api.media["m1"] = answer
    number = take(uow_factory, picture(kind=kind), clock()).ticket
    assert fetcher.run_once() == 1
    assert fetcher.run_once() == 0
    (kept,) = files_of(uow_factory, number)
    assert (kept.file.media_type, kept.file.name, kept.added_by) == (media_type, name, "system")
    assert (settings.attachments / kept.file.path).read_bytes() == answer[2]
    event = log_of(uow_factory, number)[-1]
    assert event.kind == "attached"
    assert event.data["sha256"] == hashlib.sha256(answer[2]).hexdigest()
    assert state_of(uow_factory, "1") is MediaState.KEPT
    assert api.asked == ["/cgi-bin/stable_token", "/cgi-bin/media/get"]
    with uow_factory() as uow:
        assert not verify(uow, ()).faults


def test_a_film_lies_at_an_address_of_its_own(
    fetcher: MediaFetcher, api: PlatformApi, uow_factory: UowFactory, clock: Hand
) -> None:
    api.media["m1"] = (200, "application/json", f'{{"video_url": "{api.address}/film.mp4"}}'.encode())
    api.pictures["/film.mp4"] = (200, "video/mp4", MP4)
    number = take(uow_factory, picture(kind=NoticeKind.VIDEO), clock()).ticket
    assert fetcher.run_once() == 1
    assert files_of(uow_factory, number)[0].file.size == len(MP4)


def test_the_token_is_kept_and_renewed_once_it_is_refused(api: PlatformApi) -> None:
    class Bytes:
        def __init__(self) -> None:
            self.data = b""

        def write(self, data: bytes) -> None:
            self.data += data

    now = 0.0
    platform = Platform(api.address, APP_ID, SECRET, clock=lambda: now)
    api.media["m1"] = (200, "image/jpeg", JPEG)
    for expected in (1, 1):
        platform.fetch("m1", None, Bytes())
        assert api.tokens == expected
    api.valid.clear()
    platform.fetch("m1", None, Bytes())
    assert api.tokens == 2
    now = 7200 - 300
    platform.fetch("m1", None, Bytes())
    assert api.tokens == 3
    api.token_answer = lambda: {"access_token": "never valid", "expires_in": 7200}
    now *= 3
    with pytest.raises(MediaUnavailable, match="40001"):
        platform.fetch("m1", None, Bytes())


@pytest.mark.parametrize(
    "answer",
    [
        problem(40007, "invalid media_id"),
        (404, "text/plain", b"none"),
        (200, "image/jpeg", b"<html>no picture</html>"),
        (200, "image/jpeg", JPEG + b"\0" * LARGEST),
        (200, "image/jpeg", b""),
        (200, "application/json", b'{"video_url": "http://169.254.169.254/latest/meta-data"}'),
        (200, "application/json", b'{"video_url": "file:///etc/passwd"}'),
        (200, "application/json", b'{"video_url": "http://qpic.cn.evil.example/x"}'),
    ],
)
def test_what_can_never_be_had_is_said_on_the_ticket_at_once(
    fetcher: MediaFetcher,
    api: PlatformApi,
    uow_factory: UowFactory,
    settings: Settings,
    clock: Hand,
    answer: tuple[int, str, bytes],
) -> None:
    api.media["m1"] = answer
    number = take(uow_factory, picture(), clock()).ticket
    assert fetcher.run_once() == 0
    last = log_of(uow_factory, number)[-1]
    assert (last.kind, last.data["text"]) == ("noted", "图片无法从平台取得，请联系留言人补发。")
    assert state_of(uow_factory, "1") is MediaState.FAILED
    assert [path for path in settings.attachments.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "answer",
    [
        problem(-1, "system busy"),
        problem(45009, "api freq out of limit"),
        (500, "text/plain", b"oops"),
        (302, "text/plain", b"http://127.0.0.1:9/elsewhere"),
        (200, "application/json", b"[]"),
        (200, "application/json", b"not json"),
    ],
)
def test_what_cannot_be_had_now_is_asked_for_again(
    fetcher: MediaFetcher,
    api: PlatformApi,
    uow_factory: UowFactory,
    clock: Hand,
    answer: tuple[int, str, bytes],
) -> None:
    api.media["m1"] = answer
    number = take(uow_factory, picture(), clock()).ticket
    assert fetcher.run_once() == 0
    assert log_of(uow_factory, number)[-1].kind == "acknowledged"
    api.media["m1"] = (200, "image/jpeg", JPEG)
    clock.now += timedelta(seconds=9)
    assert fetcher.run_once() == 0
    clock.now += timedelta(seconds=2)
    assert fetcher.run_once() == 1


def test_after_three_days_it_is_given_up_and_said(
    fetcher: MediaFetcher,
    api: PlatformApi,
    uow_factory: UowFactory,
    clock: Hand,
    caplog: pytest.LogCaptureFixture,
) -> None:
    api.media["m1"] = problem(-1, "busy")
    number = take(uow_factory, picture(), clock()).ticket
    tries = 0
    while state_of(uow_factory, "1") is MediaState.PENDING:
        fetcher.run_once()
        clock.now += timedelta(hours=1, seconds=1)
        tries += 1
        assert tries < 100
    assert clock.now >= NOW + MEDIA_LASTS - timedelta(hours=2)
    assert log_of(uow_factory, number)[-1].kind == "noted"
    assert SECRET not in caplog.text
    assert "token-" not in caplog.text


def test_a_wrong_secret_loses_nothing(
    api: PlatformApi, uow_factory: UowFactory, settings: Settings, clock: Hand
) -> None:
    api.media["m1"] = (200, "image/jpeg", JPEG)
    take(uow_factory, picture(), clock())
    files = AttachmentFiles(settings.attachments)
    for secret in ("wrong", None):
        wrong = MediaFetcher(uow_factory, Platform(api.address, APP_ID, secret), files, CENTRE, clock)
        assert wrong.run_once() == 0
        clock.now += timedelta(minutes=1)
    right = MediaFetcher(uow_factory, Platform(api.address, APP_ID, SECRET), files, CENTRE, clock)
    assert right.run_once() == 1


def test_without_a_secret_a_picture_is_had_by_its_address(
    api: PlatformApi, uow_factory: UowFactory, settings: Settings, clock: Hand
) -> None:
    api.pictures["/p.jpg"] = (200, "image/jpeg", JPEG)
    number = take(uow_factory, picture(media_url=f"{api.address}/p.jpg"), clock()).ticket
    files = AttachmentFiles(settings.attachments)
    fetcher = MediaFetcher(uow_factory, Platform(api.address, None, None), files, CENTRE, clock)
    assert fetcher.run_once() == 1
    assert files_of(uow_factory, number)[0].file.media_type == "image/jpeg"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:22/",
        "http://localhost/",
        "ftp://mmbiz.qpic.cn/a",
        "http://mmbiz.qpic.cn:8080/a",
        "http://mmbiz.qpic.cn@127.0.0.1/",
        "http://evilqpic.cn/",
        "http://[::1",
        "",
    ],
)
def test_no_other_host_is_asked(url: str) -> None:
    class Nothing:
        def write(self, data: bytes) -> None:
            raise AssertionError

    with pytest.raises(MediaGone if url else MediaUnavailable):
        Platform("https://api.weixin.qq.com", None, None).fetch(None, url, Nothing())


def test_two_workers_do_not_fetch_the_same(
    uow_factory: UowFactory, fetcher: MediaFetcher, api: PlatformApi, clock: Hand, settings: Settings
) -> None:
    api.media["m1"] = (200, "image/jpeg", JPEG)
    number = take(uow_factory, picture(), clock()).ticket
    with uow_factory() as uow:
        (wanted,) = claim_media(uow, clock())
        assert claim_media(uow, clock()) == []
        uow.commit()
    assert fetcher.run_once() == 0
    # The first worker died: after the lease another does it, and if the first comes back nothing happens twice.
    clock.now += LEASE
    assert fetcher.run_once() == 1
    with uow_factory() as uow:
        assert keep_media(uow, wanted, files_of(uow_factory, number)[0].file, clock()) is None
    assert len(files_of(uow_factory, number)) == 1


def test_the_pauses_between_tries_grow_to_an_hour() -> None:
    def pause(attempts: int) -> timedelta | None:
        wanted = WantedMedia(
            key="1",
            ticket="x",
            kind=NoticeKind.IMAGE,
            media_id="m",
            media_url=None,
            received_at=NOW,
            attempts=attempts,
        )
        at = next_try(wanted, NOW)
        return at - NOW if at else None

    assert [pause(count) for count in (0, 1, 2)] == [timedelta(seconds=each) for each in (10, 20, 40)]
    assert pause(30) == timedelta(hours=1)
