"""4K with its sound: what the vendor made is stored as it came; the preview keeps what it can."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from bot.media.worker import MediaWorker
from bot.store.blobs import open_blobs
from providers.base import Done, Failed
from tests.contract.stage_google import VeoStage
from tests.fakes.clips import speechlike
from tests.fakes.google_veo import FakeVeo
from tests.fakes.verifiers import decodes_cleanly, needs_ffmpeg, packet_sums, seconds_of, stream

SECONDS, FPS, RATE_HZ = 8, 1, 48_000


def make_vendors(path: Path, *, width: int, height: int, sound_bits: int) -> Path:
    """A clip of few large pictures, with eight seconds of something like speech."""
    random = np.random.default_rng(4)
    with av.open(str(path), "w", options={"movflags": "faststart", "max_interleave_delta": "0"}) as out:
        picture = out.add_stream("libx264", rate=FPS)
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        picture.options = {"preset": "ultrafast", "crf": "20", "g": "1"}
        heard = out.add_stream("aac", rate=RATE_HZ, layout="stereo")
        heard.bit_rate = sound_bits
        samples = np.tile(speechlike(SECONDS), (2, 1))
        # Noise fills the bits that were asked for.
        samples = (samples * 0.8 + random.normal(0, 0.02, samples.shape)).astype(np.float32)
        for start in range(0, samples.shape[1], 1024):
            part = np.ascontiguousarray(samples[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
            out.mux(heard.encode(frame))
        out.mux(heard.encode(None))
        for number in range(SECONDS * FPS):
            small = random.integers(16, 235, (height // 8, width // 8), dtype=np.uint8)
            luma = np.kron(small, np.ones((8, 8), np.uint8))
            image = VideoFrame(width, height, "yuv420p")
            for plane, values in zip(image.planes, (luma.tobytes(), None, None), strict=True):
                plane.update(values if values is not None else bytes([128]) * plane.buffer_size)
            image.pts, image.time_base = number, Fraction(1, FPS)
            out.mux(picture.encode(image))
        out.mux(picture.encode(None))
    return path


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
        ((3840, 2160), "4k", "", 128_000, 1_500_000, True),
        ((640, 360), "720p", "bucket/clips", 320_000, 260_000, False),
    ],
    ids=["4K in the answer, sound copied", "in a bucket, sound encoded anew"],
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
