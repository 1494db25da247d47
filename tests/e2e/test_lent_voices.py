"""Somebody's recording lends a clip its voice: what they read before, what reaches the vendor, what stays."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from bot.core.desk import Attachment
from tests.e2e.discord_stage import open_discord
from tests.e2e.stage import ADA, CATALOGUE, Heard, Stage, thread
from tests.e2e.street import open_street
from tests.e2e.telegram_stage import open_telegram, plain
from tests.e2e.test_discord_audio import heard_hz, tone_note
from tests.e2e.test_lips import confirmed
from tests.e2e.test_sound_makers import FreeMaker, details, free
from tests.e2e.test_sound_vendors import among, sent
from tests.e2e.test_voices import gone
from tests.fakes import clips
from tests.fakes.clips import make_image, make_voice_note

__all__ = ["free"]
LINE = 'A woman says: "Did you hear it?"'
ASK = f"/generate {LINE} --model scripted-silent --seconds 5 --audio_as reference"
SPEECH = "/v1/text-to-speech/"


@pytest.fixture(scope="module")
def note(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of somebody who speaks, at 440 Hz, as a phone records it."""
    path = tmp_path_factory.mktemp("lent") / "voice-message.ogg"
    at = np.arange(12 * clips.RATE_HZ) / clips.RATE_HZ
    spoken = clips.tone(12.0, hz=440.0) * np.clip(np.sin(2 * np.pi * 3.1 * at) * 1.6, 0, 1)
    samples = (spoken + 0.3 * clips.speechlike(12.0)[: spoken.size]).astype(np.float32)
    with av.open(str(path), "w", format="ogg") as out:
        clips.encode_sound(out, clips.audio_stream(out, "libopus", "mono"), samples)
    return path


def lent(vendor: Any) -> None:
    """One voice was made of what went in, the line was spoken with it, and it was deleted."""
    (sample,) = vendor.samples
    assert abs(heard_hz(sample) - 440) < 3
    (call,) = [call for call in vendor.seen if call.path.startswith(SPEECH)]
    assert call.body["text"] == "Did you hear it?" and "/clone" in call.path
    (deleted,) = [call.path for call in vendor.seen if call.method == "DELETE"]
    assert deleted.rpartition("/")[2] in call.path


async def street_of(stack: AsyncExitStack, folder: Path, patch: pytest.MonkeyPatch, vendor: str) -> Any:
    """A stall beside the scripted vendors, its key in the environment."""
    street = await stack.enter_async_context(open_street(folder, (vendor,)))
    for file in CATALOGUE.glob("*.toml"):
        (street.catalogue_dir / file.name).write_text(file.read_text("utf-8"), "utf-8")
    for name, key in street.keys.items():
        patch.setenv(name, key)
    return street


