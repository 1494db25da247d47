"""What small fake vendors stand on: a free port, answers that get lost, clips that come whole or broken.

`booth.py` and `studio.py` build on it; it knows no vendor's words and no kind of job.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType

from aiohttp import web

from tests.fakes.faults import Fault, Script
from tests.fakes.opened import Opened
from tests.fakes.vendor_desk import cut, half, slowly
from tests.fakes.vendor_files import PIXELS, Recipe, Shelf

LOST = ("lost-cut", "lost-hang", "lost-garbage")


class Premises:
    """A place that can be opened on this machine.

    Attributes:
        known: what may go wrong and how often. script: what has gone wrong already.
        calls: how often each kind of call was made. numbers: for ids. url: its address.
    """

    def __init__(self, known: Mapping[str, int]) -> None:
        """Set up; nothing listens yet."""
        self.known = dict(known)
        self.script = Script(known=self.known)
        self.calls: Counter[str] = Counter()
        self.numbers = itertools.count(1)
        self.url = ""
        self._shelf = Shelf()
        self._closing = asyncio.Event()
        self._server = Opened()

    async def listen(self, app: web.Application) -> None:
        """Open on a free port."""
        self.url = await self._server.open(app)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, also in the middle of a slow answer."""
        self._closing.set()
        await self._server.close()

    async def wait(self, seconds: float) -> None:
        """Wait, or less if the vendor stops."""
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return

    async def lose(
        self, request: web.Request, faults: Sequence[Fault], scope: str
    ) -> web.StreamResponse | None:
        """What becomes of the answer to a submit instead of it; None where it arrives."""
        fault = self.script.take(tuple(faults), *LOST, scope=scope)
        match fault.name if fault else "":
            case "lost-cut":
                raise cut(request)
            case "lost-hang":
                await self.wait(60)
                raise cut(request)
            case "lost-garbage":
                return web.Response(text='{"id": "vi', content_type="application/json")
        return None

    async def film(
        self, request: web.Request, fault: str, *, seconds: float, aspect: str, sound: bool
    ) -> web.StreamResponse:
        """A clip made to measure, or what goes wrong with it."""
        if fault == "file-html":
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        if fault == "file-endless":
            endless = web.StreamResponse(headers={"Content-Type": "video/mp4", "Content-Length": str(10**10)})
            await endless.prepare(request)
            return endless
        shape = aspect if aspect in PIXELS else "16:9"
        recipe = Recipe(seconds=seconds, aspect=shape, sound="tone" if sound else "none")
        path = await self._shelf.clip(recipe)
        if fault == "file-slow":
            return await slowly(request, await asyncio.to_thread(path.read_bytes), "video/mp4")
        if fault == "file-cut":
            return await half(request, await asyncio.to_thread(path.read_bytes), 200, "video/mp4")
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})
