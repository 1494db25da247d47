"""One model, several routes: a failing one is left alone and the next one serves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.core.health import FAULTS_TO_OPEN
from bot.core.model import Text
from bot.core.wording import load_wording
from tests.e2e.stage import ADA, BEN, CATALOGUE, Heard, Stage, open_stage
from tests.e2e.test_pictures import photo
from tests.fakes.chat import FakeChat
from tests.fakes.vendor import FakeVendor

BUY = "/generate a door slams --model scripted-native --seconds 4"


async def test_after_three_faults_of_a_route_the_gateway_serves_the_same_model(tmp_path: Path) -> None:
    async with open_stage(tmp_path, routes=("key", "gateway"), pause_after=0) as stage:
        stage.rule("end-failed", uses=3)
        for _ in range(3):
            assert (await stage.buy(BUY)).plan.route == "scripted-key/scripted-native"
        job = await stage.buy(BUY)
        assert job.state == "delivered"
        assert job.plan.route == "scripted-gateway/scripted-native"
        assert stage.tasks[-1].character == "blind"
        assert "Scripted Native" in stage.read(job.id), "the member gets the model that was asked for"
        assert await stage.spent() == 40
        # When the pause is over one job tries the first route again, and it is well.
        stage.clock.jump(61)
        assert (await stage.buy(BUY)).plan.route == "scripted-key/scripted-native"
        assert (await stage.buy(BUY, who=BEN)).plan.route == "scripted-key/scripted-native"


async def test_a_model_whose_only_route_fails_says_when_it_may_be_tried_again(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        stage.rule("end-failed", uses=3)
        for _ in range(3):
            await stage.buy(BUY)
        answer = await stage.say(ADA, BUY)
        assert answer.code == "route_down"
        assert answer.text.startswith("Scripted Native has been failing and rests for another")
        assert answer.text.endswith("Nothing was charged.")
        assert stage.orders == 3


async def test_refused_prompts_say_nothing_about_a_route(tmp_path: Path) -> None:
    async with open_stage(tmp_path, pause_after=0) as stage:
        stage.rule("submit-422", uses=4)
        for _ in range(4):
            await stage.buy(BUY)
        assert (await stage.buy(BUY)).state == "delivered"


# ---------------------------------------------------------------------------------------------
# A route that refuses after the price was agreed


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("submit-401", "does not accept the key"),
        ("submit-402", "has no funds left"),
        ("submit-404", "no longer offers Scripted Native"),
        ("submit-429=none", ""),
    ],
)
async def test_what_the_first_route_will_not_start_the_next_one_makes_at_the_agreed_price(
    tmp_path: Path, fault: str, said: str
) -> None:
    async with open_stage(tmp_path, routes=("key", "gateway")) as stage:
        stage.rule(fault, uses=1 if said else 5, character="key")
        job = await stage.buy(BUY)
        assert (job.state, job.outcome) == ("delivered", "")
        assert job.plan.route == "scripted-gateway/scripted-native"
        assert (job.charged, await stage.spent(), len(stage.tasks)) == (40, 40, 1)
        assert str(await stage.booked_usd()) == "0.4"
        assert "Scripted Native" in stage.read(job.id) and "gateway" not in stage.read(job.id)
        assert len(stage.messages(job.id)) == 1
        notes = await stage.notes()
        assert [said in note for note in notes] == ([True] if said else [])


async def test_the_same_clip_with_its_files_goes_by_the_other_route(tmp_path: Path) -> None:
    async with open_stage(tmp_path / "bot", routes=("key", "gateway")) as stage:
        stage.rule("submit-402", character="key")
        first = photo(tmp_path / "dawn.png", (640, 360))
        asked = await stage.say(ADA, f"{BUY} --seed 7 --negative rain", files={"image": [first]})
        job = await stage.ended(asked.job)
        assert (job.state, job.plan.provider) == ("delivered", "scripted-gateway")
        (task,) = stage.tasks
        assert task.character == "blind"
        refused, taken = (submit["body"] for submit in stage.vendor.memory.submits)
        assert taken["inputs"] and taken["seed"] == 7
        assert {**taken, "reference": ""} == {**refused, "reference": ""}


async def test_a_dearer_route_is_no_way_out_and_the_clip_is_given_back(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    for file in CATALOGUE.glob("*.toml"):
        text = file.read_text("utf-8")
        if file.stem == "scripted-gateway":
            text = text.replace('amount = "0.10"', 'amount = "0.11"')
        (folder / file.name).write_text(text, "utf-8")
    async with open_stage(tmp_path / "bot", routes=("key", "gateway"), catalogue=folder) as stage:
        stage.rule("submit-402", character="key")
        job = await stage.buy(BUY)
        assert (job.state, job.outcome, stage.tasks) == ("released", "no_funds", [])
        assert stage.read(job.id) == (
            "The bot's account at the maker of Scripted Native is empty; the operator has been told.\n"
            "You were not charged."
        )
        assert await stage.spent() == 0


async def test_a_clip_that_waits_when_its_route_breaks_down_goes_by_the_other_one(tmp_path: Path) -> None:
    async with open_stage(tmp_path, routes=("key", "gateway"), concurrent=1, pause_after=0) as stage:
        stage.rule("end-failed", uses=FAULTS_TO_OPEN)
        asked = [await stage.say(ADA if n % 2 else BEN, BUY) for n in range(4)]
        jobs = [await stage.ended(answer.job) for answer in asked]
        assert [job.outcome for job in jobs] == ["vendor_fault"] * 3 + [""]
        assert jobs[3].plan.route == "scripted-gateway/scripted-native"


async def test_a_clip_that_waits_when_its_only_route_breaks_down_is_given_back(tmp_path: Path) -> None:
    async with open_stage(tmp_path, concurrent=1, pause_after=0) as stage:
        stage.rule("end-failed", uses=FAULTS_TO_OPEN)
        asked = [await stage.say(ADA if n % 2 else BEN, BUY) for n in range(4)]
        jobs = [await stage.ended(answer.job) for answer in asked]
        assert jobs[3].outcome == "route_down" and stage.orders == FAULTS_TO_OPEN
        assert stage.read(jobs[3].id) == (
            "Scripted Native has been failing and rests for a while, so there is no clip; ask again later.\n"
            "You were not charged."
        )
        told = Text(key="outcome.route_down", facts={"model": "Scripted Native"})
        assert load_wording().say(told, "es").startswith("Scripted Native está fallando y descansa")


# ---------------------------------------------------------------------------------------------
# After the pause


async def broken(stage: Stage) -> None:
    """Let the only route fail until it is left alone, and the pause pass."""
    stage.rule("end-failed", uses=FAULTS_TO_OPEN)
    for _ in range(FAULTS_TO_OPEN):
        await stage.buy(BUY)
    stage.clock.jump(61)


async def outcome_of(stage: Stage, heard: Heard) -> str:
    """How it ended: refused at once, or as a job."""
    if heard.reply.kind == "refusal":
        return heard.code
    return (await stage.ended(heard.job)).outcome


async def test_of_all_who_ask_at_once_after_a_pause_one_tries_the_route(tmp_path: Path) -> None:
    async with open_stage(tmp_path, pause_after=0) as stage:
        await broken(stage)
        stage.rule("run-ms=400")
        heard = await asyncio.gather(*(stage.say(who, BUY) for who in (ADA, BEN, ADA, BEN)))
        outcomes = [await outcome_of(stage, one) for one in heard]
        assert sorted(outcomes) == ["", "route_down", "route_down", "route_down"]
        assert stage.orders == FAULTS_TO_OPEN + 1
        assert (await stage.buy(BUY)).state == "delivered", "the one that tried it was well"


async def test_a_try_that_takes_longer_than_the_pause_stays_the_only_one_over_a_restart(
    tmp_path: Path,
) -> None:
    async with FakeVendor() as vendor, FakeChat(media_dir=tmp_path / "chat") as chat:
        async with open_stage(tmp_path, vendor=vendor, chat=chat, pause_after=0) as stage:
            await broken(stage)
            stage.rule("forever")
            tries = await stage.say(ADA, BUY)
            await stage.until(tries.job, "polling")
            clock = stage.clock
        async with open_stage(tmp_path, vendor=vendor, chat=chat, clock=clock, pause_after=0) as stage:
            clock.jump(59)
            answer = await stage.say(BEN, BUY)
            assert answer.code == "route_down"
            clock.jump(1)
            await stage.say(ADA, f"/cancel {tries.job}")
            assert (await stage.job(tries.job)).outcome == "cancelled"
            assert (await stage.buy(BUY, who=BEN)).state == "delivered", "the next one may try"
            assert stage.orders == FAULTS_TO_OPEN + 2
