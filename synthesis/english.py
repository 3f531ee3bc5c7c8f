"""English to the signs that Kokoro speaks: a British lexicon; for words it lacks pinyin, endings, rules of spelling.

No espeak-ng (GPL-3): the lexicon is that of misaki (Apache-2.0), with which the model was trained: two of its files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from synthesis.chinese import syllable

_VOWELS = frozenset("AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻ")
_VERB_AFTER = frozenset(
    {
        "to",
        "please",
        "will",
        "would",
        "can",
        "could",
        "must",
        "shall",
        "should",
        "may",
        "might",
        "not",
        "don't",
    }
    | {"i", "you", "we", "they", "and", "or", "then", "again"}
)
"""Before a word that is noun and verb (record, use): after these it is the verb."""

_PARTICLES = {"a": "ɐ", "an": "ɐn", "am": "am"}

_PINYIN = re.compile(
    r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    r"(?:iang|iong|uang|ang|eng|ing|ong|uai|uan|iao|ian|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|uo|ui|ue|er|a|o|e|i|u|v))"
)

_SPELLING: list[tuple[str, str]] = re.findall(
    r"(\S+)=(\S+)",
    "tion=ʃᵊn sion=ʒᵊn ough=ɔː augh=ɔː eigh=A igh=I tch=ʧ dge=ʤ ch=ʧ sh=ʃ ph=f th=θ wh=w ck=k ng=ŋ qu=kw "
    "kn=n wr=ɹ gh=ɡ ee=iː ea=iː oo=uː ai=A ay=A oi=Y oy=Y ou=W ow=W au=ɔː aw=ɔː ie=iː ei=A ey=i oa=Q "
    "ue=uː ew=juː ar=ɑː er=ɜː ir=ɜː or=ɔː ur=ɜː bb=b dd=d ff=f gg=ɡ ll=l mm=m nn=n pp=p rr=ɹ ss=s tt=t "
    "zz=z ce=s ci=sɪ cy=si ge=ʤ a=a b=b c=k d=d e=ɛ f=f g=ɡ h=h i=ɪ j=ʤ k=k l=l m=m n=n o=ɒ p=p q=k r=ɹ "
    "s=s t=t u=ʌ v=v w=w x=ks y=i z=z",
)
"""The first that fits counts: longer ones before shorter ones."""


class English:
    """The lexicon of a model's folder."""

    def __init__(self, folder: Path) -> None:
        """Reads it: a third of a second. Raises OSError or ValueError."""
        self._words: dict[str, str | Mapping[str, str | None]] = {}
        for name in ("gb_silver.json", "gb_gold.json"):
            self._words.update(json.loads((folder / name).read_text("utf-8")))

    def __call__(self, text: str) -> str:
        """The signs of words and marks; everything else is left out."""
        parts = re.findall(r"[A-Za-zÀ-ɏ]+(?:['.][A-Za-z]+)*|[,.;:!?]", text)
        spoken: list[str] = []
        for place, part in enumerate(parts):
            if not part[0].isalpha():
                if spoken:
                    spoken[-1] += part
                continue
            before = parts[place - 1] if place else ""
            spoken.append(self._in_sentence(part, before))
        for place, part in enumerate(parts_with_words(parts)):
            following = spoken[place + 1].lstrip("ˈˌ")[:1] if place + 1 < len(spoken) else ""
            mark = spoken[place][-1] if spoken[place][-1:] in ",.;:!?" and spoken[place] else ""
            if part.lower() == "the" and not mark:
                spoken[place] = "ði" if following in _VOWELS else "ðə"
            elif part.lower() == "to" and not mark and following:
                spoken[place] = "tʊ" if following in _VOWELS else "tə"
        return " ".join(each for each in spoken if each)

    def _in_sentence(self, word: str, before: str) -> str:
        small = word.lower()
        if small in _PARTICLES and (word == small or not before):
            return _PARTICLES[small]
        found = self._known(word)
        if isinstance(found, Mapping):
            wanted = "VERB" if before.lower() in _VERB_AFTER else "DEFAULT"
            found = (
                found.get(wanted) or found.get("VBP" if wanted == "VERB" else "DEFAULT") or found["DEFAULT"]
            )
        return found if found is not None else self._unknown(word)

    def _known(self, word: str) -> str | Mapping[str, str | None] | None:
        small = word.lower()
        if word in self._words and word != small:
            return self._words[word]
        if word.isupper() and 1 < len(word) <= 5 and (len(word) <= 3 or not re.search("[AEIOUY]", word)):
            return self._words[small] if small in _SAID_WHOLE else self._letters(word)
        return self._words.get(small, self._words.get(small.capitalize()))

    def _letters(self, word: str) -> str:
        """Letter by letter, the last one stressed."""
        names = [str(self._words.get(sign.upper(), "")) for sign in word if sign.isascii() and sign.isalpha()]
        return "".join(name.replace("ˈ", "ˌ") for name in names[:-1]) + (names[-1] if names else "")

    def _unknown(self, word: str) -> str:
        small = word.lower().replace(".", "")
        for ending, sound in (("'s", "z"), ("s", "z"), ("ed", "d"), ("ing", "ɪŋ"), ("ly", "li"), ("er", "ə")):
            stem = self._known(small.removesuffix(ending)) if small.endswith(ending) else None
            if isinstance(stem, str) and len(small) - len(ending) > 2:
                return stem + ("s" if sound == "z" and stem[-1] in "ptkfθ" else sound)
        if name := _pinyin(small):
            return name
        if not re.search("[aeiouy]", small) or len(small) == 1:
            return self._letters(small)
        return _spelled(small)


_SAID_WHOLE = frozenset(
    {
        "in",
        "on",
        "at",
        "is",
        "it",
        "as",
        "an",
        "or",
        "if",
        "of",
        "to",
        "up",
        "so",
        "no",
        "do",
        "go",
        "we",
        "he",
    }
    | {"me", "my", "by", "be", "us", "am", "the", "and", "for", "not", "you", "all"}
)
"""Short words that are no abbreviation even in capitals."""


def parts_with_words(parts: list[str]) -> list[str]:
    """The parts that are words."""
    return [part for part in parts if part[0].isalpha()]


def _pinyin(word: str) -> str:
    """A Chinese name in Latin letters, such as zhang or xiaoming; empty if it is none."""
    if not re.fullmatch(f"(?:{_PINYIN.pattern})+", word):
        return ""
    spoken = ""
    rest = word
    while rest:
        for length in range(min(6, len(rest)), 0, -1):
            sound = syllable(f"{rest[:length]}1") if _PINYIN.fullmatch(rest[:length]) else ""
            if sound and (len(rest) == length or re.match(_PINYIN.pattern, rest[length:])):
                spoken, rest = spoken + sound.replace("→", ""), rest[length:]
                break
        else:
            return ""
    return f"ˈ{spoken}"


def _spelled(word: str) -> str:
    """By the rules of spelling, stressed on its first vowel."""
    if len(word) > 3 and word.endswith("e") and not word.endswith(("ee", "ce", "ge", "ue", "ie")):
        word = word[:-1]
    sounds, place = "", 0
    while place < len(word):
        for letters, sound in _SPELLING:
            if word.startswith(letters, place):
                sounds, place = sounds + sound, place + len(letters)
                break
        else:
            place += 1
    first = next((at for at, sign in enumerate(sounds) if sign in _VOWELS), None)
    return sounds if first is None else f"{sounds[:first]}ˈ{sounds[first:]}"
