"""Tiny real media made with PyAV and numpy at test time: clips, voice notes, pictures, and bombs.

Everything is deterministic. Nothing here is read from disk or network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container.output import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

Samples = NDArray[np.float32]
Sound = Literal["tone", "speechlike", "silent", "none"]
Content = Literal["scene", "noise", "still"]
RATE_HZ = 48_000


def tone(seconds: float, *, hz: float = 440.0, level_db: float = -14.0, rate_hz: int = RATE_HZ) -> Samples:
    """A sine with soft ends, one channel."""
    at = np.arange(round(seconds * rate_hz)) / rate_hz
    fade = np.clip(np.minimum(at, seconds - at) * 100, 0, 1)
    wave: Samples = (10 ** (level_db / 20) * np.sin(2 * np.pi * hz * at) * fade).astype(np.float32)
    return wave


def speechlike(seconds: float, *, seed: int = 0, level_db: float = -12.0, rate_hz: int = RATE_HZ) -> Samples:
    """Something with the rhythm and spectrum of a voice: gliding pitch, formants, syllables, pauses."""
    random = np.random.default_rng(seed)
    count = round(seconds * rate_hz)
    at = np.arange(count) / rate_hz
    pitch = 120 + 25 * np.sin(2 * np.pi * 0.7 * at + seed)
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    voice = sum(
        np.sin(phase * harmonic) / (1 + abs(harmonic * 120 - formant) / 250)
        for formant in (500, 1500, 2500)
        for harmonic in range(1, 30)
    )
    syllables = np.clip(np.sin(2 * np.pi * 3.7 * at + seed) * 1.6, 0, 1) * (
        np.sin(2 * np.pi * 0.45 * at) > -0.85
    )
    mixed = np.asarray(voice) * syllables + 0.02 * random.standard_normal(count) * syllables
    peak = max(float(np.abs(mixed).max(initial=0.0)), 1e-9)
    return (mixed / peak * 10 ** (level_db / 20 + 0.3)).astype(np.float32)


def sound_of(kind: Sound, seconds: float, *, seed: int = 0) -> Samples:
    """Samples of one channel at 48 kHz for a sound by name."""
    if kind == "tone":
        return tone(seconds, hz=440.0 + 20 * seed)
    if kind == "speechlike":
        return speechlike(seconds, seed=seed)
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def make_clip(
    path: Path,
    *,
    seconds: float,
    width: int = 320,
    height: int = 180,
    fps: int = 24,
    sound: Sound = "tone",
    seed: int = 0,
    sound_seconds: float | None = None,
    content: Content = "scene",
    video_codec: str = "libx264",
    audio_codec: str = "aac",
    faststart: bool = False,
    bit_rate: int = 0,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a clip; the container follows the suffix (mp4, webm, mkv, mov).

    Args:
        path: where to.
        seconds: length of the picture.
        width, height, fps: of the picture.
        sound: what is heard; "none" means no audio track at all.
        seed: changes picture and sound.
        sound_seconds: length of the sound, where it differs from the picture's.
        content: a moving scene, noise that cannot be compressed, or a still picture.
        video_codec, audio_codec: names of encoders.
        faststart: index before the media data.
        bit_rate: of the picture; 0 = by quality.
        metadata: tags of the file.
    """
    # The muxer shall wait for both tracks, however long the one that comes first is.
    options = {"max_interleave_delta": "0"} | ({"movflags": "faststart"} if faststart else {})
    with av.open(str(path), "w", options=options) as out:
        out.metadata.update(metadata or {})
        picture = _video_stream(out, video_codec, width, height, fps, bit_rate)
        track = audio_stream(out, audio_codec, "stereo") if sound != "none" else None
        if track is not None:
            encode_sound(out, track, sound_of(sound, sound_seconds or seconds, seed=seed))
        for number, pixels in enumerate(_pictures(content, width, height, round(seconds * fps), seed)):
            frame = VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
    return path


def make_voice_note(
    path: Path,
    *,
    seconds: float,
    container: Literal["ogg", "mp3", "wav", "m4a", "webm"] = "ogg",
    silence_before: float = 0.0,
    silence_after: float = 0.0,
    level_db: float = -12.0,
    seed: int = 0,
) -> Path:
    """Write a recording: `seconds` of something like speech between stretches of silence."""
    codecs = {"ogg": "libopus", "mp3": "libmp3lame", "wav": "pcm_s16le", "m4a": "aac", "webm": "libopus"}
    formats = {"m4a": "mp4"}
    silence = [np.zeros(round(length * RATE_HZ), np.float32) for length in (silence_before, silence_after)]
    samples = np.concatenate([silence[0], speechlike(seconds, seed=seed, level_db=level_db), silence[1]])
    with av.open(str(path), "w", format=formats.get(container, container)) as out:
        encode_sound(out, audio_stream(out, codecs[container], "mono"), samples)
    return path


