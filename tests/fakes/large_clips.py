"""A clip of few very large pictures with real sound, quickly made: what a vendor hands out as 4K."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from tests.fakes.clips import make_clip, speechlike

SECONDS, FPS, RATE_HZ = 8, 1, 48_000


def make_vendors(path: Path, *, width: int, height: int, sound_bits: int) -> Path:
    """A clip of few large pictures, with eight seconds of something like speech."""
    random = np.random.default_rng(4)
    with av.open(str(path), "w", options={"movflags": "faststart", "max_interleave_delta": "0"}) as out:
        picture = out.add_stream("libx264", rate=FPS)
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        picture.options = {"preset": "ultrafast", "crf": "20", "g": "1"}
        heard = out.add_stream("aac", rate=RATE_HZ, layout="stereo")
        heard.bit_rate = sound_bits
        samples = np.tile(speechlike(SECONDS), (2, 1))
        # Noise fills the bits that were asked for.
        samples = (samples * 0.8 + random.normal(0, 0.02, samples.shape)).astype(np.float32)
        for start in range(0, samples.shape[1], 1024):
            part = np.ascontiguousarray(samples[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
            out.mux(heard.encode(frame))
        out.mux(heard.encode(None))
        for number in range(SECONDS * FPS):
            small = random.integers(16, 235, (height // 8, width // 8), dtype=np.uint8)
            luma = np.kron(small, np.ones((8, 8), np.uint8))
            image = VideoFrame(width, height, "yuv420p")
            for plane, values in zip(image.planes, (luma.tobytes(), None, None), strict=True):
                plane.update(values if values is not None else bytes([128]) * plane.buffer_size)
            image.pts, image.time_base = number, Fraction(1, FPS)
            out.mux(picture.encode(image))
        out.mux(picture.encode(None))
    return path


def make_ten_bit(path: Path, *, seconds: float = 2) -> Path:
    """H.265 with ten bits, as Seedance hands out its largest sizes; few chats play it."""
    flat = make_clip(path.with_name("flat.mp4"), seconds=seconds)
    with av.open(str(flat)) as given, av.open(str(path), "w") as out:
        picture = out.add_stream(
            "libx265", rate=24, options={"preset": "ultrafast", "x265-params": "log-level=1"}
        )
        picture.width, picture.height, picture.pix_fmt = 320, 180, "yuv420p10le"
        picture.codec_tag = "hvc1"
        heard = out.add_stream_from_template(given.streams.audio[0])
        for packet in given.demux(audio=0):
            if packet.dts is not None:
                packet.stream = heard
                out.mux(packet)
        given.seek(0)
        for frame in given.decode(video=0):
            out.mux(picture.encode(frame.reformat(format="yuv420p10le")))
        out.mux(picture.encode(None))
    return path
