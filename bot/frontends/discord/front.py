"""Discord as a front-end: put together, connected, and taken down again. The only module others import.

A lost connection is the library's business; a failed login is tried again here, unless the token is wrong.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp
import discord
from aiohttp import web

from bot.core.commands import COMMANDS
from bot.core.desk import Desk
from bot.core.front import Front
from bot.core.model import Text
from bot.core.ports import Clock
from bot.core.requests.call import usable
from bot.core.wording import Wording
from bot.frontends.discord.client import Client
from bot.frontends.discord.files import Fetcher
from bot.frontends.discord.guests import Guests
from bot.frontends.discord.heard import Heard
from bot.frontends.discord.limits import invite_url
from bot.frontends.discord.line import Line
from bot.frontends.discord.memory import Memory
from bot.frontends.discord.menu import fingerprint, payload
from bot.frontends.discord.office import Office
from bot.frontends.discord.outbox import DiscordOutbox
from bot.frontends.discord.talk import Talk
from bot.frontends.discord.wire import answering_at

log = logging.getLogger(__name__)

_RETRY_SECONDS: Final = (2.0, 5.0, 15.0, 60.0)
_CLOSE_SECONDS: Final = 3.0


class DiscordFront:
    """One bot account on Discord."""

    def __init__(
        self,
        *,
        token: str,
        base_url: str,
        wording: Wording,
        clock: Clock,
        data_dir: Path,
        language: str,
        say: Callable[[str], None] | None = None,
    ) -> None:
        """Connects to nothing yet.

        Args:
            token: the bot's.
            base_url: of the API.
            wording: all texts.
            clock: time.
            data_dir: where `discord.json` is kept.
            language: where a person's own is not known.
            say: tells the operator where to invite the bot; the log by default.
        """
        self._token = token
        self._base_url = base_url.rstrip("/")
        self._words = wording
        self._language = language
        self._say = say or log.info
        self._line = Line(clock)
        self._memory = Memory(data_dir, clock)
        self.outbox = DiscordOutbox(
            line=self._line, memory=self._memory, words=wording, context=answering_at(self._base_url)
        )
        self._client: Client | None = None

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Nothing: Discord is connected to, it does not connect."""
        return ()

    @asynccontextmanager
    async def at_work(self, *, dispatch: Front, desk: Desk) -> AsyncIterator[None]:
        """Connect and answer until the block ends; then take nothing more, finish what is being said, go."""
        fetcher = Fetcher(self._base_url)
        office = Office(
            front=dispatch,
            desk=desk,
            words=self._words,
            line=self._line,
            memory=self._memory,
            outbox=self.outbox,
            fetcher=fetcher,
        )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(fetcher.close)
            live = asyncio.create_task(
                self._live(office, Guests(dispatch, desk)),
                name="discord",
                context=answering_at(self._base_url),
            )
            stack.push_async_callback(self._end, live)
            yield

    async def _end(self, live: asyncio.Task[None]) -> None:
        if self._client is not None:
            await self._client.finish()
        self._line.down()
        live.cancel()
        await asyncio.wait({live}, timeout=_CLOSE_SECONDS + 1.0)

    async def _live(self, office: Office, guests: Guests) -> None:
        """Stay connected; tried again by itself when it cannot be."""
        tries = 0
        while True:
            client = self._client = Client(
                base_url=self._base_url,
                talk=Talk(office),
                heard=Heard(office, self._language),
                guests=guests,
                ready=guests.all_there,
            )
            try:
                await client.login(self._token)
                tries = 0
                await self._introduce(client, office.desk)
                self._line.up(client)
                await client.connect(reconnect=True)
            except discord.LoginFailure:
                log.error("%s", self._words.say(Text(key="discord.bad_token"), self._language))
                return
            except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
                log.warning("Discord cannot be reached: %s", error)
            except Exception:
                log.exception("the connection to Discord failed in a way that was not foreseen")
            finally:
                self._line.down()
                await _close(client)
            wait = _RETRY_SECONDS[min(tries, len(_RETRY_SECONDS) - 1)]
            tries += 1
            log.warning("Discord is tried again in %s s", wait)
            await asyncio.sleep(wait)

    async def _introduce(self, client: Client, desk: Desk) -> None:
        """Tell where the bot is invited, and Discord its commands if they have changed."""
        application = client.application_id
        if application is None:
            raise discord.ClientException("Discord names no application for this token")
        facts = {"url": invite_url(application)}
        self._say(self._words.say(Text(key="discord.invite", facts=facts), self._language))
        commands = payload(self._words, tuple(usable(desk, command) for command in COMMANDS))
        mark = fingerprint(commands)
        if self._memory.commands(str(application)) == mark:
            return
        sent: list[Any] = commands
        try:
            await client.http.bulk_upsert_global_commands(application, payload=sent)
        except discord.HTTPException as error:
            log.error("Discord did not take the commands, so it keeps those it has: %s", error)
            return
        await self._memory.has_commands(str(application), mark)
        log.info("Discord has the commands of this version now")


async def _close(client: Client) -> None:
    with suppress(Exception):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await client.close()
