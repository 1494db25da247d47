"""Whether lips and blows are in step: right within 60 ms, or unsure; never sure and wrong."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np
import pytest

from bot.core.quality import UNSURE, Offset
from bot.media import listening
from bot.media.offsets import impact_offset, lip_offset
from tests.fakes import synced

MOST_MS = 60
OFFSETS = (-300, -200, -100, -40, 0, 40, 100, 200, 300)
NOISES: tuple[synced.Noise, ...] = ("clean", "rain", "music")
SAID = (True,) * 600


def right(answers: Iterable[tuple[int, Offset]]) -> tuple[int, int]:
    """How many there are and how many are answered; fails on one that is sure and wrong."""
    asked = answered = 0
    for truth, offset in answers:
        asked += 1
        if offset.sure:
            answered += 1
            assert offset.ms is not None and abs(offset.ms - truth) <= MOST_MS, f"{offset} for {truth}"
    return asked, answered


def lips(made: synced.Made, noise: synced.Noise, offset: int, seed: int) -> Offset:
    heard = synced.over(synced.moved(made.sound, offset), noise, seed=seed)
    return lip_offset(synced.small(made), synced.at_16_khz(heard), spoken=SAID)


def blows(made: synced.Made, noise: synced.Noise, offset: int, seed: int) -> Offset:
    heard = synced.over(synced.moved(made.sound, offset), noise, seed=seed)
    return impact_offset(synced.small(made), synced.at_16_khz(heard))


@pytest.mark.parametrize("noise", NOISES)
def test_the_voice_is_found_late_or_early_by_what_it_is(noise: synced.Noise, whole: bool) -> None:
    cells = list(product(range(10), OFFSETS)) if whole else [(1, -300), (2, 40), (4, 200)]
    made = {seed: synced.talker(seed=seed) for seed in {seed for seed, _ in cells}}
    asked, answered = right((offset, lips(made[seed], noise, offset, seed)) for seed, offset in cells)
    assert answered >= asked * (0.8 if noise == "clean" else 0.5)


@pytest.mark.parametrize("noise", NOISES)
def test_blows_are_found_late_or_early_by_what_they_are(noise: synced.Noise, whole: bool) -> None:
    kinds: tuple[synced.Blow, ...] = ("ball", "hammer", "clap", "lamp")
    cells: list[tuple[synced.Blow, int, int]] = (
        [(kind, seed, offset) for kind in kinds for seed in range(5) for offset in OFFSETS]
        if whole
        else [("ball", 1, -200), ("hammer", 2, 100), ("lamp", 2, 300)]
    )
    made = {(kind, seed): synced.blows(seed=seed, kind=kind) for kind, seed, _ in cells}
    asked, answered = right(
        (offset, blows(made[kind, seed], noise, offset, seed)) for kind, seed, offset in cells
    )
    assert answered >= asked * (0.8 if noise == "clean" else 0.5)


def test_a_voice_without_a_mouth_is_unsure(whole: bool) -> None:
    for seed in range(12 if whole else 2):
        made = synced.scenery(seed=seed)
        assert lip_offset(synced.small(made), synced.at_16_khz(made.sound), spoken=SAID) == UNSURE


def test_too_little_to_go_by_is_unsure() -> None:
    made = synced.talker(seed=1, seconds=1.2)
    assert lip_offset(synced.small(made), synced.at_16_khz(made.sound), spoken=SAID) == UNSURE
    still = synced.talker(seed=1, seconds=4.0)
    frozen = synced.Made(pictures=still.pictures[:1] * len(still.pictures), fps=still.fps, sound=still.sound)
    assert lip_offset(synced.small(frozen), synced.at_16_khz(frozen.sound), spoken=SAID) == UNSURE
    silent = synced.at_16_khz(np.zeros_like(still.sound))
    assert lip_offset(synced.small(still), silent, spoken=SAID) == UNSURE
    assert impact_offset(synced.small(still), silent) == UNSURE


def test_shots_in_which_nobody_speaks_are_left_out() -> None:
    made = synced.talker(seed=2, seconds=4.0)
    heard = synced.at_16_khz(made.sound)
    assert lip_offset(synced.small(made), heard, spoken=SAID).sure
    assert lip_offset(synced.small(made), heard, spoken=(False,) * 600) == UNSURE


def test_a_made_up_voice_is_heard_as_speech_and_rain_is_not() -> None:
    made = synced.talker(seed=3, seconds=3.0)
    spoken = listening.spoken(synced.at_16_khz(made.sound))
    if spoken is None:
        pytest.skip("needs the extra quality")
    assert sum(spoken) > 0.5 * len(spoken)
    rain = synced.over(np.zeros_like(made.sound), "rain", seed=1)
    quiet = listening.spoken(synced.at_16_khz(rain + np.float32(0.001)))
    assert quiet is not None and not any(quiet)
