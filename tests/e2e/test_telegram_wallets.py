"""Stories of whose credits they are: the operator allots, groups move, one wallet serves two chats."""

from __future__ import annotations

import re
from pathlib import Path

from bot.core.model import Actor, Destination, Person
from bot.core.wording import load_wording
from tests.e2e.telegram_stage import NATIVE, open_telegram, plain
from tests.fakes.chat import FakeChat
from tests.fakes.chat_outbox import ChatOutbox
from tests.fakes.telegram import FakeTelegram


async def test_the_operator_is_offered_to_allot_credits_to_a_group_that_adds_the_bot(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram:
        world = telegram.world
        owner, dora = world.person("Owner"), world.person("Dora")
        operators = (f"telegram:{owner.id}",)
        async with open_telegram(tmp_path, telegram=telegram, operators=operators) as stage:
            group = world.group("New here", dora)
            group.bot = "left"
            world.member_changed(group, dora, "member")
            chat = world.private(owner)
            offer = await stage.until(chat, "New here")
            world.press(owner, offer, offer.labels[0])
            form = await stage.until(chat, lambda m: m.id > offer.id and len(m.labels) > 1)
            world.press(owner, form, form.labels[0])
            ask = await stage.until(chat, lambda m: (m.markup or {}).get("force_reply") is True)
            answered = world.say(owner, chat, "250", reply_to=ask)
            form = await stage.until(chat, lambda m: "250" in m.text, after=answered.id)
            world.press(owner, form, form.labels[-2])
            await stage.until(chat, lambda m: "250 credits" in plain(m.text))
            rules = await stage.app.store.rules(f"telegram:{group.id}")
            assert [(rule.kind, rule.credits) for rule in rules] == [("allotment", 250)]
            await stage.settled(
                lambda: (f"chat:{owner.id}", "") in world.commands, "the operator has no menu of their own"
            )


async def test_a_group_that_becomes_a_supergroup_takes_limits_and_clips_along(tmp_path: Path) -> None:
    async with open_telegram(tmp_path) as stage:
        world = stage.telegram.world
        eve = world.person("Eve")
        group = world.group("Growing", eve, kind="group")
        await stage.allow(group, 90)
        world.say(eve, group, f"/generate a seed {NATIVE}")
        await stage.clip(group)
        stage.vendor.script.add([{"match": {}, "faults": ["run-ms=900"], "uses": 1}])
        world.say(eve, group, f"/generate a tree {NATIVE}")
        await stage.until(group, lambda m: "held" in m.text and m.video is None)
        new = world.migrate(group, eve)
        clip = await stage.clip(new)
        assert "40 credits" in plain(clip.text)
        # What was used before counts on, under the same limit.
        asked = world.say(eve, new, f"/generate a wood {NATIVE}")
        answer = await stage.until(new, lambda m: m.reply_to == asked.id)
        assert "Nothing was charged" in answer.text and "10" in answer.text
        assert await stage.spent(eve) == 80


async def test_two_chats_share_one_wallet_and_the_code_is_never_said_in_a_group(tmp_path: Path) -> None:
    words = load_wording(strict=True)
    async with FakeChat() as discord:
        outbox = ChatOutbox(discord.url, words)
        async with open_telegram(tmp_path, others={"discord": outbox}) as stage:
            world = stage.telegram.world
            gil = world.person("Gil")
            group = world.group("Both", gil)
            asked = world.say(gil, group, "/link")
            told = await stage.until(world.private(gil), "telegram-")
            await stage.settled(lambda: asked.signs == ["👌"], "no sign")
            assert group.of_bot() == []
            found = re.search(r"telegram-\w{5}-\w{5}", told.text)
            assert found is not None
            # The same person on Discord gives the code; then each side is asked, by the other's name.
            there = Person(platform="discord", id="77", name="Gil on Discord")
            actor = Actor(person=there, server="direct", channel="discord:dm")
            place = Destination(platform="discord", channel="dm")
            dispatch = stage.app.dispatch
            question = await dispatch.words(
                actor, f"/link {found[0]}", destination=place, request_key="link-1"
            )
            assert "Gil" in words.lines(question.lines, "en")
            quote = str(question.facts["quote"])
            await dispatch.press(actor, "confirm", quote, destination=place, request_key="link-2")
            ask = await stage.until(world.private(gil), "Gil on Discord")
            assert group.of_bot() == []
            world.press(gil, ask, ask.labels[0])
            await stage.settled(lambda: ask.labels == [], "the question is answered in its place")
            wallets = {
                await stage.app.store.wallet(f"telegram:{gil.id}", "Gil"),
                await stage.app.store.wallet(there.key, there.name),
            }
            assert len(wallets) == 1
            world.say(gil, group, "/unlink")
            ask = await stage.until(world.private(gil), lambda m: m.id > ask.id and bool(m.labels))
            assert group.of_bot() == []
        await outbox.close()
