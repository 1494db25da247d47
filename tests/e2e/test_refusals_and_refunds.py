"""Nobody pays for nothing: what a vendor refuses or loses costs what the quote said, else nothing."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.stage import ADA, BEN, Stage, open_stage, person
from tests.fakes.vendor import BROKE_KEY

BUY = "/generate a door slams --model scripted-native --seconds 4"
NOT_CHARGED = "You were not charged."


async def test_a_withheld_clip_costs_nothing_where_the_vendor_does_not_bill_it(stage: Stage) -> None:
    stage.rule("end-moderated")
    job = await stage.buy(BUY)
    said = "The content rules of Scripted Native withheld the finished clip; it said “the clip was withheld”."
    assert stage.read(job.id) == f"{said}\n{NOT_CHARGED}"
    assert stage.whispers(job.id) == [stage.read(job.id)]
    assert (await stage.spent(), stage.orders) == (0, 1)
    assert await stage.booked_usd() == Decimal("0.40"), "every submit counts against the budget"


async def test_a_vendor_that_bills_withheld_clips_is_named_in_the_quote_and_then_charged(
    stage: Stage,
) -> None:
    stage.rule("end-moderated")
    quote = await stage.say(ADA, "/generate a door slams --model scripted-dated")
    assert "Scripted Dated charges clips that its content rules refuse, so they cost you too." in quote.text
    assert "Price: 100 credits" in quote.text
    job = await stage.ended((await stage.press(ADA, "confirm", quote.quote)).job)
    assert stage.read(job.id).endswith("You were charged 100 credits.")
    assert await stage.spent() == 100
    assert stage.vendor.memory.cost_usd() == Decimal("1.00")


async def test_a_vendor_that_waives_a_withheld_clip_after_all_is_not_charged(stage: Stage) -> None:
    stage.rule("end-moderated-free")
    quote = await stage.say(ADA, "/generate a door slams --model scripted-dated")
    job = await stage.ended((await stage.press(ADA, "confirm", quote.quote)).job)
    assert stage.read(job.id).endswith(NOT_CHARGED)
    assert await stage.spent() == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("submit-422", "The content rules of Scripted Native refused the prompt or a file"),
        ("submit-400", "Scripted Native found the request invalid"),
        ("submit-404", "Scripted Native is no longer offered by its maker"),
    ],
)
async def test_a_request_that_the_vendor_refuses_costs_nobody_anything(
    stage: Stage, fault: str, said: str
) -> None:
    stage.rule(fault)
    job = await stage.buy(BUY)
    assert stage.read(job.id).startswith(said)
    assert stage.read(job.id).endswith(NOT_CHARGED)
    assert (await stage.spent(), stage.tasks) == (0, [])
    assert await stage.booked_usd() == 0


async def test_a_vendor_that_fails_at_its_work_costs_the_member_nothing(stage: Stage) -> None:
    stage.rule("end-failed")
    job = await stage.buy(BUY)
    assert stage.read(job.id).startswith("Scripted Native failed while making the clip")
    assert stage.read(job.id).endswith(NOT_CHARGED)
    assert await stage.spent() == 0


async def test_an_overloaded_vendor_is_asked_again_and_then_works(stage: Stage) -> None:
    stage.rule("submit-429=0", uses=2)
    job = await stage.buy(BUY)
    assert job.state == "delivered"
    assert (stage.orders, len(stage.tasks)) == (3, 1)
    assert await stage.spent() == 40
    assert await stage.booked_usd() == Decimal("0.40")


async def test_an_overloaded_vendor_is_left_alone_as_long_as_it_says(stage: Stage) -> None:
    stage.rule("submit-429=1")
    began = time.monotonic()
    job = await stage.buy(BUY)
    assert job.state == "delivered"
    assert time.monotonic() - began > 1.0
    assert stage.orders == 2


async def test_a_vendor_that_stays_overloaded_is_given_up_for_free(stage: Stage) -> None:
    stage.rule("submit-429=0", uses=0)
    job = await stage.buy(BUY)
    assert (
        stage.read(job.id)
        == "Scripted Native is overloaded and did not take the request; try again later.\n" + NOT_CHARGED
    )
    assert await stage.booked_usd() == 0


async def test_an_empty_account_is_told_to_the_operator_once(tmp_path: Path) -> None:
    async with open_stage(tmp_path, key=BROKE_KEY) as stage:
        job = await stage.buy(BUY)
        assert stage.read(job.id) == (
            "The bot's account at the maker of Scripted Native is empty; the operator has been told.\n"
            + NOT_CHARGED
        )
        # The next one need not find out: nothing is sent, and what can be used instead is named.
        assert (await stage.say(ADA, BUY)).code == "route_down"
        assert "failing, next try in" in (await stage.say(ADA, "/models")).text
        stage.clock.jump(120)
        await stage.buy(BUY)
        assert stage.orders == 2
        assert await stage.notes() == ["The account at scripted-key has no funds left."]
        assert await stage.spent() == 0


async def test_a_trouble_that_comes_back_after_it_was_mended_is_told_again(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        for _ in range(2):
            stage.rule("submit-402")
            assert (await stage.buy(BUY)).outcome == "no_funds"
            stage.clock.jump(120)
            assert (await stage.buy(BUY)).state == "delivered"
            stage.clock.jump(120)
        assert await stage.notes() == ["The account at scripted-key has no funds left."] * 2


async def test_a_rejected_key_is_told_to_the_operator_once_and_never_repeated_in_any_text(
    tmp_path: Path,
) -> None:
    async with open_stage(tmp_path, key="sv-revoked-0011223344") as stage:
        for _ in range(2):
            job = await stage.buy(BUY)
            assert "no longer accepts the bot's key" in stage.read(job.id)
            stage.clock.jump(3600)
        assert await stage.notes() == [
            "scripted-key does not accept the key; check SCRIPTED_KEY_API_KEY; "
            "it said “the key [key] is not valid”."
        ]
        everything = stage.readings(job.id) + stage.whispers(job.id) + await stage.notes()
        everything.append((await stage.say(ADA, f"/job {job.id}")).text)
        assert not any("sv-revoked" in text for text in everything)


async def test_a_model_without_a_key_is_refused_before_anything_is_held(tmp_path: Path) -> None:
    async with open_stage(tmp_path, routes=()) as stage:
        answer = await stage.say(ADA, BUY)
        assert answer.code == "missing_key"
        assert "SCRIPTED_KEY_API_KEY" in answer.text
        assert answer.text.endswith("Nothing was charged.")


async def test_a_retired_model_names_its_successor_before_anything_is_charged(stage: Stage) -> None:
    answer = await stage.say(ADA, "/generate a door slams --model scripted-retired")
    assert "Scripted Retired was retired by its maker" in answer.text
    assert "its successor is Scripted Native" in answer.text or "scripted-native" in answer.text
    assert stage.orders == 0


@pytest.mark.parametrize("fault", ["file-404", "file-403", "end-expired"])
async def test_a_clip_that_the_vendor_no_longer_has_gives_the_credits_back_and_tells_the_operator(
    stage: Stage, fault: str
) -> None:
    stage.rule(fault)
    job = await stage.buy(BUY)
    assert "no longer had the clip" in stage.read(job.id)
    assert stage.read(job.id).endswith(NOT_CHARGED)
    assert await stage.spent() == 0
    if fault != "end-expired":
        assert any(job.id in note for note in await stage.notes())


async def test_a_link_that_ran_out_is_asked_for_again(stage: Stage) -> None:
    stage.vendor.desk.pace.link_ms = -1000

    async def mend(moment: str, task: object) -> None:
        if moment == "poll" and stage.vendor.memory.calls["file"]:
            stage.vendor.desk.pace.link_ms = 600_000

    stage.vendor.desk.hook = mend
    job = await stage.buy(BUY)
    assert job.state == "delivered", stage.read(job.id)
    assert stage.orders == 1
    assert await stage.spent() == 40


async def test_troubles_while_polling_change_nothing_but_the_time(stage: Stage) -> None:
    for fault in ("poll-cut", "poll-500", "poll-429=0", "poll-garbage", "poll-html", "poll-strange"):
        stage.rule(fault)
    job = await stage.buy(BUY)
    assert job.state == "delivered"
    assert stage.orders == 1
    assert await stage.spent() == 40


async def test_three_withheld_clips_in_a_day_pause_the_member_and_nobody_else(stage: Stage) -> None:
    stage.rule("end-moderated", uses=3)
    for _ in range(3):
        await stage.buy(BUY)
    answer = await stage.say(ADA, BUY)
    assert answer.code == "paused"
    assert answer.text.startswith("After several refused or unconfirmed clips you are paused for another")
    assert stage.orders == 3
    assert any("discord:ada is paused for 24 hours after 3" in note for note in await stage.notes())
    elsewhere = person("ada", server="discord:200")
    await stage.allow(server="discord:200")
    assert (await stage.say(elsewhere, BUY)).code == "paused"
    assert (await stage.buy(BUY, who=BEN)).state == "delivered"
    stage.clock.jump(24 * 3600 - 60)
    assert (await stage.say(ADA, BUY)).code == "paused"
    stage.clock.jump(120)
    assert (await stage.buy(BUY)).state == "delivered"