async def test_on_discord_a_voice_message_lends_its_voice_after_the_member_was_told_and_agreed(
    tmp_path: Path, note: Path, free: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        street = await street_of(stack, tmp_path / "street", monkeypatch, "elevenlabs")
        vendors = street.settings["providers"]
        folder = tmp_path / "bot"
        stage = await stack.enter_async_context(
            open_discord(folder, vendors=vendors, catalogue_dir=street.catalogue_dir)
        )
        said = await stage.ben.write(stage.channel, voice=note, voice_seconds=12.0)
        form = await (await stage.ada.use_on(said, "Use as audio reference")).until(
            lambda one: one.state == "modal"
        )
        prompt, model, how, _ = (place["component"] for place in form.modal["components"])
        assert "scripted-silent" in [option["value"] for option in model["options"]]
        assert "reference" in [option["value"] for option in how["options"]]
        values = {prompt["custom_id"]: LINE, "model": "scripted-silent", how["custom_id"]: "reference"}
        quote = await (await stage.ada.submit(form, values)).answered()
        for words in (
            "A voice is made of your recording by ElevenLabs: it speaks in this clip alone and is deleted",
            "Your 12 s recording → 00:00 to 00:12, wav",
            "Making the voice costs nothing more.",
            "By sending it you confirm that whoever is heard agrees.",
        ):
            assert words in quote.text, quote.text
        vendor = street.stalls["elevenlabs"].vendor
        assert vendor.samples == [] and quote.private
        await (await stage.ada.press(quote.message, "Confirm · 26 credits")).answered()
        assert (await stage.clip()).attachments
        job = await stage.ended(stage.ada)
        await gone(vendor, "clones")
        lent(vendor)
        (kept,) = await stage.app.store.consents_of(job.wallet, limit=10)
        assert (kept.used_as, kept.message) == ("clone", f"message {said.id} of discord:{stage.ben.user.id}")
        assert job.charged == 26 and job.clip is not None and job.clip.voice is not None


async def test_on_telegram_a_voice_note_that_is_answered_lends_its_voice(
    tmp_path: Path, note: Path, free: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        street = await street_of(stack, tmp_path / "street", monkeypatch, "elevenlabs")
        vendors = street.settings["providers"]
        stage = await stack.enter_async_context(
            open_telegram(tmp_path / "bot", vendors=vendors, catalogue_dir=street.catalogue_dir)
        )
        world = stage.telegram.world
        gil = world.person("Gil")
        group = world.group("Radio", gil)
        await stage.allow(group)
        data = await asyncio.to_thread(note.read_bytes)
        voice = world.send(gil, group, "voice", data, duration=12)
        world.say(gil, group, ASK, reply_to=voice)
        quote = await stage.until(group, "is deleted there after it")
        assert "Your 12 s recording" in plain(quote.text)
        world.press(gil, quote, "Confirm")
        await stage.clip(group)
        vendor = street.stalls["elevenlabs"].vendor
        await gone(vendor, "clones")
        lent(vendor)


async def test_kling_speaks_itself_with_the_voice_of_a_recording_beside_a_first_picture(
    tmp_path: Path, note: Path, free: FreeMaker
) -> None:
    async with among(tmp_path, "kling") as (bot, street):
        stage, vendor = bot.stage, street.stalls["kling"].vendor
        face = make_image(tmp_path / "face.jpg", width=1280, height=720)
        ask = f"/generate {LINE} --model kling-2.6 --seconds 5 --audio_as reference"
        files = {"audio": [note], "image": [face]}
        quote = await stage.say(ADA, ask, files=files)
        assert "A voice is made of your recording by Kling" in quote.text
        assert "secret address of this bot" in quote.text
        assert "Making the voice: 1 credit of the price (Kling)" in quote.text, quote.text
        job = await stage.ended((await confirmed(stage, quote)).job)
        assert job.state == "delivered" and job.clip is not None, job
        (order,) = sent(vendor, "/v1/general/custom-voices")[:1]
        assert order["voice_url"].startswith(bot.base)
        (body,) = [call.body for call in vendor.seen if call.path.startswith("/image-to-video/kling-2.6")]
        assert [item["type"] for item in body["contents"]].count("voice") == 1, body
        await gone(vendor, "voices")
        assert (job.plan.credits, job.plan.cost_micro_usd) == (85, 847_000)
        assert job.charged == 85 and "Kling" in await details(stage, job.id)
        # Without the picture it cannot, and says what is missing.
        bare = await stage.say(ADA, ask, files={"audio": [note]})
        assert bare.code == "voice_needs_picture" and "Nothing was charged." in bare.text


async def test_each_reason_why_no_voice_can_be_made_is_a_sentence_before_anything_is_paid(
    tmp_path: Path, note: Path, free: FreeMaker
) -> None:
    short = make_voice_note(tmp_path / "short.ogg", seconds=4)
    padded = make_voice_note(tmp_path / "padded.ogg", seconds=4, silence_before=5, silence_after=5)
    hum = tone_note(tmp_path / "hum" / "note.ogg", hz=440, seconds=12)
    mute = f"/generate {LINE} --model scripted-silent --seconds 5 --audio_as reference --sound off"
    bare = "/generate a boat on a lake --model scripted-silent --seconds 5 --audio_as reference"
    native = f"/generate {LINE} --model scripted-native --seconds 4 --audio_as reference"
    cases: Mapping[str, tuple[str, Path, str]] = {
        "voice_no_line": (bare, note, "put the words in quotation marks"),
        "voice_unheard": (mute, note, "Nobody would be heard in this clip"),
        "voice_too_short": (ASK, short, "at least 10 s, and yours has 4 s"),
        "too_short": (ASK, padded, "at least 10 s are needed"),
        "voice_no_speech": (ASK, hum, "Nobody seems to speak in your recording"),
        "audio_not_taken": (native, note, "takes no recording as reference"),
    }
    async with among(tmp_path, "elevenlabs") as (bot, street):
        vendor = street.stalls["elevenlabs"].vendor
        for code, (ask, file, words) in cases.items():
            heard = await bot.stage.say(ADA, ask, files={"audio": [file]})
            assert heard.code == code and words in heard.text, heard.text
            assert "Nothing was charged." in heard.text
        assert vendor.seen == [] and (bot.stage.orders, await bot.stage.spent()) == (0, 0)


async def answered(stage: Stage, job: str, note: Path, words: str) -> Heard:
    """Somebody answers a clip with a recording that lends its voice."""
    reply = await stage.app.dispatch.submit(
        ADA,
        "lay-sound",
        job,
        {"words": words},
        destination=thread(),
        request_key=f"lent-{job}-{words}",
        attachments={"audio": [Attachment(path=note, name=note.name)]},
    )
    return stage._heard(reply)


async def test_a_clip_that_is_answered_with_a_recording_says_its_words_anew_and_models_tell_who_can(
    tmp_path: Path, note: Path, free: FreeMaker
) -> None:
    async with among(tmp_path, "elevenlabs") as (bot, street):
        stage, vendor = bot.stage, street.stalls["elevenlabs"].vendor
        shown = (await stage.say(ADA, "/models scripted-silent")).text
        assert "words in quotation marks are spoken with a voice that is made of it" in shown, shown
        assert "a voice that is made" not in (await stage.say(ADA, "/models scripted-native")).text
        # Of several models each has to be able to do it: the one that cannot is named.
        two = f"/compare {LINE} --models scripted-silent, scripted-native --audio_as reference"
        mixed = await stage.say(ADA, two, files={"audio": [note]})
        assert mixed.code == "audio_not_taken" and "Scripted Native" in mixed.text
        first = await stage.buy(f"/generate {LINE} --model scripted-silent --seconds 5")
        assert vendor.samples == []
        orders = stage.orders
        quote = await answered(stage, first.id, note, "audio_as=reference")
        assert "A voice is made of your recording by ElevenLabs" in quote.text
        job = await stage.ended((await confirmed(stage, quote)).job)
        assert job.state == "delivered" and stage.orders == orders and stage.clip_of(first.id).exists()
        await gone(vendor, "clones")
        (plain_voice, own) = [call for call in vendor.seen if call.path.startswith(SPEECH)]
        assert "/clone" not in plain_voice.path and "/clone" in own.path
        assert own.body["text"] == plain_voice.body["text"] == "Did you hear it?"
        # Other words stand beside it.
        again = await answered(stage, first.id, note, 'audio_as=reference "Nobody is here."')
        assert again.reply.kind == "quote" and "Price: 1 credit" in again.text, again.text
        nothing = await answered(stage, first.id, note, "audio_as=reference rain on a roof")
        assert nothing.code == "voice_no_line" and len(vendor.samples) == 1
