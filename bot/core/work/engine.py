"""Drives every job along its states: one `advance` takes it as far as its lane allows.

The job row is the truth; this module keeps nothing that a restart would miss. It must not contain
the steps themselves: they are in `making`, `watching` and `finishing`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from bot.core import lifecycle
from bot.core.errors import Fenced, StorageFull
from bot.core.model import Job
from bot.core.work.finishing import Finishing
from bot.core.work.making import Making
from bot.core.work.voicekeeper import VoiceKeeper
from bot.core.work.voices import VoiceShop
from bot.core.work.watching import Watching
from bot.core.work.workshop import Pause, Workshop

log = logging.getLogger(__name__)

_QUEUE_NEWS_SECONDS = 3.0
_STOPPABLE = ("queued", "submitting", "uncertain", "polling", "late")
_FRESH_MS = 5_000  # a job that waited longer for its lane is read again
_ANSWER_SECONDS = 5.0  # whoever pressed Cancel wants to hear something
_QUEUE_NEWS_AT_MOST = 50  # the front of each queue; those behind hear when they come near


class Engine:
    """Implements the handlers' `Jobs` and the runner's `advance`."""

    def __init__(self, shop: Workshop, *, at_rest: Callable[[Job], None] = lambda job: None) -> None:
        """Keep the ports; `at_rest` is told of every job that has ended, or is late."""
        self._at_rest = at_rest
        self._shop = shop
        self.voices = VoiceKeeper(shop)
        voices = VoiceShop(shop, self.voices)
        self._watching = Watching(shop, stop_refused=self._stop_refused)
        self._making = Making(shop, self._watching, voices)
        self._finishing = Finishing(shop, self._watching, voices)
        self._waiting: dict[str, Job] = {}
        self._watchers: dict[str, list[asyncio.Future[Job]]] = {}
        self._refused: set[str] = set()
        self._at_work: set[str] = set()
        self._handed: dict[str, tuple[Job, int]] = {}

    def start(self, job: Job) -> None:
        """Ring a job that was just reserved; one that has ended already stays as it is."""
        if job.state not in lifecycle.TERMINAL:
            self._ring(job)

    async def recover(self) -> int:
        """Ring every open job; called once at start. Returns how many there were."""
        jobs = await self._shop.store.open_jobs()
        await self._shop.blobs.discard_other_scratch([job.id for job in jobs])
        for job in jobs:
            self._ring(job)
        return len(jobs)

    async def sweep(self) -> list[tuple[str, str, int]]:
        """Open jobs whose time has come, for the runner's sweep."""
        return list(await self._shop.store.due_jobs(self._shop.clock.now_ms()))

    async def cancel(self, job: str) -> str:
        """Stop a job. Returns `cancelled`, `asked`, `too-late`, `late` (the credits are back
        already) or `ended`."""
        shop = self._shop
        row = await shop.store.ask_cancel(job)
        if row is None or row.state in lifecycle.TERMINAL:
            return "ended"
        if row.state not in _STOPPABLE:
            return "late" if row.money == "released" else "too-late"
        self._refused.discard(job)
        watch = self.watch(job)
        self._watching.ask_stop(job)
        shop.runner.interrupt(job)
        # Any lane will do to look at the row; this one has no queue to wait in.
        shop.runner.ring(job, "hello", priority=row.priority)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                while True:
                    row = await watch
                    if row.state in lifecycle.TERMINAL:
                        return "cancelled" if row.outcome == "cancelled" else "ended"
                    if job in self._refused or row.state not in _STOPPABLE:
                        return "late" if row.money == "released" else "too-late"
                    watch = self.watch(job)
        except TimeoutError:
            return "asked"
        finally:
            self._refused.discard(job)

    def _stop_refused(self, job: Job) -> None:
        self._refused.add(job.id)
        self._tell(job)

    def watch(self, job: str) -> asyncio.Future[Job]:
        """A future of the job's next state change or refused cancel, seen by this process."""
        future: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        self._watchers.setdefault(job, []).append(future)
        return future

    async def finished(self, job: str) -> Job:
        """Wait until a job has ended and the last word about it is said."""
        while True:
            watch = self.watch(job)
            row = await self._shop.store.job(job)
            if row is not None and row.state in lifecycle.TERMINAL and job not in self._at_work:
                watch.cancel()
                return row
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5.0):
                    await watch

    async def advance(self, job_id: str, lane: str) -> None:
        """Take a job as far as this lane allows. Never raises."""
        shop = self._shop
        self._waiting.pop(job_id, None)
        job = await self._claim(job_id)
        if job is None:
            return
        shop.trace("claimed", job_id)
        self._at_work.add(job_id)
        try:
            while job.state not in lifecycle.TERMINAL:
                if job.state == "queued" and self._watching.stop_asked(job):
                    job = await self._watching.cancelled(job)
                    self._tell(job)
                    break
                want = self._lane(job)
                if want != lane:
                    self._handed[job_id] = job, shop.clock.now_ms()
                    self._ring(job)
                    return
                job = await self._step(job)
                self._tell(job)
            shop.herald.forget(job_id)
        except Pause as pause:
            shop.runner.ring(job_id, lane, priority=job.priority, delay_seconds=pause.seconds)
        except Fenced:
            log.info("job %s was taken over by another worker", job_id)
        except StorageFull as error:
            await shop.no_room(job, error)
            shop.runner.ring(job_id, lane, priority=job.priority, delay_seconds=30.0)
        except Exception:
            log.exception("job %s stumbled in state %s; it is tried again", job_id, job.state)
            wait = shop.pace.after(job.attempts + 1)
            shop.runner.ring(job_id, lane, priority=job.priority, delay_seconds=wait)
        finally:
            self._at_work.discard(job_id)
            if job.state in lifecycle.TERMINAL:
                self._tell(job)
                if job.plan.voice is not None:
                    self.voices.wake()
            if job.state in lifecycle.TERMINAL or job.state == "late":
                self._at_rest(job)

    async def _claim(self, job_id: str) -> Job | None:
        # Whoever worked on it in the lane before was this engine, so it is its job already.
        handed, at_ms = self._handed.pop(job_id, (None, 0))
        if handed is not None and self._shop.clock.now_ms() - at_ms < _FRESH_MS:
            return handed
        try:
            return await self._shop.store.claim(job_id)
        except StorageFull as error:
            job = await self._shop.store.job(job_id)  # a full disk can still be read
            if job is not None and job.state not in lifecycle.TERMINAL:
                await self._shop.no_room(job, error)
            self._shop.runner.ring(job_id, "watch", delay_seconds=self._shop.pace.after(5))
            return None

    async def _step(self, job: Job) -> Job:
        match job.state:
            case "queued":
                step = self._making.start if job.placeholder else self._making.greet
            case "submitting":
                step = self._making.resume_submit
            case "uncertain":
                step = self._making.look_up
            case "polling" | "late":
                step = self._watching.poll
            case "fetching":
                step = self._finishing.fetch
            case "scoring":
                step = self._finishing.sound
            case "processing":
                step = self._finishing.process
            case "posting":
                step = self._finishing.post
            case "delivered" | "undelivered" | "released":
                return job
        return await step(job)

    def _lane(self, job: Job) -> str:
        return lifecycle.lane(job.state, job.plan.provider, greeted=bool(job.placeholder))

    def _ring(self, job: Job) -> None:
        lane = self._lane(job)
        if job.state == "queued" and job.placeholder:
            self._waiting[job.id] = job
        self._shop.runner.ring(job.id, lane, priority=job.priority)

    def _tell(self, job: Job) -> None:
        for future in self._watchers.pop(job.id, []):
            if not future.done():
                future.set_result(job)

    async def keep_queue_posted(self) -> None:
        """Tell the people at the front of each queue their place, until cancelled."""
        shop = self._shop
        while True:
            await asyncio.sleep(_QUEUE_NEWS_SECONDS)
            for job in list(self._waiting.values())[:_QUEUE_NEWS_AT_MOST]:
                place = shop.runner.position(job.id, self._lane(job))
                if place is not None:
                    await shop.herald.progress(job, "queued", position=place)
