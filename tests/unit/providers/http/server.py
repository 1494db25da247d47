"""A small real HTTP server on loopback that misbehaves on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from providers.base import ProviderConfig
from tests.fakes.opened import Opened

RawHandler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(handler: RawHandler) -> AsyncIterator[str]:
    """Hands the head of each request to `handler`, which writes bytes as it likes. Yields the base URL."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(await reader.readuntil(b"\r\n\r\n"), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@asynccontextmanager
async def web_server(app: web.Application) -> AsyncIterator[str]:
    """Runs an aiohttp application on a free port. Yields the base URL."""
    server = Opened()
    url = await server.open(app)
    try:
        yield url
    finally:
        await server.close()


def config_for(base_url: str, *, timeout_seconds: float = 5.0) -> ProviderConfig:
    """A provider at this address."""
    return ProviderConfig(
        id="acme",
        base_url=base_url,
        keys={"ACME_API_KEY": "sk-very-secret"},
        work_dir=Path("unused"),
        timeout_seconds=timeout_seconds,
    )
