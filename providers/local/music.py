"""A small score: chords, bass and a melody whose scale, pace and colour follow the mood. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from providers.local import noise
from providers.local.noise import RATE, Mono, Stereo
from providers.local.script import Mood, Script

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 10)
_DORIAN = (0, 2, 3, 5, 7, 9, 10)


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a mood sounds: beats per minute, scale, chords by step, density of the melody, brightness."""

    bpm: float
    scale: tuple[int, ...]
    chords: tuple[tuple[int, ...], ...]
    melody: float
    bright: float
    pulse: bool


def style_of(mood: Mood) -> Style:
    """The style of a mood."""
    return {
        "calm": Style(
            bpm=72, scale=_MAJOR, chords=((0, 5, 3, 4), (0, 2, 3, 4)), melody=0.45, bright=0.5, pulse=False
        ),
        "happy": Style(
            bpm=108, scale=_MAJOR, chords=((0, 4, 5, 3), (0, 3, 0, 4)), melody=0.75, bright=0.9, pulse=True
        ),
        "sad": Style(
            bpm=66, scale=_MINOR, chords=((0, 5, 2, 6), (0, 3, 5, 4)), melody=0.4, bright=0.35, pulse=False
        ),
        "tense": Style(
            bpm=84, scale=_MINOR, chords=((0, 0, 5, 4), (0, 1, 0, 6)), melody=0.3, bright=0.3, pulse=True
        ),
        "epic": Style(
            bpm=96, scale=_DORIAN, chords=((0, 5, 3, 6), (0, 3, 6, 4)), melody=0.5, bright=0.7, pulse=True
        ),
    }[mood]


def beat_seconds(mood: Mood) -> float:
    """Length of a beat."""
    return 60 / style_of(mood).bpm


def make_music(script: Script, seconds: float, cuts: tuple[float, ...] = ()) -> Stereo:
    """A score of this length that ends on its first chord and fades out.

    Args:
        script: its mood and seed.
        seconds: length.
        cuts: moments that the score marks with a swell before and a stroke on the cut.
    """
    style = style_of(script.mood)
    rng = np.random.default_rng([script.seed, 70])
    out = np.zeros((2, round(seconds * RATE)), np.float32)
    root = 45 + int(rng.integers(0, 7))
    chords = style.chords[int(rng.integers(0, len(style.chords)))]
    beat = 60 / style.bpm
    bars = max(1, int(np.ceil(seconds / (beat * 4))))
    for bar in range(bars):
        start = bar * beat * 4
        degree = chords[bar % len(chords)] if bar < bars - 1 or bars == 1 else chords[0]
        _chord(out, style, root, degree, start, beat * 4.6)
        _bass(out, style, root, degree, start, beat)
        _melody(out, style, root, degree, start, beat, rng)
    for cut in cuts:
        _mark(out, style, root, cut, np.random.default_rng([script.seed, 71]))
    fade = np.minimum(1.0, (seconds - noise.seconds_of(seconds)) / min(1.2, seconds / 3))
    rise = np.minimum(1.0, noise.seconds_of(seconds) / 0.25)
    return _roomy(out, rng) * (fade * rise).astype(np.float32)


def _pitch(style: Style, root: int, degree: int) -> float:
    octave, step = divmod(degree, 7)
    return 440.0 * 2 ** ((root + style.scale[step] + 12 * octave - 69) / 12)


def _chord(out: Stereo, style: Style, root: int, degree: int, at: float, length: float) -> None:
    t = noise.seconds_of(length)
    shape = np.minimum(t / 0.5, 1) * np.minimum((length - t) / 0.9, 1)
    for number, third in enumerate((0, 2, 4, 7)):
        f = _pitch(style, root + 12, degree + third)
        tone = np.zeros_like(t)
        for k in (1, 2, 3, 4):
            weight = (0.35 + 0.4 * style.bright) ** (k - 1) / k
            tone += weight * (
                np.sin(2 * np.pi * f * k * 1.0012 * t) + np.sin(2 * np.pi * f * k * 0.9988 * t + k)
            )
        noise.add(out, (tone * shape * 0.022).astype(np.float32), at, 1.0, 0.2 + 0.2 * number)


