"""Writes out what English text abbreviates: numbers, years, times, money, common short forms. Pure."""

from __future__ import annotations

import re

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_MONEY = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny")}
_SHORT = {
    "mr.": "mister", "mrs.": "missus", "ms.": "miss", "dr.": "doctor", "st.": "saint", "vs.": "versus",
    "etc.": "et cetera", "e.g.": "for example", "i.e.": "that is", "&": "and", "+": "plus", "=": "equals",
    "@": "at", "no.": "number",
}  # fmt: skip
_SHORT_FORM = re.compile(r"(?<![\w.])(?:mrs?|ms|dr|st|vs|etc|e\.g|i\.e)\.(?=\s|$)|[&+=@]", re.IGNORECASE)
_AMOUNT = re.compile(r"([$€£])(\d+(?:,\d{3})*)(?:\.(\d\d))?\b")
_CLOCK = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b")
_ORDINAL = re.compile(r"\b(\d{1,9})(?:st|nd|rd|th)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?=\D|$)")
_LONG = 12  # digits; what is longer is read digit by digit


def cardinal(number: int) -> str:
    """A number below one trillion in words."""
    for scale, name in _SCALES:
        if number >= scale:
            head, rest = divmod(number, scale)
            return f"{cardinal(head)} {name}" + (f" {cardinal(rest)}" if rest else "")
    if number >= 100:
        head, rest = divmod(number, 100)
        return f"{_ONES[head]} hundred" + (f" {cardinal(rest)}" if rest else "")
    if number >= 20:
        head, rest = divmod(number, 10)
        return _TENS[head] + (f" {_ONES[rest]}" if rest else "")
    return _ONES[number]


def ordinal(number: int) -> str:
    """First, second, twenty third …"""
    *head, last = cardinal(number).split()
    if last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last = _ORDINALS.get(last, last + "th")
    return " ".join([*head, last])


def year(number: int) -> str:
    """A year as people say it: 1984 → nineteen eighty four, 2007 → two thousand seven."""
    head, rest = divmod(number, 100)
    if head % 10 == 0 and rest < 10:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(head)} hundred"
    return f"{cardinal(head)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def _digits(text: str) -> str:
    return " ".join(_ONES[int(digit)] for digit in text)


def _money(match: re.Match[str]) -> str:
    unit, small = _MONEY[match[1]]
    whole = match[2].replace(",", "")
    if len(whole) > _LONG:
        return f"{_digits(whole)} {unit}s"
    amount, cents = int(whole), int(match[3] or 0)
    words = f"{cardinal(amount)} {unit}{'' if amount == 1 else 's'}"
    if cents:
        plural = "pence" if small == "penny" else small + "s"
        words += f" and {cardinal(cents)} {small if cents == 1 else plural}"
    return words


def _grouped(digits: str) -> str:
    """A number written in groups is a quantity, never a year."""
    return cardinal(int(digits)) if len(digits) <= _LONG else _digits(digits)


def _clock(match: re.Match[str]) -> str:
    hour, minute = cardinal(int(match[1])), int(match[2])
    if minute == 0:
        return f"{hour} o'clock"
    return f"{hour} {'oh ' if minute < 10 else ''}{cardinal(minute)}"


def _number(match: re.Match[str]) -> str:
    whole, _, fraction = match[0].partition(".")
    if len(whole) > _LONG:
        return _digits(whole)
    if len(whole) == 4 and not fraction and "1100" <= whole <= "2099":
        return year(int(whole))
    return cardinal(int(whole)) + (f" point {_digits(fraction)}" if fraction else "")


def written_out(text: str) -> str:
    """The text with figures, sums, times and short forms in words."""
    text = _SHORT_FORM.sub(lambda match: f" {_SHORT[match[0].lower()]} ", text)
    text = _AMOUNT.sub(_money, text)
    text = _GROUPED.sub(lambda match: _grouped(match[0].replace(",", "")), text)
    text = _CLOCK.sub(_clock, text)
    text = _ORDINAL.sub(lambda match: ordinal(int(match[1])), text)
    text = re.sub(r"(\d)\s*%", r"\1 percent", text)
    return _NUMBER.sub(lambda match: f" {_number(match)} ", text)
