"""The leaderboard on a page and as a file: that of the web page for all, those of servers for admins."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from bot.core.arena import QUESTIONS, Question, Table
from bot.core.boards import board_of, boards_csv, names_of, ranked
from bot.core.compare import Standing
from bot.core.desk import Desk
from bot.core.model import DIRECT, Text
from bot.core.reports import Reports
from bot.core.wording import Wording
from bot.frontends.web.seats import Seat, Seats

_CSV_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": 'attachment; filename="talkreel-leaderboard.csv"',
}


class Boards:
    """Rankings of the models by the votes of a server."""

    def __init__(self, *, seats: Seats, desk: Desk, reports: Reports, wording: Wording) -> None:
        self._seats = seats
        self._desk = desk
        self._reports = reports
        self._wording = wording

    def routes(self) -> list[web.AbstractRouteDef]:
        """What to mount."""
        return [
            web.get("/data/leaderboard", self._seats.guarded(self._page), allow_head=False),
            web.get("/data/leaderboard.csv", self._seats.guarded(self._csv), allow_head=False),
        ]

    async def _asked(self, request: web.Request) -> tuple[Seat, str]:
        """Who asks, and whose rankings they may see.

        Raises:
            web.HTTPForbidden: not theirs.
        """
        seat = await self._seats.of(request)
        server = request.query.get("server", "") or DIRECT
        if server != DIRECT and not seat.reaches(server):
            raise web.HTTPForbidden
        return seat, server

    async def _ranked(self, server: str) -> tuple[dict[Question, Table], dict[str, Standing], dict[str, str]]:
        store = self._desk.store
        tables = {table.question: table for table in await ranked(store, server)}
        standings = {one.model: one for one in await store.server_standings(server)}
        return tables, standings, names_of(tables, standings, self._desk.catalogue)

    async def _page(self, request: web.Request) -> web.Response:
        seat, server = await self._asked(request)
        tables, standings, names = await self._ranked(server)
        place = "" if server == DIRECT else (await self._desk.store.server(server)).name

        def say(key: str, **facts: Any) -> str:
            return self._wording.say(Text(key=key, facts=facts), seat.language)

        def told(question: Question, table: Table | None) -> dict[str, Any]:
            label = say(f"contest.ask_{question}")
            if table is None or not table.rated:
                waiting = tuple(names[model] for model in table.unrated) if table else ()
                none = say("leaderboard.none", question=Text(key=f"question.{question}"), models=waiting)
                return {"question": question, "label": label, "none": none, "places": []}
            board = board_of(
                table,
                names=names,
                standings=standings,
                place=place,
                words=self._wording,
                language=seat.language,
            )
            return {
                "question": question,
                "label": label,
                "subtitle": board.subtitle,
                "heads": [board.name_head, board.strength_head, *board.heads],
                "places": [
                    {
                        "name": one.name,
                        "rank": one.rank,
                        "strength": one.strength,
                        "at": one.at,
                        "low": one.low,
                        "high": one.high,
                        "interval": say("board.interval", low=f"{one.low:+.1f}", high=f"{one.high:+.1f}"),
                        "cells": one.cells,
                    }
                    for one in board.places
                ],
                "foot": board.foot,
            }

        boards = [told(question, tables.get(question)) for question in (QUESTIONS[-1], *QUESTIONS[:-1])]
        return web.json_response({"server": server, "places": await self._places(seat), "boards": boards})

    async def _places(self, seat: Seat) -> list[dict[str, str]]:
        names = {one.id: one.name for one in await self._reports.servers()}
        reached = sorted(names) if seat.operator else seat.servers
        direct = self._wording.say(Text(key="word.direct"), seat.language)
        others = [one for one in reached if one != DIRECT]
        return [
            {"id": DIRECT, "name": direct},
            *({"id": one, "name": names.get(one) or one} for one in others),
        ]

    async def _csv(self, request: web.Request) -> web.Response:
        _, server = await self._asked(request)
        tables, standings, names = await self._ranked(server)
        return web.Response(
            body=boards_csv(tables, names, standings),
            content_type="text/csv",
            charset="utf-8",
            headers=_CSV_HEADERS,
        )