def make_image(path: Path, *, width: int, height: int, orientation: int = 0) -> Path:
    """Write a picture (format by suffix): red above, blue below; `orientation` is the EXIF number."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, :, 0] = 220
    pixels[height // 2 :, :, 2] = 220
    picture = Image.fromarray(pixels)
    if orientation:
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif[0x010F] = "a camera that should not be named"
        picture.save(path, exif=exif)
    else:
        picture.save(path)
    return path


def make_video_bomb(path: Path, *, side: int = 8192) -> Path:
    """Write a small mp4 whose single black frame is huge."""
    with av.open(str(path), "w") as out:
        stream = _video_stream(out, "libx264", side, side, 1, 0)
        stream.options = {"preset": "ultrafast", "crf": "40", "x264-params": "threads=1:lookahead_threads=1"}
        frame = VideoFrame(side, side, "yuv420p")
        for plane, value in zip(frame.planes, (16, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = 0, Fraction(1, 1)
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def make_image_bomb(path: Path, *, side: int = 20_000) -> Path:
    """Write a PNG of a few kilobytes that unpacks to `side` × `side` pixels."""
    Image.new("1", (side, side)).save(path, optimize=True)
    return path


def make_long_ogg(path: Path, *, seconds: float = 4 * 3600.0) -> Path:
    """Write an ogg of any length quickly: one encoded packet of silence, repeated."""
    step = RATE_HZ * 60 // 1000
    with av.open(str(path), "w", format="ogg", options={"page_duration": "10000000"}) as out:
        stream = audio_stream(out, "libopus", "mono")
        stream.bit_rate = 6000
        stream.options = {"frame_duration": "60", "application": "voip"}
        packets = stream.encode(_audio_frames(np.zeros(step * 4, np.float32), "mono")[0]) + stream.encode(
            None
        )
        payload = bytes(packets[0])
        for number in range(round(seconds * RATE_HZ / step)):
            packet = Packet(payload)
            packet.stream, packet.time_base = stream, Fraction(1, RATE_HZ)
            packet.pts = packet.dts = number * step
            packet.duration = step
            out.mux(packet)
    return path


def mutate(data: bytes, *, seed: int) -> bytes:
    """The same bytes with a few random injuries: flipped, overwritten, cut out, cut off."""
    random = np.random.default_rng(seed)
    wounded = bytearray(data)
    for _ in range(int(random.integers(1, 20))):
        at = int(random.integers(0, max(1, len(wounded))))
        match int(random.integers(0, 4)):
            case 0:
                wounded[at : at + 1] = bytes([int(random.integers(0, 256))])
            case 1:
                wounded[at : at + 4] = bytes(random.integers(0, 256, 4, dtype=np.uint8))
            case 2:
                del wounded[at : at + int(random.integers(1, 64))]
            case _:
                wounded[at:at] = bytes(random.integers(0, 256, 16, dtype=np.uint8))
    if random.random() < 0.3:
        del wounded[int(random.integers(1, max(2, len(wounded)))) :]
    return bytes(wounded)


def _video_stream(
    out: OutputContainer, codec: str, width: int, height: int, fps: int, bit_rate: int
) -> VideoStream:
    stream = out.add_stream(codec, rate=fps)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    if bit_rate:
        stream.bit_rate = bit_rate
    if codec in {"libx264", "libx265"}:
        stream.options = {"preset": "ultrafast", "g": str(fps)}
        if codec == "libx265":
            stream.options = {**stream.options, "x265-params": "log-level=none"}
    if codec == "libvpx-vp9":
        stream.options = {"deadline": "realtime", "cpu-used": "8"}
    return stream


def audio_stream(out: OutputContainer, codec: str, layout: str) -> AudioStream:
    stream = out.add_stream(codec, rate=RATE_HZ, layout=layout)
    assert isinstance(stream, AudioStream)
    return stream


def _audio_frames(samples: Samples, layout: str, size: int = 4800) -> list[AudioFrame]:
    channels = 2 if layout == "stereo" else 1
    frames = []
    for start in range(0, samples.size, size):
        part = np.ascontiguousarray(np.tile(samples[start : start + size], (channels, 1)))
        frame = AudioFrame.from_ndarray(part, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        frames.append(frame)
    return frames


def encode_sound(out: OutputContainer, stream: AudioStream, samples: Samples) -> None:
    layout = stream.layout.name
    resampler = AudioResampler(stream.format.name, layout, RATE_HZ)
    for frame in [*_audio_frames(samples, layout), None]:
        for ready in resampler.resample(frame):
            out.mux(stream.encode(ready))
    out.mux(stream.encode(None))


def _pictures(
    content: Content, width: int, height: int, count: int, seed: int
) -> Iterator[NDArray[np.uint8]]:
    random = np.random.default_rng(seed)
    down, across = np.mgrid[0:height, 0:width]
    hue = random.integers(0, 255, 3)
    makers: dict[Content, Callable[[int], NDArray[np.uint8]]] = {
        "noise": lambda _: random.integers(0, 256, (height, width, 3), dtype=np.uint8),
        "still": lambda _: _scene(down, across, 0, hue),
        "scene": lambda number: _scene(down, across, number, hue),
    }
    for number in range(count):
        yield makers[content](number)


def _scene(
    down: NDArray[np.int64], across: NDArray[np.int64], number: int, hue: NDArray[np.int64]
) -> NDArray[np.uint8]:
    height, width = down.shape
    ball = (across - width * (0.5 + 0.4 * np.sin(number / 12))) ** 2 + (down - height * 0.6) ** 2
    picture = np.stack([(down * 255 // height + hue[channel]) % 256 for channel in range(3)], axis=-1)
    picture[ball < (height / 8) ** 2] = (255, 200, 40)
    picture[:: max(1, height // 12)] = (across[0] * 3 + number * 5)[:, None] % 256
    return picture.astype(np.uint8)
