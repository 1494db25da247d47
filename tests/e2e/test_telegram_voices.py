"""Voice notes on Telegram, heard and sent on: the words in the prompt, the tone at the vendor."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import ProviderSettings
from tests.e2e.telegram_stage import TelegramStage, open_telegram, plain
from tests.e2e.test_discord_audio import at_the_vendor as at_the_vendor
from tests.e2e.test_discord_audio import heard_hz, tone_note
from tests.fakes.clips import make_voice_note
from tests.fakes.transcribers import ELEVENLABS_KEY, FakeTranscribers

SCRIBE = "elevenlabs-scribe"


async def test_a_bare_voice_note_becomes_the_dialogue_after_its_words_were_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELEVENLABS_API_KEY", ELEVENLABS_KEY)
    async with (
        FakeTranscribers(words="Land a hoy, you old fools.") as ears,
        open_telegram(
            tmp_path,
            vendors={SCRIBE: ProviderSettings(base_url=ears.url)},
            transcribe_with=(SCRIBE,),
        ) as stage,
    ):
        await stage.allow("direct")
        world = stage.telegram.world
        ann = world.person("Ann")
        chat = world.private(ann)
        note = make_voice_note(tmp_path / "note.ogg", seconds=3).read_bytes()
        sent = world.send(ann, chat, "voice", note, duration=3)
        asks = await stage.until(chat, "What is this recording for?")
        assert [label.split(":")[0] for label in asks.labels] == [
            *("Reference", "Voice", "Dialogue", "Soundtrack", "Close")
        ]
        world.press(ann, asks, "Dialogue")
        card = await stage.until(chat, lambda m: m.text.startswith("New clip"))
        world.press(ann, card, "Model")
        await stage.until(chat, "Which model?")
        world.press(ann, card, "Scripted Native ·")
        said = world.say(ann, chat, "An old sailor at the rail")
        card = await stage.until(
            chat,
            lambda m: "“An old sailor at the rail”" in m.text and "Scripted Native" in m.text,
            after=said.id,
        )
        assert "you read them before anything is charged" in card.text
        assert ears.sent == [], "the card shows a price without listening"
        world.press(ann, card, "Generate")
        quote = await stage.until(chat, "Heard in your recording")
        assert "“Land a hoy, you old fools.”" in plain(quote.text)
        assert await stage.jobs(ann) == ()
        world.press(ann, quote, "Change the words")
        form = await stage.until(chat, "What is said in the clip")
        world.press(ann, form, "Words that are spoken")
        ask = await stage.until(chat, lambda m: (m.markup or {}).get("force_reply") is True)
        answer = world.say(ann, chat, "Land ahoy, you old fools!", reply_to=ask)
        form = await stage.until(chat, "What is said in the clip", after=answer.id)
        world.press(ann, form, "Show the price")
        quote = await stage.until(
            chat, lambda m: "“Land ahoy, you old fools!”" in plain(m.text) and bool(m.labels)
        )
        quote = await stage.until(chat, lambda m: "Heard" in m.text and "ahoy" in m.text)
        world.press(ann, quote, "Confirm")
        await stage.clip(chat)
        (order,) = stage.vendor.memory.submits
        assert order["body"]["prompt"] == (
            'An old sailor at the rail. The speaker says: "Land ahoy, you old fools!"'
        )
        assert len(ears.sent) == 1
        (job,) = await stage.jobs(ann)
        (kept,) = await stage.app.store.consents_of(job.wallet, limit=9)
        assert (kept.used_as, kept.message) == ("dialogue", f"message {sent.id} of telegram:{ann.id}")


async def test_the_tone_of_a_voice_note_arrives_and_a_clip_lends_its_picture_to_the_next(
    tmp_path: Path, at_the_vendor: list[bytes]
) -> None:
    async with open_telegram(tmp_path) as stage:
        world = stage.telegram.world
        eve, finn = world.person("Eve"), world.person("Finn")
        group = world.group("Choir", eve, finn)
        await stage.allow(group)

        def tone(hz: float) -> bytes:
            return tone_note(tmp_path / f"{hz:g}.ogg", hz=hz).read_bytes()

        note = world.send(finn, group, "voice", tone(440), duration=4, mime_type="audio/ogg")
        world.say(eve, group, "/generate she hums --model scripted-voice --seconds 4", reply_to=note)
        quote = await stage.until(group, "a plain grey card goes along")
        assert "Your 4 s recording → 00:00 to 00:04, wav" in plain(quote.text)
        assert "whoever is heard agrees" in quote.text
        world.press(eve, quote, "Confirm")
        clip = await stage.clip(group)
        other = world.send(eve, group, "voice", tone(880), duration=4, reply_to=clip)
        quote = await stage.until(group, lambda m: m.reply_to == other.id)
        assert "a still of the clip you answered goes along" in quote.text
        world.press(eve, quote, "Confirm")
        await stage.clip(group, after=other.id)
        assert [round(heard_hz(data) / 10) * 10 for data in at_the_vendor] == [440, 880]
        second, first = await stage.jobs(eve)
        kept = {one.job: one for one in await stage.app.store.consents_of(first.wallet, limit=9)}
        assert kept[first.id].message == f"message {note.id} of telegram:{finn.id}"
        assert kept[second.id].message == f"message {other.id} of telegram:{eve.id}"
        assert {one.person for one in kept.values()} == {f"telegram:{eve.id}"}
        await _pictures_differ(stage)


async def _pictures_differ(stage: TelegramStage) -> None:
    """The card and the still are two pictures, and the vendor could read both."""
    sent = [
        item["data"] if "data" in item else item
        for order in stage.vendor.memory.submits
        for item in order["body"]["inputs"]
        if item["role"] == "reference_image"
    ]
    assert len(sent) == 2 and sent[0] != sent[1]
