"""What the admin pages show: spending, jobs, limits, ledger, models, log, notes, logins. Changes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from bot.core.desk import Desk
from bot.core.limits import allotment
from bot.core.model import Purse, Text
from bot.core.periods import last_days, period_end_ms, period_start_ms
from bot.core.records import Rule, Server
from bot.core.reports import Asked, Reports, Spent
from bot.core.requests.gallery import is_open
from bot.core.wording import Wording
from bot.frontends.web.seats import Seats, number
from bot.frontends.web.told import Telling

DAYS: Final = (7, 30, 90)
_KINDS: Final = ("", "grant", "hold", "settle", "release", "adjust", "merge")
_PAGE: Final = 50
_CSV_PAGE: Final = 1000
_CSV_ROWS: Final = 100_000
_CSV: Final = (
    *("id", "time", "kind", "purse", "amount", "server", "person", "model", "job", "reason", "by"),
    *("debit", "credit"),
)


class AdminReads:
    """The reading half of the admin pages."""

    def __init__(self, *, seats: Seats, desk: Desk, reports: Reports, wording: Wording) -> None:
        self._seats = seats
        self._desk = desk
        self._reports = reports
        self._wording = wording
        self._telling = Telling(wording)

    def routes(self) -> list[web.AbstractRouteDef]:
        """What to mount."""
        views = {
            "spending": self._spending,
            "jobs": self._jobs,
            "limits": self._limits,
            "ledger": self._ledger,
            "log": self._log,
            "notes": self._notes,
            "logins": self._logins,
            "ledger.csv": self._csv,
        }
        return [
            web.get(f"/data/{name}", self._seats.guarded(handler), allow_head=False)
            for name, handler in views.items()
        ]

    async def _spending(self, request: web.Request) -> web.Response:
        seat, server = await self._seats.ruling(request)
        days = number(request, "days", most=90) or 30
        if days not in DAYS:
            raise web.HTTPBadRequest
        purse: Purse = "free" if request.query.get("purse") == "free" else "paid"
        now = self._desk.clock.now_ms()
        zone = (await self._desk.store.server(server)).time_zone if server else "UTC"
        starts = last_days(days, now, zone)
        found = await self._reports.spending(
            server=server, purse=purse, since_ms=starts[0][1], until_ms=now + 1
        )
        by_day = {day.isoformat(): [0, 0, 0] for day, _ in starts}
        at = 0
        for slot in found.slots:
            while at + 1 < len(starts) and int(slot.key) >= starts[at + 1][1]:
                at += 1
            sums = by_day[starts[at][0].isoformat()]
            for place, amount in enumerate((slot.credits, slot.clips, slot.cost_micro_usd)):
                sums[place] += amount

        def told(one: Spent) -> dict[str, Any]:
            cost = {"cost": self._usd(one.cost_micro_usd, seat.language)} if seat.operator else {}
            return {"name": one.name, "credits": one.credits, "clips": one.clips, **cost}

        names = {model.id: model.name for model in self._desk.catalogue.models()}
        models = [replace(one, name=names.get(one.key, one.key)) for one in found.models]
        totals = [sum(column) for column in zip(*by_day.values(), strict=True)]
        return web.json_response(
            {
                "zone": zone,
                "purse": purse,
                "days": [
                    {"day": day, "credits": credits, "clips": clips}
                    | ({"cost": self._usd(cost, seat.language)} if seat.operator else {})
                    for day, (credits, clips, cost) in by_day.items()
                ],
                "models": [told(one) for one in models],
                "people": [told(one) for one in found.people],
                "credits": totals[0],
                "clips": totals[1],
                "cost": self._usd(totals[2], seat.language) if seat.operator else "",
                "budget": await self._budget(seat.language, now) if seat.operator else [],
                "allotted": await self._allotted(server, now) if server else None,
            }
        )

    async def _budget(self, language: str, now_ms: int) -> list[dict[str, Any]]:
        """What of the operator's budget is gone today and this month."""
        house = self._desk.house
        keys = [(f"budget:{p}", "usd", period_start_ms(p, now_ms, "UTC")) for p in ("day", "month")]
        windows = await self._desk.store.windows(keys)
        caps = (house.budget_day_usd, house.budget_month_usd)
        return [
            {
                "period": self._telling.word(window.scope.partition(":")[2], language),
                "used": window.held + window.used,
                "cap": int(cap * 1_000_000),
                "said": self._telling.say(
                    "pages.budget_of",
                    language,
                    used=window.held + window.used,
                    cap=int(cap * 1_000_000),
                ),
            }
            for window, cap in zip(windows, caps, strict=True)
        ]

    async def _allotted(self, server: str, now_ms: int) -> dict[str, Any]:
        """What of the allotment of a server is gone."""
        place = await self._desk.store.server(server)
        allotted = allotment(server, await self._desk.store.rules(server))
        start = period_start_ms(allotted.period, now_ms, place.time_zone)
        (window,) = await self._desk.store.windows([(f"allotment:{server}", "paid", start)])
        return {
            "credits": allotted.credits or 0,
            "period": allotted.period,
            "used": window.used,
            "held": window.held,
            "renews": period_end_ms(allotted.period, now_ms, place.time_zone),
        }

    async def _jobs(self, request: web.Request) -> web.Response:
        seat, server = await self._seats.ruling(request)
        found = await self._reports.jobs(
            server=server,
            open_only=request.query.get("show") != "all",
            before=number(request, "before"),
            limit=_PAGE,
        )
        now = self._desk.clock.now_ms()
        told = [self._telling.job(line, seat.language, now, hide_prompt=not seat.operator) for line in found]
        return web.json_response({"jobs": told, "more": len(found) == _PAGE, "now": now})

    async def _limits(self, request: web.Request) -> web.Response:
        seat, server = await self._seats.ruling(request)
        if not server:
            raise web.HTTPBadRequest
        now = self._desk.clock.now_ms()
        place, rules = await self._desk.store.server(server), await self._desk.store.rules(server)
        people = await self._reports.people(server)
        names = {one.person: one.name for one in people}
        blocks = await self._reports.blocks(server, now)
        return web.json_response(
            {
                "server": server,
                "name": place.name or server,
                "zone": place.time_zone,
                "gallery": is_open(place),
                "operator": seat.operator,
                "allotted": await self._allotted(server, now),
                "granted": await self._desk.store.granted(server, "paid"),
                "free": self._desk.house.free_clips_per_day,
                "at_once": self._desk.house.jobs_at_once,
                "rules": [
                    self._rule(rule, names, seat.language) for rule in rules if rule.kind != "allotment"
                ],
                "people": [
                    {
                        "person": one.person,
                        "name": one.name,
                        "wallet": one.wallet,
                        "granted": one.granted_paid,
                    }
                    for one in people
                ],
                "blocks": [
                    {"person": one.person, "name": one.name, "until": one.until_ms, "reason": one.reason}
                    for one in blocks
                ],
            }
        )

    def _rule(self, rule: Rule, names: dict[str, str], language: str) -> dict[str, Any]:
        amount = None
        if rule.credits is not None:
            amount = self._telling.say(
                f"quota.amount_{rule.purse}", language, credits=rule.credits, period=rule.period
            )
        subject = names.get(rule.subject, rule.subject)
        return {
            "kind": rule.kind,
            "subject": rule.subject,
            "purse": self._telling.word(rule.purse, language),
            "whom": self._telling.say(f"quota.whom_{rule.kind}", language, subject=subject),
            "amount": amount,
            "at_once": rule.at_once,
            "price_cap": rule.price_cap,
        }

    async def _asked(self, request: web.Request) -> tuple[Asked, str, bool]:
        seat, server = await self._seats.ruling(request)
        query = request.query
        kind, purse = query.get("kind", ""), query.get("purse", "")
        if kind not in _KINDS or purse not in ("", "paid", "free"):
            raise web.HTTPBadRequest
        zone = await self._desk.store.server(server) if server else Server(id="")
        asked = Asked(
            server=server,
            kind=kind,
            purse=purse,
            person=query.get("person", "").strip()[:200],
            job=query.get("job", "").strip().lstrip("#").lower()[:40],
            since_ms=_day_ms(query.get("since", ""), zone.time_zone),
            until_ms=_day_ms(query.get("until", ""), zone.time_zone, end=True),
            before=number(request, "before"),
            limit=_PAGE,
        )
        return asked, seat.language, seat.operator

    async def _ledger(self, request: web.Request) -> web.Response:
        asked, language, _ = await self._asked(request)
        found = await self._reports.movements(asked)
        told = [self._telling.entry(entry, language) for entry in found]
        return web.json_response({"entries": told, "more": len(found) == asked.limit})

    async def _csv(self, request: web.Request) -> web.StreamResponse:
        """The same movements as a table; what would read as a formula is made plain text."""
        asked, language, _ = await self._asked(request)
        headers = {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="talkreel-ledger.csv"',
        }
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        async for part in self._csv_parts(replace(asked, limit=_CSV_PAGE), language):
            await response.write(part)
        await response.write_eof()
        return response

    async def _csv_parts(self, asked: Asked, language: str) -> AsyncIterator[bytes]:
        yield _csv_lines([_CSV])
        for _ in range(_CSV_ROWS // _CSV_PAGE):
            found = await self._reports.movements(asked)
            if found:
                yield _csv_lines([_csv_row(self._telling.entry(entry, language)) for entry in found])
            if len(found) < _CSV_PAGE:
                return
            asked = replace(asked, before=found[-1].transfer.id)

    async def _log(self, request: web.Request) -> web.Response:
        seat, server = await self._seats.ruling(request)
        found = await self._reports.changes(server=server, before=number(request, "before"), limit=_PAGE)
        told = [self._telling.change(change, seat.language) for change in found]
        return web.json_response({"changes": told, "more": len(found) == _PAGE})

    async def _notes(self, request: web.Request) -> web.Response:
        seat = await self._seats.operating(request)
        notes = await self._desk.store.operator_notes(limit=100)
        told = [
            {
                "at": note["at_ms"],
                "count": note["count"],
                "text": self._wording.say(Text(key=note["key"], facts=note["facts"]), seat.language),
            }
            for note in notes
        ]
        return web.json_response({"notes": told})

    async def _logins(self, request: web.Request) -> web.Response:
        await self._seats.operating(request)
        admins = await self._desk.store.page_admins()
        return web.json_response(
            {
                "admins": [
                    {"name": one.name, "server": one.server, "at": one.at_ms, "by": one.actor}
                    for one in admins
                ]
            }
        )

    def _usd(self, micro_usd: int, language: str) -> str:
        return self._telling.say("pages.usd", language, amount=micro_usd)


def _day_ms(day: str, time_zone: str, *, end: bool = False) -> int:
    """The first instant of a day, or of the day after; 0 if none is named."""
    if not day:
        return 0
    try:
        noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    except ValueError:
        raise web.HTTPBadRequest from None
    noon_ms = int(noon.timestamp() * 1000)
    return (period_end_ms if end else period_start_ms)("day", noon_ms, time_zone)


def _csv_row(entry: dict[str, Any]) -> tuple[str, ...]:
    at = datetime.fromtimestamp(entry["at"] / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    names = (
        "kind",
        "purse",
        "amount",
        "server",
        "person",
        "model",
        "job",
        "reason",
        "actor",
        "debit",
        "credit",
    )
    return (str(entry["id"]), at, *(_plain_cell(str(entry[name])) for name in names))


def _plain_cell(value: str) -> str:
    """Spreadsheets run cells that begin like this; a quotation mark makes them words."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _csv_lines(rows: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
