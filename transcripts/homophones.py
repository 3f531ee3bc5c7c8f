"""Chinese that was heard right and written wrong: 热水气 becomes 热水器, 我姓辰 becomes 我姓陈.

Whisper base hears syllables well and spells them by chance. So characters are taken for what they sound like, without
tones, and the likeliest words that sound so are written: likely as jieba's dictionary counts them, and words of service
centres (words_zh.txt) more than others. A character only goes for a word that is much likelier, a sure one never.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from pypinyin import lazy_pinyin

from callcenter.chinese_dictionary import chinese_dictionary
from transcripts.engine import Word

PENALTY = 5.0
"""What a changed character costs, in natural logarithms of probability."""
BONUS = 8.0
"""What a word of the centre has over its frequency in books and newspapers."""
LEAST_COUNT = 30
"""Rarer words of the dictionary take nobody's place."""
LONGEST = 5
SURE = 0.95
"""What the recogniser is surer of than this (0..1) is left alone."""

_HAN = "[\u4e00-\u9fff]"
_PART = re.compile(f"姓{_HAN}|{_HAN}+?(?=姓)|{_HAN}+")
_SURNAME = re.compile(f"(?<=姓){_HAN}(?=$|叫|(?!{_HAN}))")
_SURNAMES = (
    "陈周王李张刘黄吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟"
    "汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
"""The commonest; of two that sound alike the commoner one stands first."""


def respelt(text: str, sure: Sequence[bool] = ()) -> str:
    """The text, as long as before, with likelier characters of the same sound.

    `sure` tells of each character whether the recogniser is sure of it; empty: of none.
    """
    held = sure or [False] * len(text)
    named = _SURNAME.sub(lambda found: found[0] if held[found.start()] else _surname(found[0]), text)
    return _PART.sub(lambda part: _likeliest(part[0], held[part.start() : part.end()]), named)


def words_respelt(words: Sequence[Word]) -> list[Word]:
    """The words of one text, respelt together: each keeps its place, its length and its confidence."""
    text = "".join(word.word for word in words)
    sure = [word.confidence > SURE for word in words for _ in word.word]
    respelled, place, result = respelt(text, sure), 0, []
    for word in words:
        result.append(replace(word, word=respelled[place : place + len(word.word)]))
        place += len(word.word)
    return result


def _surname(written: str) -> str:
    return written if written in _SURNAMES else _surnames().get(lazy_pinyin(written)[0], written)


@cache
def _surnames() -> dict[str, str]:
    return {lazy_pinyin(name)[0]: name for name in reversed(_SURNAMES)}


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """`own`: words of the centre. `sounding`: words by their syllables without tones; `nearly`: own ones, blurred."""

    counts: Mapping[str, int]
    total: int
    own: frozenset[str]
    sounding: Mapping[tuple[str, ...], Sequence[str]]
    nearly: Mapping[tuple[str, ...], Sequence[str]]

    def alike(self, sounds: Sequence[str]) -> set[str]:
        """Words of so many syllables that sound so; own ones also if they nearly do."""
        return {
            *self.sounding.get(tuple(sounds), ()),
            *self.nearly.get(tuple(_blurred(sound) for sound in sounds), ()),
        }

    def score(self, word: str) -> float:
        """Its probability as a natural logarithm, with the bonus."""
        frequency = math.log((self.counts.get(word) or 1) / self.total)
        return frequency + BONUS if word in self.own else frequency

    def knows(self, word: str) -> bool:
        """Whether it is a word; every character is."""
        return len(word) == 1 or word in self.own or bool(self.counts.get(word))


@cache
def _lexicon() -> _Lexicon:
    dictionary = chinese_dictionary()
    lines = resources.files("transcripts").joinpath("words_zh.txt").read_text("utf-8").splitlines()
    own = frozenset(word for line in lines if not line.startswith("#") for word in line.split())
    sounding: dict[tuple[str, ...], list[str]] = defaultdict(list)
    nearly: dict[tuple[str, ...], list[str]] = defaultdict(list)
    common = {word for word, count in dictionary.FREQ.items() if count >= LEAST_COUNT}
    for word in sorted(common | own):
        if 2 <= len(word) <= LONGEST and re.fullmatch(f"{_HAN}+", word):
            sounds = tuple(lazy_pinyin(word))
            sounding[sounds].append(word)
            if word in own:
                nearly[tuple(_blurred(sound) for sound in sounds)].append(word)
    return _Lexicon(dictionary.FREQ, dictionary.total, own, sounding, nearly)


def _blurred(sound: str) -> str:
    """A syllable without what a telephone, and many a speaker, does not tell apart: z and zh, in and ing."""
    return re.sub("([aei])ng$", r"\1n", re.sub("^([zcs])h", r"\1", sound))


def _likeliest(run: str, held: Sequence[bool]) -> str:
    """The likeliest words of a run of characters: Viterbi's way over all words that begin at each place."""
    if len(run) < 2 or run.startswith("姓"):
        return run
    lexicon = _lexicon()
    sounds = [sound for word in chinese_dictionary().lcut(run, HMM=False) for sound in lazy_pinyin(word)]
    if len(sounds) != len(run):
        return run
    best = [(0.0, "")] + [(-math.inf, "")] * len(run)
    for start in range(len(run)):
        so_far, before = best[start]
        for end in range(start + 1, min(start + LONGEST, len(run)) + 1):
            written = run[start:end]
            for word in (written, *sorted(lexicon.alike(sounds[start:end]))):
                changed = [new != old for new, old in zip(word, written, strict=True)]
                if word == written and not lexicon.knows(word):
                    continue
                if any(new and sure for new, sure in zip(changed, held[start:end], strict=True)):
                    continue
                score = so_far + lexicon.score(word) - PENALTY * sum(changed)
                if score > best[end][0]:
                    best[end] = (score, before + word)
    return best[-1][1]
