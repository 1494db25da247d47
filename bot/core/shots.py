"""How several shots are typed: `3s: she opens the door | 4s: rain`. Pure; whether a model makes them is
the planner's business."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bot.core.errors import Refusal
from providers.base import Shot

EXAMPLE: Final = "3s: she opens the door | 4s: rain"
MOST_SHOTS: Final = 20
# "3s:", "3 sec:", "3:", "3s -"; a number alone is no length, it may begin the words.
_SHOT: Final = re.compile(
    r"\s*(\d{1,4})\s*(?:s|sec|secs|second|seconds|seg|segs|segundo|segundos)?\s*[:：]\s*(\S.*)",
    re.IGNORECASE | re.DOTALL,
)


def read_shots(text: str) -> tuple[Shot, ...]:
    """Shots in order.

    Raises:
        Refusal: `shots_form` with the part that cannot be read, `shots_many`.
    """
    parts = [part for part in re.split(r"\s*[|\n]\s*", text.strip()) if part]
    if len(parts) > MOST_SHOTS:
        raise Refusal("shots_many", given=len(parts), limit=MOST_SHOTS)
    shots = []
    for part in parts:
        found = _SHOT.fullmatch(part)
        if found is None or not int(found[1]):
            raise Refusal("shots_form", given=part, example=EXAMPLE)
        shots.append(Shot(seconds=int(found[1]), prompt=found[2].strip()))
    return tuple(shots)


def say_shots(shots: Sequence[Shot]) -> str:
    """The same as people type it, for a form that is filled in already."""
    return " | ".join(f"{shot.seconds}s: {shot.prompt}" for shot in shots)
