"""Languages of lines and callers, and places in the queue: what is decided without Asterisk."""

from __future__ import annotations

import re
import wave
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from pydantic import ValidationError

from agi import waiting as waiting_module
from agi.ami import Manager
from agi.arrive import arrive
from agi.desk import Desk
from agi.journal import Journal
from agi.language import MAX_SWITCHES, choose, language, may_switch, other
from agi.languages import SETTLED_S, Languages
from agi.live import LiveCalls
from agi.numbering import Numbering
from agi.routing import Routing
from agi.waiting import LONGEST_S, NOT_SOONER_S, Waiting, whispering
from agi.watcher import watch
from callcenter.asterisk_files import asterisk_files
from callcenter.domain.calls import CallEvent, Kind
from callcenter.prompts import sounds_folder
from callcenter.runtime import asterisk_config, asterisk_process, home
from callcenter.runtime.asterisk_config import InstalledAsterisk
from callcenter.settings import Settings
from tests.support.fake_asterisk import FakeAsterisk
from tests.unit.test_agi_server import serving

NUMBER = "13800138000"
START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


class Clock:
    """Seconds by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Spoken(Manager):
    """A manager interface that writes down what it is asked for."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1", 9, "shouwen", lambda: "", lambda event: None)
        self.said: list[tuple[str, str, str]] = []
        self.hung_up: list[str] = []
        self.variables: list[tuple[str, str, str]] = []

    def whisper(self, linkedid: str, channel: str, *, language: str, sounds: Sequence[str]) -> bool:
        self.said.append((linkedid, language, " ".join(sound.rpartition("/")[2] for sound in sounds)))
        return True

    def hang_up(self, channel: str) -> None:
        self.hung_up.append(channel)

    def set_variable(self, channel: str, name: str, value: str) -> None:
        self.variables.append((channel, name, value))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


@pytest.fixture
def desk(journal: Journal, tmp_path: Path) -> Desk:
    """A desk with one call, on line 8000, in Chinese; its clock goes on by a second at each look."""
    settings = Settings(home=tmp_path)
    moments = iter(START + timedelta(seconds=n) for n in range(1, 10_000))
    made = Desk(
        settings=settings,
        calls=LiveCalls(journal),
        routing=Routing(journal),
        numbering=Numbering(journal, 1, settings.zone),
        manager=Spoken(),
        clock=lambda: next(moments),
    )
    made.calls.arrive("1.0")
    made.calls.record(
        "1.0", Kind.ARRIVED, at=START, line="8000", caller=NUMBER, caller_name=None, language="zh"
    )
    return made


def spoken(desk: Desk) -> Spoken:
    assert isinstance(desk.manager, Spoken)
    return desk.manager


def key(desk: Desk, digit: str = "9", **fields: str) -> None:
    """What Asterisk tells of a key in the queue."""
    about = {
        "Channel": "PJSIP/trunk-1",
        "Linkedid": "1.0",
        "Uniqueid": "1.0",
        "Direction": "Received",
        **fields,
    }
    watch(desk, {"Event": "DTMFEnd", "Digit": digit, **about})


def chosen(desk: Desk) -> list[object]:
    return [event.data["language"] for event in desk.calls.get("1.0").events if event.kind is Kind.LANGUAGE]


# ---- key 9 while waiting ---------------------------------------------------------------------------------------------
def test_nine_in_the_queue_changes_the_channel_says_so_and_is_remembered(desk: Desk) -> None:
    key(desk)
    assert chosen(desk) == ["en"]
    assert spoken(desk).variables == [("PJSIP/trunk-1", "CHANNEL(language)", "en")]
    assert spoken(desk).said == [("1.0", "en", "language-now")]
    assert desk.routing.languages.of(NUMBER) == "en"
    call = desk.calls.get("1.0").call
    assert call is not None
    assert call.language == "en"


@pytest.mark.parametrize("rang", [False, True])
def test_what_the_queue_told_is_told_again_in_the_new_language_unless_a_phone_rings(
    desk: Desk, rang: bool
) -> None:
    joined(desk, "1.0", 1)
    for event in ("MusicOnHoldStop", "MusicOnHoldStart"):
        watch(desk, {"Event": event, "Channel": "PJSIP/trunk-1", "Linkedid": "1.0"})
    if rang:
        desk.calls.record("1.0", Kind.RINGING, extension="101", uniqueid="1.1")
    key(desk)
    assert spoken(desk).said == [("1.0", "en", "language-now" if rang else "language-now wait-press-1")]


