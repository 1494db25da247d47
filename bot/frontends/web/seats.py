"""Who sits before an admin page and what they may reach; what came in a request, checked for its form."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from aiohttp import web

from bot.core.desk import Desk
from bot.core.errors import Refusal, StorageFull
from bot.core.model import Actor, Text
from bot.core.wording import Wording
from bot.frontends.web.chat import Visitor, actor_of

log = logging.getLogger(__name__)

Who = Callable[[web.Request], Visitor]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SERVER_CHARACTERS: Final = 120


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Somebody who is logged in.

    Attributes:
        actor: they in their own chat.
        servers: whose admin pages they may open; the operator opens all.
    """

    actor: Actor
    servers: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """Of their browser, as far as we speak it."""
        return self.actor.language

    @property
    def operator(self) -> bool:
        """Came with an operator's token."""
        return self.actor.operator

    @property
    def rules_somewhere(self) -> bool:
        """Whether there is any admin page for them."""
        return self.operator or bool(self.servers)

    def reaches(self, server: str) -> bool:
        """Whether they may look into a server ("" = all of them)."""
        return self.operator or server in self.servers

    def at(self, server: str) -> Actor:
        """They as somebody who manages a server."""
        return replace(self.actor, server=server, channel="", admin=self.reaches(server))


class Seats:
    """Tells who asks, or turns them away."""

    def __init__(self, *, who: Who, desk: Desk, wording: Wording) -> None:
        self._who = who
        self._desk = desk
        self._wording = wording

    def actor(self, request: web.Request) -> Actor:
        """Whoever asks, in their own chat.

        Raises:
            What `who` raises: nobody is logged in.
        """
        return self._actor_of(self._who(request), request)

    def _actor_of(self, visitor: Visitor, request: web.Request) -> Actor:
        wanted = request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()
        return actor_of(visitor, self._wording.language(wanted[:20] or "en"))

    async def of(self, request: web.Request) -> Seat:
        """Whoever asks.

        Raises:
            web.HTTPException and what `who` raises: nobody is logged in.
        """
        visitor = self._who(request)
        actor = self._actor_of(visitor, request)
        servers: tuple[str, ...] = ()
        if not visitor.operator and not visitor.persona:
            servers = await self._desk.store.page_admin_of(visitor.name)
        return Seat(actor=actor, servers=servers)

    async def ruling(self, request: web.Request, server: str | None = None) -> tuple[Seat, str]:
        """Whoever asks, if they may look into the server that the request names ("" = all).

        Args:
            request: names it as `server` in the query, unless `server` is given.
            server: out of the request's body.

        Raises:
            web.HTTPForbidden: they may not.
        """
        seat = await self.of(request)
        wanted = request.query.get("server", "") if server is None else server
        if len(wanted) > _SERVER_CHARACTERS:
            raise web.HTTPBadRequest
        if not wanted and not seat.operator and seat.servers:
            wanted = seat.servers[0]
        if not seat.reaches(wanted):
            log.warning("turned away: %s asked for an admin page", seat.actor.person.key)
            raise web.HTTPForbidden
        return seat, wanted

    async def operating(self, request: web.Request) -> Seat:
        """Whoever asks, if they are the operator.

        Raises:
            web.HTTPForbidden: they are not.
        """
        seat, _ = await self.ruling(request, "")
        if not seat.operator:
            log.warning("turned away: %s asked for the operator's page", seat.actor.person.key)
            raise web.HTTPForbidden
        return seat

    def guarded(self, handler: Handler) -> Handler:
        """The handler with refusals said as sentences."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except Refusal as refusal:
                code, facts, status = refusal.code, refusal.facts, 422
            except StorageFull:
                code, facts, status = "storage_full", {}, 507
            seat = await self.of(request)
            return web.json_response({"error": self.said(code, facts, seat.language)}, status=status)

        return guarded

    def said(self, code: str, facts: Mapping[str, Any], language: str) -> str:
        """The sentence for a refusal."""
        return self._wording.say(Text(key=f"refusal.{code}", facts=facts), language)


async def fields(request: web.Request) -> Mapping[str, Any]:
    """What a page sends: one object.

    Raises:
        web.HTTPBadRequest: it is something else.
    """
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise web.HTTPBadRequest from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return body


def text(body: Mapping[str, Any], name: str, most: int = 200) -> str:
    """A field of words; "" if it is not there.

    Raises:
        web.HTTPBadRequest: it is something else, or too long.
    """
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise web.HTTPBadRequest
    return value.strip()


def needed(body: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """Fields of words that must all be there.

    Raises:
        web.HTTPBadRequest: one is not, or is something else.
    """
    if any(name not in body for name in names):
        raise web.HTTPBadRequest
    return tuple(text(body, name) for name in names)


def flag(body: Mapping[str, Any], name: str) -> bool:
    """A field that is yes or no.

    Raises:
        web.HTTPBadRequest: it is something else.
    """
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise web.HTTPBadRequest
    return value


def number(request: web.Request, name: str, *, most: int = 10**17) -> int:
    """A whole number of the query; 0 if it is not there.

    Raises:
        web.HTTPBadRequest: it is something else.
    """
    given = request.query.get(name, "") or "0"
    if not given.isdecimal() or len(given) > 18 or int(given) > most:
        raise web.HTTPBadRequest
    return int(given)
