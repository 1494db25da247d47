"""A clip whose speaker says a recording: with its picture, for a finished clip, and where nobody can."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest

from bot.core.desk import Attachment
from bot.core.records import RouteHealth
from bot.settings import ProviderSettings
from tests.e2e.discord_stage import open_discord
from tests.e2e.stage import ADA, CATALOGUE, Heard, Stage, open_stage, thread
from tests.e2e.street import open_street
from tests.e2e.telegram_stage import open_telegram
from tests.e2e.test_sound_makers import RATE, FreeMaker, details, free, heard, strength, studio
from tests.fakes.clips import speechlike
from tests.fakes.sound_booth import GOOD_KEY, SoundBooth, catalogue

__all__ = ["free"]
HZ = 1234.0
ASK = "/generate a woman at a window --model scripted-silent --seconds 5 --audio_as voice"


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """A voice note with a pitch that is found again."""
    return write_note(tmp_path / "note.wav")


def write_note(path: Path) -> Path:
    """Three seconds in the rhythm of somebody who speaks, at a pitch that nobody has."""
    at = np.arange(3 * RATE) / RATE
    samples = 0.3 * np.sin(2 * np.pi * HZ * at) * np.clip(np.sin(2 * np.pi * 3.1 * at) * 1.6, 0, 1)
    samples += 0.6 * speechlike(3.0)[: samples.size]
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE, samples.size, "NONE", ""))
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def well(found: RouteHealth) -> RouteHealth:
    """A route that nothing is held against."""
    return RouteHealth(route=found.route)


async def confirmed(stage: Stage, asked: Heard) -> Heard:
    """The order, after a question if there was one."""
    return await stage.press(ADA, "confirm", asked.quote) if asked.reply.kind == "quote" else asked


async def answered(stage: Stage, job: str, note: Path, words: str = "audio_as=voice") -> Heard:
    """Somebody answers a clip with a recording that its speaker is to say."""
    reply = await stage.app.dispatch.submit(
        ADA,
        "lay-sound",
        job,
        {"words": words},
        destination=thread(),
        request_key=f"said-{job}-{words}",
        attachments={"audio": [Attachment(path=note, name=note.name)]},
    )
    return stage._heard(reply)


def is_said(stage: Stage, job: str) -> bool:
    """Whether the recording is heard where it was, and silence after it."""
    sound = heard(stage.clip_of(job))
    return strength(sound, HZ, 0.5, 2.5) > 20 * strength(sound, HZ, 3.6, 4.8)


async def test_the_speaker_says_the_recording_for_a_price_said_apart_and_the_old_clip_stays(
    tmp_path: Path, note: Path, free: FreeMaker
) -> None:
    async with SoundBooth() as booth, studio(tmp_path / "stage", booth, "lips") as stage:
        asked = await stage.say(ADA, ASK, files={"audio": [note]})
        assert "Picture 25 + lips 10 credits (Booth lips)" in asked.text
        assert "whoever is heard agrees" in asked.text and "wav" in asked.text
        asked = await confirmed(stage, asked)
        job = await stage.ended(asked.job)
        assert job.state == "delivered" and job.clip is not None and job.clip.sound_path == "voice"
        assert await stage.spent() == 35 and float(await stage.booked_usd()) == pytest.approx(0.35)
        assert is_said(stage, job.id) and "your recording" in stage.read(job.id)
        assert job.clip.original, "the picture as its model made it is still there"
        assert "Lips moved by Booth lips · 10 credits" in await details(stage, job.id)
        # The same for a clip that is there already: no picture is made, only the lips are paid.
        orders = stage.orders
        again = await confirmed(stage, await answered(stage, job.id, note))
        second = await stage.ended(again.job)
        assert second.state == "delivered" and second.id != job.id and stage.orders == orders
        assert await stage.spent() == 45 and is_said(stage, second.id) and stage.clip_of(job.id).exists()
        assert len(booth.of("lips")) == 2


async def test_lips_that_cannot_be_moved_leave_the_recording_under_the_picture_and_their_price_comes_back(
    tmp_path: Path, note: Path, free: FreeMaker, whole: bool
) -> None:
    faults = ("fail", *(("refuse", "take-and-break", "never") if whole else ()))
    async with SoundBooth() as booth, studio(tmp_path / "stage", booth, "lips") as stage:
        for fault in faults:
            booth.fault(fault)
            spent = await stage.spent()
            asked = await confirmed(stage, await stage.say(ADA, ASK, files={"audio": [note]}))
            job = await stage.ended(asked.job, seconds=60)
            assert job.state == "delivered" and job.clip is not None, fault
            assert job.clip.sound_path == "soundtrack" and is_said(stage, job.id), fault
            assert "Nobody could move the lips" in stage.read(job.id), fault
            assert "10 credits came back" in stage.read(job.id), fault
            assert await stage.spent() - spent == 25, fault
            await stage.app.store.change_health("booth/lips", well)


@pytest.mark.whole
async def test_a_clip_answered_on_telegram_is_made_to_speak(
    tmp_path: Path, note: Path, free: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOTH_API_KEY", GOOD_KEY)
    recording = await asyncio.to_thread(note.read_bytes)
    async with (
        SoundBooth() as booth,
        open_telegram(
            tmp_path / "bot",
            vendors={"booth": ProviderSettings(base_url=f"{booth.url}/blind")},
            catalogue_dir=catalogue(tmp_path / "catalogue", CATALOGUE, kinds=("lips",)),
        ) as stage,
    ):
        world = stage.telegram.world
        gil = world.person("Gil")
        group = world.group("Radio", gil)
        await stage.allow(group)
        world.say(gil, group, "/generate a woman at a window --model scripted-silent --seconds 5")
        clip = await stage.clip(group)
        said = world.send(gil, group, "voice", recording, duration=3, reply_to=clip, caption="audio_as=voice")
        answer = await stage.until(group, lambda m: m.reply_to == said.id)
        assert "says your recording; the old clip stays" in answer.text
        spoken = await stage.clip(group, after=answer.id - 1)
        assert "your recording" in spoken.text and len(booth.of("lips")) == 1
        assert booth.of("lips")[0].body["recording"]


@pytest.mark.whole
async def test_on_discord_a_recording_is_offered_as_a_voice_for_models_that_take_none(
    tmp_path: Path, note: Path, free: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOTH_API_KEY", GOOD_KEY)
    async with (
        SoundBooth() as booth,
        open_discord(
            tmp_path / "bot",
            vendors={"booth": ProviderSettings(base_url=f"{booth.url}/blind")},
            catalogue_dir=catalogue(tmp_path / "catalogue", CATALOGUE, kinds=("lips",)),
        ) as stage,
    ):
        said = await stage.ben.write(stage.channel, voice=note)
        form = await (await stage.ada.use_on(said, "Use as audio reference")).until(
            lambda one: one.state == "modal"
        )
        prompt, model, how, _ = (place["component"] for place in form.modal["components"])
        assert "scripted-silent" in [option["value"] for option in model["options"]]
        values = {prompt["custom_id"]: "a woman at a window", "model": "scripted-silent"}
        answer = await (await stage.ada.submit(form, {**values, how["custom_id"]: "voice"})).answered()
        assert "lips 10 credits (Booth lips)" in answer.text
        clip = await stage.clip()
        assert "your recording" in clip.content and (await stage.ended(stage.ada)).charged == 35
        await stage.ada.write(stage.channel, "audio_as=voice", files=[note], reply_to=clip)
        second = await stage.clip(count=2)
        assert "your recording" in second.content and (await stage.ended(stage.ada)).charged == 10
        assert len(booth.of("lips")) == 2


async def test_each_shipped_service_gets_the_clip_and_the_recording_and_its_clip_is_shown(
    tmp_path: Path, note: Path, free: FreeMaker
) -> None:
    async with open_street(tmp_path, ("fal", "pixverse")) as street:
        for file in CATALOGUE.glob("*.toml"):
            (street.catalogue_dir / file.name).write_text(file.read_text("utf-8"), "utf-8")
        async with open_stage(
            tmp_path / "bot",
            keys=street.keys,
            vendors=street.settings["providers"],
            catalogue=street.catalogue_dir,
            sound_with="pixverse,fal/sync-lips",
        ) as stage:
            first = await confirmed(stage, await stage.say(ADA, ASK, files={"audio": [note]}))
            job = await stage.ended(first.job)
            assert job.state == "delivered" and job.clip is not None and is_said(stage, job.id)
            assert job.clip.pieces[0].route == "pixverse/lips"
            pixverse, fal = (street.stalls[name].vendor for name in ("pixverse", "fal"))
            assert len(pixverse.media) == 2 and fal.jobs == {}
            # The first says no before it starts: the next one that costs no more does it.
            pixverse.whispered = "[fault:submit-500063]"
            again = await confirmed(stage, await answered(stage, job.id, note))
            second = await stage.ended(again.job)
            assert second.state == "delivered" and second.clip is not None and is_said(stage, second.id)
            (made,) = second.clip.pieces
            assert (made.route, made.instead_of) == ("fal/sync-lips", ("PixVerse lip sync",))
            assert len(fal.stored) == 2 and [body["sync_mode"] for body in fal.bodies] == ["silence"]
