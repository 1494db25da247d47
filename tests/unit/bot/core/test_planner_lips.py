"""A recording that the speaker of a clip is to say: who moves the lips, what it costs, what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Wish
from bot.core.planner import OWN_SOUND, PlanContext, lips_window, plan
from bot.core.sounds import SoundWish
from providers.base import MediaInput
from providers.catalogue import Catalogue, load
from tests.e2e.stage import CATALOGUE as FAKES
from tests.fakes.sound_booth import catalogue
from tests.unit.bot.core.worlds import NOW_MS, TODAY

VOICE = MediaInput(
    role="voice", kind="audio", path=Path("note.ogg"), mime="audio/ogg", size_bytes=9000, seconds=3.0
)


@cache
def booth() -> Catalogue:
    """The scripted vendors and a booth that moves lips and makes effects."""
    return load(catalogue(Path(mkdtemp(prefix="lips-")), FAKES, kinds=("effect", "lips")))


def world(*keys: str, catalogue: Catalogue | None = None, **more: Any) -> PlanContext:
    known = keys or ("booth", "scripted-key")
    return PlanContext(
        catalogue=catalogue or booth(),
        house=House(adds_sound=True, **more),
        has_key=lambda provider: provider in known,
        missing_env=lambda provider: (),
        now_ms=NOW_MS,
        today=TODAY,
        own_sound=OWN_SOUND,
    )


def planned(context: PlanContext | None = None, *, voice: MediaInput = VOICE, **more: Any) -> Plan:
    asked: dict[str, Any] = {"model": "scripted-silent", "seconds": 5, "audio_as": "voice", **more}
    return plan(Wish(prompt="a woman at a window", media=(voice,), **asked), context or world())


def refused(context: PlanContext | None = None, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        planned(context, **more)
    return caught.value


def test_the_lips_are_a_step_of_their_own_with_a_price_of_its_own() -> None:
    made = planned()
    assert made.score is not None and made.score.voice == VOICE
    (piece,) = made.score.pieces
    assert (piece.role, [taker.route for taker in piece.takers]) == ("lips", ["booth/lips"])
    assert made.score.makers == ("Booth lips",)
    # a picture for $0.25, five seconds of moving lips at $0.02
    assert (made.credits, made.score.credits, made.sound_credits) == (35, 10, 10)
    assert (made.picture_micro_usd, made.sound_micro_usd) == (250_000, 100_000)
    assert made.sound_path == "voice" and made.request.media == ()
    assert [note.key for note in made.notes] == ["note.lips"] and made.adjustments == ()


def test_a_model_that_can_be_silent_is_not_paid_for_sound_that_nobody_hears() -> None:
    native = planned(model="scripted-native", seconds=4)
    assert native.request.sound is False and native.sound_path == "voice"


def test_a_recording_that_lasts_longer_than_the_clip_is_cut_and_that_is_asked() -> None:
    made = planned(voice=replace(VOICE, seconds=9.5))
    (said,) = made.adjustments
    assert said.key == "adjust.audio_trimmed" and said.facts == {"seconds": "9.5", "limit": "5"}
    window = lips_window(made, booth(), 5.0)
    assert window is not None and window.formats == ("wav",)
    assert (window.min_seconds, window.max_seconds, window.max_bytes) == (1, 5, 5_000_000)


def test_what_nobody_takes_is_refused_with_the_nearest_value_before_anything_is_paid() -> None:
    long = refused(seconds=10)
    assert (long.code, long.facts["role"], long.facts["allowed"]) == ("media_too_long", "source-video", 8)
    short = refused(voice=replace(VOICE, seconds=0.5))
    assert (short.code, short.facts["role"], short.facts["allowed"]) == ("media_too_short", "voice", 1)
    assert short.facts["model"] == "Booth lips"


def test_without_a_service_that_moves_lips_the_sentence_says_what_is_done_instead() -> None:
    found = refused(world("scripted-key"))
    assert (found.code, found.facts["instead"]) == ("audio_not_taken", "audio_as soundtrack")
    assert refused(world("scripted-key"), audio_as="reference").facts.get("instead") is None


def test_among_the_shipped_services_small_pictures_and_long_clips_find_the_one_that_takes_them() -> None:
    shipped = load()
    context = replace(world("fal", "pixverse", "kling", catalogue=shipped), now_ms=NOW_MS)
    made = planned(context, model="kling-3.0", seconds=8)
    assert made.score is not None
    routes = [taker.route for piece in made.score.pieces for taker in piece.takers]
    assert routes[0] == "fal/kling-lips" and "pixverse/lips" in routes
    assert "adjust.voice_public" in [text.key for text in made.adjustments], "fal keeps it open to anybody"
    longer = planned(context, model="kling-3.0", seconds=12)
    assert longer.score is not None
    assert "fal/kling-lips" not in [one.route for piece in longer.score.pieces for one in piece.takers]
    own = planned(replace(context, house=House(adds_sound=True, sound_with=("pixverse",))), model="kling-3.0")
    assert own.score is not None and own.score.pieces[0].takers[0].route == "pixverse/lips"


def test_a_finished_clip_is_made_to_speak_for_the_price_of_the_lips_alone() -> None:
    picture = MediaInput(
        role="source-video", kind="video", path=Path("c.mp4"), mime="video/mp4", size_bytes=99, seconds=5.0
    )
    asked = SoundWish(
        job="j1",
        clip=Path("c.mp4"),
        way="lips",
        voice=VOICE,
        picture=picture,
        route="scripted-key/scripted-silent",
        provider="scripted-key",
        model_name="Scripted Silent",
        seconds=5.0,
        resolution="720p",
        aspect="16:9",
    )
    made = plan(Wish(prompt="…", model="scripted-silent", sound_for=asked), world())
    assert made.sound_only and (made.credits, made.cost_micro_usd, made.sound_path) == (10, 100_000, "voice")
    assert [note.key for note in made.notes] == ["note.new_sound_lips"]
    long = replace(asked, seconds=9.0, picture=replace(picture, seconds=9.0))
    with pytest.raises(Refusal) as caught:
        plan(Wish(prompt="…", model="scripted-silent", sound_for=long), world())
    assert caught.value.code == "media_too_long" and caught.value.facts["allowed"] == 8
