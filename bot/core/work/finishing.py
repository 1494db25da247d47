"""The steps after the provider: fetch, verify and store, settle, post.

Verification comes before the money, storing before the message; every step can be repeated from the
files in the job's scratch folder or from the provider. It must not talk to providers about anything
but the finished file.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from bot.core.compare import contest_of
from bot.core.errors import Forbidden, MediaRefused, MessageGone, StorageFull, TooLarge, TryLater
from bot.core.model import Clip, Job, JobState, MediaInfo, SoundCheck, SoundPath, Text
from bot.core.replies import ClipView, Reply
from bot.core.soundness import BROKEN
from bot.core.sounds import PieceMade, VoiceMade
from bot.core.work.enlarging import FINAL, is_enlarged, with_own_sound
from bot.core.work.sounding import Sounded, Sounding
from bot.core.work.voices import VoiceShop
from bot.core.work.watching import Watching
from bot.core.work.workshop import UNREACHED_SECONDS, Pause, Workshop
from providers.base import Done, Failed, Ticket, VideoProvider
from providers.errors import Expired, OutputModerated, ProviderError, Unreachable

_OWN_TOLERANCE_SECONDS = 0.1  # the built-in renderer's clips
_TOLERANCE_SECONDS = 0.25  # vendors' clips
_POSTER_WIDTH = 640
_SMALLEST_CLIP_BYTES = 200_000
_NEW_MESSAGES = 3  # tries to post a clip anew where its message was deleted


class _Unmade(Exception):
    """A finished clip that was to get a new sound gets none."""


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A file that can be shown, and what is to be said of its sound."""

    path: Path
    info: MediaInfo
    check: SoundCheck
    sound_path: SoundPath
    repaired: bool = False
    give_back: int = 0
    pieces: tuple[PieceMade, ...] = ()
    voice: VoiceMade | None = None


def _of(sounded: Sounded, sound_path: SoundPath) -> _Made:
    return _Made(
        path=sounded.path,
        info=sounded.info,
        check=sounded.check,
        sound_path=sound_path,
        give_back=sounded.give_back,
        pieces=sounded.pieces,
        voice=sounded.voice,
    )


def _spoken_with(job: Job) -> VoiceMade | None:
    """The voice that the model itself spoke with."""
    order = job.plan.voice
    if order is None or not job.plan.speaks_itself:
        return None
    return VoiceMade(maker=order.maker, used=True, credits=order.credits)


