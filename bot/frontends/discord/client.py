"""The connection to Discord: no privileged intents, as many shards as Discord wants, nothing kept that grows.

Turns events into calls of `Talk` and `Heard`, and looks after their tasks. Decides nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import discord

from bot.frontends.discord.heard import Heard
from bot.frontends.discord.talk import Talk
from bot.frontends.discord.wire import Wire

log = logging.getLogger(__name__)

_PATIENCE_SECONDS: Final = 120.0  # a longer rate limit is left to whoever asked to try again
_FAREWELL_SECONDS: Final = 4.0


class Guests(Protocol):
    """Hears of servers that come and go."""

    async def joined(self, guild: discord.Guild) -> None:
        """The bot is in a server, as far as is known for the first time."""
        ...

    async def left(self, guild: discord.Guild) -> None:
        """It is no longer there."""
        ...


class Client(discord.AutoShardedClient):
    """discord.py's client, with our events."""

    def __init__(
        self,
        *,
        base_url: str,
        talk: Talk,
        heard: Heard,
        guests: Guests,
        ready: Callable[[Client], Awaitable[None]],
    ) -> None:
        """Keep what is needed; `ready` is called whenever a session begins."""
        self._base_url = base_url
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # no voice channels here
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        super().__init__(
            intents=intents,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_ratelimit_timeout=_PATIENCE_SECONDS,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self._talk = talk
        self._heard = heard
        self._guests = guests
        self._on_ready = ready
        self._work: set[asyncio.Task[Any]] = set()
        self._taking = True

    def _get_state(self, **options: Any) -> Any:
        # The one place where the library can be given another HTTP client before it is used.
        self.http = Wire(
            self._base_url, loop=self.loop, unsync_clock=True, max_ratelimit_timeout=_PATIENCE_SECONDS
        )
        return super()._get_state(**options)

    async def on_ready(self) -> None:
        """A session begins; the library calls this after every new one."""
        await self._watched(self._on_ready(self))

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody gives a command, presses a button or sends a form."""
        if self._taking:
            await self._watched(self._talk.answer(interaction))

    async def on_message(self, message: discord.Message) -> None:
        """Somebody wrote something that Discord shows the bot."""
        if self._taking and self.user is not None:
            await self._watched(self._heard.message(message, self.user.id))

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Somebody invited the bot."""
        await self._watched(self._guests.joined(guild))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed, or the server is gone."""
        await self._watched(self._guests.left(guild))

    async def on_error(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Something of ours or the library's stumbled over an event; the connection goes on."""
        log.exception("an event of Discord could not be handled: %s", event)

    async def finish(self) -> None:
        """Take nothing more, and let the answers under way be given."""
        self._taking = False
        if self._work:
            _, pending = await asyncio.wait(self._work, timeout=_FAREWELL_SECONDS)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _watched(self, work: Awaitable[None]) -> None:
        """Do some work in the task that the library made for the event; another one would come later."""
        task = asyncio.current_task()
        if task is not None:
            self._work.add(task)
        try:
            await work
        finally:
            if task is not None:
                self._work.discard(task)
