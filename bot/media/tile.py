"""A clip as pictures of one size at one rate, and the encoder for what is put together of them. Worker only.

Every picture is a yuv420p canvas: the clip's own, scaled to fit, on black.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from bot.core.errors import MediaRefused
from bot.media.limits import InputLimits
from bot.media.reader import Source, check_size, opened, raise_if_system
from bot.media.rewrite import SOUND_RATE_HZ, PictureTarget, h264
from bot.media.sound import Samples, frames_of

Plane = NDArray[np.uint8]
BLACK = (16, 128, 128)
_SOUND_BITS_PER_SECOND = 192_000
_QUALITY = 20


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """One picture: planes of brightness (height × width) and of two colours (half of both)."""

    y: Plane
    u: Plane
    v: Plane

    @classmethod
    def black(cls, width: int, height: int) -> Canvas:
        """An empty picture; both sides are even."""
        half = (height // 2, width // 2)
        return cls(
            y=np.full((height, width), BLACK[0], np.uint8),
            u=np.full(half, BLACK[1], np.uint8),
            v=np.full(half, BLACK[2], np.uint8),
        )

    def copy(self) -> Canvas:
        """Another picture with the same contents."""
        return Canvas(y=self.y.copy(), u=self.u.copy(), v=self.v.copy())

    def put(self, other: Canvas, x: int, y: int) -> None:
        """Lay a smaller picture onto this one; x and y are even."""
        height, width = other.y.shape
        self.y[y : y + height, x : x + width] = other.y
        self.u[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2] = other.u
        self.v[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2] = other.v

    def fill(self, x: int, y: int, width: int, height: int, colour: tuple[int, int, int]) -> None:
        """Paint a rectangle in (Y, U, V); all numbers even."""
        self.y[y : y + height, x : x + width] = colour[0]
        self.u[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2] = colour[1]
        self.v[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2] = colour[2]

    def frame(self) -> VideoFrame:
        """As the encoder takes it."""
        height, width = self.y.shape
        frame = VideoFrame(width, height, "yuv420p")
        for plane, pixels in zip(frame.planes, (self.y, self.u, self.v), strict=True):
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            rows[: pixels.shape[0], : pixels.shape[1]] = pixels
        return frame


def pictures(path: Path, *, width: int, height: int, rate: int, limits: InputLimits) -> Iterator[Canvas]:
    """The clip's pictures, `rate` a second, each fitted into `width` × `height`; the last one stays for ever.

    Raises:
        MediaRefused: no_picture, damaged, too_large_dimensions.
    """
    with opened(path, limits) as source:
        if source.picture is None:
            raise MediaRefused("no_picture")
        shown: Canvas | None = None
        number = 0
        for frame in _decoded(source):
            check_size(frame.width, frame.height, limits.max_side, limits.max_pixels)
            at = frame.time if frame.time is not None else number / rate
            while shown is not None and number / rate < at - 1e-6:
                yield shown
                number += 1
            if shown is None or number / rate >= at - 1e-6:
                shown = _fitted(frame, width, height)
    if shown is None:
        raise MediaRefused("damaged")
    while True:
        yield shown


def _decoded(source: Source) -> Iterator[VideoFrame]:
    assert source.picture is not None
    failed = made = 0
    try:
        for packet in source.container.demux(source.picture):
            try:
                frames = packet.decode()
            except FFmpegError as error:
                raise_if_system(error)
                failed += 1
                continue
            for frame in frames:
                made += 1
                yield frame
    except FFmpegError as error:
        raise_if_system(error)
        raise MediaRefused("damaged") from None
    if failed > max(2, made // 20):
        raise MediaRefused("damaged")


def _fitted(frame: VideoFrame, width: int, height: int) -> Canvas:
    turned = abs(int(frame.rotation or 0)) % 180 == 90
    given = (frame.height, frame.width) if turned else (frame.width, frame.height)
    scale = min(width / given[0], height / given[1])
    inner = (max(2, int(given[0] * scale) // 2 * 2), max(2, int(given[1] * scale) // 2 * 2))
    size = inner[::-1] if turned else inner
    small = frame.reformat(size[0], size[1], "yuv420p", interpolation="AREA")
    planes = [_plane(small, number) for number in range(3)]
    if frame.rotation:
        planes = [np.rot90(plane, k=round(frame.rotation / 90) % 4) for plane in planes]
    part = Canvas(y=planes[0], u=planes[1], v=planes[2])
    if inner == (width, height):
        return part
    canvas = Canvas.black(width, height)
    canvas.put(part, (width - inner[0]) // 4 * 2, (height - inner[1]) // 4 * 2)
    return canvas


def _plane(frame: VideoFrame, number: int) -> Plane:
    plane = frame.planes[number]
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width].copy()


def write(
    into: Path,
    canvases: Iterator[Canvas],
    sound: Samples,
    *,
    width: int,
    height: int,
    rate: int,
    count: int,
    quality: int = _QUALITY,
    most_bits_per_second: int = 0,
    alike: bool = False,
) -> None:
    """Encode `count` pictures and the sound (48 kHz stereo): mp4, faststart, nothing else in it.

    `alike`: nothing outside the coded pictures and sounds but their sizes depends on what is in them.
    """
    options = {"movflags": "faststart", "fflags": "bitexact", "max_interleave_delta": "0"}
    if alike:
        options["write_btrt"] = "0"
    target = PictureTarget(
        width=width,
        height=height,
        quality=quality,
        most_bits_per_second=most_bits_per_second,
        alike=alike,
    )
    with av.open(str(into.resolve()), "w", format="mp4", options=options) as out:
        picture = h264(out, target, Fraction(rate))
        track = out.add_stream("aac", rate=SOUND_RATE_HZ, layout="stereo")
        track.bit_rate = _SOUND_BITS_PER_SECOND
        heard = _packets(track, sound)
        told = 0.0
        for number in range(count):
            frame = next(canvases).frame()
            frame.pts, frame.time_base = number, Fraction(1, rate)
            _mux(out, picture.encode(frame))
            while told <= number / rate and (ready := next(heard, None)) is not None:
                told, packets = ready
                _mux(out, packets)
        _mux(out, picture.encode(None))
        for _, packets in heard:
            _mux(out, packets)


def _packets(track: Any, sound: Samples) -> Iterator[tuple[float, list[Packet[Any]]]]:
    at = 0.0
    for frame in frames_of(sound, SOUND_RATE_HZ, size=1024):
        at += frame.samples / SOUND_RATE_HZ
        yield at, track.encode(frame)
    yield at, track.encode(None)


def _mux(out: OutputContainer, packets: list[Packet[Any]]) -> None:
    for packet in packets:
        out.mux(packet)
