"""The pages around the chat: admin pages, one's own, the galleries. One shell for all; scripts draw them.

Puts the parts together and knows who may open which page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from bot.core.desk import Desk
from bot.core.front import Front
from bot.core.model import Text
from bot.core.reports import Reports
from bot.core.wording import Wording
from bot.frontends.web.admin_acts import AdminActs
from bot.frontends.web.admin_models import AdminModels
from bot.frontends.web.admin_reads import AdminReads
from bot.frontends.web.assets import Assets
from bot.frontends.web.boards import Boards
from bot.frontends.web.member_pages import MemberPages
from bot.frontends.web.presses import Presses
from bot.frontends.web.seats import Seat, Seats

# Page → who may open it.
ADMIN: Final[Mapping[str, str]] = {
    "spending": "admins",
    "jobs": "admins",
    "limits": "admins",
    "settings": "admins",
    "ledger": "admins",
    "models": "admins",
    "log": "admins",
    "stop": "operators",
    "notes": "operators",
    "logins": "operators",
}
OWN: Final = ("history", "receipts", "data")


class Pages:
    """The routes of all pages but the chat."""

    def __init__(
        self,
        *,
        seats: Seats,
        presses: Presses,
        front: Front,
        desk: Desk,
        reports: Reports,
        wording: Wording,
        assets: Assets,
        invite: Callable[[str], str],
    ) -> None:
        """Keep what is needed; `invite` makes a login address for a name, or raises ValueError."""
        self._seats = seats
        self._wording = wording
        self._assets = assets
        self._reports = reports
        self._parts = (
            AdminReads(seats=seats, desk=desk, reports=reports, wording=wording),
            AdminModels(seats=seats, front=front, desk=desk, wording=wording),
            AdminActs(seats=seats, front=front, desk=desk, reports=reports, wording=wording, invite=invite),
            MemberPages(seats=seats, presses=presses, desk=desk, reports=reports, wording=wording),
            Boards(seats=seats, desk=desk, reports=reports, wording=wording),
        )

    def routes(self) -> list[web.AbstractRouteDef]:
        """What to mount."""
        return [
            web.get("/admin", self._first),
            web.get("/admin/{page}", self._admin),
            web.get("/me/{page}", self._own),
            web.get("/gallery", self._gallery),
            web.get("/leaderboard", self._leaderboard),
            web.get("/compare/{id}", self._compare),
            web.get("/data/hello", self._seats.guarded(self._hello), allow_head=False),
            *(route for part in self._parts for route in part.routes()),
        ]

    async def _first(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("/admin/spending" + (f"?{request.query_string}" if request.query_string else ""))

    async def _admin(self, request: web.Request) -> web.Response:
        page = request.match_info["page"]
        if page not in ADMIN:
            raise web.HTTPNotFound
        if ADMIN[page] == "operators":
            seat = await self._seats.operating(request)
        else:
            seat, _ = await self._seats.ruling(request)
        return self._shell(seat, page)

    async def _own(self, request: web.Request) -> web.Response:
        page = request.match_info["page"]
        if page not in OWN:
            raise web.HTTPNotFound
        return self._shell(await self._seats.of(request), page)

    async def _gallery(self, request: web.Request) -> web.Response:
        return self._shell(await self._seats.of(request), "gallery")

    async def _leaderboard(self, request: web.Request) -> web.Response:
        return self._shell(await self._seats.of(request), "leaderboard")

    async def _compare(self, request: web.Request) -> web.Response:
        """Whether there is such a comparison for them is found out by the page's script."""
        return self._shell(await self._seats.of(request), "compare")

    def _shell(self, seat: Seat, page: str) -> web.Response:
        language = seat.language
        more = {
            "page.language": language,
            "page.name": seat.actor.person.name,
            "page.view": page,
            "page.heading": self._wording.say(Text(key=f"pages.title_{page}"), language),
        }
        return web.Response(text=self._assets.page("pages.html", language, more), content_type="text/html")

    async def _hello(self, request: web.Request) -> web.Response:
        seat = await self._seats.of(request)
        return web.json_response(
            {
                "name": seat.actor.person.name,
                "operator": seat.operator,
                "language": seat.language,
                "admin": [page for page, who in ADMIN.items() if seat.operator or who == "admins"]
                if seat.rules_somewhere
                else [],
                "own": list(OWN),
                "servers": await self._servers(seat),
                "words": self._words(seat.language),
            }
        )

    async def _servers(self, seat: Seat) -> list[dict[str, Any]]:
        if not seat.rules_somewhere:
            return []
        names = {place.id: place.name for place in await self._reports.servers()}
        wanted = sorted({*names, "direct"}) if seat.operator else seat.servers
        direct = self._wording.say(Text(key="word.direct"), seat.language)
        return [{"id": one, "name": direct if one == "direct" else names.get(one) or one} for one in wanted]

    def _words(self, language: str) -> dict[str, str]:
        """Every word of the pages that needs no fact."""
        return {
            key.removeprefix("pages."): self._wording.say(Text(key=key), language)
            for key in self._wording.keys("en")
            if key.startswith("pages.") and not self._wording.placeholders(key, "en")
        }
