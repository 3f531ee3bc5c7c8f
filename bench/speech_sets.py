"""Speech of which the text is known: the project's own test voices, and real speech that packages bring."""

from __future__ import annotations

import gzip
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path

from bench.speech_line import at_line_rate
from callcenter.settings import default_cache
from callcenter.sound.decode import decode
from callcenter.sound.samples import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A sound at 8 kHz and what is said in it."""

    name: str
    language: str
    text: str
    samples: Samples


def voices(folder: Path) -> list[Spoken]:
    """A folder with a manifest.json: a list of `file`, `language`, `text`."""
    return [
        _spoken(entry["file"], entry["language"], entry["text"], (folder / entry["file"]).read_bytes())
        for entry in json.loads((folder / "manifest.json").read_text("utf-8"))
    ]


def allison(most: int = 60) -> list[Spoken]:
    """Asterisk's English prompts, spoken by Allison Smith: real speech, in every cache with Asterisk. `most`: the
    longest texts of those that are said as they are written."""
    roots = sorted(default_cache().glob("asterisk-*/usr/share"))
    if not roots:
        return []
    listed = gzip.decompress((roots[0] / "doc/asterisk-core-sounds-en/core-sounds-en.txt.gz").read_bytes())
    texts: dict[str, str] = {}
    for line in listed.decode("utf-8", "replace").splitlines():
        name, colon, text = line.partition(": ")
        if colon and not line.startswith(";") and not re.search(r"[\[\]()*#]|\.\.\.", text):
            texts[name] = text
    folder = next((roots[0] / "asterisk/sounds").glob("en*"))
    longest = sorted(texts, key=lambda name: (-len(texts[name]), name))
    there = [name for name in longest if (folder / f"{name}.wav").is_file()]
    return [_spoken(name, "en", texts[name], (folder / f"{name}.wav").read_bytes()) for name in there[:most]]


def librivox(archive: Path) -> list[Spoken]:
    """The LibriVox sentences in the source archive of the package pocketsphinx: real speech, read by a volunteer."""
    with tarfile.open(archive) as tar:
        content = {
            Path(member.name).stem: found.read()
            for member in tar
            if "/test/data/librivox/" in member.name and (found := tar.extractfile(member)) is not None
        }
    lines = content["transcription"].decode("utf-8").splitlines()
    told = (re.fullmatch(r"<s> (.*) </s> \((.*)\)", line) for line in lines)
    return [_spoken(found[2], "en", found[1], content[found[2]]) for found in told if found]


def _spoken(name: str, language: str, text: str, raw: bytes) -> Spoken:
    sound = decode(raw)
    return Spoken(name=name, language=language, text=text, samples=at_line_rate(sound.samples, sound.rate_hz))
