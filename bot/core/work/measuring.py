"""Measures of finished clips: taken when somebody first looks, one clip at a time, and kept with the clip.

Nothing waits for them: a clip is delivered before it is measured. They cost nothing unless the operator lets
transcribers be paid, and change nothing: no repair, no refund.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.core.errors import MediaRefused, StorageFull
from bot.core.lifecycle import TERMINAL
from bot.core.model import Job
from bot.core.overheard import overheard
from bot.core.quality import Fault, Quality, faults
from bot.core.soundplan import read_plan
from bot.core.spoken import whole_prompt
from bot.core.work.workshop import Workshop

log = logging.getLogger(__name__)

_PATIENCE_SECONDS: Final = 30.0  # for words; the rest is bounded by the worker
# A line that is sung need not be heard as speech, nor understood.
_SUNG: Final = re.compile(
    r"\b(?:sing|sings|singing|sang|sung|song|chant\w*|rap|raps|rapping|canta\w*|canción|chante\w*|chanson|"
    r"singt|singen|gesungen|lied)\b|[歌唱]|노래",
    re.IGNORECASE,
)


class Measuring:
    """The port `Measures`. One object serves everybody."""

    def __init__(self, shop: Workshop) -> None:
        """Keep the ports; nothing is started."""
        self._shop = shop
        self._turn = asyncio.Semaphore(1)  # the other media workers stay free for clips on their way
        self._running: dict[str, asyncio.Task[Quality | None]] = {}

    async def of(self, job: Job) -> Quality | None:
        """See the port."""
        if job.clip is None or job.state not in TERMINAL:
            return None
        if job.clip.quality is not None:
            return job.clip.quality
        task = self._running.get(job.id)
        if task is None:
            task = asyncio.create_task(self._measure(job))
            self._running[job.id] = task
            task.add_done_callback(lambda _: self._running.pop(job.id, None))
        return await asyncio.shield(task)  # whoever asked first may go away

    async def _measure(self, job: Job) -> Quality | None:
        assert job.clip is not None
        shop = self._shop
        path = shop.blobs.path(job.clip.blob)
        async with self._turn:
            try:
                found = await shop.media.quality(path)
                found = await self._with_words(found, job, path)
                await shop.store.note_quality(job.id, job.clip.blob, found)
            except (MediaRefused, StorageFull, OSError) as error:
                log.info("clip of %s is not measured: %s", job.id, type(error).__name__)
                return None
        return found

    async def _with_words(self, found: Quality, job: Job, path: Path) -> Quality:
        """The same with how many of the asked words are heard, where words were asked."""
        lines = lines_of(job)
        if not lines:
            return replace(found, words_asked=0)
        if found.loudness_lufs is None:
            return found
        language = next((language for _, language in lines if language), "")
        asked = [text for text, _ in lines]
        heard = None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                heard = await self._shop.hearing.heard(
                    path,
                    language=language,
                    server=job.server,
                    wallet=job.wallet,
                    free_only=not self._shop.house.measure_with_paid,
                )
        except (MediaRefused, StorageFull, TimeoutError) as error:
            log.info("the words of %s are not counted: %s", job.id, type(error).__name__)
        if heard is None:
            return replace(found, words_asked=overheard(asked, "", language=language)[0])
        count, understood = overheard(asked, heard.text, language=language or heard.language)
        return replace(found, words_asked=count, words_heard=understood)


def lines_of(job: Job) -> tuple[tuple[str, str], ...]:
    """The lines that were to be spoken in a clip, each with its language.

    None where it was to be silent, or where its speaker says a recording instead.
    """
    if job.plan.sound_path in ("silent", "voice"):
        return ()
    plan = read_plan(whole_prompt(job.wish), job.wish.shots)
    return () if plan.no_sound else tuple((line.text, line.language) for line in plan.lines)


def faults_of(job: Job, quality: Quality) -> Sequence[Fault]:
    """What a person should be told of a clip's sound."""
    words = " ".join((job.wish.prompt, *(shot.prompt for shot in job.wish.shots)))
    return faults(quality, line_asked=bool(lines_of(job)), sung=bool(_SUNG.search(words)))
