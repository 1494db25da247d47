"""Servers that invite the bot or remove it. What follows from that is the core's business."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import discord

from bot.core.desk import Desk
from bot.core.front import Doorbell
from bot.frontends.discord.asked import server_of

log = logging.getLogger(__name__)

_LEFT: Final = "left_ms"  # among a server's settings, once the bot was removed


class Guests:
    """Rings where servers come and go."""

    def __init__(self, front: Doorbell, desk: Desk) -> None:
        """Keep whom to tell, and what is known of servers."""
        self._front = front
        self._desk = desk

    async def all_there(self, client: discord.Client) -> None:
        """A session begins: servers that invited the bot while it was away are told of, too."""
        for guild in client.guilds:
            known = await self._desk.store.server(server_of(guild.id))
            if not known.name or _LEFT in known.settings:
                await self.joined(guild)
            await asyncio.sleep(0)

    async def joined(self, guild: discord.Guild) -> None:
        """The bot is in a server."""
        log.info("in a new server: %s (%s)", guild.name, guild.id)
        await self._front.on_join(server_of(guild.id), guild.name)

    async def left(self, guild: discord.Guild) -> None:
        """It is no longer there; its jobs end as they can."""
        log.info("no longer in server %s (%s)", guild.name, guild.id)
        await self._front.on_leave(server_of(guild.id))
