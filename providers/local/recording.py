"""Reads a user's recording as samples, and writes samples as wav.

Runs in the limited worker only; a file that is read is not to be trusted.
"""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np

from providers.local.noise import RATE, Stereo

_FORMATS = "wav,mp3,ogg,mov,matroska,flac,aac,caf,aiff"


def load_recording(path: Path, seconds: float) -> Stereo:
    """The first `seconds` of a recording, 48 kHz stereo; shorter if the file is.

    Counts what was decoded and never believes the length that the file claims.

    Raises:
        ValueError: there is no sound in it that can be read.
    """
    wanted, have = int(seconds * RATE), 0
    parts: list[Stereo] = []
    try:
        options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
        with av.open(str(path), options=options) as container:
            if not container.streams.audio:
                raise ValueError("The audio file has no sound in it.")
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
            for frame in container.decode(container.streams.audio[0]):
                for piece in resampler.resample(frame):
                    parts.append(piece.to_ndarray().astype(np.float32))
                    have += parts[-1].shape[1]
                if have >= wanted:
                    break
            else:
                parts += [piece.to_ndarray().astype(np.float32) for piece in resampler.resample(None)]
    except av.FFmpegError as error:
        raise ValueError("The audio file cannot be read.") from error
    if not parts:
        raise ValueError("The audio file has no sound in it.")
    return np.concatenate(parts, axis=1)[:, :wanted]


def evened(sound: Stereo, level: float = 0.11) -> Stereo:
    """At a usual speaking level: the loud half of the sound gets this effective value."""
    power = (sound**2).mean(axis=0)
    loud = power[power > np.percentile(power, 60)] if power.size else power
    effective = float(np.sqrt(loud.mean())) if loud.size else 0.0
    if effective < 1e-5:
        return sound
    return (sound * np.float32(level / effective)).astype(np.float32)


def write_wav(path: Path, sound: Stereo) -> None:
    """Write 48 kHz stereo, 16 bits."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        for first in range(0, sound.shape[1], RATE):
            part = np.clip(sound[:, first : first + RATE].T, -1.0, 1.0)
            out.writeframes((part * 32767).astype("<i2").tobytes())
