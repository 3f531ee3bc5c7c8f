"""Own recordings of prompts: kept in versions, made live by whoever listened, placed where Asterisk finds them."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from agi.drainer import REFRESH_S, Drainer
from agi.journal import Journal
from agi.live import LiveCalls
from agi.numbering import Numbering
from agi.routing import Routing
from callcenter.bootstrap import unit_of_work_factory
from callcenter.db.engine import create_engine
from callcenter.domain.own_prompts import (
    Converted,
    NotListenedTo,
    PromptId,
    StalePrompt,
    TooLongTogether,
    UnknownVersion,
    Version,
)
from callcenter.domain.staff import Role
from callcenter.prompts import prompts
from callcenter.runtime import asterisk_config, backup, backup_database, home, prompt_files, restore
from callcenter.runtime.asterisk_config import InstalledAsterisk
from callcenter.runtime.prompt_files import PromptFiles, sounds_folder
from callcenter.services.own_prompts import add_version, go_live
from callcenter.services.staff import add_staff
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.polling import until
from tests.support.backups import elsewhere, new_home, place, quiet
from tests.support.desk import NOW
from tests.support.sounds import tone, wav

__all__ = ["elsewhere", "new_home", "place"]

WELCOME = PromptId(language="zh", key="welcome")
PLACE = InstalledAsterisk(modules=Path("/somewhere/modules"), data=Path("/somewhere/data"))


@pytest.fixture
def make(uow_factory: UowFactory) -> UowFactory:
    with uow_factory() as uow:
        for extension, name in (("104", "陈国强"), ("105", "何主任")):
            add_staff(uow, extension=extension, name=name, role=Role.MANAGER, now=NOW)
        uow.commit()
    return uow_factory


@pytest.fixture
def asterisk(settings: Settings) -> Settings:
    """A home with a configuration, as a start leaves it."""
    home.prepare(settings)
    asterisk_config.render(settings, PLACE, [])
    return settings


def sound(hz: int = 400) -> Converted:
    return Converted(
        sha256=f"{hz:064x}",
        seconds=1.0,
        doubts=(),
        wav8=wav(tone(hz, 1, 8_000), 8_000, 1),
        wav16=wav(tone(hz, 1, 16_000), 16_000, 1),
    )


def added(make: UowFactory, hz: int = 400, prompt: PromptId = WELCOME) -> Version:
    with make() as uow:
        version = add_version(
            uow, prompt, sound(hz), file_name="../w.wav", wording="", note="", by="104", now=NOW
        )
        uow.own_prompts.note_listened(version.id, "104", NOW)
        uow.commit()
    return version


def put_live(make: UowFactory, version: int | None, by: str = "104", seen: int | None = None) -> None:
    with make() as uow:
        go_live(uow, WELCOME, version, by=by, now=NOW, shipped_s=lambda _: 1.5, seen=seen)
        uow.commit()


def follow(files: PromptFiles, make: UowFactory) -> None:
    with make() as uow:
        files.follow(uow.own_prompts.live(), uow.own_prompts.sound)


def heard(settings: Settings, suffix: str = ".wav", key: str = "welcome") -> bytes:
    return (sounds_folder(settings) / "zh" / f"{key}{suffix}").read_bytes()


def products(key: str = "welcome") -> bytes:
    return next(each.file for each in prompts() if (each.language, each.key) == ("zh", key)).read_bytes()


def test_versions_count_up_and_each_is_kept(make: UowFactory) -> None:
    assert [added(make, hz).version for hz in (400, 500)] == [1, 2]
    assert added(make, 400, PromptId(language="en", key="welcome")).version == 1
    with make() as uow:
        kept = uow.own_prompts.versions(WELCOME)
        assert [(each.version, each.uploaded_by, each.file_name) for each in kept] == [
            (2, "104", "w.wav"),
            (1, "104", "w.wav"),
        ]
        assert uow.own_prompts.sound(kept[1].id) == (sound(400).wav8, sound(400).wav16)


def test_only_who_listened_puts_a_version_live(make: UowFactory) -> None:
    added(make)
    with pytest.raises(NotListenedTo):
        put_live(make, 1, by="105")
    with pytest.raises(UnknownVersion):
        put_live(make, 2)
    put_live(make, 1)
    put_live(make, 1)  # no change
    added(make, 500)
    put_live(make, 2)
    put_live(make, 1, by="105")  # callers have heard it before: going back is one click
    put_live(make, None, by="105")
    with make() as uow:
        changes = uow.own_prompts.changes(WELCOME)
        assert not uow.own_prompts.live()
    assert [(each.seq, each.version, each.set_by) for each in changes] == [
        (1, 1, "104"),
        (2, 2, "104"),
        (3, 1, "105"),
        (4, None, "105"),
    ]


@pytest.mark.parametrize(("offer_s", "fits"), [(3.0, True), (3.001, False)])
def test_what_precedes_the_ringing_lasts_four_seconds_at_most(
    make: UowFactory, offer_s: float, fits: bool
) -> None:
    """The welcome of 1 s, and the other language's offer after it."""
    added(make)
    put_live(make, 1)
    offer = PromptId(language="en", key="language-offer")
    with make() as uow:
        converted = dataclasses.replace(sound(), seconds=offer_s)
        version = add_version(uow, offer, converted, file_name="", wording="", note="", by="104", now=NOW)
        uow.own_prompts.note_listened(version.id, "104", NOW)
        if fits:
            go_live(uow, offer, 1, by="104", now=NOW, shipped_s=lambda _: 1.5)
        else:
            with pytest.raises(TooLongTogether):
                go_live(uow, offer, 1, by="104", now=NOW, shipped_s=lambda _: 1.5)
        uow.commit()
    if fits:  # the product's own welcome is longer than ours: with this offer it has no room
        with pytest.raises(TooLongTogether):
            put_live(make, None)


