"""Nothing is bought twice: what happens when the answer to a submit is lost, by the vendor's character."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.stage import ADA, BEN, Stage, open_stage
from tests.fakes.vendor import FakeVendor

LOST = ["lost-500", "lost-cut", "lost-hang", "lost-garbage", "lost-half"]


def buy(ending: str = "", *, prompt: str = "a door slams") -> str:
    """A clip of 40 credits at the vendor of this character."""
    return f"/generate {prompt} --model scripted-native{ending} --seconds 4"


@pytest.mark.parametrize("fault", LOST)
async def test_a_vendor_that_knows_our_key_is_asked_again_and_makes_one_clip(
    stage: Stage, fault: str
) -> None:
    stage.rule(fault)
    job = await stage.buy(buy())
    assert job.state == "delivered"
    assert (stage.orders, len(stage.tasks)) == (2, 1)
    assert await stage.spent() == 40
    assert await stage.booked_usd() == Decimal("0.40")


@pytest.mark.parametrize("fault", LOST)
async def test_a_vendor_that_can_be_looked_at_is_looked_at_and_never_asked_twice(
    stage: Stage, fault: str
) -> None:
    stage.rule(fault)
    job = await stage.buy(buy("-lookup"))
    assert job.state == "delivered"
    assert (stage.orders, len(stage.tasks)) == (1, 1)
    assert stage.vendor.memory.calls["list"] == 1
    assert await stage.spent() == 40
    assert any(
        "looking whether it started, so that nothing is bought twice" in text
        for text in stage.readings(job.id)
    )


@pytest.mark.parametrize("fault", LOST)
async def test_a_blind_vendor_is_given_up_and_the_operator_told(stage: Stage, fault: str) -> None:
    stage.rule(fault)
    job = await stage.buy(buy("-blind"))
    assert stage.read(job.id) == (
        "It could not be confirmed that Scripted Native Blind started, so the clip was given up; "
        "ask again if you still want it.\nYou were not charged."
    )
    assert (stage.orders, len(stage.tasks)) == (1, 1)
    assert await stage.spent() == 0
    assert await stage.booked_usd() == Decimal("0.40"), "it may appear on the bill"
    (note,) = await stage.notes()
    assert note == (
        f"scripted-blind did not confirm the start of {job.id} (Scripted Native Blind); it was given up "
        "and its credits went back, but up to $0.40 may appear on your bill."
    )


async def test_a_list_that_lags_is_looked_at_again(stage: Stage) -> None:
    stage.rule("lost-cut", "list-miss")
    job = await stage.buy(buy("-lookup"))
    assert job.state == "delivered"
    assert stage.vendor.memory.calls["list"] == 2
    assert (stage.orders, await stage.spent()) == (1, 40)


async def test_a_job_that_is_in_no_list_is_given_up_and_never_asked_for_again(stage: Stage) -> None:
    stage.rule("submit-cut")
    job = await stage.buy(buy("-lookup"))
    assert (job.state, job.outcome) == ("released", "outcome_unknown")
    assert stage.vendor.memory.calls["list"] == 3
    assert (stage.orders, len(stage.tasks)) == (1, 0)
    assert (await stage.spent(), await stage.booked_usd()) == (0, Decimal("0.40"))
    assert len(await stage.notes()) == 1


async def test_a_refusal_after_a_lost_answer_proves_nothing_and_is_not_believed(stage: Stage) -> None:
    stage.rule("submit-500*1", "submit-402*1", uses=2)
    job = await stage.buy(buy())
    assert job.state == "delivered"
    assert (stage.orders, len(stage.tasks)) == (3, 1)
    assert await stage.spent() == 40


async def test_two_members_with_the_same_lost_wish_get_one_clip_each(stage: Stage) -> None:
    stage.rule("lost-cut", uses=2)
    asked = await asyncio.gather(stage.say(ADA, buy("-lookup")), stage.say(BEN, buy("-lookup")))
    jobs = [await stage.ended(answer.job) for answer in asked]
    assert [job.state for job in jobs] == ["delivered", "delivered"]
    assert len({job.ticket for job in jobs}) == 2
    assert stage.orders == len(stage.tasks) == 2
    assert (await stage.spent(ADA), await stage.spent(BEN)) == (40, 40)


async def test_two_members_with_the_same_lost_wish_and_a_single_task_do_not_share_it(stage: Stage) -> None:
    stage.rule("lost-cut", nth=1)
    stage.rule("submit-cut", nth=2)
    asked = await asyncio.gather(stage.say(ADA, buy("-lookup")), stage.say(BEN, buy("-lookup")))
    jobs = [await stage.ended(answer.job) for answer in asked]
    assert sorted(job.state for job in jobs) == ["delivered", "released"]
    assert (stage.orders, len(stage.tasks)) == (2, 1)
    assert sorted([await stage.spent(ADA), await stage.spent(BEN)]) == [0, 40]


async def test_a_vendor_that_cannot_be_reached_is_tried_a_few_times_and_then_left_alone(
    tmp_path: Path,
) -> None:
    async with FakeVendor() as vendor:
        pass  # it had an address; now nobody listens there
    points: list[str] = []
    async with open_stage(tmp_path, vendor=vendor, trace=lambda point, _: points.append(point)) as stage:
        job = await stage.buy(buy("-blind"))
        assert (job.state, job.outcome) == ("released", "not_sent")
        assert points.count("before_intent") == 4, "nothing left this machine, so it may be tried again"
        assert (await stage.spent(), await stage.booked_usd()) == (0, Decimal(0))
        for _ in range(2):
            await stage.buy(buy("-blind"))
        assert (await stage.say(ADA, buy("-blind"))).code == "route_down"
