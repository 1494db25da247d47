"""What commands, buttons, forms and messages have in common: who asks, where the answer goes, whose files.

Holds no rules: rights are decided by `dispatch`, limits by the core.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import discord

from bot.core.desk import Attachment, Desk
from bot.core.errors import DeliveryError, Refusal, StorageFull
from bot.core.front import Front
from bot.core.model import Actor, Destination, Text
from bot.core.replies import Reply
from bot.frontends.discord.asked import (
    Place,
    actor_of,
    destination_of,
    place_of,
    private_destination,
    server_of,
)
from bot.frontends.discord.files import Fetcher
from bot.frontends.discord.line import Line
from bot.frontends.discord.memory import Memory
from bot.frontends.discord.outbox import DiscordOutbox
from bot.frontends.discord.render import Words

log = logging.getLogger(__name__)

Files = Mapping[str, Sequence[Mapping[str, Any]]]
Attached = Mapping[str, Sequence[Attachment]]

_AT_ONCE: Final = 8  # commands carried out together; acknowledging waits for none of them


class Office:
    """Shared by everything that answers people."""

    def __init__(
        self,
        *,
        front: Front,
        desk: Desk,
        words: Words,
        line: Line,
        memory: Memory,
        outbox: DiscordOutbox,
        fetcher: Fetcher,
    ) -> None:
        self.front = front
        self.desk = desk
        self.words = words
        self.line = line
        self.memory = memory
        self.outbox = outbox
        self._fetcher = fetcher
        self._room = asyncio.Semaphore(_AT_ONCE)

    def who(self, interaction: discord.Interaction[Any]) -> tuple[Actor, Place]:
        """Who asks, and where."""
        place = place_of(interaction)
        guild = interaction.guild
        actor = actor_of(
            interaction.user,
            place,
            server_name=guild.name if guild is not None and place.guild else "",
            admin=interaction.permissions.manage_guild or interaction.permissions.administrator,
            language=interaction.locale.value,
            operators=self.desk.operators,
        )
        return actor, place

    async def destination(
        self,
        actor: Actor,
        place: Place,
        *,
        private: bool = False,
        ask: str = "",
        prompt: str = "",
        reply_to: str = "",
    ) -> Destination:
        """Where the clip goes.

        Args:
            actor, place: who asked, and where.
            private: to the person's direct messages.
            ask: the interaction, to say later what cannot be said elsewhere.
            prompt: names the thread, where every clip has one.
            reply_to: the message that asked, or "".
        """
        if private:
            return private_destination(actor, self.memory, ask=ask)
        settings: Mapping[str, Any] = {}
        if place.guild:
            settings = (await self.desk.store.server(server_of(place.guild))).settings
        return destination_of(actor, place, self.memory, settings, ask=ask, prompt=prompt, reply_to=reply_to)

    async def in_turn(self, work: Callable[[], Awaitable[Reply]]) -> Reply:
        """Do some work when there is room for it."""
        async with self._room:
            return await work()

    async def with_files(
        self, wanted: Files, key: str, work: Callable[[Attached], Awaitable[Reply]]
    ) -> Reply:
        """Bring files here, do some work with them, and remove them again; a refusal becomes a reply."""
        if not wanted:
            return await self.in_turn(lambda: work({}))
        scratch = f"discord-{key}"
        try:
            folder = await asyncio.to_thread(self.desk.blobs.scratch, scratch)
            files = await self._fetcher.fetch(wanted, folder, limit_bytes=self.desk.house.max_upload_bytes)
            return await self.in_turn(lambda: work(files))
        except Refusal as refusal:
            return refused(refusal)
        except StorageFull:
            return refused(Refusal("storage_full"))
        finally:
            await self.desk.blobs.discard_scratch(scratch)

    async def told_anyway(self, actor: Actor, to: Destination, reply: Reply) -> None:
        """Say in a message what could not be said as an answer."""
        try:
            await self.outbox.notify(to, actor.person.key, reply)
        except DeliveryError as error:
            log.warning("%s could not be answered at all: %s", actor.person.key, error)


def refused(refusal: Refusal) -> Reply:
    """The reply for a refusal of the front-end's own."""
    lines = (Text(key=f"refusal.{refusal.code}", facts=refusal.facts), Text(key="cost.refused"))
    return Reply(kind="refusal", lines=lines, private=True, facts={**refusal.facts, "code": refusal.code})
