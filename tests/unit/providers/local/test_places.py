"""The eight settings, their hours and weathers: none looks like another, and all are drawn in every shape."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from providers.local.acting import Acting
from providers.local.script import read_script
from providers.local.timeline import FPS
from tests.sheets import SETTINGS, TIMES, WEATHERS, draw_sheet, picture_of, script_of

SHAPES = ((128, 72), (72, 128), (96, 96))
SUBJECTS = ("walker", "dog", "cat", "bird", "car", "train", "boat")


def seen(
    setting: str, *, seed: int = 1, shape: tuple[int, int] = SHAPES[0], at: float = 0.5, **tags: str
) -> Image.Image:
    picture = picture_of(script_of(setting, seed=seed, **tags), seconds=2, width=shape[0], height=shape[1])
    return picture.frame(round(at * FPS))


def small(image: Image.Image) -> NDArray[np.float32]:
    return np.asarray(image.resize((24, 24), Image.Resampling.BOX), dtype=np.float32)


def distance(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(small(a) - small(b)).mean())


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_drawn_at_every_hour_in_every_weather_and_no_two_of_them_agree(setting: str) -> None:
    pictures = {
        (time, weather): seen(setting, time=time, weather=weather, shape=SHAPES[(a + b) % 3])
        for a, time in enumerate(TIMES)
        for b, weather in enumerate(WEATHERS)
    }
    for picture in pictures.values():
        assert np.asarray(picture).std() > 12
    bar = 0.1 if setting == "room" else 0.25  # a room shows its weather in the windows only
    for one, other in combinations(pictures, 2):
        same = distance(pictures[one], pictures[other])
        assert same > (3.0 if one[0] != other[0] else bar), (one, other)


@pytest.mark.parametrize("time", TIMES)
def test_no_two_settings_share_a_backdrop_whatever_the_seed(time: str) -> None:
    pictures = {
        (setting, seed): seen(setting, time=time, seed=seed) for setting in SETTINGS for seed in (1, 2, 3)
    }
    for one, other in combinations(pictures, 2):
        if one[0] != other[0]:
            assert distance(pictures[one], pictures[other]) > 5.0, (one, other)


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_has_several_looks_and_the_same_seed_looks_the_same(setting: str) -> None:
    looks = [seen(setting, seed=seed) for seed in (1, 2, 3)]
    for one, other in combinations(looks, 2):
        assert distance(one, other) > 2.5
    assert looks[0].tobytes() == seen(setting, seed=1).tobytes()


@pytest.mark.parametrize("time", TIMES)
def test_the_four_coasts_of_the_sea_are_told_apart(time: str) -> None:
    coasts = [seen("sea", time=time, seed=seed) for seed in (0, 12, 1, 13, 2, 14, 3, 15)]
    for a, b in combinations(range(8), 2):
        if a // 2 != b // 2:
            assert distance(coasts[a], coasts[b]) > (3.0 if time == "night" else 5.0), (a, b)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_is_seen_in_every_setting_and_moves(
    subject: str, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = picture_of(script_of(setting, subject=subject), seconds=2, width=160, height=90)
    moments = (round(0.9 * FPS), round(1.3 * FPS))
    with_it = [np.asarray(picture.frame(number)).astype(np.int16) for number in moments]
    monkeypatch.setattr(Acting, "draw", lambda *_: None)
    without = [np.asarray(picture.frame(number)).astype(np.int16) for number in moments]
    masks = [np.abs(a - b).max(axis=2) > 14 for a, b in zip(with_it, without, strict=True)]
    assert min(mask.sum() for mask in masks) > 0.004 * masks[0].size
    assert (masks[0] ^ masks[1]).sum() > 0.002 * masks[0].size


def test_rain_outside_never_falls_into_a_room() -> None:
    dry, wet = (
        np.asarray(seen("room", weather=weather, shape=(256, 144)), np.int16) for weather in ("clear", "rain")
    )
    floor = slice(128, 144)
    spread = np.abs(np.diff(wet[floor], axis=0)).mean() - np.abs(np.diff(dry[floor], axis=0)).mean()
    assert spread < 1.0


def test_a_fire_is_seen_where_the_prompt_names_one() -> None:
    for place in ("forest", "desert", "beach"):
        script = read_script(f"a campfire in the {place} at night", seed=1)
        assert script.props == ("fire",)
        lit = picture_of(script, seconds=2, width=160, height=90).frame(12)
        dark = picture_of(replace(script, props=()), seconds=2, width=160, height=90).frame(12)
        red = np.asarray(lit, np.int16)[..., 0] - np.asarray(dark, np.int16)[..., 0]
        assert (red > 60).sum() > 40


def test_long_clips_have_two_or_three_shots_that_look_different() -> None:
    for seconds, count in ((5, 1), (6, 2), (9, 2), (10, 3), (15, 3)):
        picture = picture_of(script_of("forest", subject="dog"), seconds=seconds, width=128, height=72)
        shots = picture.timeline.shots
        assert len(shots) == count
        for cut in picture.timeline.cuts:
            before, after = (picture.frame(round(cut * FPS) + k) for k in (-1, 0))
            assert distance(before, after) > 3.0


@pytest.mark.parametrize(("word", "sign"), [("zoom in", 1), ("zoom out", -1)])
def test_a_zoom_moves_the_picture_towards_or_away(word: str, sign: int) -> None:
    script = read_script(f"mountains by day, {word}", seed=3)
    assert script.camera == ("push" if sign > 0 else "pull")
    still = picture_of(replace(script, camera="still"), seconds=3, width=192, height=108)
    moving = picture_of(script, seconds=3, width=192, height=108)
    first, last = (distance(moving.frame(number), still.frame(number)) for number in (0, 70))
    assert (last - first) * sign > 1.0


def test_a_pan_goes_farther_than_a_still_camera() -> None:
    script = script_of("mountains", seed=3)
    frames = {}
    for camera in ("still", "pan"):
        picture = picture_of(replace(script, camera=camera), seconds=3, width=192, height=108)
        frames[camera] = distance(picture.frame(0), picture.frame(70))
    assert frames["pan"] > frames["still"]


STRIKING = (
    "door slam",
    "knock",
    "thud",
    "crash",
    "bang",
    "drum",
    "step",
    "explosion",
    "thunder",
    "glass",
    "splash",
)


@pytest.mark.parametrize("cue", [*STRIKING, "bell", "whoosh"])
def test_a_cue_is_seen_at_its_moment(cue: str) -> None:
    said = read_script(f"a quiet forest by day @1.0s {cue}", seed=1)
    loud = picture_of(said, seconds=2, width=160, height=90)
    quiet = picture_of(replace(said, cues=()), seconds=2, width=160, height=90)
    change = []
    for number in (4, 27, 47):
        a, b = (np.asarray(picture.frame(number), np.int16) for picture in (loud, quiet))
        change.append(float((np.abs(a - b).max(axis=2) > 20).mean()))
    assert change[1] > 0.004
    assert change[1] > 3 * change[0]
    assert change[1] > change[2]


@pytest.mark.parametrize("cue", STRIKING)
def test_most_changes_in_the_frame_of_the_blow(cue: str) -> None:
    """What comes down does not ease out before it lands, and what it throws up is there at once."""
    said = read_script(f"a quiet forest by day @1.0s {cue}", seed=1)
    picture = picture_of(said, seconds=2, width=160, height=90)
    frames = np.stack([np.asarray(picture.frame(number), np.float32) for number in range(17, 29)])
    steps = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    assert int(steps.argmax()) + 18 == 24


def test_the_contact_sheet_is_made_by_a_command(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    assert draw_sheet(out, "settings", [1], ["desert", "space"], 4) == 8
    with Image.open(out) as sheet:
        assert sheet.width > 4 * 380
    assert draw_sheet(out, "pictures", [1], ["sea"], 3) == 3
