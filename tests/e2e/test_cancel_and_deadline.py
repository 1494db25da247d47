"""Stopping a clip, and clips that take longer than they may."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.stage import ADA, BEN, Stage, open_stage, person

BUY = "/generate a door slams --model scripted-native --seconds 4"


async def test_a_clip_that_waits_in_the_queue_is_cancelled_at_once(tmp_path: Path) -> None:
    async with open_stage(tmp_path, concurrent=1) as stage:
        stage.rule("forever")
        first = await stage.say(ADA, BUY)
        await stage.until(first.job, "polling")
        waiting = await stage.say(BEN, BUY)
        async with asyncio.timeout(2):
            answer = await stage.say(BEN, f"/cancel {waiting.job}")
        assert answer.text == f"{waiting.job} is cancelled; its credits are back."
        assert stage.read(waiting.job) == "Cancelled.\nYou were not charged."
        assert stage.orders == 1
        assert await stage.spent(BEN) == 0
        assert (await stage.press(ADA, "cancel", first.job)).text.endswith("its credits are back.")
        assert await stage.spent(ADA) == 0


async def test_a_running_clip_is_cancelled_where_the_vendor_confirms(stage: Stage) -> None:
    stage.rule("forever")
    asked = await stage.say(ADA, BUY)
    await stage.until(asked.job, "polling")
    answer = await stage.press(ADA, "cancel", asked.job)
    assert answer.text == f"{asked.job} is cancelled; its credits are back."
    assert stage.read(asked.job) == "Cancelled.\nYou were not charged."
    assert stage.message(asked.job).buttons == []
    assert stage.tasks[0].cancelled_ms
    assert await stage.spent() == 0
    assert (await stage.say(ADA, f"/cancel {asked.job}")).text == f"{asked.job} has already ended."


@pytest.mark.parametrize("fault", ["cancel-409", "cancel-500"])
async def test_a_clip_that_the_vendor_will_not_stop_comes_and_is_charged(stage: Stage, fault: str) -> None:
    stage.rule(fault, "run-ms=1500")
    asked = await stage.say(ADA, BUY)
    await stage.until(asked.job, "polling")
    answer = await stage.press(ADA, "cancel", asked.job)
    assert (await stage.job(asked.job)).state == "polling", "nobody waits for the clip to hear this"
    assert answer.text == f"Too late for {asked.job}: it will come and be charged."
    job = await stage.ended(asked.job)
    assert job.state == "delivered"
    assert stage.clip_of(job.id).exists()
    assert await stage.spent() == 40


async def test_a_clip_that_is_being_handed_in_is_cancelled_as_soon_as_the_vendor_has_it(
    stage: Stage,
) -> None:
    stage.rule("slow-answer=500", "forever")
    asked = await stage.say(ADA, BUY)
    await stage.until(asked.job, "submitting")
    answer = await stage.press(ADA, "cancel", asked.job)
    assert answer.text == f"{asked.job} is cancelled; its credits are back."
    assert stage.tasks[0].cancelled_ms
    assert await stage.spent() == 0


async def test_a_finished_clip_cannot_be_cancelled_any_more(stage: Stage) -> None:
    job = await stage.buy(BUY)
    assert (await stage.say(ADA, f"/cancel {job.id}")).text == f"{job.id} has already ended."
    assert await stage.spent() == 40


async def test_nobody_cancels_the_clip_of_somebody_else_but_an_admin_of_the_server(stage: Stage) -> None:
    stage.rule("forever")
    asked = await stage.say(ADA, BUY)
    await stage.until(asked.job, "polling")
    for stranger in (BEN, person("eve", server="discord:200", admin=True)):
        answer = await stage.press(stranger, "cancel", asked.job)
        assert answer.code == "no_such_job"
    assert (await stage.job(asked.job)).state == "polling"
    assert stage.vendor.memory.calls["cancel"] == 0
    admin = person("may", admin=True)
    assert "is cancelled" in (await stage.press(admin, "cancel", asked.job)).text


async def test_a_clip_past_its_deadline_gives_the_credits_back_and_comes_late_for_free_once(
    stage: Stage,
) -> None:
    stage.rule("run-ms=1500")
    asked = await stage.say(ADA, BUY)
    await stage.until(asked.job, "polling")
    stage.clock.jump(61)
    await stage.until(asked.job, "late")
    assert "It took too long, so 40 credits came back; if the clip still comes, it is free." in stage.read(
        asked.job
    )
    assert await stage.spent() == 0
    job = await stage.ended(asked.job)
    assert (job.state, job.charged, job.money) == ("delivered", 0, "released")
    assert "It came after its time limit, so it is free." in stage.read(job.id)
    assert stage.clip_of(job.id).exists()
    assert len(stage.message(job.id).deliveries) == 1
    assert await stage.spent() == 0
    assert await stage.booked_usd() == Decimal("0.40")
    assert stage.orders == 1


async def test_a_clip_that_never_comes_is_given_up_in_the_end_and_says_so(stage: Stage) -> None:
    stage.rule("forever")
    asked = await stage.say(ADA, BUY)
    await stage.until(asked.job, "polling")
    stage.clock.jump(61)
    row = await stage.until(asked.job, "late")
    stage.clock.jump(row.plan.keep_seconds + 1)
    job = await stage.ended(asked.job)
    assert job.state == "released"
    assert stage.read(job.id) == (
        "Scripted Native never finished the clip, so it was given up.\nYou were not charged."
    )
    assert await stage.spent() == 0


@pytest.mark.parametrize("fault", ["", "cancel-409"])
async def test_a_late_clip_can_still_be_stopped_and_is_free_either_way(stage: Stage, fault: str) -> None:
    stage.rule("forever", *filter(None, [fault]))
    asked = await stage.say(ADA, BUY)
    await stage.until(asked.job, "polling")
    stage.clock.jump(61)
    await stage.until(asked.job, "late")
    answer = await stage.say(ADA, f"/cancel {asked.job}")
    if fault:
        assert answer.text == (
            f"{asked.job} took too long: its credits are back already, and if it still comes, it is free."
        )
    else:
        assert answer.text == f"{asked.job} is cancelled; its credits are back."
        assert stage.read(asked.job) == "Cancelled.\nYou were not charged."
    assert await stage.spent() == 0


async def test_a_late_clip_frees_the_slot_of_its_vendor_key(tmp_path: Path) -> None:
    async with open_stage(tmp_path, concurrent=1) as stage:
        stage.rule("forever")
        stuck = await stage.say(ADA, BUY)
        await stage.until(stuck.job, "polling")
        waiting = await stage.say(BEN, BUY)
        stage.clock.jump(61)
        assert (await stage.ended(waiting.job)).state == "delivered"
        assert (await stage.job(stuck.job)).state == "late"
        assert (await stage.spent(ADA), await stage.spent(BEN)) == (0, 40)
