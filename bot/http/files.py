"""Our own links: makes them, and serves the one file behind each. The route is never logged.

A link works while its signature, its time and its row in the store all say so; Delete and /forget take
the row away. Nothing but a content address ever becomes a path.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Final, Protocol

from aiohttp import web

from bot.core.links import LIFE_MS, Link, check, sign
from bot.core.ports import Blobs, Clock
from bot.core.records import LinkedFile, LinkPurpose

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Robots-Tag": "noindex",
}
_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Rows(Protocol):
    """The part of the store that is needed here."""

    async def put_link(self, link: LinkedFile, *, least_ms: int) -> LinkedFile:
        """See the port `Store`."""
        ...

    async def link(self, id: str) -> LinkedFile | None:
        """See the port `Store`."""
        ...


class FileLinks:
    """Implements the port `Links`, and the route that its links lead to."""

    def __init__(self, *, public_url: str, key: bytes, store: Rows, blobs: Blobs, clock: Clock) -> None:
        """Keep what is needed; `key` signs links and nothing else."""
        self._public_url = public_url.rstrip("/")
        self._key = key
        self._store = store
        self._blobs = blobs
        self._clock = clock

    async def make(
        self, purpose: LinkPurpose, address: str, *, mime: str, name: str, job: str, wallet: str
    ) -> str:
        """A link to one stored file.

        The same file of the same job has the same link for half of its life, so that a request that is
        repeated is the same request.
        """
        now, life = self._clock.now_ms(), LIFE_MS[purpose]
        row = await self._store.put_link(
            LinkedFile(
                id=secrets.token_urlsafe(16),
                purpose=purpose,
                address=address,
                mime=mime,
                name=_NAME.sub("-", name).strip(".-")[:80] or "file",
                job=job,
                wallet=wallet,
                expires_ms=now + life,
            ),
            least_ms=now + life // 2,
        )
        token = sign(Link(id=row.id, purpose=row.purpose, expires_ms=row.expires_ms), self._key)
        return f"{self._public_url}/f/{token}/{row.name}"

    def routes(self) -> list[web.AbstractRouteDef]:
        """What to mount: GET and HEAD."""
        return [web.get("/f/{token}/{name}", self._serve)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """The file, or a part of it. Every wrong link gets the same answer."""
        link = check(request.match_info["token"], self._key, self._clock.now_ms())
        row = await self._store.link(link.id) if link is not None else None
        if (
            link is None
            or row is None
            or (row.purpose, row.expires_ms) != (link.purpose, link.expires_ms)
            or row.name != request.match_info["name"]
        ):
            raise web.HTTPNotFound
        path = self._blobs.path(row.address)
        if not await asyncio.to_thread(path.is_file):
            raise web.HTTPNotFound
        headers = {
            **_HEADERS,
            "Content-Type": row.mime,
            "Content-Disposition": f'inline; filename="{row.name}"',
        }
        return web.FileResponse(path, headers=headers)
