"""Japanese text → the phoneme letters that the Kokoro voice reads.

Readings of kanji come from `pyopenjtalk` (its dictionary is in the package); kana are turned into
phonemes here. It must not import anything that is GPL.
"""

from __future__ import annotations

import importlib
import unicodedata
from typing import Any

PACKAGE = "pyopenjtalk"
_VOWELS = {"ア": "a", "イ": "i", "ウ": "ɯ", "エ": "e", "オ": "o"}
_ROWS = (
    ("カキクケコ", "k"), ("ガギグゲゴ", "ɡ"), ("サシスセソ", "s"), ("ザジズゼゾ", "ʣ"), ("タチツテト", "t"),
    ("ダヂヅデド", "d"), ("ナニヌネノ", "n"), ("ハヒフヘホ", "h"), ("バビブベボ", "b"), ("パピプペポ", "p"),
    ("マミムメモ", "m"), ("ラリルレロ", "ɾ"),
)  # fmt: skip
_OWN = {
    "キ": "kʲi", "ギ": "ɡʲi", "シ": "ɕi", "ジ": "ʥi", "ヂ": "ʥi", "ス": "sɨ", "ズ": "zɨ", "ヅ": "zɨ",
    "チ": "ʨi", "ツ": "ʦɨ", "ニ": "ɲi", "ヒ": "çi", "フ": "ɸɯ", "ビ": "bʲi", "ピ": "pʲi", "ミ": "mʲi",
    "リ": "ɾʲi", "ヤ": "ja", "ユ": "jɯ", "ヨ": "jo", "ワ": "βa", "ヲ": "o", "ヴ": "vɯ",
}  # fmt: skip
_SMALL = {"ァ": "a", "ィ": "i", "ゥ": "ɯ", "ェ": "e", "ォ": "o"}
_GLIDES = {"ャ": "a", "ュ": "ɯ", "ョ": "o"}
_PAUSES = {"、": ",", "。": ".", "！": "!", "？": "?", "!": "!", "?": "?", ",": ",", ".": ".", "…": "…"}


class Japanese:
    """Turns Japanese into phoneme letters. Loading the dictionary takes a second, so keep one."""

    def __init__(self, reader: Any = None) -> None:
        """Use a reader other than the installed package's `run_frontend`, for tests.

        Raises:
            ModuleNotFoundError: the package for Japanese readings is not installed.
        """
        if reader is None:
            reader = importlib.import_module(PACKAGE).run_frontend
        self._reader = reader

    def phonemes(self, text: str) -> str:
        """The phonemes of a text, phrases parted by spaces, with its punctuation."""
        parts: list[str] = []
        for node in self._reader(unicodedata.normalize("NFKC", text), use_sudachi_kanji_yomi=False):
            if node["pos"] == "記号":
                mark = "".join(_PAUSES.get(ch, "") for ch in node["string"])
                if parts and mark:
                    parts[-1] += mark[0]
                continue
            sounds = from_kana(node["pron"])
            attached = node.get("chain_flag") == 1 and parts and parts[-1][-1:] not in (*".!?,…",)
            if attached:
                parts[-1] += sounds
            elif sounds:
                parts.append(sounds)
        return " ".join(part for part in parts if part)


def from_kana(kana: str) -> str:
    """The phonemes of katakana."""
    table = _table()
    out: list[str] = []
    for place, sign in enumerate(kana):
        after = kana[place + 1 : place + 2]
        if sign in _GLIDES and out:
            out[-1] = _palatal(out[-1]) + _GLIDES[sign]
        elif sign in _SMALL and out:
            out[-1] = out[-1][:-1] + _SMALL[sign]
        elif sign == "ー":
            out.append("ː")
        elif sign == "ッ":
            out.append("ʔ")
        elif sign == "ン":
            out.append(_nasal(table.get(after, "")))
        elif sign in table:
            out.append(table[sign])
    return "".join(out)


def _table() -> dict[str, str]:
    table = dict(_VOWELS)
    for row, consonant in _ROWS:
        table |= {sign: consonant + vowel for sign, vowel in zip(row, _VOWELS.values(), strict=True)}
    return table | _OWN


def _palatal(syllable: str) -> str:
    """What stands before the vowel of a contracted sound: キ + ャ → kʲ, シ + ャ → ɕ."""
    head = syllable[:-1]
    return head if head.endswith(("ʲ", "ɕ", "ʨ", "ʥ", "ɲ", "ç", "j")) else head + "ʲ"


def _nasal(following: str) -> str:
    for first, sound in (("mpb", "m"), ("kɡ", "ŋ"), ("ɲʨʥ", "ɲ"), ("ntdɾzʣʦ", "n")):
        if following[:1] and following[:1] in first:
            return sound
    return "ɴ"
