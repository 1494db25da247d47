"""Gets the pieces of a clip's sound from their makers, one after the other until one delivers.

The rule of the house: the intent is written before a maker is asked, its ticket before the first look, and a
request whose answer is unknown is never repeated unless the maker takes our key. It mixes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bot.core.errors import MediaRefused, StorageFull
from bot.core.model import Job
from bot.core.sounds import Piece, Taker
from bot.core.work.addresses import shown
from bot.core.work.soundnotes import PieceNote, asked, next_taker, read_notes, write_notes
from bot.core.work.workshop import Workshop
from providers.base import Done, Failed, LipSyncer, MediaInput, SoundMaker, SoundRequest, Ticket
from providers.catalogue import SoundRoute, UnknownModel, lip_problem, lip_request, sound_request
from providers.errors import (
    NotSent,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Refused,
    Unreachable,
    Unsupported,
)

log = logging.getLogger(__name__)

_AT_ONCE: Final = 4
_LOOK_SECONDS: Final = 0.2
_TRIES: Final = 3
LIPS_TOLERANCE_SECONDS: Final = 0.25  # as for all clips of vendors
_GRACE_SECONDS: Final = 20.0
_PATIENCE_SECONDS: Final = 20.0  # with a maker that is busy: another may not be
_VOICES: Final = ("woman", "man", "child")


@dataclass(kw_only=True)
class Work:
    """The pieces of one job, while they are made.

    Attributes:
        job: as it was written last.
        pieces, notes: in the same order.
        folder: where the files go.
        picture: the silent clip, for makers that look at it.
        voice: the recording that the clip's speaker is to say.
        lent: its maker's id of the voice that was made for the clip, or "".
        kept: whether every step is written into the job's row; not needed where nothing costs anything.
    """

    job: Job
    pieces: Sequence[Piece]
    notes: list[PieceNote]
    folder: Path
    picture: MediaInput
    voice: MediaInput | None = None
    lent: str = ""
    kept: bool = True
    mark: str = "s"
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))


def work_on(job: Job, pieces: Sequence[Piece], *, folder: Path, picture: MediaInput) -> Work:
    """The work as the row of the job knows it."""
    return Work(job=job, pieces=pieces, notes=read_notes(job.facts, pieces), folder=folder, picture=picture)


class SoundShop:
    """Asks makers. One object serves all jobs."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    async def make(self, work: Work) -> Job:
        """Make all pieces that are not made yet; every note ends as `made` or `none`.

        Raises:
            Fenced: another worker has the job.
            StorageFull: no room.
        """
        tasks = [asyncio.ensure_future(self._piece(work, number)) for number in range(len(work.pieces))]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        return work.job

    async def _piece(self, work: Work, number: int) -> None:
        async with work.room:
            while work.notes[number].state not in ("made", "none"):
                state = work.notes[number].state
                if state == "open":
                    await self._begin(work, number)
                elif state == "asked":
                    await self._unanswered(work, number)
                else:
                    await self._await(work, number)

    # ---- one step each

    async def _begin(self, work: Work, number: int) -> None:
        """Ask the next maker, or note that there is none left."""
        piece, note = work.pieces[number], work.notes[number]
        taker = next_taker(piece, note, may_pay=work.job.money != "released")
        if taker is None:
            await self._save(work, number, replace(note, state="none"))
            return
        cloned = bool(work.lent) and piece.cloned and self._knows_voice(work.job, taker.route)
        note = asked(replace(note, tries=0, cloned=cloned), taker)
        if taker.cost_micro_usd:
            self._shop.trace("before_sound_intent", work.job.id)
            await self._save(work, number, note, buying=True)
            self._shop.trace("after_sound_intent", work.job.id)
        else:
            work.notes[number] = note
        await self._ask(work, number, taker)

    async def _unanswered(self, work: Work, number: int) -> None:
        """A maker was asked and its answer is lost: asked again only if it knows our key."""
        piece, note = work.pieces[number], work.notes[number]
        taker = next((one for one in piece.takers if one.route == note.route), None)
        route = self._route(note.route)
        if taker is None or route is None or note.tries >= _TRIES:
            await self._lost(work, number)
        elif route.lost == "key" or not taker.cost_micro_usd:
            work.notes[number] = asked(note, taker)
            await self._ask(work, number, taker)
        else:
            await self._lost(work, number)

    async def _ask(self, work: Work, number: int, taker: Taker) -> None:
        shop, note = self._shop, work.notes[number]
        try:
            route, maker = self._maker(taker.route)
            async with asyncio.timeout(max(shop.pace.call_seconds, route.answer_seconds)):
                ticket = await self._submit(work, number, taker, route, maker)
        except (OutcomeUnknown, Unreachable, TimeoutError) as error:
            await self._shop.maker_failed(note.route, error)
            if note.tries >= _TRIES or not self._repeatable(taker):
                await self._lost(work, number)
            else:
                await shop.clock.sleep(shop.pace.after(note.tries))
            return
        except RateLimited as error:
            wait = max(error.retry_after or 0.0, shop.pace.after(note.tries))
            if note.tries >= _TRIES or wait > _PATIENCE_SECONDS:
                await self._failed(work, number, error, billed=False)
                return
            await shop.clock.sleep(wait)
            work.notes[number] = asked(note, taker)
            await self._ask(work, number, taker)
            return
        except (NotSent, Refused, LookupError) as error:
            await self._failed(work, number, error, billed=False)
            return
        shop.trace("sound_answer_unsaved", work.job.id)
        patience = shop.catalogue.provider(route.provider).poll.deadline_seconds
        going = replace(
            note,
            state="going",
            ticket=ticket.to_json(),
            until_ms=shop.clock.now_ms() + int(patience * 1000),
        )
        if taker.cost_micro_usd:
            await self._save(work, number, going)
            shop.trace("after_sound_ticket", work.job.id)
        else:
            work.notes[number] = going

    async def _submit(
        self, work: Work, number: int, taker: Taker, route: SoundRoute, maker: SoundMaker | LipSyncer
    ) -> Ticket:
        """Hand over what a maker needs, once.

        Raises:
            ProviderError: see `SoundMaker` and `LipSyncer`.
            LookupError: this is none of the right kind.
        """
        piece, key = work.pieces[number], self._key(work, number)
        picture = await shown(self._shop, route, work.job, work.picture)
        if piece.role == "lips":
            if not isinstance(maker, LipSyncer) or work.voice is None:
                raise LookupError(route.id)
            request = lip_request(route, picture, await shown(self._shop, route, work.job, work.voice))
            if lip_problem(route, request) is not None:
                raise Unsupported("the clip is not of a form that it takes", provider=route.provider)
            return await maker.submit_lips(request, job_key=key)
        if not isinstance(maker, SoundMaker):
            raise LookupError(route.id)
        lent = work.lent if work.notes[number].cloned else ""
        asked_for = _request(route, taker, piece, picture, lent)
        return await maker.submit_sound(asked_for, job_key=key, into=self._file(work, number))

    async def _await(self, work: Work, number: int) -> None:
        """Look until the piece is there, failed, or its time is over."""
        shop, note = self._shop, work.notes[number]
        ticket, misses = Ticket.from_json(note.ticket), 0
        try:
            route, maker = self._maker(note.route)
        except (ProviderError, LookupError) as error:
            await self._failed(work, number, error, billed=True)
            return
        # A restart may have come in between: it is given a little time all the same.
        pace = shop.catalogue.provider(route.provider).poll
        grace_ms = int(min(pace.deadline_seconds, _GRACE_SECONDS) * 1000)
        until_ms = max(note.until_ms, shop.clock.now_ms() + grace_ms)
        every = pace.every_seconds if note.cost_micro_usd else 0.0
        while True:
            try:
                async with asyncio.timeout(shop.pace.call_seconds):
                    progress = await maker.poll(ticket)
                if isinstance(progress, Failed):
                    await self._failed(work, number, progress.error, billed=progress.billed is not False)
                    return
                if isinstance(progress, Done):
                    await self._fetch(work, number, maker, progress)
                    return
                misses = 0
            except (Unreachable, RateLimited, TimeoutError):
                misses += 1
                if misses > shop.pace.fetch_tries:
                    break
            except (ProviderError, MediaRefused) as error:
                await self._failed(work, number, error, billed=True)
                return
            if shop.clock.now_ms() >= until_ms:
                break
            await shop.clock.sleep(max(every or _LOOK_SECONDS, shop.pace.after(misses) if misses else 0.0))
        await self._failed(work, number, Unreachable(provider=route.provider), billed=True)

    async def _fetch(self, work: Work, number: int, maker: SoundMaker | LipSyncer, done: Done) -> None:
        shop, note = self._shop, work.notes[number]
        into = self._file(work, number)
        try:
            async with asyncio.timeout(shop.pace.fetch_seconds):
                asset = await maker.fetch(done, into)
        except TimeoutError:
            raise Unreachable(provider=maker.id) from None
        except OSError as error:
            raise StorageFull(str(error)) from error
        info = await shop.media.inspect(asset.path)
        if not info.has_audio:
            raise MediaRefused("no_audio")
        if work.pieces[number].role == "lips":
            off = abs(info.seconds - work.picture.seconds)
            if info.kind != "video" or off > LIPS_TOLERANCE_SECONDS:
                raise MediaRefused("damaged")
        await shop.works(note.route)
        made = replace(note, state="made", file=asset.path.name, ticket="")
        await self._save(work, number, made)
        shop.trace("sound_piece_made", work.job.id)

    # ---- what went wrong

    async def _lost(self, work: Work, number: int) -> None:
        """Nobody can say whether a maker works on it: it is not asked again, and its price may be due."""
        note = work.notes[number]
        if note.cost_micro_usd:
            await self._shop.herald.tell_operator(
                f"sound_unknown:{work.job.id}:{number}:{note.route}",
                "operator.sound_unknown",
                {
                    "job": work.job.id,
                    "route": note.route,
                    "usd": f"{note.cost_micro_usd / 1_000_000:.2f}",
                },
            )
        await self._save(work, number, note.after_failure(billed=True))

    async def _failed(self, work: Work, number: int, error: Exception, *, billed: bool) -> None:
        note = work.notes[number]
        log.info("job %s: %s made no %s: %s", work.job.id, note.route, work.pieces[number].role, error)
        await self._shop.maker_failed(note.route, error)
        await self._save(work, number, note.after_failure(billed=billed))

    # ---- small things

    async def _save(self, work: Work, number: int, note: PieceNote, *, buying: bool = False) -> None:
        store = self._shop.store
        async with work.lock:
            work.notes[number] = note
            if not work.kept:
                return
            facts = write_notes(work.job.facts, work.notes)
            if buying:
                now = self._shop.clock.now_ms()
                work.job = await store.sound_intent(work.job, facts=facts, submitted_ms=now)
            else:
                work.job = await store.move(work.job, "scoring", facts=facts)

    def _repeatable(self, taker: Taker) -> bool:
        route = self._route(taker.route)
        return not taker.cost_micro_usd or (route is not None and route.lost == "key")

    def _knows_voice(self, job: Job, route: str) -> bool:
        """Whether a route can speak with the voice that was made for a job."""
        made_by = self._route(job.plan.voice.route) if job.plan.voice is not None else None
        return made_by is not None and route in made_by.serves

    def _route(self, route: str) -> SoundRoute | None:
        try:
            return self._shop.catalogue.sound(route)
        except UnknownModel:
            return None

    def _maker(self, route_id: str) -> tuple[SoundRoute, SoundMaker | LipSyncer]:
        """The route and its adapter.

        Raises:
            MissingKey: its key is gone.
            LookupError: it is gone.
        """
        route = self._route(route_id)
        maker = self._shop.providers.get(route.provider) if route is not None else None
        if route is None or not isinstance(maker, SoundMaker | LipSyncer):
            raise LookupError(route_id)
        return route, maker

    def _key(self, work: Work, number: int) -> str:
        return f"{work.job.id}-{work.mark}{number}-{len(work.notes[number].failed)}"

    def _file(self, work: Work, number: int) -> Path:
        return work.folder / f"piece-{work.mark}{number}-{len(work.notes[number].failed)}"

    def names(self) -> Mapping[str, str]:
        """What people call the makers, by route id."""
        return {route.id: route.name for route in self._shop.catalogue.sounds}


def _request(route: SoundRoute, taker: Taker, piece: Piece, picture: MediaInput, lent: str) -> SoundRequest:
    seconds = min(piece.seconds, route.max_seconds) if route.max_seconds else piece.seconds
    voice = piece.speaker if piece.role == "voice" and piece.speaker in _VOICES else ""
    looks = taker.kind == "foley" and bool(taker.cost_micro_usd)
    if taker.kind == "lips":
        raise LookupError(route.id)
    return sound_request(
        route,
        kind=taker.kind,
        text=taker.text or piece.text,
        seconds=seconds,
        voice=lent or voice,
        language=piece.language,
        negative=taker.negative,
        video=picture if looks else None,
    )
