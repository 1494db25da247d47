"""Gives a clip a new sound track: levelled, exactly as long as the picture, which is copied. Worker only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.core.errors import MediaRefused
from bot.core.model import MediaInfo
from bot.core.sounds import MixPiece
from bot.media.limits import InputLimits
from bot.media.mixing import Part, mixed
from bot.media.probe import first_frames, own_info
from bot.media.reader import extent, opened
from bot.media.rewrite import SOUND_RATE_HZ, PictureTarget, SoundTarget, can_copy_picture, rewrite
from bot.media.sound import Samples, level, loudness, read_sound

_BITS_PER_SECOND = 192_000
_CEILING_DBTP = -1.0
_CODEC_MARGIN_DB = 0.5  # AAC gives peaks back a little higher than it got them


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
    piece = MixPiece(path=audio, role=None, at_seconds=at_seconds, gain_db=gain_db, ducked=True)
    return mix(
        video,
        [piece],
        into,
        keep_sound=keep_sound,
        loudness_target_lufs=loudness_target_lufs,
        limits=limits,
    )


def mix(
    video: Path,
    pieces: Sequence[MixPiece],
    into: Path,
    *,
    keep_sound: bool,
    loudness_target_lufs: float,
    limits: InputLimits,
) -> MediaInfo:
    """Give a clip a sound track made of pieces at their places and, if wanted, of its own sound.

    Args: as in `lay_under`.

    Raises:
        MediaRefused: no_picture, no_audio, silent, damaged …
    """
    with opened(video, limits) as clip:
        rotation = 0 if can_copy_picture(clip) else first_frames(clip, limits)
        seconds = extent(clip, limits).picture_seconds
        if clip.picture is None or not seconds:
            raise MediaRefused("no_picture")
    own = _own_sound(video, seconds, limits) if keep_sound else None
    count = round(seconds * SOUND_RATE_HZ)
    parts = [_part(piece, seconds, limits) for piece in pieces]
    samples, reached = level(
        mixed(parts, own, count, SOUND_RATE_HZ),
        SOUND_RATE_HZ,
        target_lufs=loudness_target_lufs,
        ceiling_dbtp=_CEILING_DBTP - _CODEC_MARGIN_DB,
    )
    if reached.lufs is None:
        raise MediaRefused("silent")
    for _ in range(3):
        _write(video, into, samples, rotation, limits)
        over = _peak_over(into, limits)
        if over <= 0:
            break
        samples = samples * np.float32(10 ** (-(over + 0.1) / 20))
    return own_info(into, limits)


def _own_sound(video: Path, seconds: float, limits: InputLimits) -> Samples | None:
    with opened(video, limits) as clip:
        if clip.sound is None:
            return None
        return read_sound(clip, rate_hz=SOUND_RATE_HZ, channels=2, max_seconds=seconds).samples


def _part(piece: MixPiece, seconds: float, limits: InputLimits) -> Part:
    """A piece decoded, as much of it as can be heard."""
    with opened(piece.path, limits) as recording:
        most = max(0.1, seconds - piece.at_seconds) * max(1.0, piece.tempo)
        samples = read_sound(recording, rate_hz=SOUND_RATE_HZ, channels=2, max_seconds=most + 0.1).samples
    if samples.shape[0] == 1:
        samples = np.repeat(samples, 2, axis=0)
    return Part(
        samples=samples,
        role=piece.role,
        at=round(max(0.0, piece.at_seconds) * SOUND_RATE_HZ),
        gain_db=piece.gain_db,
        tempo=piece.tempo,
        ducked=piece.ducked,
    )


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
