"""Routes whose clips come without the sound that was promised: marked for a while, and last in line. Pure.

A clip whose sound is missing, cannot be decoded or is digital silence counts one, a clip with sound takes one
back. From three on the route is marked, until its clips have sound again or a day passes without one more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.core.model import SoundVerdict
from bot.core.records import RouteHealth

FROM: Final = 3
_MOST: Final = 5  # so that a long bad time is over after a few good clips
FORGOTTEN_AFTER_MS: Final = 86_400_000
BROKEN: Final[frozenset[SoundVerdict]] = frozenset({"missing", "silent", "undecodable"})


def after_sound(health: RouteHealth, now_ms: int, *, kept: bool) -> RouteHealth:
    """A clip came that should have sound."""
    if not kept:
        return replace(health, soundless=min(_MOST, health.soundless + 1), soundless_ms=now_ms)
    left = max(0, health.soundless - 1)
    return replace(health, soundless=left, soundless_ms=health.soundless_ms if left else 0)


def soundless(health: RouteHealth | None, now_ms: int) -> bool:
    """Whether the route is marked."""
    if health is None or health.soundless < FROM:
        return False
    return now_ms - health.soundless_ms < FORGOTTEN_AFTER_MS
