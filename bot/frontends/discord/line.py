"""The connection of the moment: who wants to write waits here until there is one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, Final

import discord

from bot.core.errors import TryLater
from bot.core.ports import Clock
from bot.frontends.discord.limits import TOKEN_SECONDS

_WAIT_SECONDS: Final = 40.0
_LATER_SECONDS: Final = 30.0
_MOST_OPEN: Final = 2000


class Line:
    """Holds the client while it is logged in, and the interactions that can still be answered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._client: discord.Client | None = None
        self._there = asyncio.Event()
        self._open: OrderedDict[str, tuple[int, discord.Interaction[Any]]] = OrderedDict()

    def up(self, client: discord.Client) -> None:
        """The client can write from now on."""
        self._client = client
        self._there.set()

    def down(self) -> None:
        """It no longer can."""
        self._client = None
        self._there.clear()

    async def client(self) -> discord.Client:
        """The client, once there is one.

        Raises:
            TryLater: there is none for a while.
        """
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._there.wait()
        except TimeoutError:
            raise TryLater(_LATER_SECONDS) from None
        if self._client is None:
            raise TryLater(_LATER_SECONDS)
        return self._client

    def keep(self, interaction: discord.Interaction[Any]) -> None:
        """Remember how somebody can be answered, for as long as Discord allows it."""
        now = self._clock.now_ms()
        self._open[str(interaction.id)] = (now, interaction)
        while self._open:
            first, (at_ms, _) = next(iter(self._open.items()))
            if len(self._open) <= _MOST_OPEN and now - at_ms < TOKEN_SECONDS * 1000:
                break
            del self._open[first]

    def still_open(self, ask: str) -> discord.Interaction[Any] | None:
        """An interaction that can still be answered; None if its time is over."""
        found = self._open.get(ask)
        if found is None or self._clock.now_ms() - found[0] >= TOKEN_SECONDS * 1000:
            return None
        return found[1]