@pytest.mark.parametrize("ends", ["MusicOnHoldStop", "QueueCallerLeave"])
def test_nobody_is_talked_over_by_the_desk(desk: Desk, ends: str) -> None:
    joined(desk, "1.0", 1)
    key(desk)
    assert spoken(desk).hung_up == []
    watch(desk, {"Event": ends, "Channel": "PJSIP/trunk-1", "Linkedid": "1.0"})
    assert spoken(desk).hung_up == [whispering("1.0")]


@pytest.mark.parametrize("digit", ["0", "1", "8", "*", "#", "99", ""])
def test_no_other_key_does(desk: Desk, digit: str) -> None:
    key(desk, digit)
    assert (chosen(desk), spoken(desk).variables) == ([], [])


@pytest.mark.parametrize(
    "fields", [{"Direction": "Sent"}, {"Uniqueid": "1.7"}, {"Linkedid": "9.9", "Uniqueid": "9.9"}]
)
def test_a_key_of_somebody_else_is_none(desk: Desk, fields: dict[str, str]) -> None:
    key(desk, **fields)
    assert (chosen(desk), spoken(desk).said) == ([], [])


@pytest.mark.parametrize("kind", [Kind.ANSWERED, Kind.ENDED])
def test_nine_means_nothing_once_somebody_answered_or_all_is_over(desk: Desk, kind: Kind) -> None:
    about = {"extension": "101", "name": "李静", "uniqueid": "1.1"} if kind is Kind.ANSWERED else {}
    desk.calls.write(CallEvent(linkedid="1.0", at=START, kind=kind, data=about))
    key(desk)
    assert (chosen(desk), spoken(desk).said) == ([], [])


def test_a_flood_of_nines_is_bounded(desk: Desk) -> None:
    for _ in range(200):
        key(desk)
    assert len(chosen(desk)) == MAX_SWITCHES == len(spoken(desk).said)


def test_a_press_that_bounces_counts_once(desk: Desk) -> None:
    live = desk.calls.get("1.0")
    desk.calls.record("1.0", Kind.LANGUAGE, at=START + timedelta(seconds=0.6), language="en", own="zh")
    assert not may_switch(live, desk), "the desk's clock says 0.4 s later"
    assert may_switch(live, desk)
    assert other(live, desk) == "zh"


def test_nothing_personal_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    key(desk)
    assert NUMBER not in caplog.text


# ---- remembered ------------------------------------------------------------------------------------------------------
def test_back_to_the_lines_own_language_is_forgotten(desk: Desk) -> None:
    live = desk.calls.get("1.0")
    choose(desk, live, "en")
    assert desk.routing.languages.of(NUMBER) == "en"
    choose(desk, live, "zh")
    assert desk.routing.languages.of(NUMBER) is None
    choose(desk, live, "fr")
    assert chosen(desk) == ["en", "zh"]


@pytest.mark.parametrize("number", [None, "", "anonymous", "12", "1" * 16, "138 0013", "１３８００", "alice"])
def test_what_is_no_number_is_never_remembered(journal: Journal, number: str | None) -> None:
    kept = Languages(journal)
    kept.choose(number, "en", own="zh")
    assert kept.of(number) is None


def test_it_outlives_the_desk_whatever_the_database_does(journal: Journal) -> None:
    Languages(journal).choose(NUMBER, "en", own="zh")
    # on disk once an event behind it is
    journal.append(CallEvent(linkedid="x", at=START, kind=Kind.ENDED))
    assert Languages(journal).of(NUMBER) == "en"


def test_the_databases_word_waits_until_it_can_know_of_a_choice_made_here(journal: Journal) -> None:
    clock = Clock()
    kept = Languages(journal, clock)
    kept.choose(NUMBER, "en", own="zh")
    assert not kept.update({})
    assert kept.of(NUMBER) == "en"
    clock.now += SETTLED_S
    assert kept.update({"555": "en"})
    assert (kept.of(NUMBER), kept.of("555")) == (None, "en")


def arriving(desk: Desk, linkedid: str, line: str = "8002") -> list[str]:
    """A call comes; what the desk has Asterisk do before the phones ring."""
    asked: list[str] = []
    with serving(arrive=partial(arrive, desk)) as server, FakeAsterisk.dial(server.port) as asterisk:
        asterisk.begin("arrive", linkedid, line, "open")
        while command := asterisk.command():
            asked.append(command)
            asterisk.send(b"200 result=1\n")
    return asked


