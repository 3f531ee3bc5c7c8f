"""Strangers who send more pictures than the disk holds: calls and the database keep their room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.db.attachment_files import AttachmentFiles, copy_into
from callcenter.domain.attachments import NoRoom
from callcenter.domain.service_account import MediaState, NoticeKind
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.integration.test_service_account import CENTRE, JPEG, Hand, files_of, picture, state_of, take
from tests.support.wechat import APP_ID, SECRET, PlatformApi, platform_api
from web.errors import lookup
from web.wechat.media import MediaFetcher
from web.wechat.platform import Platform

FULL = 2**60
"""A reserve that no disk has."""


@pytest.fixture
def api() -> Iterator[PlatformApi]:
    with platform_api() as running:
        yield running


def test_nothing_is_received_on_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    folder = tmp_path / "attachments"
    with pytest.raises(NoRoom), AttachmentFiles(folder, FULL).receive():
        pass
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert lookup(NoRoom())[0] == 503


@pytest.mark.rule("H4")
def test_what_was_sent_is_fetched_once_there_is_room(
    api: PlatformApi, uow_factory: UowFactory, settings: Settings
) -> None:
    clock, platform = Hand(), Platform(api.address, APP_ID, SECRET)
    api.media["m1"] = (200, "image/jpeg", JPEG)
    number = take(uow_factory, picture(kind=NoticeKind.IMAGE), clock()).ticket
    full = MediaFetcher(uow_factory, platform, AttachmentFiles(settings.attachments, FULL), CENTRE, clock)
    assert full.run_once() == 0
    assert api.asked == []
    assert state_of(uow_factory, "1") is MediaState.PENDING
    clock.now += timedelta(minutes=1)
    room = MediaFetcher(uow_factory, platform, AttachmentFiles(settings.attachments), CENTRE, clock)
    assert room.run_once() == 1
    assert len(files_of(uow_factory, number)) == 1


def test_files_with_room_are_kept_as_before(tmp_path: Path) -> None:
    with AttachmentFiles(tmp_path / "a", 0).receive() as arriving, (tmp_path / "x").open("w+b") as source:
        source.write(JPEG)
        source.seek(0)
        copy_into(arriving, source)
        arriving.keep(arriving.finish("x.jpg"))
    assert len([path for path in (tmp_path / "a").rglob("*") if path.is_file()]) == 1
