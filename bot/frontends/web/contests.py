"""The routes of comparisons: what is said of one, its neutral copies, and votes. Rules are the core's.

Addresses name a comparison and a letter; nothing served before the reveal names a model or a job.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from bot.core.compare import OPEN, Ballot, Contest, Leg, Verdict
from bot.core.contest_views import tallies
from bot.core.desk import Desk
from bot.core.errors import MediaRefused, Refusal
from bot.core.reportcard import Graded, card_lines, card_sheet
from bot.core.requests.balloting import contest_here, graded, has_voted, knows
from bot.core.requests.call import Call
from bot.core.wording import Wording
from bot.frontends.web.clipfiles import DOCUMENT, ClipFiles
from bot.frontends.web.contest_view import Seen, contest_view
from bot.frontends.web.outbox import destination
from bot.frontends.web.presses import Presses
from bot.frontends.web.seats import Seat, Seats, fields, needed

_BUTTONS: Final = frozenset({"peek", "end-vote", "keep", "cancel-leg"})
_VERDICTS: Final[Mapping[str, Verdict]] = {
    "first": "first",
    "second": "second",
    "tie": "tie",
    "neither": "neither",
}
_PATIENCE_SECONDS: Final = 0.3  # a page asks again
_PICTURES: Final = {"wave": "image/png", "spectrum": "image/png"}
_TRACED: Final = 64  # pairs of small pictures that are kept at hand


class Contests:
    """Comparisons for those who may see them: whoever asked for one, and everybody at its place."""

    def __init__(
        self, *, seats: Seats, presses: Presses, desk: Desk, clips: ClipFiles, wording: Wording
    ) -> None:
        self._seats = seats
        self._presses = presses
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
            web.post("/chat/contests/{id}/press", guarded(self._press)),
        ]

    async def _seen(self, request: web.Request) -> tuple[Seat, str, Contest]:
        """Who asks, their wallet, and the comparison that they ask for.

        Raises:
            web.HTTPNotFound: there is none, or it is not for them.
        """
        seat = await self._seats.of(request)
        actor = seat.actor
        wallet = await self._desk.store.wallet(actor.person.key, actor.person.name)
        call = Call(
            actor=actor,
            options={},
            destination=destination(actor.person.key, "", actor.language),
            request_key="",
            wallet=wallet,
        )
        try:
            contest = await contest_here(self._desk, call, request.match_info["id"])
        except Refusal:
            raise web.HTTPNotFound from None
        return seat, wallet, contest

    async def _view(self, request: web.Request) -> web.Response:
        return await self._told(request, *await self._seen(request))

    async def _told(self, request: web.Request, seat: Seat, wallet: str, contest: Contest) -> web.Response:
        return web.json_response(await self._viewed(request, seat, wallet, contest))

    async def _viewed(
        self, request: web.Request, seat: Seat, wallet: str, contest: Contest
    ) -> dict[str, Any]:
        store, now = self._desk.store, self._desk.clock.now_ms()
        ballots = await store.ballots(contest.id)
        named = await knows(self._desk, contest, wallet)
        over = contest.state not in OPEN
        card: tuple[Graded, ...] = ()
        # Numbers lead ears: they come after the answers, or when somebody wants them.
        wanted = "card" in request.query or named or await has_voted(self._desk, contest, wallet)
        if wanted and contest.judged and contest.state in ("voting", "revealed"):
            card = await graded(self._desk, contest, named=named, patience_seconds=_PATIENCE_SECONDS)
        seen = Seen(
            contest=contest,
            owner=contest.wallet == wallet or seat.operator,
            named=named,
            draws=await store.drawn(contest.id, wallet),
            ballots=tuple(one for one in ballots if one.voter == wallet),
            tallies=tallies(contest, ballots) if over else (),
            card=card_lines(card),
        )
        return contest_view(seen, self._wording, seat.language, now)

    async def _draw(self, request: web.Request) -> web.Response:
        """One pair more."""
        seat, wallet, contest = await self._seen(request)
        await self._desk.store.draw(contest.id, wallet)
        return await self._told(request, seat, wallet, contest)

    async def _vote(self, request: web.Request) -> web.Response:
        """One answer, or another one in its place."""
        seat, wallet, contest = await self._seen(request)
        question, first, second, verdict = needed(
            await fields(request), "question", "first", "second", "verdict"
        )
        asked = next((one for one in contest.questions if one == question), None)
        if asked is None or verdict not in _VERDICTS:
            raise web.HTTPBadRequest
        ballot = Ballot(
            contest=contest.id,
            voter=wallet,
            question=asked,
            first=first,
            second=second,
            verdict=_VERDICTS[verdict],
        )
        await self._desk.store.cast(ballot)
        return await self._told(request, seat, wallet, contest)

    async def _press(self, request: web.Request) -> web.Response:
        """A button of the comparison; what it says is shown beside it."""
        seat, wallet, contest = await self._seen(request)
        action, target, key = needed(await fields(request), "action", "target", "key")
        if action not in _BUTTONS or target.partition(".")[0] != contest.id:
            raise web.HTTPBadRequest
        said = await self._presses.answer(seat.actor, action, target, key)
        if said["kind"] == "refusal":
            return web.json_response({"error": " ".join(said["lines"])}, status=422)
        fresh = await self._desk.store.contest(contest.id) or contest
        view = await self._viewed(request, seat, wallet, fresh)
        # What is said of the names stands in the view already.
        lines = [] if action == "peek" else said["lines"]
        return web.json_response({"view": view, "lines": lines, "file": said["file"]})

    # ---- files

    async def _whole(self, request: web.Request) -> web.StreamResponse:
        """What was made of all clips together."""
        seat, wallet, contest = await self._seen(request)
        if contest.state not in ("voting", "revealed"):
            raise web.HTTPNotFound
        if request.match_info["part"] == "card":
            return await self._card(seat, wallet, contest)
        address = {"film": contest.film, "ears": contest.ears}.get(request.match_info["part"], "")
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

    async def _card(self, seat: Seat, wallet: str, contest: Contest) -> web.Response:
        """The report card as far as this person may see it."""
        named = await knows(self._desk, contest, wallet)
        legs = await graded(self._desk, contest, named=named)
        sheet = card_sheet(legs, prompt=contest.wish.prompt, words=self._wording, language=seat.language)
        scratch = f"card-{secrets.token_hex(8)}"
        try:
            into = await asyncio.to_thread(self._desk.blobs.scratch, scratch) / "card.png"
            await self._desk.media.draw(sheet, into)
            body = await asyncio.to_thread(into.read_bytes)
        finally:
            await self._desk.blobs.discard_scratch(scratch)
        return web.Response(body=body, content_type="image/png", headers=DOCUMENT)

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
