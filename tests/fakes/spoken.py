"""What whoever moves lips or makes a picture talk hands back: what was seen and what was said, as a clip."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame
from PIL import Image

from tests.fakes.clips import RATE_HZ, audio_stream, encode_sound


def spoken(clip: bytes, recording: bytes, *, at_seconds: float = 0.0, longer_seconds: float = 0.0) -> bytes:
    """The clip with the recording as its only sound, decoded and encoded anew; else silence.

    `longer_seconds`: by how much the sound goes on after the picture, or ends before it.
    """
    file = io.BytesIO()
    with av.open(io.BytesIO(clip), "r") as seen, av.open(file, "w", format="mp4") as out:
        stream = seen.streams.video[0]
        shown = out.add_stream_from_template(stream)
        heard = audio_stream(out, "aac", "mono")
        seconds = float((stream.duration or 0) * (stream.time_base or 0))
        samples = np.zeros(round((seconds + longer_seconds) * RATE_HZ), dtype=np.float32)
        start = round(at_seconds * RATE_HZ)
        said = samples_of(recording)[: samples.size - start]
        samples[start : start + said.size] = said
        for packet in seen.demux(stream):
            if packet.dts is not None:
                packet.stream = shown
                out.mux(packet)
        encode_sound(out, heard, samples)
    return file.getvalue()


def talking(picture: bytes, recording: bytes, *, size: tuple[int, int] = (1280, 720), fps: int = 12) -> bytes:
    """A clip as long as the recording, of a picture that stands still; `size`: of the clip, if it lies."""
    said, file = samples_of(recording), io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        width, height = size if image.width >= image.height else size[::-1]
        pixels = np.asarray(image.convert("RGB").resize((width, height)))
        still = VideoFrame.from_ndarray(pixels, format="rgb24")
    with av.open(file, "w", format="mp4", options={"max_interleave_delta": "0"}) as out:
        shown = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "g": str(fps)})
        shown.width, shown.height, shown.pix_fmt = width, height, "yuv420p"
        heard = audio_stream(out, "aac", "mono")
        for number in range(max(1, round(said.size / RATE_HZ * fps))):
            still.pts, still.time_base = number, Fraction(1, fps)
            out.mux(shown.encode(still))
        out.mux(shown.encode(None))
        encode_sound(out, heard, said)
    return file.getvalue()


def samples_of(recording: bytes) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """The sound of a file, one channel at 48 kHz."""
    resampler = AudioResampler("fltp", "mono", RATE_HZ)
    with av.open(io.BytesIO(recording), "r") as media:
        parts = [
            part.to_ndarray()[0]
            for frame in media.decode(media.streams.audio[0])
            for part in resampler.resample(frame)
        ]
    return np.concatenate(parts).astype(np.float32)