def test_the_products_own_voice_is_no_change_at_the_start(make: UowFactory) -> None:
    put_live(make, None)
    with make() as uow:
        assert not uow.own_prompts.changes(WELCOME)


def test_of_two_who_decide_at_once_the_second_is_told(make: UowFactory) -> None:
    added(make)
    added(make, 500)
    put_live(make, 1, seen=0)
    with pytest.raises(StalePrompt):
        put_live(make, 2, seen=0)
    faults: list[Exception] = []

    def decide(version: int | None) -> None:
        try:
            put_live(make, version, seen=1)
        except StalePrompt as error:
            faults.append(error)

    both = [threading.Thread(target=decide, args=(version,)) for version in (2, None)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(faults) == 1
    with make() as uow:
        assert [change.seq for change in uow.own_prompts.changes(WELCOME)] == [1, 2]


def test_uploads_at_once_get_numbers_of_their_own(make: UowFactory) -> None:
    uploads = [threading.Thread(target=added, args=(make, hz)) for hz in (400, 500, 600)]
    for thread in uploads:
        thread.start()
    for thread in uploads:
        thread.join()
    with make() as uow:
        assert [each.version for each in uow.own_prompts.versions(WELCOME)] == [3, 2, 1]


def test_what_was_kept_cannot_be_changed(make: UowFactory, database_url: str) -> None:
    added(make)
    put_live(make, 1)
    with backup_database.connect(database_url) as connection:
        for statement in (
            "UPDATE own_prompt SET uploaded_by = '105'",
            "DELETE FROM own_prompt_live",
            "TRUNCATE own_prompt_live",
            "UPDATE own_prompt_sound SET wav8 = ''",
        ):
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute(statement)
            connection.rollback()


def test_a_start_links_every_prompt_to_the_products_file(asterisk: Settings) -> None:
    sounds = sounds_folder(asterisk)
    assert not sounds.is_symlink()
    for each in prompts():
        link = sounds / each.language / f"{each.key}.wav"
        assert link.is_symlink()
        assert link.samefile(each.file)
    assert (sounds / "zh" / "beep.wav").is_file()


def test_a_home_of_an_older_version_gets_a_folder_of_links(asterisk: Settings) -> None:
    sounds = sounds_folder(asterisk)
    shutil.rmtree(sounds)
    sounds.symlink_to(prompts()[0].file.parents[1])
    asterisk_config.render(asterisk, PLACE, [])
    assert not sounds.is_symlink()
    assert heard(asterisk) == products()
    assert prompts()[0].file.is_file()


def test_a_live_version_is_linked_in_both_rates_and_taken_back(asterisk: Settings, make: UowFactory) -> None:
    files = PromptFiles(asterisk)
    follow(files, make)
    assert heard(asterisk) == products()
    added(make)
    follow(files, make)
    assert heard(asterisk) == products()  # a draft
    put_live(make, 1)
    link = sounds_folder(asterisk) / "zh" / "welcome.wav"
    with link.open("rb") as playing:  # a call in progress keeps what it began to play
        follow(files, make)
        assert playing.read() == products()
    assert (heard(asterisk), heard(asterisk, ".wav16")) == (sound().wav8, sound().wav16)
    assert heard(asterisk, key="closed") == products("closed")
    own = link.readlink()
    assert own.is_relative_to(prompt_files.own_folder(asterisk))
    assert (own.stat().st_mode & 0o777, own.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    put_live(make, None)
    follow(files, make)
    assert heard(asterisk) == products()
    assert (link.parent / "welcome.wav16").exists() == Path(f"{link.resolve()}16").exists()


def test_a_start_without_the_database_keeps_what_was_live(asterisk: Settings, make: UowFactory) -> None:
    added(make)
    put_live(make, 1)
    follow(PromptFiles(asterisk), make)
    asterisk_config.render(asterisk, PLACE, [])  # no database is asked
    assert heard(asterisk) == sound().wav8
    shutil.rmtree(prompt_files.own_folder(asterisk))
    asterisk_config.render(asterisk, PLACE, [])  # a link to nothing would be silence
    assert heard(asterisk) == products()
    follow(PromptFiles(asterisk), make)  # the database is back: another node starts like this
    assert heard(asterisk) == sound().wav8


def test_a_lost_file_is_fetched_again(asterisk: Settings, make: UowFactory) -> None:
    files = PromptFiles(asterisk)
    added(make)
    put_live(make, 1)
    follow(files, make)
    (sounds_folder(asterisk) / "zh" / "welcome.wav").resolve().unlink()
    follow(files, make)
    assert heard(asterisk) == sound().wav8


def test_a_reader_always_finds_a_whole_file(asterisk: Settings, make: UowFactory) -> None:
    files = PromptFiles(asterisk)
    added(make, 400)
    added(make, 500)
    whole = {products(), sound(400).wav8, sound(500).wav8}
    stop, found = threading.Event(), set()

    def read() -> None:
        while not stop.is_set():
            found.add(heard(asterisk))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for version in (1, 2, None) * 5:
            put_live(make, version)
            follow(files, make)
    finally:
        stop.set()
        reader.join()
    assert found <= whole
    assert len(found) > 1


def test_a_full_disk_keeps_the_old_prompt_and_is_tried_again(
    asterisk: Settings, make: UowFactory, caplog: pytest.LogCaptureFixture
) -> None:
    own = prompt_files.own_folder(asterisk)
    own.write_bytes(b"")  # a file where the folder has to be: nothing can be written
    files = PromptFiles(asterisk)
    added(make)
    put_live(make, 1)
    follow(files, make)
    follow(files, make)
    assert heard(asterisk) == products()
    assert caplog.text.count("cannot be placed") == 1
    own.unlink()
    follow(files, make)
    assert heard(asterisk) == sound().wav8


def test_a_key_that_leads_elsewhere_is_never_placed(asterisk: Settings, make: UowFactory) -> None:
    added(make)
    put_live(make, 1)
    with make() as uow:
        (live,) = uow.own_prompts.live().values()
    for key in ("../../../../escaped", "no-such-prompt"):
        PromptFiles(asterisk).follow(
            {PromptId(language="zh", key=key): live}, lambda _: (sound().wav8, sound().wav16)
        )
    assert not list(asterisk.home.parent.rglob("*escaped*"))
    assert not (sounds_folder(asterisk) / "zh" / "no-such-prompt.wav").exists()


def test_the_desk_places_them_within_seconds_of_the_click(asterisk: Settings, make: UowFactory) -> None:
    journal = Journal(asterisk.journal)
    numbering = Numbering(journal, asterisk.node, asterisk.zone)
    drainer = Drainer(asterisk, journal, LiveCalls(journal), Routing(journal), numbering, make)
    added(make)
    drainer.start()
    try:
        put_live(make, 1)
        until(lambda: heard(asterisk) == sound().wav8, 2 * REFRESH_S)
        put_live(make, None)
        until(lambda: heard(asterisk) == products(), 2 * REFRESH_S)
    finally:
        drainer.stop()
        journal.close()


def test_where_no_asterisk_is_configured_nothing_is_placed(settings: Settings, make: UowFactory) -> None:
    follow(PromptFiles(settings), make)
    assert not sounds_folder(settings).exists()


def test_a_backup_brings_them_to_another_home(
    asterisk: Settings, make: UowFactory, elsewhere: str, new_home: Path, place: Path
) -> None:
    added(make)
    put_live(make, 1)
    backup.back_up(asterisk, place, quiet)
    restored = Settings(home=new_home, database_url=elsewhere)
    restore.restore(restored, place, quiet)
    asterisk_config.render(restored, PLACE, [])
    engine = create_engine(elsewhere)
    units = unit_of_work_factory(restored, deadline_s=10, engine=engine)
    follow(PromptFiles(restored), units)
    engine.dispose()
    assert heard(restored) == sound().wav8


def test_old_changes_do_not_count(make: UowFactory) -> None:
    """The latest change decides, whatever the clocks of two machines say."""
    added(make)
    put_live(make, 1)
    with make() as uow:
        (latest,) = uow.own_prompts.changes(WELCOME)
        earlier = dataclasses.replace(latest, seq=2, version=None, set_at=NOW - timedelta(days=1))
        uow.own_prompts.add_change(earlier)
        uow.commit()
    with make() as uow:
        assert not uow.own_prompts.live()
