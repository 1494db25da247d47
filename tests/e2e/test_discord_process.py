"""`talkreel run` as it is shipped, on a strict Discord: killed in the middle, started again, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.talkreel import Talkreel, ended
from tests.e2e.test_discord_clip import playable
from tests.fakes.discord import TOKEN, FakeDiscord, Member
from tests.fakes.discord_world import Channel, Message
from tests.fakes.vendor import FakeVendor

CLIP: dict[str, Any] = {"prompt": "a door slams", "model": "scripted-native", "seconds": 4}


@dataclass
class Outside:
    """What the bot's process does not belong to."""

    talkreel: Talkreel
    discord: FakeDiscord
    vendor: FakeVendor
    channel: Channel
    ada: Member
    admin: Member
    said: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[subprocess.Popen[str]]:
        """The bot, connected; killed at the end if it still lives."""
        self.discord.gateway.ready.clear()
        process = await asyncio.to_thread(self.talkreel.start, "run", "--port", "0")
        try:
            async with asyncio.timeout(60):
                await self.discord.gateway.ready.wait()
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            said = await asyncio.to_thread(ended, process)
            self.said.append("\n".join(said))

    def clips(self) -> list[Message]:
        """Clips in the channel."""
        return [m for m in self.discord.world.in_channel(self.channel.id) if m.attachments]


@asynccontextmanager
async def outside(folder: Path) -> AsyncIterator[Outside]:
    """Discord, a vendor, and a bot that was allotted credits before its first start."""
    async with FakeDiscord() as discord, FakeVendor() as vendor:
        guild = discord.world.guild()
        talkreel = Talkreel(
            folder, {"DISCORD_TOKEN": TOKEN, "TALKREEL_DISCORD_BASE_URL": discord.base_url}
        ).sells(vendor.url)
        allotted = await asyncio.to_thread(
            talkreel.run, "servers", "allow", f"discord:{guild.id}", "--credits", "500", "--per", "month"
        )
        assert allotted.status == 0, allotted
        yield Outside(
            talkreel=talkreel,
            discord=discord,
            vendor=vendor,
            channel=discord.world.channel(guild),
            ada=discord.member("Ada", guild),
            admin=discord.member("Cyd", guild, admin=True),
        )
        assert discord.complaints == []
        await asyncio.to_thread(talkreel.judge)


async def test_from_the_first_start_to_a_clip_through_a_kill_to_a_clean_end(tmp_path: Path) -> None:
    async with outside(tmp_path) as world:
        async with world.running() as process:
            shared = await world.admin.ask(world.channel, "quota set", scope="everybody", credits=200)
            assert "200 credits each month" in shared.text
            answer = await world.ada.ask(world.channel, "generate", **CLIP)
            assert "40 credits held" in answer.text
            clip = await world.discord.clip(world.channel, seconds=60)
            assert playable(world.discord.bytes_of(clip)) == ("h264", "aac", 4.0)
            world.vendor.script.add([{"match": {}, "faults": ["run-ms=2500"], "uses": 1}])
            await world.ada.ask(world.channel, "generate", **CLIP)
            await world.discord.until(lambda: len(world.vendor.memory.tasks) == 2)
            second = await asyncio.to_thread(world.talkreel.run, "run", "--port", "0")
            assert second.status == 2 and "is in use by another Talkreel process" in second.err[-1]
            os.killpg(process.pid, signal.SIGKILL)
        async with world.running() as process:
            await world.discord.clip(world.channel, seconds=60, count=2)
            details = await (await world.ada.press(clip, "Details")).answered()
            assert "charged 40 credits" in details.text
            await world.discord.until(lambda: "ready" in " ".join(world.discord.readings(world.channel)[-1:]))
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                await asyncio.to_thread(process.wait)
            assert process.returncode == 143
        assert len(world.clips()) == 2 and len(world.vendor.memory.tasks) == 2
        assert world.discord.world.syncs == 1
        for said in world.said:
            assert f"authorize?client_id={world.discord.world.application}&permissions=" in said
            assert TOKEN not in said and "Traceback" not in said, said
