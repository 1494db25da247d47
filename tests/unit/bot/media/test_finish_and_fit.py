"""Clips fit and play: H.264 and AAC, faststart, under the limit, the sound kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from bot.core.errors import MediaRefused, StorageFull
from bot.media.worker import MediaWorker
from providers.process import Limits
from tests.fakes.clips import make_clip, make_voice_note
from tests.fakes.verifiers import (
    decodes_cleanly,
    ffprobe,
    needs_ffmpeg,
    needs_ffprobe,
    packet_sums,
    seconds_of,
    stream,
)

Made = Callable[..., Path]
needs_dev_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")


def boxes(path: Path) -> list[bytes]:
    """Names of the outer boxes of an mp4, in order."""
    data, at, names = path.read_bytes(), 0, []
    while at < len(data):
        names.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return names


@needs_ffmpeg
async def test_a_good_clip_is_remuxed_without_touching_picture_or_sound(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    clip = made(make_clip, "good.mp4", seconds=3)
    info = await media.finish(clip, tmp_path / "out.mp4", remove_sound=False)
    names = boxes(tmp_path / "out.mp4")
    assert names.index(b"moov") < names.index(b"mdat")
    assert info.faststart
    for kind in ("video", "audio"):
        assert packet_sums(tmp_path / "out.mp4", kind) == packet_sums(clip, kind)
        assert seconds_of(tmp_path / "out.mp4", kind) == pytest.approx(3.0, abs=0.03)
    assert decodes_cleanly(tmp_path / "out.mp4")


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "how", "copied"),
    [
        ("hevc.mp4", {"video_codec": "libx265"}, "audio"),
        ("vp9.webm", {"video_codec": "libvpx-vp9", "audio_codec": "libopus"}, ""),
        ("mp3.mkv", {"audio_codec": "libmp3lame"}, "video"),
        ("part4.mp4", {"video_codec": "mpeg4"}, "audio"),
        ("a.mov", {}, "both"),
    ],
)
async def test_what_does_not_play_everywhere_is_encoded_anew_and_the_rest_copied(
    media: MediaWorker, made: Made, tmp_path: Path, name: str, how: dict[str, Any], copied: str
) -> None:
    clip = made(make_clip, f"finish-{name}", seconds=2, **how)
    info = await media.finish(clip, tmp_path / "out.mp4", remove_sound=False)
    assert (info.container, info.video_codec, info.audio_codec) == ("mp4", "h264", "aac")
    assert stream(tmp_path / "out.mp4", "video")["pix_fmt"] == "yuv420p"
    for kind in ("video", "audio"):
        assert seconds_of(tmp_path / "out.mp4", kind) == pytest.approx(2.0, abs=0.05)
        same = packet_sums(tmp_path / "out.mp4", kind) == packet_sums(clip, kind)
        assert same is (copied in {kind, "both"})
    assert decodes_cleanly(tmp_path / "out.mp4")
    check = await media.verify(tmp_path / "out.mp4", expect_sound=True, seconds=2, tolerance_seconds=0.1)
    assert check.verdict == "ok"


@needs_ffprobe
async def test_metadata_of_the_vendor_is_gone(media: MediaWorker, made: Made, tmp_path: Path) -> None:
    secret = {"comment": "prompt: a secret wish", "artist": "user 4711", "title": "job-0815"}
    clip = made(make_clip, "tagged.mp4", seconds=1, metadata=secret)
    assert b"a secret wish" in clip.read_bytes()
    await media.finish(clip, tmp_path / "out.mp4", remove_sound=False)
    data = (tmp_path / "out.mp4").read_bytes()
    assert not any(word in data for word in (b"secret wish", b"4711", b"0815", b"Lavf"))
    assert (
        not {"comment", "artist", "title", "encoder"} & ffprobe(tmp_path / "out.mp4")["format"]["tags"].keys()
    )


@needs_ffmpeg
async def test_silent_on_request_means_no_sound_track(media: MediaWorker, made: Made, tmp_path: Path) -> None:
    clip = made(make_clip, "good.mp4", seconds=3)
    info = await media.finish(clip, tmp_path / "out.mp4", remove_sound=True)
    assert not info.has_audio
    assert [each["codec_type"] for each in ffprobe(tmp_path / "out.mp4")["streams"]] == ["video"]
    assert packet_sums(tmp_path / "out.mp4", "video") == packet_sums(clip, "video")


async def test_a_recording_cannot_be_finished_as_a_clip(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    with pytest.raises(MediaRefused) as caught:
        await media.finish(
            made(make_voice_note, "v.m4a", seconds=1, container="m4a"), tmp_path / "o", remove_sound=False
        )
    assert caught.value.code == "no_picture"
    assert not (tmp_path / "o").exists()


async def test_a_clip_that_fits_is_left_alone(media: MediaWorker, made: Made, tmp_path: Path) -> None:
    clip = made(make_clip, "fast.mp4", seconds=2, faststart=True)
    fitted = await media.fit(clip, tmp_path / "out.mp4", limit_bytes=10_485_760)
    assert (fitted.step, fitted.path) == ("as-is", clip)
    assert not (tmp_path / "out.mp4").exists()


async def test_a_clip_that_would_only_play_after_loading_is_remuxed(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    clip = made(make_clip, "slow.mp4", seconds=2)
    fitted = await media.fit(clip, tmp_path / "out.mp4", limit_bytes=10_485_760)
    assert (fitted.step, fitted.path) == ("remux", tmp_path / "out.mp4")
    assert fitted.info.faststart


@needs_ffmpeg
@pytest.mark.parametrize("content", ["scene", "noise", "still"])
@pytest.mark.parametrize("share", [0.9, 0.3])
async def test_the_byte_limit_is_hard_and_the_sound_is_kept(
    media: MediaWorker, made: Made, tmp_path: Path, content: str, share: float
) -> None:
    clip = made(make_clip, f"fit-{content}.mp4", seconds=2, content=content, width=480, height=270)
    limit = max(90_000, int(clip.stat().st_size * share))
    fitted = await media.fit(clip, tmp_path / "out.mp4", limit_bytes=limit)
    assert fitted.path.stat().st_size <= limit
    assert fitted.info.size_bytes == fitted.path.stat().st_size
    assert decodes_cleanly(fitted.path)
    for kind in ("video", "audio"):
        assert seconds_of(fitted.path, kind) == pytest.approx(2.0, abs=0.06)
    heard = await media.verify(fitted.path, expect_sound=True, seconds=2, tolerance_seconds=0.1)
    assert heard.verdict == "ok"
    if fitted.step in {"re-encode", "smaller"}:
        assert int(stream(fitted.path, "audio")["bit_rate"]) > 85_000  # 96 kbit/s asked; a tone needs less


@needs_ffprobe
async def test_a_very_small_limit_makes_the_picture_smaller_not_the_sound(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    clip = made(make_clip, "big.mp4", seconds=1.5, content="noise", width=1280, height=720)
    fitted = await media.fit(clip, tmp_path / "out.mp4", limit_bytes=150_000)
    assert fitted.step == "smaller"
    assert fitted.info.width < 1280
    assert fitted.info.width / fitted.info.height == pytest.approx(16 / 9, rel=0.03)
    assert (tmp_path / "out.mp4").stat().st_size <= 150_000
    assert stream(tmp_path / "out.mp4", "audio")["codec_name"] == "aac"


async def test_when_nothing_fits_it_is_refused_with_the_limit_and_no_file_stays(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    clip = made(make_clip, "good.mp4", seconds=3)
    with pytest.raises(MediaRefused) as caught:
        await media.fit(clip, tmp_path / "out.mp4", limit_bytes=20_000)
    assert (caught.value.code, caught.value.facts) == ("does_not_fit", {"limit": 20_000})
    assert not (tmp_path / "out.mp4").exists()


async def test_a_chat_that_takes_only_small_pictures_gets_one(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    clip = made(make_clip, "good.mp4", seconds=3)
    fitted = await media.fit(
        clip, tmp_path / "out.mp4", limit_bytes=10_000_000, max_width=160, max_height=160
    )
    assert fitted.step == "smaller"
    assert (fitted.info.width, fitted.info.height) == (160, 90)


async def test_a_clip_too_long_for_the_chat_is_refused_and_never_cut(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    clip = made(make_clip, "good.mp4", seconds=3)
    with pytest.raises(MediaRefused) as caught:
        await media.fit(clip, tmp_path / "out.mp4", limit_bytes=10_000_000, max_seconds=2.0)
    assert caught.value.code == "too_long"
    assert caught.value.facts == {"seconds": 3.0, "limit_seconds": 2.0}


async def test_encoding_reports_progress(media: MediaWorker, made: Made, tmp_path: Path) -> None:
    seen: list[float] = []
    clip = made(make_clip, "finish-hevc.mp4", seconds=2, video_codec="libx265")
    await media.finish(
        clip,
        tmp_path / "out.mp4",
        remove_sound=False,
        on_progress=lambda facts: seen.append(facts["fraction"]),
    )
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert 0 < seen[0] and seen[-1] <= 1


async def test_a_clip_turned_on_its_side_stays_turned_when_it_is_encoded_anew(
    media: MediaWorker, tmp_path: Path
) -> None:
    with av.open(str(make_clip(tmp_path / "flat.mp4", seconds=1, video_codec="libx265"))) as given:
        with av.open(str(tmp_path / "turned.mp4"), "w") as out:
            copy = out.add_stream_from_template(given.streams.video[0])
            copy.set_display_rotation(90)
            for packet in given.demux(video=0):
                if packet.dts is not None:
                    packet.stream = copy
                    out.mux(packet)
    before = await media.inspect(tmp_path / "turned.mp4")
    assert (before.width, before.height) == (180, 320)
    await media.finish(tmp_path / "turned.mp4", tmp_path / "out.mp4", remove_sound=False)
    after = await media.inspect(tmp_path / "out.mp4")
    assert (after.width, after.height, after.video_codec) == (180, 320, "h264")
    rotations = []
    for path in (tmp_path / "turned.mp4", tmp_path / "out.mp4"):
        with av.open(str(path)) as clip:
            rotations.append(next(clip.decode(video=0)).rotation)
    assert rotations[0] == rotations[1] != 0


async def test_too_little_memory_is_said_and_the_bot_lives_on(made: Made, tmp_path: Path) -> None:
    media = MediaWorker(workers=1, limits=Limits(memory_bytes=420 << 20))
    clip = made(make_clip, "4k.mp4", seconds=0.3, width=3840, height=2160, content="noise")
    with pytest.raises(MediaRefused) as caught:
        await media.fit(clip, tmp_path / "out.mp4", limit_bytes=300_000)
    assert caught.value.code in {"bad_file", "damaged"}
    assert (await media.inspect(made(make_clip, "good.mp4", seconds=3))).seconds == 3.0
    await media.close()


async def test_a_cancelled_encode_stops_at_once_and_the_next_job_works(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    clip = made(make_clip, "big.mp4", seconds=1.5, content="noise", width=1280, height=720)
    started = asyncio.Event()
    job = asyncio.ensure_future(
        media.fit(clip, tmp_path / "out.mp4", limit_bytes=2_000_000, on_progress=lambda _: started.set())
    )
    await asyncio.wait_for(started.wait(), 30)
    start = time.monotonic()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert time.monotonic() - start < 1.0
    assert not media.warm
    assert (await media.inspect(made(make_clip, "good.mp4", seconds=3))).seconds == 3.0


@needs_dev_full
async def test_a_full_disk_is_not_blamed_on_the_file(made: Made, tmp_path: Path) -> None:
    # Opening it works, every byte written fails with "no space left on device".
    (tmp_path / "poster.jpg").symlink_to("/dev/full")
    media = MediaWorker(workers=1)
    with pytest.raises(StorageFull):
        await media.poster(made(make_clip, "good.mp4", seconds=3), tmp_path / "poster.jpg", width=320)
    await media.close()


async def test_a_file_that_would_grow_over_the_workers_limit_is_refused(made: Made, tmp_path: Path) -> None:
    media = MediaWorker(workers=1, limits=Limits(file_bytes=50_000))
    with pytest.raises(MediaRefused) as caught:
        await media.finish(made(make_clip, "good.mp4", seconds=3), tmp_path / "out.mp4", remove_sound=False)
    assert caught.value.code == "too_many_bytes"
    assert not (tmp_path / "out.mp4").exists()
    await media.close()
