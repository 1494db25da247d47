"""What the admin pages change: limits, grants, blocks, allotments, switches, galleries, logins, open jobs.

Each of it is asked of the core, which checks rights again, keeps the books and writes the audit log.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.front import Front
from bot.core.model import Actor, Period, Text
from bot.core.records import Rule
from bot.core.reports import Reports
from bot.core.requests import office
from bot.core.switches import SwitchKind
from bot.core.wording import Wording
from bot.frontends.web.limits import FORM_FIELDS, TEXT_BYTES
from bot.frontends.web.outbox import destination
from bot.frontends.web.render import plain
from bot.frontends.web.seats import Seat, Seats, fields, flag, text

_PERIODS: Final[Mapping[str, Period]] = {"day": "day", "week": "week", "month": "month"}
_KINDS: Final[Mapping[str, SwitchKind]] = {"all": "all", "server": "server", "model": "model"}
_SCOPES: Final = ("everybody", "role", "member", "channel", "server")
_LIMIT: Final = ("credits", "at_once", "price_cap")
_MOST_DIGITS: Final = 10


class AdminActs:
    """The writing half of the admin pages."""

    def __init__(
        self,
        *,
        seats: Seats,
        front: Front,
        desk: Desk,
        reports: Reports,
        wording: Wording,
        invite: Callable[[str], str],
    ) -> None:
        """Keep what is needed; `invite` makes a login address for a name, or raises ValueError."""
        self._seats = seats
        self._front = front
        self._desk = desk
        self._reports = reports
        self._wording = wording
        self._invite = invite

    def routes(self) -> list[web.AbstractRouteDef]:
        """What to mount."""
        acts = {
            "cancel": self._cancel,
            "limit": self._limit,
            "grant": self._grant,
            "reset": self._reset,
            "block": self._block,
            "allot": self._allot,
            "gallery": self._gallery,
            "switch": self._switch,
            "login": self._login,
            "login/end": self._login_end,
            "setup": self._setup,
        }
        return [
            web.get("/data/setup", self._seats.guarded(self._setup_form), allow_head=False),
            *(web.post(f"/data/{name}", self._seats.guarded(act)) for name, act in acts.items()),
        ]

    async def _begun(self, request: web.Request) -> tuple[Seat, Actor, Mapping[str, Any]]:
        """Whoever asks, they as an admin of the server they name, and what they sent."""
        body = await fields(request)
        seat, server = await self._seats.ruling(request, text(body, "server"))
        return seat, seat.at(server), body

    async def _command(self, actor: Actor, name: str, options: Mapping[str, Any]) -> web.Response:
        """Carry out a command of the table and say what came of it."""
        given = {key: value for key, value in options.items() if value not in ("", None)}
        to = destination(actor.person.key, "", actor.language)
        key = f"page:{secrets.token_hex(12)}"
        reply = await self._front.command(actor, name, given, destination=to, request_key=key)
        said = self._wording.lines(reply.lines, actor.language)
        return web.json_response(
            {"error": said} if reply.kind == "refusal" else {"said": said},
            status=422 if reply.kind == "refusal" else 200,
        )

    def _previewed(self, preview: office.Preview, language: str) -> web.Response:
        def said(texts: tuple[Text, ...]) -> list[str]:
            return [self._wording.say(one, language) for one in texts]

        refusal = preview.refusal
        return web.json_response(
            {
                "lines": said(preview.lines),
                "people": [
                    {
                        "name": one.name,
                        "before": " · ".join(said(one.before)),
                        "after": " · ".join(said(one.after)),
                        "used": one.used,
                        "short": one.short,
                    }
                    for one in preview.people
                ],
                "refused": self._seats.said(refusal.code, refusal.facts, language) if refusal else "",
            }
        )

    def _done(self, key: str, language: str, **facts: Any) -> web.Response:
        return web.json_response({"said": self._wording.say(Text(key=key, facts=facts), language)})

    # ---- jobs

    async def _cancel(self, request: web.Request) -> web.Response:
        body = await fields(request)
        job = await self._desk.store.job(text(body, "job", 40))
        seat = await self._seats.of(request)
        if job is None or not seat.reaches(job.server):
            raise Refusal("no_such_job", id=text(body, "job", 40))
        return await self._command(seat.at(job.server), "cancel", {"id": job.id})

    # ---- limits, grants, blocks

    async def _limit(self, request: web.Request) -> web.Response:
        seat, actor, body = await self._begun(request)
        options = {name: text(body, name, _MOST_DIGITS) for name in _LIMIT}
        kind, subject = text(body, "scope"), text(body, "subject")
        if kind not in _SCOPES:
            raise web.HTTPBadRequest
        options |= {"scope": kind, "purse": text(body, "purse") or "paid"}
        if options["credits"]:
            options["period"] = text(body, "period") or "month"
        if kind in ("member", "role", "channel"):
            options[kind] = subject
        if not flag(body, "preview"):
            return await self._command(actor, "quota set", options)
        wanted: dict[str, Any] = {name: _whole(options[name], name) for name in _LIMIT if options[name]}
        if "credits" in wanted:
            wanted["period"] = _period(options["period"])
        blank = Rule(
            server=actor.server,
            kind=kind,  # type: ignore[arg-type]
            subject=subject if kind in ("member", "role", "channel") else "",
            purse="free" if options["purse"] == "free" else "paid",
        )
        rules = await self._desk.store.rules(actor.server)
        rule = office.limit_wanted(rules, blank=blank, wanted=wanted)
        found = await office.preview_limit(self._desk, self._reports, actor, rule)
        return self._previewed(found, seat.language)

    async def _reset(self, request: web.Request) -> web.Response:
        seat, actor, body = await self._begun(request)
        kind, subject = text(body, "scope"), text(body, "subject")
        if kind not in _SCOPES:
            raise web.HTTPBadRequest
        if flag(body, "preview"):
            found = await office.preview_reset(self._desk, self._reports, actor, kind=kind, subject=subject)
            return self._previewed(found, seat.language)
        named = {kind: subject} if kind in ("member", "role", "channel") else {}
        return await self._command(actor, "quota reset", {"scope": kind, **named})

    async def _grant(self, request: web.Request) -> web.Response:
        seat, actor, body = await self._begun(request)
        member, credits = text(body, "subject"), text(body, "credits", _MOST_DIGITS)
        purse = "free" if text(body, "purse") == "free" else "paid"
        if not flag(body, "preview"):
            options = {"member": member, "credits": credits, "purse": purse, "reason": text(body, "reason")}
            return await self._command(actor, "quota grant", options)
        found = await office.preview_grant(
            self._desk,
            actor,
            wallet=await self._reports.wallet_of(member),
            purse="free" if purse == "free" else "paid",
            amount=_whole(credits, "credits"),
        )
        return self._previewed(found, seat.language)

    async def _block(self, request: web.Request) -> web.Response:
        _, actor, body = await self._begun(request)
        options = {
            "member": text(body, "subject"),
            "hours": text(body, "hours", _MOST_DIGITS),
            "reason": text(body, "reason"),
            "lift": flag(body, "lift") or None,
        }
        return await self._command(actor, "quota block", options)

    async def _allot(self, request: web.Request) -> web.Response:
        seat, actor, body = await self._begun(request)
        if not actor.server:
            raise web.HTTPBadRequest
        credits = _whole(text(body, "credits", _MOST_DIGITS), "credits")
        period = _period(text(body, "period") or "month")
        if flag(body, "preview"):
            rule = Rule(server=actor.server, kind="allotment", credits=credits, period=period)
            found = await office.preview_limit(self._desk, self._reports, actor, rule)
            return self._previewed(found, seat.language)
        await office.allot(self._desk, actor, credits=credits, period=period)
        return self._done("pages.allotted", seat.language, credits=credits, period=period)

    # ---- what holds for the whole server or bot

    async def _gallery(self, request: web.Request) -> web.Response:
        seat, actor, body = await self._begun(request)
        if not actor.server:
            raise web.HTTPBadRequest
        await office.open_gallery(self._desk, actor, open_to_all=flag(body, "open"))
        key = "pages.gallery_opened" if flag(body, "open") else "pages.gallery_closed_now"
        return self._done(key, seat.language)

    async def _setup_form(self, request: web.Request) -> web.Response:
        """What admins choose for their server, as the form of `/setup`."""
        seat, server = await self._seats.ruling(request)
        if not server:
            raise web.HTTPBadRequest
        actor = seat.at(server)
        to = destination(actor.person.key, "", actor.language)
        reply = await self._front.press(actor, "setup", "setup", destination=to, request_key="page:setup")
        return web.json_response(plain(reply, self._wording, actor.language))

    async def _setup(self, request: web.Request) -> web.Response:
        _, actor, body = await self._begun(request)
        answers = body.get("values")
        if not isinstance(answers, dict) or len(answers) > FORM_FIELDS or not actor.server:
            raise web.HTTPBadRequest
        values = {str(name)[:80]: text(answers, name, TEXT_BYTES) for name in answers}
        to = destination(actor.person.key, "", actor.language)
        key = f"page:{secrets.token_hex(12)}"
        reply = await self._front.submit(actor, "setup", "setup", values, destination=to, request_key=key)
        said = self._wording.lines(reply.lines, actor.language)
        refused = reply.kind == "refusal"
        return web.json_response({"error" if refused else "said": said}, status=422 if refused else 200)

    async def _switch(self, request: web.Request) -> web.Response:
        seat = await self._seats.operating(request)
        body = await fields(request)
        kind, subject = _KINDS.get(text(body, "kind")), text(body, "subject")
        if kind is None:
            raise web.HTTPBadRequest
        if flag(body, "off"):
            await office.turn_off(
                self._desk, seat.actor, kind=kind, subject=subject, reason=text(body, "reason")
            )
            return self._done(f"pages.off_{kind}", seat.language, subject=subject)
        await office.turn_on(self._desk, seat.actor, kind=kind, subject=subject)
        return self._done(f"pages.on_{kind}", seat.language, subject=subject)

    async def _login(self, request: web.Request) -> web.Response:
        """A login address for somebody. It is shown once and never kept."""
        seat = await self._seats.operating(request)
        body = await fields(request)
        name, server = text(body, "name", 40).lower(), text(body, "admin_of")
        await office.let_in(self._desk, seat.actor, name=name, server="")
        try:
            address = self._invite(name)
        except ValueError:
            raise Refusal("page_name_taken", name=name) from None
        await office.let_in(self._desk, seat.actor, name=name, server=server)
        said = self._wording.say(Text(key="pages.login_made", facts={"name": name}), seat.language)
        return web.json_response({"said": said, "address": address})

    async def _login_end(self, request: web.Request) -> web.Response:
        seat = await self._seats.operating(request)
        body = await fields(request)
        name = text(body, "name", 40)
        await office.keep_out(self._desk, seat.actor, name=name, server=text(body, "admin_of"))
        return self._done("pages.login_ended", seat.language, name=name)


def _whole(given: str, option: str) -> int:
    if not given.isdecimal():
        raise Refusal("not_a_number", option=option, given=given, example=100)
    return int(given)


def _period(given: str) -> Period:
    if given not in _PERIODS:
        raise web.HTTPBadRequest
    return _PERIODS[given]
