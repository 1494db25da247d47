"""The whole bot behind its web server, in this process: visitors speak over real sockets."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp

from bot.app import App, SystemClock, open_app
from bot.core.records import Rule
from bot.core.wording import load_wording
from bot.settings import ProviderSettings, Settings
from bot.site import Desktop, Site, open_desktop, open_site
from tests.e2e.stage import CATALOGUE, FAST, ROUTES
from tests.e2e.web_world import CLUB
from tests.fakes.vendor import GOOD_KEY, FakeVendor

JSON: dict[str, str] = {"Accept": "application/json"}
NOTHING: Mapping[str, Path | bytes] = {}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Visitor:
    """A browser without a screen: keeps cookies, sends the Origin of the page it is on."""

    def __init__(self, session: aiohttp.ClientSession, base: str, persona: str = "") -> None:
        self.session = session
        self.base = base
        self.origin = base
        self._as = {"as": persona} if persona else {}

    async def get(self, path: str, **query: str) -> Answer:
        """Ask for something; `Range` and `Accept` are headers, all else is the query."""
        headers = {str(key): query.pop(key) for key in ("Range", "Accept") if key in query} or JSON
        async with self.session.get(
            self.base + path, params={**query, **self._as}, headers=headers, allow_redirects=False
        ) as got:
            return await _answer(got)

    async def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """Send something, as a form if it is one."""
        sent = (
            {"data": body} if isinstance(body, aiohttp.FormData | aiohttp.MultipartWriter) else {"json": body}
        )
        own = {"Origin": self.origin, **JSON, **(headers or {})}
        async with self.session.post(self.base + path, params=self._as, headers=own, **sent) as got:
            return await _answer(got)

    async def send(
        self, text: str, files: Mapping[str, Path | bytes] = NOTHING, *, key: str = "", reply_to: str = ""
    ) -> Answer:
        """Send a message as the page does; files by option."""
        form = aiohttp.FormData()
        for name, value in (("text", text), ("key", key or os.urandom(8).hex()), ("reply_to", reply_to)):
            form.add_field(name, io.BytesIO(value.encode()), content_type="text/plain")
        for option, file in files.items():
            data = file if isinstance(file, bytes) else await asyncio.to_thread(file.read_bytes)
            form.add_field(f"file:{option}", io.BytesIO(data), filename=getattr(file, "name", "file.bin"))
        return await self.post("/chat/send", form)

    async def press(self, message: Mapping[str, Any], action: str) -> Answer:
        """Press a button of a message."""
        target = next(target for name, target, _ in message["buttons"] if name == action)
        body = {"message": message["id"], "action": action, "target": target, "key": os.urandom(8).hex()}
        return await self.post("/chat/press", body)

    async def messages(self) -> list[dict[str, Any]]:
        """Everything in the chat, page by page as one scrolls up."""
        found: list[dict[str, Any]] = []
        more = True
        while more:
            earlier = {"before": str(found[0]["place"])} if found else {}
            answer = await self.get("/chat/messages", **earlier)
            assert answer.status == 200, answer.body
            found = answer.body["messages"] + found
            more = answer.body["more"]
        return found

    async def until(
        self, wanted: Callable[[dict[str, Any]], bool] | str, *, seconds: float = 20.0
    ) -> dict[str, Any]:
        """Wait for a message: of a kind, or one that suits."""
        suits = (lambda m: m["kind"] == wanted) if isinstance(wanted, str) else wanted
        async with asyncio.timeout(seconds):
            while True:
                found = [message for message in await self.messages() if suits(message)]
                if found:
                    return found[-1]
                await asyncio.sleep(0.03)

    async def ask(self, text: str, kind: str, files: Mapping[str, Path | bytes] = NOTHING) -> dict[str, Any]:
        """Send a message and wait until its answer is of this kind."""
        sent = await self.send(text, files)
        assert sent.status == 200, sent.body
        mine = sent.body["message"]["id"]
        return await self.until(lambda m: m["reply_to"] == mine and m["kind"] == kind)

    @asynccontextmanager
    async def events(self, after: int = 0) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Live news."""
        async with self.session.ws_connect(
            f"{self.base}/chat/events",
            params={"after": str(after), **self._as},
            origin=self.origin,
        ) as socket:
            yield socket


async def _answer(got: aiohttp.ClientResponse) -> Answer:
    raw = await got.read()
    body: Any = raw
    if got.content_type == "application/json":
        body = await got.json()
    elif got.content_type.startswith("text/"):
        body = raw.decode()
    return Answer(got.status, body, got.headers)


