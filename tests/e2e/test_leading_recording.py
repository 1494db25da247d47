"""A voice note that a clip is made to: what reaches the vendor, how long the clip is, what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.stage import ADA, open_stage
from tests.e2e.street import open_street
from tests.e2e.test_discord_audio import heard_hz, tone_note
from tests.fakes.sounds import heard

NOTE_SECONDS = 3.4


async def test_a_voice_note_becomes_a_clip_as_long_as_it_is_and_is_heard_by_the_vendor(
    tmp_path: Path,
) -> None:
    async with (
        open_street(tmp_path, ("fal",)) as street,
        open_stage(
            tmp_path / "bot",
            keys=street.keys,
            vendors=street.settings["providers"],
            catalogue=street.catalogue_dir,
            confirm_above=100_000,
        ) as stage,
    ):
        note = tone_note(tmp_path / "note.ogg", hz=660.0, seconds=NOTE_SECONDS)
        named = await stage.say(ADA, "/models --for references")
        assert "ltx-2.3" in named.text, named.text
        answer = await stage.say(ADA, "/generate she sings --model ltx-2.3", files={"audio": [note]})
        assert "Your 3.4 s recording → 00:00 to 00:03, mp3" in answer.text, answer.text
        job = await stage.ended((await stage.press(ADA, "confirm", answer.quote)).job)
        assert job.state == "delivered" and job.clip is not None, stage.read(job.id)
        vendor = street.stalls["fal"].vendor
        (body,) = vendor.bodies
        assert set(body) == {"prompt", "audio_url", "aspect_ratio"}
        (recording,) = vendor.stored.values()
        seconds, peak = heard(recording)
        assert heard_hz(recording) == pytest.approx(660, abs=5)
        assert peak > 0.05 and 2 <= seconds <= NOTE_SECONDS + 0.2
        assert job.clip.info.seconds == pytest.approx(seconds, abs=0.2)
        assert job.plan.cost_micro_usd == 400_000 and await stage.spent() == job.plan.credits
