"""The web site put together: one server, the login, the chat page. `talkreel demo` is this with the built-in
renderer alone. Knows the parts, holds no rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bot.app import App, private_folder
from bot.core.model import Destination
from bot.core.ports import Clock
from bot.core.wording import Wording
from bot.frontends.web.assets import Assets
from bot.frontends.web.chat import Chat
from bot.frontends.web.chatlog import ChatLog, open_chatlog
from bot.frontends.web.clipfiles import ClipFiles
from bot.frontends.web.contests import Contests
from bot.frontends.web.feed import Feed
from bot.frontends.web.handed import HandedFiles
from bot.frontends.web.outbox import WebOutbox, destination
from bot.frontends.web.pages import Pages
from bot.frontends.web.presses import Presses
from bot.frontends.web.seats import Seats
from bot.frontends.web.server import WebFront
from bot.http.login import Login
from bot.http.origin import Origins, networks
from bot.http.secret import purpose_key, secret_key
from bot.http.server import Listening, Ready, listen, make_application

OPERATOR = "operator"
GUEST = "guest"


@dataclass(frozen=True, kw_only=True)
class Desktop:
    """The page's own parts, opened before the app, which writes to them."""

    chatlog: ChatLog
    feed: Feed
    handed: HandedFiles
    outbox: WebOutbox


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running site.

    Attributes:
        listening: where it can be reached from this machine.
        operator_url, guest_url: one-time login addresses.
    """

    listening: Listening
    operator_url: str
    guest_url: str


def operators_place(language: str) -> Destination:
    """Where the operator is told what only they can mend: on the pages that came with their token."""
    return destination(f"web:{OPERATOR}", "", language)


@asynccontextmanager
async def open_desktop(data_dir: Path, *, wording: Wording, clock: Clock) -> AsyncIterator[Desktop]:
    """Open the page's memory and what writes to it."""
    await asyncio.to_thread(private_folder, data_dir)
    chatlog = await open_chatlog(data_dir, clock)
    feed = Feed()
    handed = HandedFiles(clock)
    chatlog.listen(feed.changed)
    try:
        yield Desktop(
            chatlog=chatlog,
            feed=feed,
            handed=handed,
            outbox=WebOutbox(chatlog=chatlog, feed=feed, words=wording, clock=clock, handed=handed),
        )
    finally:
        await chatlog.close()


@asynccontextmanager
async def open_site(
    app: App,
    desktop: Desktop,
    *,
    host: str,
    port: int,
    any_port: bool = False,
    demo: bool,
    routes: Sequence[web.AbstractRouteDef] = (),
) -> AsyncIterator[Site]:
    """Serve the page until the block ends.

    Args:
        app: the running bot.
        desktop: the page's parts; the app's outbox for `web` is one of them.
        host: address to listen on.
        port: port to listen on; 0 = any free one.
        any_port: take a free one where that is in use.
        demo: whether `?as=NAME` is taken.
        routes: of other front-ends, served beside the page.

    Raises:
        BadSettings: the address or the key cannot be used.
    """
    settings = app.settings
    login, origins = await _door(app, personas=demo)
    async with AsyncExitStack() as stack:
        chat = Chat(
            front=app.dispatch,
            desk=app.desk,
            chatlog=desktop.chatlog,
            outbox=desktop.outbox,
            words=app.wording,
            language=settings.language,
        )
        await chat.settle_interrupted()
        stack.push_async_callback(chat.close)
        login.reserve(admin.name for admin in await app.store.page_admins())
        front, pages = _fronts(app, desktop, login, chat, demo=demo)
        application = make_application(
            origins=origins,
            wording=app.wording,
            routes=[
                *login.routes(),
                *front.routes(),
                *pages.routes(),
                *(app.files.routes() if app.files is not None else ()),
                *routes,
            ],
            ready=_readiness(app),
        )
        application.on_shutdown.append(lambda _: front.close())
        listening = await stack.enter_async_context(
            listen(application, host=host, port=port, any_port=any_port)
        )
        base = settings.public_url or listening.url
        yield Site(
            listening=listening,
            operator_url=f"{base}/login?token={login.issue(OPERATOR, 'operator')}",
            guest_url=f"{base}/login?token={login.issue(GUEST, 'member')}",
        )


async def _door(app: App, *, personas: bool) -> tuple[Login, Origins]:
    """Who may come in, and by which names the site is known."""
    settings = app.settings
    given = settings.secret_key.get_secret_value() if settings.secret_key else ""
    secret = await asyncio.to_thread(secret_key, settings.data_dir, given)
    origins = Origins(
        public_url=settings.public_url or "", trusted_proxies=networks(settings.trusted_proxies)
    )
    login = Login(
        key=purpose_key(secret, "web login"),
        clock=app.clock,
        wording=app.wording,
        origins=origins,
        # Cookies do not know ports, so two bots on one machine need two names.
        cookie=f"talkreel_{purpose_key(secret, 'cookie name').hex()[:8]}",
        home="/",
        personas=personas,
    )
    return login, origins


def _fronts(app: App, desktop: Desktop, login: Login, chat: Chat, *, demo: bool) -> tuple[WebFront, Pages]:
    """The chat page and all pages around it."""
    assets = Assets(app.wording)
    seats = Seats(who=login.require, desk=app.desk, wording=app.wording)
    presses = Presses(
        front=app.dispatch,
        chatlog=desktop.chatlog,
        outbox=desktop.outbox,
        handed=desktop.handed,
        words=app.wording,
        clock=app.clock,
    )

    def invite(name: str) -> str:
        if name in (OPERATOR, GUEST):
            raise ValueError(name)
        return f"{app.settings.public_url or ''}/login?token={login.issue(name, 'member')}"

    clips = ClipFiles(seats=seats, desk=app.desk)
    front = WebFront(
        seats=seats,
        chat=chat,
        presses=presses,
        chatlog=desktop.chatlog,
        feed=desktop.feed,
        handed=desktop.handed,
        desk=app.desk,
        wording=app.wording,
        assets=assets,
        clips=clips,
        contests=Contests(seats=seats, presses=presses, desk=app.desk, clips=clips, wording=app.wording),
        demo=demo,
    )
    pages = Pages(
        seats=seats,
        presses=presses,
        front=app.dispatch,
        desk=app.desk,
        reports=app.reports,
        wording=app.wording,
        assets=assets,
        invite=invite,
    )
    return front, pages


def _readiness(app: App) -> Ready:
    async def ready() -> bool:
        """Whether the database answers."""
        try:
            async with asyncio.timeout(2.0):
                await app.store.health()
        except (TimeoutError, OSError):
            return False
        return True

    return ready
