"""Seedance through the planner: what is refused before anything is paid, and what is told instead."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Text, Wish
from bot.core.planner import CARD, REFUSALS, PlanContext, audio_windows, plan
from providers.base import MediaInput, Shot
from providers.catalogue import Catalogue, load
from providers.catalogue.loader import DATA
from tests.unit.bot.core.worlds import NOW_MS, TODAY, file, told

FIRST, LAST = file("first-frame", "image"), file("last-frame", "image")
PICTURE = file("reference-image", "image")
VOICE_NOTE = file("reference-audio", "audio", seconds=6, mime="audio/ogg")
KEYS = {"bytedance-seedance": "ARK_API_KEY", "volcengine-seedance": "VOLCENGINE_API_KEY"}


@cache
def catalogue() -> Catalogue:
    """Seedance alone."""
    with TemporaryDirectory() as folder:
        for name in KEYS:
            shutil.copy(DATA / f"{name}.toml", folder)
        return load(data_dir=Path(folder))


def context(*keys: str) -> PlanContext:
    """A world with these variables set."""
    return PlanContext(
        catalogue=catalogue(),
        house=House(),
        has_key=lambda provider: KEYS[provider] in keys,
        missing_env=lambda provider: () if KEYS[provider] in keys else (KEYS[provider],),
        now_ms=NOW_MS,
        today=TODAY,
    )


def planned(model: str = "seedance-2.0", *, world: PlanContext | None = None, **options: Any) -> Plan:
    return plan(Wish(prompt="a cat sings", model=model, **options), world or context("ARK_API_KEY"))


def refused(model: str = "seedance-2.0", *, world: PlanContext | None = None, **options: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        planned(model, world=world, **options)
    assert caught.value.code in REFUSALS
    assert told(Text(key=f"refusal.{caught.value.code}", facts=caught.value.facts)).endswith(".")
    return caught.value


@pytest.mark.parametrize("model", ["seedance-2.0", "seedance-2.0-fast", "seedance-2.0-mini"])
def test_a_recording_alone_goes_on_2_0_beside_a_card_and_that_is_said(model: str) -> None:
    found = planned(model, media=(VOICE_NOTE,))
    assert found.request.media == (VOICE_NOTE, CARD) and found.request.mode == "references"
    assert [text.key for text in found.adjustments] == ["adjust.card"]
    # A clip that was answered lends a picture of its own.
    still = file("reference-image", "image", size=90_000)
    found = planned(model, media=(VOICE_NOTE,), still=still)
    assert found.request.media == (VOICE_NOTE, still)
    assert [text.key for text in found.adjustments] == ["adjust.still"]
    # Whoever sent a picture of their own needs neither.
    assert planned(model, media=(PICTURE, VOICE_NOTE), still=still).adjustments == ()


def test_a_recording_alone_is_taken_by_2_5() -> None:
    found = planned("seedance-2.5", media=(VOICE_NOTE,))
    assert (found.request.mode, found.request.aspect) == ("references", "16:9")
    assert found.request.options["task_type"] is True


def test_any_recording_is_converted_to_what_is_taken() -> None:
    found = planned(media=(PICTURE, VOICE_NOTE))
    (window,) = audio_windows(found, catalogue()).values()
    assert set(window.formats) == {"wav", "mp3"}
    assert (window.min_seconds, window.max_seconds, window.max_bytes) == (2, 15, 15_000_000)
    long = file("reference-audio", "audio", seconds=61.5)
    (text,) = planned(media=(PICTURE, long)).adjustments
    assert text.key == "adjust.audio_trimmed" and text.facts["limit"] == "15"
    (text,) = planned("seedance-2.5", media=(long,)).adjustments
    assert text.facts["limit"] == "30"
    short = refused(media=(PICTURE, file("reference-audio", "audio", seconds=1.4)))
    assert (short.code, short.facts["allowed"]) == ("media_too_short", "2")


def test_frames_and_references_together_are_refused() -> None:
    for model in ("seedance-2.0", "seedance-2.5"):
        for other in (PICTURE, VOICE_NOTE):
            refusal = refused(model, media=(FIRST, LAST, other))
            assert (refusal.code, refusal.facts["role"]) == ("media_excluded", "first-frame")
            assert refusal.facts["allowed"] == (other.role,)


@pytest.mark.parametrize("beside", [PICTURE, VOICE_NOTE])
def test_a_first_picture_beside_references_becomes_one_of_them_and_that_is_said(beside: MediaInput) -> None:
    found = planned(media=(FIRST, beside))
    assert found.request.mode == "references"
    assert found.request.media[0].role == "reference-image"
    assert [text.key for text in found.adjustments] == ["adjust.image_as_reference"]


def test_a_last_picture_needs_a_first_one() -> None:
    assert refused(media=(LAST,)).code == "needs_first_image"


@pytest.mark.parametrize(
    ("model", "options", "field", "allowed"),
    [
        ("seedance-2.0", {"seconds": 16}, "seconds", tuple(range(4, 16))),
        ("seedance-2.0", {"seconds": 3}, "seconds", tuple(range(4, 16))),
        ("seedance-2.5", {"seconds": 31}, "seconds", tuple(range(4, 31))),
        ("seedance-2.0-fast", {"resolution": "1080p"}, "resolution", ("480p", "720p")),
        ("seedance-2.0-mini", {"resolution": "4k"}, "resolution", ("480p", "720p")),
        ("seedance-2.5", {"resolution": "4k"}, "resolution", ("480p", "720p", "1080p")),
        ("seedance-2.5", {"aspect": "9:16", "media": (FIRST,)}, "aspect", ("auto",)),
    ],
)
def test_what_a_model_does_not_make_is_refused_with_what_it_makes(
    model: str, options: dict[str, Any], field: str, allowed: tuple[object, ...]
) -> None:
    refusal = refused(model, **options)
    assert (refusal.code, refusal.facts["field"]) == ("impossible", field)
    assert refusal.facts["allowed"] == allowed


@pytest.mark.parametrize(
    ("field", "option"),
    [
        ("negative", {"negative": "rain"}),
        ("seed", {"seed": 7}),
        ("shots", {"shots": (Shot(prompt="one", seconds=4), Shot(prompt="two", seconds=4))}),
    ],
)
def test_what_the_vendor_has_no_field_for_is_refused(field: str, option: dict[str, Any]) -> None:
    refusal = refused(**option)
    assert (refusal.code, refusal.facts["field"]) == ("not_taken", field)


def test_limits_of_files_are_checked() -> None:
    assert refused(media=(PICTURE,) * 10).facts["allowed"] == (9,)
    assert planned("seedance-2.5", media=(PICTURE,) * 10).request.mode == "references"
    assert refused(media=(PICTURE, *[VOICE_NOTE] * 4)).code == "media_too_many"


def test_a_clip_as_input_is_refused_while_its_price_is_not_known() -> None:
    for role in ("reference-video", "source-video"):
        clip = file(role, "video", seconds=8)
        assert refused("seedance-2.0-mini", media=(clip,)).code in ("mode_not_offered", "media_not_taken")


def test_a_clip_as_input_of_a_model_whose_price_is_known_needs_an_address_of_ours() -> None:
    for model in ("seedance-2.0", "seedance-2.0-fast", "seedance-2.5"):
        clip = file("reference-video", "video", seconds=8)
        assert refused(model, media=(clip,)).code == "needs_public_address"


def test_a_clip_is_720p_with_sound_and_as_wide_as_its_picture_unless_told_otherwise() -> None:
    words, framed = planned().request, planned(media=(FIRST,)).request
    assert (words.resolution, words.seconds, words.aspect, words.sound) == ("720p", 5, "16:9", True)
    assert (framed.mode, framed.aspect) == ("first-frame", "auto")
    assert planned(media=(FIRST,), aspect="9:16").request.aspect == "9:16"
    assert planned(sound=False).request.sound is False


def test_without_a_key_the_variable_is_named() -> None:
    refusal = refused(world=context())
    assert (refusal.code, refusal.facts["env"]) == ("missing_key", ("ARK_API_KEY",))


def test_each_key_leads_to_its_own_region() -> None:
    abroad = planned(world=context("ARK_API_KEY", "VOLCENGINE_API_KEY"))
    assert (abroad.provider, abroad.request.api_name) == (
        "bytedance-seedance",
        "dreamina-seedance-2-0-260128",
    )
    china = planned(world=context("VOLCENGINE_API_KEY"))
    assert (china.provider, china.request.api_name) == ("volcengine-seedance", "doubao-seedance-2-0-260128")
    assert "CNY" in china.price_rows[0]


def test_the_quote_knows_how_a_lost_job_is_found_and_that_refusals_cost_nothing() -> None:
    found = planned()
    assert (found.lost, found.billed_when_moderated) == ("lookup", False)
    assert (found.credits, found.cost_micro_usd) == (77, 762_300)
    # The vendor gives up when we do: what comes later is not made any more, and not billed.
    assert found.request.options["execution_expires_after"] == found.deadline_seconds


@pytest.mark.parametrize(
    ("facts", "code", "words"),
    [
        (
            {"width": 640, "height": 270},
            "media_too_small",
            "at least 300 pixels a side, and yours has 640×270",
        ),
        ({"width": 640, "height": 360}, "media_few_pixels", "at least 407,696 pixels in all"),
        ({"width": 4096, "height": 2160}, "media_many_pixels", "at most 8,295,044 pixels in all"),
        (
            {"width": 1280, "height": 720, "fps": 15.0},
            "media_too_slow",
            "24 frames a second, and yours has 15",
        ),
        ({"width": 1280, "height": 720, "fps": 119.88}, "media_too_fast", "and yours has 119.88"),
    ],
)
def test_a_clip_whose_picture_is_not_taken_is_refused_with_what_is(
    facts: dict[str, Any], code: str, words: str
) -> None:
    shown = replace(file("reference-video", "video", seconds=5, mime="video/mp4"), **facts)
    world = replace(context("ARK_API_KEY"), links=True)
    refusal = refused(world=world, media=(shown,))
    assert refusal.code == code
    assert words in told(Text(key=f"refusal.{code}", facts=refusal.facts))


def test_a_clip_of_the_cinemas_pace_is_taken() -> None:
    shown = replace(file("reference-video", "video", seconds=5), width=1920, height=1080, fps=23.976)
    assert planned(world=replace(context("ARK_API_KEY"), links=True), media=(shown,)).request.media
