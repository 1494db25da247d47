"""One model, several routes: a failing one is left alone and the next one serves."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.stage import ADA, BEN, open_stage

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
