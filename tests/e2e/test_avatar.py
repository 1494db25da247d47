"""A picture of somebody and a voice note: a clip in which they say it, by Kling itself and by a gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.stage import ADA, open_stage
from tests.e2e.street import open_street
from tests.e2e.test_discord_audio import heard_hz, tone_note
from tests.fakes.clips import make_image
from tests.fakes.sounds import heard

HZ, NOTE_SECONDS = 440.0, 3.4
# What of the recording's way is said before: it goes along in Kling's request, and into the gateway's store.
TOLD: Mapping[str, bool] = {"kling": False, "fal": True}
MICRO_USD = {"kling": 56_000, "fal": 56_200}


def sent(provider: str, vendor: Any) -> tuple[dict[str, Any], bytes]:
    """What the vendor was asked, and the recording that it got."""
    if provider == "kling":
        (body,) = [call.body for call in vendor.seen if call.method == "POST"]
        return body, vendor.people.handed[-1]
    (body,) = vendor.bodies
    return body, vendor.stored[body["audio_url"]]


@pytest.mark.parametrize("provider", ["kling", "fal"])
async def test_a_picture_says_a_voice_note_that_the_vendor_got_and_is_as_long_as_it(
    provider: str, tmp_path: Path
) -> None:
    note = tone_note(tmp_path / "note.ogg", hz=HZ, seconds=NOTE_SECONDS)
    face = make_image(tmp_path / "face.png", width=480, height=640)
    async with (
        open_street(tmp_path, (provider,)) as street,
        open_stage(
            tmp_path / "bot",
            keys=street.keys,
            vendors=street.settings["providers"],
            catalogue=street.catalogue_dir,
            confirm_above=100_000,
        ) as stage,
    ):
        files = {"image": [face], "audio": [note]}
        asked = await stage.say(ADA, "/generate she smiles --model auto --audio_as voice", files=files)
        assert "Your 3.4 s recording → 00:00 to 00:03, mp3" in asked.text, asked.text
        assert "Kling Avatar" in asked.text and "whoever is heard agrees" in asked.text
        assert ("under an address" in asked.text) is TOLD[provider], asked.text
        job = await stage.ended((await stage.press(ADA, "confirm", asked.quote)).job)
        assert job.state == "delivered" and job.clip is not None, stage.read(job.id)
        assert job.plan.model == "kling-avatar" and job.clip.sound_path == "native"

        body, recording = sent(provider, street.stalls[provider].vendor)
        assert body["prompt"] == "she smiles"
        seconds, peak = heard(recording)
        assert heard_hz(recording) == pytest.approx(HZ, abs=5) and peak > 0.05
        clip = await asyncio.to_thread(stage.clip_of(job.id).read_bytes)
        assert heard_hz(clip) == pytest.approx(HZ, abs=5), "its sound is made of what the vendor got"
        assert job.clip.info.seconds == pytest.approx(seconds, abs=0.15)
        assert job.clip.info.height > job.clip.info.width, "the picture decides the shape"
        assert job.plan.cost_micro_usd == 4 * MICRO_USD[provider]
        assert await stage.spent() == job.plan.credits
        if provider == "kling":  # which tells what it took: by what was really said
            assert float(await stage.booked_usd()) == pytest.approx(0.4 * 0.14 * seconds, abs=0.002)
