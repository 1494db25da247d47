"""Serves clips, their pictures and captions, to whoever may see them: their makers, admins, the gallery."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from bot.core.compare import contest_of
from bot.core.desk import Desk
from bot.core.model import Job
from bot.core.requests.balloting import kept_back
from bot.core.requests.gallery import shown
from bot.core.soundplan import spoken_lines
from bot.frontends.web.captions import captions
from bot.frontends.web.seats import Seat, Seats

DOCUMENT: Final[Mapping[str, str]] = {"Content-Security-Policy": "default-src 'none'; sandbox"}


class ClipFiles:
    """The parts of clips."""

    def __init__(self, *, seats: Seats, desk: Desk) -> None:
        self._seats = seats
        self._desk = desk

    def routes(self) -> list[web.AbstractRouteDef]:
        """What to mount."""
        return [web.get("/chat/clips/{job}/{part}", self._clip)]

    async def _clip(self, request: web.Request) -> web.StreamResponse:
        seat = await self._seats.of(request)
        job = await self._desk.store.job(request.match_info["job"])
        if job is None or job.clip is None or not await self._may_see(seat, job):
            raise web.HTTPNotFound
        if await kept_back(self._desk, job):
            person = seat.actor.person
            await self._desk.store.peeked(
                contest_of(job), await self._desk.store.wallet(person.key, person.name)
            )
        clip, download = job.clip, "download" in request.query
        name = f"talkreel-{job.id}"
        parts: Mapping[str, Callable[[], Awaitable[web.StreamResponse]]] = {
            "video": lambda: self.blob(clip.blob, clip.info.mime, f"{name}.mp4", download),
            "poster": lambda: self.blob(clip.poster, "image/jpeg", f"{name}.jpg", download),
        }
        part = request.match_info["part"]
        if part == "captions":
            lines = spoken_lines(job.plan.request.prompt)
            said = captions(lines, seconds=clip.info.seconds, spoken=clip.details.get("spoken", ""))
            return web.Response(text=said, content_type="text/vtt", headers=DOCUMENT)
        if part not in parts:
            raise web.HTTPNotFound
        return await parts[part]()

    async def _may_see(self, seat: Seat, job: Job) -> bool:
        person = seat.actor.person
        if job.person == person.key:
            return True
        if job.wallet == await self._desk.store.wallet(person.key, person.name):
            return True
        private = job.destination.private or job.wish.private
        if seat.reaches(job.server) and not private:
            return True
        return await shown(self._desk, job)

    async def blob(self, address: str, mime: str, name: str, download: bool) -> web.StreamResponse:
        """A stored file as what it is, never as a page of ours.

        Raises:
            web.HTTPNotFound: there is none, or it is past its time.
        """
        if not address:
            raise web.HTTPNotFound
        path = self._desk.blobs.path(address)
        if not await asyncio.to_thread(path.is_file):
            raise web.HTTPNotFound  # past its time, and cleared away
        kind = "attachment" if download else "inline"
        headers = {
            **DOCUMENT,
            "Content-Type": mime,
            "Content-Disposition": f'{kind}; filename="{name}"' if name else kind,
            "Cache-Control": "private, max-age=3600",
        }
        return web.FileResponse(path, headers=headers)
