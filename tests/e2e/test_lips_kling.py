"""Kling moves the lips in a finished picture by its own API: what it is given, what comes, what it costs."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.e2e.stage import ADA
from tests.e2e.test_lips import ASK, confirmed, is_said, write_note
from tests.e2e.test_sound_makers import FreeMaker, details, free
from tests.e2e.test_sound_vendors import among, sent
from tests.fakes.sounds import heard

__all__ = ["free"]
LARGE = f"{ASK} [fault:clip-720p]"
FACES, LIPS = "/v1/videos/identify-face", "/v1/videos/advanced-lip-sync"


def lengths(clip: Path) -> tuple[float, float]:
    """Seconds of sound and of picture in a clip, decoded."""
    with av.open(str(clip)) as media:
        samples = sum(frame.samples for frame in media.decode(audio=0))
        rate = media.streams.audio[0].rate
        media.seek(0)
        frames = sum(1 for _ in media.decode(video=0))
        pace = media.streams.video[0].average_rate
        assert rate and pace
        return samples / rate, float(frames / pace)


async def test_a_face_is_found_in_the_clip_behind_our_link_and_says_the_recording_that_is_sent_along(
    tmp_path: Path, free: FreeMaker
) -> None:
    note = write_note(tmp_path / "note.wav")
    async with among(tmp_path, "kling") as (bot, street):
        stage, vendor = bot.stage, street.stalls["kling"].vendor
        vendor.people.longer_seconds = -0.2
        asked = await stage.say(ADA, LARGE, files={"audio": [note]})
        assert "lips 8 credits (Kling lip sync)" in asked.text, asked.text
        assert "secret address" not in asked.text, "only the clip gets an address"
        job = await stage.ended((await confirmed(stage, asked)).job)
        assert job.state == "delivered" and job.clip is not None and job.clip.sound_path == "voice", job
        assert is_said(stage, job.id) and "Lips moved by Kling lip sync" in await details(stage, job.id)
        sound, picture = lengths(stage.clip_of(job.id))
        assert sound == pytest.approx(picture, abs=0.05), "the vendor's sound ended 0.2 s before its picture"
        (looked,), (said, *_) = sent(vendor, FACES), sent(vendor, LIPS)
        assert looked["video_url"].startswith(bot.base)
        (face,) = said["face_choose"]
        assert (face["sound_insert_time"], face["original_audio_volume"]) == (0, 0)
        clip, recording = vendor.people.handed
        assert clip[4:8] == b"ftyp" and heard(recording)[0] == pytest.approx(3, abs=0.1)
        # 25 for the picture; 0.55 units of 14 cents
        assert await stage.spent() == 33 and float(await stage.booked_usd()) == pytest.approx(0.327)

        # Nobody is seen: the recording is laid under, and the price of the lips comes back.
        vendor.whispered = "[fault:face-none]"
        again = await confirmed(stage, await stage.say(ADA, LARGE, files={"audio": [note]}))
        second = await stage.ended(again.job)
        assert second.state == "delivered" and second.clip is not None
        assert second.clip.sound_path == "soundtrack" and is_said(stage, second.id)
        assert "Nobody could move the lips" in stage.read(second.id) and len(vendor.jobs) == 1
        assert await stage.spent() == 33 + 25
        assert await stage.notes() == [], "a clip without a face is nobody's fault"
