"""A comparison on Discord: placeholders become clips, three people vote, one twice, one late, one forges."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.compare import Contest
from tests.e2e.discord_stage import DiscordStage, open_discord
from tests.e2e.quick_cut import quick_cut
from tests.fakes.discord import Exchange, Member
from tests.fakes.discord_world import Message

MODELS = "scripted-native, scripted-native-lookup, scripted-native-blind"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[DiscordStage]:
    """The bot on a fake Discord; pictures are not cut."""
    with quick_cut():
        async with open_discord(tmp_path) as opened:
            yield opened


async def contest_of(stage: DiscordStage, state: str) -> Contest:
    """Wait until the one comparison there is is so far."""
    async with asyncio.timeout(30):
        while True:
            job = await stage.job_of(stage.ada)
            contest = await stage.app.store.contest(job.request_key.split(":")[1])
            assert contest is not None
            if contest.state == state:
                return contest
            await asyncio.sleep(0.02)


def messages(stage: DiscordStage) -> list[Message]:
    """What the bot wrote into the channel, oldest first."""
    return stage.discord.world.in_channel(stage.channel.id)


async def vote(who: Member, film: Message) -> Exchange:
    """Press Vote under the film."""
    return await (await who.press(film, "Vote")).answered()


async def test_a_comparison_is_shown_blind_voted_on_and_revealed(stage: DiscordStage) -> None:
    offer = await stage.ada.ask(stage.channel, "compare", prompt="a fox sings", models=MODELS)
    assert "Together: 120 credits" in offer.text and offer.private
    begun = await (await stage.ada.press(offer.message, "Confirm · 120 credits")).answered()
    assert "shown together when the last one is there" in begun.text
    contest = await contest_of(stage, "voting")
    shown = [message for message in messages(stage) if message.attachments]
    assert len(shown) == 5
    names = [str(message.attachments[0]["filename"]) for message in shown]
    assert names == [f"talkreel-{contest.id}-{x}.mp4" for x in ("A", "B", "C", "e", "f")]
    everything = "\n".join(stage.discord.readings(stage.channel))
    assert "Scripted" not in everything, "a model is named before the reveal"
    film = next(message for message in shown if "Side by side" in message.content)

    first = await vote(stage.ada, film)
    assert first.private and "Which is better" in first.text
    one, _, tie, *_ = first.message.buttons()
    (_, forged) = tie
    done = await (await stage.ada.press(first.message, one[0])).answered()
    assert done.message.id == first.message.id, "the next question stands in the same place"
    back = await (await stage.ada.press(done.message, "Back")).answered()
    assert any(label.startswith("✓") for label, _ in back.message.buttons())
    again = [label for label, _ in back.message.buttons()][1]
    await (await stage.ada.press(back.message, again)).answered()

    other = await (await stage.ben.press(film, "", custom_id=forged)).answered()
    assert "You were not asked this" in other.text
    bens = await vote(stage.ben, film)
    await (await stage.ben.press(bens.message, bens.message.buttons()[0][0])).answered()

    stage.jump(25 * 3600)
    stage.app.staging.wake()
    await contest_of(stage, "revealed")
    late = await vote(stage.admin, film)
    assert "This vote is closed" in late.text
    votes = await stage.app.store.ballots(contest.id)
    assert len(votes) == 2, "one answer of each of two people"
    result = messages(stage)[-1]
    assert "Scripted Native Lookup · 40 credits" in result.content.replace("\u00a0", " ")
    kept = await (await stage.ben.press(result, "Keep A")).answered()
    assert kept.private and kept.message.attachments
    card = await (await stage.ben.press(result, "Report card")).answered()
    assert card.private and "Clip A (Scripted Native" in card.text and "Loudness" in card.text
    (picture,) = card.message.attachments
    assert str(picture["filename"]).endswith("-card.png") and picture["description"] == "Report card"
    board = await stage.say("/leaderboard")
    assert "Nothing is ranked yet" in board
