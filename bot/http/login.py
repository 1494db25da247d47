"""Login by a one-time token that becomes a cookie. Knows who somebody is, not what they may do.

A token is printed at each start, serves once and only for a day. The cookie is signed, so that it
survives a restart; it is HttpOnly and SameSite=Strict, on loopback too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import html
import json
import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from aiohttp import web

from bot.core.model import Text
from bot.core.ports import Clock
from bot.core.wording import Wording
from bot.http.origin import Origins
from bot.http.server import Refused, wanted_languages

log = logging.getLogger(__name__)

Role = Literal["member", "operator"]

NAME: Final = re.compile(r"\w[\w.-]{0,31}")
_TOKEN_HOURS: Final = 24
_COOKIE_DAYS: Final = 30


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who is logged in.

    Attributes:
        name: who, unique on this server.
        operator: came with an operator's token.
        persona: goes by a name out of the address, which brings no rights.
    """

    name: str
    operator: bool
    persona: bool = False


@dataclass(frozen=True)
class _Issued:
    name: str
    role: Role
    expires_ms: int


class Login:
    """Issues tokens, takes them in, and reads cookies."""

    def __init__(
        self,
        *,
        key: bytes,
        clock: Clock,
        wording: Wording,
        origins: Origins,
        cookie: str,
        home: str,
        personas: bool = False,
    ) -> None:
        """Keep what is needed.

        Args:
            key: signs cookies.
            clock: time.
            wording: for the pages.
            origins: tells how a browser made a request.
            cookie: its name; differs between bots on one machine, as cookies do not know ports.
            home: path that opens after the login.
            personas: whether `?as=NAME` is taken (demo only).
        """
        self._key = key
        self._clock = clock
        self._wording = wording
        self._origins = origins
        self._cookie = cookie
        self._home = home
        self._personas = personas
        self._issued: dict[bytes, _Issued] = {}
        self._own_names: set[str] = set()

    def issue(self, name: str, role: Role) -> str:
        """A new one-time token."""
        token = secrets.token_urlsafe(24)
        self._own_names.add(name)
        expires_ms = self._clock.now_ms() + _TOKEN_HOURS * 3_600_000
        self._issued[_digest(token)] = _Issued(name, role, expires_ms)
        return token

    def reserve(self, names: Iterable[str]) -> None:
        """These names have logins of their own: nobody goes by them without."""
        self._own_names.update(names)

    def visitor(self, request: web.Request) -> Visitor | None:
        """Who asks; None if nobody is logged in.

        Raises:
            Refused: `?as=` where it is not taken, or with something that is no name.
        """
        persona = request.query.get("as")
        if persona is not None and not self._personas:
            log.warning("turned away: ?as= outside the demo, from %s", self._origins.seen(request).peer)
            raise Refused(403, "web.no_personas")
        known = self._read(request.cookies.get(self._cookie, ""))
        if known is None or persona is None:
            return known
        if not NAME.fullmatch(persona):
            raise Refused(400, "web.bad_name")
        name = persona.lower()
        if name in self._own_names and name != known.name:
            raise Refused(403, "web.own_name")
        return Visitor(name=name, operator=False, persona=True)

    def require(self, request: web.Request) -> Visitor:
        """Who asks.

        Raises:
            Refused: nobody is logged in, or as `visitor` says.
        """
        found = self.visitor(request)
        if found is None:
            raise Refused(401, "web.not_logged_in")
        return found

    def routes(self) -> list[web.AbstractRouteDef]:
        """The login page. A HEAD of a curious program does not use the token up."""
        return [web.get("/login", self._login, allow_head=False), web.post("/logout", self._logout)]

    async def _logout(self, request: web.Request) -> web.Response:
        response = web.json_response({})
        response.del_cookie(self._cookie, path="/")
        return response

    async def _login(self, request: web.Request) -> web.Response:
        issued = self._issued.pop(_digest(request.query.get("token", "")), None)
        if issued is None or issued.expires_ms < self._clock.now_ms():
            if self._read(request.cookies.get(self._cookie, "")) is None:
                log.warning(
                    "turned away: a wrong or used login token, from %s", self._origins.seen(request).peer
                )
                raise Refused(403, "web.bad_token")
            return self._onward(request)
        response = self._onward(request)
        response.set_cookie(
            self._cookie,
            self._sign(issued),
            max_age=_COOKIE_DAYS * 86_400,
            path="/",
            httponly=True,
            samesite="Strict",
            secure=self._origins.seen(request).scheme == "https",
        )
        return response

    def _onward(self, request: web.Request) -> web.Response:
        """A page of our own that goes on: after a redirect from elsewhere a strict cookie is not sent."""
        said = self._wording.say(Text(key="web.welcome"), wanted_languages(request))
        home = html.escape(self._home, quote=True)
        return web.Response(
            text=(
                '<!doctype html><html><head><meta charset="utf-8"><title>Talkreel</title>'
                f'<meta http-equiv="refresh" content="0;url={home}">'
                '<link rel="stylesheet" href="/static/chat.css"></head>'
                f'<body class="door"><main><p><a href="{home}">{html.escape(said)}</a></p></main></body>'
                "</html>"
            ),
            content_type="text/html",
        )

    def _sign(self, issued: _Issued) -> str:
        expires = self._clock.now_ms() + _COOKIE_DAYS * 86_400_000
        plain = json.dumps([issued.name, issued.role, expires, secrets.token_hex(4)], separators=(",", ":"))
        body = base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")
        return f"{body}.{self._mac(body)}"

    def _read(self, cookie: str) -> Visitor | None:
        body, _, mac = cookie.partition(".")
        if not body or not hmac.compare_digest(mac.encode(), self._mac(body).encode()):
            return None
        try:
            name, role, expires, _ = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        except (ValueError, binascii.Error):
            return None
        if expires < self._clock.now_ms():
            return None
        return Visitor(name=name, operator=role == "operator")

    def _mac(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()


def _digest(token: str) -> bytes:
    """Tokens are looked up by their digest, so that the time it takes tells nothing about them."""
    return hashlib.sha256(token.encode()).digest()
