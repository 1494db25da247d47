"""Makes a clip playable everywhere and small enough for a chat, its sound kept. Runs only inside the worker.

The ladder: as it is, remuxed, encoded once more at its size, encoded smaller. Each step is checked against
the limit by the size of the file on the disk; a ceiling given to an encoder is a wish, not a promise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bot.core.errors import MediaRefused
from bot.core.model import FitResult, MediaInfo
from bot.media.limits import InputLimits
from bot.media.probe import first_frames, info_of, own_info, plays_everywhere
from bot.media.reader import Extent, Source, extent, opened
from bot.media.rewrite import (
    PictureTarget,
    SoundTarget,
    TooManyBytes,
    can_copy_picture,
    can_copy_sound,
    rewrite,
)
from providers.process import Report

# x264 veryfast at quality 19 with a ceiling: 26 of 26 runs stayed under the limit with this share of it.
_USED_SHARE = 0.98
_WINDOW_SECONDS = 0.5
_MOST_BITS_PER_SECOND = 20_000_000
_FEWEST_BITS_PER_SECOND = 40_000
_LEAST_BITS_PER_PIXEL = 0.03
_SMALLEST_SIDE = 96
_BEST_SOUND, _LEAST_SOUND = 160_000, 96_000
_SOUND_SHARE = 0.15
_RETRIES = (1.0, 0.8, 0.6)


def finish(path: Path, into: Path, *, remove_sound: bool, limits: InputLimits, progress: Report) -> MediaInfo:
    """Write the clip as H.264 and AAC, faststart, without metadata; what already fits is copied.

    Raises:
        MediaRefused: no_picture, damaged …
    """
    with opened(path, limits) as source:
        target = None if can_copy_picture(source) else _picture_target(source, first_frames(source, limits))
    # Opened anew, not rewound: a seek to zero would lose the encoder's run-in that lies before it.
    with opened(path, limits) as source:
        rewrite(
            source,
            into,
            picture=target,
            sound=None if can_copy_sound(source) else SoundTarget(bits_per_second=_BEST_SOUND),
            drop_sound=remove_sound,
            limits=limits,
            seconds=(source.container.duration or 0) / 1_000_000,
            progress=progress,
        )
    return own_info(into, limits)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What the chat takes. 0 = no limit."""

    limit_bytes: int
    max_seconds: float = 0.0
    max_width: int = 0
    max_height: int = 0


def fit(path: Path, into: Path, *, goal: Goal, limits: InputLimits, progress: Report) -> FitResult:
    """Walk down the ladder until the clip fits.

    Raises:
        MediaRefused: does_not_fit (limit), too_long (seconds, limit_seconds), no_picture, damaged …
    """
    with opened(path, limits) as source:
        if source.picture is None:
            raise MediaRefused("no_picture")
        rotation = first_frames(source, limits)
        lengths = extent(source, limits)
        info = info_of(source, lengths, rotation=rotation)
    if goal.max_seconds and info.seconds > goal.max_seconds:
        raise MediaRefused("too_long", seconds=info.seconds, limit_seconds=goal.max_seconds)
    limit = goal.limit_bytes or info.size_bytes * 100 + (1 << 30)
    small_enough = not _too_large(info, goal)
    if small_enough and info.size_bytes <= limit and plays_everywhere(info):
        return FitResult(step="as-is", path=path, info=info)
    if small_enough and lengths.picture_bytes + lengths.sound_bytes <= limit:
        remuxed = _remux(path, into, limit, limits, progress)
        if remuxed is not None:
            return FitResult(step="remux", path=into, info=remuxed)
    for share in _RETRIES:
        target, sound = _budget(info, lengths, replace(goal, limit_bytes=limit), share, rotation)
        fitted = _encode(path, into, target, sound, limit, limits, progress)
        if fitted is not None:
            same = {fitted.width, fitted.height} == {info.width, info.height}
            return FitResult(step="re-encode" if same else "smaller", path=into, info=fitted)
    raise MediaRefused("does_not_fit", limit=limit)


def _too_large(info: MediaInfo, goal: Goal) -> bool:
    return bool(goal.max_width and info.width > goal.max_width) or bool(
        goal.max_height and info.height > goal.max_height
    )


