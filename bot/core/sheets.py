"""What the pictures of a comparison show, as words that are already said: report card and leaderboard.

Values only; `bot/media` draws them and knows no model, number or language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.core.model import Text


class Words(Protocol):
    """Says texts."""

    def say(self, text: Text, language: str) -> str:
        """The words for a text in a language."""
        ...


class NoWords:
    """Says of every text what it is called; for where no picture is drawn."""

    def say(self, text: Text, language: str) -> str:
        """The key."""
        return text.key


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One measure of one clip.

    Attributes:
        text: what stands there.
        at: 0–1, where it lies on its row's scale; None where there is nothing to show.
        known: false for "not measured" and "unsure", which are printed lighter.
    """

    text: str
    at: float | None = None
    known: bool = True


@dataclass(frozen=True, kw_only=True)
class Line:
    """One measure of all clips. `middle`: the scale's point that means "none", 0–1."""

    label: str
    cells: tuple[Cell, ...]
    middle: float | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Measures that belong together."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One clip: its letter, and its model once that may be shown; `id` where the name cannot be drawn."""

    letter: str
    name: str = ""
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A report card of 2–4 clips; every line has a cell for each column."""

    title: str
    subtitle: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    foot: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One model of a leaderboard.

    Attributes:
        name: for people; `id` stands where it cannot be drawn.
        rank: the ranks that the votes allow, "1–2".
        strength: as printed.
        at, low, high: strength and its interval in natural log units.
        cells: what stands beside it, in the order of the board's heads.
    """

    name: str
    id: str
    rank: str
    strength: str
    at: float
    low: float
    high: float
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Board:
    """A leaderboard, strongest first.

    Attributes:
        title, subtitle: above it.
        name_head, strength_head, heads: what the columns are called.
        weaker, stronger: words at the ends of the scale.
        places: what is ranked.
        foot: lines below, such as what is not ranked yet.
    """

    title: str
    subtitle: str
    name_head: str
    strength_head: str
    heads: tuple[str, ...]
    weaker: str
    stronger: str
    places: tuple[Place, ...]
    foot: tuple[str, ...] = ()
