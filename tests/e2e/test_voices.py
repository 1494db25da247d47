"""What becomes of a voice that was lent to a clip: it is gone afterwards, or its price comes back."""

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
from tests.e2e.stage import ADA, FAST, Stage
from tests.e2e.test_lips import confirmed
from tests.e2e.test_sound_makers import FreeMaker, details, free
from tests.e2e.test_sound_vendors import among
from tests.fakes import elevenlabs, kling_voices
from tests.fakes.clips import make_image, make_voice_note

__all__ = ["free"]  # a fixture
LINE = '/generate A woman says: "Did you hear it?" --audio_as reference --seconds 5'
PRICE = """
[[sound]]
id = "voice"
[[sound.price]]
since = 2026-06-01
unit = "clip"
amount = "0.07"
"""
FULL = "all its places for voices are taken"


async def gone(vendor: Any, kept: str) -> None:
    """Wait until a vendor keeps no voice any more."""
    for _ in range(500):
        if not getattr(vendor, kept):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"still there: {list(getattr(vendor, kept))}")


async def test_a_voice_that_cannot_be_made_costs_nothing_and_one_that_was_made_is_forgotten_with_its_owner(
    tmp_path: Path, free: FreeMaker
) -> None:
    note = make_voice_note(tmp_path / "note.ogg", seconds=12.0)
    async with among(tmp_path, "elevenlabs", facts={"elevenlabs.toml": PRICE}) as (bot, street):
        stage, vendor = bot.stage, street.stalls["elevenlabs"].vendor
        vendor.limit = 0

        async def bought() -> Any:
            quote = await stage.say(ADA, f"{LINE} --model scripted-silent", files={"audio": [note]})
            assert "7 credits" in quote.text
            job = await stage.ended((await confirmed(stage, quote)).job)
            assert job.state == "delivered" and job.clip is not None and job.clip.sound.verdict == "ok", job
            spoken = [call.path for call in vendor.seen if call.path.startswith("/v1/text-to-speech/")]
            assert [one for one in free.asked if one.kind == "speech"] == []
            return job, spoken[-1]

        job, spoken = await bought()
        assert "clone" not in spoken and FULL in stage.read(job.id) and FULL in await details(stage, job.id)
        assert job.charged == job.plan.credits - 7 == await stage.spent()
        assert job.cost_micro_usd == job.plan.cost_micro_usd - 70_000
        vendor.limit = 3
        job, spoken = await bought()
        await gone(vendor, "clones")
        assert "clone" in spoken and job.charged == job.plan.credits
        assert job.cost_micro_usd == job.plan.cost_micro_usd
        assert "Voice made of your recording by ElevenLabs" in await details(stage, job.id)
        await forgets(stage, vendor, job.id)


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
    # Newest first; that of the clip without one was never asked for.
    assert [(one["clip"], one["maker"], one["gone_ms"] is None) for one in made] == [
        (job, "elevenlabs/voice", False),
        (job, "elevenlabs/voice", True),
    ]
    asked = await stage.say(ADA, "/forget")
    said = (await stage.press(ADA, "confirm", asked.quote)).text
    assert "Voices made of your recordings are being deleted at their makers now (1)" in said
    await gone(vendor, "clones")


@pytest.mark.whole
async def test_words_that_its_maker_will_not_speak_are_said_by_another_and_the_voices_price_comes_back(
    tmp_path: Path, free: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = make_voice_note(tmp_path / "note.ogg", seconds=12.0)
    monkeypatch.setattr(elevenlabs, "SPEECH_MODELS", {})  # nothing speaks there any more
    async with among(tmp_path, "elevenlabs", facts={"elevenlabs.toml": PRICE}) as (bot, street):
        stage, vendor = bot.stage, street.stalls["elevenlabs"].vendor
        quote = await stage.say(ADA, f"{LINE} --model scripted-silent", files={"audio": [note]})
        job = await stage.ended((await confirmed(stage, quote)).job)
        assert job.state == "delivered" and [one.kind for one in free.asked].count("speech") == 1, job
        asked = [call.path for call in vendor.seen if call.path.startswith("/v1/text-to-speech/")]
        assert asked and all("clone" in path for path in asked)
        assert job.plan.score is not None and job.plan.voice is not None
        assert job.charged == job.plan.credits - job.plan.score.credits - job.plan.voice.credits
        said = stage.read(job.id)
        assert "voice that ElevenLabs was to make of your recording: it could not speak the words." in said
        await gone(vendor, "clones")


async def test_a_model_that_cannot_have_the_voice_makes_no_clip_and_costs_nothing(
    tmp_path: Path, free: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, recording_at = [True], kling_voices.recording_at

    async def recording(link: str) -> bytes | None:
        """No voice can be made of the first."""
        return None if broken else await recording_at(link)

    monkeypatch.setattr(kling_voices, "recording_at", recording)
    files = {
        "audio": [make_voice_note(tmp_path / "note.ogg", seconds=12.0)],
        "image": [make_image(tmp_path / "face.jpg", width=1280, height=720)],
    }
    async with among(tmp_path, "kling") as (bot, street):
        stage, vendor = bot.stage, street.stalls["kling"].vendor
        quote = await stage.say(ADA, f"{LINE} --model kling-2.6", files=files)
        job = await stage.ended((await confirmed(stage, quote)).job)
        assert (job.state, job.outcome, job.charged) == ("released", "voice_not_made", 0)
        assert not [call for call in vendor.seen if "image-to-video" in call.path]
        said = stage.read(job.id)
        assert any("A voice is made of your recording · Kling 2.6" in one for one in stage.readings(job.id))
        assert "No voice could be made of your recording at Kling: it failed, so" in said, said
        assert "not charged" in said and await stage.spent() == 0
        assert job.cost_micro_usd <= job.plan.sound_micro_usd
        assert await stage.app.store.voices_unneeded() == ()
        # A voice that was made is paid for, even if the vendor then refuses the clip.
        broken.clear()
        refused = LINE.replace("A woman", "[fault:submit-1303] A woman")
        quote = await stage.say(ADA, f"{refused} --model kling-2.6", files=files)
        job = await stage.ended((await confirmed(stage, quote)).job)
        assert (job.state, job.charged) == ("released", 0) and job.outcome == "rate_limited", job
        assert job.cost_micro_usd == job.plan.sound_micro_usd == 7000
        asked = [call.path for call in vendor.seen if call.method == "POST"]
        assert len([path for path in asked if path.startswith("/image-to-video")]) == FAST.submit_tries
        assert len([path for path in asked if path.endswith("custom-voices")]) == 2, "one for each clip"
        await gone(vendor, "voices")
