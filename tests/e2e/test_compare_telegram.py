"""A comparison in a Telegram group: each voter is asked in their own chat; forgers get nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.quick_cut import quick_cut
from tests.e2e.telegram_stage import TelegramStage, open_telegram, plain
from tests.fakes.telegram_values import Place, Posted, Someone

MODELS = "scripted-native, scripted-native-lookup"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[TelegramStage]:
    """The bot on Telegram; pictures are not cut."""
    with quick_cut():
        async with open_telegram(tmp_path) as opened:
            yield opened


async def question(stage: TelegramStage, who: Someone, film: Posted, chat: Place) -> Posted:
    """Press Vote under the film and wait for the question in one's own chat."""
    before = max((message.id for message in chat.of_bot()), default=0)
    stage.telegram.world.press(who, film, "Vote")
    return await stage.until(chat, "Which is better", after=before)


async def test_a_comparison_is_shown_blind_voted_on_and_revealed(stage: TelegramStage) -> None:
    world = stage.telegram.world
    ada, ben, cyd = world.person("Ada"), world.person("Ben"), world.person("Cyd")
    group = world.group("Film club", ada, ben, cyd)
    await stage.allow(group)
    world.say(ada, group, f"/compare a fox sings --models {MODELS}")
    offer = await stage.until(group, "Together: 80 credits")
    world.press(ada, offer, "Confirm · 80 credits")
    film = await stage.until(group, lambda m: m.video is not None and "Side by side" in m.text)
    ears = await stage.until(group, lambda m: m.video is not None and "For ears only" in m.text)
    assert film.id > ears.id, "what to vote with stands last"
    await stage.until(group, "the vote is open")
    said = "\n".join(text for message in group.of_bot() if message.id > offer.id for text in message.texts)
    assert "Scripted" not in said, "a model is named before the reveal"
    (contest,) = await stage.app.store.open_contests()

    mine = await question(stage, ada, film, world.private(ada))
    labels = list(mine.labels)
    assert labels[:4] == ["A is better", "B is better", "As good as each other", "Both are bad"]
    forged = mine.button("A is better")["callback_data"]
    world.press(ada, mine, "A is better")
    await stage.until(world.private(ada), "Question 2")
    world.press(ada, mine, "Back")
    await stage.until(world.private(ada), lambda m: any(label.startswith("✓") for label in m.labels))
    world.press(ada, mine, "B is better")
    await stage.until(world.private(ada), "Question 2")

    answer = await world.press(cyd, film, "Vote", data=forged).answer()
    assert "You were not asked this" in answer
    answer = await world.press(cyd, film, "Vote", data=f"press|cast|{contest.id}.oAB0|xxxxxxxxxxxx").answer()
    assert "does nothing" in answer or "no longer" in answer
    bens = await question(stage, ben, film, world.private(ben))
    world.press(ben, bens, "B is better")
    await stage.until(world.private(ben), "Question 2")

    stage.clock.jump(25 * 3600)
    stage.app.staging.wake()
    result = await stage.until(group, "The vote is over")
    assert "speech and lips: B 2, A 0" in plain(result.text)
    assert "This vote is closed" in await world.press(cyd, film, "Vote").answer()
    votes = await stage.app.store.ballots(contest.id)
    assert [one.verdict for one in votes] == ["second", "second"]
    world.press(ben, result, "Keep B")
    await stage.settled(
        lambda: any("document" in message.content for message in world.private(ben).of_bot()),
        "the original was not sent",
    )
    # The card is a picture to look at, and its numbers as words below it.
    world.press(ben, result, "Report card")
    await stage.until(world.private(ben), "Clip B (Scripted Native")
    photos = [message for message in world.private(ben).of_bot() if "photo" in message.content]
    assert len(photos) == 1
    await stage.app.blobs.discard_old_scratch("export-", stage.clock.now_ms() + 1)