class Finishing:
    """Drives a job from `fetching` to its end. One object serves all jobs."""

    def __init__(self, shop: Workshop, watching: Watching, voices: VoiceShop) -> None:
        self._shop = shop
        self._watching = watching
        self._sounding = Sounding(shop, voices)

    async def fetch(self, job: Job) -> Job:
        """`fetching`: get the finished file into the job's scratch folder."""
        shop = self._shop
        await shop.herald.progress(job, "fetching")
        into = shop.blobs.scratch(job.id) / "original.mp4"
        try:
            done = await self._done(job)
            shop.trace("before_download", job.id)
            async with asyncio.timeout(shop.pace.fetch_seconds):
                asset = await self._provider(job).fetch(done, into)
        except (Expired, OutputModerated) as error:
            if self._watching.done.pop(job.id, None) is not None and isinstance(error, Expired):
                return job  # the link is older than it lives: the provider may give a new one
            await self._lost_clip(job, error.code)
            return await shop.release(job, error.code, {"model": job.plan.model_name})
        except OSError as error:
            if not isinstance(error, TimeoutError):
                await shop.no_room(job, error)
            raise await shop.again(job, shop.pace.after(job.attempts + 1)) from error
        except (ProviderError, StorageFull) as error:
            self._watching.done.pop(job.id, None)
            if isinstance(error, Unreachable | StorageFull) and job.attempts < shop.pace.fetch_tries:
                raise await shop.again(job, shop.pace.after(job.attempts + 1)) from error
            code = "storage_full"
            if isinstance(error, ProviderError):
                code = "unreachable" if isinstance(error, Unreachable) else "bad_file"
            await self._lost_clip(job, code)
            return await shop.release(job, code, {"model": job.plan.model_name})
        shop.trace("downloaded", job.id)
        details = {**{key: str(value) for key, value in done.data.items()}, **asset.facts}
        state: JobState = "scoring" if job.plan.score is not None else "processing"
        return await shop.store.move(job, state, attempts=0, facts={**job.facts, "details": details})

    async def sound(self, job: Job) -> Job:
        """`scoring`: get the sound that is added from its makers."""
        return await self._sounding.make(job)

    async def _done(self, job: Job) -> Done:
        """The finished job at the provider, asked again after a restart.

        Raises:
            ProviderError: it failed or expired meanwhile, or cannot be reached.
        """
        known = self._watching.done.get(job.id)
        if known is not None:
            return known
        progress = await self._provider(job).poll(Ticket.from_json(job.ticket))
        if isinstance(progress, Done):
            return progress
        if isinstance(progress, Failed):
            raise progress.error
        raise Unreachable("the provider says that the clip is not ready again", provider=job.plan.provider)

    async def _lost_clip(self, job: Job, code: str, said: str = "operator.clip_lost") -> None:
        await self._shop.herald.tell_operator(
            f"lost_clip:{job.id}",
            said,
            {"job": job.id, "provider": job.plan.provider, "code": code},
        )

    async def process(self, job: Job) -> Job:
        """`processing`: verify the sound, mend it if need be, store the clip, settle."""
        shop = self._shop
        await shop.herald.progress(job, "processing")
        scratch = shop.blobs.scratch(job.id)
        original = scratch / "original.mp4"
        if not await asyncio.to_thread(original.exists):
            return await shop.store.move(job, "scoring" if job.plan.sound_only else "fetching")
        try:
            clip = await self._make_clip(job, scratch, original)
        except _Unmade:
            return await shop.release(job, "sound_unmade")
        except MediaRefused as error:
            if error.code in FINAL:
                await self._lost_clip(job, error.code, "operator.copy_unusable")
                return await shop.release(job, error.code, {"model": job.plan.model_name, **error.facts})
            if not job.facts.get("fetched_again") and not job.plan.sound_only:
                # Half a file can be the network's fault: fetch it once more before giving up.
                await asyncio.to_thread(original.unlink, missing_ok=True)
                return await shop.store.move(job, "fetching", facts={**job.facts, "fetched_again": True})
            await self._lost_clip(job, error.code)
            return await shop.release(job, "bad_file", {"model": job.plan.model_name})
        except StorageFull as error:
            await shop.no_room(job, error)
            raise await shop.again(job, shop.pace.after(job.attempts + 1)) from error
        give_back = clip.refunded_credits
        shop.trace("before_settle", job.id)
        settled = await shop.store.settle(job, "posting", clip=clip, give_back=give_back)
        shop.trace("after_settle", job.id)
        self._watching.done.pop(job.id, None)
        return settled

    async def _make_clip(self, job: Job, scratch: Path, original: Path) -> Clip:
        shop = self._shop
        shown = scratch / "clip.mp4"
        if is_enlarged(job):
            original = await with_own_sound(shop, job, original)
        if job.plan.sound_path in ("soundtrack", "voice"):
            made = await self._scored(job, scratch, original, shown)
        else:
            made = await self._checked(job, scratch, original, shown)
        poster = scratch / "poster.jpg"
        shop.trace("before_store", job.id)
        _, blob, untouched = await asyncio.gather(
            shop.media.poster(made.path, poster, width=_POSTER_WIDTH),
            shop.blobs.put(made.path),
            shop.blobs.put(original),
        )
        shop.trace("stored", job.id)
        details = cast("dict[str, str]", job.facts.get("details", {}))
        return Clip(
            blob=blob,
            original="" if untouched == blob else untouched,
            poster=await shop.blobs.put(poster),
            info=made.info,
            sound=made.check,
            sound_path=made.sound_path,
            repaired=made.repaired,
            refunded_credits=made.give_back if job.money == "held" else 0,
            details=details,
            pieces=made.pieces,
            voice=made.voice or _spoken_with(job),
        )

    async def _scored(self, job: Job, scratch: Path, original: Path, shown: Path) -> _Made:
        """The clip with the sound that we add; without any, its share of the price comes back."""
        shop = self._shop
        shop.trace("before_mix", job.id)
        sounded = await self._sounding.score(job, scratch, original)
        if sounded is not None:
            return _of(sounded, sounded.sound_path)
        if job.plan.sound_only:  # the clip as it was is there already
            raise _Unmade
        seconds = float(job.plan.request.seconds)
        check = await shop.media.verify(
            original, expect_sound=True, seconds=seconds, tolerance_seconds=_TOLERANCE_SECONDS
        )
        own = check.verdict in ("ok", "length")
        info = await shop.media.finish(original, shown, remove_sound=check.verdict == "undecodable")
        return _Made(
            path=shown,
            info=info,
            check=check,
            sound_path="native" if own else "silent",
            give_back=job.plan.sound_credits,
        )

    async def _checked(self, job: Job, scratch: Path, original: Path, shown: Path) -> _Made:
        """The clip as its model made it, verified; its sound is mended if need be."""
        shop = self._shop
        expect_sound = job.plan.sound_path != "silent"
        tolerance = _OWN_TOLERANCE_SECONDS if job.plan.purse == "free" else _TOLERANCE_SECONDS
        seconds = float(job.plan.request.seconds)
        # Nearly every clip is in order: what it would be shown as is made while it is still checked.
        check, finished = await asyncio.gather(
            shop.media.verify(
                original, expect_sound=expect_sound, seconds=seconds, tolerance_seconds=tolerance
            ),
            self._finished(original, shown, remove_sound=not expect_sound),
        )
        path = job.plan.sound_path
        if expect_sound and path != "kept":
            await shop.sound_came(job, kept=check.verdict not in BROKEN)
        # What was there before is kept as it was: there is nothing to mend or to give back.
        if not expect_sound or check.verdict == "ok" or path == "kept":
            if isinstance(finished, MediaRefused):
                raise finished
            return _Made(path=shown, info=finished, check=check, sound_path=path)
        shop.trace("before_repair", job.id)
        sounded = await self._sounding.mend(job, scratch, original, check)
        if sounded is not None:
            return replace(_of(sounded, path), repaired=True)
        info = await shop.media.finish(original, shown, remove_sound=check.verdict == "undecodable")
        return _Made(
            path=shown,
            info=info,
            check=check,
            sound_path=path if check.verdict == "length" else "silent",
            give_back=job.plan.sound_credits,
        )

    async def _finished(self, original: Path, shown: Path, *, remove_sound: bool) -> MediaInfo | MediaRefused:
        try:
            return await self._shop.media.finish(original, shown, remove_sound=remove_sound)
        except MediaRefused as error:
            return error

    async def post(self, job: Job) -> Job:
        """`posting`: edit the placeholder into the clip, stepping down the ladder where it is too large."""
        shop = self._shop
        assert job.clip is not None
        if contest_of(job):
            return await self._kept_back(job)
        if not shop.herald.reaches(job):
            raise Pause(UNREACHED_SECONDS)
        limit = job.destination.limits.upload_bytes
        limit = int(job.facts.get("limit_bytes") or limit)
        try:
            if job.facts.get("by_link"):
                reply = shop.herald.link_reply(job, await self._link(job))
            else:
                view = await self._view(job, limit)
                reply = shop.herald.clip_reply(job, view)
            if not job.placeholder:
                job = await shop.store.move(
                    job, "posting", placeholder=await shop.herald.greet(job, position=None)
                )
            shop.trace("before_post", job.id)
            await shop.herald.deliver(job, reply)
        except TooLarge as error:
            return await self._smaller(job, view.info.size_bytes, error.limit_bytes)
        except MessageGone:
            gone = int(job.facts.get("gone") or 0) + 1
            if gone > _NEW_MESSAGES:  # somebody wants no such message here
                return await self._keep(job, "kept_forbidden")
            return await shop.store.move(job, "posting", placeholder="", facts={**job.facts, "gone": gone})
        except Forbidden:
            return await self._keep(job, "kept_forbidden")
        except MediaRefused:
            return await self._too_large(job)
        except (TryLater, TimeoutError, OSError) as error:
            if job.attempts >= shop.pace.post_tries:
                return await self._keep(job, "kept_chat_down")
            wait = error.retry_after_seconds if isinstance(error, TryLater) else 0.0
            raise await shop.again(job, max(wait, shop.pace.after(job.attempts + 1))) from error
        shop.trace("posted_unsaved", job.id)
        job = await shop.store.move(job, "delivered")
        shop.trace("delivered", job.id)
        await shop.blobs.discard_scratch(job.id)
        await shop.herald.done(job)
        return job

    async def _kept_back(self, job: Job) -> Job:
        """A clip of a comparison is shown with the others, by whoever shows comparisons.

        One that comes when the others are shown already is free and waits in /history.
        """
        shop = self._shop
        contest = await shop.store.contest(contest_of(job))
        if job.money == "released" and (contest is None or contest.state != "making"):
            job = await shop.store.move(job, "undelivered", outcome="kept_late_leg")
            await shop.blobs.discard_scratch(job.id)
            line = Text(key="outcome.kept_late_leg")
            told = Reply(kind="notice", lines=(line,), private=True, mention=job.person)
            await shop.herald.notify(job.destination, job.person, told)
            return job
        job = await shop.store.move(job, "delivered")
        shop.trace("delivered", job.id)
        await shop.blobs.discard_scratch(job.id)
        return job

    async def _view(self, job: Job, limit_bytes: int) -> ClipView:
        """The clip as this chat can take it.

        Raises:
            MediaRefused: no step of the ladder makes it small enough.
        """
        shop = self._shop
        assert job.clip is not None
        path, info = shop.blobs.path(job.clip.blob), job.clip.info
        if limit_bytes and info.size_bytes > limit_bytes:
            fitted = await shop.media.fit(
                path, shop.blobs.scratch(job.id) / f"fit-{limit_bytes}.mp4", limit_bytes=limit_bytes
            )
            path, info = fitted.path, fitted.info
        return ClipView(
            job=job.id,
            path=path,
            info=info,
            file_name=f"talkreel-{job.id}.mp4",
            alt=job.wish.prompt,
            poster=shop.blobs.path(job.clip.poster) if job.clip.poster else None,
        )

    async def _smaller(self, job: Job, sent_bytes: int, limit_bytes: int) -> Job:
        """The chat refused the size: note a smaller limit and come back."""
        smaller = min(limit_bytes or sent_bytes, int(sent_bytes * 0.8))
        if smaller < _SMALLEST_CLIP_BYTES:
            return await self._too_large(job)
        return await self._shop.store.move(job, "posting", facts={**job.facts, "limit_bytes": smaller})

    async def _too_large(self, job: Job) -> Job:
        """No step of the ladder makes it small enough: our own link, where the bot has a public address."""
        if self._shop.links is None or job.facts.get("by_link"):
            return await self._keep(job, "kept_too_large")
        return await self._shop.store.move(job, "posting", facts={**job.facts, "by_link": True})

    async def _link(self, job: Job) -> str:
        """Our own link to the clip.

        Raises:
            MediaRefused: the bot has no public address any more.
        """
        if self._shop.links is None or job.clip is None:
            raise MediaRefused("does_not_fit")
        return await self._shop.links.make(
            "member",
            job.clip.blob,
            mime=job.clip.info.mime,
            name=f"talkreel-{job.id}.mp4",
            job=job.id,
            wallet=job.wallet,
        )

    async def _keep(self, job: Job, code: str) -> Job:
        """It cannot be shown here; it stays in /history and the person is told privately."""
        shop = self._shop
        job = await shop.store.move(job, "undelivered", outcome=code)
        await shop.blobs.discard_scratch(job.id)
        await shop.herald.undelivered(job, code)
        return job

    def _provider(self, job: Job) -> VideoProvider:
        return cast(VideoProvider, self._shop.providers.get(job.plan.provider))
