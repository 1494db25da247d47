"""The report card of compared clips: measured numbers → lines to read out and a sheet to draw. Pure.

What was not measured says so; an offset that nothing certain was found for is "unsure", never a number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from bot.core.model import Text
from bot.core.quality import Offset, Quality
from bot.core.sheets import Cell, Column, Group, Line, Sheet, Words

_OFFSET_MS: Final = 300  # beyond it an offset stands at the end of its scale
_HEARING_HZ: Final = 24_000


_UNMEASURED: Final = Quality()


@dataclass(frozen=True, kw_only=True)
class Graded:
    """What is known of one compared clip.

    Attributes:
        letter: of the clip in its set.
        name, id: of the model; "" as long as they may not be shown. Without any name the card has no
            waiting times and prices.
        quality: what was measured of its original.
        waited_seconds: from the order to the clip.
        cost_credits: what it cost; `free` counts free clips.
    """

    letter: str
    name: str = ""
    id: str = ""
    quality: Quality = _UNMEASURED
    waited_seconds: int | None = None
    cost_credits: int | None = None
    free: bool = False


@dataclass(frozen=True, kw_only=True)
class _Said:
    text: Text
    at: float | None = None
    known: bool = True


_MISSING: Final = _Said(text=Text(key="card.missing"), known=False)
_UNSURE: Final = _Said(text=Text(key="card.unsure"), known=False)


def _number(key: str, value: float | None, low: float, high: float, *, places: str = "0.1") -> _Said:
    if value is None:
        return _MISSING
    shown = Decimal(str(value)).quantize(Decimal(places), ROUND_HALF_UP)
    return _Said(text=Text(key=key, facts={"value": shown}), at=_within((value - low) / (high - low)))


def _share(value: float | None) -> _Said:
    return _number("card.share", None if value is None else value * 100, 0, 100, places="1")


def _words(one: Quality) -> _Said:
    if one.words_asked == 0:
        return _Said(text=Text(key="card.no_words"), known=False)
    if one.words_heard is None or one.words_asked is None:
        return _MISSING
    facts = {"heard": one.words_heard, "asked": one.words_asked}
    return _Said(text=Text(key="card.heard", facts=facts), at=_within(one.words_heard / one.words_asked))


def _offset(one: Offset | None) -> _Said:
    if one is None:
        return _MISSING
    if one.ms is None or not one.sure:
        return _UNSURE
    key = "card.together" if one.ms == 0 else "card.late" if one.ms > 0 else "card.early"
    at = _within(0.5 + one.ms / (2 * _OFFSET_MS))
    return _Said(text=Text(key=key, facts={"ms": abs(one.ms)}), at=at)


def _waited(one: Graded, most: float) -> _Said:
    if one.waited_seconds is None:
        return _MISSING
    text = Text(key="card.span", facts={"seconds": one.waited_seconds})
    return _Said(text=text, at=_within(one.waited_seconds / most))


def _cost(one: Graded, most: float) -> _Said:
    if one.cost_credits is None:
        return _MISSING
    key = "card.free" if one.free else "card.credits"
    return _Said(text=Text(key=key, facts={"credits": one.cost_credits}), at=_within(one.cost_credits / most))


def _within(at: float) -> float:
    return max(0.0, min(1.0, at))


Tell = Callable[[Graded], _Said]


Rows = tuple[str, tuple[tuple[str, Tell, float | None], ...]]


def _groups(legs: Sequence[Graded]) -> tuple[Rows, ...]:
    """Groups of measures: key of the label, how to tell it, the middle of its scale."""
    longest = max((one.waited_seconds or 0 for one in legs), default=0) or 1
    dearest = max((one.cost_credits or 0 for one in legs), default=0) or 1

    def heard(tell: Callable[[Quality], _Said]) -> Tell:
        return lambda one: tell(one.quality)

    heard_and_seen: tuple[Rows, ...] = (
        (
            "sound",
            (
                ("loudness", heard(lambda q: _number("card.lufs", q.loudness_lufs, -36, -6)), None),
                ("range", heard(lambda q: _number("card.lu", q.loudness_range_lu, 0, 20)), None),
                ("peak", heard(lambda q: _number("card.dbtp", q.true_peak_dbtp, -12, 2)), None),
                ("bandwidth", heard(_bandwidth), None),
                ("silence", heard(lambda q: _share(q.silent_share)), None),
            ),
        ),
        (
            "speech",
            (
                ("spoken", heard(lambda q: _share(q.speech_share)), None),
                ("words", heard(_words), None),
            ),
        ),
        (
            "picture",
            (
                ("lips", heard(lambda q: _offset(q.lip)), 0.5),
                ("impacts", heard(lambda q: _offset(q.impact)), 0.5),
            ),
        ),
    )
    making: Rows = (
        "making",
        (
            ("waited", lambda one: _waited(one, longest), None),
            ("cost", lambda one: _cost(one, dearest), None),
        ),
    )
    # Price and time tell a model, so they wait for its name.
    return (*heard_and_seen, making) if any(one.name for one in legs) else heard_and_seen


def _bandwidth(one: Quality) -> _Said:
    khz = None if one.bandwidth_hz is None else one.bandwidth_hz / 1000
    return _number("card.khz", khz, 0, _HEARING_HZ / 1000)


def card_lines(legs: Sequence[Graded]) -> tuple[Text, ...]:
    """The card to be read: one sentence for each clip with every measure that the picture has."""
    rows = [row for _, group in _groups(legs) for row in group]
    lines = []
    for one in legs:
        values = tuple(
            Text(key="card.said", facts={"label": Text(key=f"card.{label}"), "value": tell(one).text})
            for label, tell, _ in rows
        )
        lines.append(Text(key="card.clip", facts={"letter": one.letter, "name": one.name, "values": values}))
    return tuple(lines)


def card_sheet(legs: Sequence[Graded], *, prompt: str, words: Words, language: str) -> Sheet:
    """The card to be drawn.

    Args:
        legs: 2–4 clips in the order of their letters.
        prompt: what was asked for; stands above, cut to one line.
        words: says texts.
        language: of the people who will see it.
    """

    def said(key: str) -> str:
        return words.say(Text(key=f"card.{key}"), language)

    groups = tuple(
        Group(
            title=said(f"group_{title}"),
            lines=tuple(
                Line(
                    label=said(label),
                    cells=tuple(_cell(tell(one), words, language) for one in legs),
                    middle=middle,
                )
                for label, tell, middle in rows
            ),
        )
        for title, rows in _groups(legs)
    )
    return Sheet(
        title=said("title"),
        subtitle=words.say(Text(key="card.prompt", facts={"prompt": prompt}), language) if prompt else "",
        columns=tuple(Column(letter=one.letter, name=one.name, id=one.id) for one in legs),
        groups=groups,
        foot=said("foot"),
    )


def _cell(said: _Said, words: Words, language: str) -> Cell:
    return Cell(text=words.say(said.text, language), at=said.at, known=said.known)
