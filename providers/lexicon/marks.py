"""Marks that people set in a prompt: quotation marks around what is said, `@1.2s` before a sound. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Quotes of at most so many characters: a stray mark does not swallow a whole prompt.
_MOST = "{1,600}"
# ‘…’ is also an apostrophe: it counts after a colon, a comma or a verb of saying, and ends before no letter.
_SINGLE = (
    r"(?:(?<=[:,：，])|(?<=[:,：，]\s)|(?<=\bsays\s)|(?<=\bsaid\s)|(?<=\basks\s)|(?<=\bwhispers\s)|(?<=\bshouts\s))"
    rf"‘((?:[^‘’\n]|’(?=\w)){_MOST})’(?!\w)"
)
QUOTE = re.compile(
    rf'"([^"]{_MOST})"|＂([^＂]{_MOST})＂|“([^”]{_MOST})”|„([^“”]{_MOST})[“”]|”([^”]{_MOST})”'
    rf"|«([^»]{_MOST})»|»([^«»]{_MOST})«|‹([^›]{_MOST})›|›([^‹›]{_MOST})‹"
    rf"|「([^」]{_MOST})」|『([^』]{_MOST})』|{_SINGLE}"
)
CUE = re.compile(r"@(\d{1,3}(?:[.,]\d{1,3})?)s?[ \t]+([^@\n,;.，、；。]{1,60})")
MOMENT = re.compile(r"@(\d{1,3}(?:[.,]\d{1,3})?)s?(?=[\s:：])")


@dataclass(frozen=True, kw_only=True)
class Quotation:
    """Words between quotation marks; `start` and `end` are those of the marks in the text."""

    text: str
    start: int
    end: int


def moment_of(digits: str) -> float:
    """Seconds of a mark, with a point or a comma before their parts."""
    return float(digits.replace(",", "."))


def quotations(text: str) -> tuple[Quotation, ...]:
    """What stands between quotation marks and has at least one letter or digit, in order."""
    found = []
    for match in QUOTE.finditer(text):
        words = " ".join(next(part for part in match.groups() if part).split())
        if any(letter.isalnum() for letter in words):
            found.append(Quotation(text=words, start=match.start(), end=match.end()))
    return tuple(found)
