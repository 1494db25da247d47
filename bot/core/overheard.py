"""How many of the words that were asked for a recogniser heard. Pure.

A recogniser writes what it hears in its own spelling: "10" for ten, "their" for there, "rain coat" for
raincoat. Words count as heard where they are spelled or sound alike and come in the same order. Languages
without spaces are counted by the character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_LEAST_ALIKE: Final = 0.5  # of the letters, for longer words that sound alike

_ENGLISH: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty"
).split()
_SPANISH: Final = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
    " diecisiete dieciocho diecinueve veinte"
).split()
_GERMAN: Final = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn"
    " siebzehn achtzehn neunzehn zwanzig"
).split()
_FRENCH: Final = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept"
    " dix-huit dix-neuf vingt"
).split()
_SMALL: Final[Mapping[str, Sequence[str]]] = {
    "en": _ENGLISH,
    "es": _SPANISH,
    "de": _GERMAN,
    "fr": _FRENCH,
}
_TENS: Final[Mapping[str, Sequence[str]]] = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety".split(),
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa".split(),
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split(),
    "fr": "vingt trente quarante cinquante soixante soixante-dix quatre-vingts quatre-vingt-dix".split(),
}
_HUNDRED: Final = {"en": "hundred", "es": "cien", "de": "hundert", "fr": "cent"}


def overheard(asked: Sequence[str], heard: str, *, language: str = "") -> tuple[int, int]:
    """How many words were asked for, and how many of them were heard in their order.

    Args:
        asked: the lines.
        heard: what a recogniser wrote down.
        language: BCP 47 tag of the lines, where it is known; figures are spelled out in it.
    """
    short = language.split("-")[0].lower()
    wanted = [word for line in asked for word in _words(line, short)]
    return len(wanted), _in_order(wanted, _words(heard, short))


def _words(text: str, language: str) -> list[str]:
    words: list[str] = []
    for found in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _UNSPACED.search(found):
            words.extend(found)
        elif found.isdecimal() and len(found) < 4 and language in _SMALL:
            words.extend(_spelled(int(found), language))
        else:
            words.append(_plain(found))
    return words


def _plain(word: str) -> str:
    """Without accents and apostrophes: recognisers are not steady in them."""
    letters = unicodedata.normalize("NFD", word.replace("ß", "ss"))
    return "".join(letter for letter in letters if letter.isalnum())


def _spelled(number: int, language: str) -> list[str]:
    """A figure below a thousand as words."""
    words: list[str] = []
    if number >= 100:
        words += [_SMALL[language][number // 100]] if number >= 200 else []
        words.append(_HUNDRED[language])
        number %= 100
        if not number:
            return [_plain(word) for word in words]
    if number <= 20:
        words.append(_SMALL[language][number])
    else:
        words.append(_TENS[language][number // 10 - 2])
        if number % 10:
            words.append(_SMALL[language][number % 10])
    return [_plain(word) for word in words]


def _in_order(asked: Sequence[str], heard: Sequence[str]) -> int:
    """The most asked words that can be found one after the other, two written as one or one as two too."""
    best = [[0] * (len(heard) + 1) for _ in range(len(asked) + 1)]
    for one in range(1, len(asked) + 1):
        for two in range(1, len(heard) + 1):
            count = max(best[one - 1][two], best[one][two - 1])
            if _alike(asked[one - 1], heard[two - 1]):
                count = max(count, best[one - 1][two - 1] + 1)
            if two > 1 and _alike(asked[one - 1], heard[two - 2] + heard[two - 1]):
                count = max(count, best[one - 1][two - 2] + 1)
            if one > 1 and _alike(asked[one - 2] + asked[one - 1], heard[two - 1]):
                count = max(count, best[one - 2][two - 1] + 2)
            best[one][two] = count
    return best[-1][-1]


def _alike(one: str, two: str) -> bool:
    if one == two:
        return True
    if _UNSPACED.match(one) or _UNSPACED.match(two) or _sound(one) != _sound(two):
        return False
    return min(len(one), len(two)) <= 4 or _shared(one, two) >= _LEAST_ALIKE


def _shared(one: str, two: str) -> float:
    """Share of the letters that both begin or end with."""
    short = min(len(one), len(two))
    start = next((n for n in range(short) if one[n] != two[n]), short)
    rest = short - start
    end = next((n for n in range(rest) if one[-1 - n] != two[-1 - n]), rest)
    return (start + end) / max(len(one), len(two))


_SAME: Final = (
    ("kn", "n"), ("wr", "r"), ("wh", "w"), ("ph", "f"), ("ght", "t"), ("gh", "g"), ("ck", "k"), ("sch", "x"),
    ("sh", "x"), ("ch", "x"), ("th", "0"), ("ce", "se"), ("ci", "si"), ("c", "k"), ("q", "k"), ("z", "s"),
    ("v", "b"),
)  # fmt: skip


def _sound(word: str) -> str:
    """What stays of a word when vowels, doubled letters and the ways to write one sound are taken away."""
    for written, spoken in _SAME:
        word = word.replace(written, spoken)
    kept = [letter for place, letter in enumerate(word) if letter not in "aeiouyhw" or not place]
    if kept and kept[0] in "aeiouyhw":
        kept[0] = "a"
    return "".join(letter for place, letter in enumerate(kept) if not place or kept[place - 1] != letter)
