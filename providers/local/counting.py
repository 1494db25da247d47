"""Figures → words in Spanish, German and Korean, for lines that are spoken. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_CLOCK = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[.\u00a0\u202f]\d{3})+(?![\d])")
_LONG = 9  # digits; what is longer is read digit by digit

_ES = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
    "diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco "
    "veintiséis veintisiete veintiocho veintinueve"
).split()
_ES_TENS = "- - - treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_ES_HUNDREDS = (
    "- ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
).split()
_DE = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn"
).split()
_DE_TENS = "- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
_KO = "영일이삼사오육칠팔구"


def spanish(number: int) -> str:
    """A number below a thousand million."""
    if number >= 1_000_000:
        head, rest = divmod(number, 1_000_000)
        return _joined("un millón" if head == 1 else f"{spanish(head)} millones", spanish, rest)
    if number >= 1000:
        head, rest = divmod(number, 1000)
        return _joined("mil" if head == 1 else f"{spanish(head)} mil", spanish, rest)
    if number >= 100:
        head, rest = divmod(number, 100)
        return "cien" if number == 100 else _joined(_ES_HUNDREDS[head], spanish, rest)
    if number >= 30:
        head, rest = divmod(number, 10)
        return _ES_TENS[head] + (f" y {_ES[rest]}" if rest else "")
    return _ES[number]


def german(number: int) -> str:
    """A number below a thousand million."""
    if number >= 1_000_000:
        head, rest = divmod(number, 1_000_000)
        return _joined("eine million" if head == 1 else f"{german(head)} millionen", german, rest)
    if number >= 1000:
        head, rest = divmod(number, 1000)
        return _joined(("ein" if head == 1 else german(head)) + " tausend", german, rest)
    if number >= 100:
        head, rest = divmod(number, 100)
        return _joined(("ein" if head == 1 else german(head)) + " hundert", german, rest)
    if number < 20:
        return _DE[number]
    tens, ones = divmod(number, 10)
    return ("ein" if ones == 1 else _DE[ones]) + " und " + _DE_TENS[tens] if ones else _DE_TENS[tens]


def korean(number: int) -> str:
    """A number below ten to the eighth, in the Chinese way of counting."""
    if number >= 10_000:
        head, rest = divmod(number, 10_000)
        return ("" if head == 1 else korean(head)) + "만" + (korean(rest) if rest else "")
    out = ""
    for unit, name in ((1000, "천"), (100, "백"), (10, "십"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            out += ("" if digit == 1 and name else _KO[digit]) + name
    return out or _KO[0]


def _joined(head: str, say: Callable[[int], str], rest: int) -> str:
    return f"{head} {say(rest)}" if rest else head


_SAY: Mapping[str, Callable[[int], str]] = {"es": spanish, "de": german, "ko": korean}
_POINT = {"es": "coma", "de": "komma", "ko": "점"}
_PERCENT = {"es": "por ciento", "de": "prozent", "ko": "퍼센트"}
_HOUR = {"es": "", "de": " uhr", "ko": "시"}


def written_in(language: str, text: str) -> str:
    """The text with its figures in words of "es", "de" or "ko"."""
    say = _SAY[language]

    def digits(figures: str) -> str:
        return " ".join(say(int(figure)) for figure in figures)

    def number(match: re.Match[str]) -> str:
        whole, _, part = re.sub(r"[.,]", "|", match[0]).partition("|")
        words = say(int(whole)) if len(whole) < _LONG else digits(whole)
        return f" {words} {_POINT[language]} {digits(part)} " if part else f" {words} "

    def clock(match: re.Match[str]) -> str:
        minute = int(match[2])
        return f" {say(int(match[1]))}{_HOUR[language]} " + (f"{say(minute)} " if minute else "")

    text = _CLOCK.sub(clock, text)
    text = _GROUPED.sub(lambda match: re.sub(r"\D", "", match[0]), text)
    text = re.sub(r"(\d)\s*%", rf"\1 {_PERCENT[language]}", text)
    text = _NUMBER.sub(number, text)
    return re.sub(r" (?=[.,!?;:…])", "", text) if language != "ko" else text
