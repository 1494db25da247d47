"""The routes of comparisons: what is said of one, its neutral copies, and votes. Rules are the core's.

Addresses name a comparison and a letter; nothing served before the reveal names a model or a job.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from bot.core.compare import Ballot, Contest, Leg, Question, Verdict
from bot.core.desk import Desk
from bot.core.errors import MediaRefused
from bot.core.wording import Wording
from bot.frontends.web.clipfiles import DOCUMENT, ClipFiles
from bot.frontends.web.contest_view import Seen, contest_view
from bot.frontends.web.seats import Seat, Seats, fields, needed

_VERDICTS: Final[Mapping[str, Verdict]] = {
    "first": "first",
    "second": "second",
    "tie": "tie",
    "neither": "neither",
}
_PICTURES: Final = {"wave": "image/png", "spectrum": "image/png"}
_TRACED: Final = 64  # pairs of small pictures that are kept at hand


class Contests:
    """Comparisons for those who may see them: whoever asked for one, and everybody at its place."""

    def __init__(self, *, seats: Seats, desk: Desk, clips: ClipFiles, wording: Wording) -> None:
        self._seats = seats
        self._desk = desk
        self._clips = clips
        self._wording = wording
        self._traced: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()
        self._tracing = asyncio.Lock()

    def routes(self) -> list[web.AbstractRouteDef]:
        """What to mount."""
        guarded = self._seats.guarded
        return [
            web.get("/chat/contests/{id}", guarded(self._view), allow_head=False),
            web.get("/chat/contests/{id}/{part}", self._whole),
            web.get("/chat/contests/{id}/{letter}/{part}", self._part),
            web.post("/chat/contests/{id}/draw", guarded(self._draw)),
            web.post("/chat/contests/{id}/vote", guarded(self._vote)),
        ]

    async def _seen(self, request: web.Request) -> tuple[Seat, str, Contest]:
        """Who asks, their wallet, and the comparison that they ask for.

        Raises:
            web.HTTPNotFound: there is none, or it is not for them.
        """
        seat = await self._seats.of(request)
        contest = await self._desk.store.contest(request.match_info["id"])
        person = seat.actor.person
        wallet = await self._desk.store.wallet(person.key, person.name)
        if contest is None or not _may_see(contest, seat, wallet):
            raise web.HTTPNotFound
        return seat, wallet, contest

    async def _view(self, request: web.Request) -> web.Response:
        return await self._told(*await self._seen(request))

    async def _told(self, seat: Seat, wallet: str, contest: Contest) -> web.Response:
        store, now = self._desk.store, self._desk.clock.now_ms()
        mine = tuple(one for one in await store.ballots_of(wallet) if one.contest == contest.id)
        seen = Seen(
            contest=contest,
            mine=contest.wallet == wallet,
            draws=await store.drawn(contest.id, wallet),
            ballots=mine,
        )
        return web.json_response(contest_view(seen, self._wording, seat.language, now))

    async def _draw(self, request: web.Request) -> web.Response:
        """One pair more."""
        seat, wallet, contest = await self._seen(request)
        await self._desk.store.draw(contest.id, wallet)
        return await self._told(seat, wallet, contest)

    async def _vote(self, request: web.Request) -> web.Response:
        """One answer, or another one in its place."""
        seat, wallet, contest = await self._seen(request)
        question, first, second, verdict = needed(
            await fields(request), "question", "first", "second", "verdict"
        )
        asked = next((one for one in contest.questions if one == question), None)
        if asked is None or verdict not in _VERDICTS:
            raise web.HTTPBadRequest
        await self._cast(contest, wallet, asked, first, second, _VERDICTS[verdict])
        return await self._told(seat, wallet, contest)

    async def _cast(
        self, contest: Contest, voter: str, question: Question, first: str, second: str, verdict: Verdict
    ) -> None:
        await self._desk.store.cast(
            Ballot(
                contest=contest.id,
                voter=voter,
                question=question,
                first=first,
                second=second,
                verdict=verdict,
            )
        )

    # ---- files

    async def _whole(self, request: web.Request) -> web.StreamResponse:
        """What was made of all clips together."""
        _, _, contest = await self._seen(request)
        address = {"film": contest.film, "ears": contest.ears}.get(request.match_info["part"], "")
        if contest.state not in ("voting", "revealed"):
            raise web.HTTPNotFound
        return await self._clips.blob(address, "video/mp4", "comparison.mp4", "download" in request.query)

    async def _part(self, request: web.Request) -> web.StreamResponse:
        """A neutral copy, its sound alone, or a picture of its sound; of all clips at once or of none."""
        _, _, contest = await self._seen(request)
        leg = contest.leg(request.match_info["letter"])
        if leg is None or not leg.judged or contest.state not in ("voting", "revealed"):
            raise web.HTTPNotFound
        part = request.match_info["part"]
        if part == "video":
            return await self._clips.blob(leg.copy, "video/mp4", f"{leg.letter}.mp4", False)
        if part == "sound":
            return await self._clips.blob(leg.sound, "audio/mp4", f"{leg.letter}.m4a", False)
        if part not in _PICTURES:
            raise web.HTTPNotFound
        wave, spectrum = await self._traces(contest, leg)
        headers = {**DOCUMENT, "Cache-Control": "private, max-age=3600"}
        body = wave if part == "wave" else spectrum
        return web.Response(body=body, content_type=_PICTURES[part], headers=headers)

    async def _traces(self, contest: Contest, leg: Leg) -> tuple[bytes, bytes]:
        """Waveform and spectrogram of the copy, drawn when they are first looked at."""
        async with self._tracing:
            if leg.copy not in self._traced:
                self._traced[leg.copy] = await self._drawn(contest, leg)
                while len(self._traced) > _TRACED:
                    self._traced.popitem(last=False)
            self._traced.move_to_end(leg.copy)
            return self._traced[leg.copy]

    async def _drawn(self, contest: Contest, leg: Leg) -> tuple[bytes, bytes]:
        scratch = f"trace-{leg.copy[:24]}"
        folder = await asyncio.to_thread(self._desk.blobs.scratch, scratch)
        wave, spectrum = folder / "wave.png", folder / "spectrum.png"
        try:
            source = self._desk.blobs.path(leg.copy)
            await self._desk.media.traces(source, wave, spectrum, seconds=float(contest.seconds))
            return await asyncio.to_thread(lambda: (wave.read_bytes(), spectrum.read_bytes()))
        except (MediaRefused, FileNotFoundError):
            raise web.HTTPNotFound from None
        finally:
            await self._desk.blobs.discard_scratch(scratch)


def _may_see(contest: Contest, seat: Seat, wallet: str) -> bool:
    """Whoever asked for it; all at its place, unless it was asked for in private."""
    if contest.wallet == wallet:
        return True
    private = contest.wish.private or contest.destination.private
    return not private and (contest.server == seat.actor.server or seat.reaches(contest.server))
