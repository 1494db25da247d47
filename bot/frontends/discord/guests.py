"""Servers that invite the bot or remove it. A new one has no credits for paid models: the operators hear of
it, with a button to allot some. What may be allotted, and by whom, is the core's business (`core/office.py`).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Final

import discord

from bot.core.desk import Desk
from bot.core.errors import DeliveryError, Refusal
from bot.core.model import Actor, Text
from bot.core.office import allot
from bot.core.replies import Reply
from bot.frontends.discord.asked import server_of
from bot.frontends.discord.outbox import DiscordOutbox
from bot.frontends.discord.render import Words, escaped

log = logging.getLogger(__name__)

_OFFERED_CREDITS: Final = (500, 2000)


class Guests:
    """Looks after servers that come and go."""

    def __init__(self, desk: Desk, outbox: DiscordOutbox, words: Words, language: str) -> None:
        """Keep what is needed; `language` is that of the operators."""
        self._desk = desk
        self._outbox = outbox
        self._words = words
        self._language = language

    async def all_there(self, client: discord.Client) -> None:
        """A session begins: servers that invited the bot while it was away are told of, too."""
        for guild in client.guilds:
            await self.joined(guild)
            await asyncio.sleep(0)

    async def joined(self, guild: discord.Guild) -> None:
        """The bot is in a server; the operators are told once for each invitation."""
        store, server_id = self._desk.store, server_of(guild.id)
        server = await store.server(server_id)
        if server.name != guild.name:
            await store.save_server(replace(server, name=guild.name))
        since = guild.me.joined_at if guild.me is not None else None
        cause = f"joined:{server_id}:{int(since.timestamp()) if since is not None else 0}"
        facts = {"server": guild.name, "id": server_id}
        if not await store.note_for_operator(cause, "operator.joined", facts):
            return
        log.info("in a new server: %s (%s)", guild.name, guild.id)
        for person in self._desk.operators:
            if person.startswith("discord:"):
                await self._tell(person, guild)

    async def left(self, guild: discord.Guild) -> None:
        """It is no longer there; its jobs end as they can, its limits stay in case it comes back."""
        log.info("no longer in server %s (%s)", guild.name, guild.id)

    async def _tell(self, person: str, guild: discord.Guild) -> None:
        facts = {"server": guild.name, "members": guild.member_count or 0}
        line = escaped(self._words.say(Text(key="discord.joined", facts=facts), self._language))
        buttons = [
            (
                "allot",
                f"{guild.id}.{credits}",
                self._words.say(Text(key="discord.allot", facts={"credits": credits}), self._language),
            )
            for credits in _OFFERED_CREDITS
        ]
        try:
            await self._outbox.whisper(int(person.removeprefix("discord:")), [line], buttons)
        except DeliveryError as error:
            log.warning("%s could not be told of server %s: %s", person, guild.id, error)


async def allotted(desk: Desk, actor: Actor, target: str) -> Reply:
    """What became of the button: the server may use so many credits a month.

    Raises:
        Refusal: whoever pressed is no operator, or the button is not ours.
    """
    guild, _, credits = target.partition(".")
    if not (guild.isdecimal() and credits.isdecimal() and int(credits) in _OFFERED_CREDITS):
        raise Refusal("unknown_button")
    place = replace(actor, server=server_of(guild))
    await allot(desk, place, credits=int(credits), period="month")
    server = await desk.store.server(place.server)
    facts = {"server": server.name or place.server, "credits": int(credits), "period": "month"}
    return Reply(kind="notice", lines=(Text(key="console.allotted", facts=facts),))
