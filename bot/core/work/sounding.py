"""The sound that the bot itself adds: under the clips of silent models, or to mend a broken one.

Which maker makes which part was planned with the price; here it is done, and what came of it is told. It pays
nobody and decides nothing about credits.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bot.core.errors import Denied, MediaRefused
from bot.core.model import Job, MediaInfo, SoundCheck, SoundPath
from bot.core.planner import PlanContext
from bot.core.planner.scoring import free_only, score_of
from bot.core.soundplan import place, read_plan
from bot.core.sounds import MixPiece, Piece, PieceMade, Score, SoundPlan, VoiceMade
from bot.core.work.soundnotes import (
    PieceNote,
    bought,
    given_back,
    made_of,
    pieces_from_plain,
    pieces_to_plain,
    read_notes,
    voice_of,
)
from bot.core.work.soundshop import LIPS_TOLERANCE_SECONDS, SoundShop, Work, work_on
from bot.core.work.voices import VoiceShop
from bot.core.work.workshop import Workshop
from providers.base import MediaInput
from providers.errors import ProviderError

_TOLERANCE_SECONDS: Final = 0.05  # our own mixes
_REPAIR: Final = "repair"  # the fact that keeps what is bought to mend a clip


@dataclass(frozen=True, kw_only=True)
class Sounded:
    """A clip with the sound that was made for it.

    Attributes:
        pieces: who made what.
        give_back: credits of what was made for nothing, or not at all.
        sound_path: `voice` where the clip's speaker says a recording.
        voice: what became of the voice that was to be made for it.
    """

    path: Path
    info: MediaInfo
    check: SoundCheck
    pieces: tuple[PieceMade, ...] = ()
    give_back: int = 0
    sound_path: SoundPath = "soundtrack"
    voice: VoiceMade | None = None


class Sounding:
    """Makes and lays sound. One object serves all jobs."""

    def __init__(self, shop: Workshop, voices: VoiceShop) -> None:
        self._shop = shop
        self._voices = voices
        self._makers = SoundShop(shop)

    async def make(self, job: Job) -> Job:
        """`scoring`: get every piece of the planned sound from its maker.

        Raises:
            StorageFull: no room.
        """
        shop, score = self._shop, job.plan.score
        await shop.herald.progress(job, "scoring")
        folder = shop.blobs.scratch(job.id)
        original = folder / "original.mp4"
        if not await asyncio.to_thread(original.exists):
            if score is None or score.clip is None:
                return await shop.store.move(job, "fetching")
            if not await asyncio.to_thread(_linked, score.clip, original):
                return await shop.release(job, "clip_missing")
        if score is not None and score.pieces:
            try:
                picture = await self._picture(original)
            except MediaRefused:
                return await shop.store.move(job, "processing")  # which says what is wrong with it
            work = work_on(job, score.pieces, folder=folder, picture=picture)
            work.voice = score.voice
            work.job, work.lent = await self._lent(job, work)
            job = await self._makers.make(work)
        if score is not None:
            job = await shop.store.true_cost(job, job.plan.picture_micro_usd + bought(job))
        shop.trace("sound_made", job.id)
        return await shop.store.move(job, "processing", attempts=0)

    async def _lent(self, job: Job, work: Work) -> tuple[Job, str]:
        """The voice that pieces are still to be spoken with, or "" where there is none."""
        open_pieces = (
            piece.cloned and note.state not in ("made", "none")
            for piece, note in zip(work.pieces, work.notes, strict=True)
        )
        if (
            job.plan.voice is None
            or job.plan.speaks_itself
            or job.money == "released"
            or not any(open_pieces)
        ):
            return job, ""
        voiced = await self._voices.ready(job)
        return voiced.job, voiced.voice

    async def score(self, job: Job, scratch: Path, original: Path) -> Sounded | None:
        """The planned sound under a clip: its pieces, or the member's recording. None if it fails.

        What the model itself made, if anything, stays in front.
        """
        recording = recording_of(job)
        score = job.plan.score
        into = scratch / "scored.mp4"
        try:
            if score is not None:
                notes = read_notes(job.facts, score.pieces)
                if score.voice is not None:
                    return await self._said(original, score, score.voice, notes[0], scratch, into)
                return _with_voice(job, notes, await self._mixed(original, score, notes, scratch, into))
            if recording is not None:
                return await self._laid(original, recording.path, into, keep_sound=job.plan.request.sound)
            return await self._freely(job, scratch, original, into)
        except (ProviderError, MediaRefused, LookupError, TimeoutError):
            return None

    async def _said(
        self, original: Path, score: Score, voice: MediaInput, note: PieceNote, scratch: Path, into: Path
    ) -> Sounded | None:
        """The clip whose speaker says the recording; else the recording is laid under it."""
        media, (piece,), names = self._shop.media, score.pieces, self._makers.names()
        if note.state == "made" and await asyncio.to_thread((scratch / note.file).exists):
            seconds = (await media.inspect(original)).seconds
            info = await media.finish(scratch / note.file, into, remove_sound=False)
            check = await media.verify(
                into, expect_sound=True, seconds=seconds, tolerance_seconds=LIPS_TOLERANCE_SECONDS
            )
            spoken: Sounded | None = Sounded(path=into, info=info, check=check)
            off = abs(check.sound_seconds - check.picture_seconds)
            if check.verdict == "ok" and off > _TOLERANCE_SECONDS:
                # As they came is near enough for a vendor: what is shown ends with its picture.
                spoken = await self._laid(scratch / note.file, scratch / note.file, into, keep_sound=False)
            if check.verdict == "ok" and spoken is not None:
                made = made_of(piece, note, names, None)
                return replace(spoken, pieces=(made,), sound_path="voice")
            note = note.after_failure(billed=True)
        laid = await self._laid(original, voice.path, into, keep_sound=False)
        if laid is None:
            return None
        return replace(laid, pieces=(made_of(piece, note, names, None),), give_back=score.credits)

    async def mend(self, job: Job, scratch: Path, original: Path, check: SoundCheck) -> Sounded | None:
        """Give a clip the sound it lacks, at no cost to the member; None if that cannot be done."""
        into = scratch / "mended.mp4"
        try:
            if check.verdict == "length":
                return await self._laid(original, original, into, keep_sound=False)
            if self._shop.house.repair_with_paid and job.money == "held":
                mended = await self._at_our_cost(job, scratch, original, into)
                if mended is not None:
                    return mended
            return await self._freely(job, scratch, original, into)
        except (ProviderError, MediaRefused, LookupError, TimeoutError):
            return None

    async def _freely(self, job: Job, scratch: Path, original: Path, into: Path) -> Sounded | None:
        """A sound by the makers that cost nothing, from the words of the request."""
        picture = await self._picture(original)
        request = job.plan.request
        plan = read_plan(request.prompt, request.shots)
        scored = score_of(plan, seconds=picture.seconds, context=self._context())
        score = free_only(scored.score)
        if not score.pieces:
            return None
        work = Work(
            job=job,
            pieces=score.pieces,
            notes=[PieceNote() for _ in score.pieces],
            folder=scratch,
            picture=picture,
            kept=False,
            mark="m",
        )
        await self._makers.make(work)
        return await self._mixed(original, score, work.notes, scratch, into)

    async def _at_our_cost(self, job: Job, scratch: Path, original: Path, into: Path) -> Sounded | None:
        """A sound by makers that the operator pays, where they wanted that and the budget has room.

        What is bought is noted with the job before, so that a restart goes on with the same.
        """
        shop = self._shop
        picture = await self._picture(original)
        if _REPAIR in job.facts:
            pieces = pieces_from_plain(job.facts[_REPAIR])
        else:
            plan = read_plan(job.plan.request.prompt, job.plan.request.shots)
            pieces = score_of(plan, seconds=picture.seconds, context=self._context(paid=True)).score.pieces
            cost = sum(piece.cost_micro_usd for piece in pieces)
            if not cost:
                return None
            facts = {**job.facts, _REPAIR: pieces_to_plain(pieces)}
            try:
                job = await shop.store.book_more(job, cost, facts=facts)
            except (Denied, ValueError):
                return None
        job = await self._makers.make(work_on(job, pieces, folder=scratch, picture=picture))
        notes = read_notes(job.facts, pieces)
        spent = sum(note.lost_micro_usd + note.cost_micro_usd for note in notes)
        job = await shop.store.true_cost(job, job.plan.cost_micro_usd + spent)
        await shop.store.move(job, "processing")
        score = Score(plan=SoundPlan(), pieces=pieces)
        return await self._mixed(original, score, notes, scratch, into)

    async def _mixed(
        self, original: Path, score: Score, notes: Sequence[PieceNote], scratch: Path, into: Path
    ) -> Sounded | None:
        media = self._shop.media
        seconds = (await media.inspect(original)).seconds
        placed = await self._placed(score.pieces, notes, scratch, seconds)
        pieces = [*(one for one in placed if one is not None), *score.laid]
        if not pieces:
            return None
        info = await media.mix(
            original,
            pieces,
            into,
            keep_sound=score.keep_own,
            loudness_target_lufs=self._shop.house.loudness_lufs,
        )
        check = await media.verify(
            into, expect_sound=True, seconds=info.seconds, tolerance_seconds=_TOLERANCE_SECONDS
        )
        if check.verdict != "ok":
            return None
        names = self._makers.names()
        made = tuple(
            made_of(piece, note, names, at.at_seconds if at is not None and piece.role != "bed" else None)
            for piece, note, at in zip(score.pieces, notes, placed, strict=True)
        )
        back = given_back(score.pieces, notes)
        return Sounded(path=into, info=info, check=check, pieces=made, give_back=back)

    async def _placed(
        self, pieces: Sequence[Piece], notes: Sequence[PieceNote], scratch: Path, seconds: float
    ) -> list[MixPiece | None]:
        """Each made piece at its place in the mix; None for one that nobody made."""
        files: list[Path | None] = []
        for note in notes:
            path = scratch / note.file if note.state == "made" else None
            there = path is not None and await asyncio.to_thread(path.exists)
            files.append(path if there else None)
        spoken = [n for n, piece in enumerate(pieces) if piece.role == "voice" and files[n]]
        lengths = [(await self._shop.media.inspect(path)).seconds for n in spoken if (path := files[n])]
        asked = [pieces[number].at_seconds for number in spoken]
        places = dict(zip(spoken, place(list(zip(asked, lengths, strict=True)), seconds), strict=True))
        found: list[MixPiece | None] = []
        for number, (piece, path) in enumerate(zip(pieces, files, strict=True)):
            if path is None:
                found.append(None)
            elif piece.role == "lips":
                found.append(None)  # a clip of its own, nothing to mix
            elif (spot := places.get(number)) is not None:
                found.append(MixPiece(path=path, role="voice", at_seconds=spot.at_seconds, tempo=spot.tempo))
            else:
                found.append(MixPiece(path=path, role=piece.role, at_seconds=piece.at_seconds or 0.0))
        return found

    async def _laid(self, original: Path, sound: Path, into: Path, *, keep_sound: bool) -> Sounded | None:
        media = self._shop.media
        info = await media.lay_under(original, sound, into, keep_sound=keep_sound)
        check = await media.verify(
            into, expect_sound=True, seconds=info.seconds, tolerance_seconds=_TOLERANCE_SECONDS
        )
        return Sounded(path=into, info=info, check=check) if check.verdict == "ok" else None

    async def _picture(self, path: Path) -> MediaInput:
        """The clip as makers that look at it are given it."""
        return (await self._shop.media.inspect(path)).as_input(path, "source-video")

    def _context(self, *, paid: bool = False) -> PlanContext:
        """Who could make sound now: in the operator's order, or those that cost nothing."""
        house = self._shop.house
        return self._shop.context(house=house if paid else replace(house, sound_with=()))


def _with_voice(job: Job, notes: Sequence[PieceNote], sounded: Sounded | None) -> Sounded | None:
    """The same with what became of the voice; the credits of one that is not heard come back."""
    voice, order = voice_of(job, notes), job.plan.voice
    if sounded is None or voice is None or order is None:
        return sounded
    back = 0 if voice.used else order.credits
    return replace(sounded, voice=voice, give_back=sounded.give_back + back)


def recording_of(job: Job) -> MediaInput | None:
    """The member's recording that was not sent to the vendor, to be laid under the clip."""
    if any(item.kind == "audio" for item in job.plan.request.media):
        return None
    return next((item for item in job.wish.media if item.kind == "audio"), None)


def _linked(source: Path, into: Path) -> bool:
    """A kept file under another name; False if it is gone."""
    into.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, into)
    except FileNotFoundError:
        return False
    return True
