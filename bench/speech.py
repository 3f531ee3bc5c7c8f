"""How well, how fast and in how much memory each recogniser understands: the table of docs/speech.md.

.venv/bin/python -m bench speech                       # prints it; without the product's instance
.venv/bin/python -m bench.speech --write docs/speech.md --librivox POCKETSPHINX-5.1.1.TAR.GZ
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure
from bench.instance import Instance
from bench.speech_line import LINE_HZ, LINES
from bench.speech_score import errors, units
from bench.speech_sets import Spoken, allison, librivox, voices
from callcenter.settings import Settings
from callcenter.sound.wav import wav_bytes
from transcripts import models
from transcripts.audio import Audio
from transcripts.engine import Recogniser
from transcripts.listening import finished
from transcripts.parts import read_part

VOICES = Path(__file__).parents[1] / "tests" / "voices"
MARK = "<!-- bench speech -->"
TARGETS = {"zh": 5.0, "en": 2.5}
"""Percent of the test voices, clean, numerals written alike."""
REAL_TIME, MEMORY_MB = 0.25, 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Errors of one engine on one set: percent by line. `speed`: median of seconds of CPU for a second of sound."""

    language: str
    engine: str
    spoken: str
    files: int
    percent: dict[str, float]
    speed: float


def sets(folder: Path, pocketsphinx: Path | None) -> dict[str, list[Spoken]]:
    """What is measured, by its name in the table."""
    found = {"test voices (synthetic)": voices(folder), "Asterisk's prompts (Allison Smith)": allison()}
    if pocketsphinx:
        found["LibriVox, by pocketsphinx 5.1.1"] = librivox(pocketsphinx)
    return found


def recognisers(language: str) -> Iterator[Recogniser]:
    """Every one that is installed for the language, the one that `auto` takes first."""
    yield from models.choices(Settings(), language)


def measured(recogniser: Recogniser, spoken: str, items: Sequence[Spoken], lines: Sequence[str]) -> Row:
    """One row, with the lines named."""
    language = items[0].language
    finished(
        recogniser.transcribe(_audio(items[0], "clean")), language
    )  # loaded, so that the first is not slower
    percent: dict[str, float] = {}
    speeds: list[float] = []
    for line in lines:
        wrong = total = 0
        for item in items:
            audio = _audio(item, line)
            started = time.process_time()
            text = finished(recogniser.transcribe(audio), language).text
            speeds.append((time.process_time() - started) / audio.seconds)
            wanted = units(item.text, language)
            wrong, total = wrong + errors(wanted, units(text, language)), total + len(wanted)
        percent[line] = 100 * wrong / total
    return Row(
        language=language,
        engine=f"{recogniser.engine}, {recogniser.model}",
        spoken=spoken,
        files=len(items),
        percent=percent,
        speed=statistics.median(speeds),
    )


def memory_mb(file: Path, language: str) -> float:
    """Most memory of a fresh process that transcribes a file with the engine in use."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    subprocess.run(
        [str(Path(sys.executable).with_name("shouwen")), "transcribe", str(file), "--language", language],
        check=True,
        capture_output=True,
    )
    return max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def all_rows(found: dict[str, list[Spoken]], lines: Sequence[str]) -> list[Row]:
    """Every engine on every set that is in its language."""
    rows = []
    for language in models.LANGUAGES:
        for recogniser in recognisers(language):
            for spoken, items in found.items():
                mine = [item for item in items if item.language == language]
                if mine:
                    rows.append(measured(recogniser, spoken, mine, lines))
    return rows


def markdown(rows: Sequence[Row], memory: dict[str, float]) -> str:
    """The table, and the line of memory under it."""
    lines = list(rows[0].percent)
    head = ["language", "engine, model", "speech", "files", *lines, "× real time"]
    out = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    for row in rows:
        figures = [f"{row.percent[line]:.1f} %" for line in lines]
        cells = [row.language, row.engine, row.spoken, str(row.files), *figures, f"{row.speed:.2f}"]
        out.append("| " + " | ".join(cells) + " |")
    used = ", ".join(f"{language} {size:.0f} MB" for language, size in memory.items())
    return "\n".join([*out, "", f"Most memory of a fresh process with the engine in use: {used}."])


def run(instance: Instance) -> list[Figure]:
    """The test voices on a clean line, against the targets; the instance is not needed."""
    folder = Path(os.environ.get("SHOUWEN_VOICES", VOICES))
    found: list[Figure] = []
    for language in models.LANGUAGES:
        recogniser = next(recognisers(language), None)
        items = [item for item in voices(folder) if item.language == language]
        if recogniser is None or not items:
            continue
        row = measured(recogniser, "voices", items, ["clean"])
        what = f"{'character' if language == 'zh' else 'word'} errors, {language}, {row.engine}"
        found += [
            Figure(name=what, measured=row.percent["clean"], unit="%", target=TARGETS[language]),
            Figure(name=f"× real time, {language}", measured=row.speed, unit="", target=REAL_TIME),
        ]
        file = folder / f"{language}-message-01.wav"
        memory = memory_mb(file, language)
        found.append(Figure(name=f"memory, {language}", measured=memory, unit="MB", target=MEMORY_MB))
    return found


def main() -> None:
    """Print the table, or put it between the marks of a document."""
    parser = argparse.ArgumentParser(description="The accuracy table of the recognisers that are installed.")
    parser.add_argument("--voices", type=Path, default=VOICES, help="folder with a manifest.json")
    parser.add_argument("--librivox", type=Path, help="source archive of the package pocketsphinx 5.1.1")
    parser.add_argument("--write", type=Path, help="document with two marks to put the table between")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON, for further work")
    options = parser.parse_args()
    rows = all_rows(sets(options.voices, options.librivox), list(LINES))
    memory = {
        language: memory_mb(options.voices / f"{language}-message-01.wav", language)
        for language in models.LANGUAGES
        if models.available(Settings(), language)
    }
    if options.json:
        print(json.dumps([{**row.percent, "speech": row.spoken, "engine": row.engine} for row in rows]))
    table = markdown(rows, memory)
    if options.write:
        before, _, rest = options.write.read_text("utf-8").partition(MARK)
        _, _, after = rest.partition(MARK)
        options.write.write_text(f"{before}{MARK}\n{table}\n{MARK}{after}", "utf-8")
    else:
        print(table)


def _audio(item: Spoken, line: str) -> Audio:
    """As the product reads it from a recording."""
    return read_part(io.BytesIO(wav_bytes(LINES[line](item.samples), LINE_HZ)), 0.0).audio


if __name__ == "__main__":
    main()
