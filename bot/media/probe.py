"""Facts about a file, and whether a clip's sound is what was promised. Runs only inside the worker."""

from __future__ import annotations

from pathlib import Path

from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bot.core.errors import MediaRefused
from bot.core.model import MediaInfo, SoundCheck, SoundVerdict
from bot.media.limits import InputLimits
from bot.media.reader import Extent, Source, check_size, codec_name, examine, extent, opened, raise_if_system
from bot.media.sound import SILENCE_DBFS, Decoded, clipped_share, loudness, read_sound, silent_share

_SILENT_LUFS = -60.0
_PACKETS_TO_TRY = 200


def inspect(path: Path, limits: InputLimits) -> MediaInfo:
    """Judge a file by its bytes: type, sizes, and its length by counting packets.

    Raises:
        MediaRefused: empty, too_many_bytes, unknown_type, damaged, too_large_dimensions, too_long.
    """
    size, sniffed = examine(path, limits)
    if sniffed.kind == "image":
        return MediaInfo(
            kind="image",
            mime=sniffed.mime,
            container=sniffed.container,
            size_bytes=size,
            width=sniffed.width,
            height=sniffed.height,
        )
    with opened(path, limits) as source:
        rotation = first_frames(source, limits)
        return info_of(source, extent(source, limits), rotation=rotation)


def info_of(source: Source, lengths: Extent, *, rotation: int = 0) -> MediaInfo:
    """The facts of an open file whose packets were added up, as it looks when turned by `rotation`."""
    turned = rotation % 180 != 0
    picture, sound, sniffed = source.picture, source.sound, source.sniffed
    kind = "video" if picture is not None else "audio"
    rate = picture.average_rate if picture is not None else None
    fps = float(rate) if rate else lengths.pictures / max(lengths.picture_seconds, 1e-3)
    width, height = (picture.codec_context.width, picture.codec_context.height) if picture else (0, 0)
    return MediaInfo(
        kind="video" if picture is not None else "audio",
        mime=f"{kind}/{sniffed.mime.split('/')[1]}",
        container=sniffed.container,
        size_bytes=source.size_bytes,
        seconds=round(lengths.picture_seconds if picture is not None else lengths.sound_seconds, 3),
        width=height if turned else width,
        height=width if turned else height,
        fps=round(min(fps, 1000.0), 3) if picture is not None else 0.0,
        video_codec=codec_name(picture),
        audio_codec=codec_name(sound),
        channels=int(sound.channels) if sound is not None else 0,
        sample_rate_hz=int(sound.rate) if sound is not None else 0,
        faststart=sniffed.faststart,
    )


def own_info(path: Path, limits: InputLimits) -> MediaInfo:
    """Facts of a clip that was just written by us, from its index alone: this one can be trusted."""
    with opened(path, limits) as source:
        lengths = Extent(
            picture_seconds=_claimed_seconds(source.picture),
            sound_seconds=_claimed_seconds(source.sound),
            picture_bytes=0,
            sound_bytes=0,
            pictures=source.picture.frames if source.picture is not None else 0,
            sound_packets=source.sound.frames if source.sound is not None else 0,
        )
        return info_of(source, lengths, rotation=90 if source.sniffed.turned else 0)


def _claimed_seconds(stream: VideoStream | AudioStream | None) -> float:
    if stream is None or stream.duration is None or stream.time_base is None:
        return 0.0
    return float(stream.duration * stream.time_base)


def first_frames(source: Source, limits: InputLimits) -> int:
    """Decode a first picture and a first sound and go back to zero, good enough to count packets again.

    Returns:
        The degrees by which players turn the picture.

    Raises:
        MediaRefused: damaged, too_large_dimensions.
    """
    wanted = {stream.index for stream in (source.picture, source.sound) if stream is not None}
    rotation = 0
    try:
        for number, packet in enumerate(source.container.demux()):
            if packet.stream.index not in wanted:
                continue
            try:
                frames = packet.decode()
            except FFmpegError as error:
                raise_if_system(error)
                frames = []
            for frame in frames:
                wanted.discard(packet.stream.index)
                if isinstance(frame, VideoFrame):
                    check_size(frame.width, frame.height, limits.max_side, limits.max_pixels)
                    rotation = int(frame.rotation)
            if not wanted or number > _PACKETS_TO_TRY:
                break
    except FFmpegError as error:
        raise_if_system(error)
    if source.picture is not None and source.picture.index in wanted:
        raise MediaRefused("damaged")
    if source.picture is None and source.sound is not None and source.sound.index in wanted:
        raise MediaRefused("damaged")
    source.container.seek(0)
    return rotation


def verify(
    path: Path, *, expect_sound: bool, seconds: float, tolerance_seconds: float, limits: InputLimits
) -> SoundCheck:
    """Decode a clip's sound to its end and measure it.

    The sound is compared with the clip's picture, or with `seconds` where there is no picture.

    Raises:
        MediaRefused: the file as such cannot be used (damaged, unknown_type …).
    """
    with opened(path, limits) as source:
        lengths = extent(source, limits)
        picture_seconds = round(lengths.picture_seconds, 3)
        if not expect_sound:
            return SoundCheck(verdict="none-expected", picture_seconds=picture_seconds)
        if source.sound is None or not lengths.sound_packets:
            return SoundCheck(verdict="missing", picture_seconds=picture_seconds)
    with opened(path, limits) as source:
        decoded = read_sound(source, keep_start=False, max_seconds=limits.max_seconds)
    return _judge(decoded, picture_seconds, seconds, tolerance_seconds)


def _judge(decoded: Decoded, picture_seconds: float, seconds: float, tolerance_seconds: float) -> SoundCheck:
    heard = loudness(decoded.samples, decoded.rate_hz)
    reference = picture_seconds or seconds
    verdict: SoundVerdict = "ok"
    # A single broken packet is a click; more than one in a hundred is not what was paid for.
    if not decoded.samples.size or decoded.failed > max(1, decoded.packets // 100):
        verdict = "undecodable"
    elif (
        heard.lufs is None
        or heard.lufs < _SILENT_LUFS
        or heard.true_peak_dbtp is None
        or heard.true_peak_dbtp < SILENCE_DBFS
    ):
        verdict = "silent"
    elif reference and abs(decoded.seconds - reference) > tolerance_seconds:
        verdict = "length"
    return SoundCheck(
        verdict=verdict,
        picture_seconds=picture_seconds,
        sound_seconds=round(decoded.seconds, 3),
        loudness_lufs=heard.lufs,
        true_peak_dbtp=heard.true_peak_dbtp,
        silent_share=round(silent_share(decoded.samples, decoded.rate_hz), 4),
        clipped_share=round(clipped_share(decoded.samples), 6),
    )


def plays_everywhere(info: MediaInfo) -> bool:
    """Whether every player takes the clip as it is: H.264 and AAC in an mp4 that plays while it loads."""
    return (
        info.container == "mp4"
        and info.faststart
        and info.video_codec == "h264"
        and info.audio_codec in {"", "aac"}
    )
