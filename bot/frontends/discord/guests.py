"""Servers that invite the bot or remove it. What follows from that is the core's business."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import discord

from bot.core.desk import Desk
from bot.frontends.discord.asked import server_of

log = logging.getLogger(__name__)


class Guests:
    """Tells the core of servers."""

    def __init__(self, front: object, desk: Desk) -> None:
        """Keep what is told, and what is known of servers."""
        self._front = front
        self._desk = desk

    async def all_there(self, client: discord.Client) -> None:
        """A session begins: servers that invited the bot while it was away are told of, too."""
        for guild in client.guilds:
            known = await self._desk.store.server(server_of(guild.id))
            if not known.name:
                await self.joined(guild)
            await asyncio.sleep(0)

    async def joined(self, guild: discord.Guild) -> None:
        """The bot is in a server."""
        store = self._desk.store
        server = await store.server(server_of(guild.id))
        if server.name != guild.name:
            await store.save_server(replace(server, name=guild.name))
        log.info("in server %s (%s)", guild.name, guild.id)

    async def left(self, guild: discord.Guild) -> None:
        """It is no longer there; its jobs end as they can."""
        log.info("no longer in server %s", guild.id)
