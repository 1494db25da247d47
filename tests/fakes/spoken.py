"""What whoever moves lips hands back: the picture and the recording that came in, in one clip."""

from __future__ import annotations

import io

import av
import numpy as np
from av.audio.resampler import AudioResampler

from tests.fakes.clips import RATE_HZ, audio_stream, encode_sound


def spoken(clip: bytes, recording: bytes) -> bytes:
    """The clip with the recording as its only sound, decoded and encoded anew; silence after its end."""
    file = io.BytesIO()
    with av.open(io.BytesIO(clip), "r") as seen, av.open(file, "w", format="mp4") as out:
        stream = seen.streams.video[0]
        shown = out.add_stream_from_template(stream)
        heard = audio_stream(out, "aac", "mono")
        seconds = float((stream.duration or 0) * (stream.time_base or 0))
        samples = np.zeros(round(seconds * RATE_HZ), dtype=np.float32)
        said = samples_of(recording)[: samples.size]
        samples[: said.size] = said
        for packet in seen.demux(stream):
            if packet.dts is not None:
                packet.stream = shown
                out.mux(packet)
        encode_sound(out, heard, samples)
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