def test_a_call_that_comes_costs_asterisk_no_command_unless_its_number_chose_a_language(desk: Desk) -> None:
    assert arriving(desk, "1.5") == []
    desk.routing.languages.choose(NUMBER, "en", own="zh")
    assert arriving(desk, "1.6") == ['SET VARIABLE CHANNEL(language) "en"']
    for linkedid, begun in (("1.5", "zh"), ("1.6", "en")):
        call = desk.calls.get(linkedid).call
        assert call is not None
        assert (call.caller, call.language) == (NUMBER, begun)


def test_the_entry_takes_no_third_language(desk: Desk) -> None:
    with serving(language=partial(language, desk)) as server:
        for told in ("fr", "", "en${SHELL(id)}", "en"):
            with FakeAsterisk.dial(server.port) as asterisk:
                asterisk.begin("language", "1.0", told)
                assert asterisk.command() == ""
    assert chosen(desk) == ["en"]


# ---- places ----------------------------------------------------------------------------------------------------------
def announced(waiting: Waiting, linkedid: str) -> int | None:
    """The queue has said its own announcement to somebody."""
    waiting.music_stopped(linkedid)
    return waiting.music_started(linkedid)


def test_whoever_is_not_first_is_told_their_place_after_the_queues_announcement() -> None:
    waiting = Waiting(Clock())
    for position, linkedid in enumerate("abc", 1):
        waiting.joined(linkedid, linkedid, position)
        assert waiting.music_started(linkedid) is None, "the music begins: nothing was said yet"
    assert [announced(waiting, linkedid) for linkedid in "abc"] == [None, 2, 3]
    assert [announced(waiting, linkedid) for linkedid in "abc"] == [None, None, None]


@pytest.mark.parametrize(("after_s", "told"), [(NOT_SOONER_S - 0.1, None), (NOT_SOONER_S, 2)])
def test_a_place_that_changes_is_told_but_not_at_once(after_s: float, told: int | None) -> None:
    clock = Clock()
    waiting = Waiting(clock)
    for position, linkedid in enumerate("abc", 1):
        waiting.joined(linkedid, linkedid, position)
    assert announced(waiting, "c") == 3
    waiting.left("a")
    clock.now += after_s
    assert announced(waiting, "c") == told
    clock.now += NOT_SOONER_S
    waiting.left("b")
    assert announced(waiting, "c") == 1


def test_whoever_has_left_or_was_never_there_is_told_nothing() -> None:
    waiting = Waiting(Clock())
    waiting.joined("a", "a", 1)
    waiting.joined("b", "b", 2)
    waiting.music_stopped("b")
    waiting.left("b")
    waiting.left("nobody")
    waiting.clear()
    assert [waiting.music_started(linkedid) for linkedid in ("b", "a", "nobody")] == [None, None, None]


def test_told_twice_is_in_the_queue_once() -> None:
    waiting = Waiting(Clock())
    waiting.joined("a", "a", 1)
    waiting.joined("a", "a", 1)
    waiting.joined("b", "b", 2)
    assert announced(waiting, "b") == 2


@pytest.mark.parametrize(
    ("place", "prompt"), [(2, "place-2"), (10, "place-10"), (11, "place-more"), (300, "place-more")]
)
def test_a_place_is_said_in_the_language_of_the_call(desk: Desk, place: int, prompt: str) -> None:
    for position in range(1, place):
        joined(desk, f"{position}.9", position)
    joined(desk, "1.0", place)
    choose(desk, desk.calls.get("1.0"), "en")
    for event in ("MusicOnHoldStop", "MusicOnHoldStart"):
        watch(desk, {"Event": event, "Channel": "PJSIP/trunk-1", "Linkedid": "1.0"})
    assert spoken(desk).said == [("1.0", "en", prompt)]
    assert (sounds_folder() / "en" / f"{prompt}.wav").is_file()


def joined(desk: Desk, linkedid: str, position: int) -> None:
    watch(
        desk,
        {"Event": "QueueCallerJoin", "Linkedid": linkedid, "Channel": linkedid, "Position": str(position)},
    )


def test_after_a_restart_asterisk_is_asked_who_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(desk.manager, "ask_who_waits", lambda: asked.append(True))
    joined(desk, "0.1", 1)
    watch(desk, {"Event": "FullyBooted", "Uptime": "0", "Timestamp": str(START.timestamp() - 60)})
    assert asked
    for position, linkedid in enumerate(("0.2", "1.0"), 1):
        watch(desk, {"Event": "QueueEntry", "Uniqueid": linkedid, "Channel": "x", "Position": str(position)})
    for event in ("MusicOnHoldStop", "MusicOnHoldStart"):
        watch(desk, {"Event": event, "Channel": "x", "Linkedid": "1.0"})
    assert spoken(desk).said == [("1.0", "zh", "place-2")]


