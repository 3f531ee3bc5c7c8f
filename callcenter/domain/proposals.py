"""What a form may be proposed from a caller's message: name, kind, wished reply, place; never a number to call.

Pure rules over the words; whether a proposal is taken over is a person's decision. Telephone numbers are misheard half
the time, so there is no rule for them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from callcenter.domain.heard_names import BREAK, Found, find_name
from callcenter.domain.heard_times import find_wish
from callcenter.domain.policy import FormField, Heard, Kind
from callcenter.domain.transcripts import SpokenWord

DOUBTFUL = 0.7
"""A value of which a word has less confidence is doubtful: a misheard name of the test voices has 0.63, a right one
0.73 and more."""
LONGEST_QUOTE = 30
LONGEST = 4_000
"""Characters of a text that are looked at: a message of two minutes has a thousand."""
_NEAR = 80
"""Characters beside a word that are looked at."""


class Source(StrEnum):
    """Who proposes."""

    RULES = "rules"
    MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was understood of a message. `words` are the machine's; a corrected text is a person's.

    `spoken_on`: the local day on which it was left.
    """

    text: str
    language: str
    spoken_on: date
    words: Sequence[SpokenWord] = ()
    corrected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A value for a field of the form. `words` are the caller's that say so, `said` the part of them that is the value.

    `start_s`: where in the recording the words begin; None where the text is not the machine's. `confidence`: 0..1 of
    the least certain word of the value; None where a person has corrected the text.
    """

    field: str
    value: str
    words: str
    said: str
    start_s: float | None = None
    confidence: float | None = None
    source: Source = Source.RULES

    @property
    def doubtful(self) -> bool:
        """Whether the recogniser was not sure of what it rests on."""
        return self.confidence is not None and self.confidence < DOUBTFUL


def propose(
    message: Message, kinds: Sequence[Kind], fields: Iterable[FormField] = ()
) -> tuple[Proposal, ...]:
    """What the words of a message say for the form, at most one for each field.

    `kinds`: the policy's, with the words that tell them; `fields`: the policy's own of which it says what they hold.
    """
    message = replace(message, text=message.text[:LONGEST])
    spoken = Spoken(message)
    found = []
    if name := find_name(message.text, message.language):
        found.append(spoken.proposal("contact_name", name.value, name))
    if matter := find_kind(message.text, message.language, kinds):
        found.append(spoken.proposal("kind", matter[0], matter[1]))
    if wish := find_wish(message.text, message.language, message.spoken_on):
        found.append(spoken.proposal("wished_reply", wish[0].value, wish[1]))
    if place := find_place(message.text, message.language):
        found += [
            spoken.proposal(each.key, place.value, place) for each in fields if each.heard is Heard.PLACE
        ]
    return tuple(found)


def find_kind(text: str, language: str, kinds: Sequence[Kind]) -> tuple[str, Found] | None:
    """The kind whose words are said most often (each counts once); None where two are even.

    The policy's first kind is what a matter is until something else is said: it yields to any other.
    """
    told = {kind.key: list(_said(text, language, kind.words.get(language, ()))) for kind in kinds}
    first = kinds[0].key if kinds else ""
    others = {key: said for key, said in told.items() if said and key != first}
    if not others:
        return (first, told[first][0]) if told.get(first) else None
    most = max(len(said) for said in others.values())
    best = [key for key, said in others.items() if len(said) == most]
    return (best[0], others[best[0]][0]) if len(best) == 1 else None


_NOT = {
    "zh": re.compile("(?:不是|不算|没有?|不想|不用|并非)(?:要|来|想)?$"),
    "en": re.compile(r"\b(?:not|no|don't|isn't)(?: \w+){0,2} $", re.I),
}


def _said(text: str, language: str, words: Iterable[str]) -> Iterable[Found]:
    """Each word that is said, once, with its clause; one that is denied does not count."""
    found = []
    for word in words:
        pattern = re.escape(word) if language == "zh" else rf"\b{re.escape(word)}\b"
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if _NOT[language].search(text[max(0, match.start() - _NEAR) : match.start()]):
                continue
            found.append(
                Found(
                    value=match[0], start=match.start(), end=match.end(), words=_clause(text, match, language)
                )
            )
            break
    return sorted(found, key=lambda each: each.start)


def _clause(text: str, match: re.Match[str], language: str) -> str:
    """The words around, up to where they part; a long clause is cut."""
    parts = BREAK if language == "zh" else r",.!?;:"
    before = re.split(f"[{parts}]", text[max(0, match.start() - _NEAR) : match.start()])[-1]
    after = re.split(f"[{parts}]", text[match.end() : match.end() + _NEAR])[0]
    room = max(0, LONGEST_QUOTE - len(match[0]))
    if language == "en":
        before, after = " ".join(before.split()[-6:]), " ".join(after.split()[:6])
        return " ".join(filter(None, (before, match[0], after)))
    return f"{before[-room // 2 :]}{match[0]}{after[: room // 2]}"


_NUMBER = "[0-9零一二三四五六七八九十百幺两A-Za-z]{1,5}"
_EN_DIGIT = "(?i:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_EN_NUMBER = rf"(?:[0-9]\w{{0,5}}|[A-Z]\d{{0,4}}|{_EN_DIGIT}(?:\s{_EN_DIGIT}){{0,3}})"
_PLACES = {
    "zh": re.compile(
        rf"{_NUMBER}(?:号宿舍楼|号楼|号公寓|[栋幢座])(?:{_NUMBER}(?:单元|层|楼))?(?:{_NUMBER}(?:号房|教室|寝室|宿舍|[室房号])?)?"
        rf"|{_NUMBER}(?:号房|教室|寝室|室|房间)"
    ),
    "en": re.compile(
        rf"\b(?i:building|block|dormitory|dorm)\s(?i:number\s)?{_EN_NUMBER}(?:,?\s(?i:room|flat)\s(?i:number\s)?{_EN_NUMBER})?\b"
        rf"|\b(?i:room|classroom|flat)\s(?i:number\s)?{_EN_NUMBER}\b"
    ),
}


def find_place(text: str, language: str) -> Found | None:
    """The first building or room that is named."""
    match = _PLACES[language].search(text)
    if match is None:
        return None
    return Found(value=match[0], start=match.start(), end=match.end(), words=match[0])


class Spoken:
    """The machine's words behind a text, to find where a part of it is said and how surely."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._letters, self._owner = "", list[int]()
        for index, word in enumerate(message.words):
            letters = _letters(word.word)
            self._letters += letters
            self._owner += [index] * len(letters)

    def proposal(self, field: str, value: str, found: Found, source: Source = Source.RULES) -> Proposal:
        """A proposal with its place in the recording and its confidence."""
        before = len(_letters(self._message.text[: found.start]))
        said = self._message.text[found.start : found.end]
        own = self._words(said, before)
        whole = self._words(found.words, before) or own
        return Proposal(
            field=field,
            value=value,
            words=found.words,
            said=said,
            start_s=whole[0].start_s if whole else None,
            confidence=None if self._message.corrected or not own else min(word.confidence for word in own),
            source=source,
        )

    def _words(self, text: str, near: int) -> list[SpokenWord]:
        """The words that say `text`, those nearest to where it stands; none if they were written otherwise."""
        letters = _letters(text)
        places = (
            [match.start() for match in re.finditer(re.escape(letters), self._letters)] if letters else []
        )
        if not places:
            return []
        start = min(places, key=lambda place: abs(place - near))
        owners = self._owner[start : start + len(letters)]
        return [self._message.words[index] for index in range(owners[0], owners[-1] + 1)]


def _letters(text: str) -> str:
    return "".join(
        each
        for each in unicodedata.normalize("NFKC", text).casefold()
        if unicodedata.category(each)[0] in "LN"
    )
