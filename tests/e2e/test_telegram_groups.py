"""Stories of groups on Telegram: who may do what, who is asked, what is said where.

All stories share one running bot; each has its own people and chats.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.telegram_stage import NATIVE, TelegramStage, open_telegram, plain
from tests.fakes.vendor import GOOD_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TelegramStage]:
    async with open_telegram(tmp_path_factory.mktemp("groups")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def keys(_nobodys_settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the guard of each test takes away is this bot's own."""
    for route in ("KEY", "LOOKUP", "BLIND"):
        monkeypatch.setenv(f"SCRIPTED_{route}_API_KEY", GOOD_KEY)


async def test_admins_of_the_group_divide_its_credits_and_nobody_else(stage: TelegramStage) -> None:
    world = stage.telegram.world
    ada, ben = world.person("Ada"), world.person("Ben")
    group = world.group("Film club", ben, admins=(ada,))
    await stage.allow(group, 500)
    asked = world.say(ben, group, "/quota set --scope everybody --credits 100 --period day")
    refused = await stage.until(group, lambda m: m.reply_to == asked.id)
    assert "admins" in refused.text
    asked = world.say(ada, group, "/quota set --scope everybody --credits 100 --period day")
    told = await stage.until(world.private(ada), "100 credits")
    await stage.settled(lambda: asked.signs == ["👌"], "a sign in the group, the words in private")
    assert "day" in told.text
    # By an answer to a message of theirs, and by name.
    remark = world.say(ben, group, "/models")
    world.say(ada, group, "/quota grant --credits 7", reply_to=remark)
    await stage.until(world.private(ada), "7 credits")
    world.say(ada, group, "/quota grant --member @ben_t --credits 5")
    await stage.until(world.private(ada), "now has 12")
    unknown = world.say(ada, group, "/quota grant --member @nobody_here --credits 5")
    answer = await stage.until(group, lambda m: m.reply_to == unknown.id)
    assert "Nobody here is known to the bot as @" in answer.text and "@nobody_here" not in answer.text
    asked_telegram = [v for name, v in stage.telegram.log if name == "getChatMember"]
    assert len([v for v in asked_telegram if v["user_id"] == ada.id]) == 1, "believed for a minute"
    # Rights are lost within a minute.
    group.members[ada.id] = "member"
    stage.clock.jump(61)
    asked = world.say(ada, group, "/quota log")
    assert "admins" in (await stage.until(group, lambda m: m.reply_to == asked.id)).text


async def test_an_anonymous_admin_is_one_and_a_channel_is_nobody(stage: TelegramStage) -> None:
    world = stage.telegram.world
    cleo = world.person("Cleo")
    group = world.group("Masks", cleo)
    await stage.allow(group, 500)
    channel = {"id": -1009999, "type": "channel", "title": "News"}
    asked = world.say(cleo, group, "/quota set --scope everybody --credits 50 --period day", anonymous=True)
    answer = await stage.until(group, lambda m: m.reply_to == asked.id)
    assert "50 credits" in plain(answer.text)
    asked = world.say(cleo, group, f"/generate a mask {NATIVE}", anonymous=True)
    answer = await stage.until(group, lambda m: m.reply_to == asked.id)
    assert answer.text.startswith("Clips have to be paid by somebody")
    asked = world.say(cleo, group, "/quota set --scope everybody --credits 500 --period day", channel=channel)
    answer = await stage.until(group, lambda m: m.reply_to == asked.id)
    assert answer.text.startswith("Clips have to be paid by somebody")
    before = len(group.of_bot())
    world.say(
        cleo,
        group,
        "/quota set --scope everybody --credits 500 --period day",
        channel=channel,
        automatic=True,
    )
    await stage.quiet()
    assert len(group.of_bot()) == before, "posts of a linked channel are no commands"
    (rule,) = [r for r in await stage.app.store.rules(f"telegram:{group.id}") if r.kind == "everybody"]
    assert rule.credits == 50


async def test_a_group_that_adds_the_bot_is_greeted_and_told_that_nothing_was_allotted(
    stage: TelegramStage,
) -> None:
    world = stage.telegram.world
    dora = world.person("Dora")
    group = world.group("New here", dora)
    group.bot = "left"
    world.member_changed(group, dora, "member")
    hello = await stage.until(group, "/generate a cat sings")
    assert "operator" in hello.text
    asked = world.say(dora, group, f"/generate a cat {NATIVE}")
    answer = await stage.until(group, lambda m: m.reply_to == asked.id)
    assert "Nothing was charged." in answer.text and "allot" in answer.text
    assert await stage.jobs(dora) == ()
    said = len(group.of_bot())
    world.member_changed(group, dora, "kicked")
    await stage.quiet()
    assert len(group.of_bot()) == said, "it leaves quietly"


