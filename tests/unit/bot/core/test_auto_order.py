"""What `auto` picks among the real models, all of them with a key: the catalogue's strengths decide."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from bot.core.desk import House
from bot.core.health import FAULTS_TO_OPEN
from bot.core.model import Wish
from bot.core.planner import PlanContext, plan
from bot.core.records import RouteHealth
from providers.base import MediaInput
from providers.catalogue import Catalogue, Topic, load

NOW = 1_795_000_000_000
# In this order, where the model is there.
BEST: dict[Topic, tuple[str, ...]] = {
    "speech": ("skyreels-v4", "seedance-2.0", "kling-2.6", "veo-3.1"),
    "ambience": ("veo-3.1", "skyreels-v4"),
    "music": ("seedance-2.0", "wan-2.6"),
    "photorealistic": ("veo-3.1",),
}


@cache
def books() -> Catalogue:
    return load()


def context(*down: str) -> PlanContext:
    health = {route: RouteHealth(route=route, failures=FAULTS_TO_OPEN, opened_ms=NOW) for route in down}
    return PlanContext(
        catalogue=books(),
        house=House(),
        has_key=lambda _: True,
        missing_env=lambda _: (),
        now_ms=NOW,
        today=date(2026, 11, 28),
        health=health,
    )


@pytest.mark.parametrize("topic", BEST)
def test_the_strengths_keep_the_order_that_is_meant(topic: Topic) -> None:
    there = [books().by_id[name] for name in BEST[topic] if name in books().by_id]
    scores = [max(route.strengths.get(topic, 0) for route in model.routes) for model in there]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) == len(scores)


@pytest.mark.parametrize(
    ("prompt", "model"),
    [
        ('A woman says: "Good morning, everybody"', "skyreels-v4"),
        ("rain on a tin roof and thunder far away", "veo-3.1"),
        ("a choir sings a song on a ship", "seedance-2.0"),
        ("a photorealistic portrait of a sailor, 35mm", "veo-3.1"),
    ],
)
def test_auto_takes_what_is_best_at_what_is_asked(prompt: str, model: str) -> None:
    assert plan(Wish(prompt=prompt), context()).model == model


def test_auto_takes_a_model_that_listens_where_a_recording_comes_along() -> None:
    voice = MediaInput(
        role="reference-audio", kind="audio", path=Path("v.wav"), mime="audio/wav", size_bytes=9, seconds=6.0
    )
    assert plan(Wish(prompt="she sings this", media=(voice,)), context()).model == "seedance-2.5"


def test_a_route_that_fails_is_left_to_a_gateway_and_then_to_the_next_model() -> None:
    wish = Wish(prompt="rain on a tin roof and thunder far away")
    assert plan(wish, context("google-veo/veo-3.1")).provider != "google-veo"
    every = [route.id for route in books().by_id["veo-3.1"].routes]
    other = plan(wish, context(*every))
    assert other.model != "veo-3.1" and other.route not in every
