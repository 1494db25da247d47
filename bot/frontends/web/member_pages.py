"""Everybody's own pages: history with players, receipts, data, and the galleries that admins have opened."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from bot.core.desk import Desk
from bot.core.reports import Asked, Line, Reports
from bot.core.requests import office
from bot.core.requests.balloting import kept_back
from bot.core.requests.gallery import is_open, presentable
from bot.core.wording import Wording
from bot.frontends.web.presses import Presses
from bot.frontends.web.seats import Seat, Seats, fields, flag, needed, number, text
from bot.frontends.web.told import Telling

# Commands that the page "Your data" gives, with their options.
OWN_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "export": (),
    "forget": (),
    "link": ("code",),
    "unlink": ("account",),
}
_PAGE: Final = 24
_RECEIPTS: Final = 50


class MemberPages:
    """History, receipts and galleries."""

    def __init__(
        self, *, seats: Seats, presses: Presses, desk: Desk, reports: Reports, wording: Wording
    ) -> None:
        self._seats = seats
        self._presses = presses
        self._desk = desk
        self._reports = reports
        self._telling = Telling(wording)

    def routes(self) -> list[web.AbstractRouteDef]:
        """What to mount."""
        reads = {"mine": self._mine, "receipts": self._receipts, "gallery": self._gallery}
        acts = {
            "withhold": self._withhold,
            "again": self._again,
            "own": self._command,
            "own/press": self._press,
        }
        return [
            *(web.get(f"/data/{n}", self._seats.guarded(h), allow_head=False) for n, h in reads.items()),
            *(web.post(f"/data/{n}", self._seats.guarded(h)) for n, h in acts.items()),
        ]

    async def _wallet(self, seat: Seat) -> str:
        person = seat.actor.person
        return await self._desk.store.wallet(person.key, person.name)

    async def _mine(self, request: web.Request) -> web.Response:
        seat = await self._seats.of(request)
        found = await self._reports.jobs_of(
            await self._wallet(seat), before=number(request, "before"), limit=_PAGE
        )
        now = self._desk.clock.now_ms()
        open_places = {
            server: is_open(await self._desk.store.server(server))
            for server in {line.job.server for line in found}
        }
        told = [
            self._telling.job(line, seat.language, now)
            | {"gallery": open_places[line.job.server] and presentable(line.job)}
            | ({"clip": None} if await kept_back(self._desk, line.job) else {})
            for line in found
        ]
        return web.json_response({"jobs": told, "more": len(found) == _PAGE})

    async def _receipts(self, request: web.Request) -> web.Response:
        seat = await self._seats.of(request)
        asked = Asked(wallet=await self._wallet(seat), before=number(request, "before"), limit=_RECEIPTS)
        found = await self._reports.movements(asked)
        hidden = ("debit", "credit", "actor", "person")
        told = [
            {
                name: value
                for name, value in self._telling.entry(entry, seat.language).items()
                if name not in hidden
            }
            for entry in found
        ]
        return web.json_response({"entries": told, "more": len(found) == _RECEIPTS})

    async def _gallery(self, request: web.Request) -> web.Response:
        """The open galleries, and the clips of one of them."""
        seat = await self._seats.of(request)
        places = []
        for place in await self._reports.servers():
            server = await self._desk.store.server(place.id)
            if is_open(server):
                places.append({"id": server.id, "name": server.name or server.id})
        wanted = request.query.get("server", "") or (places[0]["id"] if places else "")
        if wanted and wanted not in [place["id"] for place in places]:
            raise web.HTTPNotFound
        found: tuple[Line, ...] = ()
        if wanted:
            found = await self._reports.clips(wanted, before=number(request, "before"), limit=_PAGE)
        clips = [self._hung(line, seat.language) for line in found if presentable(line.job)]
        return web.json_response(
            {
                "places": places,
                "server": wanted,
                "clips": clips,
                "more": len(found) == _PAGE,
                "last": found[-1].n if found else 0,
            }
        )

    def _hung(self, line: Line, language: str) -> dict[str, Any]:
        told = self._telling.job(line, language, self._desk.clock.now_ms())
        return {name: told[name] for name in ("n", "id", "at", "person", "model", "prompt", "clip")}

    async def _withhold(self, request: web.Request) -> web.Response:
        seat = await self._seats.of(request)
        body = await fields(request)
        hidden = flag(body, "hidden")
        await office.withhold(self._desk, await self._wallet(seat), job=text(body, "job", 40), hidden=hidden)
        key = "pages.withheld" if hidden else "pages.not_withheld"
        return web.json_response({"said": self._telling.say(key, seat.language)})

    async def _again(self, request: web.Request) -> web.Response:
        """The same wish once more; quote and clip come in the person's own chat."""
        seat = await self._seats.of(request)
        body = await fields(request)
        key = text(body, "key", 64) or secrets.token_hex(12)
        return _told(await self._presses.begin(seat.actor, "again", text(body, "job", 40), key))

    async def _command(self, request: web.Request) -> web.Response:
        """Take out, hand over, link or part what belongs to whoever asks."""
        seat = await self._seats.of(request)
        body = await fields(request)
        name, key = needed(body, "command", "key")
        if name not in OWN_COMMANDS:
            raise web.HTTPBadRequest
        options = {option: text(body, option, 60) for option in OWN_COMMANDS[name] if text(body, option, 60)}
        return _told(await self._presses.command(seat.actor, name, options, key))

    async def _press(self, request: web.Request) -> web.Response:
        """The answer to a question that such a command asked."""
        seat = await self._seats.of(request)
        action, target, key = needed(await fields(request), "action", "target", "key")
        if action not in ("confirm", "dismiss"):
            raise web.HTTPBadRequest
        return _told(await self._presses.answer(seat.actor, action, target, key))


def _told(said: Mapping[str, Any]) -> web.Response:
    """The reply, or its refusal as an error."""
    if said.get("kind") == "refusal":
        return web.json_response({"error": " ".join(said["lines"])}, status=422)
    return web.json_response(said)
