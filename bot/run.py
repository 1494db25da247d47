"""`talkreel run`: the web page and every chat whose token is set, around one running bot. Holds no rules.

A chat that cannot connect is said in the log and tried again by itself; it never takes the others down.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from aiohttp import web

from bot.app import App, SystemClock, open_app
from bot.core.desk import Desk
from bot.core.dispatch import Dispatch
from bot.core.ports import Clock, Outbox
from bot.core.wording import Wording, load_wording
from bot.doctor import Check
from bot.frontends.discord import check as discord_check
from bot.settings import Settings, vendor_keys
from bot.site import Site, open_desktop, open_site, operators_place

log = logging.getLogger(__name__)

TOKENS: Final[Mapping[str, str]] = {"discord": "DISCORD_TOKEN", "telegram": "TELEGRAM_TOKEN"}
# Loaded by name: the chats' libraries take half a second each, and most commands need neither.
_FRONTS: Final[Mapping[str, str]] = {
    "discord": "bot.frontends.discord.front:DiscordFront",
    "telegram": "bot.frontends.telegram.front:TelegramFront",
}


class ChatFront(Protocol):
    """One chat platform."""

    outbox: Outbox

    def at_work(self, *, dispatch: Dispatch, desk: Desk) -> AbstractAsyncContextManager[None]:
        """Connect and carry out what people ask until the block ends; then stop taking and disconnect."""
        ...

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """What the web server serves for it (a webhook), or nothing."""
        ...


@dataclass(frozen=True, kw_only=True)
class Running:
    """What `talkreel run` has put up.

    Attributes:
        app: the bot.
        site: the web page.
        chats: platforms whose token is set.
    """

    app: App
    site: Site
    chats: tuple[str, ...]


def chat_fronts(settings: Settings, *, wording: Wording, clock: Clock) -> dict[str, ChatFront]:
    """A front-end for every chat whose token is set, not yet connected."""
    tokens = vendor_keys(TOKENS.values())
    made: dict[str, ChatFront] = {}
    own: dict[str, dict[str, Any]] = {
        "discord": {"base_url": settings.discord_base_url},
        "telegram": {
            "base_url": settings.telegram_base_url,
            "local_mode": settings.telegram_local_mode,
            "public_url": settings.public_url,
        },
    }
    for platform, variable in TOKENS.items():
        if variable in tokens:
            module, _, name = _FRONTS[platform].partition(":")
            front: Callable[..., ChatFront] = getattr(importlib.import_module(module), name)
            made[platform] = front(
                token=tokens[variable].get_secret_value(),
                wording=wording,
                clock=clock,
                data_dir=Path(settings.data_dir),
                language=settings.language,
                **own[platform],
            )
    return made


async def chat_checks(settings: Settings) -> tuple[Check, ...]:
    """What `talkreel doctor` finds out about the chats whose token is set."""
    token = vendor_keys(TOKENS.values()).get(TOKENS["discord"])
    if token is None:
        return ()
    found = await discord_check.examine(token.get_secret_value(), settings.discord_base_url)
    return tuple(
        Check(name=f"discord {one.name}", state=one.state, detail=one.detail, remedy=one.remedy)
        for one in found
    )


@asynccontextmanager
async def open_run(settings: Settings, *, host: str, port: int) -> AsyncIterator[Running]:
    """Put everything up; at the end the chats stop taking first, then the page, then the jobs are let go of.

    Args:
        settings: the operator's.
        host: address that the web server listens on.
        port: its port; 0 = any free one.

    Raises:
        Busy: another process owns the data folder.
        BadSettings: a setting cannot be used.
    """
    wording, clock = load_wording(), SystemClock()
    async with AsyncExitStack() as stack:
        desktop = await stack.enter_async_context(
            open_desktop(settings.data_dir, wording=wording, clock=clock)
        )
        chats = await asyncio.to_thread(chat_fronts, settings, wording=wording, clock=clock)
        outboxes: dict[str, Outbox] = {"web": desktop.outbox}
        outboxes.update({platform: front.outbox for platform, front in chats.items()})
        app = await stack.enter_async_context(
            open_app(
                settings,
                outboxes=outboxes,
                clock=clock,
                operators=(operators_place(settings.language),),
                serves=True,
            )
        )
        routes = [route for front in chats.values() for route in front.routes()]
        site = await stack.enter_async_context(
            open_site(app, desktop, host=host, port=port, demo=False, routes=routes)
        )
        for front in chats.values():
            await stack.enter_async_context(front.at_work(dispatch=app.dispatch, desk=app.desk))
        yield Running(app=app, site=site, chats=tuple(chats))
