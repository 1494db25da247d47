"""Files and names beside each other, on the shipped models: what no vendor takes is refused unpaid."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Text, Wish
from bot.core.planner import REFUSALS, PlanContext, plan
from providers.base import MediaInput
from providers.catalogue import Catalogue, load
from tests.unit.bot.core.worlds import NOW_MS, TODAY, file, told

CLIP = file("reference-video", "video", seconds=4, mime="video/mp4")
VOICES = frozenset({"eve", "leo", "ann", "rex"})


@cache
def catalogue() -> Catalogue:
    return load()


def pictures(count: int) -> tuple[MediaInput, ...]:
    return (file("reference-image", "image"),) * count


def voices(count: int) -> tuple[MediaInput, ...]:
    return (file("reference-audio", "audio", seconds=3, mime="audio/wav"),) * count


def planned(model: str, provider: str, prompt: str = "two friends talk", **options: Any) -> Plan:
    """A plan in a world in which this vendor alone can be used."""
    world = PlanContext(
        catalogue=catalogue(),
        house=House(names={provider: VOICES}),
        has_key=lambda one: one == provider,
        missing_env=lambda one: () if one == provider else ("KEY",),
        now_ms=NOW_MS,
        today=TODAY,
        links=True,
    )
    return plan(Wish(prompt=prompt, model=model, **options), world)


def refused(model: str, provider: str, prompt: str = "two friends talk", **options: Any) -> tuple[str, str]:
    """The refusal's code and its sentence."""
    with pytest.raises(Refusal) as caught:
        planned(model, provider, prompt, **options)
    assert caught.value.code in REFUSALS
    text = Text(key=f"refusal.{caught.value.code}", facts=caught.value.facts)
    return caught.value.code, told(text)


@pytest.mark.parametrize("model", ["kling-o1", "kling-3.0-omni"])
def test_kling_takes_four_pictures_beside_a_clip_and_seven_without(model: str) -> None:
    assert planned(model, "kling", media=pictures(7))
    assert planned(model, "kling", media=(*pictures(4), CLIP))
    code, sentence = refused(model, "kling", media=(*pictures(5), CLIP))
    assert code == "media_too_many_beside"
    assert "at most 4 as a reference picture beside a" in sentence and "5 came" in sentence


@pytest.mark.parametrize(
    ("model", "provider"), [("wan-2.7", "alibaba-wan"), ("skyreels-v4", "kunlun-skyreels")]
)
def test_a_voice_without_a_picture_of_its_own_is_refused(model: str, provider: str) -> None:
    assert planned(model, provider, media=(*pictures(2), *voices(2)))
    code, sentence = refused(model, provider, media=(*pictures(1), *voices(2)))
    assert code == "media_outnumbers"
    assert "no more files as an audio reference than as a reference picture" in sentence
    assert "at most 1 here, and 2 came" in sentence


def test_a_voice_of_groks_is_refused_where_there_are_no_references() -> None:
    hero = replace(file("reference-image", "image"), name="hero")
    assert planned("grok-imagine-1.5", "xai-grok-imagine", "@hero speaks as @eve", media=(hero,))
    code, sentence = refused("grok-imagine-1.5", "xai-grok-imagine", "@Eve says hello")
    assert code == "name_not_taken"
    assert sentence.startswith("Grok Imagine 1.5 cannot use @eve here, only ")


@pytest.mark.parametrize("model", ["grok-imagine-1.0", "grok-imagine-1.5-lite"])
def test_a_voice_of_groks_is_refused_by_those_that_have_none(model: str) -> None:
    code, sentence = refused(model, "xai-grok-imagine", "@eve says hello")
    assert code == "name_not_taken" and sentence.endswith(" cannot use @eve here.")


def test_grok_speaks_with_three_of_its_voices_at_once() -> None:
    hero = replace(file("reference-image", "image"), name="hero")
    prompt = "@hero hears @eve, @leo and @ann"
    assert planned("grok-imagine-1.5", "xai-grok-imagine", prompt, media=(hero,))
    code, sentence = refused("grok-imagine-1.5", "xai-grok-imagine", f"{prompt}, then @rex", media=(hero,))
    assert code == "names_too_many" and "no more than 3 of the names" in sentence and "4 came" in sentence


def test_a_file_that_bears_the_name_of_a_voice_is_meant_instead() -> None:
    eve = replace(file("first-frame", "image"), name="eve")
    assert planned("grok-imagine-1.0", "xai-grok-imagine", "@eve laughs", media=(eve,))


def test_klings_own_elements_and_pictures_are_counted_together() -> None:
    hero = replace(file("reference-image", "image"), name="hero")
    prompt = "@hero meets @eve"
    assert planned("kling-o1", "kling", prompt, media=(hero, *pictures(5)))
    code, sentence = refused("kling-o1", "kling", f"{prompt} and @leo", media=(hero, *pictures(5)))
    assert code == "names_too_many" and "no more than 1 of the names" in sentence and "2 came" in sentence
    assert planned("kling-o1", "kling", prompt, media=(hero, *pictures(2), CLIP))
    assert refused("kling-o1", "kling", prompt, media=(hero, *pictures(3), CLIP))[0] == "names_too_many"


def test_an_element_of_klings_is_refused_where_a_model_has_none() -> None:
    assert refused("kling-2.6", "kling", "@eve waves")[0] == "name_not_taken"
    assert refused("kling-3.0", "kling", "@eve waves")[0] == "name_not_taken"
    first = replace(file("first-frame", "image"), name="hero")
    assert planned("kling-3.0", "kling", "@eve meets @hero", media=(first,))
