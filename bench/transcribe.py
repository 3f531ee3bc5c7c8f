"""How well and how fast recordings become text: character errors on test voices, seconds for 10 s.

.venv/bin/python bench/transcribe.py [--voices FOLDER]      # with a manifest.json; else tests/voices
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.figures import Figure
from bench.instance import Instance
from callcenter.cli.models import ensure_defaults
from callcenter.settings import Settings
from transcripts import models
from transcripts.audio import RATE_HZ, Audio, read_audio
from transcripts.engine import Recogniser

VOICES = Path(__file__).parents[1] / "tests" / "voices"
TARGET_S = 6.0
"""A 10 s message is text within this, on one core."""

_DIGITS = str.maketrans("0123456789幺", "零一二三四五六七八九一")
_ENGLISH = {
    "0": "zero", "1": "one", "2": "two", "3": "three", "4": "four",
    "5": "five", "6": "six", "7": "seven", "8": "eight", "9": "nine",
}  # fmt: skip


def comparable(text: str, language: str) -> str:
    """Letters alone, numerals written alike: `7号楼` and `七号楼` are the same."""
    if language == "zh":
        text = text.translate(_DIGITS)
    else:
        text = re.sub(r"\d", lambda digit: _ENGLISH[digit[0]], text.lower())
    return re.sub(r"[\W_]+", "", text)


def distance(wanted: str, got: str) -> int:
    """Characters to insert, delete or replace (Levenshtein)."""
    row = list(range(len(got) + 1))
    for i, left in enumerate(wanted, 1):
        corner, row[0] = row[0], i
        for j, right in enumerate(got, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (left != right))
    return row[-1]


def ten_seconds(recogniser: Recogniser, audio: Audio) -> float:
    """Seconds for 10 s of speech, the median of three; the model is loaded already."""
    message = Audio(np.resize(audio.samples, 10 * RATE_HZ))
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        recogniser.transcribe(message)
        taken.append(time.perf_counter() - started)
    return sorted(taken)[1]


def run(instance: Instance) -> list[Figure]:
    """Seconds for a 10 s message with each language's default engine; the instance is not needed."""
    settings = Settings()
    found = []
    for language in ("zh", "en"):
        recogniser = models.choose(settings, language)
        if recogniser is None:
            continue
        voice = read_audio(VOICES / f"{language}-message-01.wav")
        recogniser.transcribe(voice)
        name = f"a 10 s message becomes text, {language}, {recogniser.model}"
        found.append(Figure(name=name, measured=ten_seconds(recogniser, voice), unit="s", target=TARGET_S))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Character errors and speed of the recognisers in use.")
    parser.add_argument("--voices", type=Path, default=VOICES)
    parser.add_argument("--verbose", action="store_true", help="print what was understood")
    options = parser.parse_args()
    settings, console = Settings(), Console()
    ensure_defaults(settings, console)

    by_language: dict[str, list[dict[str, str]]] = defaultdict(list)
    for entry in json.loads((options.voices / "manifest.json").read_text("utf-8")):
        by_language[entry["language"]].append(entry)
    table = Table(
        "language", "engine", "files", "character errors", "x real time", f"10 s message (≤ {TARGET_S:.0f} s)"
    )
    for language, entries in sorted(by_language.items(), reverse=True):
        recogniser = models.choose(settings, language)
        if recogniser is None:
            console.print(f"{language}: {models.why_none(settings, language)}")
            continue
        recogniser.transcribe(read_audio(options.voices / entries[0]["file"]))
        wrong = letters = 0
        spent_s = spoken_s = 0.0
        for entry in entries:
            audio = read_audio(options.voices / entry["file"])
            started = time.perf_counter()
            said = recogniser.transcribe(audio).text
            spent_s, spoken_s = spent_s + time.perf_counter() - started, spoken_s + audio.seconds
            wanted = comparable(entry["text"], language)
            wrong, letters = wrong + distance(wanted, comparable(said, language)), letters + len(wanted)
            if options.verbose:
                console.print(entry["file"], said, highlight=False)
        longest = max(
            (read_audio(options.voices / entry["file"]) for entry in entries), key=lambda a: a.seconds
        )
        table.add_row(
            language,
            f"{recogniser.engine}, {recogniser.model}",
            str(len(entries)),
            f"{wrong / letters:.1%}",
            f"{spent_s / spoken_s:.2f}",
            f"{ten_seconds(recogniser, longest):.1f} s",
        )
    console.print(table)


if __name__ == "__main__":
    main()
