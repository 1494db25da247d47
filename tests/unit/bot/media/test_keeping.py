"""A clip's own sound on a larger picture of it: the same packets, at the same time, or none of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import av
import pytest

from bot.core.errors import MediaRefused
from bot.media.worker import MediaWorker
from tests.fakes.clips import make_clip
from tests.fakes.enlarging import Press

TOLERANCE = 0.05


def packets(path: Path, kind: str) -> list[tuple[bytes, float]]:
    """What is coded, and when it is to be heard or seen."""
    with av.open(str(path)) as media:
        streams = media.streams.audio if kind == "audio" else media.streams.video
        if not streams:
            return []
        return [
            (bytes(packet), round(float((packet.pts or 0) * packet.time_base), 4))
            for packet in media.demux(streams[0])
            if packet.size
        ]


async def put_back(media: MediaWorker, folder: Path, press: Press, **kind: Any) -> tuple[Path, Path, Path]:
    """The clip, the copy of it, and the copy with the clip's sound."""
    fps = kind.pop("fps", 0)
    clip = await asyncio.to_thread(make_clip, folder / "clip.mp4", seconds=1, **kind)
    copy = await asyncio.to_thread(press.enlarge, clip.read_bytes(), folder / "copy.mp4", fps=fps)
    into = folder / "both.mp4"
    await media.put_back(copy, clip, into, tolerance_seconds=TOLERANCE)
    return clip, copy, into


@pytest.mark.parametrize("press", [Press(sound="none"), Press(sound="coded")], ids=["gone", "coded anew"])
async def test_whatever_became_of_the_sound_the_clips_own_packets_are_there(
    media: MediaWorker, tmp_path: Path, press: Press
) -> None:
    clip, copy, both = await put_back(media, tmp_path, press, fps=30, sound="speechlike")
    assert packets(both, "audio") == packets(clip, "audio") != packets(copy, "audio")
    assert [data for data, _ in packets(both, "video")] == [data for data, _ in packets(copy, "video")]
    info = await media.inspect(both)
    assert (info.width, info.height, round(info.fps), info.faststart) == (640, 360, 30, True)
    check = await media.verify(both, expect_sound=True, seconds=1, tolerance_seconds=0.25)
    assert check.verdict == "ok"


async def test_sound_in_another_code_is_kept_as_well(media: MediaWorker, tmp_path: Path) -> None:
    clip, _, both = await put_back(media, tmp_path, Press(), audio_codec="libmp3lame")
    assert [data for data, _ in packets(both, "audio")] == [data for data, _ in packets(clip, "audio")]


async def test_a_silent_clip_gets_no_sound_from_its_copy(media: MediaWorker, tmp_path: Path) -> None:
    silent = await asyncio.to_thread(make_clip, tmp_path / "silent.mp4", seconds=1, sound="none")
    copy = await asyncio.to_thread(make_clip, tmp_path / "copy.mp4", seconds=1, width=640, height=360)
    info = await media.put_back(copy, silent, tmp_path / "both.mp4", tolerance_seconds=TOLERANCE)
    assert not info.has_audio and info.width == 640


@pytest.mark.parametrize(
    ("press", "code"),
    [
        (Press(late_seconds=0.25), "lengths_differ"),
        (Press(late_seconds=-0.25), "lengths_differ"),
        (Press(factor=1.0), "not_larger"),
        (Press(factor=0.5), "not_larger"),
    ],
)
async def test_what_is_no_larger_copy_of_the_clip_is_refused(
    media: MediaWorker, tmp_path: Path, press: Press, code: str
) -> None:
    with pytest.raises(MediaRefused) as caught:
        await put_back(media, tmp_path, press)
    assert caught.value.code == code and not (tmp_path / "both.mp4").exists()
    if code == "lengths_differ":
        assert caught.value.facts["source_seconds"] == 1.0


async def test_one_frame_more_is_no_other_length(media: MediaWorker, tmp_path: Path) -> None:
    clip, _, both = await put_back(media, tmp_path, Press(late_seconds=0.042))
    assert packets(both, "audio") == packets(clip, "audio")
