"""Prompts as the screens show them: what is live, what was refused and why, what is worth a second listen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callcenter.domain.own_prompts import Doubt, LiveChange, PromptId, RecordingRefused, Refusal, Version
from callcenter.prompts import Prompt
from web.i18n import N_, Speech

REFUSALS: Mapping[Refusal, str] = {
    Refusal.EMPTY: N_("Please choose a file: there was none, or nothing was in it."),
    Refusal.TOO_LARGE: N_("The file has more than 10 MB. Save it as MP3 or with fewer bits, and try again."),
    Refusal.UNREADABLE: N_("This is no sound file that can be read. WAV, MP3, M4A, OGG and FLAC are."),
    Refusal.DAMAGED: N_("Part of the file is missing or damaged. Save it again and send it once more."),
    Refusal.SILENT: N_("There is nothing to hear in the file. Was the microphone on?"),
    Refusal.CLIPPED: N_(
        "It was recorded far too loudly and is distorted. Please record it again, more quietly."
    ),
    Refusal.TOO_LONG: N_("It is too long: this prompt may last %(limit)s at most."),
    Refusal.TOO_SHORT: N_("There is less than a tenth of a second of sound in the file."),
}
DOUBTS: Mapping[Doubt, str] = {
    Doubt.CLIPPED: N_("Some peaks are cut off: listen whether it sounds distorted."),
    Doubt.NOISY: N_("There is much noise behind the voice."),
    Doubt.QUIET: N_("The original is very quiet: amplified, its noise is too."),
}


class Choice(StrEnum):
    """Which prompts a list shows. DRAFT: those with a recording that is newer than what callers hear."""

    SENTENCES = "sentences"
    PIECES = "pieces"
    OWN = "own"
    DRAFT = "draft"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One prompt of the list. `live`: the own recording that callers hear; `drafts`: versions after it."""

    prompt: Prompt
    live: Version | None
    change: LiveChange | None
    latest: int

    @property
    def version(self) -> int:
        """The number under which the sound is fetched."""
        return self.live.version if self.live else 0

    @property
    def has_draft(self) -> bool:
        """Whether the latest recording was never made live, nor any change made since."""
        return self.latest > (self.live.version if self.live else 0)

    @property
    def says(self) -> str:
        """What callers hear, in words."""
        return (self.live.wording if self.live else "") or self.prompt.text


def lines(
    catalogue: Mapping[PromptId, Prompt],
    live: Mapping[PromptId, Version],
    changes: Mapping[PromptId, LiveChange],
    latest: Mapping[PromptId, int],
    *,
    language: str,
    choice: Choice,
    words: str,
    say: Speech,
) -> list[Line]:
    """The prompts that are asked for: every word is in the key, the text or when it is heard."""
    wanted = words.casefold().split()
    found = []
    for prompt_id, prompt in catalogue.items():
        line = Line(
            prompt=prompt,
            live=live.get(prompt_id),
            change=changes.get(prompt_id),
            latest=latest.get(prompt_id, 0),
        )
        text = f"{prompt.key} {prompt.text} {line.says} {prompt.when} {say.gettext(prompt.when)}".casefold()
        if language and prompt.language != language:
            continue
        if _is_chosen(line, choice) and all(word in text for word in wanted):
            found.append(line)
    return found


def _is_chosen(line: Line, choice: Choice) -> bool:
    match choice:
        case Choice.SENTENCES:
            return not line.prompt.is_piece
        case Choice.PIECES:
            return line.prompt.is_piece
        case Choice.OWN:
            return line.live is not None
        case Choice.DRAFT:
            return line.has_draft
        case Choice.ALL:
            return True


def refusal_words(error: RecordingRefused, say: Speech) -> str:
    """Why a file was not taken, and what to do."""
    return say.gettext(REFUSALS[error.why]) % {"limit": say.seconds(round(error.longest_s * 1000))}


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One version on the page of its prompt. `reading`: what the recogniser understood; None: not read yet."""

    version: Version
    is_live: bool
    was_live: bool
    listened: bool
    doubts: Sequence[str]
    is_read: bool
    reading: str
    by: str
    at: datetime

    @property
    def may_go_live(self) -> bool:
        """Whether the reader may put it live."""
        return not self.is_live and (self.was_live or self.listened)


def version_lines(
    versions: Sequence[Version],
    changes: Sequence[LiveChange],
    listened: set[int],
    readings: Mapping[int, str | None],
    names: Mapping[str, str],
    say: Speech,
) -> list[VersionLine]:
    """Every version, the latest first."""
    live = changes[-1].version if changes else None
    once = {change.version for change in changes}
    return [
        VersionLine(
            version=each,
            is_live=each.version == live,
            was_live=each.version in once,
            listened=each.version in listened,
            doubts=[say.gettext(DOUBTS[doubt]) for doubt in each.doubts],
            is_read=each.version in readings,
            reading=readings.get(each.version) or "",
            by=names.get(each.uploaded_by, each.uploaded_by),
            at=each.uploaded_at,
        )
        for each in versions
    ]
