"""How long words take to say, estimated before anybody says them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

LINE_GAP_SECONDS = 0.35
LETTERS_PER_SECOND = 13.5  # measured over the bundled voice at normal pace


def speaking_seconds(texts: Sequence[str]) -> float:
    """About how long lines take at normal pace, for a check before anything is made."""
    gaps = LINE_GAP_SECONDS * max(0, len(texts) - 1)
    return sum(0.35 + sum(map(_weight, text)) / LETTERS_PER_SECOND for text in texts) + gaps


def _weight(letter: str) -> float:
    """How many Latin letters it takes as long as: measured for Chinese and Japanese."""
    if "\u3040" <= letter <= "\u30ff":
        return 1.7
    return 3.0 if letter >= "\u3400" else 1.0
