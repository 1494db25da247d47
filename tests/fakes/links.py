"""Addresses of our own that a stand-in may read, as the bot gives them out: files on a real local socket."""

from __future__ import annotations

from typing import Self

from aiohttp import web

from tests.fakes.premises import Premises


class OwnLinks(Premises):
    """Files by address. `calls` counts how often each was read."""

    def __init__(self) -> None:
        """Set up; nothing listens yet."""
        super().__init__({})
        self._files: dict[str, bytes] = {}

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_get("/files/{name}", self._file)
        await self.listen(app)
        return self

    def link(self, name: str, file: bytes) -> str:
        """The signed address of a file."""
        self._files[name] = file
        return f"{self.url}/files/{name}?sig=f00d"

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.calls[name] += 1
        if request.query.get("sig") != "f00d" or name not in self._files:
            return web.Response(status=404)
        return web.Response(body=self._files[name])
