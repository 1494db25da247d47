"""Decoded sound as numpy arrays: reading, measuring, levelling, finding silence. Inside the worker only.

Arrays are float32 with one row per channel; 1.0 is full scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av.filter
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from numpy.typing import NDArray

from bot.core.errors import MediaRefused
from bot.media.reader import Source, raise_if_system

Samples = NDArray[np.float32]
SILENCE_DBFS = -60.0
_WINDOW_SECONDS = 0.02
_PUSH_SAMPLES = 4096
_LOUDEST_GAIN_DB = 40.0


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """Sound read from a file.

    Attributes:
        samples: what was heard, from the clip's zero point on.
        rate_hz: samples in a second.
        packets, failed: how many coded packets there were, and how many could not be decoded.
        complete: false if reading stopped at the most seconds allowed.
    """

    samples: Samples
    rate_hz: int
    packets: int
    failed: int
    complete: bool

    @property
    def seconds(self) -> float:
        """Length of what was read."""
        return float(self.samples.shape[1] / self.rate_hz)


@dataclass(frozen=True, kw_only=True)
class Loudness:
    """EBU R 128 integrated loudness, true peak and loudness range; None for silence."""

    lufs: float | None
    true_peak_dbtp: float | None
    range_lu: float | None = None


def read_sound(
    source: Source, *, rate_hz: int = 0, channels: int = 0, max_seconds: float = 0.0, keep_start: bool = True
) -> Decoded:
    """Decode the sound track, counting samples and trusting no header.

    Args:
        source: an open file.
        rate_hz, channels: to convert to; 0 = as it is (at most two channels).
        max_seconds: stop after this much; 0 = no limit.
        keep_start: put silence before a sound that starts later than the clip.

    Raises:
        MediaRefused: no_audio.
    """
    stream = source.sound
    if stream is None:
        raise MediaRefused("no_audio")
    rate = rate_hz or int(stream.rate)
    layout = "mono" if (channels or int(stream.channels)) == 1 else "stereo"
    parts: list[Samples] = []
    count = packets = failed = 0
    most = int(max_seconds * rate) if max_seconds else None
    for part in _decoded(source, rate, layout):
        if part is None:
            failed += 1
        elif isinstance(part, float):
            packets += 1
            if not count and keep_start and 0.0 < part < 60.0:
                parts.append(np.zeros((1 if layout == "mono" else 2, int(part * rate)), np.float32))
                count += parts[-1].shape[1]
        else:
            parts.append(part)
            count += part.shape[1]
            if most is not None and count >= most:
                break
    joined = np.concatenate(parts, axis=1) if parts else np.zeros((1, 0), np.float32)
    complete = most is None or count < most
    return Decoded(samples=joined[:, :most], rate_hz=rate, packets=packets, failed=failed, complete=complete)


def _decoded(source: Source, rate: int, layout: str) -> Iterator[Samples | float | None]:
    """Per packet its time in seconds, then its samples; None for one that cannot be decoded."""
    stream = source.sound
    assert stream is not None
    resampler = AudioResampler("fltp", layout, rate)
    shape: tuple[str, str, int] | None = None
    try:
        for packet in source.container.demux(stream):
            if packet.size:
                yield float((packet.pts or 0) * packet.time_base) if packet.time_base else 0.0
            try:
                frames = packet.decode()
            except FFmpegError as error:
                raise_if_system(error)
                yield None
                continue
            for frame in frames:
                now = (frame.format.name, frame.layout.name, frame.sample_rate)
                if shape not in {None, now}:  # some files change their shape on the way
                    yield from _converted(resampler, None)
                    resampler = AudioResampler("fltp", layout, rate)
                shape = now
                yield from _converted(resampler, frame)
        if shape is not None:
            yield from _converted(resampler, None)
    except FFmpegError as error:
        raise_if_system(error)
        yield None


def _converted(resampler: AudioResampler, frame: AudioFrame | None) -> Iterator[Samples]:
    for ready in resampler.resample(frame):
        yield np.nan_to_num(np.asarray(ready.to_ndarray(), np.float32))


def frames_of(samples: Samples, rate_hz: int, *, size: int = _PUSH_SAMPLES) -> Iterator[AudioFrame]:
    """Cut an array into frames with time stamps from zero on."""
    layout = "mono" if samples.shape[0] == 1 else "stereo"
    for start in range(0, samples.shape[1], size):
        part = np.ascontiguousarray(samples[:, start : start + size], np.float32)
        frame = AudioFrame.from_ndarray(part, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, start, Fraction(1, rate_hz)
        yield frame


def through(samples: Samples, rate_hz: int, *filters: tuple[str, str]) -> tuple[Samples, dict[str, str]]:
    """Send sound through FFmpeg filters; returns the result and the metadata they left."""
    graph = av.filter.Graph()
    layout = "mono" if samples.shape[0] == 1 else "stereo"
    first = graph.add_abuffer(
        sample_rate=rate_hz, format="fltp", layout=layout, time_base=Fraction(1, rate_hz)
    )
    nodes = [first, *(graph.add(name, arguments) for name, arguments in filters)]
    nodes += [graph.add("aformat", "sample_fmts=fltp"), graph.add("abuffersink")]
    graph.link_nodes(*nodes).configure()
    parts: list[Samples] = []
    notes: dict[str, str] = {}

    def drain() -> None:
        while True:
            try:
                frame = nodes[-1].pull()
            except (BlockingIOError, EOFError):
                return
            assert isinstance(frame, AudioFrame)
            notes.update(frame.metadata)
            parts.append(np.asarray(frame.to_ndarray(), np.float32))

    for frame in frames_of(samples, rate_hz):
        first.push(frame)
        drain()
    first.push(None)
    drain()
    joined = np.concatenate(parts, axis=1) if parts else np.zeros_like(samples[:, :0])
    return joined, notes


def loudness(samples: Samples, rate_hz: int, *, peak: bool = True) -> Loudness:
    """Measure by EBU R 128. Sound shorter than 0.4 s is repeated until it can be measured.

    Without `peak` the true peak is not looked for, which is most of the work; it is 0 then.
    """
    if not samples.size or float(np.abs(samples).max()) < 1e-6:
        return Loudness(lufs=None, true_peak_dbtp=None)
    whole = samples
    if samples.shape[1] < rate_hz // 2:
        whole = np.tile(samples, (1, -(-rate_hz // (2 * samples.shape[1]))))
    wanted = "metadata=1:framelog=quiet" + (":peak=true" if peak else "")
    _, notes = through(whole, rate_hz, ("ebur128", wanted))
    integrated = float(notes.get("lavfi.r128.I", "-70"))
    highest = max(float(notes.get("lavfi.r128.true_peak", "1" if not peak else "0")), 1e-6)
    return Loudness(
        lufs=integrated if integrated > -69.9 else None,
        true_peak_dbtp=round(20 * float(np.log10(highest)), 2),
        range_lu=float(notes.get("lavfi.r128.LRA", "0")),
    )


def level(
    samples: Samples, rate_hz: int, *, target_lufs: float, ceiling_dbtp: float
) -> tuple[Samples, Loudness]:
    """Bring sound to a loudness with one steady gain; a limiter catches only the peaks.

    Returns:
        The sound, of the same length, and what was reached. Silence comes back as it is.
    """
    before = loudness(samples, rate_hz)
    if before.lufs is None:
        return samples, before
    gain = min(target_lufs - before.lufs, _LOUDEST_GAIN_DB)
    for _ in range(5):
        louder = samples * np.float32(10 ** (gain / 20))
        peak = (before.true_peak_dbtp or 0.0) + gain  # a steady gain changes both by itself
        after = Loudness(lufs=before.lufs + gain, true_peak_dbtp=round(peak, 2))
        if peak > ceiling_dbtp:
            louder = _limited(louder, rate_hz, ceiling_dbtp)
            lufs = loudness(louder, rate_hz, peak=False).lufs
            after = Loudness(lufs=lufs, true_peak_dbtp=ceiling_dbtp)
        missing = target_lufs - (after.lufs or target_lufs)
        if abs(missing) < 0.2 or gain >= _LOUDEST_GAIN_DB:
            break
        gain += missing  # the limiter took some away
    return louder, after


def _limited(samples: Samples, rate_hz: int, ceiling_dbtp: float) -> Samples:
    """Limit true peaks: at four times the rate the peaks between samples are seen."""
    limit = 10 ** ((ceiling_dbtp - 0.1) / 20)
    result, _ = through(
        samples,
        rate_hz,
        ("aresample", str(rate_hz * 4)),
        ("alimiter", f"limit={limit:.5f}:level=0:attack=5:release=50:latency=1"),
        ("aresample", str(rate_hz)),
    )
    return fitted(result, samples.shape[1])


def fitted(samples: Samples, count: int) -> Samples:
    """Cut or fill with silence to exactly `count` samples."""
    if samples.shape[1] >= count:
        return samples[:, :count]
    return np.pad(samples, ((0, 0), (0, count - samples.shape[1])))


def levels_dbfs(samples: Samples, rate_hz: int) -> NDArray[np.float64]:
    """RMS level of each stretch of 20 ms, the louder channel counting."""
    step = max(1, int(rate_hz * _WINDOW_SECONDS))
    count = -(-samples.shape[1] // step)
    if not count:
        return np.zeros(0)
    squares = fitted(samples, count * step).reshape(samples.shape[0], count, step).astype(np.float64) ** 2
    return np.asarray(10 * np.log10(np.maximum(squares.mean(axis=2).max(axis=0), 1e-12)))


def silent_share(samples: Samples, rate_hz: int) -> float:
    """Share of the time that is quieter than −60 dBFS."""
    levels = levels_dbfs(samples, rate_hz)
    return float((levels < SILENCE_DBFS).mean()) if levels.size else 1.0


def clipped_share(samples: Samples) -> float:
    """Share of samples at full scale that have a neighbour there too."""
    full = np.abs(samples) >= 0.999
    beside = full[:, 1:] & full[:, :-1]
    return float(beside.mean()) if beside.size else 0.0


def heard_between(samples: Samples, rate_hz: int) -> tuple[int, int] | None:
    """First and last sample of what can be heard above the recording's own noise; None for silence."""
    levels = levels_dbfs(samples, rate_hz)
    if not levels.size or float(levels.max()) < SILENCE_DBFS:
        return None
    # Between the noise floor and the loud parts, never above what a quiet voice has.
    floor, top = float(np.percentile(levels, 10)), float(np.percentile(levels, 95))
    threshold = max(SILENCE_DBFS, min(top - 30.0, max(floor + 6.0, top - 45.0)))
    loud = np.flatnonzero(levels > threshold)
    if not loud.size:
        return None
    step = max(1, int(rate_hz * _WINDOW_SECONDS))
    return int(loud[0]) * step, min(samples.shape[1], (int(loud[-1]) + 1) * step)
