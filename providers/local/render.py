"""Frames and samples → an mp4 file: H.264 yuv420p, AAC 48 kHz stereo, index in front.

Runs in the limited worker only. Two threads draw ahead while this one encodes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from providers.local.noise import RATE, Stereo
from providers.local.timeline import FPS, Size

_DRAWING_THREADS = 2
_AHEAD = 4
_BT709 = 1


def write_clip(
    path: Path,
    *,
    size: Size,
    frames: int,
    draw: Callable[[int], Image.Image],
    vignette: NDArray[np.uint16],
    sound: Future[Stereo] | None,
    on_frame: Callable[[int], None],
    title: str,
) -> None:
    """Encode a clip.

    Args:
        path: file to write.
        size: picture size.
        frames: how many.
        draw: makes frame n; may be called by several threads.
        vignette: factor of each pixel's brightness, 256 = as it is.
        sound: becomes the track, exactly as long as the picture; None = no track.
        on_frame: told the number of frames done.
        title: goes into the file's metadata.
    """
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        out.metadata["title"] = title
        video = out.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = size.width, size.height, "yuv420p"
        video.time_base = Fraction(1, FPS)
        # A fixed number of threads, and no macroblock tree, whose analysis differs from run to run at widths
        # such as 854 (found 2026-11-22 with FFmpeg 8): the same order shall make the same bytes.
        video.options = {
            # superfast is half the work of veryfast for a quarter more bytes, too many for a large picture.
            "preset": "superfast" if min(size.width, size.height) <= 720 else "veryfast",
            "crf": "21" if min(size.width, size.height) <= 720 else "23",
            "threads": "2",
            "profile": "high",
            "rc-lookahead": "12",
            "mbtree": "0",
        }
        context = video.codec_context
        context.thread_type = "FRAME"
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        audio = None
        if sound is not None:
            audio = out.add_stream("aac", rate=RATE, layout="stereo")
            audio.bit_rate = 160_000
        for number, frame in enumerate(_drawn(frames, lambda n: _as_yuv(draw(n), vignette))):
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(video.encode(frame))
            on_frame(number + 1)
        out.mux(video.encode(None))
        if audio is not None and sound is not None:
            for piece in _pieces(sound.result()):
                out.mux(audio.encode(piece))
            out.mux(audio.encode(None))


def _drawn(frames: int, draw: Callable[[int], av.VideoFrame]) -> Iterator[av.VideoFrame]:
    waiting: deque[Future[av.VideoFrame]] = deque()
    with ThreadPoolExecutor(_DRAWING_THREADS, thread_name_prefix="draw") as pool:
        try:
            for number in range(frames):
                waiting.append(pool.submit(draw, number))
                if len(waiting) >= _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for late in waiting:
                late.cancel()


def _as_yuv(picture: Image.Image, vignette: NDArray[np.uint16]) -> av.VideoFrame:
    rgb = av.VideoFrame.from_numpy_buffer(np.asarray(picture), format="rgb24")
    frame = rgb.reformat(format="yuv420p", dst_colorspace=_BT709)
    plane = frame.planes[0]
    # In place: a copy of every plane would cost as much as half of the drawing.
    pixels = memoryview(cast(Any, plane))  # a buffer, which its type does not say before Python 3.12
    luma = np.frombuffer(pixels, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    bright = luma.astype(np.uint16)
    bright -= 16  # video black is 16; nothing lies below it
    bright *= vignette
    bright >>= 8
    bright += 16
    luma[:] = bright
    return frame


def _pieces(sound: Stereo, length: int = 1024) -> Iterator[av.AudioFrame]:
    for first in range(0, sound.shape[1], length):
        part = np.ascontiguousarray(sound[:, first : first + length], dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
        yield frame