def _bass(out: Stereo, style: Style, root: int, degree: int, at: float, beat: float) -> None:
    f = _pitch(style, root, degree) / (1 if root < 46 else 2)
    for k in (0, 1, 2, 3) if style.pulse else (0, 2):
        length = beat * (0.9 if style.pulse else 1.9)
        t = noise.seconds_of(length)
        tone = np.sin(2 * np.pi * f * t) + 0.35 * np.sin(4 * np.pi * f * t) + 0.12 * np.sin(6 * np.pi * f * t)
        shape = np.minimum(t / 0.012, 1) * np.exp(-t / (0.9 * beat)) * np.minimum((length - t) / 0.03, 1)
        noise.add(out, (tone * shape * 0.075).astype(np.float32), at + k * beat, 1.0 if k in (0, 2) else 0.6)


def _melody(
    out: Stereo, style: Style, root: int, degree: int, at: float, beat: float, rng: np.random.Generator
) -> None:
    chord = (0, 2, 4, 7, 9)
    place = int(rng.integers(0, 4))
    for k in range(8):
        if rng.random() > style.melody and k % 4:
            continue
        place = int(np.clip(place + rng.integers(-1, 2), 0, len(chord) - 1))
        note = _pluck(_pitch(style, root + 24, degree + chord[place]), style.bright)
        noise.add(
            out, note, at + k * beat / 2, float(rng.uniform(0.7, 1.0)), 0.35 + 0.3 * float(rng.random())
        )


def _mark(out: Stereo, style: Style, root: int, at: float, rng: np.random.Generator) -> None:
    """A cymbal that swells into a cut, and a low stroke with a high note on it."""
    length = min(0.8, at)
    t = noise.seconds_of(max(0.05, length))
    air = noise.noise(max(0.05, length), rng, ((2500, 0), (6000, 0.8), (12000, 1), (19000, 0)))
    noise.add(
        out, (air * (t / t[-1]) ** 3 * 0.05 * (0.5 + style.bright)).astype(np.float32), at - len(t) / RATE
    )
    ring = noise.seconds_of(1.3)
    wash = (
        noise.noise(1.3, rng, ((3000, 0), (7000, 1), (15000, 0.7), (20000, 0))) * np.exp(-ring / 0.32) * 0.045
    )
    drum = np.sin(2 * np.pi * np.cumsum(52 + 46 * np.exp(-ring / 0.04)) / RATE) * np.exp(-ring / 0.22) * 0.16
    noise.add(
        out, ((wash * (0.4 + style.bright) + drum) * np.minimum(1, ring / 0.002)).astype(np.float32), at
    )
    noise.add(out, _pluck(_pitch(style, root + 24, 4), style.bright), at, 0.9, 0.62)


def _pluck(f: float, bright: float) -> Mono:
    t = noise.seconds_of(1.4)
    shimmer = np.sin(2 * np.pi * f * t + (0.6 + bright) * np.sin(2 * np.pi * 2 * f * t) * np.exp(-t * 8))
    return (
        shimmer * np.minimum(t / 0.004, 1) * np.exp(-t * 3.4) * np.minimum((1.4 - t) / 0.1, 1) * 0.07
    ).astype(np.float32)


def _roomy(dry: Stereo, rng: np.random.Generator) -> Stereo:
    """With the echo of a small hall."""
    t = noise.seconds_of(1.1)
    tail = rng.standard_normal((2, len(t))) * np.exp(-t / 0.28) * (t > 0.012)
    size = 1 << (dry.shape[1] + tail.shape[1] - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(tail, size), size)[:, : dry.shape[1]]
    return (dry + wet * (0.018 / max(1e-9, float(np.sqrt((tail**2).mean()))) * 0.03)).astype(np.float32)
