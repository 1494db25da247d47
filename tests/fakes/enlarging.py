"""What a stand-in for an upscaler gives back: the very clip it was handed, decoded and drawn larger.

Its sound is never the clip's own any more: coded anew, or gone.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
from av.audio.resampler import AudioResampler
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tests.fakes.clips import RATE_HZ, audio_stream


@dataclass(kw_only=True)
class Press:
    """How the stand-in works: by which factor, what it does to the sound, by how much it misses the length.

    `factor` 1 gives the size back that came.
    """

    factor: float = 2.0
    sound: Literal["coded", "none"] = "none"
    late_seconds: float = 0.0

    def enlarge(self, clip: bytes, into: Path, *, fps: int = 0) -> Path:
        """Write the copy, with `fps` frames a second; 0 = as many as the clip has.

        Raises:
            av.FFmpegError: this is no clip.
        """
        with av.open(io.BytesIO(clip), "r") as given:
            seen = given.streams.video[0]
            seconds = float((seen.duration or 0) * (seen.time_base or 0)) + self.late_seconds
            with av.open(str(into), "w", format="mp4", options={"max_interleave_delta": "0"}) as out:
                rate = Fraction(fps) if fps else Fraction(seen.average_rate or 24)
                picture = out.add_stream("libx264", rate=rate)
                assert isinstance(picture, VideoStream)
                picture.width = round(seen.width * self.factor) // 2 * 2
                picture.height = round(seen.height * self.factor) // 2 * 2
                picture.pix_fmt = "yuv420p"
                picture.options = {"preset": "ultrafast", "crf": "30"}
                track = None
                if self.sound == "coded" and given.streams.audio:
                    track = audio_stream(out, "aac", "mono")
                    track.bit_rate = 48_000
                _draw(given, out, picture, rate, round(seconds * rate))
                if track is not None:
                    _code(clip, out)
        return into


def _draw(
    given: InputContainer, out: OutputContainer, picture: VideoStream, rate: Fraction, count: int
) -> None:
    """As many pictures as were asked for, each the one that is to be seen at its time."""
    frames = [frame for frame in given.decode(video=0) if isinstance(frame, VideoFrame)]
    times = [float(frame.time or 0) for frame in frames]
    at = 0
    for number in range(count):
        while at + 1 < len(frames) and times[at + 1] <= number / rate + 1e-6:
            at += 1
        drawn = frames[at].reformat(picture.width, picture.height, "yuv420p", interpolation="BILINEAR")
        drawn.pict_type = 0
        drawn.pts, drawn.time_base = number, 1 / rate
        out.mux(picture.encode(drawn))
    out.mux(picture.encode(None))


def _code(clip: bytes, out: OutputContainer) -> None:
    """The sound once more, poorer than it was."""
    track = out.streams.audio[0]
    resampler = AudioResampler("fltp", "mono", RATE_HZ)
    with av.open(io.BytesIO(clip), "r") as given:
        for frame in [*given.decode(audio=0), None]:
            for ready in resampler.resample(frame):
                ready.pts = None
                out.mux(track.encode(ready))
    out.mux(track.encode(None))