@dataclass(kw_only=True)
class WebStage:
    """What a test looks at and acts through."""

    app: App
    desktop: Desktop
    site: Site
    vendor: FakeVendor
    folder: Path
    _stack: AsyncExitStack

    @property
    def base(self) -> str:
        """The server's address."""
        return self.site.listening.url

    async def stranger(self, **headers: str) -> Visitor:
        """A browser that is not logged in."""
        jar = aiohttp.CookieJar(unsafe=True)
        session = await self._stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=jar, headers=headers or None, timeout=aiohttp.ClientTimeout(20))
        )
        return Visitor(session, self.base)

    async def operator(self) -> Visitor:
        """A browser that came with the operator's token (once for each stage)."""
        return await self._enter(self.site.operator_url)

    async def guest(self) -> Visitor:
        """A browser that came with the member's token (once for each stage)."""
        return await self._enter(self.site.guest_url)

    def persona(self, visitor: Visitor, name: str) -> Visitor:
        """Another tab of the same browser, under another name (demo only)."""
        return Visitor(visitor.session, self.base, name)

    async def allow(self, credits: int = 10_000) -> None:
        """The operator allots credits to everybody on the page."""
        for kind in ("allotment", "everybody"):
            rule = Rule(server="direct", kind=kind, credits=credits, period="day")
            await self.app.store.set_rule(rule, actor="operator")

    def scratch(self) -> list[str]:
        """What lies in the scratch folder."""
        return sorted(path.name for path in (self.folder / "data" / "scratch").glob("*"))

    async def _enter(self, url: str) -> Visitor:
        visitor = await self.stranger()
        answer = await visitor.get(
            url.removeprefix(self.base).partition("?")[0], token=url.rpartition("=")[2]
        )
        assert answer.status == 200, answer.body
        return visitor


@asynccontextmanager
async def open_web(
    folder: Path,
    *,
    vendor: FakeVendor | None = None,
    demo: bool = True,
    work: bool = True,
    keys: Mapping[str, str] | None = None,
    **settings: Any,
) -> AsyncIterator[WebStage]:
    """Open the bot with its web server in `folder`.

    Args:
        folder: its data.
        vendor: of an earlier stage; otherwise a new one.
        demo: whether `?as=NAME` is taken.
        work: false where no job has to be finished.
        keys: of the vendors, by variable, instead of the scripted one's.
        settings: more of the operator's.
    """
    async with AsyncExitStack() as stack:
        if vendor is None:
            vendor = await stack.enter_async_context(FakeVendor())
        scripted = {f"SCRIPTED_{route.upper()}_API_KEY": GOOD_KEY for route in ("key", "lookup", "blind")}
        stack.enter_context(mock.patch.dict(os.environ, scripted if keys is None else dict(keys)))
        chosen: dict[str, Any] = {
            "budget_usd_day": Decimal(100),
            "budget_usd_month": Decimal(100),
            "media_workers": 1,
            "transcribe_with": (),  # a test that wants words brings its own ears
            "catalogue_dir": CATALOGUE,
            "providers": {
                f"scripted-{route}": ProviderSettings(base_url=f"{vendor.url}/{character}")
                for route, character in ROUTES.items()
            },
        }
        options = Settings(data_dir=folder / "data", **(chosen | settings))
        clock, wording = SystemClock(), load_wording(strict=True)
        desktop = await stack.enter_async_context(
            open_desktop(options.data_dir, wording=wording, clock=clock)
        )
        app = await stack.enter_async_context(
            open_app(
                options,
                outboxes={"web": desktop.outbox},
                clock=clock,
                pace=FAST,
                sweep_seconds=0.5,
                work=work,
                serves=True,
            )
        )
        site = await stack.enter_async_context(open_site(app, desktop, host="127.0.0.1", port=0, demo=demo))
        async with AsyncExitStack() as browsers:
            yield WebStage(app=app, desktop=desktop, site=site, vendor=vendor, folder=folder, _stack=browsers)


async def act(visitor: Visitor, path: str, server: str = CLUB, **body: Any) -> dict[str, Any]:
    """Do something on an admin page; it must work."""
    answer = await visitor.post(f"/data/{path}", {"server": server, **body})
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body
    return found


async def refused(visitor: Visitor, path: str, server: str = CLUB, **body: Any) -> str:
    """Do something on an admin page that is refused in a sentence."""
    answer = await visitor.post(f"/data/{path}", {"server": server, **body})
    assert answer.status == 422, answer.body
    return str(answer.body["error"])
