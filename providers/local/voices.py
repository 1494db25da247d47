"""Raw sounds of animals, machines, wood and people, made of numbers; every onset lies at time 0. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from providers.local.acts import AXLES, MEOW_SECONDS, NOTE_SECONDS, SONG_SECONDS, TRAIN_PACE, WHISTLE_SECONDS
from providers.local.noise import RATE, Mono, decay, filtered, noise, seconds_of


def _mono(sound: NDArray[np.floating]) -> Mono:
    return sound.astype(np.float32)


def meow(rng: np.random.Generator) -> Mono:
    """A cat: the pitch rises and falls, the vowel opens."""
    t = seconds_of(MEOW_SECONDS)
    share = t / MEOW_SECONDS
    pitch = rng.uniform(520, 600) * (1 + 0.42 * np.sin(np.pi * share**0.7) - 0.12 * share)
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.008 * np.sin(2 * np.pi * 24 * t))) / RATE
    bright = 0.25 + 0.75 * np.sin(np.pi * share) ** 0.8
    voice = np.sum([np.sin(phase * k) * bright ** (k - 1) / k**0.5 for k in range(1, 8)], axis=0)
    shape = np.minimum(1, t / 0.02) * np.minimum(1, (MEOW_SECONDS - t) / 0.22)
    return _mono(filtered(voice * shape, ((200, 0.3), (800, 1), (2600, 0.8), (5200, 0.15), (9000, 0))) * 0.22)


def song(rng: np.random.Generator) -> Mono:
    """A bird near by: notes as long as its beak is open."""
    t = seconds_of(SONG_SECONDS)
    out = np.zeros_like(t)
    base = rng.uniform(2500, 3300)
    for k in range(round(SONG_SECONDS / NOTE_SECONDS)):
        inside = (t - k * NOTE_SECONDS) / NOTE_SECONDS
        on = (inside >= 0) & (inside < 0.9)
        bend = (
            base
            * (1 + 0.22 * rng.random())
            * (1 + 0.25 * np.sin(np.clip(inside, 0, 1) * np.pi * rng.uniform(0.6, 1.6)))
        )
        out += np.where(
            on,
            np.sin(2 * np.pi * np.cumsum(bend) / RATE) * np.sin(np.clip(inside / 0.9, 0, 1) * np.pi) ** 0.6,
            0,
        )
    return _mono(out * 0.30)


def clack(rng: np.random.Generator) -> Mono:
    """Two axles over a rail joint."""
    out = np.zeros(int(0.34 * RATE))
    for at, loud in ((0.0, 1.0), (AXLES / TRAIN_PACE, 0.8)):
        t = seconds_of(0.2)
        iron = noise(0.2, rng, ((300, 0), (900, 1), (3000, 0.6), (7000, 0))) * decay(t, 0.016) * 1.5
        low = noise(0.2, rng, ((30, 0), (70, 1), (220, 0.7), (600, 0))) * decay(t, 0.04) * 2.4
        first = int(at * RATE)
        out[first : first + len(t)] += (iron + low) * loud
    return _mono(out)


def whistle(rng: np.random.Generator) -> Mono:
    """A train's whistle: a chord with steam in it."""
    t = seconds_of(WHISTLE_SECONDS)
    shape = np.minimum(1, t / 0.03) * np.minimum(1, (WHISTLE_SECONDS - t) / 0.25)
    bend = 1 - 0.03 * np.exp(-t / 0.06)
    tones = np.sum([np.sin(2 * np.pi * np.cumsum(f * bend) / RATE) for f in (523, 622, 740, 880)], axis=0)
    steam = noise(WHISTLE_SECONDS, rng, ((900, 0), (2500, 1), (8000, 0.6), (15000, 0)))
    return _mono((tones * 0.055 + steam * 0.05) * shape)


def engine(length: float, rng: np.random.Generator, pitch: float = 62.0) -> Mono:
    """A car's motor and tyres, running all the time."""
    t = seconds_of(length)
    drift = 1 + 0.03 * np.sin(2 * np.pi * t / 3.7 + rng.random() * 6)
    phase = 2 * np.pi * np.cumsum(pitch * drift) / RATE
    motor = np.sum([np.sin(phase * k + rng.random() * 6) / k**0.75 for k in (1, 2, 3, 4, 6, 8)], axis=0)
    tyres = noise(length, rng, ((90, 0), (300, 1), (1100, 0.6), (3500, 0.1), (8000, 0)))
    return _mono(motor * 0.05 + tyres * 0.055)


