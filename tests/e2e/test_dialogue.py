"""A voice note whose words are spoken in the clip: heard, shown, put right, bought; and who pays what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.settings import ProviderSettings
from tests.e2e.stage import ADA, BEN, Stage, open_stage, person
from tests.e2e.talkreel import Talkreel
from tests.e2e.test_compare import until
from tests.fakes.clips import make_voice_note
from tests.fakes.transcribers import BROKE_KEY, ELEVENLABS_KEY, OPENAI_KEY, FakeTranscribers
from tests.fakes.vendor import FakeVendor

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPEAK = "/generate An old sailor at the rail --model scripted-native --seconds 4 --audio_as dialogue"
SCRIBE, OPENAI = "elevenlabs-scribe", "openai-transcribe"


def vendors(fake: FakeTranscribers) -> dict[str, ProviderSettings]:
    """Where the two transcribers are."""
    return {
        SCRIBE: ProviderSettings(base_url=fake.url),
        OPENAI: ProviderSettings(base_url=f"{fake.url}/v1"),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service() -> AsyncIterator[FakeTranscribers]:
    """Both transcribers, listening."""
    async with FakeTranscribers() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, service: FakeTranscribers) -> AsyncIterator[Stage]:
    """A bot that has a key for one of them; most tests share it."""
    keys = {"ELEVENLABS_API_KEY": ELEVENLABS_KEY}
    order: dict[str, Any] = {"transcribe_with": (SCRIBE,)}
    async with open_stage(
        tmp_path_factory.mktemp("dialogue"), vendors=vendors(service), keys=keys, **order
    ) as opened:
        # Keys are read before the guard of each test takes them away.
        assert all(
            map(
                opened.app.registry.has_key,
                (SCRIBE, *(f"scripted-{route}" for route in ("key", "lookup", "blind"))),
            )
        )
        yield opened


@pytest.fixture
def ears(service: FakeTranscribers) -> FakeTranscribers:
    """As if nobody had asked yet."""
    service.words, service.fault = "Land ahoy, you old fools.", ""
    service.sent.clear()
    return service


@pytest.fixture
def stage(house: Stage, ears: FakeTranscribers) -> Stage:
    """As if nothing had been ordered yet."""
    house.vendor.memory.submits.clear()
    return house


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """A voice note as phones record it, with a pause before the first word."""
    return make_voice_note(tmp_path / "note.ogg", seconds=3, silence_before=2)


async def test_what_was_heard_is_shown_can_be_put_right_and_is_what_the_vendor_gets(
    stage: Stage, ears: FakeTranscribers, note: Path
) -> None:
    answer = await stage.say(ADA, SPEAK, files={"audio": [note]})
    assert "Heard in your recording: “Land ahoy, you old fools.”" in answer.text
    assert "whoever is heard agrees" in answer.text
    assert stage.orders == 0
    (sent,) = ears.sent
    assert (sent.mime, sent.form["model_id"]) == ("audio/wav", "scribe_v2")
    assert 2.9 < sent.seconds < 3.5, "the silence at the ends is nobody's words"
    assert [button.action for button in answer.reply.buttons] == ["confirm", "words", "dismiss"]
    form = await stage.press(ADA, "words", answer.quote)
    assert form.reply.form is not None
    assert form.reply.form.fields[0].value == "Land ahoy, you old fools."
    changed = await stage.submit(ADA, form, words='Land ahoy, you "old" fools')
    assert "“Land ahoy, you 'old' fools”" in changed.text
    assert (await stage.press(ADA, "confirm", answer.quote)).code == "pending_gone"
    job = await stage.ended((await stage.press(ADA, "confirm", changed.quote)).job)
    assert job.state == "delivered" and len(ears.sent) == 1, "it is heard once"
    (order,) = stage.vendor.memory.submits
    prompt = "An old sailor at the rail. The speaker says: \"Land ahoy, you 'old' fools\""
    assert order["body"]["prompt"] == prompt and not order["body"].get("inputs")
    kept = {one.job: one.used_as for one in await stage.app.store.consents_of(job.wallet, limit=9)}
    assert kept[job.id] == "dialogue"
    # Once more needs no recording, no ears and no question.
    again = await stage.press(ADA, "again", job.id)
    assert "Said in it: “Land ahoy, you 'old' fools”" in again.text
    await stage.ended(again.job)
    assert [one["body"]["prompt"] for one in stage.vendor.memory.submits] == [prompt] * 2
    assert len(ears.sent) == 1


async def test_a_transcript_is_the_operators_to_pay_and_stands_in_the_books(stage: Stage, note: Path) -> None:
    before, spent = await stage.booked_usd(), await stage.spent()
    await stage.say(ADA, SPEAK, files={"audio": [note]})
    # Three seconds and a bit at 0.0000612 USD; the stage proves at its end that the books are right.
    assert Decimal("0.00018") <= await stage.booked_usd() - before <= Decimal("0.00022")
    assert await stage.spent() == spent


async def test_whoever_cannot_pay_for_the_clip_costs_the_operator_no_transcript(
    stage: Stage, ears: FakeTranscribers, note: Path
) -> None:
    elsewhere = person("cyd", server="discord:999")
    before = await stage.booked_usd()
    answer = await stage.say(elsewhere, SPEAK, files={"audio": [note]})
    assert answer.code == "no_allotment" and ears.sent == []
    assert await stage.booked_usd() == before


async def test_a_form_of_somebody_elses_quote_stays_shut(stage: Stage, note: Path) -> None:
    answer = await stage.say(ADA, SPEAK, files={"audio": [note]})
    assert (await stage.press(BEN, "words", answer.quote)).code == "not_your_offer"
    assert (await stage.press(ADA, "words", answer.quote)).reply.kind == "form"


async def test_a_recording_without_words_is_refused_and_costs_nothing(
    stage: Stage, ears: FakeTranscribers, note: Path
) -> None:
    ears.words = ""
    answer = await stage.say(ADA, SPEAK, files={"audio": [note]})
    assert answer.code == "no_words" and answer.text.endswith("Nothing was charged.")
    hushed = make_voice_note(note.with_name("hushed.ogg"), seconds=0, silence_before=4)
    assert (await stage.say(ADA, SPEAK, files={"audio": [hushed]})).code == "silent"
    assert len(ears.sent) == 1, "what is silent is not sent anywhere"


@pytest.mark.parametrize(
    ("keys", "fault", "asked", "code"),
    [
        # The first has no money left: the second is asked, and only what it did stands in the books.
        ({"ELEVENLABS_API_KEY": BROKE_KEY, "OPENAI_API_KEY": OPENAI_KEY}, "", [OPENAI], ""),
        ({"ELEVENLABS_API_KEY": ELEVENLABS_KEY, "OPENAI_API_KEY": OPENAI_KEY}, "500", [], "not_heard"),
    ],
)
async def test_the_operators_order_is_followed_and_whoever_fails_is_passed_over(
    keys: dict[str, str],
    fault: str,
    asked: list[str],
    code: str,
    tmp_path: Path,
    ears: FakeTranscribers,
    note: Path,
) -> None:
    ears.fault = fault
    order: dict[str, Any] = {"transcribe_with": (SCRIBE, OPENAI)}
    async with open_stage(tmp_path, vendors=vendors(ears), keys=keys, **order) as stage:
        answer = await stage.say(ADA, SPEAK, files={"audio": [note]})
        if code:
            assert answer.code == code and answer.text.endswith("Nothing was charged.")
        else:
            assert "Land ahoy" in answer.text
        paths = {SCRIBE: "/v1/speech-to-text", OPENAI: "/v1/audio/transcriptions"}
        assert [sent.path for sent in ears.sent] == [paths[one] for one in asked]
        booked = await stage.booked_usd()
        # Nobody knows whether a call that got no answer is billed: it stays booked.
        assert booked > 0
        if asked == [OPENAI]:
            assert booked < Decimal("0.0004")


async def test_without_ears_it_is_not_offered_and_the_refusal_names_what_helps(
    stage: Stage, tmp_path: Path, note: Path
) -> None:
    assert "reference, voice, dialogue or soundtrack" in (await stage.say(ADA, "/help generate")).text
    async with open_stage(tmp_path, transcribe_with=(SCRIBE, OPENAI)) as deaf:
        answer = await deaf.say(ADA, SPEAK, files={"audio": [note]})
        assert answer.code == "no_transcriber" and answer.text.endswith("Nothing was charged.")
        assert "or set ELEVENLABS_API_KEY or OPENAI_API_KEY" in answer.text
        assert "reference, voice or soundtrack" in (await deaf.say(ADA, "/help generate")).text


async def test_a_word_that_no_prompt_may_hold_is_found_in_a_recording_too(
    stage: Stage, ears: FakeTranscribers, note: Path
) -> None:
    server = await stage.app.store.server(ADA.server)
    await stage.app.store.save_server(replace(server, settings={**server.settings, "words": ["fools"]}))
    answer = await stage.say(ADA, SPEAK, files={"audio": [note]})
    await stage.app.store.save_server(server)
    assert answer.code == "word_not_allowed" and len(ears.sent) == 1


async def test_compared_models_all_say_the_same_words_which_are_heard_once(
    stage: Stage, ears: FakeTranscribers, note: Path
) -> None:
    asked = "/compare An old sailor --models scripted-native, scripted-native-lookup --audio_as dialogue"
    answer = await stage.say(ADA, asked, files={"audio": [note]})
    assert answer.text.count("“Land ahoy, you old fools.”") == 2 and "whoever is heard agrees" in answer.text
    assert [button.action for button in answer.reply.buttons] == ["confirm", "words", "dismiss"]
    form = await stage.press(ADA, "words", answer.quote)
    assert form.reply.form is not None
    assert form.reply.form.fields[0].value == "Land ahoy, you old fools."
    changed = await stage.submit(ADA, form, words="Land ahoy, dear fools.")
    assert changed.text.count("“Land ahoy, dear fools.”") == 2 and "whoever is heard agrees" in changed.text
    assert (await stage.press(ADA, "confirm", answer.quote)).code == "pending_gone" and stage.orders == 0
    begun = await stage.press(ADA, "confirm", changed.quote)
    assert begun.reply.kind == "notice", begun.text
    jobs = await stage.app.store.open_jobs()
    await until(stage, str(begun.reply.facts["contest"]), "voting")
    assert len(ears.sent) == 1 and len(stage.vendor.memory.submits) == 2
    assert all('"Land ahoy, dear fools."' in one["body"]["prompt"] for one in stage.vendor.memory.submits)
    kept = await stage.app.store.consents_of(jobs[0].wallet, limit=2)
    assert {(one.job, one.used_as) for one in kept} == {(job.id, "dialogue") for job in jobs}


async def test_the_command_line_prints_what_was_heard_and_takes_other_words_for_it(
    ears: FakeTranscribers, note: Path, tmp_path: Path
) -> None:
    async with FakeVendor() as vendor:
        settings = {
            "ELEVENLABS_API_KEY": ELEVENLABS_KEY,
            "TALKREEL_TRANSCRIBE_WITH": json.dumps([SCRIBE]),
            "TALKREEL_PROVIDERS__ELEVENLABS_SCRIBE__BASE_URL": ears.url,
        }
        shop = Talkreel(tmp_path, settings).sells(vendor.url)
        asked = ("An old sailor", "--model", "scripted-native", "--seconds", "4", "--words", "Dear fools.")
        alone = await asyncio.to_thread(shop.run, "generate", *asked)
        assert alone.status == 1 and "--words stands for what is heard" in alone.err[0] and not ears.sent
        heard = ("--audio", str(note), "--audio-as", "dialogue", "--yes")
        said = await asyncio.to_thread(shop.run, "generate", *asked, *heard)
        assert said.status == 0, said.err
        told = "\n".join(said.err)
        assert "“Land ahoy, you old fools.”" in told and "“Dear fools.”" in told and len(ears.sent) == 1
        (order,) = vendor.memory.submits
        assert order["body"]["prompt"] == 'An old sailor. The speaker says: "Dear fools."'
