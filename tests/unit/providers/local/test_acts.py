"""Subjects and their sounds: what the written file lets hear begins when timeline and picture say so."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from providers.local import acts, animals, water
from providers.local.acting import takes_of
from providers.local.canvas import Canvas
from providers.local.fire import crackles
from providers.local.music import make_music
from providers.local.noise import RATE, Stereo
from providers.local.palette import palette_of
from providers.local.recording import load_recording
from providers.local.render import write_clip
from providers.local.room import TICK_SECONDS, pendulum_at
from providers.local.script import read_script
from providers.local.sound import make_sound
from providers.local.timeline import FPS, Size, Timeline, lay_out
from tests.sheets import script_of

SIZE = Size(width=128, height=72)


def timeline_of(setting: str, subject: str, *, seconds: int = 5, seed: int = 1, prompt: str = "") -> Timeline:
    script = script_of(setting, subject=subject, seed=seed)
    if prompt:
        script = replace(script, cues=read_script(prompt).cues)
    return lay_out(script, seconds=seconds, size=SIZE, line_seconds=())


def heard(timeline: Timeline, path: Path, sound: Stereo) -> NDArray[np.float32]:
    """The track as it is read back from a written clip, as loudness every 2 ms."""
    ready: Future[Stereo] = Future()
    ready.set_result(sound)
    blank = Image.new("RGB", (SIZE.width, SIZE.height))
    write_clip(
        path,
        size=SIZE,
        frames=timeline.frames,
        draw=lambda _: blank,
        vignette=np.full((SIZE.height, SIZE.width), 256, np.uint16),
        sound=ready,
        on_frame=lambda _: None,
        title="test",
    )
    track = np.abs(load_recording(path, timeline.seconds)).max(axis=0)
    step = RATE // 500
    level: NDArray[np.float32] = track[: len(track) // step * step].reshape(-1, step).max(axis=1)
    return level


def onset_near(level: NDArray[np.float32], moment: float) -> float:
    """When the sound around a moment rises past a third of its peak, in seconds."""
    first = max(0, round((moment - 0.12) * 500))
    part = level[first : round((moment + 0.16) * 500)]
    return float(first + np.flatnonzero(part > part.max() / 3)[0]) / 500


@pytest.mark.parametrize(
    ("subject", "setting"), [("dog", "desert"), ("cat", "room"), ("bird", "forest"), ("train", "mountains")]
)
def test_the_subject_is_heard_in_the_file_when_its_mouth_opens(
    subject: str, setting: str, tmp_path: Path
) -> None:
    timeline = timeline_of(setting, subject)
    assert len(timeline.act.cries) >= 1
    alone = replace(timeline, act=replace(timeline.act, joints=()))  # wheels clack into the whistle
    level = heard(alone, tmp_path / "a.mp4", make_sound(alone).effects)
    for cry in timeline.act.cries:
        assert onset_near(level, cry) == pytest.approx(cry, abs=0.04)
        assert acts.mouth_at(timeline.script.subject, timeline.act.cries, cry - 0.01) == 0
        assert acts.mouth_at(timeline.script.subject, timeline.act.cries, cry + 0.04) > 0.3


def test_a_dogs_red_mouth_is_drawn_while_it_barks_and_only_then() -> None:
    timeline = timeline_of("desert", "dog")
    beast = animals.beast_of("dog", 0, palette_of(timeline.script))

    def red(seconds: float) -> int:
        image = Image.new("RGB", (400, 300), (40, 90, 160))
        canvas = Canvas(image)
        mouth = acts.mouth_at("dog", timeline.act.cries, seconds)
        animals.draw_dog(canvas, beast, x=150, ground=250, seconds=1.0, turn=0.1, mouth=mouth)
        canvas.finish()
        r, g, b = (np.asarray(image, np.int16)[..., k] for k in range(3))
        return int(((r > 220) & (abs(g - 120) < 8) & (abs(b - 124) < 8)).sum())

    for cry in timeline.act.cries:
        assert red(cry + 0.08) > 10 > red(cry - 1 / FPS)


def test_a_bark_that_a_cue_asks_for_is_barked_by_the_dog_itself_and_only_once() -> None:
    timeline = timeline_of("desert", "dog", prompt="@1.5s dog bark")
    assert timeline.act.cries == (1.5,)
    level = np.abs(make_sound(timeline).effects).max(axis=0)
    assert level[int(1.52 * RATE) : int(1.7 * RATE)].max() > 0.2
    assert level[int(2.0 * RATE) : int(4.0 * RATE)].max() < 0.12


def test_wheels_clack_when_they_cross_a_rail_joint(tmp_path: Path) -> None:
    timeline = timeline_of("mountains", "train")
    clacks = [
        joint for joint in timeline.act.joints if all(abs(joint - cry) > 1.1 for cry in timeline.act.cries)
    ]
    assert len(clacks) >= 4
    level = heard(timeline, tmp_path / "a.mp4", make_sound(timeline).effects)
    for number, joint in enumerate(timeline.act.joints):
        front = acts.TRAIN_START + acts.TRAIN_PACE * joint
        axle = front - acts.BOGIES[number % 2] + acts.AXLES / 2
        off = (axle - acts.first_joint_place()) % acts.CARRIAGE
        assert min(off, acts.CARRIAGE - off) < 0.5
        assert acts.jolt_at(timeline.act.joints, joint) == 1.0
        if joint in clacks:
            assert onset_near(level, joint) == pytest.approx(joint, abs=0.04)


@pytest.mark.parametrize("setting", ["sea", "forest"])
def test_a_boat_rises_with_the_sound_of_the_water(setting: str, tmp_path: Path) -> None:
    timeline = timeline_of(setting, "boat", seconds=9)
    level = heard(timeline, tmp_path / "a.mp4", make_sound(timeline).ambience)
    slow = level[: len(level) // 125 * 125].reshape(-1, 125).mean(axis=1)  # quarter seconds
    heave = [water.heave_at((k + 0.5) * 0.25) for k in range(len(slow))]
    assert np.corrcoef(slow, heave)[0, 1] > 0.5


def test_a_car_is_heard_where_it_is_seen() -> None:
    timeline = timeline_of("desert", "car")
    left, right = (make_sound(timeline).ambience[k] for k in (0, 1))
    early, late = slice(0, RATE), slice(4 * RATE, 5 * RATE)
    assert left[early].std() > 1.4 * right[early].std()
    assert right[late].std() > 1.4 * left[late].std()


def test_traffic_is_loudest_when_it_is_in_the_middle_of_the_street() -> None:
    timeline = timeline_of("city", "walker")
    assert timeline.act.passes
    passed = timeline.act.passes[0]
    sound = make_sound(timeline).ambience
    quiet = make_sound(replace(timeline, act=replace(timeline.act, passes=()))).ambience

    def loud(bed: Stereo, at: float) -> float:
        return float(bed[:, max(0, round((at - 0.2) * RATE)) : round((at + 0.2) * RATE)].std())

    assert loud(sound, passed) > 2 * loud(quiet, passed)


def test_the_fire_cracks_in_the_file_when_its_flames_jump(tmp_path: Path) -> None:
    timeline = timeline_of("desert", "none")
    burning = replace(timeline, script=replace(timeline.script, props=("fire",)))
    fire = make_sound(burning).ambience - make_sound(timeline).ambience
    level = heard(burning, tmp_path / "a.mp4", fire)
    cracks = crackles(burning.script.seed, 5.0)
    alone = [
        b
        for a, b, c in zip((0.0, *cracks), cracks, (*cracks[1:], 9.0), strict=False)
        if min(b - a, c - b) > 0.3
    ]
    assert len(alone) >= 2
    for crack in alone:
        assert onset_near(level, crack) == pytest.approx(crack, abs=0.04)


def test_a_clock_ticks_when_its_pendulum_hangs_straight_down(tmp_path: Path) -> None:
    timeline = timeline_of("room", "none", seed=1)
    level = heard(timeline, tmp_path / "a.mp4", make_sound(timeline).ambience)
    for number in range(1, 9):
        moment = number * TICK_SECONDS
        assert pendulum_at(moment) == pytest.approx(0.0, abs=1e-9)
        assert onset_near(level, moment) == pytest.approx(moment, abs=0.04)


def test_a_wheel_turns_as_far_as_the_ground_goes_by() -> None:
    timeline = timeline_of("desert", "car")
    (take,) = takes_of(timeline, 1280.0, 0.0)
    ground = take.speed + (take.leave - take.enter) / (take.shot.end - take.shot.start)
    assert ground == pytest.approx(acts.pace_of("car", 5.0).ground)


def test_the_score_marks_every_cut() -> None:
    timeline = timeline_of("forest", "dog", seconds=12)
    assert len(timeline.cuts) == 2
    plain = make_music(timeline.script, 12.0)
    marked = make_music(timeline.script, 12.0, timeline.cuts)
    change = np.abs(marked - plain).max(axis=0)
    for cut in timeline.cuts:
        assert change[round(cut * RATE) : round((cut + 0.1) * RATE)].max() > 0.02
    assert change[: round((timeline.cuts[0] - 0.9) * RATE)].max() < 1e-6


@pytest.mark.parametrize("subject", ["dog", "train", "bird"])
def test_the_same_seed_acts_the_same_and_another_one_differently(subject: str) -> None:
    first, again, other = (timeline_of("forest", subject, seed=seed) for seed in (5, 5, 6))
    assert first == again
    assert np.array_equal(make_sound(first).effects, make_sound(again).effects)
    assert not np.array_equal(make_sound(first).effects, make_sound(other).effects)
