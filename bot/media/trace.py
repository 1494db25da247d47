"""What a clip's sound looks like: waveform and spectrogram as small PNGs of one width. Worker only."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.media.limits import InputLimits
from bot.media.reader import opened
from bot.media.sound import Samples, fitted, read_sound

WIDTH, WAVE_HEIGHT, SPECTRUM_HEIGHT = 720, 72, 108
_RATE_HZ: Final = 48_000
_WINDOW: Final = 2048
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 20_000.0
_RANGE_DB: Final = 72.0
_WAVE_COLOUR: Final = (120, 130, 214)  # seen on a light and on a dark page
_COLOURS: Final = ((8, 9, 20), (52, 20, 88), (140, 41, 99), (217, 79, 61), (250, 164, 62), (252, 253, 220))


def draw(path: Path, wave: Path, spectrum: Path, *, seconds: float, limits: InputLimits) -> None:
    """Write both pictures; their width is `seconds`, so that the same place in two is the same time.

    A clip without sound has a flat line and an empty spectrogram.

    Raises:
        MediaRefused: damaged …
    """
    count = max(WIDTH, round(seconds * _RATE_HZ))
    with opened(path, limits) as clip:
        if clip.sound is None:
            heard: Samples = np.zeros((1, count), np.float32)
        else:
            heard = read_sound(clip, rate_hz=_RATE_HZ, channels=1, max_seconds=seconds).samples
    mono = fitted(heard, count)[0]
    _wave(mono).save(wave, "PNG", optimize=True)
    _spectrum(mono).save(spectrum, "PNG", optimize=True)


def _wave(mono: NDArray[np.float32]) -> Image.Image:
    """Loudest and quietest sample of each column, clear around."""
    edges = np.linspace(0, mono.size, WIDTH + 1).astype(int)[:-1]
    high, low = np.maximum.reduceat(mono, edges), np.minimum.reduceat(mono, edges)
    middle = (WAVE_HEIGHT - 1) / 2
    rows = np.arange(WAVE_HEIGHT)[:, None]
    top = middle - np.maximum(high * middle, 0.6)
    bottom = middle - np.minimum(low * middle, -0.6)
    cover = np.clip(np.minimum(rows - top, bottom - rows) + 1, 0, 1)
    picture = np.empty((WAVE_HEIGHT, WIDTH, 4), np.uint8)
    picture[..., :3] = _WAVE_COLOUR
    picture[..., 3] = np.round(cover * 255)
    return Image.fromarray(picture, "RGBA")


def _spectrum(mono: NDArray[np.float32]) -> Image.Image:
    """Loudness of each pitch over time: low sounds below, octaves of one height."""
    padded = np.pad(mono, _WINDOW // 2)
    starts = np.linspace(0, mono.size - 1, WIDTH).astype(int)
    window = np.hanning(_WINDOW).astype(np.float32)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[starts] * window
    power = np.abs(np.fft.rfft(pieces, axis=1)) ** 2
    pitches = np.geomspace(_HIGHEST_HZ, _LOWEST_HZ, SPECTRUM_HEIGHT + 1)
    bins = np.clip(np.round(pitches * _WINDOW / _RATE_HZ).astype(int), 1, _WINDOW // 2)
    rows = [power[:, low : max(high, low + 1)].max(axis=1) for high, low in pairwise(bins)]
    levels = 10 * np.log10(np.maximum(np.stack(rows), 1e-12))
    loudest = max(float(levels.max()), 0.0)
    shade = np.clip((levels - loudest + _RANGE_DB) / _RANGE_DB, 0, 1) * 63
    picture = Image.fromarray(np.round(shade).astype(np.uint8), "P")
    picture.putpalette([round(part) for step in np.linspace(0, 1, 64) for part in _colour(float(step))])
    return picture


def _colour(at: float) -> tuple[float, float, float]:
    stops = np.linspace(0, 1, len(_COLOURS))
    red, green, blue = (float(np.interp(at, stops, [one[part] for one in _COLOURS])) for part in range(3))
    return red, green, blue
