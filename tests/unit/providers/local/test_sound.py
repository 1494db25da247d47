"""What is heard: steps with the feet, rain as strong as it looks, one loudness, nothing over the ceiling."""

from __future__ import annotations

import numpy as np
import pytest

from providers.local import mix, noise
from providers.local.music import make_music
from providers.local.noise import RATE
from providers.local.script import read_script
from providers.local.sound import make_sound, surface_of
from providers.local.timeline import STEP_SECONDS, Timeline, lay_out, picture_size
from providers.local.walker import STRIDE, body_way, foot_at
from providers.local.weather import flash_at, strength_at


def timeline_of(prompt: str, seconds: int = 6) -> Timeline:
    return lay_out(read_script(prompt), seconds=seconds, size=picture_size("16:9", "480p"), line_seconds=())


def onsets(sound: np.ndarray) -> list[float]:
    level = np.abs(sound).max(axis=0)[: len(sound[0]) // 480 * 480].reshape(-1, 480).max(axis=1)
    rises = np.flatnonzero((level[1:] > 0.08) & (level[:-1] < 0.02)) + 1
    return [float(rise) * 0.01 for rise in rises]


def test_every_step_is_heard_when_its_foot_lands() -> None:
    timeline = timeline_of("a man walks down the street by day")
    heard = onsets(make_sound(timeline).effects)
    assert len(timeline.steps) >= 9
    for step in timeline.steps:
        assert min(abs(step - moment) for moment in heard) <= 0.03
        assert foot_at(step, timeline.steps, 0.0, timeline.steps.index(step) % 2).lift == pytest.approx(
            0.0, abs=1.0
        )


def test_a_foot_that_carries_stays_where_it_is() -> None:
    steps = tuple(0.25 + k * STEP_SECONDS for k in range(8))
    for number, step in enumerate(steps[:-1]):
        places = [foot_at(step + k * 0.05, steps, 0.0, number % 2).way for k in range(9)]
        assert max(places) - min(places) < 0.01


def test_a_foot_in_the_air_gains_two_strides_and_lands_before_the_body() -> None:
    steps = tuple(0.25 + k * STEP_SECONDS for k in range(8))
    first, later = foot_at(steps[0], steps, 0.0, 0), foot_at(steps[2], steps, 0.0, 0)
    assert later.way - first.way == pytest.approx(2 * STRIDE)
    assert later.way > body_way(steps[2], 0.0)


def test_harder_rain_is_louder_and_the_ear_hears_the_gusts_that_the_eye_sees() -> None:
    rain, storm = timeline_of("rain in the city, seed"), timeline_of("thunderstorm in the city")
    sound = make_sound(rain).ambience
    assert (
        np.std(make_sound(storm).ambience)
        > np.std(sound)
        > 3 * np.std(make_sound(timeline_of("the city at night")).ambience) * 0.5
    )
    seen = [strength_at(rain.script, s + 0.25) for s in np.arange(0, 6, 0.5)]
    heard = [
        float(np.std(noise.filtered(sound[0, int(s * RATE) : int((s + 0.5) * RATE)], ((900, 0), (1500, 1)))))
        for s in np.arange(0, 6, 0.5)
    ]
    assert np.corrcoef(seen, heard)[0, 1] > 0.6


def test_thunder_follows_its_lightning() -> None:
    timeline = timeline_of("a thunderstorm over the hills", 8)
    assert timeline.flashes
    effects = np.abs(make_sound(timeline).effects).max(axis=0)
    for flash in timeline.flashes:
        assert flash_at(timeline.flashes, flash + 0.02) > 0.5
        quiet = effects[int((flash + 0.1) * RATE) : int((flash + 0.3) * RATE)].max()
        loud = effects[int((flash + 0.32) * RATE) : int((flash + 0.9) * RATE)].max()
        assert loud > 0.1
        assert flash != timeline.flashes[0] or loud > 3 * quiet


def test_a_cue_sounds_at_its_moment() -> None:
    timeline = timeline_of("a quiet room @2.5s door slam")
    heard = onsets(make_sound(timeline).effects)
    assert any(abs(moment - 2.5) <= 0.03 for moment in heard)


@pytest.mark.parametrize(
    ("prompt", "surface"),
    [
        ("city street by day", "hard"),
        ("city in the rain", "wet"),
        ("a beach", "sand"),
        ("forest", "leaves"),
        ("snow on the street", "snow"),
    ],
)
def test_steps_sound_like_the_ground(prompt: str, surface: str) -> None:
    assert surface_of(read_script(prompt)) == surface


@pytest.mark.parametrize(
    "prompt", ["city rain", "calm forest by day", "happy sea", "thunderstorm, tense", "xyz"]
)
def test_every_mix_has_the_same_loudness_and_keeps_below_the_ceiling(prompt: str) -> None:
    timeline = timeline_of(prompt, 4)
    beds = make_sound(timeline)
    silent = np.zeros_like(beds.ambience)
    mixed = mix.mixdown(
        voice=silent, effects=beds.effects, ambience=beds.ambience, music=make_music(timeline.script, 4.0)
    )
    assert mixed.shape == (2, 4 * RATE)
    assert mix.loudness(mixed) == pytest.approx(-16.0, abs=0.6)
    assert 20 * np.log10(mix.true_peak(mixed)) <= -1.3


def test_loudness_of_a_known_tone() -> None:
    t = np.arange(5 * RATE) / RATE
    tone = (10 ** (-23 / 20) * np.sin(2 * np.pi * 997 * t)).astype(np.float32)
    assert mix.loudness(np.stack([tone, tone])) == pytest.approx(-23.0, abs=0.1)
    assert mix.loudness(np.zeros((2, RATE), np.float32)) == float("-inf")


def test_music_and_rain_step_back_while_somebody_speaks() -> None:
    voice = np.zeros((2, 4 * RATE), np.float32)
    voice[:, RATE : 2 * RATE] = 0.3
    gain = mix.duck_curve(voice, 0.6)
    assert gain[int(0.5 * RATE)] == pytest.approx(1.0, abs=0.01)
    assert gain[int(1.5 * RATE)] == pytest.approx(0.4, abs=0.02)
    assert gain[int(3.8 * RATE)] > 0.9


def test_the_score_is_repeatable_and_changes_with_the_mood() -> None:
    calm, tense = read_script("calm hills", seed=1), read_script("tense dark hills", seed=1)
    assert np.array_equal(make_music(calm, 3.0), make_music(calm, 3.0))
    assert not np.array_equal(make_music(calm, 3.0), make_music(tense, 3.0))
