"""Raw sounds made of numbers: shaped noise, tones, envelopes, single events. Pure; numpy only.

Everything is float32 at 48 kHz. Filters are curves over the spectrum of a whole sound, which needs no
filter library and rings nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
Mono = NDArray[np.float32]
Stereo = NDArray[np.float32]  # shape (2, n)
Curve = Sequence[tuple[float, float]]  # (frequency in Hz, gain), rising frequency


def _mono(sound: NDArray[np.floating]) -> Mono:
    return sound.astype(np.float32)


def seconds_of(length: float) -> NDArray[np.float64]:
    """The time of each sample of a sound of `length` seconds."""
    return np.arange(max(1, int(length * RATE))) / RATE


def filtered(sound: NDArray[np.floating], curve: Curve) -> Mono:
    """The sound with its spectrum multiplied by a curve."""
    size = sound.shape[-1]
    spectrum = np.fft.rfft(sound)
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 1.0)
    gain = np.interp(np.log(frequency), np.log([f for f, _ in curve]), [g for _, g in curve])
    return _mono(np.fft.irfft(spectrum * gain, size))


def noise(length: float, rng: np.random.Generator, curve: Curve, channels: int = 1) -> NDArray[np.float32]:
    """Noise with a given spectrum; one row per channel, or flat for one."""
    white = rng.standard_normal((channels, max(1, int(length * RATE))))
    shaped = filtered(white, curve)
    return shaped[0] if channels == 1 else shaped


def add(bed: Stereo, sound: Mono, at: float, gain: float = 1.0, pan: float = 0.5) -> None:
    """Lay a mono sound into a stereo bed at a moment; pan 0 = left, 1 = right, at equal power."""
    first = round(at * RATE)
    skip = max(0, -first)
    first += skip
    part = sound[skip : skip + max(0, bed.shape[1] - first)]
    if len(part):
        angle = min(1.0, max(0.0, pan)) * np.pi / 2
        bed[0, first : first + len(part)] += part * np.float32(gain * np.cos(angle) * 1.3)
        bed[1, first : first + len(part)] += part * np.float32(gain * np.sin(angle) * 1.3)


def decay(t: NDArray[np.float64], tau: float) -> NDArray[np.float64]:
    """An exponential fall with a 1 ms rise, so that nothing clicks."""
    return np.exp(-t / tau) * np.minimum(1.0, t / 0.001)


def step(surface: str, rng: np.random.Generator) -> Mono:
    """One footstep; its onset is at time 0."""
    t = seconds_of(0.28)
    heel = noise(0.28, rng, ((20, 0), (55, 1), (170, 1), (420, 0.1), (900, 0))) * decay(t, 0.022) * 2.6
    if surface == "snow":
        crunch = noise(0.28, rng, ((900, 0), (2200, 1), (6500, 0.8), (14000, 0)))
        grains = (rng.random(len(t)) > 0.984).astype(np.float64)
        rough = 0.5 + filtered(grains, ((50, 1), (400, 0))) * 6
        return _mono(heel * 0.3 + crunch * decay(t, 0.07) * rough * 0.5)
    if surface in ("leaves", "sand"):
        rustle = noise(
            0.28, rng, ((400, 0), (1500, 1), (5000, 0.5 if surface == "leaves" else 0.2), (12000, 0))
        )
        swell = np.minimum(1, t / 0.004) * np.exp(-t / (0.06 if surface == "leaves" else 0.09))
        return _mono(heel * (0.55 if surface == "leaves" else 0.4) + rustle * swell * 0.5)
    click = noise(0.28, rng, ((700, 0), (1600, 1), (5200, 0.8), (9000, 0))) * decay(t, 0.006) * 1.1
    out = heel + click
    if surface == "wet":
        splash = noise(0.28, rng, ((1200, 0), (3200, 1), (9000, 0.7), (16000, 0)))
        out = out + splash * np.exp(-(((t - 0.05) / 0.032) ** 2)) * 0.4
    return _mono(out)


def thunder(rng: np.random.Generator, length: float = 4.0) -> Mono:
    """A crack and a long roll."""
    t = seconds_of(length)
    roll = noise(length, rng, ((18, 0), (32, 1), (90, 1), (220, 0.25), (700, 0)))
    shape = np.exp(-t / 1.2) * (1 - np.exp(-t / 0.02))
    for at, size in ((0.45, 0.6), (0.95, 0.4), (1.7, 0.25)):
        shape += size * np.exp(-(((t - at) / 0.24) ** 2))
    crack = noise(length, rng, ((200, 0), (500, 1), (3000, 0.5), (8000, 0))) * decay(t, 0.12)
    return _mono(roll * shape * 3.4 + crack * 0.7)


def chirp(rng: np.random.Generator) -> Mono:
    """A small bird: a few quick notes."""
    length = float(rng.uniform(0.35, 0.8))
    t = seconds_of(length)
    out = np.zeros_like(t)
    base, note = rng.uniform(2600, 4200), rng.uniform(0.07, 0.14)
    for k in range(int(length / note)):
        inside = t - k * note
        on = (inside >= 0) & (inside < note * 0.8)
        bend = base * (1 + 0.16 * np.sin(inside / note * np.pi * rng.uniform(0.6, 2)) + 0.06 * (k % 3))
        phase = 2 * np.pi * np.cumsum(bend) / RATE
        out += np.where(on, np.sin(phase) * np.sin(np.clip(inside / (note * 0.8), 0, 1) * np.pi) ** 1.5, 0)
    return _mono(out * 0.22)


def gull(rng: np.random.Generator) -> Mono:
    """A gull's falling cry."""
    t = seconds_of(0.55)
    pitch = rng.uniform(950, 1250) * (1 + 0.5 * np.exp(-t / 0.09) - 0.35 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = np.sum([np.sin(phase * k) / k for k in (1, 2, 3, 4)], axis=0)
    return _mono(voice * np.sin(np.clip(t / 0.55, 0, 1) * np.pi) ** 0.8 * 0.16)


def bark(rng: np.random.Generator) -> Mono:
    """A dog's bark."""
    t = seconds_of(0.26)
    pitch = rng.uniform(330, 420) * (1 + 0.5 * np.exp(-((t - 0.05) ** 2) / 0.002))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = np.sum([np.sin(phase * k) / k**0.8 for k in range(1, 9)], axis=0)
    rough = 1 + 0.5 * noise(0.26, rng, ((20, 0), (60, 1), (200, 0)))
    return filtered(
        voice * rough * np.sin(np.clip(t / 0.26, 0, 1) * np.pi) ** 0.6 * 0.4,
        ((200, 0.2), (700, 1), (2400, 0.7), (6000, 0)),
    )


def bell(rng: np.random.Generator, pitch: float = 880.0) -> Mono:
    """A struck bell."""
    t = seconds_of(1.8)
    tones = ((1.0, 1.0, 1.0), (2.76, 0.5, 0.5), (5.4, 0.28, 0.3), (0.5, 0.3, 1.2))
    out = np.sum([a * np.sin(2 * np.pi * pitch * r * t) * decay(t, 0.6 * d) for r, a, d in tones], axis=0)
    return _mono(out * 0.25)


def thud(rng: np.random.Generator) -> Mono:
    """Something heavy that shuts or falls."""
    t = seconds_of(0.6)
    low = noise(0.6, rng, ((25, 0), (50, 1), (160, 1), (500, 0.1), (900, 0))) * decay(t, 0.07) * 4.5
    slap = noise(0.6, rng, ((300, 0), (900, 1), (3500, 0.4), (7000, 0))) * decay(t, 0.018) * 1.6
    return _mono(low + slap)


def knock(rng: np.random.Generator) -> Mono:
    """Three knocks on wood; the first at time 0."""
    out = np.zeros(int(0.75 * RATE), np.float32)
    for k in range(3):
        t = seconds_of(0.16)
        hit = noise(0.16, rng, ((150, 0), (300, 1), (1200, 0.8), (3000, 0))) * decay(t, 0.016) * 2.2
        first = int(k * 0.24 * RATE)
        out[first : first + len(hit)] += hit.astype(np.float32)
    return out


def whoosh(rng: np.random.Generator) -> Mono:
    """Air moved fast."""
    t = seconds_of(0.9)
    air = noise(0.9, rng, ((150, 0), (500, 1), (2500, 0.6), (8000, 0)))
    return _mono(air * np.sin(t / 0.9 * np.pi) ** 3 * 0.9)


def splash(rng: np.random.Generator) -> Mono:
    """Something falls into water."""
    t = seconds_of(0.9)
    wash = noise(0.9, rng, ((400, 0), (1400, 1), (7000, 0.7), (15000, 0))) * decay(t, 0.18) * 1.2
    plop = np.sin(2 * np.pi * np.cumsum(320 + 500 * t) / RATE) * decay(t, 0.06) * 0.5
    return _mono(wash + plop)


def boom(rng: np.random.Generator) -> Mono:
    """An explosion."""
    t = seconds_of(2.2)
    body = noise(2.2, rng, ((20, 0), (40, 1), (200, 0.8), (1200, 0.2), (6000, 0))) * decay(t, 0.5) * 3.6
    return _mono(np.tanh(body))


def ring(rng: np.random.Generator) -> Mono:
    """A telephone rings twice."""
    t = seconds_of(1.0)
    on = ((t % 0.5) < 0.36) * (0.6 + 0.4 * np.sign(np.sin(2 * np.pi * 22 * t)))
    return _mono((np.sin(2 * np.pi * 1180 * t) + np.sin(2 * np.pi * 1480 * t)) * on * 0.14)


def horn(rng: np.random.Generator) -> Mono:
    """A car's horn."""
    t = seconds_of(0.7)
    tone = np.sum([np.sin(2 * np.pi * f * k * t) / k for f in (392, 494) for k in (1, 2, 3, 4)], axis=0)
    return _mono(tone * np.minimum(1, t / 0.02) * np.minimum(1, (0.7 - t) / 0.05) * 0.12)


def glass(rng: np.random.Generator) -> Mono:
    """Glass breaks."""
    t = seconds_of(0.9)
    out = noise(0.9, rng, ((2500, 0), (5000, 1), (14000, 1), (20000, 0))) * decay(t, 0.05) * 1.3
    for _ in range(14):
        at, f = rng.uniform(0, 0.3), rng.uniform(2800, 9000)
        late = np.maximum(t - at, 0)
        out = out + np.where(t > at, np.sin(2 * np.pi * f * late) * np.exp(-late / 0.08), 0) * 0.14
    return _mono(out)


def drum(rng: np.random.Generator) -> Mono:
    """A large drum, struck once."""
    t = seconds_of(0.9)
    skin = np.sin(2 * np.pi * np.cumsum(92 + 60 * np.exp(-t / 0.03)) / RATE) * decay(t, 0.22)
    stick = noise(0.9, rng, ((200, 0), (600, 1), (3000, 0.6), (8000, 0))) * decay(t, 0.014)
    return _mono(skin * 0.9 + stick * 1.1)


def shot(rng: np.random.Generator) -> Mono:
    """A gun, and what comes back from afar."""
    t = seconds_of(0.8)
    crack = noise(0.8, rng, ((120, 0), (300, 1), (5000, 0.8), (14000, 0))) * decay(t, 0.03) * 1.6
    echo = noise(0.8, rng, ((80, 0), (200, 1), (900, 0.3), (2500, 0))) * decay(t, 0.2) * 0.7
    return _mono(np.tanh(crack + echo))


def crash(rng: np.random.Generator) -> Mono:
    """Something falls and goes to pieces."""
    out = np.zeros(int(0.9 * RATE), np.float32)
    first = thud(rng)
    out[: len(first)] += first
    for _ in range(9):
        t = seconds_of(0.12)
        start = int(float(rng.uniform(0.04, 0.6)) * RATE)
        piece = noise(0.12, rng, ((300, 0), (900, 1), (2600, 0.7), (6000, 0))) * decay(t, 0.014)
        out[start : start + len(t)] += piece.astype(np.float32) * np.float32(rng.uniform(0.4, 1.0))
    return out


def cue_sounds() -> Mapping[str, Callable[[np.random.Generator], Mono]]:
    """Words of a cue → what is heard. The first word found in the cue's name counts."""
    words: tuple[tuple[str, Callable[[np.random.Generator], Mono]], ...] = (
        ("thunder lightning", thunder),
        ("bark dog woof", bark),
        ("bell chime ding", bell),
        ("knock", knock),
        ("slam door thud thump bang fall hit punch", thud),
        ("drum drumbeat", drum),
        ("gunshot shot gun", shot),
        ("crash", crash),
        ("splash water", splash),
        ("explosion explode boom blast bomb firework", boom),
        ("phone ring alarm", ring),
        ("horn honk", horn),
        ("glass shatter break", glass),
        ("whoosh swish wind", whoosh),
        ("bird chirp", chirp),
        ("gull seagull", gull),
        ("step footstep", lambda rng: step("hard", rng)),
    )
    return {word: make for names, make in words for word in names.split()}
