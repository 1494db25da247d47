"""The models as the admin pages show them: lifecycle, routes with keys and health, prices, what is off."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.core import health, soundness
from bot.core.desk import Desk
from bot.core.front import Front
from bot.core.planner import PlanContext
from bot.core.requests.call import plan_context
from bot.core.switches import Switch
from bot.core.wording import Wording
from bot.frontends.web.outbox import destination
from bot.frontends.web.seats import Seat, Seats
from bot.frontends.web.told import Telling
from providers.catalogue import Model, Route


class AdminModels:
    """Lists models, and what is switched off."""

    def __init__(self, *, seats: Seats, front: Front, desk: Desk, wording: Wording) -> None:
        self._seats = seats
        self._front = front
        self._desk = desk
        self._telling = Telling(wording)

    def routes(self) -> list[web.AbstractRouteDef]:
        """What to mount."""
        return [
            web.get("/data/models", self._seats.guarded(self._models), allow_head=False),
            web.get("/data/switches", self._seats.guarded(self._switches), allow_head=False),
        ]

    async def _models(self, request: web.Request) -> web.Response:
        seat, server = await self._seats.ruling(request)
        actor = seat.at(server or seat.actor.server)
        context = await plan_context(self._desk, await self._desk.store.server(actor.server))
        to = destination(actor.person.key, "", actor.language)
        listed = await self._front.command(actor, "models", {}, destination=to, request_key="page:models")
        prices = {row.facts.get("id"): row.facts.get("credits_per_10_seconds") for row in listed.rows}
        return web.json_response(
            {
                "models": [
                    self._model(model, context, seat) | {"credits": prices.get(model.id)}
                    for model in self._desk.catalogue.models()
                ],
                "operator": seat.operator,
            }
        )

    def _model(self, model: Model, context: PlanContext, seat: Seat) -> dict[str, Any]:
        status = model.status_on(context.today)
        life = model.routes[0].lifecycle
        off = context.off.models.get(model.id)
        return {
            "id": model.id,
            "name": model.name,
            "status": status,
            "said": self._telling.word(status, seat.language),
            "retires": life.retires.isoformat() if life.retires else "",
            "successor": model.replaced_by,
            "checked": life.checked.isoformat(),
            "free": all(self._desk.catalogue.provider(r.provider).purse == "free" for r in model.routes),
            "sound": [self._telling.word(kind, seat.language) for kind in model.routes[0].audio.kinds],
            "permitted": context.permits(model.id),
            "routes": [self._route(route, context, seat) for route in model.routes],
            "off": self._switch(off) if off else None,
        }

    def _route(self, route: Route, context: PlanContext, seat: Seat) -> dict[str, Any]:
        known = context.health.get(route.id)
        missing = context.missing_env(route.provider)
        state = health.state(known, context.now_ms)
        return {
            "provider": self._desk.catalogue.provider(route.provider).name,
            "key": context.has_key(route.provider),
            "missing": list(missing) if seat.operator else [],
            "state": state,
            "said": self._telling.word(f"route_{state}", seat.language),
            "soundless": self._telling.word("route_soundless", seat.language)
            if soundness.soundless(known, context.now_ms)
            else "",
            "failures": known.failures if known else 0,
            "last_ok": known.last_ok_ms if known else 0,
            "error": known.last_error if known and seat.operator else "",
            "again": health.opens_again_ms(known) if known and state == "open" else 0,
        }

    async def _switches(self, request: web.Request) -> web.Response:
        await self._seats.operating(request)
        found = await self._desk.store.switches()
        return web.json_response({"switches": [self._switch(one) for one in found]})

    def _switch(self, switch: Switch) -> dict[str, Any]:
        return {
            "kind": switch.kind,
            "subject": switch.subject,
            "by": switch.actor,
            "reason": switch.reason,
            "at": switch.at_ms,
        }
