"""Measures of a finished clip's sound. Runs only inside the worker; what the numbers mean: docs/measures.md.

It judges nothing: what counts as a fault is `bot/core/quality.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.quality import HUM_FROM_DB, Offset, Quality
from bot.media import listening
from bot.media.limits import InputLimits
from bot.media.motion import small_pictures
from bot.media.offsets import impact_offset, lip_offset
from bot.media.reader import opened
from bot.media.sound import Samples, clipped_share, loudness, read_sound, silent_share

_MOST_SECONDS = 120.0  # of sound that is measured
_SPECTRUM_SECONDS = 30
_SEEN_SECONDS = 20.0  # of picture that is compared with it
_LEAST_SPEECH = 0.05  # of the time, to say how clear it is and to look for a mouth
_EDGE_DB = -75.0
_MAINS_HZ = (50, 60)
_TONES = (1, 2, 3, 4, 5)  # times the mains
_HEARD_DBFS = -66.0
_ONE_WINDOW = 2048


def measured(path: Path, *, limits: InputLimits) -> Quality:
    """Measure a clip, or a recording; a clip without sound has nothing measured.

    Raises:
        MediaRefused: damaged, unknown_type …
    """
    with opened(path, limits) as source:
        if source.sound is None:
            return Quality()
        decoded = read_sound(source, max_seconds=min(_MOST_SECONDS, limits.max_seconds))
        seen = source.picture is not None
    samples, rate = decoded.samples, decoded.rate_hz
    if not samples.size:
        return Quality()
    heard = loudness(samples, rate)
    silent, clipped = silent_share(samples, rate), clipped_share(samples)
    if heard.lufs is None:
        return Quality(silent_share=round(silent, 4), clipped_share=round(clipped, 6))
    hum_hz, hum_db = hum(samples, rate)
    voice, lip, impact = _with_picture(path, limits, seen=seen)
    share = None if voice is None else sum(voice[0]) / max(1, len(voice[0]))
    clear = listening.clarity(voice[1]) if voice and share and share >= _LEAST_SPEECH else None
    return Quality(
        loudness_lufs=round(heard.lufs, 2),
        loudness_range_lu=heard.range_lu,
        true_peak_dbtp=heard.true_peak_dbtp,
        silent_share=round(silent, 4),
        clipped_share=round(clipped, 6),
        bandwidth_hz=round(bandwidth(samples, rate)),
        hum_hz=hum_hz,
        hum_db=hum_db,
        speech_share=None if share is None else round(share, 4),
        clarity=clear,
        lip=lip,
        impact=impact,
    )


def _with_picture(
    path: Path, limits: InputLimits, *, seen: bool
) -> tuple[tuple[tuple[bool, ...], NDArray[np.float32]] | None, Offset | None, Offset | None]:
    """Where somebody speaks with the sound it was found in, and both offsets."""
    with opened(path, limits) as source:
        most = min(_MOST_SECONDS, limits.max_seconds)
        mono = read_sound(source, rate_hz=listening.RATE_HZ, channels=1, max_seconds=most).samples[0]
    spoken = listening.spoken(mono)
    lip = impact = None
    if seen:
        with opened(path, limits) as source:
            pictures = small_pictures(source, limits, max_seconds=_SEEN_SECONDS)
        if len(pictures.times) > 1:
            part = mono[: round((float(pictures.times[-1]) + 1.0) * listening.RATE_HZ)]
            impact = impact_offset(pictures, part)
            if spoken is not None and sum(spoken) >= _LEAST_SPEECH * len(spoken):
                lip = lip_offset(pictures, part, spoken=spoken)
    return (None if spoken is None else (spoken, mono)), lip, impact


def bandwidth(samples: Samples, rate_hz: int) -> float:
    """Up to which pitch, in Hz, the mean spectrum stays above −75 dB of its loudest part."""
    power = _powers(samples, rate_hz, _ONE_WINDOW).mean(axis=0)
    above = np.flatnonzero(10 * np.log10(power / power.max() + 1e-15) > _EDGE_DB)
    return float(np.fft.rfftfreq(_ONE_WINDOW, 1 / rate_hz)[above[-1]])


def hum(samples: Samples, rate_hz: int) -> tuple[float | None, float | None]:
    """The mains that is heard all the time: 50 or 60, or 0; and by how many dB its tones stand out.

    Only what stays in the quietest moments counts, at two of its multiples at least, so that a bass note or
    an engine is not taken for it. None for sounds too short to tell.
    """
    size = rate_hz // 2 * 2
    if samples.shape[1] < 2 * size:
        return None, None
    quiet = np.percentile(_powers(samples, rate_hz, size), 20, axis=0)
    at = np.fft.rfftfreq(size, 1 / rate_hz)
    best = (0.0, 0.0)
    for mains in _MAINS_HZ:
        out = sorted((_stands_out(quiet, at, mains * tone) for tone in _TONES), reverse=True)
        if out[1] >= HUM_FROM_DB and out[1] > best[1]:
            best = (float(mains), round(out[1], 1))
    return best


def _stands_out(power: NDArray[Any], at: NDArray[Any], hz: float) -> float:
    """By how many dB a tone is above what lies beside it; 0 where it is too faint to be heard."""
    tone = float(power[np.abs(at - hz) <= 1.0].max())
    beside = power[(np.abs(at - hz) >= 4.0) & (np.abs(at - hz) <= 18.0)]
    if 10 * np.log10(tone + 1e-15) < _HEARD_DBFS:
        return 0.0
    return float(10 * np.log10(tone / (float(np.median(beside)) + 1e-15)))


def _powers(samples: Samples, rate_hz: int, size: int) -> NDArray[np.float64]:
    """Power spectra of half-overlapping windows of all channels together; a full-scale sine is 0 dB."""
    mono = samples[:, : _SPECTRUM_SECONDS * rate_hz].mean(axis=0)
    if len(mono) < size:
        mono = np.pad(mono, (0, size - len(mono)))
    windows = np.lib.stride_tricks.sliding_window_view(mono, size)[:: size // 2]
    shape = np.hanning(size)
    return np.asarray((np.abs(np.fft.rfft(windows * shape, axis=1)) / (shape.sum() / 2)) ** 2)
