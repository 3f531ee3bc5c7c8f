"""What reads utterances while they are spoken keeps the same promises: Vosk as a stream, Whisper in windows, a fake."""

from __future__ import annotations

import json
import wave
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.runtime.models import store
from callcenter.settings import Settings
from callcenter.sound.wav import pcm16
from transcripts.live_reader import Reader, VoskReader, WhisperReader, wide
from transcripts.live_voice import RATE_HZ, Utterance

VOICES = Path(__file__).parents[2] / "callcenter" / "softphone" / "voices"


class FakeRecogniser:
    """Vosk as far as a stream needs it: one word for each second that it was given."""

    def __init__(self, fed: list[bytes]) -> None:
        self._fed = fed
        self._seconds = 0.0

    def AcceptWaveform(self, data: bytes) -> bool:
        self._fed.append(data)
        self._seconds += len(data) / 2 / 16_000
        return False

    def PartialResult(self) -> str:
        return json.dumps({"partial": self._words()})

    def FinalResult(self) -> str:
        return json.dumps({"text": self._words()})

    def _words(self) -> str:
        return " ".join(["词"] * int(self._seconds))


def fake() -> Reader:
    return VoskReader(lambda: FakeRecogniser([]), "zh")


def vosk() -> Reader:
    from vosk import KaldiRecognizer

    from transcripts.vosk_engine import _load

    model = _load(_model("vosk-ko"))
    return VoskReader(lambda: KaldiRecognizer(model, 16_000), "ko")


def whisper() -> Reader:
    return WhisperReader(_model("whisper-base"), "zh")


def _model(name: str) -> Path:
    folder = store.folder(Settings()) / name
    assert folder.is_dir(), "set-up fetches it"
    return folder


@pytest.fixture(params=[fake, vosk, whisper], ids=["fake", "vosk", "whisper"])
def reader(request: pytest.FixtureRequest) -> Reader:
    make: Callable[[], Reader] = request.param
    return make()


def voice(seconds: float) -> array[int]:
    with wave.open(str(VOICES / "zh-message-01.wav")) as file:
        return array("h", file.readframes(int(seconds * RATE_HZ)))


def test_it_reads_more_as_more_is_said_and_all_when_it_is_over(reader: Reader) -> None:
    said, one = voice(5.0), Utterance(number=1, begins_s=0.0)
    lengths = []
    for start in range(0, len(said), RATE_HZ):
        one.samples.extend(said[start : start + RATE_HZ])
        lengths.append(len(reader.read(one)))
    one.is_over = True
    assert len(reader.read(one)) >= 3
    assert lengths[-1] > lengths[0]


def test_the_next_utterance_begins_anew(reader: Reader) -> None:
    first = Utterance(number=1, begins_s=0.0, samples=voice(5.0), is_over=True)
    whole = reader.read(first)
    quiet = Utterance(number=2, begins_s=6.0, samples=array("h", bytes(2 * 4000)), is_over=True)
    assert reader.read(quiet) == ""
    again = Utterance(number=3, begins_s=7.0, samples=voice(5.0), is_over=True)
    assert 0 < len(reader.read(again)) < 1.5 * len(whole), "what was said before is not said again"


def test_nothing_said_is_nothing_read(reader: Reader) -> None:
    assert reader.read(Utterance(number=1, begins_s=0.0)) == ""
    assert reader.read(Utterance(number=2, begins_s=0.0, is_over=True)) == ""


def test_a_stream_is_given_each_sample_once() -> None:
    fed: list[bytes] = []
    reading = VoskReader(lambda: FakeRecogniser(fed), "zh")
    said, one = voice(3.0), Utterance(number=1, begins_s=0.0)
    for start in range(0, len(said), RATE_HZ):
        one.samples.extend(said[start : start + RATE_HZ])
        reading.read(one)
    assert len(b"".join(fed)) == 2 * 2 * len(said)
    assert fed[0] == pcm16(wide(said[:RATE_HZ]))
