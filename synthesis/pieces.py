"""A text cut into pieces, so that the first is heard while the next is still being said."""

from __future__ import annotations

import re

FIRST, MOST_FIRST, LONGEST = 14, 18, 30
"""Length of a piece, in characters of Chinese; 46 letters of English take as long as 13 of them. The first
has MOST_FIRST at most: it is said within three seconds of one core."""

_SENTENCE = re.compile(r"[^。！？!?；;\n]+?(?:[。！？!?；;]+|\.(?=\s|$)|$|\n)")
_CLAUSE = re.compile(r".+?(?:(?!(?<=\d)(?:，\d{3}(?!\d)|：\d))[，、：]+|[,:]+(?!\d)|$)")
"""Neither 1,000 nor 14:30 is cut, in the wide signs of a Chinese keyboard neither."""
_WORD = re.compile(r"\d+(?:[.,:．，：]\d+)*\s*|[\u3000-\U0010ffff]|[^\u3000-\U0010ffff]\S*\s*")
_ENDS = re.compile(rf"([\u3400-\u9fff]{{5,{MOST_FIRST - 1}}}[了的吗呢吧过着在到和与及])(?=[\u3400-\u9fff])")


def pieces_of(text: str) -> list[str]:
    """The text's pieces in order: sentences, long ones cut at their commas, and where there are none, anywhere."""
    pieces: list[str] = []
    for sentence in _SENTENCE.findall(text):
        for clause in _clauses(sentence.strip(), FIRST if not pieces else LONGEST):
            most = MOST_FIRST if not pieces else LONGEST
            pieces += [part for part in _cut(clause, most) if any(each.isalnum() for each in part)]
    return pieces


def width(text: str) -> float:
    """How long it takes to say, in characters of Chinese; a digit takes as long."""
    return sum(1.0 if each > "\u2fff" or each.isdigit() else 0.28 for each in text)


def _clauses(sentence: str, most: int) -> list[str]:
    """The sentence whole if it is short, or clauses put together up to `most`."""
    if width(sentence) <= most:
        return [sentence] if sentence else []
    found: list[str] = []
    for clause in _CLAUSE.findall(sentence):
        limit = most if len(found) <= 1 else LONGEST
        if found and width(found[-1]) + width(clause) <= limit:
            found[-1] += clause
        else:
            found.append(clause)
    return [clause.strip() for clause in found if clause.strip()]


def _cut(clause: str, most: int) -> list[str]:
    """Parts of a clause without a pause: the first of `most`, behind a word that often ends something."""
    if width(clause) <= most:
        return [clause]
    if most < LONGEST and (found := _ENDS.match(clause)):
        return [found[1], *_cut(clause[found.end(1) :].strip(), LONGEST)]
    parts = [""]
    for word in _WORD.findall(clause):
        # a word without an end is no word
        for piece in (word[at : at + 2 * LONGEST] for at in range(0, len(word), 2 * LONGEST)):
            if parts[-1] and width(parts[-1]) + width(piece) > (most if len(parts) == 1 else LONGEST):
                parts.append("")
            parts[-1] += piece
    return [part.strip() for part in parts if part.strip()]
