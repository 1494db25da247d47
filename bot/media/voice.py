"""Any recording → an audio reference inside a route's window: trimmed, levelled, cut. Worker only."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from bot.core.errors import MediaRefused
from bot.core.model import AudioWindow, VoiceResult
from bot.media.limits import InputLimits
from bot.media.reader import extent, opened
from bot.media.sound import Samples, fitted, frames_of, heard_between, level, levels_dbfs, read_sound

TARGET_LUFS = -18.0
_CEILING_DBTP = -1.0
_BEFORE_SECONDS, _AFTER_SECONDS = 0.1, 0.2
_SPARE_SECONDS = 60.0  # read beyond the window, as silence at the start is cut away
_FADE_SECONDS = 0.01
_MARGIN_SECONDS = 0.01
_FULL = 0.97
_BLOCK_SECONDS = 0.02  # of one level
_STEADY_SECONDS, _STEADY_DB = 0.5, 1.5


@dataclass(frozen=True, kw_only=True)
class _Format:
    """How to write one format. `padding_samples` is what its encoder adds at most, in all."""

    mime: str
    container: str
    codec: str
    padding_samples: int = 0
    bit_rates: tuple[int, ...] = (0,)
    rates_hz: tuple[int, ...] = ()


_FORMATS = {
    "wav": _Format(mime="audio/wav", container="wav", codec="pcm_s16le"),
    "flac": _Format(mime="audio/flac", container="flac", codec="flac"),
    "mp3": _Format(
        mime="audio/mpeg", container="mp3", codec="libmp3lame", padding_samples=3 * 1152,
        bit_rates=(192_000, 128_000, 96_000, 64_000),
        rates_hz=(8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    ),
    "m4a": _Format(
        mime="audio/mp4", container="mp4", codec="aac", padding_samples=3 * 1024,
        bit_rates=(160_000, 128_000, 96_000, 64_000),
        rates_hz=(8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    ),
    "ogg": _Format(
        mime="audio/ogg", container="ogg", codec="libopus", padding_samples=2 * 960,
        bit_rates=(96_000, 64_000, 48_000), rates_hz=(8000, 12_000, 16_000, 24_000, 48_000),
    ),
}  # fmt: skip


def reference(path: Path, into: Path, *, window: AudioWindow, limits: InputLimits) -> VoiceResult:
    """Make the reference.

    Silence at both ends is cut away as far as the shortest length allows; what is longer than the window is
    cut at its end; the rest is brought to about −18 LUFS without clipping.

    Args:
        path: a recording, or a clip with sound.
        into: the new file; its type follows `window.formats`, not the name.
        window: what the route takes.
        limits: of the given file.

    Raises:
        MediaRefused: no_audio, silent, too_short (seconds, least), too_long, too_many_bytes, damaged …
    """
    rate, channels = window.rate_hz or 44_100, window.channels or 1
    with opened(path, limits) as source:
        lengths = extent(source, limits)
    with opened(path, limits) as source:
        decoded = read_sound(
            source, rate_hz=rate, channels=channels, keep_start=False,
            max_seconds=window.max_seconds + _SPARE_SECONDS if window.max_seconds else limits.max_seconds,
        )  # fmt: skip
        if decoded.failed > max(1, decoded.packets // 20) or not decoded.samples.size:
            raise MediaRefused("damaged")
    source_seconds = max(lengths.sound_seconds, decoded.seconds) if not decoded.complete else decoded.seconds
    names = [name for name in window.formats if name in _FORMATS] or ["wav"]
    refusal: MediaRefused | None = None
    for name in names:
        first, last = _part(decoded.samples, rate, window, _FORMATS[name])
        try:
            return _make(
                decoded.samples[:, first:last], rate, into, window, _FORMATS[name],
                source_seconds=source_seconds, first=first,
            )  # fmt: skip
        except MediaRefused as error:
            refusal = error
    raise refusal or MediaRefused("too_many_bytes", limit=window.max_bytes)


def _part(samples: Samples, rate: int, window: AudioWindow, form: _Format) -> tuple[int, int]:
    """Which samples to use.

    Raises:
        MediaRefused: silent, too_short.
    """
    heard = heard_between(samples, rate)
    if heard is None:
        raise MediaRefused("silent")
    total = samples.shape[1]
    # A length exactly at the edge would be a matter of rounding at the vendor.
    least = round((window.min_seconds + (_MARGIN_SECONDS if window.min_seconds else 0.0)) * rate)
    if total < round(window.min_seconds * rate):
        raise MediaRefused("too_short", seconds=round(total / rate, 1), least=window.min_seconds)
    least = min(least, total)
    most = total
    if window.max_seconds:
        out_rate = _out_rate(form, rate)
        most = round(window.max_seconds * rate) - -(-form.padding_samples * rate // out_rate)
    first = max(0, heard[0] - round(_BEFORE_SECONDS * rate))
    last = min(total, heard[1] + round(_AFTER_SECONDS * rate))
    if last - first < least and not window.pauses:
        raise MediaRefused(
            "too_short", seconds=round((heard[1] - heard[0]) / rate, 1), least=window.min_seconds
        )
    if last - first < least:  # a short word: the silence around it belongs to the recording
        last = min(total, first + least)
        first = max(0, last - least)
    return first, min(last, first + max(most, least))


def _make(
    samples: Samples,
    rate: int,
    into: Path,
    window: AudioWindow,
    form: _Format,
    *,
    source_seconds: float,
    first: int,
) -> VoiceResult:
    clipped, steady = cut_off_share(samples), is_steady(samples, rate)
    levelled, reached = level(samples, rate, target_lufs=TARGET_LUFS, ceiling_dbtp=_CEILING_DBTP)
    if reached.lufs is None:
        raise MediaRefused("silent")
    seconds = samples.shape[1] / rate
    for bit_rate in form.bit_rates:
        _encode(_faded(levelled, rate), rate, into, form, bit_rate)
        size = into.stat().st_size
        if not window.max_bytes or size <= window.max_bytes:
            break
    else:
        # Squeezed as far as it goes and still too large: what is left is to make it shorter.
        shorter = seconds * window.max_bytes / size * 0.98
        if shorter < max(window.min_seconds + _MARGIN_SECONDS, 1.0):
            raise MediaRefused("too_many_bytes", size=size, limit=window.max_bytes)
        levelled = levelled[:, : int(shorter * rate)]
        seconds = levelled.shape[1] / rate
        _encode(_faded(levelled, rate), rate, into, form, form.bit_rates[-1])
        size = into.stat().st_size
        if size > window.max_bytes:
            raise MediaRefused("too_many_bytes", size=size, limit=window.max_bytes)
    return VoiceResult(
        path=into,
        mime=form.mime,
        seconds=round(seconds, 3),
        source_seconds=round(source_seconds, 3),
        from_seconds=round(first / rate, 3),
        to_seconds=round(first / rate + seconds, 3),
        loudness_lufs=round(reached.lufs, 2),
        size_bytes=size,
        clipped_share=0.0 if steady else round(clipped, 4),
        steady=steady,
    )


def cut_off_share(samples: Samples) -> float:
    """Share of a recording that lies flat at its upper end: what was too loud for the microphone.

    Only where that end is full level. Codecs round the edges, so the last thirty-second part counts.
    """
    highest = float(np.abs(samples).max()) if samples.size else 0.0
    if highest < _FULL:
        return 0.0
    return float((np.abs(samples) >= _FULL * min(highest, 1.0)).mean())


def is_steady(samples: Samples, rate: int) -> bool:
    """Whether it is one tone or one noise from end to end: speech rises and falls many times a second."""
    levels = levels_dbfs(samples, rate)
    inner = levels[len(levels) // 10 : len(levels) - len(levels) // 10]
    return len(inner) * _BLOCK_SECONDS >= _STEADY_SECONDS and float(inner.std()) < _STEADY_DB


def _faded(samples: Samples, rate: int) -> Samples:
    """Soft ends, so that a cut does not click."""
    edge = min(samples.shape[1] // 4, round(_FADE_SECONDS * rate))
    if not edge:
        return samples
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    soft = samples.copy()
    soft[:, :edge] *= ramp
    soft[:, -edge:] *= ramp[::-1]
    return soft


def _out_rate(form: _Format, rate: int) -> int:
    """The rate the format can carry that is nearest above the wanted one."""
    return next(
        (known for known in form.rates_hz if known >= rate), form.rates_hz[-1] if form.rates_hz else rate
    )


def _encode(samples: Samples, rate: int, into: Path, form: _Format, bit_rate: int) -> None:
    out_rate = _out_rate(form, rate)
    layout = "mono" if samples.shape[0] == 1 else "stereo"
    options = {"fflags": "bitexact"} | ({"movflags": "faststart"} if form.container == "mp4" else {})
    with av.open(str(into.resolve()), "w", format=form.container, options=options) as out:
        stream = out.add_stream(form.codec, rate=out_rate, layout=layout)
        assert isinstance(stream, AudioStream)
        if bit_rate:
            stream.bit_rate = bit_rate
        size = stream.codec_context.frame_size or 1024
        resampler = AudioResampler(stream.format.name, layout, out_rate, frame_size=size)
        left, at = round(samples.shape[1] * out_rate / rate), 0
        for frame in (*frames_of(samples, rate), None):
            for ready in resampler.resample(frame):
                if ready.samples > left:
                    break  # the resampler's own tail
                ready.pts, ready.time_base = at, Fraction(1, out_rate)
                at, left = at + ready.samples, left - ready.samples
                out.mux(stream.encode(ready))
        out.mux(stream.encode(None))


def ambience(into: Path, *, seconds: float, seed: int) -> None:
    """Write a quiet stereo ambience as wav (48 kHz): moving air, slow swells, a faint low chord."""
    rate = 48_000
    random = np.random.default_rng(seed)
    count = max(1, round(seconds * rate))
    at = np.arange(count) / rate
    bins = np.fft.rfftfreq(count, 1 / rate)
    shape = 1 / np.maximum(bins, 60.0) * np.exp(-((bins / 2500.0) ** 2)) * (bins > 30)
    tracks = []
    for _ in range(2):
        noise = np.fft.irfft(np.fft.rfft(random.standard_normal(count)) * shape, count)
        noise /= max(float(np.sqrt((noise**2).mean())), 1e-9)
        swell = 1 + 0.35 * np.sin(2 * np.pi * at / random.uniform(5, 9) + random.uniform(0, 6))
        tracks.append(noise * swell * 0.05)
    root = random.choice([98.0, 110.0, 123.5])
    chord = sum(np.sin(2 * np.pi * root * step * at + random.uniform(0, 6)) for step in (1, 1.5, 2, 2.52))
    pad = np.asarray(chord) * 0.006 * (1 + 0.5 * np.sin(2 * np.pi * at / 11))
    fade = np.clip(np.minimum(at, at[-1] - at) * 4, 0, 1)
    samples = np.asarray((np.stack(tracks) + pad) * fade, np.float32)
    _encode(fitted(np.clip(samples, -1, 1), count), rate, into, _FORMATS["wav"], 0)