def rumble(length: float, rng: np.random.Generator) -> Mono:
    """Many wheels on rails."""
    return _mono(
        noise(length, rng, ((25, 0), (60, 1), (240, 0.7), (1200, 0.12), (5000, 0.02), (9000, 0))) * 0.13
    )


def crack(rng: np.random.Generator) -> Mono:
    """Wood that cracks in a fire."""
    t = seconds_of(0.09)
    snap = noise(0.09, rng, ((500, 0), (1500, 1), (6000, 0.9), (14000, 0))) * decay(
        t, float(rng.uniform(0.003, 0.012))
    )
    return _mono(snap * 1.5)


def burning(length: float, rng: np.random.Generator) -> Mono:
    """The even breath of a fire."""
    return _mono(noise(length, rng, ((60, 0), (160, 1), (500, 0.5), (2500, 0.18), (8000, 0)))) * np.float32(
        0.05
    )


def tick(rng: np.random.Generator, low: bool) -> Mono:
    """One tick of a clock."""
    t = seconds_of(0.06)
    tone = np.sin(2 * np.pi * (1500 if low else 2100) * t) * decay(t, 0.006) + 0.5 * np.sin(
        2 * np.pi * 420 * t
    ) * decay(t, 0.012)
    return _mono(tone * 0.5)


def blip(rng: np.random.Generator) -> Mono:
    """A signal lamp."""
    t = seconds_of(0.22)
    return _mono(np.sin(2 * np.pi * 988 * t) * np.minimum(1, t / 0.004) * np.exp(-t / 0.07) * 0.3)


def claps(length: float, rng: np.random.Generator, density: float) -> Mono:
    """Many hands; `density` in claps a second."""
    out = np.zeros(int(length * RATE) + RATE // 10)
    kinds = []
    for _ in range(6):
        t = seconds_of(0.05)
        kinds.append(
            noise(0.05, rng, ((500, 0), (1100, 1), (2600, 0.8), (7000, 0)))
            * decay(t, float(rng.uniform(0.004, 0.010)))
        )
    for at in np.sort(rng.random(int(length * density)) * length):
        kind = kinds[int(rng.integers(0, 6))]
        first = int(at * RATE)
        out[first : first + len(kind)] += kind * rng.uniform(0.3, 1.0)
    return _mono(out[: int(length * RATE)] * 0.28)


def murmur(length: float, rng: np.random.Generator) -> Mono:
    """Many people who talk, none of them to be understood."""
    t = seconds_of(length)
    out = np.zeros_like(t)
    for _ in range(7):
        pitch = rng.uniform(95, 230) * (
            1 + 0.1 * np.sin(2 * np.pi * t * rng.uniform(0.5, 1.3) + rng.random() * 6)
        )
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        pace = np.clip(np.sin(2 * np.pi * t * rng.uniform(2.2, 4.4) + rng.random() * 6) + 0.3, 0, 1)
        pause = np.clip(np.sin(2 * np.pi * t * rng.uniform(0.16, 0.4) + rng.random() * 6) + 0.4, 0, 1)
        out += np.sum([np.sin(phase * k) / k for k in (1, 2, 3, 4, 5)], axis=0) * pace * pause
    return _mono(filtered(out, ((90, 0.2), (300, 1), (900, 0.6), (2400, 0.2), (4000, 0))) * 0.024)


def cue_voices() -> Mapping[str, Callable[[np.random.Generator], Mono]]:
    """More words of a cue → what is heard; `noise.cue_sounds` has the others."""
    words: tuple[tuple[str, Callable[[np.random.Generator], Mono]], ...] = (
        ("meow miaow cat purr", meow),
        ("whistle train", whistle),
        ("applause clap cheer", lambda rng: claps(1.6, rng, 60.0)),
        ("tick clock", lambda rng: tick(rng, True)),
        ("beep blip", blip),
    )
    return {word: make for names, make in words for word in names.split()}
