"""The chat page's routes: page, messages, live news, files. Says nothing of its own; `chat.py` does."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import WSCloseCode, web

from bot.core.desk import Desk
from bot.core.errors import Refusal, StorageFull
from bot.core.model import Actor, Text
from bot.core.wording import Wording
from bot.frontends.web.assets import Assets
from bot.frontends.web.chat import Chat
from bot.frontends.web.chatlog import ChatLog
from bot.frontends.web.clipfiles import ClipFiles
from bot.frontends.web.contests import Contests
from bot.frontends.web.estimate import DIMENSIONS, choices, price, uses
from bot.frontends.web.feed import Feed, Page
from bot.frontends.web.handed import HandedFiles
from bot.frontends.web.limits import FILES, FORM_FIELDS, PAGE_MESSAGES, SENDS_AT_ONCE, STREAMS, TEXT_BYTES
from bot.frontends.web.menu import commands, priced
from bot.frontends.web.presses import Presses
from bot.frontends.web.seats import Seats, fields, needed, text
from bot.frontends.web.uploads import Sent, read_sent

_HEARTBEAT_SECONDS: Final = 25.0
_SEND_SECONDS: Final = 20.0
_REPLAY: Final = 500
_SHOWN: Final = ("image/", "audio/", "video/")


class WebFront:
    """The routes of the chat page, ready to be mounted on the server."""

    def __init__(
        self,
        *,
        seats: Seats,
        chat: Chat,
        presses: Presses,
        chatlog: ChatLog,
        feed: Feed,
        handed: HandedFiles,
        desk: Desk,
        wording: Wording,
        assets: Assets,
        clips: ClipFiles,
        contests: Contests,
        demo: bool,
    ) -> None:
        """Keep what is needed.

        Args:
            seats: tells who asks, or turns them away.
            chat: takes messages.
            presses: takes buttons.
            chatlog: all messages.
            feed: live news.
            handed: files that were just handed over.
            desk: ports and the operator's choices.
            wording: for everything a person reads.
            assets: the page itself and its files.
            clips: serves clips.
            contests: serves comparisons.
            demo: said on the page.
        """
        self._seats = seats
        self._chat = chat
        self._presses = presses
        self._log = chatlog
        self._feed = feed
        self._handed = handed
        self._desk = desk
        self._wording = wording
        self._demo = demo
        self._assets = assets
        self._clips = clips
        self._contests = contests
        self._sending: dict[str, int] = {}
        self._open: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.AbstractRouteDef]:
        """What to mount."""
        return [
            web.get("/", self._page),
            web.get("/static/{name}", self._assets.serve),
            web.get("/chat/hello", self._hello),
            web.get("/chat/messages", self._messages),
            web.get("/chat/events", self._events, allow_head=False),
            web.get("/chat/balance", self._balance),
            web.get("/chat/models", self._models),
            web.get("/chat/price", self._price),
            web.get("/chat/values", self._values),
            web.post("/chat/send", self._send),
            web.post("/chat/press", self._press),
            web.post("/chat/submit", self._submit),
            web.get("/chat/handed/{name}", self._hand, allow_head=False),
            *self._clips.routes(),
            *self._contests.routes(),
            web.get("/chat/files/{message}/{number}", self._file),
        ]

    async def close(self) -> None:
        """Close all live connections; the pages come back by themselves."""
        for socket in list(self._open):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    def _actor(self, request: web.Request) -> Actor:
        return self._seats.actor(request)

    async def _page(self, request: web.Request) -> web.Response:
        actor = self._actor(request)
        more = {"page.language": actor.language, "page.name": actor.person.name}
        return web.Response(
            text=self._assets.page("chat.html", actor.language, more), content_type="text/html"
        )

    async def _hello(self, request: web.Request) -> web.Response:
        seat = await self._seats.of(request)
        actor = seat.actor
        keys = [key for key in self._wording.keys("en") if key.startswith("web.")]
        return web.json_response(
            {
                "name": actor.person.name,
                "changed": self._log.last_change,
                "demo": self._demo,
                "admin": seat.rules_somewhere,
                "commands": commands(self._desk, actor, self._wording),
                "files": FILES,
                "file_bytes": self._desk.house.max_upload_bytes,
                "words": {
                    key.removeprefix("web."): self._wording.say(Text(key=key), actor.language)
                    for key in keys
                    if not self._wording.placeholders(key, "en")
                },
            }
        )

    async def _messages(self, request: web.Request) -> web.Response:
        actor = self._actor(request)
        before = _number(request, "before")
        found = await self._log.page(actor.person.key, before=before, count=PAGE_MESSAGES)
        return web.json_response(
            {"messages": [bubble.shown() for bubble in found], "more": len(found) == PAGE_MESSAGES}
        )

    async def _balance(self, request: web.Request) -> web.Response:
        return web.json_response(await self._chat.balance(self._actor(request)))

    async def _models(self, request: web.Request) -> web.Response:
        actor = self._actor(request)
        typed = request.query.get("typed", "")[:2000]
        return web.json_response({"models": await priced(self._desk, actor, typed, self._wording)})

    async def _price(self, request: web.Request) -> web.Response:
        actor = self._actor(request)
        typed = request.query.get("typed", "")[:2000]
        return web.json_response(await price(self._desk, actor, typed, self._wording))

    async def _values(self, request: web.Request) -> web.Response:
        actor = self._actor(request)
        typed = request.query.get("typed", "")[:2000]
        if request.query.get("option") == "audio_as":
            return web.json_response({"values": await uses(self._desk, actor, typed, self._wording)})
        dimension = next((one for one in DIMENSIONS if one == request.query.get("option")), None)
        if dimension is None:
            raise web.HTTPBadRequest
        found = await choices(self._desk, actor, dimension, typed, self._wording)
        return web.json_response({"values": found})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Everything that changed since `after`, then everything that changes."""
        actor = self._actor(request)
        after = _number(request, "after")
        person = actor.person.key
        if self._feed.count(person) >= STREAMS:
            raise web.HTTPTooManyRequests
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECONDS, max_msg_size=1024, compress=False)
        await socket.prepare(request)
        self._open.add(socket)
        with self._feed.open(person) as page:
            sender = asyncio.create_task(self._tell(socket, page, person, after))
            try:
                async for _ in socket:  # a page has nothing to say here; this notices its end
                    continue
            finally:
                sender.cancel()
                self._open.discard(socket)
        return socket

    async def _tell(self, socket: web.WebSocketResponse, page: Page, person: str, after: int) -> None:
        try:
            while missed := await self._log.missed(person, after=after, count=_REPLAY):
                for bubble in missed:
                    await _give(socket, {"type": "message", "message": bubble.shown()})
                after = missed[-1].changed
            await _give(socket, {"type": "ready"})
            while not page.overrun:
                for event in await page.next():
                    await _give(socket, event)
        except (TimeoutError, ConnectionError):
            pass
        # Too slow, or gone: it connects again and asks for what it has missed.
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _send(self, request: web.Request) -> web.Response:
        actor = self._actor(request)
        person = actor.person.key
        if self._sending.get(person, 0) >= SENDS_AT_ONCE:
            raise web.HTTPTooManyRequests
        self._sending[person] = self._sending.get(person, 0) + 1
        scratch = f"web-{secrets.token_hex(12)}"
        taken = False
        try:
            limit = self._desk.house.max_upload_bytes
            folder = await asyncio.to_thread(self._desk.blobs.scratch, scratch)
            sent = await read_sent(request, folder=folder, file_bytes=limit)
            taken = True
            return await self._take(actor, sent, scratch)
        except Refusal as refusal:
            return self._refused(refusal, actor, 413 if not taken else 422)
        except StorageFull:
            return self._refused(Refusal("storage_full"), actor, 507)
        finally:
            self._sending[person] -= 1
            if not self._sending[person]:
                del self._sending[person]
            if not taken:
                await self._desk.blobs.discard_scratch(scratch)

    async def _take(self, actor: Actor, sent: Sent, scratch: str) -> web.Response:
        bubble = await self._chat.send(actor, sent, scratch=scratch)
        return web.json_response({"message": bubble.shown()})

    def _refused(self, refusal: Refusal, actor: Actor, status: int) -> web.Response:
        headers = {"Connection": "close"} if status == 413 else {}
        said = self._chat.refused(refusal, actor.language)
        return web.json_response({"error": said}, status=status, headers=headers)

    async def _press(self, request: web.Request) -> web.Response:
        actor = self._actor(request)
        body = await fields(request)
        message, action, target, key = needed(body, "message", "action", "target", "key")
        try:
            said = await self._presses.press(actor, message, action, target, key)
        except Refusal as refusal:
            return web.json_response({"error": self._plain_refusal(refusal, actor)}, status=422)
        return web.json_response(said)

    async def _submit(self, request: web.Request) -> web.Response:
        actor = self._actor(request)
        body = await fields(request)
        message, action, target, key = needed(body, "message", "action", "target", "key")
        values = body.get("values")
        if not isinstance(values, dict) or len(values) > FORM_FIELDS:
            raise web.HTTPBadRequest
        answers = {str(name)[:80]: text(values, name, TEXT_BYTES) for name in values}
        try:
            said = await self._presses.submit(actor, message, action, target, answers, key)
        except Refusal as refusal:
            return web.json_response({"error": self._plain_refusal(refusal, actor)}, status=422)
        return web.json_response(said)

    def _plain_refusal(self, refusal: Refusal, actor: Actor) -> str:
        return self._wording.say(Text(key=f"refusal.{refusal.code}", facts=refusal.facts), actor.language)

    async def _hand(self, request: web.Request) -> web.StreamResponse:
        """A file that was just handed to whoever asks."""
        return await self._handed.serve(self._actor(request).person.key, request.match_info["name"])

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A file that came with one of the person's own messages."""
        actor = self._actor(request)
        bubble = await self._log.get(actor.person.key, request.match_info["message"])
        number = request.match_info["number"]
        if bubble is None or not number.isdecimal() or int(number) >= len(bubble.files):
            raise web.HTTPNotFound
        kept = bubble.files[int(number)]
        if not kept.mime.startswith(_SHOWN) or kept.mime == "image/svg+xml":
            raise web.HTTPNotFound
        return await self._clips.blob(kept.address, kept.mime, "", False)


async def _give(socket: web.WebSocketResponse, event: Mapping[str, Any]) -> None:
    async with asyncio.timeout(_SEND_SECONDS):
        await socket.send_str(json.dumps(event, ensure_ascii=False, separators=(",", ":")))


def _number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "0")
    if not text.isdecimal() or len(text) > 18:
        raise web.HTTPBadRequest
    return int(text)
