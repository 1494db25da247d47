"""The sound that the bot itself adds: planned for clips of silent models, or to mend a broken one.

A recording of the member's own is laid under the picture; otherwise the free maker reads the prompt. It pays
nobody and decides nothing about credits.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import MediaRefused
from bot.core.model import Job, MediaInfo, SoundCheck
from bot.core.workshop import Workshop
from providers.base import Asset, Done, Failed, MediaInput, SoundMaker, SoundRequest
from providers.errors import ProviderError

_TOLERANCE_SECONDS = 0.05  # our own mixes
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Sounded:
    """A clip with the sound that was made for it."""

    path: Path
    info: MediaInfo
    check: SoundCheck


class Sounding:
    """Makes and lays sound. One object serves all jobs."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    async def score(self, job: Job, scratch: Path, original: Path) -> Sounded | None:
        """The planned sound under a clip: the member's recording, else the free maker's. None if it fails.

        What the model itself made, if anything, stays in front.
        """
        recording = recording_of(job)
        keep = job.plan.request.sound
        try:
            if recording is not None:
                sound = recording.path
            else:
                clip = await self._shop.media.inspect(original)
                sound = await self._free_sound(job, scratch, clip.seconds)
            return await self._laid(original, sound, scratch / "scored.mp4", keep_sound=keep)
        except (ProviderError, MediaRefused, LookupError, TimeoutError):
            return None

    async def mend(self, job: Job, scratch: Path, original: Path, check: SoundCheck) -> Sounded | None:
        """Give a clip the sound it lacks; None if that cannot be done."""
        try:
            if check.verdict == "length":
                sound = original
            else:
                sound = await self._free_sound(job, scratch, check.picture_seconds)
            return await self._laid(original, sound, scratch / "mended.mp4", keep_sound=False)
        except (ProviderError, MediaRefused, LookupError, TimeoutError):
            return None

    async def _laid(self, original: Path, sound: Path, into: Path, *, keep_sound: bool) -> Sounded | None:
        media = self._shop.media
        info = await media.lay_under(original, sound, into, keep_sound=keep_sound)
        check = await media.verify(
            into, expect_sound=True, seconds=info.seconds, tolerance_seconds=_TOLERANCE_SECONDS
        )
        return Sounded(path=into, info=info, check=check) if check.verdict == "ok" else None

    async def _free_sound(self, job: Job, scratch: Path, seconds: float) -> Path:
        shop = self._shop
        if not shop.repair_with:
            raise LookupError("no free sound maker")
        maker = shop.providers.get(shop.repair_with)
        if not isinstance(maker, SoundMaker):
            raise LookupError(shop.repair_with)
        into = scratch / "sound.wav"
        text = " ".join((job.plan.request.prompt, *(shot.prompt for shot in job.plan.request.shots))).strip()
        request = SoundRequest(kind="foley", text=text, seconds=seconds)
        async with asyncio.timeout(shop.pace.fetch_seconds):
            ticket = await maker.submit_sound(request, job_key=f"{job.id}-sound", into=into)
            while True:
                progress = await maker.poll(ticket)
                if isinstance(progress, Done):
                    asset: Asset = await maker.fetch(progress, into)
                    return asset.path
                if isinstance(progress, Failed):
                    raise progress.error
                await shop.clock.sleep(_LOOK_SECONDS)


def recording_of(job: Job) -> MediaInput | None:
    """The member's recording that was not sent to the vendor, to be laid under the clip."""
    if any(item.kind == "audio" for item in job.plan.request.media):
        return None
    return next((item for item in job.wish.media if item.kind == "audio"), None)
