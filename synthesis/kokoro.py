"""Kokoro-82M (Apache-2.0) on one core: Chinese and English text to speech at 24 kHz."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from callcenter.prompts import Take
from callcenter.runtime.models import store
from callcenter.sound.samples import Samples
from callcenter.sound.shape import faded
from synthesis.chinese import chinese
from synthesis.english import English
from synthesis.errors import NothingToSay, TextTooLong, VoiceBroken, VoiceMissing
from synthesis.graph import LENGTHS, VERSION, WAVE, faster
from synthesis.reading import readable
from synthesis.speaker import LONGEST_TEXT, RATE_HZ, USUAL

Floats = npt.NDArray[np.float32]

VOICES = {"zh": "zf_xiaobei", "en": "bf_emma"}
PACES = {"zh": 1.05, "en": 1.0}
FILES = (
    "model.onnx",
    "vocab.json",
    "gb_gold.json",
    "gb_silver.json",
    *(f"voices/{v}.bin" for v in VOICES.values()),
)

_MOST_TOKENS = 500
"""The model takes 510."""

_SENTENCE_GAP_S, _CLAUSE_GAP_S = 0.3, 0.15
_SILENCE = 0.006
_AROUND_S = 0.06
_AFTER_CUT_S = 0.1
"""A sound rings on behind its own length."""
_MARKS = str.maketrans("，、。：；！？", ",,.:;!?")


class Kokoro:
    """Both voices of a model's folder; one text at a time. `synthesis.speaker.Speaker` says what is promised."""

    name = f"kokoro-82m {VOICES['zh']} {VOICES['en']}"

    def __init__(self, folder: Path) -> None:
        """Loads it. Raises VoiceMissing or VoiceBroken."""
        if not all((folder / name).is_file() for name in FILES):
            raise VoiceMissing
        self._lock = threading.Lock()
        try:
            self._vocabulary: dict[str, int] = json.loads((folder / "vocab.json").read_text("utf-8"))["vocab"]
            self._styles = {
                language: np.frombuffer((folder / "voices" / f"{voice}.bin").read_bytes(), np.float32)
                for language, voice in VOICES.items()
            }
            self._styles = {language: style.reshape(-1, 1, 256) for language, style in self._styles.items()}
            self._english = English(folder)
            self._session = _session(_network(folder))
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise VoiceBroken from error

    def say(self, text: str, language: str, *, take: Take = USUAL) -> Samples:
        """The whole text, sentence by sentence."""
        words = _checked(text, language)
        if take.behind:
            return self._cut_out(words, language, take)
        if take.style:
            words += "。"
        return np.concatenate([self._with_gap(each, language, take) for each in _sentences(words)])

    def signs(self, text: str) -> str:
        """What the model is given for a text that is readable."""
        spoken = []
        for part in re.findall(r"[㐀-鿿]+|[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'. ]*|[，、。：；！？,.:;!?]", text):
            if part[0] >= "㐀" and part[0] <= "鿿":
                spoken.append(chinese(part))
            elif part[0].isalpha():
                spoken.append(self._english(part))
            elif spoken and spoken[-1][-1:] not in ",.:;!?":
                spoken[-1] += part.translate(_MARKS)
        return "".join(sign for sign in " ".join(each for each in spoken if each) if sign in self._vocabulary)

    def _with_gap(self, sentence: str, language: str, take: Take) -> Samples:
        gap_s = _CLAUSE_GAP_S if sentence[-1] in ",，、:：" else _SENTENCE_GAP_S
        spoken = [
            _trimmed(self._spoken(part, language, take)[0]) for part in self._short(self.signs(sentence))
        ]
        return np.concatenate([*spoken, np.zeros(int(gap_s * RATE_HZ), np.float32)])

    def _short(self, signs: str) -> list[str]:
        """Cut where there is a gap, so that the model can take each part."""
        if not signs.strip(" ,.:;!?"):
            raise NothingToSay
        parts = [""]
        for word in re.findall(r"\S{1,400}\s*", signs):
            if len(parts[-1]) + len(word) > _MOST_TOKENS:
                parts.append("")
            parts[-1] += word
        return [part.strip() for part in parts]

    def _cut_out(self, words: str, language: str, take: Take) -> Samples:
        """The words at the end of a sentence, from where the model says that they begin."""
        before, signs = f"{self.signs(take.behind)} ", self.signs(words)
        samples, lengths = self._spoken(f"{before}{signs}.", language, take)
        ends = np.cumsum(lengths) * (len(samples) / lengths.sum())
        last = ends[len(before) + len(signs)] + _AFTER_CUT_S * RATE_HZ
        return _trimmed(samples[int(ends[len(before)]) : int(last)])

    def _spoken(self, signs: str, language: str, take: Take) -> tuple[Floats, Floats]:
        """Samples, and how long each sign is with the silence before and behind, in steps of the model's own."""
        tokens = [self._vocabulary[sign] for sign in signs]
        style = self._styles[language]
        feed = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[min(take.style or len(tokens) - 1, len(style) - 1)],
            "speed": np.array([take.speed or PACES[language]], np.float32),
        }
        with self._lock:
            try:
                samples, lengths = self._session.run([WAVE, LENGTHS], feed)
            except RuntimeError as error:
                raise VoiceBroken from error
        return np.asarray(samples, np.float32).ravel(), np.asarray(lengths, np.float32).ravel()


def _network(folder: Path) -> bytes:
    """The network in its faster form, which is kept: making it takes some seconds."""
    raw = (folder / "model.onnx").read_bytes()
    kept = store.made_of(folder) / f"{VERSION}-{hashlib.sha256(raw).hexdigest()[:16]}.onnx"
    if kept.is_file():
        return kept.read_bytes()
    made = faster(raw)
    part = kept.with_name(f".{kept.name}.{os.getpid()}")
    with suppress(OSError):  # a cache that cannot be written to costs time at the next start
        shutil.rmtree(kept.parent, ignore_errors=True)  # of an earlier version, or of another model
        kept.parent.mkdir(exist_ok=True)
        try:
            part.write_bytes(made)
            part.replace(kept)
        finally:
            part.unlink(missing_ok=True)
    return made


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, sess_options=options, providers=["CPUExecutionProvider"])


def _checked(text: str, language: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise TextTooLong(f"a text to be spoken may have {LONGEST_TEXT} characters: make it shorter")
    words = readable(text, language)
    if not re.search(r"[^\W\d_]", words):
        raise NothingToSay
    return words


def _sentences(words: str) -> list[str]:
    """Sentences with their marks; those without anything to say are left out."""
    found = re.findall(r"[^。？！；?!;.]+(?:\.(?!\s|$)[^。？！；?!;.]+)*[。？！；.?!;]*", words)
    return [each.strip() for each in found if re.search(r"[^\W\d_]", each)]


def _trimmed(spoken: Floats) -> Samples:
    """Without the silence around it that the model makes; raises NothingToSay for silence alone."""
    loud = np.flatnonzero(np.abs(spoken) > _SILENCE)
    if not len(loud):
        raise NothingToSay
    around = int(_AROUND_S * RATE_HZ)
    return faded(spoken[max(0, loud[0] - around) : loud[-1] + around], RATE_HZ)
