"""Lays sound under a clip: levelled, ducked, exactly as long as the picture, which is copied. Worker only."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bot.core.errors import MediaRefused
from bot.core.model import MediaInfo
from bot.media.limits import InputLimits
from bot.media.probe import first_frames, own_info
from bot.media.reader import extent, opened
from bot.media.rewrite import SOUND_RATE_HZ, PictureTarget, SoundTarget, can_copy_picture, rewrite
from bot.media.sound import Samples, fitted, level, levels_dbfs, loudness, read_sound

_BITS_PER_SECOND = 192_000
_CEILING_DBTP = -1.0
_CODEC_MARGIN_DB = 0.5  # AAC gives peaks back a little higher than it got them
_DUCKED = 10 ** (-12 / 20)
_LOUD_DBFS = -42.0
_FADE_SECONDS = 0.02


def lay_under(
    video: Path,
    audio: Path,
    into: Path,
    *,
    keep_sound: bool,
    gain_db: float,
    at_seconds: float,
    loudness_target_lufs: float,
    limits: InputLimits,
) -> MediaInfo:
    """Give a clip a sound track made of `audio` and, if wanted, of the clip's own sound on top.

    Args:
        video: the clip; its picture is copied packet by packet if it plays everywhere as it is.
        audio: any recording, or a clip with sound.
        into: the new mp4.
        keep_sound: keep what the clip sounds like; the new sound steps back while it is loud.
        gain_db: of the new sound against the clip's own.
        at_seconds: where the new sound begins.
        loudness_target_lufs: of the whole, peaks at most −1 dBTP.
        limits: of both files.

    Raises:
        MediaRefused: no_picture, no_audio, silent, damaged …
    """
    with opened(video, limits) as clip:
        rotation = 0 if can_copy_picture(clip) else first_frames(clip, limits)
        seconds = extent(clip, limits).picture_seconds
        if clip.picture is None or not seconds:
            raise MediaRefused("no_picture")
        own = None
    with opened(video, limits) as clip:
        if keep_sound and clip.sound is not None:
            own = read_sound(clip, rate_hz=SOUND_RATE_HZ, channels=2, max_seconds=seconds).samples
    count = round(seconds * SOUND_RATE_HZ)
    with opened(audio, limits) as recording:
        most = max(0.1, seconds - at_seconds)
        new = read_sound(recording, rate_hz=SOUND_RATE_HZ, channels=2, max_seconds=most).samples
    mixed, reached = level(
        _mix(new, own, count, gain_db, at_seconds),
        SOUND_RATE_HZ,
        target_lufs=loudness_target_lufs,
        ceiling_dbtp=_CEILING_DBTP - _CODEC_MARGIN_DB,
    )
    if reached.lufs is None:
        raise MediaRefused("silent")
    for _ in range(3):
        _write(video, into, mixed, rotation, limits)
        over = _peak_over(into, limits)
        if over <= 0:
            break
        mixed = mixed * np.float32(10 ** (-(over + 0.1) / 20))
    return own_info(into, limits)


def _mix(new: Samples, own: Samples | None, count: int, gain_db: float, at_seconds: float) -> Samples:
    """Both sounds on one timeline of `count` samples, the new one ducked under the clip's own."""
    start = min(count, round(max(0.0, at_seconds) * SOUND_RATE_HZ))
    track = np.zeros((2, count), np.float32)
    part = new[:, : count - start] * np.float32(10 ** (gain_db / 20))
    track[:, start : start + part.shape[1]] = part
    edge = min(part.shape[1], round(_FADE_SECONDS * SOUND_RATE_HZ))
    if edge and start + part.shape[1] == count and new.shape[1] >= part.shape[1]:
        track[:, count - edge :] *= np.linspace(1, 0, edge, dtype=np.float32)  # cut off, so without a click
    if own is None:
        return track
    own = fitted(own, count)
    return own + track * _ducking(own, count)


def _ducking(own: Samples, count: int) -> Samples:
    """The gain of the new sound: it steps back fast when the own sound is loud, and returns slowly."""
    levels = levels_dbfs(own, SOUND_RATE_HZ)
    gains = np.empty(levels.size)
    now = 1.0
    for number, value in enumerate(levels):
        wanted = _DUCKED if value > _LOUD_DBFS else 1.0
        now += (wanted - now) * (0.6 if wanted < now else 0.05)
        gains[number] = now
    at = np.arange(count) * (levels.size / max(1, count))
    return np.asarray(np.interp(at, np.arange(levels.size) + 0.5, gains), np.float32)


def _write(video: Path, into: Path, samples: Samples, rotation: int, limits: InputLimits) -> None:
    with opened(video, limits) as clip:
        assert clip.picture is not None
        context = clip.picture.codec_context
        target = PictureTarget(
            width=context.width // 2 * 2, height=context.height // 2 * 2, rotation=rotation
        )
        rewrite(
            clip,
            into,
            picture=None if can_copy_picture(clip) else target,
            sound=SoundTarget(bits_per_second=_BITS_PER_SECOND, samples=samples),
            limits=limits,
        )


def _peak_over(path: Path, limits: InputLimits) -> float:
    """By how many dB the finished file is above the ceiling."""
    with opened(path, limits) as clip:
        decoded = read_sound(clip)
    peak = loudness(decoded.samples, decoded.rate_hz).true_peak_dbtp
    return (peak - _CEILING_DBTP) if peak is not None else 0.0
