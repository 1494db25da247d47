"""Clips that are made to a recording: as long as it is, in whichever role it was given."""

from __future__ import annotations

from datetime import date

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import AudioAs, Plan, Wish
from bot.core.planner import PlanContext, audio_windows, plan
from bot.core.planner.intake import takes_audio
from providers.base import MediaInput
from providers.catalogue import check, load
from tests.unit.bot.core.worlds import NOW_MS, file

PICTURE = file("first-frame", "image", mime="image/png")


def note(seconds: float) -> MediaInput:
    return file("reference-audio", "audio", seconds=seconds, mime="audio/ogg")


def context() -> PlanContext:
    return PlanContext(
        catalogue=load(),
        house=House(),
        has_key=lambda name: name == "fal",
        missing_env=lambda name: () if name == "fal" else ("KEY",),
        now_ms=NOW_MS,
        today=date(2026, 11, 28),
        links=True,
    )


def planned(*media: MediaInput, seconds: int | None = None, audio_as: AudioAs | None = None) -> Plan:
    wish = Wish(prompt="She sings", model="ltx-2.3", media=media, seconds=seconds, audio_as=audio_as)
    return plan(wish, context())


@pytest.mark.parametrize(
    ("length", "seconds", "micro_usd"),
    [(7.3, 8, 800_000), (6.0, 6, 600_000), (2.6, 3, 300_000), (23.0, 20, 2_000_000)],
)
def test_the_clip_is_as_long_as_the_recording_and_costs_that(
    length: float, seconds: int, micro_usd: int
) -> None:
    found = planned(note(length))
    assert (found.request.mode, found.request.seconds, found.cost_micro_usd) == ("text", seconds, micro_usd)
    assert found.request.api_name == "fal-ai/ltx-2.3/audio-to-video" and found.sound_path == "native"
    (window,) = audio_windows(found, load()).values()
    assert (window.min_seconds, window.max_seconds, window.formats) == (2, 20, ("mp3", "wav"))


@pytest.mark.parametrize(
    ("audio_as", "role"),
    [(None, "reference-audio"), ("reference", "reference-audio"), ("soundtrack", "soundtrack")],
)
def test_it_leads_a_picture_too_in_the_role_that_somebody_gave_it(
    audio_as: AudioAs | None, role: str
) -> None:
    found = planned(PICTURE, note(6), audio_as=audio_as)
    assert [item.role for item in found.request.media] == ["first-frame", role]
    assert (found.request.mode, found.request.seconds, found.request.aspect) == ("first-frame", 6, "16:9")
    fitted = check(load().route("fal", "ltx-2.3"), found.request, fitted=("audio", "image"))
    assert fitted == []


def test_another_length_is_refused_with_the_one_that_is_possible() -> None:
    with pytest.raises(Refusal) as caught:
        planned(note(7.3), seconds=12)
    assert caught.value.facts["allowed"] == (8,)
    assert planned(note(7.3), seconds=8).request.seconds == 8


def test_without_a_recording_it_makes_its_own_sound_for_less() -> None:
    found = planned()
    assert found.request.api_name == "fal-ai/ltx-2.3/text-to-video/fast"
    assert (found.request.seconds, found.cost_micro_usd, found.sound_path) == (6, 240_000, "native")


def test_it_counts_among_the_models_that_take_a_recording() -> None:
    assert takes_audio(load().route("fal", "ltx-2.3"))