def _remux(path: Path, into: Path, limit: int, limits: InputLimits, progress: Report) -> MediaInfo | None:
    with opened(path, limits) as source:
        if not (can_copy_picture(source) and can_copy_sound(source)):
            return None
        rewrite(source, into, picture=None, sound=None, limits=limits, progress=progress)
    return own_info(into, limits) if into.stat().st_size <= limit else None


def _encode(
    path: Path,
    into: Path,
    target: PictureTarget,
    sound: SoundTarget | None,
    limit: int,
    limits: InputLimits,
    progress: Report,
) -> MediaInfo | None:
    with opened(path, limits) as source:
        copied = sound is None or (can_copy_sound(source) and _is_lean(source, sound))
        try:
            rewrite(
                source,
                into,
                picture=target,
                sound=None if copied else sound,
                most_bytes=limit,
                limits=limits,
                seconds=(source.container.duration or 0) / 1_000_000,
                progress=progress,
            )
        except TooManyBytes:
            return None
    return own_info(into, limits) if into.stat().st_size <= limit else None


def _is_lean(source: Source, sound: SoundTarget) -> bool:
    """Whether the sound as it is fits in what is planned for it, so that it need not suffer again."""
    present = source.sound.bit_rate if source.sound is not None else None
    return present is not None and 0 < present <= sound.bits_per_second * 1.05


def _budget(
    info: MediaInfo, lengths: Extent, goal: Goal, share: float, rotation: int
) -> tuple[PictureTarget, SoundTarget | None]:
    """Divide the limit between index, sound and picture.

    Raises:
        MediaRefused: does_not_fit.
    """
    seconds = max(info.seconds, lengths.sound_seconds, 0.1)
    usable = goal.limit_bytes * _USED_SHARE * 8 - _index_bytes(info, lengths) * 8
    sound = None
    if info.audio_codec:
        rate = min(max(_LEAST_SOUND, int(usable * _SOUND_SHARE / seconds)), _BEST_SOUND)
        sound = SoundTarget(bits_per_second=rate)
        usable -= rate * 1.05 * seconds + 65_536
    rate = int(usable * share / (seconds + _WINDOW_SECONDS))
    if rate < _FEWEST_BITS_PER_SECOND:
        raise MediaRefused("does_not_fit", limit=goal.limit_bytes)
    rate = min(rate, _MOST_BITS_PER_SECOND)
    fps = min(max(info.fps, 1.0), 60.0)
    scale = min(1.0, (rate / (info.width * info.height * fps * _LEAST_BITS_PER_PIXEL)) ** 0.5)
    if scale < 1.0 and min(info.width, info.height) * scale < min(_SMALLEST_SIDE, info.width, info.height):
        raise MediaRefused("does_not_fit", limit=goal.limit_bytes)
    if goal.max_width:
        scale = min(scale, goal.max_width / info.width)
    if goal.max_height:
        scale = min(scale, goal.max_height / info.height)
    # `info` shows the picture as it is looked at; the encoder gets it as it lies.
    sides = (info.width, info.height) if rotation % 180 == 0 else (info.height, info.width)
    width, height = (max(2, int(side * scale) // 2 * 2) for side in sides)
    target = PictureTarget(
        width=width,
        height=height,
        most_bits_per_second=rate,
        window_seconds=_WINDOW_SECONDS,
        rotation=rotation,
    )
    return target, sound


def _index_bytes(info: MediaInfo, lengths: Extent) -> int:
    """The index at its worst: up to 24 bytes for a picture, 12 for a packet of sound."""
    packets = int(lengths.sound_seconds * 48_000 / 1024) + 4 if info.audio_codec else 0
    return 4096 + (lengths.pictures + 2) * 24 + packets * 12


def _picture_target(source: Source, rotation: int) -> PictureTarget:
    """The picture in its own size, squeezed pixels made square."""
    picture = source.picture
    if picture is None:
        raise MediaRefused("no_picture")
    context = picture.codec_context
    shape = picture.sample_aspect_ratio
    stretch = float(shape) if shape and 0.25 <= shape <= 4 else 1.0
    return PictureTarget(
        width=max(2, round(context.width * stretch) // 2 * 2),
        height=max(2, context.height // 2 * 2),
        rotation=rotation,
    )
