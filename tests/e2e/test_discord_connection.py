"""The connection to Discord: lost and found again, slowed down, refused; and a clean end."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from bot.core.wording import load_wording
from bot.frontends.discord.front import DiscordFront
from bot.frontends.discord.limits import invite_url
from tests.e2e.discord_stage import DiscordStage, open_discord
from tests.fakes.discord import FakeDiscord

PERMISSIONS = {
    "View Channels": 10,
    "Send Messages": 11,
    "Attach Files": 15,
    "Read Message History": 16,
    "Create Public Threads": 35,
    "Send Messages in Threads": 38,
}


def test_the_invite_link_asks_for_exactly_what_is_needed() -> None:
    bits = sum(1 << bit for bit in PERMISSIONS.values())
    assert invite_url(7) == (
        f"https://discord.com/oauth2/authorize?client_id=7&permissions={bits}"
        "&scope=bot%20applications.commands"
    )


async def test_the_invite_link_is_said_at_the_start(discord_stage: DiscordStage) -> None:
    (said,) = discord_stage.invites
    assert said == f"Invite the bot to a server: {invite_url(discord_stage.discord.world.application)}"


async def test_a_connection_that_is_moved_lost_or_void_is_found_again_and_nothing_is_missed(
    discord_stage: DiscordStage,
) -> None:
    stage, gateway = discord_stage, discord_stage.discord.gateway
    await gateway.reconnect()
    await stage.discord.until(lambda: gateway.resumes == 1)
    assert "credits" in (await stage.ada.ask(stage.channel, "credits")).text
    gateway.cut()
    missed = await stage.ada.slash(stage.channel, "credits")
    assert "credits" in (await missed.answered(seconds=20)).text, "given while the line was dead"
    assert gateway.resumes == 2 and gateway.identifies == 1
    await gateway.invalidate()
    await stage.discord.until(lambda: gateway.identifies == 2 and gateway.connected, seconds=30)
    assert "credits" in (await stage.ada.ask(stage.channel, "credits")).text


@pytest.mark.whole
async def test_a_line_that_has_gone_dead_without_a_word_is_given_up_and_resumed(tmp_path: Path) -> None:
    # Nothing is answered any more, heartbeats included. The library waits a minute before it gives up.
    async with FakeDiscord() as discord:
        discord.gateway.heartbeat_seconds = 5.0
        async with open_discord(tmp_path, discord=discord) as stage:
            discord.gateway.drop_heartbeats = True
            await discord.until(lambda: discord.gateway.heartbeats >= 3, seconds=40)
            await discord.until(lambda: discord.gateway.resumes, seconds=120)
            discord.gateway.drop_heartbeats = False
            assert "credits" in (await stage.ada.ask(stage.channel, "credits")).text


async def test_a_bot_on_several_shards_serves_the_servers_of_all(tmp_path: Path) -> None:
    async with FakeDiscord() as discord:
        discord.rest.shards = 2
        async with open_discord(tmp_path, discord=discord) as stage:
            assert len(discord.gateway.sessions) == 2
            while True:  # ids decide about shards; make a server for the other one
                other = discord.world.guild("Second", bot=None)
                if (other.id >> 22) % 2 != (stage.guild.id >> 22) % 2:
                    break
                await asyncio.sleep(0.002)
            room = discord.world.channel(other)
            dan = discord.member("Dan", other)
            await discord.join(other, stage.guild.bot or 0)
            for who, where in ((stage.ada, stage.channel), (dan, room)):
                assert "Built-in renderer" in (await who.ask(where, "credits")).text
            known = await stage.app.store.server(f"discord:{other.id}")
            assert known.name == "Second"
            await discord.leave(other)
            # An interaction of a server that the bot does not know (any more) breaks nothing.
            await (await dan.slash(room, "credits", forge=True)).answered()


async def test_rate_limits_are_kept_and_a_refusal_for_haste_is_waited_out(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    stage.discord.desk.rate = (5, 0.6)
    stage.discord.again("POST", f"/channels/{stage.channel.id}/messages", "429", retry_after=0.3)
    people = [stage.discord.member(f"P{number}", stage.guild) for number in range(8)]
    await asyncio.gather(*(stage.generate(person) for person in people))
    for person in people:
        assert (await stage.ended(person, seconds=40)).state == "delivered"
    # A request of one window may arrive in the next, more so on a busy machine; haste is met at every turn.
    desk = stage.discord.desk
    assert desk.too_often * 8 <= len(desk.calls), (desk.too_often, len(desk.calls))


async def test_a_wrong_token_is_said_in_words_and_takes_nothing_else_down(
    tmp_path: Path, discord_stage: DiscordStage, caplog: pytest.LogCaptureFixture
) -> None:
    stage = discord_stage
    front = DiscordFront(
        token="wrong",
        base_url=stage.discord.base_url,
        wording=load_wording(strict=True),
        clock=stage.clock,
        data_dir=tmp_path / "other",
        language="en",
    )
    async with front.at_work(dispatch=stage.app.dispatch, desk=stage.app.desk):
        await stage.discord.until(lambda: "Discord does not accept DISCORD_TOKEN" in caplog.text)
    assert "wrong" not in caplog.text


async def test_discord_that_cannot_be_reached_is_tried_again(
    tmp_path: Path, discord_stage: DiscordStage
) -> None:
    stage = discord_stage
    async with FakeDiscord() as other:
        other.again("GET", "/users/@me", "drop-before", uses=1)
        front = DiscordFront(
            token="fake.bot.token",
            base_url=other.base_url,
            wording=load_wording(strict=True),
            clock=stage.clock,
            data_dir=tmp_path / "other",
            language="en",
        )
        async with front.at_work(dispatch=stage.app.dispatch, desk=stage.app.desk):
            async with asyncio.timeout(20):
                await other.gateway.ready.wait()


async def test_an_answer_that_discord_loses_is_said_in_a_message(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    stage.discord.again("PATCH", "/messages/@original", "404", code=10015)
    await stage.ada.slash(
        stage.channel, "generate", prompt="a door slams", model="scripted-native", seconds=4
    )
    await stage.clip()
    told = stage.discord.readings(stage.channel)
    assert any(text.startswith(f"<@{stage.ada.user.id}>") and "40 credits held" in text for text in told)
    await stage.ended(stage.ada)


async def test_a_command_that_could_not_be_acknowledged_is_not_carried_out(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    stage.discord.again("POST", "/callback", "404", code=10062)
    await stage.ada.slash(
        stage.channel, "generate", prompt="a door slams", model="scripted-native", seconds=4
    )
    told = await stage.discord.until(lambda: stage.discord.readings(stage.channel))
    assert "nothing was done and nothing was charged; please give the command again." in told[0]
    assert stage.vendor.memory.submits == []


async def test_the_bot_goes_within_seconds_and_answers_what_it_had_begun(tmp_path: Path) -> None:
    async with open_discord(tmp_path) as stage:
        stage.rule("forever")
        await stage.generate(stage.ada)
        await stage.discord.until(lambda: stage.vendor.memory.tasks)
        asked = await stage.ben.slash(stage.channel, "credits")
        await stage.discord.until(lambda: asked.interaction.state != "new")
        began = time.monotonic()
    assert time.monotonic() - began < 10
    assert asked.text
    assert not stage.discord.gateway.connected
