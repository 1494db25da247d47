"""Timeline → what subject, traffic, fire, clock and crowd sound like, when and where they are seen. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from providers.local import acts, noise, voices
from providers.local.audience import applause_at
from providers.local.fire import crackles, flicker
from providers.local.noise import RATE, Mono, Stereo
from providers.local.room import TICK_SECONDS
from providers.local.script import Script
from providers.local.sea import wash_reach
from providers.local.timeline import Shot, Timeline

_GRID = 60  # values a second of slow curves


def subject_sounds(ambience: Stereo, effects: Stereo, timeline: Timeline) -> None:
    """Lay everything that the subject and the things around it do into the beds."""
    rng = np.random.default_rng([timeline.script.seed, 58])
    _cries(effects, timeline, rng)
    subject = timeline.script.subject
    if subject in ("dog", "cat"):
        _paws(effects, timeline, rng)
    elif subject == "train":
        _train(ambience, effects, timeline, rng)
    elif subject == "car":
        _car(ambience, timeline, rng)
    elif subject == "boat" and timeline.script.setting != "sea":
        _lapping(ambience, timeline, rng)
    _traffic(ambience, timeline, rng)
    _things(ambience, effects, timeline, rng)


def burns(script: Script) -> bool:
    """Whether a fire is seen."""
    hearth = script.setting == "room" and script.seed % 3 == 0
    return hearth or "fire" in script.props


def add_moving(bed: Stereo, sound: Mono, gain: NDArray[np.floating], pan: NDArray[np.floating]) -> None:
    """Lay a sound as long as the bed into it while it moves; both curves cover the whole length evenly."""
    size = min(bed.shape[1], len(sound))
    at = np.linspace(0, 1, size)
    points = np.linspace(0, 1, len(gain))
    angle = np.interp(at, points, np.clip(pan, 0, 1)) * np.pi / 2
    loud = np.interp(at, points, gain) * 1.3
    bed[0, :size] += (sound[:size] * loud * np.cos(angle)).astype(np.float32)
    bed[1, :size] += (sound[:size] * loud * np.sin(angle)).astype(np.float32)


def place_of(timeline: Timeline, seconds: float) -> float:
    """Where the subject is across the picture, 0–1, also while a close view hides it."""
    shot = timeline.shot_at(seconds)
    width = _width(timeline)
    return acts.place_at(timeline.script.subject, shot.start, shot.end, seconds, width)


def _width(timeline: Timeline) -> float:
    """Width of the picture in design units."""
    size = timeline.size
    return size.width / min(size.height / 720, size.width / 460)


def _times(timeline: Timeline) -> NDArray[np.float64]:
    return np.linspace(0, timeline.seconds, timeline.seconds * _GRID)


def _cries(bed: Stereo, timeline: Timeline, rng: np.random.Generator) -> None:
    make, gain = {
        "dog": (noise.bark, 0.75), "cat": (voices.meow, 0.8), "bird": (voices.song, 0.6),
        "train": (voices.whistle, 0.7)
    }.get(timeline.script.subject, (noise.bark, 0.0))  # fmt: skip
    for cry in timeline.act.cries:
        if cry < timeline.seconds:
            pan = 0.5 + (min(1.0, max(0.0, place_of(timeline, cry))) - 0.5) * 0.6
            noise.add(bed, make(rng), cry, gain, pan)


def _paws(bed: Stereo, timeline: Timeline, rng: np.random.Generator) -> None:
    soft = 0.05 if timeline.script.subject == "cat" else 0.11
    for number, moment in enumerate(timeline.act.paws):
        pad = noise.step("snow" if timeline.script.weather == "snow" else "sand", rng)
        noise.add(bed, pad, moment, soft, 0.46 + 0.08 * (number % 2))


def _train(ambience: Stereo, effects: Stereo, timeline: Timeline, rng: np.random.Generator) -> None:
    times = _times(timeline)
    front = np.array([place_of(timeline, float(t)) for t in times])
    near = np.clip(0.25 + front * 1.1, 0.2, 1.0)
    add_moving(
        ambience,
        voices.rumble(float(timeline.seconds), rng),
        near,
        0.5 + (np.clip(front, 0, 1) - 0.5) * 0.7 * (front < 1),
    )
    for joint in timeline.act.joints:
        place = min(1.0, max(0.0, place_of(timeline, joint)))
        noise.add(effects, voices.clack(rng), joint, 0.30 + 0.14 * place, 0.35 + 0.3 * place)


def _car(ambience: Stereo, timeline: Timeline, rng: np.random.Generator) -> None:
    times = _times(timeline)
    pan = np.array([place_of(timeline, float(t)) for t in times])
    seen = np.array([1.0 if timeline.shot_at(float(t)).framing == "wide" else 0.45 for t in times])
    lens = np.array([_nearness(timeline.shot_at(float(t))) for t in times])
    add_moving(ambience, voices.engine(float(timeline.seconds), rng), seen * lens, pan)


def _nearness(shot: Shot) -> float:
    return 0.8 + 0.35 * (shot.lens - 1) if shot.framing == "wide" else 0.6


def _lapping(ambience: Stereo, timeline: Timeline, rng: np.random.Generator) -> None:
    """Water around a boat where the place has none: it swells as the boat rises."""
    times = _times(timeline)
    reach = np.array([wash_reach(float(t)) for t in times])
    water = noise.noise(
        float(timeline.seconds), rng, ((120, 0), (400, 1), (1600, 0.7), (6000, 0.3), (12000, 0))
    )
    add_moving(ambience, water, 0.012 + 0.05 * reach**1.4, np.full(len(times), 0.5))


def _traffic(ambience: Stereo, timeline: Timeline, rng: np.random.Generator) -> None:
    """Cars that drive by: loudest in the middle of the picture, from left to right."""
    width = _width(timeline)
    for passed in timeline.act.passes:
        length = 3.2
        t = np.linspace(0, length, int(length * _GRID)) - length / 2
        bed = np.zeros((2, int(length * RATE)), np.float32)
        away = t * acts.PASS_PACE
        gain = 0.34 / (1 + (away / 230) ** 2)
        add_moving(bed, voices.engine(length, rng, 74.0), gain, 0.5 + away / width)
        for side in (0, 1):
            noise.add(ambience, bed[side], passed - length / 2, 1 / 1.3, float(side))


def _things(ambience: Stereo, effects: Stereo, timeline: Timeline, rng: np.random.Generator) -> None:
    script, length = timeline.script, float(timeline.seconds)
    if burns(script):
        times = _times(timeline)
        high = np.array([flicker(script.seed, float(t)) for t in times])
        add_moving(ambience, voices.burning(length, rng), (high - 0.35) * 1.5, np.full(len(times), 0.6))
        for moment in crackles(script.seed, length):
            noise.add(ambience, voices.crack(rng), moment, float(rng.uniform(0.10, 0.26)), 0.6)
    if script.setting == "room":
        for number, moment in enumerate(np.arange(TICK_SECONDS, length, TICK_SECONDS)):
            noise.add(ambience, voices.tick(rng, number % 2 == 0), float(moment), 0.045, 0.56)
    if script.setting == "stage" or "crowd" in script.props:
        ambience[:] += voices.murmur(length, rng) * np.float32(0.9)
        times = _times(timeline)
        hands = np.array([applause_at(float(t), length) for t in times])
        for pan in (0.25, 0.75):
            add_moving(ambience, voices.claps(length, rng, 70.0), hands, np.full(len(times), pan))


def blinks(ambience: Stereo, timeline: Timeline, period: float, rng: np.random.Generator) -> None:
    """The faint tone of signal lamps."""
    for moment in np.arange(0.0, float(timeline.seconds), period):
        noise.add(ambience, voices.blip(rng), float(moment), 0.05, 0.5)
