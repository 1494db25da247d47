"""Telegram as a whole: built before it is connected, at work until its block ends. Holds no rules."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from telegram import User
from telegram.error import InvalidToken, TelegramError

from bot.core.desk import Desk
from bot.core.errors import TryLater
from bot.core.front import Front
from bot.core.ports import Clock
from bot.core.wording import Wording
from bot.frontends.telegram.actions import Actions
from bot.frontends.telegram.api import Api
from bot.frontends.telegram.intake import PATH, Intake
from bot.frontends.telegram.memory import Memory
from bot.frontends.telegram.menu import set_menus
from bot.frontends.telegram.outbox import TelegramOutbox
from bot.frontends.telegram.pace import Pace
from bot.frontends.telegram.people import People
from bot.frontends.telegram.reader import KINDS
from bot.frontends.telegram.seal import Seal
from bot.frontends.telegram.speaker import Kit
from bot.frontends.telegram.talk import Talk
from bot.frontends.telegram.wire import Flooded, make_bot

log = logging.getLogger(__name__)

_AGAIN_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
_TIDY_SECONDS: Final = 6 * 3600.0
_WEBHOOK: Final = "webhook"


class TelegramFront:
    """Telegram."""

    def __init__(
        self,
        *,
        token: str,
        wording: Wording,
        clock: Clock,
        data_dir: Path,
        language: str = "en",
        base_url: str = "https://api.telegram.org",
        local_mode: bool = False,
        public_url: str | None = None,
    ) -> None:
        """Build it; nothing is sent and no file is opened.

        Args:
            token: of the bot.
            wording: for everything a person reads.
            clock: time.
            data_dir: for `telegram.db`.
            language: where a person's own is not known.
            base_url: of the Bot API server.
            local_mode: that server runs with `--local` on this machine.
            public_url: where Telegram reaches our web server; without one, or where it is not https,
                updates are fetched by long polling.
        """
        self._words = wording
        self._clock = clock
        self._language = language
        self._local = local_mode
        self._public_url = public_url if public_url and public_url.startswith("https://") else ""
        self._memory = Memory(data_dir, clock)
        bot, connections = make_bot(token, base_url=base_url, local_mode=local_mode)
        self._api = Api(bot, connections=connections, memory=self._memory, pace=Pace())
        self._actions = Actions(self._api)
        self._seal = Seal(self._memory)
        self._intake = Intake(self._api, self._memory, clock)
        self.outbox = TelegramOutbox(
            api=self._api,
            memory=self._memory,
            seal=self._seal,
            words=wording,
            actions=self._actions,
            local=local_mode,
        )

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """The webhook, where there is a public address."""
        return [web.post(PATH, self._intake.webhook)] if self._public_url else []

    @asynccontextmanager
    async def at_work(self, *, dispatch: Front, desk: Desk) -> AsyncIterator[None]:
        """Connect and carry out what people ask until the block ends; then stop taking, and disconnect."""
        tasks = [
            asyncio.create_task(self._connect(dispatch, desk), name="telegram"),
            asyncio.create_task(self._tidy(), name="telegram housekeeping"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._intake.close()
            await self._actions.close()
            await self._api.close()
            await self._memory.close()

    async def _connect(self, dispatch: Front, desk: Desk) -> None:
        """Find out who we are, however long that takes, then take updates."""
        me = await self._reached()
        talk = Talk(self._kit(me, dispatch, desk))
        self._api.on_moved = talk.moved

        async def conflict() -> None:
            facts: dict[str, Any] = {}
            await desk.store.note_for_operator("telegram_conflict", "operator.telegram_conflict", facts)

        self._intake.on_arrival = talk.see
        self._intake.on_conflict = conflict
        await self._intake.open(talk.handle)
        await self._listen()
        log.info("Telegram: @%s is at work", me.username)
        operators = [int(one.partition(":")[2]) for one in sorted(desk.operators) if _own(one)]
        await set_menus(self._api.bot, self._words, operators)

    async def _reached(self) -> User:
        troubles = 0
        while True:
            try:
                return await self._api.bot.get_me()
            except TelegramError as error:
                if not troubles:
                    log.warning(
                        "Telegram does not accept TELEGRAM_TOKEN; get it from @BotFather."
                        if isinstance(error, InvalidToken)
                        else "Telegram cannot be reached; it is tried again."
                    )
                wait = _AGAIN_SECONDS[min(troubles, len(_AGAIN_SECONDS) - 1)]
                await asyncio.sleep(error.seconds if isinstance(error, Flooded) else wait)
                troubles += 1

    async def _listen(self) -> None:
        """By the webhook where there is a public address, else by long polling."""
        troubles = 0
        secret = await self._seal.secret(_WEBHOOK)
        if self._public_url:
            self._intake.trust(secret)
        while True:
            try:
                if self._public_url:
                    await self._api.bot.set_webhook(
                        f"{self._public_url}{PATH}",
                        secret_token=secret,
                        allowed_updates=list(KINDS),
                        max_connections=40,
                    )
                else:
                    await self._api.bot.delete_webhook()
                    self._intake.poll()
                return
            except TelegramError as error:
                if not troubles:
                    log.warning("Telegram does not take our web address: %s", error.message)
                await asyncio.sleep(_AGAIN_SECONDS[min(troubles, len(_AGAIN_SECONDS) - 1)])
                troubles += 1

    def _kit(self, me: User, dispatch: Front, desk: Desk) -> Kit:
        return Kit(
            api=self._api,
            memory=self._memory,
            seal=self._seal,
            words=self._words,
            outbox=self.outbox,
            actions=self._actions,
            people=People(self._api, clock=self._clock, operators=desk.operators),
            desk=desk,
            dispatch=dispatch,
            local=self._local,
            bot=me.id,
            username=me.username or "",
            language=self._language,
        )

    async def _tidy(self) -> None:
        while True:
            with contextlib.suppress(TryLater):
                await self._memory.tidy()
            await asyncio.sleep(_TIDY_SECONDS)


def _own(operator: str) -> bool:
    platform, _, id = operator.partition(":")
    return platform == "telegram" and id.isdigit()
