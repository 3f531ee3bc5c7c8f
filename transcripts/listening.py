"""One part of one recording, from the file to words: read, told from silence and tones, understood, written.

This runs in the recogniser's own process (`transcripts.aside`): whatever a file or an engine does ends there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from callcenter.domain.transcripts import Cause, Remark, SpokenPart, SpokenWord
from callcenter.settings import Settings
from transcripts import models
from transcripts.audio import RATE_HZ, Audio
from transcripts.echoes import is_own_prompt
from transcripts.engine import Recogniser, Transcript
from transcripts.errors import ModelMissing
from transcripts.files import open_recording
from transcripts.homophones import respelt, words_respelt
from transcripts.numerals import in_digits, words_in_digits
from transcripts.parts import LONGEST_S, SHORT_S, read_part
from transcripts.speech import instead_of_speech, speech_s
from transcripts.spoken_language import Guess, guess
from transcripts.text import tidy

LEAST_TO_GUESS_S = 1.5
"""Of less speech the language is not guessed."""
CLEAR = 0.85
"""A language is another one than expected from this probability on."""

_SOUNDS_LIKE = {"zh": Remark.SOUNDS_LIKE_ZH, "en": Remark.SOUNDS_LIKE_EN}

Chooser = Callable[[str], Recogniser]
"""A language's recogniser; raises ModelMissing, whose message tells what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be understood: a file of a folder, from `start_s` on.

    `language` is what to expect; `sure`: a person or the parts before have settled it. `engine` is a person's choice,
    `elsewhere`: the first choice has failed.
    """

    folder: Path
    name: str
    start_s: float
    language: str
    sure: bool = False
    engine: str | None = None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What became of it; `total_s` is the length of the whole as far as it is known."""

    part: SpokenPart
    total_s: float | None
    last: bool


def listen(settings: Settings, request: Request, choose: Chooser | None = None) -> Heard:
    """Understand one part of a recording. Raises TranscriptsError."""
    with open_recording(request.folder, request.name) as file:
        part = read_part(file, request.start_s, SHORT_S if request.elsewhere else LONGEST_S)
    spoken_s = speech_s(part.audio)
    language, remarks = request.language, part.remarks
    nothing = SpokenPart(
        start_s=part.start_s,
        end_s=part.end_s,
        text="",
        words=(),
        engine="",
        model="",
        language=language,
        remarks=remarks,
    )

    def told(result: SpokenPart) -> Heard:
        return Heard(part=result, total_s=part.total_s, last=part.last)

    if not spoken_s:
        return told(replace(nothing, cause=instead_of_speech(part.audio)))
    if not request.sure and spoken_s >= LEAST_TO_GUESS_S:
        found = guess(settings, part.audio)
        if found is not None and found.language != language and found.probability >= CLEAR:
            if found.language not in models.LANGUAGES:
                return told(_stranger(nothing, found))
            language, remarks = found.language, (*remarks, _SOUNDS_LIKE[found.language])
    recogniser = (choose or chooser(settings, request))(language)
    heard = finished(recogniser.transcribe(part.audio), language)
    result = replace(
        nothing,
        text=heard.text,
        words=_placed(heard, part.start_s),
        engine=heard.engine,
        model=heard.model,
        language=language,
        remarks=remarks,
    )
    if not heard.text:
        return told(replace(result, cause=Cause.UNINTELLIGIBLE))
    if is_own_prompt(heard.text, language):
        return told(replace(result, text="", words=(), cause=Cause.OWN_PROMPT))
    return told(result)


def chooser(settings: Settings, request: Request) -> Chooser:
    """The recogniser that a request gets for a language."""

    def choose(language: str) -> Recogniser:
        if request.engine is not None:
            found = next(iter(models.choices(settings, language, request.engine)), None)
        elif request.elsewhere:
            found = models.elsewhere(settings, language)
        else:
            found = models.choose(settings, language)
        if found is None:
            raise ModelMissing(models.why_none(settings, language))
        return found

    return choose


def finished(heard: Transcript, language: str) -> Transcript:
    """An engine's text and words as they are stored: Simplified, spelt as is likeliest, numbers in digits."""
    text = tidy(heard.text, language)
    tidied = [replace(word, word=tidy(word.word, language)) for word in heard.words]
    words = [word for word in tidied if word.word]
    if language == "zh":
        together = "".join(word.word for word in words) == text
        words = words_respelt(words)
        text = "".join(word.word for word in words) if together else respelt(text)
    return replace(heard, text=in_digits(text, language), words=tuple(words_in_digits(words, language)))


def _placed(heard: Transcript, start_s: float) -> tuple[SpokenWord, ...]:
    return tuple(
        SpokenWord(
            word=word.word,
            start_s=round(start_s + word.start_s, 3),
            end_s=round(start_s + word.end_s, 3),
            confidence=word.confidence,
        )
        for word in heard.words
    )


def _stranger(nothing: SpokenPart, found: Guess) -> SpokenPart:
    return replace(nothing, cause=Cause.OTHER_LANGUAGE, detail=f"it sounds like language {found.language}")


def warm(settings: Settings, language: str) -> None:
    """Have the language's model and words loaded, so that the first message need not wait for them."""
    recogniser = models.choose(settings, language)
    if recogniser is not None and recogniser.engine != "vosk-server":
        noise = np.random.default_rng(0).normal(0, 0.01, RATE_HZ)
        recogniser.transcribe(Audio(noise.astype(np.float32)))
    if language == "zh":
        respelt("您好")