async def test_a_clip_for_a_group_that_removed_the_bot_waits_in_history_and_its_owner_is_told(
    stage: TelegramStage,
) -> None:
    world = stage.telegram.world
    eve = world.person("Eve")
    group = world.group("Fickle", eve)
    await stage.allow(group)
    stage.vendor.script.add([{"match": {}, "faults": ["run-ms=700"], "uses": 1}])
    world.say(eve, group, f"/generate a ship leaves {NATIVE}")
    await stage.until(group, lambda m: "Scripted Native" in m.text)
    world.member_changed(group, eve, "kicked")
    told = await stage.until(world.private(eve), "/history")
    assert "40 credits" in plain(told.text)
    assert (await stage.jobs(eve))[0].state == "undelivered"
    world.say(eve, world.private(eve), "/history")
    await stage.until(world.private(eve), "a ship leaves")


async def test_somebody_who_blocks_the_bot_finds_the_clip_in_history_afterwards(stage: TelegramStage) -> None:
    world = stage.telegram.world
    finn = world.person("Finn")
    chat = world.private(finn)
    await stage.allow("direct")
    stage.vendor.script.add([{"match": {}, "faults": ["run-ms=700"], "uses": 1}])
    world.say(finn, chat, f"/generate a door {NATIVE}")
    await stage.until(chat, "Scripted Native")
    world.member_changed(chat, finn, "kicked")
    await stage.settled(lambda: True, "")
    (job,) = await stage.jobs(finn)
    ended = await stage.app.engine.finished(job.id)
    assert (ended.state, ended.charged) == ("undelivered", 40)
    world.member_changed(chat, finn, "member")
    world.say(finn, chat, "/history")
    await stage.until(chat, "a door")


async def test_commands_of_other_bots_and_plain_talk_are_left_alone(stage: TelegramStage) -> None:
    world = stage.telegram.world
    gil = world.person("Gil")
    group = world.group("Busy", gil)
    for words in ("/weather", "/generate@OtherBot a cat", "what a film", "/start@OtherBot"):
        world.say(gil, group, words)
    asked = world.say(gil, group, "/HELP@talkreelTESTbot")
    answer = await stage.until(group, lambda m: m.reply_to == asked.id)
    assert "/generate" in answer.text
    assert len(group.of_bot()) == 1
    # A plain answer to something the bot said is talk, too.
    world.say(gil, group, "thanks, lol", reply_to=answer)
    await stage.quiet()
    assert len(group.of_bot()) == 1
    # In private, where only the bot can be meant, an unknown command is answered.
    chat = world.private(gil)
    world.say(gil, chat, "/genrate a cat")
    assert "/generate" in (await stage.until(chat, lambda m: True)).text


async def test_what_is_for_one_person_is_said_in_private_or_the_way_there_is_shown(
    stage: TelegramStage,
) -> None:
    world = stage.telegram.world
    hal, ida = world.person("Hal"), world.person("Ida", started=False)
    group = world.group("Discreet", hal, ida)
    asked = world.say(hal, group, "/credits")
    await stage.until(world.private(hal), "clips")
    await stage.settled(lambda: asked.signs == ["👌"], "no sign")
    assert group.of_bot() == []
    asked = world.say(ida, group, "/credits")
    answer = await stage.until(group, lambda m: m.reply_to == asked.id)
    button = answer.button("private chat")
    assert button["url"] == f"https://t.me/{world.username}?start=hello"
    world.say(ida, world.private(ida), "/start hello")
    await stage.until(world.private(ida), "/generate")


async def test_a_private_clip_comes_to_the_private_chat_or_not_at_all(stage: TelegramStage) -> None:
    world = stage.telegram.world
    jo, kit = world.person("Jo"), world.person("Kit", started=False)
    group = world.group("Whispers", jo, kit)
    await stage.allow(group)
    asked = world.say(jo, group, f"/generate a secret {NATIVE} --private")
    clip = await stage.clip(world.private(jo))
    assert "40 credits" in plain(clip.text) and asked.signs == ["👌"]
    assert group.of_bot() == []
    asked = world.say(kit, group, f"/generate a secret {NATIVE} --private")
    answer = await stage.until(group, lambda m: m.reply_to == asked.id)
    assert "cannot write to you directly" in answer.text and "Nothing was charged" in answer.text
    assert await stage.jobs(kit) == ()


async def test_the_menus_are_those_of_the_command_table_by_place_rights_and_language(
    stage: TelegramStage,
) -> None:
    menus = stage.telegram.world.commands
    await stage.settled(lambda: ("all_chat_administrators", "es") in menus, "no menus")
    names = {
        scope: [one["command"] for one in menus[scope, ""]]
        for scope in ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")
    }
    assert "quota" not in names["all_private_chats"] and "quota" not in names["all_group_chats"]
    assert {"generate", "quota"} <= set(names["all_chat_administrators"])
    described = {one["command"]: one["description"] for one in menus["all_private_chats", "es"]}
    assert described["generate"] != {o["command"]: o["description"] for o in menus["default", ""]}["generate"]
