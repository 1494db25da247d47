"""Files that were just handed over: a random name stands for a file, for one person and a short time."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from bot.core.ports import Clock
from bot.core.replies import FileView

_KEPT_MS: Final = 3_600_000
_AT_MOST: Final = 1000


@dataclass(frozen=True, kw_only=True)
class _Handed:
    person: str
    file: FileView
    until_ms: int


class HandedFiles:
    """What may be fetched, by whom. Nothing of it survives a restart; whoever wants it again asks again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._files: dict[str, _Handed] = {}

    def add(self, person: str, file: FileView) -> Mapping[str, Any]:
        """Hand a file over; returns what the page needs to fetch it."""
        now = self._clock.now_ms()
        self._files = {key: one for key, one in self._files.items() if one.until_ms > now}
        while len(self._files) >= _AT_MOST:
            del self._files[next(iter(self._files))]
        name = secrets.token_urlsafe(18)
        self._files[name] = _Handed(person=person, file=file, until_ms=now + _KEPT_MS)
        return {
            "name": file.name,
            "path": f"/chat/handed/{name}",
            "bytes": file.size_bytes,
            "seen": file.seen,
            "alt": file.alt,
        }

    def forget(self, person: str) -> None:
        """Hand nothing to somebody any more."""
        self._files = {key: one for key, one in self._files.items() if one.person != person}

    async def serve(self, person: str, name: str) -> web.FileResponse:
        """The file as an attachment.

        Raises:
            web.HTTPNotFound: nothing was handed to this person by that name, or not lately.
        """
        one = self._files.get(name)
        if one is None or one.person != person or one.until_ms <= self._clock.now_ms():
            raise web.HTTPNotFound
        if not await asyncio.to_thread(one.file.path.is_file):
            raise web.HTTPNotFound
        headers = {
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Type": one.file.mime,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(one.file.name)}",
        }
        return web.FileResponse(one.file.path, headers=headers)
