"""Plans with a voice made out of a recording, without a planner that thinks of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.model import Plan, Wish
from bot.core.planner import PlanContext, plan
from bot.core.requests import ordering
from bot.core.sounds import VoiceOrder
from providers.base import MediaInput
from tests.fakes.clips import make_voice_note

CREDITS, MICRO_USD = 7, 70_000  # what the tests' makers of voices cost


def recording(folder: Path, seconds: float = 12.0) -> MediaInput:
    """Somebody who speaks, as makers of voices take it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = make_voice_note(folder / "lent.mp3", seconds=seconds, container="mp3")
    size = path.stat().st_size
    return MediaInput(
        role="voice", kind="audio", path=path, mime="audio/mpeg", size_bytes=size, seconds=seconds
    )


def lent(made: Plan, route: str, item: MediaInput) -> Plan:
    """The same plan with a voice: the model's own, or that of the lines of its sound."""
    serves, score = made.route, made.score
    if score is not None:
        pieces = tuple(replace(piece, cloned=piece.role == "voice") for piece in score.pieces)
        spoken = next(piece for piece in pieces if piece.cloned)
        serves, score = spoken.takers[0].route, replace(score, pieces=pieces)
    voice = VoiceOrder(
        route=route,
        maker=route.partition("/")[0].title(),
        serves=serves,
        recording=item,
        credits=CREDITS,
        cost_micro_usd=MICRO_USD,
    )
    return replace(
        made,
        score=score,
        voice=voice,
        credits=made.credits + CREDITS,
        sound_credits=made.sound_credits + CREDITS,
        cost_micro_usd=made.cost_micro_usd + MICRO_USD,
    )


def planner(route: str, item: MediaInput) -> Callable[[Wish, PlanContext], Plan]:
    """Plans every clip with a voice made there out of this recording."""

    def planned(wish: Wish, context: PlanContext) -> Plan:
        return lent(plan(wish, context), route, item)

    return planned


def lend(patch: pytest.MonkeyPatch, route: str, item: MediaInput) -> None:
    """From now on every clip is planned with a voice made there out of this recording."""
    patch.setattr(ordering, "plan", planner(route, item))
