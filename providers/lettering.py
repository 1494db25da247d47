"""The fonts that words are drawn with in pictures. Knows no picture and no word.

Noto Sans (providers/fonts, SIL Open Font License) in Latin, Greek and Cyrillic; the font inside Pillow has no
accents, so it could not write Spanish.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final

from PIL import ImageFont

_ALONE: Final = tuple(map(ord, "ƒẞ†‡•…‰′″‹›€™"))
_FOLDED: Final = {"\u2212": "–"}  # a minus as wide as a dash
_RANGES: Final = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x218, 0x21B),
    (0x391, 0x3A1),
    (0x3A3, 0x3CE),
    (0x400, 0x45F),
    (0x490, 0x491),
    (0x2010, 0x2015),
    (0x2018, 0x201E),
)
LETTERS: Final = frozenset(map(chr, _ALONE)) | {
    chr(code) for first, last in _RANGES for code in range(first, last + 1)
}


@lru_cache(maxsize=2)
def _file(name: str) -> bytes:
    return files("providers").joinpath("fonts", name).read_bytes()


@lru_cache(maxsize=32)
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The font in so many pixels."""
    data = _file("NotoSans-Bold.ttf" if bold else "NotoSans-Regular.ttf")
    return ImageFont.truetype(BytesIO(data), size, layout_engine=ImageFont.Layout.BASIC)


def drawable(text: str) -> str:
    """The text in one line of letters that the font has: accents go where a letter has none with it, signs
    of other scripts and of direction are left out. "" if nothing is left."""
    kept = []
    for char in unicodedata.normalize("NFC", text):
        if char in LETTERS:
            kept.append(char)
        elif char in _FOLDED:
            kept.append(_FOLDED[char])
        elif char.isspace():
            kept.append(" ")
        else:
            kept += [part for part in unicodedata.normalize("NFKD", char) if part in LETTERS]
    return " ".join("".join(kept).split())


def fitted(text: str, used: ImageFont.FreeTypeFont, width: float) -> str:
    """The text, cut with "…" where it is wider than so many pixels."""
    if used.getlength(text) <= width:
        return text
    kept = text
    while kept and used.getlength(kept.rstrip() + "…") > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"
