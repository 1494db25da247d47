"""The same wish on several models: one price, one hold, blind clips, votes, names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.compare import Contest
from bot.core.model import Actor
from tests.e2e.stage import ADA, BEN, Heard, Stage, open_stage, person

CY = person("cy")
THREE = "/compare a fox sings --models scripted-native, scripted-native-lookup, scripted-native-blind"
TWO = "/compare a fox sings --models scripted-native, scripted-native-lookup"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A whole bot."""
    async with open_stage(tmp_path) as opened:
        yield opened


async def begun(stage: Stage, words: str = THREE, who: Actor = ADA) -> str:
    """A comparison that was confirmed; returns its id."""
    quote = await stage.say(who, words)
    reply = (await stage.press(who, "confirm", quote.quote)).reply
    assert "contest" in reply.facts, reply
    return str(reply.facts["contest"])


async def until(stage: Stage, id: str, state: str, *, seconds: float = 60.0) -> Contest:
    """Wait until a comparison is so far."""
    async with asyncio.timeout(seconds):
        while True:
            contest = await stage.app.store.contest(id)
            assert contest is not None
            if contest.state == state:
                return contest
            assert contest.state not in ("revealed", "closed"), contest
            await asyncio.sleep(0.02)


async def answer(stage: Stage, who: Actor, heard: Heard, verdict: int = 0) -> Heard:
    """Press one of the four answers of a question."""
    casts = [button for button in heard.reply.buttons if button.action == "cast"]
    return await stage.press(who, "cast", casts[verdict].target)


async def put_away(stage: Stage) -> None:
    """What was handed over is gone within the hour."""
    await stage.app.blobs.discard_old_scratch("export-", stage.clock.now_ms() + 1)


async def test_models_are_quoted_held_shown_blind_voted_on_and_named(stage: Stage) -> None:
    quote = await stage.say(ADA, TWO)
    assert "2 models, the same wish, 4 s each" in quote.text
    assert quote.text.count("40 credits") == 2
    assert "Together: 80 credits" in quote.text
    assert await stage.spent() == 0
    id = str((await stage.press(ADA, "confirm", quote.quote)).reply.facts["contest"])
    contest = await until(stage, id, "voting")
    shown = [message for message in stage.chat.messages.values() if message.media]
    assert [message.nonce.split(".")[1] for message in shown] == ["A", "B", "ears", "film"]
    assert len({message.media[0].size_bytes for message in shown[:2]}) == 1
    said = "\n".join(text for message in stage.chat.messages.values() for text in message.texts)
    assert "Scripted" not in said
    assert await stage.spent() == 80
    card = (await stage.press(BEN, "card", id)).reply
    assert card.file is not None and card.file.seen
    assert card.file.path.read_bytes().startswith(b"\x89PNG")
    assert "Scripted" not in str(card.lines) and "card.cost" not in str(card.lines)
    await put_away(stage)
    for who in (ADA, BEN, CY):
        heard = await stage.press(who, "vote", id)
        while heard.reply.facts.get("answered") is None:
            heard = await answer(stage, who, heard)
    stage.clock.jump(24 * 3600 + 1)
    stage.app.staging.wake()
    contest = await until(stage, id, "revealed")
    (result,) = [m for m in stage.chat.messages.values() if m.nonce == f"{id}.result"]
    for leg in contest.legs:
        assert f"{leg.letter} = {leg.model_name} · 40 credits" in result.text.replace("\u00a0", " ")
    assert [button["action"] for button in result.buttons] == ["keep"] * 2 + ["card"]
    kept = await stage.press(BEN, "keep", f"{id}.A")
    assert kept.reply.file is not None
    job = await stage.job(contest.legs[0].job)
    assert job.clip is not None
    assert kept.reply.file.path == stage.app.blobs.path(job.clip.original or job.clip.blob)
