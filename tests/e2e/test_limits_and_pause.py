"""Whose money it is: limits of members and servers, and the operator's budget above them all."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

from bot.core.records import Rule
from tests.e2e.stage import ADA, BEN, SERVER, Stage, open_stage, person

BUY = "/generate a door slams --model scripted-native --seconds 4"


async def test_the_admin_of_an_unknown_server_cannot_buy_with_credits_he_grants_himself(
    tmp_path: Path,
) -> None:
    async with open_stage(tmp_path, allow=None) as stage:
        rex = person("rex", server="discord:666", admin=True)
        grant = await stage.say(rex, "/quota grant --member rex --credits 1000000")
        assert grant.text == (
            "The operator of this bot has allotted this server no credits for paid models, "
            "and only the operator can raise that."
        )
        for words in (
            "/quota set --scope everybody --credits 1000000",
            "/quota set --scope server --credits 1000000",
            "/quota set --scope allotment --credits 1000000",
        ):
            assert (await stage.say(rex, words)).reply.kind == "refusal", words
        answer = await stage.say(rex, BUY)
        assert answer.code == "no_allotment"
        assert len(answer.text.splitlines()) == 2, "one sentence, and what it cost"
        assert answer.text.endswith("Nothing was charged.")
        assert stage.vendor.memory.submits == []
        assert stage.chat.messages == {}


async def test_two_commands_in_the_same_moment_with_credits_for_one_make_one_clip(
    tmp_path: Path,
) -> None:
    async with open_stage(tmp_path, allow=40) as stage:
        answers = await asyncio.gather(*(stage.say(ADA, BUY) for _ in range(2)))
        refused = [answer for answer in answers if answer.reply.kind == "refusal"]
        started = [answer for answer in answers if answer.reply.kind == "progress"]
        assert (len(refused), len(started)) == (1, 1)
        assert refused[0].text.startswith(
            "This clip costs 40 credits, and with 0 you are 40 short; your credits renew in"
        )
        assert refused[0].text.endswith("Nothing was charged.")
        assert (await stage.ended(started[0].job)).state == "delivered"
        assert (await stage.spent(), stage.orders) == (40, 1)


async def test_the_same_event_twice_makes_one_clip(stage: Stage) -> None:
    answers = await asyncio.gather(*(stage.say(ADA, BUY, key="interaction-7") for _ in range(3)))
    assert len({answer.job for answer in answers}) == 1
    await stage.ended(answers[0].job)
    again = await stage.say(ADA, BUY, key="interaction-7")
    assert again.job == answers[0].job
    assert (await stage.spent(), stage.orders) == (40, 1)
    assert len(stage.chat.messages) == 1


async def test_a_member_has_as_many_clips_in_the_making_as_the_limit_says(tmp_path: Path) -> None:
    async with open_stage(tmp_path, allow=None) as stage:
        await stage.allow(at_once=2)
        stage.rule("run-ms=500", uses=2)
        running = [await stage.say(ADA, BUY) for _ in range(2)]
        third = await stage.say(ADA, BUY)
        assert third.text == (
            "You already have as many clips in the making as you may have at once (2); "
            "wait for one or cancel it.\nNothing was charged."
        )
        assert (await stage.buy(BUY, who=BEN)).state == "delivered", "others are not in the way"
        for each in running:
            await stage.ended(each.job)
        assert (await stage.buy(BUY)).state == "delivered"
        assert await stage.spent() == 120


async def test_a_clip_dearer_than_the_price_cap_is_refused_with_the_cap(tmp_path: Path) -> None:
    async with open_stage(tmp_path, allow=None) as stage:
        await stage.allow(price_cap=30)
        answer = await stage.say(ADA, BUY)
        assert answer.text == (
            "This clip costs 40 credits, and here one clip may cost at most 30; everybody's limit applies.\n"
            "Nothing was charged."
        )
        assert (await stage.buy(BUY + " --sound off")).state == "delivered"
        assert await stage.spent() == 28


async def test_an_allotment_that_is_used_up_says_when_it_renews(tmp_path: Path) -> None:
    async with open_stage(tmp_path, allow=None) as stage:
        for rule in (
            Rule(server=SERVER, kind="allotment", credits=50, period="month"),
            Rule(server=SERVER, kind="everybody", credits=50, period="day"),
        ):
            await stage.app.store.set_rule(rule, actor="operator")
        assert (await stage.buy(BUY)).state == "delivered"
        answer = await stage.say(BEN, BUY)
        assert answer.text.startswith(
            "This clip costs 40 credits, but this server's allotment has only 10 left; they renew in"
        )
        assert answer.text.endswith("Nothing was charged.")
        stage.clock.jump(32 * 86_400)
        assert (await stage.buy(BUY, who=BEN)).state == "delivered"


async def test_the_operators_budget_for_the_day_stands_above_every_credit(tmp_path: Path) -> None:
    async with open_stage(tmp_path, budget_usd_day=Decimal("0.50")) as stage:
        assert (await stage.buy(BUY)).state == "delivered"
        for who in (BEN, person("boss", operator=True)):
            answer = await stage.say(who, BUY)
            assert answer.text.startswith("The operator's budget for paid models is used up")
            assert "it renews in" in answer.text
            assert answer.text.endswith("Nothing was charged.")
        assert stage.orders == 1
        stage.clock.jump(86_400)
        assert (await stage.buy(BUY, who=BEN)).state == "delivered"


async def test_a_failed_clip_still_counts_against_the_budget_but_not_against_the_member(
    tmp_path: Path,
) -> None:
    async with open_stage(tmp_path, budget_usd_day=Decimal("0.50")) as stage:
        stage.rule("end-failed")
        assert (await stage.buy(BUY)).state == "released"
        assert (await stage.say(ADA, BUY)).code == "budget_spent"
        assert await stage.spent() == 0


async def test_an_order_that_the_vendor_refused_leaves_the_budget_again(tmp_path: Path) -> None:
    async with open_stage(tmp_path, budget_usd_day=Decimal("0.50")) as stage:
        stage.rule("submit-400")
        assert (await stage.buy(BUY)).state == "released"
        assert (await stage.buy(BUY)).state == "delivered"


async def test_granted_credits_are_used_after_those_of_the_period_and_come_back_the_same_way(
    tmp_path: Path,
) -> None:
    async with open_stage(tmp_path, allow=None) as stage:
        for rule in (
            Rule(server=SERVER, kind="allotment", credits=500, period="month"),
            Rule(server=SERVER, kind="everybody", credits=30, period="day"),
        ):
            await stage.app.store.set_rule(rule, actor="operator")
        admin = person("may", admin=True)
        granted = await stage.say(admin, "/quota grant --member ada --credits 50")
        assert granted.text == "discord:ada was given 50 credits and now has 50 that do not expire."
        stage.rule("end-failed")
        await stage.buy(BUY)
        assert "Granted, not expiring: 50 credits." in (await stage.say(ADA, "/credits")).text
        await stage.buy(BUY)
        credits = (await stage.say(ADA, "/credits")).text
        assert "Paid models: 0 of 30 credits left" in credits
        assert "Granted, not expiring: 40 credits." in credits


async def test_a_dear_clip_asks_first_and_holds_nothing_until_it_is_confirmed(stage: Stage) -> None:
    dear = "/generate a door slams --model scripted-native --seconds 8"
    quote = await stage.say(ADA, dear)
    assert "Price: 80 credits" in quote.text
    assert quote.text.endswith("The offer is open for 10 min; nothing is held until you confirm.")
    assert (await stage.press(BEN, "confirm", quote.quote)).code == "not_your_offer"
    confirmed = await stage.press(ADA, "confirm", quote.quote)
    assert (await stage.press(ADA, "confirm", quote.quote)).code == "pending_gone"
    assert (await stage.ended(confirmed.job)).state == "delivered"
    assert (await stage.spent(), stage.orders) == (80, 1)
    stale = await stage.say(ADA, dear)
    stage.clock.jump(601)
    assert (await stage.press(ADA, "confirm", stale.quote)).code == "pending_gone"


async def test_a_blocked_member_is_told_and_an_admin_can_lift_it(stage: Stage) -> None:
    admin = person("may", admin=True)
    await stage.say(admin, "/quota block --member ada --hours 2 --reason spam")
    answer = await stage.say(ADA, BUY)
    assert answer.code == "blocked"
    assert "“spam”" in answer.text
    assert (await stage.say(admin, "/quota block --member ada --lift")).text == (
        "discord:ada may make clips here again."
    )
    assert (await stage.buy(BUY)).state == "delivered"


async def test_the_operator_needs_no_allotment_and_private_chats_have_none(tmp_path: Path) -> None:
    async with open_stage(tmp_path, allow=None) as stage:
        assert (await stage.buy(BUY, who=person("boss", operator=True))).state == "delivered"
        answer = await stage.say(person("ada", server="direct"), BUY)
        assert answer.text.startswith("The operator of this bot has allotted private chats no credits")
        assert stage.orders == 1
