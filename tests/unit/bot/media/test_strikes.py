"""Two lists of moments laid over each other: found where they meet, unsure by chance and rhythm."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.quality import UNSURE
from bot.media.motion import cuts
from bot.media.strikes import Moments, bangs, offset_of

SECONDS, FPS = 6.0, 24.0


def moments(*at: float, weaker: tuple[float, ...] = ()) -> Moments:
    strength = [1.0] * len(at) + [0.4] * len(weaker)
    return Moments(at=np.array([*at, *weaker]), strength=np.array(strength))


def seen(*at: float, weaker: tuple[float, ...] = ()) -> Moments:
    """As frames show them: the first frame at or after the moment."""
    shown = moments(*at, weaker=weaker)
    return Moments(at=np.ceil(shown.at * FPS) / FPS, strength=shown.strength)


@pytest.mark.parametrize("late_ms", [-300, -40, 0, 120, 300])
def test_the_offset_at_which_all_moments_meet_is_found(late_ms: int) -> None:
    at = np.array([0.71, 1.88, 2.93, 4.66])
    heard = moments(*(at + late_ms / 1000), weaker=(0.3, 2.2, 3.7))
    found = offset_of(seen(*at), heard, seconds=SECONDS, fps=FPS)
    assert found.sure and found.ms is not None and abs(found.ms - late_ms) <= 30


def test_a_jolt_that_nothing_is_heard_of_makes_it_less_sure() -> None:
    at = (0.71, 1.88, 2.93)
    assert offset_of(seen(*at), moments(*at), seconds=SECONDS, fps=FPS).sure
    assert offset_of(seen(*at, 3.6, 4.4, 5.2), moments(*at), seconds=SECONDS, fps=FPS) == UNSURE


def test_two_blows_are_too_few_and_a_clock_says_nothing() -> None:
    assert offset_of(seen(0.8, 2.9), moments(0.8, 2.9), seconds=SECONDS, fps=FPS) == UNSURE
    clock = tuple(np.arange(0.5, 5.6, 0.5))
    assert offset_of(seen(*clock), moments(*clock), seconds=SECONDS, fps=FPS) == UNSURE


def test_moments_that_have_nothing_to_do_with_each_other_hardly_ever_meet() -> None:
    random = np.random.default_rng(5)
    sure = 0
    for _ in range(400):
        one, other = (random.uniform(0.3, 5.7, int(random.integers(3, 8))) for _ in range(2))
        sure += offset_of(seen(*one), moments(*other), seconds=SECONDS, fps=FPS).sure
    assert sure <= 2


def test_a_bang_is_heard_when_it_begins() -> None:
    random = np.random.default_rng(2)
    sound = random.standard_normal(16_000 * 5) * 0.01
    at = (0.7, 1.9, 3.4)
    for moment in at:
        first = round(moment * 16_000)
        sound[first : first + 4000] += random.standard_normal(4000) * np.exp(-np.arange(4000) / 900) * 0.3
    heard = bangs(sound.astype(np.float32))
    assert np.allclose(np.sort(heard.at[:3]), at, atol=0.02)


def test_a_flash_that_fades_is_no_cut_and_another_picture_is() -> None:
    place = np.random.default_rng(1).integers(40, 120, (90, 160)).astype(float)
    light = np.concatenate([np.zeros(30), 200 * np.exp(-np.arange(30) * 9 / 24)])
    flash = np.clip(place + light[:, None, None], 0, 255).astype(np.uint8)
    assert cuts(flash) == []
    other = np.random.default_rng(2).integers(90, 220, (90, 160))
    assert cuts(np.array([place] * 30 + [other] * 30, np.uint8)) == [30]
