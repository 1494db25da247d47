"""Servers that come, go and change their id; what operators are told; clips that go to somebody alone."""

from __future__ import annotations

from pathlib import Path

from bot.app import expire_clips
from bot.core.model import Actor, Destination, Person, PlatformLimits
from bot.core.records import Block, Rule
from tests.e2e.stage import ADA, BEN, Stage, open_stage, person

BUY = "/generate a door slams --model scripted-native --seconds 4"
OPERATOR = person("root", server="direct", operator=True)


async def test_the_operator_hears_of_a_new_server_and_allots_credits_with_one_button(tmp_path: Path) -> None:
    operators = ("discord:root", "telegram:7")
    async with open_stage(tmp_path, allow=None, also=("telegram",), operators=operators) as stage:
        await stage.app.dispatch.on_join("discord:500", "New club")
        told = [(to.platform, to.channel, who) for to, who, _ in stage.outbox.notified]
        assert told == [("discord", "dm-root", "discord:root"), ("telegram", "dm-7", "telegram:7")]
        reply = stage.outbox.notices[0]
        assert stage.wording.say(reply.lines[0]) == (
            "The bot was added to New club (discord:500); "
            "it has no credits for paid models until you allot some."
        )
        ((action, target),) = [(button.action, button.target) for button in reply.buttons]
        await stage.app.dispatch.on_join("discord:500", "New club")
        assert len(stage.outbox.notices) == 2, "once for each cause"
        newcomer = person("ada", server="discord:500")
        assert (await stage.say(newcomer, BUY)).code == "no_allotment"
        assert (await stage.press(newcomer, action, target)).code == "operators_only"
        form = await stage.press(OPERATOR, action, target)
        assert (await stage.submit(newcomer, form, credits="99")).code == "operators_only"
        assert (await stage.submit(OPERATOR, form, credits="many")).code == "not_a_number"
        done = await stage.submit(OPERATOR, form, credits="120", period="week")
        assert done.text == "discord:500 may now use 120 credits each week."
        admin = person("cem", server="discord:500", admin=True)
        await stage.say(admin, "/quota set --scope everybody --credits 100 --period week")
        job = await stage.ended((await stage.say(newcomer, BUY)).job)
        assert job.charged == 40
        await stage.app.dispatch.on_leave("discord:500")
        assert (await stage.app.store.server("discord:500")).settings["left_ms"]
        stage.clock.jump(86_400)
        await stage.app.dispatch.on_join("discord:500", "New club")
        assert "may use 120 credits each week" in stage.wording.say(stage.outbox.notices[-1].lines[0])
        assert "left_ms" not in (await stage.app.store.server("discord:500")).settings


def member(name: str, group: str, *, admin: bool = False) -> Actor:
    """Somebody in a Telegram group."""
    who = Person(platform="telegram", id=name, name=name.title())
    return Actor(person=who, server=group, server_name="Group", channel=group, admin=admin)


async def test_a_group_that_becomes_a_supergroup_keeps_limits_grants_use_and_jobs(tmp_path: Path) -> None:
    old, new = "telegram:-100", "telegram:-1009"
    place = Destination(platform="telegram", channel="-100", limits=PlatformLimits(upload_bytes=50_000_000))
    async with open_stage(tmp_path, allow=None, platform="telegram") as stage:
        await stage.allow(500, server=old)
        store = stage.app.store
        await store.set_rule(
            Rule(server=old, kind="channel", subject=old, credits=400, period="day"), actor="a"
        )
        ada = member("ada", old)
        first = await stage.ended((await stage.say(ada, BUY, where=place)).job)
        wallet = await store.wallet("telegram:ada", "Ada")
        await store.grant(server=old, wallet=wallet, purse="paid", amount=30, actor="a", reason="", key="k")
        eve = await store.wallet("telegram:eve", "Eve")
        await store.block(Block(server=old, wallet=eve, until_ms=0, reason="", actor="a"))
        stage.rule("run-ms=600")
        running = await stage.say(ada, BUY, where=place)
        await stage.until(running.job, "polling")
        for _ in range(2):
            await stage.app.dispatch.migrate(old, new)
        moved = member("ada", new)
        facts = (await stage.say(moved, "/credits")).reply.facts["paid"]
        assert (facts["used"], facts["held"], facts["grants"], facts["cap"]) == (40, 40, 30, 500)
        await stage.ended(running.job)
        assert stage.message(running.job).channel == "-100", "its message stands where it was sent"
        assert (await stage.job(first.id)).destination.channel == "-1009"
        assert (await stage.say(moved, "/credits")).reply.facts["paid"]["used"] == 80
        rules = {(rule.kind, rule.subject, rule.credits) for rule in await store.rules(new)}
        assert ("channel", new, 400) in rules and ("allotment", "", 500) in rules
        assert await store.rules(old) == ()
        assert await store.granted(old, "paid") == 0
        assert (await stage.say(member("eve", new), BUY)).code == "blocked"
        assert len((await stage.say(moved, "/history")).reply.rows) == 2


async def test_a_server_may_keep_clips_for_less_than_the_bot_does(stage: Stage) -> None:
    admin = person("cem", admin=True)
    elsewhere = person("eve", server="discord:200")
    await stage.allow(500, server="discord:200")
    await stage.say(admin, "/setup --keep_days 2")
    here, there = await stage.buy(BUY), await stage.buy(f"{BUY} --aspect 9:16", who=elsewhere)
    stage.clock.jump(86_400)
    await expire_clips(stage.app)
    assert (await stage.job(here.id)).clip is not None
    stage.clock.jump(2 * 86_400)
    await expire_clips(stage.app)
    assert (await stage.job(here.id)).clip is None
    assert here.clip is not None and not stage.app.blobs.path(here.clip.blob).exists()
    assert (await stage.job(there.id)).clip is not None


async def test_a_private_clip_goes_to_the_person_alone(stage: Stage) -> None:
    asked = await stage.say(ADA, f"{BUY} --private")
    assert asked.reply.private
    job = await stage.ended(asked.job)
    assert (stage.message(job.id).channel, stage.message(job.id).thread) == ("dm-ada", "")
    assert (await stage.press(BEN, "details", job.id)).code == "no_such_job"
    again = await stage.ended((await stage.press(ADA, "again", job.id)).job)
    assert stage.message(again.id).channel == "dm-ada"


async def test_a_private_clip_is_refused_before_it_costs_where_messages_are_closed(stage: Stage) -> None:
    stage.outbox.closed.add("discord:ada")
    refused = await stage.say(ADA, f"{BUY} --private")
    assert refused.code == "whispers_closed" and "Nothing was charged." in refused.text
    assert (await stage.spent(), stage.orders) == (0, 0)


async def test_a_dear_private_clip_stays_private_when_it_is_confirmed(stage: Stage) -> None:
    quote = await stage.say(ADA, "/generate rain --model scripted-native --seconds 8 --private")
    job = await stage.ended((await stage.press(ADA, "confirm", quote.quote)).job)
    assert stage.message(job.id).channel == "dm-ada"
