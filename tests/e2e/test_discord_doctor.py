"""`talkreel doctor` on Discord: what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.frontends.discord.check import Finding, examine
from tests.e2e.talkreel import Talkreel
from tests.fakes.discord import TOKEN, FakeDiscord
from tests.fakes.discord_world import ATTACH, BOT_PERMISSIONS


def by_name(found: tuple[Finding, ...]) -> dict[str, Finding]:
    return {one.name: one for one in found}


async def test_all_is_well_where_the_bot_has_what_it_needs() -> None:
    async with FakeDiscord() as discord:
        discord.world.guild()
        found = await examine(TOKEN, discord.base_url)
    assert {one.state for one in found} == {"ok"}
    assert by_name(found)["servers"].detail == "1 of 1 in order"
    assert by_name(found)["intents"].detail == "no privileged ones, and none are needed"


async def test_each_trouble_is_named_with_its_remedy() -> None:
    async with FakeDiscord() as discord:
        (token,) = await examine("wrong", discord.base_url)
        assert (token.state, token.detail) == ("wrong", "Discord does not accept DISCORD_TOKEN")
        nowhere = by_name(await examine(TOKEN, discord.base_url))["servers"]
        assert nowhere.state == "missing" and "Invite it: https://discord.com/oauth2" in nowhere.remedy
        discord.world.guild("Film club", bot=BOT_PERMISSIONS & ~ATTACH)
        lacking = by_name(await examine(TOKEN, discord.base_url))["permissions"]
        assert lacking.detail == "Film club: lacks Attach Files"
        discord.world.application_flags = 1 << 18
        discord.rest.starts_left = 3
        found = by_name(await examine(TOKEN, discord.base_url))
        assert "Message Content switched on, and not needed" in found["intents"].detail
        assert found["shards"].state == "wrong"
        discord.again("GET", "/users/@me", "503")
        (down,) = await examine(TOKEN, discord.base_url)
        assert down.detail == "Discord answers with status 503"
        address = discord.base_url
    (gone,) = await examine(TOKEN, address)
    assert gone.state == "wrong" and gone.detail.startswith("Discord cannot be reached")


async def test_the_command_says_it_in_lines(tmp_path: Path) -> None:
    async with FakeDiscord() as discord:
        talkreel = Talkreel(tmp_path, {"DISCORD_TOKEN": TOKEN, "TALKREEL_DISCORD_BASE_URL": discord.base_url})
        said = await asyncio.to_thread(talkreel.run, "doctor")
    assert "ok       discord token: accepted, the bot is called talkreel" in said.out
    assert "missing  discord servers: the bot is in no server yet" in said.out
    assert TOKEN not in "\n".join(said.lines)
