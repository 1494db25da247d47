"""A voice made out of a recording: heard in one clip, and gone at its maker afterwards, whatever happens."""

from __future__ import annotations

import asyncio
import json
import zipfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import pytest

from bot.core.records import KeptVoice
from bot.store.store import UnitStore
from bot.store.unit import Unit
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


async def forgets(stage: Stage, vendor: Any, job: str) -> None:
    """Ada is forgotten while a voice of hers resists, to be tried again in an hour: it is gone at once."""
    due_ms = stage.clock.now_ms() + 3_600_000
    left = KeptVoice(name="talkreel-left", job=job, route="elevenlabs/voice", state="there", due_ms=due_ms)
    vendor.clones["v77"] = (left.name, b"")

    def resisting() -> Unit[None]:
        yield "voice_add", asdict(replace(left, voice_id="v77"))

    await cast(UnitStore, stage.app.store)._run(resisting)
    export = (await stage.say(ADA, "/export")).reply.file
    assert export is not None
    with zipfile.ZipFile(export.path) as archive:
        made = json.loads(archive.read("talkreel.json"))["voices_made"]
    assert [(one["clip"], one["maker"], one["gone_ms"] is None) for one in made] == [
        (job, "elevenlabs/voice", False),
        (job, "elevenlabs/voice", True),
    ]
    asked = await stage.say(ADA, "/forget")
    said = (await stage.press(ADA, "confirm", asked.quote)).text
    assert "Voices made of your recordings are being deleted at their makers now (1)" in said
    await gone(vendor, "clones")


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
        (made,) = await bot.stage.app.store.voices_of(job.wallet, limit=9)
        assert (made.job, made.state) == (job.id, "gone") and made.gone_ms
        assert await bot.stage.app.store.voices_unneeded() == ()
        assert [one for one in free.asked if one.kind == "speech"] == []
        await forgets(bot.stage, vendor, job.id)


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


async def test_words_whose_voice_cannot_be_made_are_spoken_all_the_same_and_its_price_comes_back(
    tmp_path: Path, free: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with among(tmp_path, "elevenlabs") as (bot, street):
        vendor = street.stalls["elevenlabs"].vendor
        vendor.limit = 0
        lent.lend(monkeypatch, "elevenlabs/voice", lent.recording(tmp_path))
        job = await bot.stage.buy(LINE)
        assert job.state == "delivered" and job.clip is not None, job
        (call,) = [call for call in vendor.seen if call.path.startswith("/v1/text-to-speech/")]
        assert "clone" not in call.path and job.clip.sound.verdict == "ok"
        assert job.charged == job.plan.credits - lent.CREDITS == await bot.stage.spent()
        assert job.cost_micro_usd == job.plan.cost_micro_usd - lent.MICRO_USD
        why = "all its places for voices are taken"
        assert why in bot.stage.read(job.id) and why in await details(bot.stage, job.id)


async def test_a_model_that_cannot_have_the_voice_makes_no_clip_and_costs_nothing(
    tmp_path: Path, free: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with among(tmp_path, "kling") as (bot, street):
        vendor = street.stalls["kling"].vendor
        short = replace(lent.recording(tmp_path, 3.0), seconds=12.0)  # so that only its maker finds out
        lent.lend(monkeypatch, "kling/voice", short)
        image = make_image(tmp_path / "face.jpg", width=1280, height=720)
        heard = await bot.stage.say(
            ADA, '/generate she says "Hello" --model kling-2.6 --seconds 5', files={"image": [image]}
        )
        job = await bot.stage.ended(heard.job)
        assert (job.state, job.outcome, job.charged) == ("released", "voice_not_made", 0)
        assert not [call for call in vendor.seen if "image-to-video" in call.path]
        said = bot.stage.read(job.id)
        assert "No voice could be made of your recording at Kling" in said and "not charged" in said
        assert job.cost_micro_usd in (0, lent.MICRO_USD) and await bot.stage.spent() == 0
        assert await bot.stage.app.store.voices_unneeded() == ()
