"""Servers that invite the bot: the operator hears of it and allots with one button, and nobody else can."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.e2e.discord_stage import open_discord
from tests.fakes.discord_world import BOT_PERMISSIONS


async def test_the_operator_hears_of_a_new_server_and_allots_with_one_button(tmp_path: Path) -> None:
    async with open_discord(tmp_path, allow=None, operator=True) as stage:
        home = stage.admin.direct()
        first = await stage.discord.until(lambda: stage.discord.readings(home))
        assert first == [
            "The bot is now on the server Film club with 4 members, which has no credits for paid models yet;"
            " clips of the built-in renderer are free there."
        ]
        other = stage.discord.world.guild("Second", bot=None)
        room = stage.discord.world.channel(other)
        dan = stage.discord.member("Dan", other, admin=True)
        await stage.discord.join(other, BOT_PERMISSIONS)
        await stage.discord.until(lambda: len(stage.discord.readings(home)) == 2)
        told = stage.discord.world.in_channel(home.id)[-1]
        assert [label for label, _ in told.buttons()] == [
            "Allot 500 credits a month",
            "Allot 2,000 credits a month",
        ]
        refused = await dan.ask(room, "quota set", scope="everybody", credits=100)
        assert "has allotted this server no credits" in refused.text
        forged = await (await dan.press(told, "", custom_id=told.buttons()[0][1])).answered()
        assert "operator" in forged.text and not await stage.app.store.rules(f"discord:{other.id}")
        pressed = await (await stage.admin.press(told, "Allot 500 credits a month")).answered()
        assert pressed.text == "Second may now use 500 credits each month."
        assert told.buttons() == [], "the message itself says what became of it"
        shared = await dan.ask(room, "quota set", scope="everybody", credits=100)
        assert "100 credits each month" in shared.text


async def test_a_server_is_told_of_once_however_often_the_bot_starts(tmp_path: Path) -> None:
    async with open_discord(tmp_path, operator=True) as before:
        home = before.admin.direct()
        await before.discord.until(lambda: before.discord.readings(home))
        await before.discord.gateway.invalidate()
        await before.discord.until(lambda: before.discord.gateway.identifies == 2, seconds=20)
        assert (await before.ada.ask(before.channel, "credits")).text
        await asyncio.sleep(0.5)  # what it does not say by now it does not say
        assert len(before.discord.readings(home)) == 1
