"""Servers that invite the bot: the operator hears of it and allots with one button, and nobody else can."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.e2e.discord_stage import open_discord
from tests.fakes.discord_world import BOT_PERMISSIONS


async def test_the_operator_hears_of_a_new_server_and_allots_with_one_button(tmp_path: Path) -> None:
    async with open_discord(tmp_path, allow=None, operator=True) as stage:
        home = stage.admin.direct()
        (first,) = await stage.discord.until(lambda: stage.discord.readings(home))
        assert first.startswith("The bot was added to Film club")
        other = stage.discord.world.guild("Second", bot=None)
        room = stage.discord.world.channel(other)
        dan = stage.discord.member("Dan", other, admin=True)
        await stage.discord.join(other, BOT_PERMISSIONS)
        await stage.discord.until(lambda: len(stage.discord.readings(home)) == 2)
        told = stage.discord.world.in_channel(home.id)[-1]
        assert "no credits for paid models until you allot some" in told.content
        ((label, name),) = told.buttons()
        refused = await dan.ask(room, "quota set", scope="everybody", credits=100)
        assert "has allotted this server no credits" in refused.text
        forged = await (await dan.press(told, "", custom_id=name)).answered()
        assert "operator" in forged.text and not await stage.app.store.rules(f"discord:{other.id}")
        form = await (await stage.admin.press(told, label)).until(lambda one: one.state == "modal")
        sneaked = await (await dan.submit(form, {"credits": "500"})).answered()
        assert "operator" in sneaked.text and not await stage.app.store.rules(f"discord:{other.id}")
        said = await (await stage.admin.submit(form, {"credits": "500", "period": "month"})).answered()
        assert "may now use 500 credits each month." in said.text
        shared = await dan.ask(room, "quota set", scope="everybody", credits=100)
        assert "100 credits each month" in shared.text
        await stage.discord.leave(other)
        await stage.discord.join(other, BOT_PERMISSIONS)


async def test_admins_set_the_server_up_by_a_form_and_changes_go_to_their_log_channel(
    tmp_path: Path,
) -> None:
    async with open_discord(tmp_path) as stage:
        log = stage.discord.world.channel(stage.guild, "log")
        shown = await stage.admin.ask(stage.channel, "setup")
        assert shown.private
        ((label, name),) = shown.message.buttons()
        denied = await (await stage.ada.press(shown.message, "", custom_id=name)).answered()
        assert "for the admins of this server" in denied.text
        form = await (await stage.admin.press(shown.message, label)).until(lambda one: one.state == "modal")
        more = form.modal["components"][4]["component"]
        assert "thread_per_request: off" in more["value"]
        answers = more["value"].replace("thread_per_request: off", "thread_per_request: on")
        answers = answers.replace("log_channel:", f"log_channel: {log.id}")
        said = await (await stage.admin.submit(form, {more["custom_id"]: answers})).answered()
        assert said.private and "thread" in said.text.lower(), said.text
        await stage.discord.until(lambda: stage.discord.readings(log))
        await stage.admin.ask(stage.channel, "quota set", scope="everybody", credits=300, period="day")
        await stage.discord.until(lambda: "300" in stage.discord.readings(log)[-1])
        await stage.generate(stage.ada, "a door slams")
        head = (await stage.discord.until(lambda: stage.discord.world.in_channel(stage.channel.id)))[0]
        assert (
            await stage.clip(where=await stage.discord.until(lambda: stage.discord.thread_on(head)))
        ).attachments
        await stage.ended(stage.ada)


async def test_a_server_is_told_of_once_however_often_the_bot_connects(tmp_path: Path) -> None:
    async with open_discord(tmp_path, operator=True) as stage:
        home = stage.admin.direct()
        await stage.discord.until(lambda: stage.discord.readings(home))
        await stage.discord.gateway.invalidate()
        await stage.discord.until(lambda: stage.discord.gateway.identifies == 2, seconds=20)
        assert (await stage.ada.ask(stage.channel, "credits")).text
        await asyncio.sleep(0.5)  # what it does not say by now it does not say
        assert len(stage.discord.readings(home)) == 1
