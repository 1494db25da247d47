"""What moves in a clip's picture, as small grey pictures cut into shots. Runs only inside the worker.

It looks for no faces and knows no things: a shot is a table of how bright each small square is over time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from bot.core.errors import MediaRefused
from bot.media.limits import InputLimits
from bot.media.reader import Source, check_size, raise_if_system

Table = NDArray[np.float32]
Times = NDArray[np.float64]
_AREA = 160 * 90  # pixels of a small picture, whatever its shape
_MAX_FPS = 31.0
_CUT_LEVEL, _CUT_TIMES, _CUT_STAYS = 8.0, 4.0, 0.7
_AROUND = 6  # frames to each side that say how much a shot usually moves
_SETTLED = 8  # frames after which a flash is over and a cut is not
_SQUARE = 2  # pixels a side


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Small grey pictures: when each is shown, in seconds, and frames × height × width of 0–255."""

    times: Times
    grey: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A stretch without a cut.

    Attributes:
        times: of its frames, in seconds.
        squares: frames × squares, how bright each is.
        rows, columns: how the squares lie.
    """

    times: Times
    squares: Table
    rows: int
    columns: int

    @property
    def seconds(self) -> float:
        """From its first frame to its last."""
        return float(self.times[-1] - self.times[0])

    @property
    def fps(self) -> float:
        """Frames in a second."""
        return (len(self.times) - 1) / max(self.seconds, 1e-3)


def small_pictures(source: Source, limits: InputLimits, *, max_seconds: float) -> Pictures:
    """The frames of a clip's first `max_seconds`, at most 30 a second.

    Raises:
        MediaRefused: no_picture, too_large_dimensions.
    """
    if source.picture is None:
        raise MediaRefused("no_picture")
    width, height = _small(source.picture.codec_context.width, source.picture.codec_context.height)
    times: list[float] = []
    frames: list[NDArray[np.uint8]] = []
    for frame in _frames(source):
        check_size(frame.width, frame.height, limits.max_side, limits.max_pixels)
        at = float(frame.time or 0.0)
        if at > max_seconds:
            break
        if times and at - times[-1] < 1 / _MAX_FPS:
            continue
        small = frame.reformat(width, height, "gray", interpolation="AREA")
        times.append(at)
        frames.append(np.asarray(small.to_ndarray(), np.uint8))
    grey = np.array(frames) if frames else np.zeros((0, height, width), np.uint8)
    return Pictures(times=np.array(times), grey=grey)


def _frames(source: Source) -> Iterator[VideoFrame]:
    """What can be decoded; a broken packet is left out."""
    try:
        for packet in source.container.demux(source.picture):
            try:
                yield from (frame for frame in packet.decode() if isinstance(frame, VideoFrame))
            except FFmpegError as error:
                raise_if_system(error)
    except FFmpegError as error:
        raise_if_system(error)


def _small(width: int, height: int) -> tuple[int, int]:
    """A size of about `_AREA` pixels with the same shape, both sides even."""
    shape = max(0.2, min(5.0, width / max(1, height)))
    return max(16, round((_AREA * shape) ** 0.5 / 2) * 2), max(16, round((_AREA / shape) ** 0.5 / 2) * 2)


def shots(pictures: Pictures, *, least_seconds: float) -> tuple[Shot, ...]:
    """The stretches between cuts that are long enough to see a rhythm in."""
    edges = [0, *cuts(pictures.grey), len(pictures.times)]
    found = []
    for first, last in pairwise(edges):
        times = pictures.times[first:last]
        if len(times) >= 3 and times[-1] - times[0] >= least_seconds:
            found.append(_shot(times, pictures.grey[first:last]))
    return tuple(found)


def whole(pictures: Pictures) -> Shot:
    """All of it as one stretch, cuts or not; it has to have a frame."""
    return _shot(pictures.times, pictures.grey)


def cuts(grey: NDArray[np.uint8]) -> list[int]:
    """Frames with which another picture begins and stays; a flash comes from where it goes again."""
    frames = grey.astype(np.float32)
    change = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2))
    found = []
    for number in (int(place) for place in np.flatnonzero(change > _CUT_LEVEL)):
        usual = np.median(change[max(0, number - _AROUND) : number + _AROUND + 1])
        after = frames[min(len(change), number + _SETTLED)]
        before = (frames[max(0, number - back)] for back in (1, _SETTLED))
        stays = min(float(np.abs(after - one).mean()) for one in before)
        if change[number] > _CUT_TIMES * usual and stays > _CUT_STAYS * change[number]:
            found.append(number + 1)
    return found


def _shot(times: Times, grey: NDArray[np.uint8]) -> Shot:
    rows, columns = grey.shape[1] // _SQUARE, grey.shape[2] // _SQUARE
    parts = grey.reshape(len(grey), rows, _SQUARE, columns, _SQUARE)
    squares = parts.mean(axis=(2, 4), dtype=np.float32).reshape(len(grey), rows * columns)
    return Shot(times=times, squares=squares, rows=rows, columns=columns)


def steady(track: NDArray[Any], width: float) -> NDArray[Any]:
    """What is left of each column when its mean over `width` rows about each row is taken away."""
    size = max(1, int(width)) | 1
    padded = np.pad(track, ((size // 2 + 1, size // 2), (0, 0)), mode="edge")
    sums = np.cumsum(padded, axis=0, dtype=np.float64)
    return np.asarray(track - (sums[size:] - sums[:-size]) / size, track.dtype)
