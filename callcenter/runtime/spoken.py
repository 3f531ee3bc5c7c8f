"""Where speech that the desk made is kept: sound by text, so that nothing is said twice, and what is said of a caller.

The worker writes, the desk plays. The database has no part in it: what is not there in time is left out. The files
hold personal data: readable by their owner alone, and swept by age and size.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from callcenter.runtime import home
from callcenter.settings import Settings

VOICE = "kokoro"
"""The model that speaks, by its name in the catalogue."""
RATE_HZ = 8000
KEPT_S = 24 * 3600.0
MOST_BYTES = 200_000_000
CALL_KEPT_S = 4 * 3600.0
"""What is said of a caller goes when the call is over; at the latest then, if nobody saw its end."""


def folder(settings: Settings) -> Path:
    """All of it."""
    return settings.home / "spoken"


def digest(*parts: str) -> str:
    """The name of a file: of a text, its voice and its language, never what they are."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def piece_file(settings: Settings, text: str, voice: str, language: str) -> Path:
    """The sound of one piece of a text."""
    return folder(settings) / "pieces" / f"{digest(text, voice, language)}.wav"


def plan_file(settings: Settings, text: str, language: str) -> Path:
    """Which pieces a text has, in order: known before the first of them is said."""
    return folder(settings) / "plans" / f"{digest(text, language)}.json"


def caller_file(settings: Settings, linkedid: str) -> Path:
    """What is said of a caller before a briefing."""
    return folder(settings) / "calls" / f"{digest(linkedid)}.wav"


def levelled_file(settings: Settings, recording: str) -> Path:
    """A recorded briefing as it is played; `recording` is the original's path, which stays as it is."""
    return folder(settings) / "levelled" / f"{digest(recording)}.wav"


def read_plan(settings: Settings, text: str, language: str) -> list[Path] | None:
    """The files of a text's pieces, whether or not they are there yet; None while nobody has begun."""
    try:
        names = json.loads(plan_file(settings, text, language).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) and name.isalnum() for name in names):
        return None
    return [folder(settings) / "pieces" / f"{name}.wav" for name in names]


def write_plan(settings: Settings, text: str, language: str, pieces: Sequence[Path]) -> None:
    """Say which pieces the text has."""
    names = json.dumps([piece.stem for piece in pieces])
    write(settings, plan_file(settings, text, language), names.encode())


def write(settings: Settings, path: Path, content: bytes) -> None:
    """Write a file of this folder whole or not at all, for its owner alone. Raises OSError."""
    for each in (folder(settings), path.parent):
        home.make_private(each)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def forget_caller(settings: Settings, linkedid: str) -> None:
    """The call is over."""
    caller_file(settings, linkedid).unlink(missing_ok=True)


def sweep(settings: Settings, *, kept_s: float = KEPT_S, most_bytes: int = MOST_BYTES) -> int:
    """Remove what is old, and the oldest of what is too much; the number of files that went."""
    now, removed = time.time(), 0
    files = sorted(_files(folder(settings)), reverse=True)
    total = 0
    for touched, size, path in files:
        total += size
        keep_s = min(kept_s, CALL_KEPT_S) if path.parent.name in ("calls", "levelled") else kept_s
        if now - touched > keep_s or total > most_bytes:
            with suppress(OSError):
                path.unlink()
                removed += 1
    return removed


def _files(top: Path) -> Iterator[tuple[float, int, Path]]:
    for path in top.glob("*/*"):
        with suppress(OSError):
            status = path.stat()
            yield status.st_mtime, status.st_size, path
