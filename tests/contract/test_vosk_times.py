"""Vosk says when each word is spoken, to 100 ms of the audio: in this process, and by a server over its socket.

Phrases are laid into silence at known instants, several of each, so that an error that grows with the length of the
audio, with its pieces or with a pause would show. What the Korean model writes of them makes no sense; when it hears
them does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from rich.console import Console

from callcenter.runtime.models import install
from callcenter.settings import Settings
from tests.support.vosk_server import vosk_server
from transcripts.audio import RATE_HZ, Audio, read_audio
from transcripts.engine import Recogniser
from transcripts.vosk_engine import VoskEngine
from transcripts.vosk_server import VoskServerEngine

VOICES = Path(__file__).parents[1] / "voices"
AT_S = (1.0, 4.87, 10.2)
WITHIN_S = 0.1
PAUSE_S = 0.5
"""Words further apart than this belong to different phrases."""

PHRASES = [
    ("en-message-01.wav", 8.29, 1.48),
    ("en-message-04.wav", 11.8, 1.8),
    ("zh-message-06.wav", 0.65, 1.41),
]
"""Where a phrase is that has a pause before and after it: file, second, length in seconds.

Those with words of the model's at both ends, whatever noise Kaldi adds: it draws it by rand(3), another one each time.
"""


@pytest.fixture(scope="module")
def folder() -> Path:
    """The model."""
    return install.get(Settings(), "vosk-ko", Console())


@pytest.fixture(scope="module", params=["vosk", "vosk-server"])
def recogniser(request: pytest.FixtureRequest, folder: Path) -> Iterator[Recogniser]:
    """Both ways to the model."""
    if request.param == "vosk":
        yield VoskEngine(folder, "vosk-ko", "ko")
        return
    with vosk_server(folder) as address:
        yield VoskServerEngine(address, "ko")


def phrase(file: str, start_s: float, length_s: float) -> npt.NDArray[np.float32]:
    samples = read_audio(VOICES / file).samples
    return samples[round(start_s * RATE_HZ) : round((start_s + length_s) * RATE_HZ)]


@pytest.mark.parametrize(("file", "start_s", "length_s"), PHRASES)
def test_words_are_where_they_are_spoken(
    recogniser: Recogniser, file: str, start_s: float, length_s: float
) -> None:
    spoken = phrase(file, start_s, length_s)
    track = np.zeros(13 * RATE_HZ, np.float32)
    for at_s in AT_S:
        track[round(at_s * RATE_HZ) :][: len(spoken)] = spoken
    words = recogniser.transcribe(Audio(track)).words

    begun = [words[0].start_s]
    ended: list[float] = []
    for word, following in pairwise(words):
        if following.start_s - word.end_s > PAUSE_S:
            ended.append(word.end_s)
            begun.append(following.start_s)
    ended.append(words[-1].end_s)
    assert begun == pytest.approx(AT_S, abs=WITHIN_S)
    assert ended == pytest.approx([at_s + length_s for at_s in AT_S], abs=WITHIN_S)
