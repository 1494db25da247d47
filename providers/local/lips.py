"""Mouth shapes over time: from exact phoneme times, or from the loudness of a recording. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from providers.local.timeline import FPS, Spoken
from providers.local.voice import RATE, Phone, Samples

Track = NDArray[np.float64]  # one row per frame: open, wide, round; each 0–1

_LEAD_SECONDS = 0.03  # lips move before the sound
_SHORT_GAP_SECONDS = 0.13
_BLEND_SECONDS = 0.06  # neighbouring sounds shape each other
_HZ = 200
_REST = (0.0, 0.5, 0.0)

_SHAPES: tuple[tuple[str, tuple[float, float, float]], ...] = (
    ("pbm", (0.0, 0.5, 0.0)),
    ("fvʋɸβ", (0.12, 0.55, 0.0)),
    ("aɑæɐɒIW", (1.0, 0.62, 0.0)),
    ("eɛAəɜʌɤɚᵊ", (0.55, 0.75, 0.0)),
    ("iɪjᵻɨʝʎ", (0.30, 1.0, 0.0)),
    ("oɔOY", (0.72, 0.2, 0.8)),
    ("uʊwɯyʏøœɥ", (0.34, 0.0, 1.0)),
    ("szʦʣtdnlɾɹrθð", (0.22, 0.6, 0.1)),
    ("ʃʒʧʤʨʥɕʂɻꭧ", (0.30, 0.2, 0.65)),
    ("kɡŋhxɣɲɴçʔ", (0.34, 0.5, 0.1)),
)


def _shapes() -> Mapping[str, tuple[float, float, float]]:
    return {symbol: shape for symbols, shape in _SHAPES for symbol in symbols}


def mouth_from_phones(lines: tuple[tuple[Spoken, tuple[Phone, ...]], ...], frames: int) -> Track:
    """The mouth of one speaker, from the phonemes of the lines in their places."""
    fine = np.tile(np.array(_REST), (int((frames / FPS + 1) * _HZ), 1))
    for spoken, phones in lines:
        for phone, shape in zip(phones, _shapes_of(phones), strict=True):
            first = max(0, round((spoken.start + phone.start - _LEAD_SECONDS) * _HZ))
            last = max(first + 1, round((spoken.start + phone.end - _LEAD_SECONDS) * _HZ))
            fine[first:last] = shape
    return _sampled(fine, frames)


def _shapes_of(phones: tuple[Phone, ...]) -> list[tuple[float, float, float]]:
    """A shape for every phoneme letter.

    Stress marks have a length of their own in the voice's timing and already sound like the vowel they
    announce; a short gap between words does not close the mouth, a pause does.
    """
    shapes = _shapes()
    found = [shapes.get(phone.symbol) for phone in phones]
    for place in range(len(phones) - 2, -1, -1):
        if phones[place].symbol in "ˈˌ":
            found[place] = found[place + 1]
    for place in range(1, len(phones)):
        phone, before = phones[place], found[place - 1]
        if found[place] is None and before is not None and phone.end - phone.start <= _SHORT_GAP_SECONDS:
            found[place] = before if phone.symbol == "ː" else (before[0] * 0.5, before[1], before[2])
    return [shape or _REST for shape in found]


def mouth_from_sound(samples: Samples, frames: int) -> Track:
    """The mouth of somebody whose recording is heard: it opens as the sound gets louder.

    Args:
        samples: mono at 48 kHz, from the start of the clip.
        frames: length of the track.
    """
    hop = RATE // _HZ
    count = int((frames / FPS + 1) * _HZ)
    padded = np.zeros(count * hop)
    padded[: min(len(samples), len(padded))] = samples[: len(padded)]
    level = np.sqrt((padded.reshape(count, hop) ** 2).mean(1))
    loud = max(float(np.percentile(level, 95)), 1e-4)
    opened = np.clip((level / loud - 0.08) / 0.92, 0.0, 1.0) ** 0.7
    crossings = (np.abs(np.diff(np.sign(padded), append=0.0)) > 0).reshape(count, hop).mean(1)
    wide = np.clip(0.35 + crossings * 3.0, 0.0, 1.0)
    fine = np.stack([opened, np.where(opened > 0.05, wide, 0.5), np.clip(0.3 - crossings * 3, 0, 1)], axis=1)
    return _sampled(fine, frames)


def _sampled(fine: Track, frames: int) -> Track:
    width = int(_BLEND_SECONDS * _HZ) | 1
    kernel = np.hanning(width + 2)
    kernel /= kernel.sum()
    edge = len(kernel) // 2
    smooth = np.stack(
        [np.convolve(np.pad(fine[:, i], edge, mode="edge"), kernel, "valid") for i in range(3)], axis=1
    )
    at = (np.arange(frames) / FPS * _HZ).astype(int)
    track: Track = smooth[at]
    return track
