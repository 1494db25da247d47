"""Opens a media file safely and tells how long it really is. Runs only inside the limited worker.

The headers decide first (`sniff`), then FFmpeg may read the file as exactly that type, from the disk alone.
Lengths come from the packets; what a header claims only ever makes a file refused, never accepted.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from bot.core.errors import MediaRefused
from bot.media.limits import InputLimits
from bot.media.sniff import Sniffed, sniff

_MOST_PACKETS = 4_000_000
# FFmpeg also uses system error numbers, such as EIO, for files that are broken.
_OURS = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS,
    errno.EACCES, errno.ENOENT, errno.EMFILE, errno.ENFILE,
}  # fmt: skip
_PICTURE_CODECS = {"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "prores"}
_SOUND_CODECS = {"aac", "mp3", "mp2", "opus", "vorbis", "flac", "alac", "speex", "amrnb", "amrwb"}


@dataclass(frozen=True, kw_only=True)
class Source:
    """An open file: what its headers say and its first picture and sound track."""

    path: Path
    size_bytes: int
    sniffed: Sniffed
    container: InputContainer
    picture: VideoStream | None
    sound: AudioStream | None


@dataclass(frozen=True, kw_only=True)
class Extent:
    """What the packets of a file add up to. Lengths in seconds; 0 where there is no such track."""

    picture_seconds: float
    sound_seconds: float
    picture_bytes: int
    sound_bytes: int
    pictures: int
    sound_packets: int


def examine(path: Path, limits: InputLimits) -> tuple[int, Sniffed]:
    """Size and headers of a file, without any decoder.

    Raises:
        MediaRefused: empty, too_many_bytes, unknown_type, damaged, too_large_dimensions.
    """
    size = path.stat().st_size
    if size == 0:
        raise MediaRefused("empty")
    if size > limits.max_bytes:
        raise MediaRefused("too_many_bytes", size=size, limit=limits.max_bytes)
    try:
        sniffed = sniff(path)
    except ValueError:
        raise MediaRefused("damaged") from None
    if sniffed is None:
        raise MediaRefused("unknown_type")
    still = sniffed.kind == "image"
    check_size(
        sniffed.width,
        sniffed.height,
        limits.max_image_side if still else limits.max_side,
        limits.max_image_pixels if still else limits.max_pixels,
    )
    return size, sniffed


def check_size(width: int, height: int, max_side: int, max_pixels: int) -> None:
    """Refuse a picture that would take too much memory.

    Raises:
        MediaRefused: too_large_dimensions.
    """
    if max(width, height) > max_side or width * height > max_pixels:
        shape = max(width, height) / max(1, min(width, height))
        limit = min(max_side, int((max_pixels * shape) ** 0.5))
        raise MediaRefused("too_large_dimensions", width=width, height=height, limit=limit)


@contextmanager
def opened(path: Path, limits: InputLimits) -> Iterator[Source]:
    """Open a clip or a recording.

    Raises:
        MediaRefused: as `examine`; no_audio for a single picture; damaged, too_long, unknown_type.
    """
    size, sniffed = examine(path, limits)
    if sniffed.kind == "image":
        raise MediaRefused("no_audio")
    if not sniffed.whole:
        raise MediaRefused("damaged")
    options = {"protocol_whitelist": "file", "format_whitelist": _names_of(sniffed.demuxer)}
    if sniffed.demuxer == "mov":
        # Its index says all that is needed; without this FFmpeg decodes a first picture before anyone asked.
        options["probesize"] = "32"
    with _container(path, sniffed.demuxer, options) as container:
        seconds = (container.duration or 0) / 1_000_000
        if seconds > limits.max_seconds:
            raise MediaRefused("too_long", seconds=round(seconds, 1), limit_seconds=limits.max_seconds)
        picture, sound = _tracks(container)
        if picture is None and sound is None:
            raise MediaRefused("damaged")
        if picture is not None:
            context = picture.codec_context
            check_size(context.width, context.height, limits.max_side, limits.max_pixels)
            picture.thread_type = "AUTO"
            picture.thread_count = threads()
        yield Source(
            path=path,
            size_bytes=size,
            sniffed=sniffed,
            container=container,
            picture=picture,
            sound=sound,
        )


@contextmanager
def _container(path: Path, demuxer: str, options: dict[str, str]) -> Iterator[InputContainer]:
    try:
        container = av.open(str(path.resolve()), "r", format=demuxer, options=options)
    except (FFmpegError, ValueError) as error:
        raise_if_system(error)
        raise MediaRefused("damaged") from None
    with container:
        yield container


def _names_of(demuxer: str) -> str:
    """FFmpeg compares the whole list of names of a format."""
    return {"mov": "mov,mp4,m4a,3gp,3g2,mj2", "matroska": "matroska,webm"}.get(demuxer, demuxer)


def _tracks(container: InputContainer) -> tuple[VideoStream | None, AudioStream | None]:
    pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    sounds = [s for s in container.streams.audio if codec_name(s) and s.rate and s.channels]
    picture, sound = (pictures[0] if pictures else None), (sounds[0] if sounds else None)
    if picture is not None and codec_name(picture) not in _PICTURE_CODECS:
        raise MediaRefused("unknown_type", found=codec_name(picture))
    name = codec_name(sound)
    if name and name not in _SOUND_CODECS and not name.startswith("pcm_"):
        raise MediaRefused("unknown_type", found=name)
    if sound is not None and not 4000 <= int(sound.rate) <= 384_000:
        raise MediaRefused("damaged")  # a torn header; converting it would fill the memory
    return picture, sound


def codec_name(stream: VideoStream | AudioStream | None) -> str:
    """FFmpeg's plain name of the track's codec, "" without a track."""
    # A stream of an unknown codec has no context, whatever the type stubs say.
    context: CodecContext | None = stream.codec_context if stream is not None else None
    return context.codec.canonical_name if context is not None else ""


def extent(source: Source, limits: InputLimits) -> Extent:
    """Read all packets and add them up. Leaves the file at its end.

    Raises:
        MediaRefused: too_long, damaged.
    """
    streams = [stream for stream in (source.picture, source.sound) if stream is not None]
    first: dict[str, float] = {}
    last: dict[str, float] = {"video": 0.0, "audio": 0.0}
    sizes, counts = {"video": 0, "audio": 0}, {"video": 0, "audio": 0}
    try:
        for packet in source.container.demux(streams):
            if not packet.size:
                continue
            kind = packet.stream.type
            sizes[kind] += packet.size
            counts[kind] += 1
            at = packet.pts if packet.pts is not None else packet.dts
            if at is not None:
                # What lies before zero is cut away by the player: an encoder's run-in.
                start = max(0.0, float(at * packet.time_base))
                end = float((at + (packet.duration or 0)) * packet.time_base)
                first[kind] = min(first.get(kind, start), start)
                last[kind] = max(last[kind], end)
            if max(last.values()) - min(first.values(), default=0.0) > limits.max_seconds:
                seconds = round(max(last.values()), 1)
                raise MediaRefused("too_long", seconds=seconds, limit_seconds=limits.max_seconds)
            if sum(counts.values()) > _MOST_PACKETS:
                raise MediaRefused("damaged")
    except FFmpegError as error:
        raise_if_system(error)
        raise MediaRefused("damaged") from None
    return Extent(
        picture_seconds=max(0.0, last["video"] - first.get("video", 0.0)),
        sound_seconds=max(0.0, last["audio"] - first.get("audio", 0.0)),
        picture_bytes=sizes["video"],
        sound_bytes=sizes["audio"],
        pictures=counts["video"],
        sound_packets=counts["audio"],
    )


def raise_if_system(error: Exception) -> None:
    """Pass on what is this machine's fault and not the file's: no memory, no room on the disk, no file.

    Raises:
        MemoryError, OSError: the error itself.
    """
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _OURS):
        raise error


def threads() -> int:
    """How many threads a codec may start: more cost address space and gain little."""
    return max(1, min(os.cpu_count() or 1, 8))