def test_what_is_being_said_ends_when_somebody_answers() -> None:
    clock, manager = Clock(), Spoken()
    waiting = Waiting(clock)
    waiting.hush(manager, "1.0")
    waiting.say(manager, "1.0", "x", language="zh", sounds=["/s/place-2"])
    waiting.hush(manager, "1.0")
    waiting.hush(manager, "1.0")
    assert manager.hung_up == [whispering("1.0")]
    waiting.say(manager, "1.0", "x", language="zh", sounds=["/s/place-2"])
    clock.now += LONGEST_S
    waiting.hush(manager, "1.0")
    assert len(manager.hung_up) == 1, "it is long over"


def test_the_pattern_meets_that_calls_channel_alone() -> None:
    pattern = whispering("1795408044.2").strip("/")
    assert re.search(pattern, "Local/1795408044.2@shouwen-whisper-00000001;1")
    for another in (
        "Local/1795408044.21@shouwen-whisper-00000001;1",
        "Local/1795408044x2@shouwen-whisper-0;1",
    ):
        assert not re.search(pattern, another)


# ---- settings, files -------------------------------------------------------------------------------------------------
def test_a_line_has_its_own_language_or_the_centres() -> None:
    settings = Settings.model_validate({"language": "zh", "line_languages": "8001=en, 075212345678=zh"})
    assert [settings.language_of(line) for line in ("8000", "8001", "075212345678")] == ["zh", "en", "zh"]
    assert Settings().languages_of_lines == {}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("8000", "8000=zh,8001=en"),
        ("8000=fr", "8000=zh,8001=en"),
        ("8000=zh;8001=en", "8000=zh,8001=en"),
        ("8000=zh\nDESK=agi://elsewhere", "8000=zh,8001=en"),
        ("main=en", "8000=zh,8001=en"),
        ("8000=zh,8000=en", "named twice"),
    ],
)
def test_a_wrong_table_of_languages_is_refused_with_an_example(value: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Settings.model_validate({"line_languages": value})


def test_the_dialplan_gets_the_lines_languages(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {"home": tmp_path, "language": "en", "line_languages": "8000=zh,8001=en"}
    )
    home.prepare(settings)
    place = InstalledAsterisk(modules=Path("/somewhere/modules"), data=Path("/somewhere/data"))
    asterisk_config.render(settings, place, [])
    globals_ = (asterisk_process.configuration(settings).parent / "extensions.conf").read_text("utf-8")
    globals_ = globals_.partition("[globals]")[2].partition("\n[")[0]
    assert f"SOUNDS = {tmp_path}/asterisk/sounds\n" in globals_
    assert "LANGUAGE = en\nLANGUAGE_8000 = zh\nLANGUAGE_8001 = en\n" in globals_


def test_the_dialplan_knows_what_the_desk_says_and_sets() -> None:
    dialplan = (asterisk_files() / "extensions.conf").read_text("utf-8")
    manager = (asterisk_files() / "manager.conf").read_text("utf-8")
    for name in ("SHOUWEN_CALLER", "SHOUWEN_LANGUAGE", "SHOUWEN_SAID"):
        assert f"${{{name}}}" in dialplan.partition("[shouwen-whisper]")[2].partition("\n[")[0]
    assert "exten => listen," in dialplan
    assert re.search(r"\[shouwen-queue\].*?\nexten => wait,1,Queue\(service,", dialplan, re.DOTALL)
    for event in ("DTMFEnd", "MusicOnHoldStart", "MusicOnHoldStop"):
        assert f"name({event}),header(Exten),method(exact)) = wait" in manager
    assert "languageprefix = no" in (asterisk_files() / "asterisk.conf").read_text("utf-8")
    # nothing that is spoken names a language's folder
    assert not re.search(r"\$\{SOUNDS\}/(zh|en)/", dialplan)


@pytest.mark.parametrize(("language", "offered"), [("zh", "en"), ("en", "zh")])
def test_the_welcome_with_its_offer_is_short(language: str, offered: str) -> None:
    assert _seconds(language, "welcome") + _seconds(offered, "language-offer") <= 4.0
    assert _seconds(language, "language-now") <= 2.6


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_place_is_said_before_the_queue_speaks_again(language: str) -> None:
    for name in [f"place-{place}" for place in range(1, 11)] + ["place-more"]:
        assert _seconds(language, name) + 1 < waiting_module.LONGEST_S


def _seconds(language: str, name: str) -> float:
    with wave.open(str(sounds_folder() / language / f"{name}.wav")) as sound:
        return float(sound.getnframes() / sound.getframerate())
