"""The fake Discord in a process of its own, with members who give many commands: for measurements.

`python -m tests.fakes.discord_drive --port 0` says where it listens. `POST /_drive {"per_second": 200,
"count": 1000}` lets 500 members give commands and answers with how soon each was acknowledged (seconds).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from typing import Any

from aiohttp import web

from tests.fakes.discord import FakeDiscord, Member
from tests.fakes.discord_world import Interaction

MEMBERS = 500
WAIT_SECONDS = 900.0
OPTIONS: dict[str, Any] = {
    "prompt": "a door slams in an empty house",
    "model": "scripted-native",
    "seconds": 4,
}


class Drive:
    """Members at work."""

    def __init__(self, discord: FakeDiscord) -> None:
        self.discord = discord
        self.guild = discord.world.guild()
        self.channel = discord.world.channel(self.guild)
        self.members = [discord.member(f"Member {n}", self.guild) for n in range(MEMBERS)]

    async def place(self, request: web.Request) -> web.Response:
        """The server's id, which the books have to know."""
        ready = self.discord.gateway.ready.is_set()
        return web.json_response({"guild": str(self.guild.id), "ready": ready})

    async def drive(self, request: web.Request) -> web.Response:
        """Give commands evenly; wait until all are acknowledged."""
        wish = await request.json()
        per_second, count = float(wish["per_second"]), int(wish["count"])
        given: list[tuple[float, Interaction]] = []
        world = self.discord.world
        wanted = world.acknowledged + count

        async def give(member: Member) -> None:
            at = time.perf_counter()
            exchange = await member.slash(self.channel, "generate", **OPTIONS)
            given.append((at, exchange.interaction))

        began = time.perf_counter()
        tasks = []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
            tasks.append(asyncio.create_task(give(self.members[number % MEMBERS])))
        await asyncio.gather(*tasks)
        await self.discord.until(lambda: world.acknowledged >= wanted, seconds=WAIT_SECONDS)
        took = sorted(one.acknowledged_at - at for at, one in given)
        return web.json_response({"took": took, "wall": time.perf_counter() - began})

    async def clips(self, request: web.Request) -> web.Response:
        """How many clips stand in the channel; forgets what is no longer needed, so that it stays quick."""
        world = self.discord.world
        done = [id for id, message in world.messages.items() if message.attachments or message.mentions]
        self.delivered += sum(1 for id in done if world.messages[id].attachments)
        for id in done:
            del world.messages[id]
        world.files.clear()
        return web.json_response({"clips": self.delivered})

    delivered = 0


async def serve(options: argparse.Namespace) -> None:
    """Until it is ended."""
    discord = FakeDiscord(validate=not options.no_validation, port=options.port)
    discord.desk.rate = (1_000_000, 1.0)
    discord.desk.remember_calls = False
    drive = Drive(discord)
    routes: list[Any] = [
        web.get("/_place", drive.place),
        web.post("/_drive", drive.drive),
        web.post("/_clips", drive.clips),
    ]
    discord.more_routes = routes
    async with discord:
        sys.stdout.write(f"Listening http://127.0.0.1:{discord.port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-validation", action="store_true")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
