"""The one aiohttp server. Front-ends mount their routes on it through the composition root.

Owns what holds for every answer: known names only, writes from our own pages only, security headers,
one plain sentence for every refusal, nothing about requests in the log but what was turned away.
"""

from __future__ import annotations

import errno
import html
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.core.errors import BadSettings
from bot.core.model import Text
from bot.core.wording import Wording
from bot.http.origin import Origins

log = logging.getLogger(__name__)

Ready = Callable[[], Awaitable[bool]]

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_OPEN: Final = frozenset({"/healthz", "/readyz"})  # probes come by any name and learn nothing
_MACHINES: Final = frozenset({"/telegram"})  # called by no page; whoever calls proves itself by a secret
_SENTENCES: Final = frozenset({400, 401, 403, 404, 405, 408, 413, 421, 429, 500})


@dataclass(frozen=True, kw_only=True)
class Listening:
    """Where the server can be reached from this machine."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Its address, without a final slash."""
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104
        return f"http://[{shown}]:{self.port}" if ":" in shown else f"http://{shown}:{self.port}"


class Refused(Exception):
    """A request is turned away with a sentence of `texts/`."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status = status
        self.key = key


def make_application(
    *,
    origins: Origins,
    wording: Wording,
    routes: Iterable[web.AbstractRouteDef],
    ready: Ready,
) -> web.Application:
    """The server's application with all routes.

    Args:
        origins: which names and pages may reach it.
        wording: for refusals.
        routes: of the front-ends.
        ready: whether jobs can be taken now.
    """

    async def healthz(request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(request: web.Request) -> web.Response:
        if await ready():
            return web.Response(text="ready\n")
        return web.Response(status=503, text="not ready\n")

    app = web.Application(middlewares=[_sentences(wording), _guard(origins)], client_max_size=64 << 10)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_routes(routes)

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.pop("Server", None)
        if origins.seen(request).scheme == "https":
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")

    app.on_response_prepare.append(add_headers)
    return app


@asynccontextmanager
async def listen(
    app: web.Application, *, host: str, port: int, any_port: bool = False
) -> AsyncIterator[Listening]:
    """Serve until the block ends.

    Args:
        app: with all routes.
        host: address to listen on.
        port: port; 0 = any free one.
        any_port: take a free one where that is in use.

    Raises:
        BadSettings: the address cannot be used.
    """
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, shutdown_timeout=2.0, keepalive_timeout=30.0
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host or None, port).start()
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            if not (taken and any_port):
                raise BadSettings(
                    f"The address {host}:{port} {'is in use' if taken else 'cannot be used'}; "
                    "set TALKREEL_HTTP_PORT or TALKREEL_HTTP_HOST."
                ) from None
            await web.TCPSite(runner, host or None, 0).start()
        bound: tuple[str, int] = runner.addresses[0][:2]
        yield Listening(host=host or bound[0], port=bound[1])
    finally:
        await runner.cleanup()


def wanted_languages(request: web.Request) -> str:
    """The first language that the browser asks for."""
    first = request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()
    return first[:20] or "en"


def _guard(origins: Origins) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        seen = origins.seen(request)
        if request.path not in _OPEN:
            if not origins.knows_host(seen):
                log.warning("turned away: unknown host name, from %s", seen.peer)
                raise Refused(421, "web.unknown_host")
            if request.path not in _MACHINES and not origins.from_own_page(request, seen):
                log.warning("turned away: %s of a foreign page, from %s", request.method, seen.peer)
                raise Refused(403, "web.foreign_page")
        return await handler(request)

    return guard


def _sentences(wording: Wording) -> Middleware:
    """Every refusal becomes one sentence, as a page or as JSON, whichever was asked for."""

    @web.middleware
    async def sentences(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as refused:
            status, text = refused.status, Text(key=refused.key)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            status = error.status
            text = Text(key=f"web.status_{status if status in _SENTENCES else 400}")
        except Exception:
            trouble = secrets.token_hex(4)
            log.exception("trouble %s", trouble)
            status, text = 500, Text(key="error.internal_other", facts={"id": trouble})
        said = wording.say(text, wanted_languages(request))
        # What is still coming of the request is not waited for.
        headers = {"Connection": "close"} if status in (408, 413) else {}
        if "text/html" in request.headers.get("Accept", ""):
            page = _page(said)
            return web.Response(status=status, text=page, content_type="text/html", headers=headers)
        return web.json_response({"error": said}, status=status, headers=headers)

    return sentences


def _page(said: str) -> str:
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>Talkreel</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/static/chat.css"></head>'
        f'<body class="door"><main><h1>Talkreel</h1><p>{html.escape(said)}</p></main></body></html>'
    )
