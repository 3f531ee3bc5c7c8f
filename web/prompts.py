"""Own recordings of prompts, put in and made live by form or by program."""

from __future__ import annotations

import wave
from collections.abc import Mapping
from functools import lru_cache

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from callcenter.domain.own_prompts import (
    LARGEST,
    LiveChange,
    PromptId,
    RecordingRefused,
    Refusal,
    UnknownPrompt,
    UnknownVersion,
    Version,
    longest_s,
    partner,
)
from callcenter.prompts import Prompt, prompts
from callcenter.runtime.prompt_upload import convert
from callcenter.services.own_prompts import add_version, get_sound, get_version, go_live
from web.console import Console
from web.sounds import as_sound

PRODUCT = 0
"""Stands for the product's own voice where a version is named."""


@lru_cache(maxsize=1)
def catalogue() -> dict[PromptId, Prompt]:
    """Every prompt in every language, in the order of the list."""
    return {PromptId(language=each.language, key=each.key): each for each in prompts()}


def find(language: str, key: str) -> tuple[PromptId, Prompt]:
    """A prompt of the catalogue; raises UnknownPrompt. Nothing else ever becomes part of a path."""
    wanted = PromptId(language=language, key=key)
    found = catalogue().get(wanted)
    if found is None:
        raise UnknownPrompt
    return wanted, found


@lru_cache(maxsize=8)
def shipped_s(prompt: PromptId) -> float:
    """How long the product's own prompt is; 0 for one that is not there."""
    found = catalogue().get(prompt)
    if found is None or not found.file.is_file():
        return 0.0
    with wave.open(str(found.file)) as file:
        return float(file.getnframes() / file.getframerate())


def limit_s(prompt: Prompt, live: Mapping[PromptId, Version]) -> float:
    """How long a recording of it may be, in seconds, beside what is live."""
    beside = partner(PromptId(language=prompt.language, key=prompt.key))
    if beside is None:
        return longest_s(prompt.key, is_piece=prompt.is_piece)
    beside_s = live[beside].seconds if beside in live else shipped_s(beside)
    return longest_s(prompt.key, is_piece=prompt.is_piece, partner_s=beside_s)


def put_in(
    console: Console, prompt: PromptId, form: FormData, *, wording: str, note: str, by: str
) -> Version:
    """The form's file as the next version. Raises UnknownPrompt, RecordingRefused, ConversionFailed."""
    _, found = find(prompt.language, prompt.key)
    upload = form.get("file")
    with console.work() as work:
        limit = limit_s(found, work.own_prompts.live_versions())
    if not isinstance(upload, UploadFile):
        raise RecordingRefused(Refusal.EMPTY, limit)
    converted = convert(upload.file.read(LARGEST + 1), limit)
    with console.work() as work:
        version = add_version(
            work,
            prompt,
            converted,
            file_name=upload.filename or "",
            wording=wording,
            note=note,
            by=by,
            now=console.clock(),
        )
        work.commit()
    return version


def make_live(console: Console, prompt: PromptId, version: int, *, by: str, seen: int | None) -> LiveChange:
    """Callers hear this version, or for PRODUCT the product's voice, a few seconds from now.

    Raises UnknownVersion, NotListenedTo, StalePrompt, TooLongTogether.
    """
    with console.work() as work:
        change = go_live(
            work, prompt, version or None, by=by, now=console.clock(), shipped_s=shipped_s, seen=seen
        )
        work.commit()
    return change


def play(console: Console, request: Request, prompt: PromptId, version: int, *, by: str | None) -> Response:
    """The sound of a version; who got all of it has listened to it. Raises UnknownPrompt, UnknownVersion."""
    _, found = find(prompt.language, prompt.key)
    if version == PRODUCT:
        files = [file for file in (found.wideband_file, found.file) if file.is_file()]
        if not files:
            raise UnknownVersion
        return as_sound(files[0].read_bytes(), request)[0]
    with console.work() as work:
        stored = get_version(work, prompt, version)
        response, is_whole = as_sound(get_sound(work, stored), request)
        if is_whole and by is not None:
            work.own_prompts.note_listened(stored.id, by, console.clock())
            work.commit()
    return response
