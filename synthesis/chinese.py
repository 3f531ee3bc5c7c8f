"""Chinese to the signs that Kokoro speaks: words by jieba, their sounds by pypinyin.

The signs are those of misaki 0.9.4 (Apache-2.0), with which the model was trained; misaki itself runs on no Python
after 3.12.
"""

from __future__ import annotations

from pypinyin import Style, lazy_pinyin

from callcenter.chinese_dictionary import chinese_dictionary

_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_INITIALS = {
    **{"b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l"},
    **{"g": "k", "k": "kʰ", "h": "x", "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "z": "ʦ", "c": "ʦʰ", "s": "s"},
    **{"zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "r": "ɻ", "": ""},
}
_FINALS = {
    **{"a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0", "e": "ɤ0", "ei": "ei0", "en": "ə0n"},
    **{"eng": "ə0ŋ", "i": "i0", "ia": "ja0", "ian": "jɛ0n", "iang": "ja0ŋ", "iao": "jau0", "ie": "je0"},
    **{"in": "i0n", "iou": "jou0", "ing": "i0ŋ", "iong": "jʊ0ŋ", "ong": "ʊ0ŋ", "ou": "ou0", "u": "u0"},
    **{
        "uei": "wei0",
        "ua": "wa0",
        "uai": "wai0",
        "uan": "wa0n",
        "uen": "wə0n",
        "uang": "wa0ŋ",
        "ueng": "wə0ŋ",
    },
    **{"uo": "wo0", "o": "wo0", "v": "y0", "ve": "ɥe0", "van": "ɥɛ0n", "vn": "y0n", "er": "ɚ0"},
    **{"uong": "ʊ0ŋ", "ê": "ɛ0", "io": "jɔ0", "m": "m0", "n": "n0", "ng": "ŋ0"},
}
_BUZZ = "ɨ0"
"""The vowel of zhi, chi, shi, ri, zi, ci and si."""


def syllable(pinyin: str) -> str:
    """A syllable as pypinyin writes it, with the tone's figure: zhong1. Empty for what is none."""
    sound, tone = pinyin[:-1], pinyin[-1:]
    if tone not in _TONES:
        return ""
    if sound in ("o", "yo"):
        return ("ɔ" if sound == "o" else "wo") + _TONES[tone]
    initial = next((sign for sign in ("zh", "ch", "sh") if sound.startswith(sign)), sound[:1])
    if initial not in _INITIALS:
        initial = ""
    final = _final(initial, sound[len(initial) :])
    if sound in ("er", "m", "n", "ng", "ê"):
        initial, final = "", sound
    if final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        return (_INITIALS[initial] + _BUZZ).replace("0", _TONES[tone])
    if final not in _FINALS:
        return ""
    return (_INITIALS[initial] + _FINALS[final]).replace("0", _TONES[tone])


def _final(initial: str, written: str) -> str:
    """The final in full: written y and w, iu, ui, un, and ü after j, q and x."""
    final = written.replace("ü", "v")
    if not initial and final.startswith("yu"):
        return "v" + final[2:] if final != "yung" else "iong"
    if not initial and final.startswith("y"):
        final = final[1:] if final[1:2] == "i" else "i" + final[1:]
    elif not initial and final.startswith("w"):
        final = final[1:] if final[1:2] == "u" else "u" + final[1:]
    elif initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    return {"iu": "iou", "ui": "uei", "un": "uen", "ue": "ve", "uei": "uei", "ien": "ian"}.get(final, final)


def chinese(text: str) -> str:
    """The signs of Chinese characters, a gap between words; characters without a known sound are left out."""
    spoken = []
    for word in chinese_dictionary().lcut(text):
        pinyins = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, errors="ignore")
        spoken.append("".join(syllable(pinyin) for pinyin in pinyins))
    return " ".join(each for each in spoken if each)
