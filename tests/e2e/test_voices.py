"""A voice made out of a recording: heard in one clip, and gone at its maker afterwards, whatever happens."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import lent
from tests.e2e.stage import ADA, Stage
from tests.e2e.test_sound_makers import FreeMaker, free
from tests.e2e.test_sound_vendors import among, sent
from tests.fakes.clips import make_image

__all__ = ["free"]  # a fixture
LINE = '/generate A woman says: "Did you hear it?" --model scripted-silent --seconds 5'


async def gone(vendor: Any, kept: str) -> None:
    """Wait until a vendor keeps no voice any more."""
    for _ in range(500):
        if not getattr(vendor, kept):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"still there: {list(getattr(vendor, kept))}")


async def details(stage: Stage, job: str) -> str:
    return (await stage.press(ADA, "details", job)).text


async def test_the_words_of_a_silent_clip_are_spoken_with_the_voice_of_a_recording(
    tmp_path: Path, free: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with among(tmp_path, "elevenlabs") as (bot, street):
        vendor = street.stalls["elevenlabs"].vendor
        item = lent.recording(tmp_path)
        lent.lend(monkeypatch, "elevenlabs/voice", item)
        job = await bot.stage.buy(LINE)
        assert job.state == "delivered" and job.clip is not None, job
        await gone(vendor, "clones")
        (call,) = [call for call in vendor.seen if call.path.startswith("/v1/text-to-speech/")]
        assert "/clone0000" in call.path
        assert vendor.seen[-1].method == "DELETE" and vendor.seen[-1].path.rpartition("/")[2] in call.path
        assert job.clip.voice is not None and job.clip.voice.used
        assert job.charged == job.plan.credits and job.cost_micro_usd == job.plan.cost_micro_usd
        assert "Voice made of your recording by Elevenlabs" in await details(bot.stage, job.id)
        assert await bot.stage.app.store.voices_unneeded() == ()
        assert [one for one in free.asked if one.kind == "speech"] == []


async def test_a_model_that_speaks_itself_is_given_the_voice_of_a_recording(
    tmp_path: Path, free: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with among(tmp_path, "kling") as (bot, street):
        vendor = street.stalls["kling"].vendor
        item = lent.recording(tmp_path)
        lent.lend(monkeypatch, "kling/voice", item)
        image = make_image(tmp_path / "face.jpg", width=1280, height=720)
        heard = await bot.stage.say(
            ADA, '/generate she says "Hello" --model kling-2.6 --seconds 5', files={"image": [image]}
        )
        job = await bot.stage.ended(heard.job)
        assert job.state == "delivered" and job.clip is not None, job
        (voice,) = sent(vendor, "/v1/general/custom-voices")[:1]
        assert voice["voice_url"].startswith(bot.base) and len(voice["voice_name"]) <= 20
        (body,) = [call.body for call in vendor.seen if "image" in call.path and call.method == "POST"][:1]
        assert "93" in str(body), body
        await gone(vendor, "voices")
        # The vendor's own bill of the clip, and the voice.
        assert (job.charged, job.cost_micro_usd) == (job.plan.credits, 840_000 + lent.MICRO_USD)
