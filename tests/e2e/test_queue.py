"""Waiting for one's turn: slots of a vendor key, places in the queue, and nobody crowding out the others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.stage import ADA, BEN, open_stage

BUY = "/generate a door slams --model scripted-native --seconds 4"


@pytest.fixture(autouse=True)
def _news_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.work.engine._QUEUE_NEWS_SECONDS", 0.05)


async def test_a_key_with_one_slot_makes_one_clip_after_the_other_and_tells_the_second_its_place(
    tmp_path: Path,
) -> None:
    async with open_stage(tmp_path, concurrent=1) as stage:
        stage.rule("run-ms=600")
        first = await stage.say(ADA, BUY)
        await stage.until(first.job, "polling")
        second = await stage.say(BEN, BUY)
        jobs = [await stage.ended(answer.job) for answer in (first, second)]
        assert [job.state for job in jobs] == ["delivered", "delivered"]
        assert "In the queue, place 1 · Scripted Native" in stage.readings(second.job)
        one, two = stage.tasks
        assert two.created_ms >= one.created_ms + 600, "the second was handed in after the first was made"


async def test_one_members_flood_does_not_make_another_wait_for_all_of_it(tmp_path: Path) -> None:
    async with open_stage(tmp_path, concurrent=1, jobs_at_once=10) as stage:
        flood = await asyncio.gather(
            *(stage.say(ADA, f"/generate wave {n} --model scripted-native --sound off") for n in range(10))
        )
        await stage.until(flood[-1].job, "queued")
        single = await stage.say(BEN, "/generate a pebble --model scripted-native --sound off")
        await stage.ended(single.job)
        prompts = [task.prompt for task in stage.tasks]
        assert prompts.index("a pebble") <= 3, prompts
        for answer in flood:
            await stage.press(ADA, "cancel", answer.job)
            await stage.ended(answer.job)


async def test_many_clips_at_once_are_all_delivered_once_and_paid_once(tmp_path: Path) -> None:
    async with open_stage(tmp_path, jobs_at_once=8) as stage:
        asked = await asyncio.gather(*(stage.say(ADA, f"{BUY} --seed {n}") for n in range(8)))
        jobs = [await stage.ended(answer.job) for answer in asked]
        assert [job.state for job in jobs] == ["delivered"] * 8
        assert all(stage.clip_of(job.id).exists() for job in jobs)
        assert (await stage.spent(), stage.orders) == (320, 8)
