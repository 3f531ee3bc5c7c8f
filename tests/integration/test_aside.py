"""The recogniser's own process: its death costs one try, it stays within bounds, and stands still while calls are set
up."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from rich.console import Console

from callcenter.domain.transcripts import Cause
from callcenter.runtime import calls_first
from callcenter.runtime.models import install
from callcenter.settings import Settings
from tests.polling import until
from transcripts import aside
from transcripts.aside import Aside
from transcripts.audio import Audio, read_audio
from transcripts.engine import Transcript
from transcripts.errors import EngineFailed, EngineTooLarge, EngineTooSlow, ModelMissing
from transcripts.listening import Request

VOICES = Path(__file__).parents[1] / "voices"
PATIENCE_S = 120
AT_WORK = 150_000_000
"""Bytes that the process only takes once it has the audio and loads a model."""


@pytest.fixture(scope="module", autouse=True)
def whisper() -> Path:
    """Whisper base, in the cache."""
    return install.get(Settings(), "whisper-base", Console())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SHOUWEN_HOME", str(tmp_path))
    return Settings()


@pytest.fixture
def announce(home: Settings) -> Iterator[calls_first.Announcer]:
    with closing(calls_first.Announcer(home)) as announcer:
        yield announcer


@pytest.fixture
def beside(home: Settings) -> Iterator[Aside]:
    before = children()
    yield Aside(home)
    # its thread, and with it the process, would live as long as the tests
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: children() <= before, what="its end")


def children() -> set[int]:
    """The recognisers' processes that are ours and alive."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
            command = (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(parent) == os.getpid() and state != "Z" and b"recogniser" in command:
            found.add(int(status.parent.name))
    return found


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def voice() -> Audio:
    return read_audio(VOICES / "zh-message-02.wav")


def asked(beside: Aside) -> Callable[[], Transcript | Exception | None]:
    """Has it understood that voice, meanwhile."""
    answer: list[Transcript | Exception] = []

    def ask() -> None:
        try:
            answer.append(beside.choose("zh").transcribe(voice()))
        except EngineFailed as error:
            answer.append(error)

    threading.Thread(target=ask, daemon=True).start()
    return lambda: answer[0] if answer else None


def test_it_understands_and_starts_with_the_first_recording_only(beside: Aside) -> None:
    before = children()
    assert beside.choose("zh").engine == "whisper"
    assert children() == before
    assert "发票" in beside.choose("zh").transcribe(voice()).text
    (process,) = children() - before
    beside.choose("en").transcribe(voice())
    assert children() - before == {process}


def test_a_language_without_a_model(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelMissing, match="shouwen models get whisper-base"):
        Aside(Settings()).choose("zh")


def test_its_death_costs_one_try(beside: Aside) -> None:
    before = children()
    answer = asked(beside)
    (pid,) = until(lambda: children() - before, PATIENCE_S, "a process")
    until(lambda: psutil.Process(pid).memory_info().rss > AT_WORK, PATIENCE_S, "its model's loading")
    os.kill(pid, signal.SIGKILL)
    failed = until(answer, PATIENCE_S, "an answer")
    assert isinstance(failed, EngineFailed)
    assert "ended in the middle" in str(failed)
    assert "发票" in beside.choose("zh").transcribe(voice()).text
    assert pid not in children()


def test_a_death_between_recordings_costs_nothing(beside: Aside) -> None:
    before = children()
    beside.choose("zh").transcribe(voice())
    (pid,) = children() - before
    os.kill(pid, signal.SIGKILL)
    assert "发票" in beside.choose("zh").transcribe(voice()).text


def test_it_stands_still_while_calls_are_set_up_and_then_goes_on(
    announce: calls_first.Announcer, beside: Aside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcenter.runtime.beside.STILL_S", 0.5)
    before = children()
    beside.choose("zh").transcribe(voice())
    (pid,) = children() - before
    answer = asked(beside)

    def stopped() -> bool:
        announce()
        return state(pid) == "T"

    until(stopped, what="standing still")
    assert answer() is None
    found = until(answer, PATIENCE_S, "an answer")
    assert isinstance(found, Transcript)
    assert "发票" in found.text


def test_on_a_line_that_never_rests_it_still_gets_on(
    announce: calls_first.Announcer, beside: Aside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcenter.runtime.beside.MOST_STILL_S", 0.2)
    before = children()
    beside.choose("zh").transcribe(voice())
    assert children() - before
    answer = asked(beside)

    def understood() -> Transcript | Exception | None:
        announce()
        return answer()

    assert isinstance(until(understood, PATIENCE_S, "an answer"), Transcript)


def test_nobody_listens(announce: calls_first.Announcer) -> None:
    announce()


def test_a_home_with_a_long_name(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / ("x" * 120))
    settings.home.mkdir()
    with calls_first.listen(settings) as listening, closing(calls_first.Announcer(settings)) as announce:
        announce()
        listening.settimeout(5)
        assert listening.recv(10) == b""
    calls_first.address(settings).unlink()


def _request(home: Settings, name: str = "a.wav", **more: Any) -> Request:
    home.recordings.mkdir(exist_ok=True)
    shutil.copy(VOICES / "zh-message-02.wav", home.recordings / name)
    return Request(folder=home.recordings, name=name, start_s=0.0, language="zh", **more)


def test_a_part_of_a_recording_is_read_and_understood_over_there(beside: Aside, home: Settings) -> None:
    heard = beside.listen(_request(home))
    assert heard.last
    assert "发票" in heard.part.text


def test_the_second_try_is_made_by_a_fresh_process(beside: Aside, home: Settings) -> None:
    before = children()
    beside.listen(_request(home))
    (first,) = children() - before
    heard = beside.listen(_request(home, elsewhere=True))
    (second,) = children() - before
    assert first != second
    assert "老师" in heard.part.text or "学" in heard.part.text


def test_a_process_that_takes_too_much_memory_is_ended_and_told(home: Settings) -> None:
    before = children()
    small = Aside(home, most_bytes=60_000_000)
    with pytest.raises(EngineTooLarge) as caught:
        small.listen(_request(home))
    assert caught.value.cause is Cause.OUT_OF_MEMORY
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)


def test_a_process_that_hangs_is_ended_and_told(home: Settings) -> None:
    before = children()
    impatient = Aside(home, patience_s=0.2)
    with pytest.raises(EngineTooSlow) as caught:
        impatient.listen(_request(home))
    assert caught.value.cause is Cause.TOO_SLOW
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)


def test_what_a_real_message_takes_stays_within_the_bound(beside: Aside, home: Settings) -> None:
    before = children()
    beside.listen(_request(home))
    (pid,) = children() - before
    assert psutil.Process(pid).memory_info().rss < aside.MOST_BYTES


def test_the_process_ends_while_nothing_is_asked_of_it(beside: Aside, home: Settings) -> None:
    before = children()
    beside.warm("zh")
    (pid,) = children() - before
    os.kill(pid, signal.SIGKILL)
    assert "发票" in beside.listen(_request(home)).part.text
