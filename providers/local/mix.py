"""Buses → one stereo track: ducking under speech, −16 LUFS, peaks below −1 dBTP. Pure.

Loudness follows ITU-R BS.1770-4: https://www.itu.int/rec/R-REC-BS.1770 (coefficients for 48 kHz).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from providers.local.noise import RATE, Stereo

TARGET_LUFS = -16.0
CEILING_DBTP = -1.8  # the encoder may add a few tenths
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGHPASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
_BLOCK = 240  # 5 ms
_PEAK_BLOCK, _MARGIN = 62_000, 1_768  # samples; together with both margins a power of two


def loudness(sound: Stereo) -> float:
    """Integrated loudness in LUFS; −inf for silence."""
    weighted = _weighted(sound)
    window, hop = int(0.4 * RATE), int(0.1 * RATE)
    if weighted.shape[1] < window:
        window = hop = weighted.shape[1]
    total = np.concatenate([np.zeros((weighted.shape[0], 1)), np.cumsum(weighted**2, axis=1)], axis=1)
    starts = np.arange(0, weighted.shape[1] - window + 1, hop)
    power = ((total[:, starts + window] - total[:, starts]) / window).sum(0)
    loud = power[_lufs(power) > -70]
    if not len(loud):
        return float("-inf")
    gated = loud[_lufs(loud) > _lufs(loud.mean()) - 10]
    return float(_lufs(gated.mean()))


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def _weighted(sound: Stereo) -> NDArray[np.float64]:
    """K-weighting, applied as the filters' own response over the spectrum."""
    size = 1 << (sound.shape[1] + RATE // 2 - 1).bit_length()
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    response = np.ones(len(z), np.complex128)
    for above, below in (_SHELF, _HIGHPASS):
        response *= (above[0] + above[1] * z + above[2] * z**2) / (below[0] + below[1] * z + below[2] * z**2)
    out: NDArray[np.float64] = np.fft.irfft(np.fft.rfft(sound, size) * response, size)[:, : sound.shape[1]]
    return out


def true_peak(sound: Stereo) -> float:
    """Largest value between the samples as well (4 × oversampled), as a factor."""
    padded = np.pad(sound, ((0, 0), (_MARGIN, _PEAK_BLOCK + _MARGIN)))
    peak = 0.0
    # Block by block: the whole track at four times the rate would be the largest thing in memory.
    for first in range(0, sound.shape[1], _PEAK_BLOCK):
        part = padded[:, first : first + _PEAK_BLOCK + 2 * _MARGIN]
        size = part.shape[1]
        wide = np.zeros((part.shape[0], 2 * size + 1), np.complex128)
        wide[:, : size // 2 + 1] = np.fft.rfft(part)
        fine = np.fft.irfft(wide, 4 * size)[:, 4 * _MARGIN : -4 * _MARGIN] * 4
        peak = max(peak, float(np.abs(fine).max()))
    return peak


def limited(sound: Stereo, ceiling: float) -> Stereo:
    """Peaks pressed under a ceiling by a gain that looks ahead and recovers slowly."""
    size = sound.shape[1]
    blocks = -(-size // _BLOCK)
    padded = np.zeros((2, blocks * _BLOCK), np.float32)
    padded[:, :size] = sound
    peak = np.abs(padded).reshape(2, blocks, _BLOCK).max(axis=(0, 2))
    wanted = np.minimum(1.0, ceiling / np.maximum(peak, 1e-9))
    if wanted.min() >= 1.0:
        return sound
    reach = 8
    edge = np.pad(wanted, reach, constant_values=1.0)
    held = np.lib.stride_tricks.sliding_window_view(edge, 2 * reach + 1).min(axis=1)
    kernel = np.hanning(2 * (reach - 1) + 3)[1:-1]
    gain = np.convolve(np.pad(held, reach - 1, mode="edge"), kernel / kernel.sum(), "valid")
    centres = (np.arange(blocks) + 0.5) * _BLOCK
    return (sound * np.interp(np.arange(size), centres, gain).astype(np.float32)).astype(np.float32)


def duck_curve(voice: Stereo, depth: float) -> NDArray[np.float32]:
    """Gain for what lies under speech: falls by `depth` (0–1) while somebody speaks."""
    size = voice.shape[1]
    blocks = -(-size // _BLOCK)
    padded = np.zeros(blocks * _BLOCK)
    padded[:size] = np.abs(voice).max(axis=0)
    speaking = padded.reshape(blocks, _BLOCK).max(axis=1) > 0.02
    level, gains = 0.0, np.empty(blocks)
    for number, on in enumerate(speaking):
        rate = 0.12 if on else 0.011  # per 5 ms: down within 60 ms, up within half a second
        level += (float(on) - level) * rate
        gains[number] = 1 - depth * level
    return np.interp(np.arange(size), (np.arange(blocks) + 0.5) * _BLOCK, gains).astype(np.float32)


def mixdown(*, voice: Stereo, effects: Stereo, ambience: Stereo, music: Stereo) -> Stereo:
    """Put the buses together and bring them to the target loudness."""
    total = (
        effects * duck_curve(voice, 0.35)
        + ambience * duck_curve(voice, 0.5)
        + music * duck_curve(voice, 0.62)
    )
    total = (total + voice * np.float32(0.9)).astype(np.float32)
    size = total.shape[1]
    ramp = min(size // 4, int(0.18 * RATE))
    total[:, -ramp:] *= np.cos(np.linspace(0, np.pi / 2, ramp, dtype=np.float32)) ** 2
    total[:, : RATE // 100] *= np.linspace(0, 1, RATE // 100, dtype=np.float32)
    return levelled(total)


def levelled(sound: Stereo) -> Stereo:
    """At the target loudness, with peaks limited; silence stays silence."""
    ceiling = 10 ** (CEILING_DBTP / 20)
    for _ in range(4):
        now = loudness(sound)
        if now == float("-inf"):
            return sound
        if abs(now - TARGET_LUFS) < 0.1 and true_peak(sound) <= ceiling * 1.02:
            break
        sound = limited(
            (sound * np.float32(10 ** ((TARGET_LUFS - now) / 20))).astype(np.float32), ceiling * 0.96
        )
    return sound
