"""The steps that watch a clip in the making at its provider: ask how it stands, stop it, give it up in time.

It starts nothing, and touches neither files nor chats beyond the herald.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from bot.core.model import Job
from bot.core.work.bills import bill_of
from bot.core.work.polls import pause_seconds
from bot.core.work.workshop import Pause, Workshop
from providers.base import (
    CanCancel,
    Done,
    Failed,
    Progress,
    Queued,
    Running,
    Ticket,
    VideoProvider,
)
from providers.catalogue import PollPace
from providers.errors import (
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    Unreachable,
)

log = logging.getLogger(__name__)

_TROUBLE_SECONDS = 30.0
_UNKNOWN = PollPace(first_seconds=0.0, every_seconds=_TROUBLE_SECONDS, deadline_seconds=0.0)


class Watching:
    """Drives a job from `polling` to `fetching`, and knows which jobs are to be stopped. Serves all jobs."""

    def __init__(self, shop: Workshop, *, stop_refused: Callable[[Job], None]) -> None:
        """Keep the ports; `stop_refused` is called when a provider will not stop a job."""
        self._shop = shop
        self._stops: set[str] = set()
        self._stop_refused = stop_refused
        self.done: dict[str, Done] = {}

    def ask_stop(self, job: str) -> None:
        """The owner wants the job stopped; the next look at it does so."""
        self._stops.add(job)

    async def poll(self, job: Job) -> Job:
        """`polling` and `late`: ask until it is done, failed, or the deadline is past."""
        shop = self._shop
        known = shop.catalogue.providers.get(job.plan.provider)
        pace = known.poll if known is not None else _UNKNOWN
        ticket = Ticket.from_json(job.ticket)
        misses, stop_tried = 0, False
        first_wait = (job.next_check_ms - shop.clock.now_ms()) / 1000
        if first_wait > 0 and job.state == "polling":
            await shop.herald.progress(job, "polling")
            await shop.runner.wait(job.id, min(first_wait, pace.first_seconds))
        while True:
            if self.stop_asked(job) and (job.id in self._stops or not stop_tried):
                stop_tried = True
                if await self._stopped_there(job, ticket):
                    return await self.cancelled(job)
                self._stop_refused(job)
            if (ended := await self._overdue(job)) is not None:
                return ended
            if not await shop.its_turn(job, pace):
                continue  # somebody wants something of it; the place is lost
            try:
                progress = await self._look(job, ticket)
            except ProviderError as error:
                misses += 1
                wait = await self._missed(job, error, misses, pace.every_seconds)
            else:
                misses = 0
                if isinstance(progress, Done):
                    return await self._finished(job, progress)
                if isinstance(progress, Failed):
                    return await self._failed(job, progress)
                await self._show(job, progress)
                wait = pause_seconds(pace, (shop.clock.now_ms() - job.submitted_ms) / 1000)
            if job.state == "late":
                raise Pause(max(wait, shop.pace.late_every_seconds))
            await shop.runner.wait(job.id, wait)

    async def _look(self, job: Job, ticket: Ticket) -> Progress:
        """Ask once.

        Raises:
            ProviderError: no answer that says how the job stands.
        """
        try:
            async with asyncio.timeout(self._shop.pace.call_seconds):
                return await self.adapter(job).poll(ticket)
        except TimeoutError:
            raise Unreachable(provider=job.plan.provider) from None

    async def _missed(self, job: Job, error: ProviderError, misses: int, every: float) -> float:
        """How long to wait after a question that was not answered, for the `misses`-th time in a row."""
        shop = self._shop
        if isinstance(error, RateLimited | Unreachable):
            wait = max(every, shop.pace.after(misses), error.retry_after or 0.0)
            if isinstance(error, RateLimited) or error.retry_after:
                # It says so of the key, not of this job: all others wait as well.
                rest = error.retry_after or wait
                shop.polls.rest(job.plan.provider, shop.clock.now_ms() + rest * 1000)
            return wait
        # A key that was taken away, or a model that vanished, while a paid job runs: wait for the operator
        # until the deadline; the clip may still come.
        await self.tell_operator(job, error)
        return max(every, _TROUBLE_SECONDS)

    async def _show(self, job: Job, progress: Queued | Running) -> None:
        if job.state != "late":
            place = progress.position if isinstance(progress, Queued) else None
            share = progress.fraction if isinstance(progress, Running) else None
            await self._shop.herald.progress(job, "polling", position=place, fraction=share)

    async def _finished(self, job: Job, done: Done) -> Job:
        shop = self._shop
        shop.trace("done_seen", job.id)
        await shop.route_ok(job)
        cost = job.cost_micro_usd
        bill = bill_of(job, done, shop.catalogue, now_ms=shop.clock.now_ms())
        if bill is not None:
            cost = bill.billed_micro_usd + job.plan.sound_micro_usd
            billed, booked = bill.billed_micro_usd, bill.booked_micro_usd
            if billed != booked:
                told = (job.id, job.plan.route, billed, booked)
                log.warning("job %s: %s billed %d micro-dollars where %d were booked", *told)
            await shop.store.note_bill(bill)
        self.done[job.id] = done
        return await shop.store.move(job, "fetching", attempts=0, cost_micro_usd=cost)

    async def _failed(self, job: Job, failed: Failed) -> Job:
        shop, error = self._shop, failed.error
        facts = {"model": job.plan.model_name, "said": error.said[:300]}
        if failed.stopped and await self._was_asked(job):
            # It took its time to stop: the answer to the cancel was that it goes on.
            return await self.cancelled(job)
        moderated = isinstance(error, (OutputModerated, PromptModerated))
        if moderated:
            await shop.strike(job, "moderated")
            await shop.route_ok(job)
        else:
            await shop.route_failed(job, error)
        charge = moderated and job.plan.billed_when_moderated and failed.billed is not False
        return await shop.release(job, error.code, facts, charge=charge)

    async def _overdue(self, job: Job) -> Job | None:
        shop = self._shop
        now = shop.clock.now_ms()
        if job.state == "polling" and job.deadline_ms and now >= job.deadline_ms:
            return await shop.release(job, "deadline", {"credits": job.plan.credits}, state="late")
        if job.state == "late" and now >= job.deadline_ms + job.plan.keep_seconds * 1000:
            return await shop.release(job, "never_came", {"model": job.plan.model_name})
        return None

    def stop_asked(self, job: Job) -> bool:
        """Whether the owner wants the job stopped."""
        return job.cancel_asked or job.id in self._stops

    async def _was_asked(self, job: Job) -> bool:
        """Whether the owner ever wanted it stopped; the row knows what came after it was claimed."""
        row = await self._shop.store.job(job.id)
        return row is not None and row.cancel_asked

    async def _stopped_there(self, job: Job, ticket: Ticket) -> bool:
        """Whether the vendor confirms that it stopped; otherwise the job goes on and is charged."""
        self._stops.discard(job.id)
        try:
            adapter = self.adapter(job)
            if isinstance(adapter, CanCancel):
                async with asyncio.timeout(self._shop.pace.call_seconds):
                    return await adapter.cancel(ticket)
        except (ProviderError, TimeoutError):
            return False
        return False

    async def cancelled(self, job: Job) -> Job:
        """End a job that its owner stopped."""
        self._stops.discard(job.id)
        return await self._shop.release(job, "cancelled")

    async def tell_operator(self, job: Job, error: ProviderError, since_ms: int = 0) -> None:
        """Tell of a trouble that only the operator can mend."""
        plan = job.plan
        await self._shop.tell_trouble(error, provider=plan.provider, model=plan.model_name, since_ms=since_ms)

    def adapter(self, job: Job) -> VideoProvider:
        """The provider of a job.

        Raises:
            ProviderError: it has no key any more, or is gone.
        """
        return cast(VideoProvider, self._shop.providers.get(job.plan.provider))
