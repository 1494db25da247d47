"""Comparisons in chats that take less than they said, lose messages, or take nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import Forbidden, MediaRefused, TooLarge
from bot.media.worker import MediaWorker
from tests.e2e.discord_stage import open_discord
from tests.e2e.quick_cut import four_models, quick_cut
from tests.e2e.stage import ADA, Stage, open_stage
from tests.e2e.test_compare import TWO, begun, until
from tests.fakes.chat import FakeChat
from tests.fakes.vendor import FakeVendor


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A whole bot that does not cut pictures."""
    with quick_cut():
        async with open_stage(tmp_path, catalogue=four_models(tmp_path / "catalogue")) as opened:
            yield opened


async def test_a_vote_ends_on_time_though_the_bot_was_away(tmp_path: Path) -> None:
    with quick_cut():
        async with FakeVendor() as vendor, FakeChat(media_dir=tmp_path / "chat") as chat:
            async with open_stage(tmp_path, vendor=vendor, chat=chat) as before:
                id = await begun(before, f"{TWO} --hours 2")
                await until(before, id, "voting")
            before.clock.jump(7300)
            async with open_stage(tmp_path, vendor=vendor, chat=chat, clock=before.clock) as stage:
                contest = await until(stage, id, "revealed")
                assert contest.revealed_ms - contest.closes_ms < 300_000
                assert len([m for m in chat.messages.values() if m.nonce == f"{id}.result"]) == 1


async def test_a_message_that_somebody_deletes_is_sent_anew(stage: Stage) -> None:
    stage.rule("run-ms=600", uses=2)
    id = await begun(stage, TWO)

    async def both_greeted() -> bool:
        return len([m for m in stage.chat.messages.values() if m.nonce.startswith(id)]) == 2

    await soon(both_greeted)
    next(m for m in stage.chat.messages.values() if m.nonce.startswith(id)).deleted = True
    contest = await until(stage, id, "voting")
    assert contest.gone == 1
    shown = [message for message in stage.chat.messages.values() if message.media and not message.deleted]
    assert sorted(message.nonce.split(".")[1] for message in shown) == ["A", "B", "ears", "film"]


async def test_a_chat_that_takes_less_than_it_said_gets_all_of_them_smaller(stage: Stage) -> None:
    refused: list[int] = []
    deliver = stage.outbox.deliver

    async def picky(to: Any, message: str, reply: Any) -> None:
        if not refused:
            refused.append(1)
            raise TooLarge(3_000_000)
        await deliver(to, message, reply)

    stage.outbox.deliver = picky  # type: ignore[method-assign]
    id = await begun(stage, TWO)
    contest = await until(stage, id, "voting")
    assert contest.limit_bytes == 3_000_000
    assert await stage.spent() == 80


async def test_without_a_film_the_clips_are_voted_on_and_without_copies_they_are_handed_over(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def damaged(*_: Any, **__: Any) -> None:
        raise MediaRefused("damaged")

    monkeypatch.setattr(MediaWorker, "film", damaged)
    id = await begun(stage, TWO)
    await until(stage, id, "voting")
    (film,) = [m for m in stage.chat.messages.values() if m.nonce == f"{id}.film"]
    assert film.text.startswith("The film could not be put together")
    assert "vote" in [button["action"] for button in film.buttons]
    monkeypatch.setattr(MediaWorker, "copies", damaged)
    other = await begun(stage, TWO)
    contest = await until(stage, other, "closed")
    assert contest.outcome == "cannot_copy"
    handed = [m for m in stage.chat.messages.values() if m.nonce.startswith(other) and m.media]
    assert len(handed) == 2 and all("Scripted Native" in message.text for message in handed)


async def test_where_the_bot_may_not_write_nothing_is_bought(stage: Stage) -> None:
    async def closed(*_: Any, **__: Any) -> str:
        raise Forbidden

    stage.rule("run-ms=2000", uses=2)
    stage.outbox.placeholder = closed  # type: ignore[method-assign]
    id = await begun(stage, TWO)
    contest = await until(stage, id, "closed")
    assert contest.outcome == "cannot_post"
    for leg in contest.legs:
        await stage.ended(leg.job)
    assert await stage.spent() == 0
    assert any("may not write" in stage.wording.say(notice.lines[0]) for notice in stage.outbox.notices)


async def test_a_leg_that_comes_too_late_is_free_and_waits_in_the_history(stage: Stage) -> None:
    stage.rule("run-ms=2500", uses=1, nth=1)
    id = await begun(stage, f"{TWO}, scripted-second")

    async def two_are_there() -> bool:
        rows = [await stage.job(job.id) for job in await stage.app.store.jobs_of(wallet, limit=3)]
        return sum(row.state == "delivered" for row in rows) == 2

    wallet = await stage.app.store.wallet(ADA.person.key, ADA.person.name)
    await soon(two_are_there)
    stage.clock.jump(120)
    contest = await until(stage, id, "voting")
    (late,) = [leg for leg in contest.legs if leg.outcome == "late"]
    job = await stage.ended(late.job)
    assert (job.state, job.outcome, job.charged) == ("undelivered", "kept_late_leg", 0)
    assert await stage.spent() == 80
    told = [stage.wording.say(notice.lines[0]) for notice in stage.outbox.notices]
    assert any("came too late to be shown with the others" in one for one in told)
    history = await stage.say(ADA, "/history")
    assert any(button.action == "show" for button in history.reply.buttons)


async def soon(true: Callable[[], Awaitable[object]]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(30):
        while True:
            if await true():
                return
            await asyncio.sleep(0.02)


async def test_a_comparison_on_discord_opens_one_thread_for_all_its_clips(tmp_path: Path) -> None:
    with quick_cut():
        async with open_discord(tmp_path) as stage:
            await stage.setting(thread_per_request=True)
            models = "scripted-native, scripted-native-lookup"
            offer = await stage.ada.ask(stage.channel, "compare", prompt="a fox sings", models=models)
            await (await stage.ada.press(offer.message, "Confirm · 80 credits")).answered()

            async def voting() -> bool:
                return any(one.state == "voting" for one in await stage.app.store.open_contests())

            await soon(voting)
            heads = [
                m for m in stage.discord.world.in_channel(stage.channel.id) if stage.discord.thread_on(m)
            ]
            assert len(heads) == 1
            thread = stage.discord.thread_on(heads[0])
            assert thread is not None
            shown = [m for m in stage.discord.world.in_channel(thread.id) if m.attachments]
            assert len(shown) == 4
