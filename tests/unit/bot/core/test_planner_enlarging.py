"""Who makes a clip larger that its own model cannot, at which price, and why nobody does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Wish
from bot.core.planner import PlanContext, larger_copies, named_models, offers, plan, plan_together
from bot.core.records import RouteHealth, Server
from bot.core.setup import Reading, read_settings
from providers.base import MediaInput
from providers.catalogue import Catalogue, load

NOW = 1_795_000_000_000


@cache
def shipped() -> Catalogue:
    return load()


def context(*keys: str, **changes: Any) -> PlanContext:
    known: dict[str, Any] = {"now_ms": NOW, "today": date(2026, 11, 28), "house": House()} | changes
    env = {"fal": ("FAL_KEY",), "wavespeed": ("WAVESPEED_API_KEY",)}
    return PlanContext(
        catalogue=shipped(),
        has_key=lambda provider: provider in keys,
        missing_env=lambda provider: env.get(provider, ("OTHER_KEY",)),
        **known,
    )


def clip(size: tuple[int, int] = (1280, 720), *, seconds: float = 4.04, fps: float = 24.0) -> MediaInput:
    return MediaInput(
        role="source-video",
        kind="video",
        path=Path("clip.mp4"),
        mime="video/mp4",
        size_bytes=2_000_000,
        seconds=seconds,
        width=size[0],
        height=size[1],
        fps=fps,
    )


def copies(source: MediaInput, *keys: str, silent: bool = False, **changes: Any) -> Mapping[str, Plan]:
    return larger_copies(source, context(*keys, **changes), silent=silent)


def larger(source: MediaInput, *keys: str, **changes: Any) -> Plan:
    return min(copies(source, *keys, **changes).values(), key=lambda made: made.cost_micro_usd)


def refused(source: MediaInput, *keys: str, **changes: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        larger(source, *keys, **changes)
    return caught.value


@pytest.mark.parametrize(
    ("size", "keys", "expected"),
    [
        (
            (1280, 720),
            ("fal", "wavespeed"),
            {
                "1080p": ("fal/bytedance-upscaler", 28_800),
                "2k": ("fal/bytedance-upscaler", 57_600),
                "4k": ("wavespeed/runway-upscaler", 100_000),  # cheaper than the 115,200 of the other
            },
        ),
        ((1080, 1920), ("fal",), {"2k": ("fal/bytedance-upscaler", 57_600), "4k": (..., 115_200)}),
        ((2560, 1440), ("fal", "wavespeed"), {"4k": ("fal/bytedance-upscaler", 115_200)}),
        # At least five seconds are billed there.
        (
            (640, 360),
            ("wavespeed",),
            {"720p": ("wavespeed/wavespeed-upscaler", 25_000), "4k": ("wavespeed/runway-upscaler", 100_000)},
        ),
    ],
)
def test_each_size_above_the_clips_comes_from_the_cheapest_that_has_a_key(
    size: tuple[int, int], keys: Collection[str], expected: Mapping[str, tuple[Any, int]]
) -> None:
    found = copies(clip(size), *keys)
    assert list(found) == list(expected), "ascending"
    for name, (route, micro_usd) in expected.items():
        made = found[name]
        assert (made.request.resolution, made.cost_micro_usd) == (name, micro_usd)
        assert route in (..., made.route)
        assert (made.request.mode, made.request.seconds) == ("upscale", 4)


def test_its_sound_is_the_clips_own_and_no_part_of_the_price() -> None:
    found = larger(clip(), "fal")
    assert (found.sound_path, found.sound_credits, found.request.sound) == ("kept", 0, False)
    assert found.adjustments == () and found.score is None
    assert [note.key for note in found.notes] == [
        "note.billed_when_moderated",
        "note.enlarged",
        "note.other_pace",
    ]
    assert found.notes[-1].facts == {"fps": "24", "new": 30}
    assert [note.key for note in larger(clip(fps=30.0), "fal").notes][-1] == "note.enlarged"


def test_a_clip_without_sound_stays_without() -> None:
    found = larger(clip(fps=30.0), "fal", silent=True)
    assert found.sound_path == "silent" and "note.enlarged" not in [note.key for note in found.notes]


def test_why_nobody_makes_it_larger() -> None:
    none = refused(clip())
    assert (none.code, none.facts["env"]) == ("missing_key", ("FAL_KEY",))
    huge = refused(clip((3840, 2160)), "fal", "wavespeed")
    assert (huge.code, huge.facts) == ("already_large", {"size": "3840×2160"})
    long = refused(clip(seconds=61.0), "fal")
    assert (long.code, long.facts["allowed"]) == ("media_too_long", 60)
    assert refused(replace(clip(), size_bytes=200_000_001), "fal").code == "media_too_big"
    assert refused(clip(), "fal", house=House(demo=True)).code == "demo_only"
    assert refused(clip(), "fal", denied=frozenset({"bytedance-upscaler"})).code == "model_denied"


def test_one_that_keeps_failing_gives_way_to_the_next() -> None:
    down = RouteHealth(route="fal/bytedance-upscaler", failures=9, opened_ms=NOW - 1000)
    found = larger(clip(), "fal", "wavespeed", health={down.route: down})
    assert found.route == "wavespeed/runway-upscaler"


def test_an_upscaler_is_never_offered_for_words() -> None:
    known = context("fal", "wavespeed")
    enlarging = {model.id for model in known.catalogue.models() if model.enlarges_only}
    assert enlarging == {"bytedance-upscaler", "runway-upscaler", "topaz-upscaler", "wavespeed-upscaler"}
    for model in enlarging:
        with pytest.raises(Refusal) as caught:
            plan(Wish(prompt="rain", model=model), known)
        assert caught.value.code == "only_enlarges"
    assert enlarging.isdisjoint(offer.model for offer in offers(known, Wish(prompt="rain")))
    assert plan(Wish(prompt="rain"), known).model not in enlarging
    with pytest.raises(Refusal) as caught:
        plan_together(Wish(prompt="rain"), named_models("veo-3.1, bytedance-upscaler", known), known)
    assert caught.value.code == "only_enlarges"
    reading = Reading(catalogue=shipped(), house=House(), platform="discord")
    with pytest.raises(Refusal) as caught:
        read_settings(Server(id="discord:1"), {"default_model": "bytedance-upscaler"}, reading)
    assert caught.value.code == "only_enlarges", "nor is it what a server likes best"
