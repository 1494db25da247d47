"""How loud each band of pitches is from moment to moment: what the estimators hear. Worker only."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Track = NDArray[np.float64]
RATE_HZ: Final = 16_000
_HOP = 80  # samples: 5 ms
HZ: Final = RATE_HZ // _HOP
WINDOW: Final = 512


def spectrum(sound: NDArray[np.float32]) -> Track:
    """Magnitudes every 5 ms of a mono sound at 16 kHz, each window centred on its moment."""
    padded = np.concatenate([np.zeros(WINDOW // 2), sound, np.zeros(WINDOW)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::_HOP]
    return np.abs(np.fft.rfft(windows * np.hanning(WINDOW), axis=1))


def bands(magnitudes: Track, edges: Track) -> Track:
    """The mean of each band of pitches between the edges, in Hz; those too narrow are left out."""
    at = np.fft.rfftfreq(WINDOW, 1 / RATE_HZ)
    parts = [(at >= low) & (at < high) for low, high in pairwise(edges)]
    return np.stack([magnitudes[:, part].mean(axis=1) for part in parts if part.any()], axis=1)


def smooth(track: Track, width: int) -> Track:
    """Averaged with a bell of `width` values."""
    kernel = np.hanning(width + 2)[1:-1]
    return np.convolve(np.pad(track, width // 2, mode="edge"), kernel / kernel.sum(), "valid")
