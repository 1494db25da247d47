"""Files are judged by their bytes, and what is dangerous is refused before it is decoded."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import MediaRefused
from bot.media.limits import InputLimits
from bot.media.sniff import sniff
from bot.media.worker import MediaWorker
from providers.process import Limits
from tests.fakes.clips import (
    make_clip,
    make_image,
    make_image_bomb,
    make_long_ogg,
    make_video_bomb,
    make_voice_note,
    mutate,
)

Made = Callable[..., Path]


async def refusal(media: MediaWorker, path: Path) -> MediaRefused:
    with pytest.raises(MediaRefused) as caught:
        await media.inspect(path)
    return caught.value


@pytest.mark.parametrize(
    ("name", "how", "expected"),
    [
        ("a.mp4", {}, ("mp4", "h264", "aac")),
        ("a.mov", {}, ("mov", "h264", "aac")),
        ("a.mkv", {}, ("matroska", "h264", "aac")),
        ("a.webm", {"video_codec": "libvpx-vp9", "audio_codec": "libopus"}, ("webm", "vp9", "opus")),
        ("hevc.mp4", {"video_codec": "libx265"}, ("mp4", "hevc", "aac")),
        ("dumb.mp4", {"sound": "none"}, ("mp4", "h264", "")),
    ],
)
async def test_a_clip_is_described_by_what_is_in_it(
    media: MediaWorker, made: Made, name: str, how: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    info = await media.inspect(made(make_clip, name, seconds=2, **how))
    assert (info.container, info.video_codec, info.audio_codec) == expected
    assert (info.kind, info.width, info.height) == ("video", 320, 180)
    assert info.seconds == pytest.approx(2.0, abs=0.05)
    assert info.fps == pytest.approx(24, abs=0.1)
    assert info.has_audio is (expected[2] != "")
    assert info.faststart is False


@pytest.mark.parametrize(
    ("container", "mime", "codec"),
    [
        ("ogg", "audio/ogg", "opus"),
        ("mp3", "audio/mpeg", "mp3"),
        ("wav", "audio/wav", "pcm_s16le"),
        ("m4a", "audio/mp4", "aac"),
        ("webm", "audio/webm", "opus"),
    ],
)
async def test_a_recording_is_described_whatever_its_name_says(
    media: MediaWorker, tmp_path: Path, container: Any, mime: str, codec: str
) -> None:
    path = make_voice_note(tmp_path / "holiday.png", seconds=2, container=container)
    info = await media.inspect(path)
    assert (info.kind, info.mime, info.audio_codec) == ("audio", mime, codec)
    assert info.seconds == pytest.approx(2.0, abs=0.08)
    assert (info.channels, info.sample_rate_hz) == (1, 48_000)


@pytest.mark.parametrize("suffix", ["png", "jpeg", "webp", "gif"])
async def test_a_picture_called_mp3_is_a_picture(media: MediaWorker, tmp_path: Path, suffix: str) -> None:
    make_image(tmp_path / f"a.{suffix}", width=120, height=80).rename(tmp_path / "song.mp3")
    info = await media.inspect(tmp_path / "song.mp3")
    assert (info.kind, info.mime, info.width, info.height) == ("image", f"image/{suffix}", 120, 80)


async def test_an_empty_file_is_refused(media: MediaWorker, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert (await refusal(media, tmp_path / "empty.mp4")).code == "empty"


@pytest.mark.parametrize(
    "content",
    [
        b"this is a shopping list, not a song\n" * 100,
        b"\xff\xfb but only by chance" * 50,
        b"%PDF-1.7\n",
        b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\0" * 5000,
    ],
)
async def test_what_is_no_media_file_is_refused_as_unknown(
    media: MediaWorker, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "song.mp3").write_bytes(content)
    assert (await refusal(media, tmp_path / "song.mp3")).code == "unknown_type"


async def test_a_cut_off_download_is_damaged(media: MediaWorker, made: Made, tmp_path: Path) -> None:
    for number, faststart in enumerate((False, True)):
        data = made(make_clip, f"whole{number}.mp4", seconds=2, faststart=faststart).read_bytes()
        (tmp_path / "half.mp4").write_bytes(data[: len(data) // 2])
        assert (await refusal(media, tmp_path / "half.mp4")).code == "damaged"


async def test_a_huge_picture_is_refused_without_being_decoded(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    for bomb in (made(make_video_bomb, "bomb.mp4"), made(make_image_bomb, "bomb.png")):
        start = time.monotonic()
        refused = await refusal(media, bomb)
        assert refused.code == "too_large_dimensions"
        assert refused.facts["width"] in {8192, 20_000}
        assert refused.facts["limit"] < refused.facts["width"]
        assert time.monotonic() - start < 3


async def test_a_bomb_that_lies_about_its_size_does_not_hurt_the_bot(made: Made, tmp_path: Path) -> None:
    data = made(make_video_bomb, "bomb.mp4").read_bytes()
    small, large = (320).to_bytes(2, "big"), (8192).to_bytes(2, "big")
    liar = data.replace(large + b"\0\0", small + b"\0\0").replace(large + large, small + small)
    (tmp_path / "liar.mp4").write_bytes(liar)
    sniffed = sniff(tmp_path / "liar.mp4")
    assert sniffed is not None and sniffed.width == 320
    media = MediaWorker(workers=1, limits=Limits(memory_bytes=600 << 20))
    refused = await refusal(media, tmp_path / "liar.mp4")
    assert refused.code in {"too_large_dimensions", "bad_file", "damaged"}
    assert (await media.inspect(made(make_clip, "a.mp4", seconds=2))).kind == "video"
    await media.close()


async def test_a_four_hour_recording_is_refused_with_its_length(media: MediaWorker, made: Made) -> None:
    refused = await refusal(media, made(make_long_ogg, "long.ogg"))
    assert refused.code == "too_long"
    assert refused.facts["seconds"] == pytest.approx(4 * 3600, abs=1)
    assert refused.facts["limit_seconds"] == 1800


async def test_a_long_recording_whose_header_says_short_is_still_too_long(tmp_path: Path, made: Made) -> None:
    data = bytearray(make_long_ogg(tmp_path / "long.ogg", seconds=3000).read_bytes())
    last = data.rfind(b"OggS")
    data[last + 6 : last + 14] = (48_000 * 3).to_bytes(8, "little")  # the last page claims 3 s in all
    (tmp_path / "liar.ogg").write_bytes(data)
    media = MediaWorker(workers=1)
    assert (await refusal(media, tmp_path / "liar.ogg")).code in {"too_long", "damaged"}
    await media.close()


async def test_a_file_over_the_byte_limit_is_refused_with_both_numbers(made: Made) -> None:
    media = MediaWorker(workers=1, input_limits=InputLimits(max_bytes=1000))
    path = made(make_clip, "a.mp4", seconds=2)
    refused = await refusal(media, path)
    assert refused.code == "too_many_bytes"
    assert refused.facts == {"size": path.stat().st_size, "limit": 1000}
    await media.close()


async def test_faststart_is_seen(media: MediaWorker, made: Made) -> None:
    assert (await media.inspect(made(make_clip, "fast.mp4", seconds=1, faststart=True))).faststart


async def test_two_hundred_damaged_files_never_hurt_the_bot(made: Made, tmp_path: Path) -> None:
    media = MediaWorker(workers=2)
    whole = (
        made(make_clip, "tiny.mp4", seconds=0.5, width=64, height=48).read_bytes(),
        made(make_voice_note, "tiny.ogg", seconds=0.5).read_bytes(),
        made(make_voice_note, "tiny.mp3", seconds=0.5, container="mp3").read_bytes(),
        made(make_clip, "tiny.webm", seconds=0.5, width=64, height=48, video_codec="libvpx-vp9",
             audio_codec="libopus").read_bytes(),
    )  # fmt: skip
    outcomes: dict[str, int] = {}
    for seed in range(200):
        path = tmp_path / f"{seed}.bin"
        path.write_bytes(mutate(whole[seed % len(whole)], seed=seed))
        try:
            outcome: str = (await media.inspect(path)).kind
            await media.verify(path, expect_sound=True, seconds=0, tolerance_seconds=1)
        except MediaRefused as error:
            outcome = error.code
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    await media.close()
    assert outcomes.keys() <= {
        "video",
        "audio",
        "damaged",
        "unknown_type",
        "too_long",
        "too_large_dimensions",
    }
    assert outcomes["damaged"] > 5
