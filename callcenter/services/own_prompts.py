"""Own recordings of prompts: put beside the product's, listened to, made live, taken back; every step is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from callcenter.domain.own_prompts import (
    BEFORE_RINGING_S,
    NOTE_LIMIT,
    WORDING_LIMIT,
    Converted,
    LiveChange,
    LiveSound,
    NotListenedTo,
    PromptId,
    StalePrompt,
    TooLongTogether,
    UnknownVersion,
    Version,
    clean_file_name,
    may_go_live,
    partner,
)
from callcenter.domain.text import clean


class OwnPrompts(Protocol):
    """Own recordings; see `callcenter.db.own_prompts`."""

    def lock(self, prompt: PromptId) -> None: ...
    def add(
        self,
        prompt: PromptId,
        converted: Converted,
        *,
        file_name: str,
        wording: str,
        note: str,
        by: str,
        at: datetime,
    ) -> Version: ...
    def version(self, prompt: PromptId, version: int) -> Version | None: ...
    def sound(self, version_id: int) -> tuple[bytes, bytes] | None: ...
    def note_listened(self, version_id: int, by: str, at: datetime) -> None: ...
    def has_listened(self, version_id: int, by: str) -> bool: ...
    def changes(self, prompt: PromptId) -> list[LiveChange]: ...
    def add_change(self, change: LiveChange) -> None: ...
    def live(self) -> Mapping[PromptId, LiveSound]: ...


class OwnPromptsUnitOfWork(Protocol):
    """A transaction that knows own recordings."""

    @property
    def own_prompts(self) -> OwnPrompts: ...


def add_version(
    uow: OwnPromptsUnitOfWork,
    prompt: PromptId,
    converted: Converted,
    *,
    file_name: str,
    wording: str,
    note: str,
    by: str,
    now: datetime,
) -> Version:
    """Keep a recording as the prompt's next version; callers do not hear it yet."""
    uow.own_prompts.lock(prompt)
    return uow.own_prompts.add(
        prompt,
        converted,
        file_name=clean_file_name(file_name),
        wording=clean(wording, WORDING_LIMIT) or "",
        note=clean(note, NOTE_LIMIT) or "",
        by=by,
        at=now,
    )


def get_version(uow: OwnPromptsUnitOfWork, prompt: PromptId, version: int) -> Version:
    """One version; raises UnknownVersion."""
    found = uow.own_prompts.version(prompt, version)
    if found is None:
        raise UnknownVersion
    return found


def get_sound(uow: OwnPromptsUnitOfWork, version: Version) -> bytes:
    """What a version sounds like, 16 kHz; raises UnknownVersion."""
    sounds = uow.own_prompts.sound(version.id)
    if sounds is None:
        raise UnknownVersion
    return sounds[1]


def go_live(
    uow: OwnPromptsUnitOfWork,
    prompt: PromptId,
    version: int | None,
    *,
    by: str,
    now: datetime,
    shipped_s: Callable[[PromptId], float],
    seen: int | None = None,
) -> LiveChange:
    """Have callers hear this version, or the product's own voice for None; what is live already stays as it is.

    `seen`: the last change that whoever decided it knew of (0: none); None: whatever it was. `shipped_s`: how long the
    product's own prompt is. Raises UnknownVersion, NotListenedTo, StalePrompt if there was another change since, and
    TooLongTogether.
    """
    own, beside = uow.own_prompts, partner(prompt)
    for each in sorted(
        [prompt] if beside is None else [prompt, beside], key=lambda each: (each.key, each.language)
    ):
        own.lock(each)
    before = own.changes(prompt)
    latest = before[-1] if before else None
    if latest is not None and latest.version == version:
        return latest
    if seen is not None and seen != (latest.seq if latest else 0):
        raise StalePrompt
    if beside is not None:
        _check_together(uow, {prompt: version, beside: _live(uow, beside)}, shipped_s)
    if version is not None:
        wanted = get_version(uow, prompt, version)
        was_live = any(change.version == version for change in before)
        if not may_go_live(was_live=was_live, listened=own.has_listened(wanted.id, by)):
            raise NotListenedTo
    change = LiveChange(
        prompt=prompt, seq=latest.seq + 1 if latest else 1, version=version, set_by=by, set_at=now
    )
    if latest is not None or version is not None:  # the product's own voice is live from the start
        own.add_change(change)
    return change


def _live(uow: OwnPromptsUnitOfWork, prompt: PromptId) -> int | None:
    changes = uow.own_prompts.changes(prompt)
    return changes[-1].version if changes else None


def _check_together(
    uow: OwnPromptsUnitOfWork,
    versions: Mapping[PromptId, int | None],
    shipped_s: Callable[[PromptId], float],
) -> None:
    seconds = (
        get_version(uow, prompt, version).seconds if version is not None else shipped_s(prompt)
        for prompt, version in versions.items()
    )
    if sum(seconds) > BEFORE_RINGING_S:
        raise TooLongTogether
