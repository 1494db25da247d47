"""What the vendor made is stored as it came, its sound with it; the preview keeps what it can."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from bot.media.worker import MediaWorker
from bot.store.blobs import open_blobs
from providers.base import Done, Failed
from tests.contract.stage_google import VeoStage
from tests.fakes.google_veo import FakeVeo
from tests.fakes.large_clips import SECONDS, make_ten_bit, make_vendors
from tests.fakes.verifiers import decodes_cleanly, needs_ffmpeg, packet_sums, seconds_of, stream


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def fetched(vendors: Path, resolution: str, bucket: str, folder: Path) -> Path:
    """The clip as the adapter brings it from the vendor."""
    async with FakeVeo() as server:
        server.clip = vendors
        adapter = VeoStage(folder, server, bucket=bucket).adapter()
        request = replace(VeoStage(folder, server).text(), seconds=SECONDS, resolution=resolution)
        ticket = await adapter.submit(request, job_key="job")
        progress = await adapter.poll(ticket)
        while not isinstance(progress, Done | Failed):
            progress = await adapter.poll(ticket)
        assert isinstance(progress, Done)
        asset = await adapter.fetch(progress, folder / "original.mp4")
        await adapter.close()
    return asset.path


@needs_ffmpeg
@pytest.mark.parametrize(
    ("size", "resolution", "bucket", "sound_bits", "limit_bytes", "sound_copied"),
    [
        ((1920, 1080), "1080p", "", 128_000, 1_000_000, True),
        ((640, 360), "720p", "bucket/clips", 320_000, 260_000, False),
    ],
    ids=["in the answer, sound copied", "in a bucket, sound encoded anew"],
)
async def test_the_original_keeps_the_vendors_sound_bit_for_bit(
    size: tuple[int, int],
    resolution: str,
    bucket: str,
    sound_bits: int,
    limit_bytes: int,
    sound_copied: bool,
    media: MediaWorker,
    tmp_path: Path,
) -> None:
    width, height = size
    vendors = make_vendors(tmp_path / "vendor.mp4", width=width, height=height, sound_bits=sound_bits)
    sums = packet_sums(vendors, "audio")
    original = await fetched(vendors, resolution, bucket, tmp_path)
    assert digest(original) == digest(vendors)

    check = await media.verify(original, expect_sound=True, seconds=SECONDS, tolerance_seconds=0.25)
    assert check.verdict == "ok"
    await media.finish(original, tmp_path / "shown.mp4", remove_sound=False)
    blobs = await open_blobs(tmp_path / "data")
    stored = blobs.path(await blobs.put(original))
    shown = blobs.path(await blobs.put(tmp_path / "shown.mp4"))
    assert digest(stored) == digest(vendors), "what is stored as the original is the vendor's file"
    assert packet_sums(stored, "audio") == packet_sums(shown, "audio") == sums
    assert packet_sums(stored, "video") == packet_sums(vendors, "video")
    assert tuple(stream(stored, "video")[side] for side in ("width", "height")) == size

    silent = await media.finish(original, tmp_path / "silent.mp4", remove_sound=True)
    assert silent.audio_codec == "" and digest(stored) == digest(vendors), "taken out of what is shown only"

    fitted = await media.fit(shown, tmp_path / "fitted.mp4", limit_bytes=limit_bytes)
    assert fitted.step in ("re-encode", "smaller") and fitted.info.size_bytes <= limit_bytes
    assert (packet_sums(fitted.path, "audio") == sums) is sound_copied
    assert int(stream(fitted.path, "audio")["bit_rate"]) >= 90_000
    assert seconds_of(fitted.path, "audio") == pytest.approx(SECONDS, abs=0.1)
    assert decodes_cleanly(fitted.path) and digest(stored) == digest(vendors)


@needs_ffmpeg
async def test_ten_bit_h265_is_recognised_and_shown_as_what_every_chat_plays(
    media: MediaWorker, tmp_path: Path
) -> None:
    original = make_ten_bit(tmp_path / "original.mp4")
    assert stream(original, "video")["pix_fmt"] == "yuv420p10le"
    before, sums = digest(original), packet_sums(original, "audio")
    assert (await media.inspect(original)).video_codec == "hevc"
    check = await media.verify(original, expect_sound=True, seconds=2, tolerance_seconds=0.25)
    assert check.verdict == "ok"
    shown = tmp_path / "shown.mp4"
    info = await media.finish(original, shown, remove_sound=False)
    assert info.video_codec == "h264"
    picture = stream(shown, "video")
    assert (picture["codec_name"], picture["pix_fmt"]) == ("h264", "yuv420p")
    assert packet_sums(shown, "audio") == sums and decodes_cleanly(shown)
    assert digest(original) == before
