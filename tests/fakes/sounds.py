"""Short real recordings for the stand-ins of sound makers, made once in a process."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Literal

import av
import numpy as np

from tests.fakes.clips import RATE_HZ, audio_stream, encode_sound, speechlike, tone

Container = Literal["mp3", "wav", "aac"]
MIMES = {"mp3": "audio/mpeg", "wav": "audio/wav", "aac": "audio/aac"}
_CODECS = {"mp3": "libmp3lame", "wav": "pcm_s16le", "aac": "aac"}
_FORMATS = {"mp3": "mp3", "wav": "wav", "aac": "adts"}


@lru_cache(maxsize=64)
def recording(seconds: float, container: Container = "mp3", *, speech: bool = False) -> bytes:
    """A file of this length: a tone of 440 Hz, or something with the rhythm of a voice."""
    samples = speechlike(seconds) if speech else tone(seconds)
    file = io.BytesIO()
    with av.open(file, "w", format=_FORMATS[container]) as out:
        encode_sound(out, audio_stream(out, _CODECS[container], "mono"), samples.astype(np.float32))
    return file.getvalue()


def heard(file: bytes) -> tuple[float, float]:
    """Seconds of the sound in a file, decoded, and its loudest sample."""
    samples, peak = 0, 0.0
    with av.open(io.BytesIO(file), "r") as media:
        (stream,) = media.streams.audio
        for frame in media.decode(stream):
            samples += frame.samples
            peak = max(peak, float(np.abs(frame.to_ndarray().astype(np.float64)).max(initial=0.0)))
        return samples / (stream.rate or RATE_HZ), peak
