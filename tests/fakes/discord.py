"""A strict Discord on real sockets: REST, gateway and file server in one, for the unmodified bot.

`async with FakeDiscord() as discord:` and point the bot at `discord.base_url`. People are made with `member`;
what everybody can read is in `discord.world`. When a test ends, `discord.complaints` must be empty.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any

from aiohttp import web

from tests.fakes import discord_shapes as shapes
from tests.fakes.discord_desk import Desk, Fault
from tests.fakes.discord_gateway import Gateway
from tests.fakes.discord_people import Exchange, Member, NotPossible, plain
from tests.fakes.discord_rest import Rest
from tests.fakes.discord_world import THREAD, TOKEN, Channel, Guild, Message, User, World
from tests.fakes.opened import Opened

__all__ = ["TOKEN", "Exchange", "FakeDiscord", "Member", "NotPossible", "plain"]


class FakeDiscord:
    """The whole platform, with one application and one bot."""

    def __init__(self, *, validate: bool = True, port: int = 0) -> None:
        self.world = World()
        self.desk = Desk(self.world, validate=validate)
        self.gateway = Gateway(self.world, lambda: f"ws://127.0.0.1:{self.port}/gateway")
        self.rest = Rest(self.world, lambda: f"http://127.0.0.1:{self.port}", lambda: self.gateway._url())
        self.rest.changed = self._changed
        self.port = port
        self._news = asyncio.Event()
        self.more_routes: list[web.RouteDef] = []
        self._server = Opened()

    async def __aenter__(self) -> FakeDiscord:
        application = web.Application(client_max_size=200 << 20)
        application.add_routes(
            [*self.rest.routes(self.desk), web.get("/gateway", self.gateway.serve), *self.more_routes]
        )
        application.router.add_route("*", "/{rest:.*}", self._unknown)
        url = await self._server.open(application, port=self.port, patience_seconds=1.0)
        self.port = int(url.rpartition(":")[2])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.gateway.close()
        await self._server.close()

    @property
    def base_url(self) -> str:
        """What the bot is pointed at."""
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def complaints(self) -> list[str]:
        """Everything that the bot did and Discord would not have liked."""
        return [*self.desk.complaints, *self.gateway.complaints]

    def member(self, name: str, home: Guild | None = None, *, admin: bool = False, **more: Any) -> Member:
        """Somebody new, on a server."""
        user = self.world.user(name, **more)
        if home is not None:
            home.members[user.id] = set()
            if admin:
                home.admins.add(user.id)
        return Member(self, user, home)

    def again(self, method: str, part: str, do: str, *, uses: int = 1, **more: Any) -> None:
        """Let something go wrong at the next calls whose path has `part` in it."""
        self.desk.faults.append(Fault(method, part, do, uses, **more))

    async def join(self, guild: Guild, bot: int) -> None:
        """The bot is invited to a server."""
        guild.bot, guild.invited_ms = bot, self.world.now_ms()
        event = shapes.guild(self.world, guild)
        del event["unavailable"]
        await self.gateway.emit("GUILD_CREATE", event, guild=guild.id)

    async def leave(self, guild: Guild) -> None:
        """The bot is removed from a server."""
        guild.bot = None
        await self.gateway.emit("GUILD_DELETE", {"id": str(guild.id)}, guild=guild.id)

    def thread(self, parent: Channel, name: str) -> Channel:
        """A thread that somebody opened; the bot hears of it with the next command."""
        return self.world.channel(
            self.world.guilds[parent.guild], name, type=THREAD, parent=parent.id, nsfw=parent.nsfw
        )

    def thread_on(self, message: Message) -> Channel | None:
        """The thread that hangs on a message, if there is one."""
        return self.world.channels.get(message.id)

    async def delete_channel(self, channel: Channel) -> None:
        """A channel is deleted, with everything in it."""
        channel.deleted = True
        event = shapes.channel(self.world, channel)
        await self.gateway.emit("CHANNEL_DELETE", event, guild=channel.guild)

    async def until(self, suits: Callable[[], Any], *, seconds: float = 10.0) -> Any:
        """Wait until something is true, and return it."""
        async with asyncio.timeout(seconds):
            while not (found := suits()):
                self._news.clear()
                try:
                    async with asyncio.timeout(0.25):
                        await self._news.wait()
                except TimeoutError:
                    continue
        return found

    async def clip(self, where: Channel, *, seconds: float = 30.0, count: int = 1) -> Message:
        """Wait for the newest message with a clip in a channel."""

        def shown() -> list[Message]:
            return [
                m for m in self.world.in_channel(where.id) if m.attachments and m.author == self.world.bot.id
            ]

        await self.until(lambda: len(shown()) >= count, seconds=seconds)
        return shown()[-1]

    def readings(self, where: Channel) -> list[str]:
        """What stands in a channel, oldest first."""
        return [plain(message.content) for message in self.world.in_channel(where.id)]

    def bytes_of(self, message: Message) -> bytes:
        """The first file of a message."""
        return self.world.files[int(message.attachments[0]["id"])]

    def someone(self, id: int) -> User:
        """An account by id."""
        return self.world.users[id]

    def _changed(self) -> None:
        self._news.set()

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        self.desk.complaints.append(f"{request.method} {request.path} is not answered here")
        return web.json_response({"message": "404: Not Found", "code": 0}, status=404)
