"""Updates in: by long polling or from the webhook, kept, and carried out in order, chat by chat.

An update is written down before Telegram is told that it came. A crash in the middle carries it out again;
the command's request key sees to it that nothing is made twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.core.errors import TryLater
from bot.core.ports import Clock
from bot.frontends.telegram.api import Api
from bot.frontends.telegram.limits import WEBHOOK_BYTES
from bot.frontends.telegram.memory import Memory
from bot.frontends.telegram.reader import KINDS, chat_of
from bot.frontends.telegram.wire import Flooded

log = logging.getLogger(__name__)

PATH: Final = "/telegram"
POLL_SECONDS: Final = 25
_PROOF: Final = "X-Telegram-Bot-Api-Secret-Token"
_AGAIN_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
_CONFLICT_SECONDS: Final = 3.0
_LANES: Final = 64  # chats whose updates are carried out at the same time
_TRIES: Final = 3

Handle = Callable[[int, Mapping[str, Any]], Awaitable[None]]


class Intake:
    """Takes updates until it is closed."""

    def __init__(self, api: Api, memory: Memory, clock: Clock) -> None:
        self._api = api
        self._memory = memory
        self._clock = clock
        self._handle: Handle | None = None
        self._secret = ""
        self._waiting: dict[int, deque[tuple[int, Mapping[str, Any]]]] = {}
        self._lanes: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(_LANES)
        self._taking: asyncio.Task[None] | None = None
        self.on_arrival: Callable[[Mapping[str, Any]], None] | None = None
        self.on_conflict: Callable[[], Awaitable[None]] | None = None

    async def open(self, handle: Handle) -> None:
        """Carry out what an earlier run left, and from now on what comes."""
        self._handle = handle
        for id, body in await self._memory.open_updates():
            self._line_up(id, json.loads(body))

    def poll(self) -> None:
        """Fetch updates by long polling."""
        self._taking = asyncio.get_running_loop().create_task(self._poll(), name="telegram updates")

    def trust(self, secret: str) -> None:
        """Take updates from the webhook that come with this secret."""
        self._secret = secret

    async def close(self, *, seconds: float = 3.0) -> None:
        """Take no more; let what is being carried out come to its end, but not for long."""
        self._handle = None
        if self._taking is not None:
            self._taking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._taking
        if self._lanes:
            await asyncio.wait(self._lanes, timeout=seconds)
        for lane in list(self._lanes):
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)

    async def webhook(self, request: web.Request) -> web.Response:
        """A call of Telegram. Without the secret nothing of it is read."""
        given = request.headers.get(_PROOF, "")
        if not self._secret or not hmac.compare_digest(given.encode(), self._secret.encode()):
            raise web.HTTPForbidden
        if self._handle is None:
            raise web.HTTPServiceUnavailable  # Telegram comes again
        body = bytearray()
        async for chunk in request.content.iter_chunked(65_536):
            body += chunk
            if len(body) > WEBHOOK_BYTES:
                raise web.HTTPRequestEntityTooLarge(max_size=WEBHOOK_BYTES, actual_size=len(body))
        try:
            update = json.loads(body)
            id = int(update["update_id"])
        except (ValueError, KeyError, TypeError):
            raise web.HTTPBadRequest from None
        await self._take(id, update)
        return web.Response()

    # ---- inside

    async def _poll(self) -> None:
        offset = 0
        troubles = 0
        while True:
            try:
                offset = offset or await self._memory.last_update()
                updates = await self._api.bot.get_updates(
                    offset=offset + 1 if offset else None,
                    timeout=POLL_SECONDS,
                    allowed_updates=list(KINDS),
                )
                for update in updates:
                    await self._take(update.update_id, json.loads(update.to_json()))
                    offset = update.update_id
            except Conflict as conflict:
                await self._conflict(conflict)
                await asyncio.sleep(_CONFLICT_SECONDS)
            except (TelegramError, TryLater) as error:
                await asyncio.sleep(self._pause(error, troubles))
                troubles += 1
            else:
                troubles = 0

    def _pause(self, error: Exception, troubles: int) -> float:
        if isinstance(error, Flooded):
            return error.seconds
        if troubles == 0:
            kind = (
                "does not accept TELEGRAM_TOKEN" if isinstance(error, InvalidToken) else "cannot be reached"
            )
            log.warning("Telegram %s; it is tried again.", kind)
        return _AGAIN_SECONDS[min(troubles, len(_AGAIN_SECONDS) - 1)]

    async def _conflict(self, conflict: Conflict) -> None:
        if "webhook" in conflict.message:  # set by somebody since we started
            with contextlib.suppress(TelegramError):
                await self._api.bot.delete_webhook()
            return
        log.error("Another copy of this bot is running with the same TELEGRAM_TOKEN: stop one of them.")
        if self.on_conflict is not None:
            await self.on_conflict()

    async def _take(self, id: int, update: Mapping[str, Any]) -> None:
        if await self._memory.take(id, json.dumps(update, ensure_ascii=False, separators=(",", ":"))):
            self._line_up(id, update)

    def _line_up(self, id: int, update: Mapping[str, Any]) -> None:
        if self.on_arrival is not None:
            self.on_arrival(update)
        chat = chat_of(update)
        lane = self._waiting.get(chat)
        if lane is not None:
            lane.append((id, update))
            return
        self._waiting[chat] = deque([(id, update)])
        task = asyncio.get_running_loop().create_task(self._carry_out(chat), name=f"telegram chat {chat}")
        self._lanes.add(task)
        task.add_done_callback(self._lanes.discard)

    async def _carry_out(self, chat: int) -> None:
        """The updates of one chat, one after the other."""
        lane = self._waiting[chat]
        try:
            async with self._room:
                while lane and self._handle is not None:
                    id, update = lane[0]
                    await self._one(self._handle, id, update)
                    lane.popleft()
        finally:
            self._waiting.pop(chat, None)

    async def _one(self, handle: Handle, id: int, update: Mapping[str, Any]) -> None:
        for attempt in range(_TRIES):
            try:
                await handle(id, update)
                break
            except TryLater as error:
                log.info("update %s has to wait: %s", id, error)
                if attempt + 1 < _TRIES:
                    await asyncio.sleep(min(error.retry_after_seconds, 30.0))
            except Exception:
                log.exception("update %s could not be carried out", id)
                break
        with contextlib.suppress(TryLater):
            await self._memory.dealt_with(id)
