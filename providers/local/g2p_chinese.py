"""Chinese text → the phoneme letters and tone arrows that the Kokoro voice reads.

Readings come from `pypinyin`; syllables are turned into phonemes here.
"""

from __future__ import annotations

import importlib
import re
from typing import Any

PACKAGE = "pypinyin"
_INITIALS = {
    "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ",
    "n": "n", "l": "l", "g": "k", "k": "kʰ", "h": "x", "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "r": "ɻ", "z": "ʦ",
    "c": "ʦʰ", "s": "s",
}  # fmt: skip
# "0" is where the tone's arrow goes: behind the vowel, before what closes the syllable.
_FINALS = {
    "a": "a0", "o": "wo0", "e": "ɤ0", "ai": "ai0", "ei": "ei0", "ao": "au0", "ou": "ou0", "an": "a0n",
    "en": "ə0n", "ang": "a0ŋ", "eng": "ə0ŋ", "ong": "ʊ0ŋ", "er": "ɚ0", "i": "i0", "ia": "ja0", "ie": "je0",
    "iao": "jau0", "iu": "jou0", "ian": "jɛ0n", "in": "i0n", "iang": "ja0ŋ", "ing": "i0ŋ", "iong": "jʊ0ŋ",
    "io": "jo0", "u": "u0", "ua": "wa0", "uo": "wo0", "uai": "wai0", "ui": "wei0", "uan": "wa0n",
    "un": "wə0n", "uang": "wa0ŋ", "ueng": "wə0ŋ", "v": "y0", "ve": "ɥe0", "van": "ɥɛ0n", "vn": "y0n",
}  # fmt: skip
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_PAUSES = {"，": ",", "、": ",", "。": ".", "！": "!", "？": "?", "；": ";", "：": ":", "…": "…"}
_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_FIGURES = re.compile(r"\d+")
_SYLLABLE = re.compile(r"([a-zêü]+)([1-5])")


class Chinese:
    """Turns Chinese into phoneme letters."""

    def __init__(self, package: Any = None) -> None:
        """Use another package than the installed one, for tests.

        Raises:
            ModuleNotFoundError: the package for Chinese readings is not installed.
        """
        self._package = package or importlib.import_module(PACKAGE)

    def phonemes(self, text: str) -> str:
        """The phonemes of a text, with its punctuation."""
        text = _FIGURES.sub(lambda match: in_words(match[0]), text)
        style = self._package.Style.TONE3
        readings = self._package.lazy_pinyin(
            text, style=style, neutral_tone_with_five=True, tone_sandhi=True, v_to_u=False
        )
        out: list[str] = []
        for reading in readings:
            match = _SYLLABLE.fullmatch(reading)
            if match:
                out.append(syllable(match[1], match[2]))
            else:
                out += [_PAUSES.get(ch, ch if ch in ",.!?;:" else "") for ch in reading]
        return "".join(out)


def in_words(digits: str) -> str:
    """Figures below ten thousand as words, longer ones digit by digit."""
    number = int(digits[:5])
    if len(digits) > 4 or number == 0:
        return "".join(_DIGITS[digit] for digit in digits)
    out, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            out += ("零" if gap and out else "") + _DIGITS[str(digit)] + name
            gap = False
        else:
            gap = True
    return out[1:] if out.startswith("一十") else out


def syllable(pinyin: str, tone: str) -> str:
    """The phonemes of one syllable in its plain spelling ("zhong", "1")."""
    initial, final = _split(pinyin)
    if final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        sound = "ɨ0"
    elif final == "o" and initial in ("b", "p", "m", "f"):
        sound = "wo0"
    else:
        sound = _FINALS.get(final, "")
    return _INITIALS.get(initial, "") + sound.replace("0", _TONES[tone])


def _split(pinyin: str) -> tuple[str, str]:
    """Initial and full final: "ju" → j + v, "yan" → "" + ian, "wei" → "" + ui."""
    pinyin = pinyin.replace("ü", "v").replace("ê", "e")
    initial = next((one for one in _INITIALS if pinyin.startswith(one)), "")
    final = pinyin[len(initial) :]
    if initial in ("j", "q", "x") and final.startswith("u"):
        return initial, "v" + final[1:]
    if initial:
        return initial, final
    if final.startswith("yu"):
        return "", "v" + final[2:]
    if final.startswith("y"):
        rest = final[1:]
        return "", {"ou": "iu"}.get(rest, rest if rest.startswith("i") else "i" + rest)
    if final.startswith("w"):
        rest = final[1:]
        return "", {"ei": "ui", "en": "un", "u": "u"}.get(rest, "u" + rest)
    return "", final
