"""A user's reference recording → its beats, its accents and the weather its loudness stands for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from providers.local.mix import loudness
from providers.local.noise import RATE, Stereo
from providers.local.script import Weather

_HOP = 480  # 10 ms
_WINDOW = 1024
_SLOWEST, _FASTEST = 60 / 50, 60 / 190  # seconds between beats
_WEATHERS: tuple[tuple[float, Weather], ...] = ((-12.0, "storm"), (-17.0, "wind"), (-28.0, "clear"))


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """What moves a clip that follows a recording.

    Attributes:
        beats: moments in seconds, rising; empty where no beat is felt.
        accents: its strongest moments, the strongest first.
        weather: storm for loud, wind for lively, clear for usual, fog for quiet sound.
    """

    beats: tuple[float, ...]
    accents: tuple[float, ...]
    weather: Weather

    def nearest(self, seconds: float) -> float:
        """The beat closest to a moment, or the moment itself."""
        return min(self.beats, key=lambda beat: abs(beat - seconds), default=seconds)


def pulse_of(sound: Stereo) -> Pulse:
    """The pulse of a recording at 48 kHz."""
    level = loudness(sound) if sound.shape[1] else float("-inf")
    flux = _flux(sound.mean(axis=0))
    if level < -60 or not len(flux) or flux.max() <= 0:
        return Pulse(beats=(), accents=(), weather="fog")
    return Pulse(
        beats=_beats(flux),
        accents=_accents(flux),
        weather=next((weather for least, weather in _WEATHERS if level >= least), "fog"),
    )


def _flux(mono: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much new sound begins in each hundredth of a second."""
    count = (len(mono) - _WINDOW) // _HOP + 1
    if count < 3:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(mono, _WINDOW)[::_HOP][:count]
    spectrum = np.log1p(60 * np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), axis=1)))
    rise = np.maximum(np.diff(spectrum, axis=0, prepend=spectrum[:1]), 0).sum(axis=1)
    slow = np.convolve(np.pad(rise, 20, mode="edge"), np.ones(41) / 41, "valid")
    flux: NDArray[np.float64] = np.maximum(rise - slow, 0)
    return flux


def _beats(flux: NDArray[np.float64]) -> tuple[float, ...]:
    """Evenly spaced moments that fit the onsets best; none where nothing repeats."""
    size = len(flux)
    padded = np.fft.rfft(flux - flux.mean(), 2 * size)
    repeat = np.fft.irfft(np.abs(padded) ** 2)[:size]
    least, most = int(_FASTEST * RATE / _HOP), min(size - 2, int(_SLOWEST * RATE / _HOP))
    if most <= least or repeat[0] <= 0:
        return ()
    lags = np.arange(least, most + 1)
    # People tap near two beats a second; without this every second beat would do as well.
    liking = np.exp(-0.5 * (np.log2(lags * _HOP / RATE / 0.5) / 0.9) ** 2)
    unbiased = repeat[lags] / (1 - lags / size) / repeat[0]
    best = int(lags[np.argmax(unbiased * liking)])
    if repeat[best] / repeat[0] < 0.08:
        return ()
    smooth = np.convolve(flux, np.hanning(7), "same")
    steps = np.linspace(best - 0.5, best + 0.5, 21)
    fits = [(smooth[_grid(step, phase, size)].mean(), step, phase) for step in steps for phase in range(best)]
    _, step, phase = max(fits)
    return tuple(float(at) * _HOP / RATE + _WINDOW / 2 / RATE for at in _grid(step, phase, size))


def _grid(step: float, phase: float, size: int) -> NDArray[np.int64]:
    return np.round(np.arange(phase, size, step)).astype(np.int64).clip(0, size - 1)


def _accents(flux: NDArray[np.float64], apart_seconds: float = 1.2, most: int = 6) -> tuple[float, ...]:
    found: list[int] = []
    for place in np.argsort(flux)[::-1]:
        if len(found) >= most or flux[place] < 0.3 * flux.max():
            break
        if all(abs(place - other) * _HOP / RATE >= apart_seconds for other in found):
            found.append(int(place))
    return tuple(place * _HOP / RATE + _WINDOW / 2 / RATE for place in found)


def steps_on(beats: tuple[float, ...], start: float, end: float) -> tuple[float, ...]:
    """Moments between two times at which a foot can land on the beat: none where it is no walking pace."""
    gaps = [after - before for before, after in pairwise(beats)]
    if not gaps:
        return ()
    gap = float(np.median(gaps))
    inside = [beat for beat in beats if start + 0.1 <= beat <= end - 0.04]
    if gap < 0.36:
        return tuple(inside[::2])
    if gap > 0.85:
        halves = [(before + after) / 2 for before, after in pairwise(beats)]
        return tuple(sorted([*inside, *(half for half in halves if start + 0.1 <= half <= end - 0.04)]))
    return tuple(inside)
