"""Puts a clip's own sound back onto a picture of it that somebody else has made anew. Worker only.

Nothing is coded: each packet of the picture and each packet of the sound is written as it is.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet

from bot.core.errors import MediaRefused
from bot.core.model import MediaInfo
from bot.media.limits import InputLimits
from bot.media.probe import own_info
from bot.media.reader import Extent, Source, extent, opened, raise_if_system
from bot.media.rewrite import MP4


def put_back(
    picture: Path, clip: Path, into: Path, *, tolerance_seconds: float, limits: InputLimits
) -> MediaInfo:
    """Write the picture of one file with the sound of another, after a look at whether they belong together.

    Args:
        picture: the larger copy; what sound it has is left out.
        clip: the clip that it was made of; without sound the result has none either.
        into: the new mp4; overwritten.
        tolerance_seconds: by how much the two pictures may differ in length.
        limits: of both files.

    Raises:
        MediaRefused: lengths_differ (seconds, source_seconds), not_larger (width, height, source_width,
            source_height), no_picture, damaged …
    """
    size, long = _measured(picture, limits)
    was, before = _measured(clip, limits)
    if abs(long.picture_seconds - before.picture_seconds) > tolerance_seconds:
        raise MediaRefused(
            "lengths_differ",
            seconds=round(long.picture_seconds, 2),
            source_seconds=round(before.picture_seconds, 2),
        )
    if min(size) < min(was) or size[0] * size[1] <= was[0] * was[1]:
        raise MediaRefused(
            "not_larger", width=size[0], height=size[1], source_width=was[0], source_height=was[1]
        )
    # Opened anew, not rewound: a seek to zero would lose the encoder's run-in that lies before it.
    with (
        opened(picture, limits) as seen,
        opened(clip, limits) as heard,
        av.open(str(into.resolve()), "w", format="mp4", options=MP4) as out,
    ):
        for packet in heapq.merge(_pictures(seen, out), _sounds(heard, out), key=_at):
            out.mux(packet)
    return own_info(into, limits)


def _measured(path: Path, limits: InputLimits) -> tuple[tuple[int, int], Extent]:
    with opened(path, limits) as source:
        found = extent(source, limits)
        if source.picture is None or not found.picture_seconds:
            raise MediaRefused("no_picture")
        context = source.picture.codec_context
        return (context.width, context.height), found


def _pictures(source: Source, out: OutputContainer) -> Iterator[Packet[Any]]:
    assert source.picture is not None
    copied = out.add_stream_from_template(source.picture)
    copied.metadata.clear()
    return _copied(source, source.picture, copied)


def _sounds(source: Source, out: OutputContainer) -> Iterator[Packet[Any]]:
    if source.sound is None:
        return iter(())
    copied = out.add_stream_from_template(source.sound)
    copied.metadata.clear()
    return _copied(source, source.sound, copied)


def _copied(source: Source, given: Any, stream: Any) -> Iterator[Packet[Any]]:
    try:
        for packet in source.container.demux(given):
            if packet.dts is not None and packet.size:
                packet.stream = stream
                yield packet
    except FFmpegError as error:
        raise_if_system(error)
        raise MediaRefused("damaged") from None


def _at(packet: Packet[Any]) -> float:
    return float((packet.dts or 0) * packet.time_base)
