"""discord.py, pointed at the address of the settings, and its errors in our words.

The library knows one address for all clients of a process. Here each client rewrites its own requests, so
that two of them, or a test, do not get in each other's way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from bot.core.errors import DeliveryError, Forbidden, MessageGone, TooLarge, TryLater
from bot.frontends.discord.limits import (
    DEFAULT_BASE,
    NO_ENTRY,
    TOO_LARGE,
    UNKNOWN_MESSAGE,
)

_TROUBLE_SECONDS: Final = 5.0
_BANNED_SECONDS: Final = 60.0
_PAYLOAD_TOO_LARGE: Final = 413


class Wire(HTTPClient):
    """The library's client at an address of its own."""

    def __init__(self, base_url: str, **options: Any) -> None:
        super().__init__(**options)
        self._base = base_url.rstrip("/")
        self._gateway = ""

    async def request(self, route: Route, **options: Any) -> Any:
        """Ask the API."""
        return await super().request(at_base(route, self._base), **options)

    async def get_bot_gateway(self) -> Any:
        """Where to connect; remembered for a session that begins anew."""
        shards, url, limit = await super().get_bot_gateway()
        self._gateway = url
        return shards, url, limit

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        """Connect; the library's own address stands for the one that the API named."""
        asked = urlsplit(url)
        if self._gateway and asked.hostname == DiscordWebSocket.DEFAULT_GATEWAY.host:
            url = f"{self._gateway}?{asked.query}"
        return await super().ws_connect(url, compress=compress)


class Replies(AsyncWebhookAdapter):
    """Answers to interactions, at an address of their own."""

    def __init__(self, base_url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._base = base_url.rstrip("/")

    async def request(self, route: Route, session: aiohttp.ClientSession, **options: Any) -> Any:
        """Ask the API."""
        return await super().request(at_base(route, self._base), session, **options)


def at_base(route: Route, base: str) -> Route:
    """The same request at our address."""
    if base != DEFAULT_BASE and route.url.startswith(Route.BASE):
        route.url = base + route.url.removeprefix(Route.BASE)
    return route


def answering_at(base_url: str) -> Context:
    """Surroundings for tasks that answer interactions: the library looks up there where answers go."""
    context = copy_context()
    if base_url.rstrip("/") != DEFAULT_BASE:
        context.run(async_context.set, Replies(base_url))
    return context


@asynccontextmanager
async def in_our_words(*, sent_bytes: int = 0) -> AsyncIterator[None]:
    """What Discord says about a message, as the engine understands it.

    Raises:
        TooLarge, MessageGone, Forbidden, TryLater.
    """
    try:
        yield
    except (discord.DiscordException, aiohttp.ClientError, TimeoutError, ConnectionError) as error:
        raise meant(error, sent_bytes=sent_bytes) from error


def meant(error: Exception, *, sent_bytes: int = 0) -> DeliveryError:
    """Which of our errors it is."""
    if isinstance(error, discord.RateLimited):
        return TryLater(error.retry_after)
    if not isinstance(error, discord.HTTPException):
        return TryLater(_TROUBLE_SECONDS)
    if error.status == _PAYLOAD_TOO_LARGE or error.code in TOO_LARGE:
        return TooLarge(sent_bytes)
    if error.code in UNKNOWN_MESSAGE:
        return MessageGone(str(error))
    if error.code in NO_ENTRY or error.status == 403:
        return Forbidden(str(error))
    if error.status == 429:
        return TryLater(_BANNED_SECONDS)
    return TryLater(_TROUBLE_SECONDS)


async def within(seconds: float, work: asyncio.Future[Any]) -> bool:
    """Whether something is done within so many seconds; it goes on if not."""
    done, _ = await asyncio.wait({work}, timeout=seconds)
    return bool(done)
