"""Timeline → ambience and effects: what the picture shows is heard, then and as strongly. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from providers.lexicon import split_words
from providers.local import noise, voices
from providers.local.acts import is_cry
from providers.local.cosmos import BLINK_SECONDS
from providers.local.noise import RATE, Stereo
from providers.local.script import Script
from providers.local.sea import wash_reach
from providers.local.subject_sound import blinks, subject_sounds
from providers.local.timeline import Timeline
from providers.local.weather import strength_at

INDOORS = ("room", "stage", "space")
_THUNDER_DELAY = 0.32  # the storm is near, but light is faster


@dataclass(frozen=True, kw_only=True)
class Beds:
    """Stereo sounds as long as the clip: what lasts, and what happens."""

    ambience: Stereo
    effects: Stereo


def surface_of(script: Script) -> str:
    """What the steps sound like."""
    if script.weather == "snow" and script.setting not in INDOORS:
        return "snow"
    if script.setting == "city":
        return "wet" if script.raining else "hard"
    surfaces = {"forest": "leaves", "sea": "sand", "desert": "sand", "room": "hard", "stage": "hard"}
    if script.setting == "space":
        return "hard" if script.seed % 3 == 1 else "sand"
    return surfaces.get(script.setting, "leaves")


def make_sound(timeline: Timeline) -> Beds:
    """All sounds of the picture."""
    script = timeline.script
    size = timeline.seconds * RATE
    ambience = np.zeros((2, size), np.float32)
    effects = np.zeros((2, size), np.float32)
    _place(ambience, timeline)
    outside = np.zeros_like(ambience) if script.setting in INDOORS else ambience
    if script.raining:
        _rain(outside, timeline)
    if script.weather in ("wind", "storm", "snow"):
        _wind(outside, timeline, {"wind": 0.9, "storm": 0.7, "snow": 0.35}[script.weather])
    if script.setting in ("room", "stage"):  # through windows and walls; in space nothing carries sound
        ambience += noise.filtered(outside, ((30, 0.5), (400, 0.5), (1500, 0.22), (6000, 0.05), (16000, 0.0)))
    _steps(effects, timeline)
    rng = np.random.default_rng([script.seed, 52])
    for flash in timeline.flashes:
        noise.add(
            effects, noise.thunder(rng), flash + _THUNDER_DELAY, 0.3 if script.setting in INDOORS else 0.55
        )
    _cues(effects, timeline)
    subject_sounds(ambience, effects, timeline)
    return Beds(ambience=ambience, effects=effects)


def _place(bed: Stereo, timeline: Timeline) -> None:
    """The quiet sound of the place itself; never nothing."""
    script, length = timeline.script, float(timeline.seconds)
    rng = np.random.default_rng([script.seed, 50])
    light = script.time in ("day", "dawn")
    dry = not script.raining and script.weather != "snow"
    bed += noise.noise(length, rng, ((30, 0), (80, 1), (300, 0.35), (2500, 0.08), (9000, 0)), 2) * 0.012
    if script.setting == "city":
        slow = 1 + 0.4 * np.sin(np.linspace(0, 2 * np.pi * length / 7, bed.shape[1]) + rng.random() * 6)
        bed += (
            noise.noise(length, rng, ((30, 0), (60, 1), (220, 0.8), (900, 0.16), (3000, 0)), 2)
            * 0.04
            * slow.astype(np.float32)
        )
        for _ in range(int(length / 6) if not timeline.act.passes else int(length / 9)):
            noise.add(bed, noise.horn(rng), float(rng.uniform(0.3, length)), 0.035, float(rng.random()))
    elif script.setting == "sea":
        _waves(bed, timeline, rng)
        if light and dry:
            for at in np.arange(0.8, length - 0.4, 2.7):
                noise.add(bed, noise.gull(rng), float(at + rng.uniform(0, 1.2)), 0.28, float(rng.random()))
    elif script.setting == "space":
        _hum(bed, length, rng)
        blinks(bed, timeline, BLINK_SECONDS, rng)
    elif script.setting in ("desert", "mountains"):
        _breeze(bed, length, rng, high=script.setting == "mountains")
        if script.setting == "mountains" and light and dry:
            _birdsong(bed, length, rng, 0.35)
        elif not light and dry:
            _crickets(bed, length, rng)
    elif script.setting not in INDOORS:
        leaves = noise.noise(length, rng, ((300, 0), (1200, 0.6), (4000, 1), (11000, 0)), 2) * 0.014
        gust = 0.6 + 0.4 * np.sin(np.linspace(0, 2 * np.pi * length / 4.3, bed.shape[1]) + rng.random() * 6)
        bed += leaves * gust.astype(np.float32)
        if light and dry:
            _birdsong(bed, length, rng, 0.7)
        elif dry:
            _crickets(bed, length, rng)


def _birdsong(bed: Stereo, length: float, rng: np.random.Generator, share: float) -> None:
    for at in np.arange(0.2, length, 0.75):
        if rng.random() < share:
            loud, pan = float(rng.uniform(0.08, 0.3)), float(rng.random())
            noise.add(bed, noise.chirp(rng), float(at + rng.uniform(0, 0.5)), loud, pan)


def _breeze(bed: Stereo, length: float, rng: np.random.Generator, *, high: bool) -> None:
    """Air over wide land; among peaks it whistles."""
    t = np.linspace(0, length, bed.shape[1])
    gust = 0.55 + 0.45 * np.sin(t * 1.1 + rng.random() * 6) * np.sin(t * 0.43 + 1)
    low = noise.noise(length, rng, ((60, 0), (200, 1), (700, 0.5), (2500, 0.1), (6000, 0)), 2)
    bed += (low * 0.03 * gust).astype(np.float32)
    if high:
        thin = noise.noise(length, rng, ((600, 0), (900, 1), (1200, 0)), 2)
        bed += (thin * 0.012 * gust**2).astype(np.float32)
    else:
        sand = noise.noise(length, rng, ((3000, 0), (6000, 1), (14000, 0)), 2)
        bed += (sand * 0.007 * gust**2).astype(np.float32)


def _hum(bed: Stereo, length: float, rng: np.random.Generator) -> None:
    """The machines that keep people alive out there."""
    t = noise.seconds_of(length)
    for number, (pitch, gain) in enumerate(((55.0, 0.030), (82.5, 0.018), (110.4, 0.010), (220.9, 0.004))):
        slow = 1 + 0.25 * np.sin(2 * np.pi * t * (0.07 + 0.03 * number) + rng.random() * 6)
        noise.add(
            bed, (np.sin(2 * np.pi * pitch * t) * slow).astype(np.float32), 0.0, gain, 0.4 + 0.07 * number
        )
    bed += noise.noise(length, rng, ((80, 0), (200, 1), (900, 0.3), (3000, 0)), 2) * 0.008


def _crickets(bed: Stereo, length: float, rng: np.random.Generator) -> None:
    t = noise.seconds_of(length)
    for pan, pitch, gain in ((0.2, 4300, 0.012), (0.8, 4650, 0.009)):
        pulse = (np.sin(2 * np.pi * 16 * t + rng.random() * 6) > 0) * (
            (t * rng.uniform(0.7, 1.1)) % 1.0 < 0.55
        )
        soft = noise.filtered(pulse.astype(np.float64), ((1, 1), (90, 1), (300, 0)))
        noise.add(bed, (np.sin(2 * np.pi * pitch * t) * soft).astype(np.float32), 0.0, gain, pan)


def _waves(bed: Stereo, timeline: Timeline, rng: np.random.Generator) -> None:
    length = float(timeline.seconds)
    at = np.linspace(0, length, int(length * 60))
    reach = np.interp(noise.seconds_of(length), at, [wash_reach(float(s)) for s in at])
    rough = {"storm": 1.7, "wind": 1.4}.get(timeline.script.weather, 1.0)
    hiss = noise.noise(length, rng, ((500, 0), (1500, 0.8), (5000, 1), (13000, 0)), 2)
    roar = noise.noise(length, rng, ((40, 0), (120, 1), (600, 0.5), (2000, 0)), 2)
    bed += (hiss * (0.008 + 0.06 * reach**1.6) + roar * (0.03 + 0.05 * reach)).astype(
        np.float32
    ) * np.float32(rough)


def _rain(bed: Stereo, timeline: Timeline) -> None:
    script, length = timeline.script, float(timeline.seconds)
    rng = np.random.default_rng([script.seed, 51])
    at = np.linspace(0, length, int(length * 24) + 1)
    curve = np.interp(noise.seconds_of(length), at, [strength_at(script, float(s)) for s in at]).astype(
        np.float32
    )
    hiss = noise.noise(length, rng, ((500, 0), (1400, 0.7), (4500, 1), (12000, 0.35), (18000, 0)), 2)
    body = noise.noise(length, rng, ((60, 0), (180, 1), (500, 0.4), (1200, 0)), 2)
    bed += (hiss * 0.075 + body * 0.03) * curve
    t = noise.seconds_of(0.03)
    drops = [
        np.sin(2 * np.pi * f * t * (1 + 0.6 * t / 0.03)) * np.exp(-t / 0.005)
        for f in rng.uniform(1500, 6500, 24)
    ]
    for _ in range(int(length * 110)):
        moment = rng.random() * (length - 0.05)
        loud = rng.random() ** 3 * 0.16 * curve[int(moment * RATE)]
        noise.add(
            bed,
            drops[int(rng.integers(0, 24))].astype(np.float32),
            float(moment),
            float(loud),
            float(rng.random()),
        )


def _wind(bed: Stereo, timeline: Timeline, strength: float) -> None:
    length = float(timeline.seconds)
    rng = np.random.default_rng([timeline.script.seed, 53])
    low = noise.noise(length, rng, ((60, 0), (180, 1), (500, 0.6), (1300, 0)), 2)
    high = noise.noise(length, rng, ((400, 0), (800, 1), (1600, 0.3), (4000, 0)), 2)
    turns = np.linspace(0, 2 * np.pi * length / 5.2, bed.shape[1]) + rng.random() * 6
    gust = 0.55 + 0.45 * np.sin(turns) * np.sin(turns * 0.37 + 1)
    bed += (low * 0.09 * gust + high * 0.05 * gust**2).astype(np.float32) * np.float32(strength)


def _steps(bed: Stereo, timeline: Timeline) -> None:
    rng = np.random.default_rng([timeline.script.seed, 54])
    surface = surface_of(timeline.script)
    for number, moment in enumerate(timeline.steps):
        pan = 0.42 + 0.06 * (number % 2)
        noise.add(bed, noise.step(surface, rng), moment, 0.34 * float(rng.uniform(0.85, 1.1)), pan)


def _cues(bed: Stereo, timeline: Timeline) -> None:
    sounds = {**voices.cue_voices(), **noise.cue_sounds()}
    rng = np.random.default_rng([timeline.script.seed, 55])
    for cue in timeline.script.cues:
        words = split_words(cue.name)
        stems = [word for word in words for word in (word, word.removesuffix("s"), word.removesuffix("ing"))]
        make = next((sounds[stem] for stem in stems if stem in sounds), noise.bell)
        if cue.at_seconds < timeline.seconds and not is_cry(timeline.script, cue):
            noise.add(bed, make(rng), cue.at_seconds, 0.55)
