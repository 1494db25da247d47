"""Writes a new mp4 from an open clip: each track copied, encoded anew, replaced or left out. Worker only.

One pass, faststart, no metadata, nothing but one picture and at most one sound track.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bot.core.errors import MediaRefused
from bot.media.limits import InputLimits
from bot.media.reader import Source, check_size, codec_name, raise_if_system, threads
from bot.media.sound import Samples, frames_of
from providers.process import Report

MP4: Final = {"movflags": "faststart", "fflags": "bitexact", "max_interleave_delta": "0"}
SOUND_RATE_HZ = 48_000
_GROUP = "48"  # pictures from one that stands for itself to the next
_AAC_SAMPLES = 1024
_FASTEST = Fraction(60)
_PLAIN_PROFILES = {66, 77, 88, 100}  # baseline, main, extended, high: all of them 8 bit 4:2:0


@dataclass(frozen=True, kw_only=True)
class PictureTarget:
    """How to encode the picture anew.

    Attributes:
        width, height: even numbers.
        quality: constant rate factor, lower is better.
        most_bits_per_second: ceiling; 0 = none.
        window_seconds: how long a burst above the ceiling may last.
        alike: the order and kind of the coded pictures say nothing of what is in them.
        rotation: degrees by which players turn the picture, kept as a note for them.
    """

    width: int
    height: int
    quality: int = 19
    most_bits_per_second: int = 0
    window_seconds: float = 0.5
    alike: bool = False
    rotation: int = 0


@dataclass(frozen=True, kw_only=True)
class SoundTarget:
    """How to encode the sound anew; `samples` (48 kHz) replace what the clip has."""

    bits_per_second: int = 160_000
    samples: Samples | None = None


class TooManyBytes(Exception):
    """The file grew over the limit before it was finished."""


def rewrite(
    source: Source,
    into: Path,
    *,
    picture: PictureTarget | None,
    sound: SoundTarget | None,
    drop_sound: bool = False,
    most_bytes: int = 0,
    limits: InputLimits,
    seconds: float = 0.0,
    progress: Report | None = None,
) -> None:
    """Write the clip.

    Args:
        source: an open clip, at its start.
        into: the new mp4; overwritten.
        picture, sound: how to encode the track; None copies it packet by packet.
        drop_sound: leave the sound out.
        most_bytes: give up as soon as the media data is longer; 0 = no limit.
        limits: every frame is checked against them again.
        seconds: length of the clip, for progress.
        progress: told the fraction that is done.

    Raises:
        TooManyBytes: `most_bytes` was passed.
        MediaRefused: no_picture, damaged, too_large_dimensions.
    """
    if source.picture is None:
        raise MediaRefused("no_picture")
    with av.open(str(into.resolve()), "w", format="mp4", options=MP4) as out:
        pictures = _Pictures(out, source.picture, picture, limits)
        sounds = None if drop_sound else _sounds(out, source, sound)
        written, told = 0, 0.0
        for packet in _interleaved(source, pictures, sounds):
            written += packet.size
            if most_bytes and written > most_bytes:
                raise TooManyBytes
            at = float((packet.dts or 0) * packet.time_base)
            if progress is not None and seconds and at - told > seconds / 50:
                told = at
                progress(fraction=round(min(1.0, at / seconds), 3))
            out.mux(packet)


def _interleaved(source: Source, pictures: _Pictures, sounds: _Sounds | None) -> Iterator[Packet[Any]]:
    """All packets of the new file, both tracks in step."""
    streams: list[VideoStream | AudioStream | None] = [source.picture]
    if sounds is not None and sounds.follows_source:
        streams.append(source.sound)
    try:
        for packet in source.container.demux([s for s in streams if s is not None]):
            if packet.stream.type == "video":
                yield from pictures.take(packet)
                if sounds is not None and packet.dts is not None:
                    yield from sounds.until(float(packet.dts * packet.time_base))
            elif sounds is not None:
                yield from sounds.take(packet)
    except FFmpegError as error:
        raise_if_system(error)
        raise MediaRefused("damaged") from None
    yield from pictures.rest()
    if sounds is not None:
        yield from sounds.rest()


class _Pictures:
    """The picture track on its way: copied, or decoded, scaled and encoded."""

    def __init__(
        self, out: OutputContainer, given: VideoStream, target: PictureTarget | None, limits: InputLimits
    ) -> None:
        self._given, self._target, self._limits = given, target, limits
        self._last = -1
        self._failed = self._decoded = 0
        if target is None:
            self._stream = out.add_stream_from_template(given)
            self._stream.metadata.clear()
            return
        rate = given.average_rate or given.guessed_rate or Fraction(24)
        self._rate = min(max(rate, Fraction(1)), _FASTEST).limit_denominator(1001)
        self._stream = h264(out, target, self._rate)
        if target.rotation:
            self._stream.set_display_rotation(target.rotation)

    def take(self, packet: Packet[Any]) -> Iterator[Packet[Any]]:
        if self._target is None:
            if packet.dts is not None and packet.size:
                packet.stream = self._stream
                yield packet
            return
        try:
            frames = packet.decode()
        except FFmpegError as error:
            raise_if_system(error)
            self._failed += 1
            return
        for frame in frames:
            assert isinstance(frame, VideoFrame)
            yield from self._encode(frame)

    def _encode(self, frame: VideoFrame) -> Iterator[Packet[Any]]:
        assert self._target is not None
        # A stream may change its size on the way; each frame is judged by itself.
        check_size(frame.width, frame.height, self._limits.max_side, self._limits.max_pixels)
        number = round(frame.time * self._rate) if frame.time is not None else self._last + 1
        if number <= self._last:
            return
        self._decoded += 1
        self._last = number
        ready = frame.reformat(self._target.width, self._target.height, "yuv420p", interpolation="AREA")
        ready.pict_type = 0  # the encoder places its own key frames
        ready.pts, ready.time_base = number, 1 / self._rate
        yield from self._stream.encode(ready)

    def rest(self) -> Iterator[Packet[Any]]:
        if self._target is None:
            return
        if not self._decoded or self._failed > max(2, self._decoded // 20):
            raise MediaRefused("damaged")
        yield from self._stream.encode(None)


class _Sounds:
    """The sound track on its way: copied, encoded anew, or given as samples."""

    def __init__(self, stream: AudioStream, target: SoundTarget | None) -> None:
        self._stream, self._target = stream, target
        self.follows_source = target is None or target.samples is None
        self._resampler = self._new_resampler()
        self._shape: tuple[str, str, int] | None = None
        self._next = 0
        samples = target.samples if target is not None else None
        self._frames = iter(()) if samples is None else frames_of(samples, SOUND_RATE_HZ, size=_AAC_SAMPLES)
        self._at = 0.0

    def take(self, packet: Packet[Any]) -> Iterator[Packet[Any]]:
        if self._target is None:
            if packet.dts is not None and packet.size:
                packet.stream = self._stream
                yield packet
            return
        try:
            frames = packet.decode()
        except FFmpegError as error:
            raise_if_system(error)
            return
        for frame in frames:
            assert isinstance(frame, AudioFrame)
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            if self._shape not in {None, shape}:  # some files change their shape on the way
                yield from self._drain()
                self._resampler = self._new_resampler()
            self._shape = shape
            for ready in self._resampler.resample(frame):
                yield from self._encode(ready)

    def _new_resampler(self) -> AudioResampler:
        layout = self._stream.layout.name if self._target is not None else "stereo"
        return AudioResampler("fltp", layout, SOUND_RATE_HZ, frame_size=_AAC_SAMPLES)

    def _drain(self) -> Iterator[Packet[Any]]:
        if self._shape is not None:
            for ready in self._resampler.resample(None):
                yield from self._encode(ready)

    def _encode(self, frame: AudioFrame) -> Iterator[Packet[Any]]:
        # Time runs by samples; only a track that starts later than the picture keeps its distance.
        if not self._next and frame.pts is not None and frame.time_base is not None:
            self._next = max(0, round(frame.pts * frame.time_base * SOUND_RATE_HZ))
        frame.pts, frame.time_base = self._next, Fraction(1, SOUND_RATE_HZ)
        self._next += frame.samples
        yield from self._stream.encode(frame)

    def until(self, seconds: float) -> Iterator[Packet[Any]]:
        """Given samples up to a moment of the picture."""
        while self._at <= seconds and (frame := next(self._frames, None)) is not None:
            self._at += frame.samples / SOUND_RATE_HZ
            yield from self._stream.encode(frame)

    def rest(self) -> Iterator[Packet[Any]]:
        if self._target is None:
            return
        yield from self.until(math.inf)
        yield from self._drain()
        yield from self._stream.encode(None)


def _sounds(out: OutputContainer, source: Source, target: SoundTarget | None) -> _Sounds | None:
    given = source.sound
    if target is not None and target.samples is not None:
        channels = target.samples.shape[0]
    elif given is None:
        return None
    elif target is None:
        copied = out.add_stream_from_template(given)
        copied.metadata.clear()
        return _Sounds(copied, None)
    else:
        channels = int(given.channels)
    stream = out.add_stream("aac", rate=SOUND_RATE_HZ, layout="mono" if channels == 1 else "stereo")
    stream.bit_rate = target.bits_per_second
    return _Sounds(stream, target)


def h264(out: OutputContainer, target: PictureTarget, rate: Fraction) -> VideoStream:
    """An H.264 stream that plays everywhere."""
    stream = out.add_stream("libx264", rate=rate)
    stream.width, stream.height, stream.pix_fmt = target.width, target.height, "yuv420p"
    stream.options = {"preset": "veryfast", "crf": str(target.quality), "profile": "high"}
    if target.most_bits_per_second:
        stream.options = {
            **stream.options,
            "maxrate": str(target.most_bits_per_second),
            "bufsize": str(int(target.most_bits_per_second * target.window_seconds)),
        }
    if target.alike:
        stream.options = {**stream.options, "bf": "0", "g": _GROUP, "keyint_min": _GROUP, "sc_threshold": "0"}
    stream.codec_context.thread_type = "FRAME"
    stream.codec_context.thread_count = threads()
    return stream


def can_copy_picture(source: Source) -> bool:
    """Whether the picture plays everywhere as it is coded."""
    picture = source.picture
    if picture is None or codec_name(picture) != "h264":
        return False
    head = picture.codec_context.extradata or b""
    if source.sniffed.demuxer == "mov":
        return head[:1] == b"\x01" and head[1] in _PLAIN_PROFILES
    return picture.pix_fmt in {"yuv420p", "yuvj420p"}


def can_copy_sound(source: Source) -> bool:
    """Whether the sound plays everywhere as it is coded, or there is none."""
    sound = source.sound
    return sound is None or (codec_name(sound) == "aac" and int(sound.channels) <= 2)
