"""Puts spoken lines on the timeline of a clip of known length. Pure; all numbers are seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

GAP_SECONDS: Final = 0.35
MOST_TEMPO: Final = 1.45  # faster speech is hard to follow
_EDGE_SECONDS: Final = 0.1
_WIDEST_GAP_SECONDS: Final = 1.6


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where a line is heard, and how much faster than it was spoken."""

    at_seconds: float
    seconds: float
    tempo: float = 1.0


def place(lines: Sequence[tuple[float | None, float]], clip_seconds: float) -> tuple[Placed, ...]:
    """Place lines in order, none over another.

    Args:
        lines: the moment asked for (None = where there is room) and the length as spoken.
        clip_seconds: length of the picture. Lines that are too long for it are spoken faster.
    """
    if not lines:
        return ()
    room = clip_seconds - 2 * _EDGE_SECONDS - GAP_SECONDS * (len(lines) - 1)
    total = sum(length for _, length in lines)
    tempo = min(MOST_TEMPO, max(1.0, total / max(0.1, room)))
    lengths = [length / tempo for _, length in lines]
    free = max(0.0, clip_seconds - sum(lengths) - 2 * _EDGE_SECONDS)
    gap = min(_WIDEST_GAP_SECONDS, free / (len(lines) + 1))
    latest = _latest(lengths, clip_seconds)
    placed: list[Placed] = []
    cursor = _EDGE_SECONDS
    first = True
    for (moment, _), length, last in zip(lines, lengths, latest, strict=True):
        wanted = moment if moment is not None else cursor + (min(gap, 0.6) if first else gap)
        lead = cursor if first else cursor + min(gap, GAP_SECONDS)
        start = min(max(wanted, lead if placed else 0.0), max(last, lead if placed else 0.0))
        placed.append(Placed(at_seconds=round(start, 3), seconds=round(length, 3), tempo=round(tempo, 3)))
        cursor, first = start + length, False
    return tuple(placed)


def _latest(lengths: Sequence[float], clip_seconds: float) -> tuple[float, ...]:
    """How late each line may begin, so that it and those behind it still fit."""
    end = clip_seconds - _EDGE_SECONDS
    found = []
    for length in reversed(lengths):
        found.append(end - length)
        end = end - length - GAP_SECONDS
    return tuple(reversed(found))
