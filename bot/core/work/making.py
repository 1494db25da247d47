"""The steps that make a clip at its provider: submit, look for a lost submit, poll.

Rule of the house: an intent is written before every outside effect, and a submit whose answer is
unknown is never repeated unless the provider takes our key. It must not touch files or chats
beyond the herald.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from bot.core.errors import Forbidden, TryLater
from bot.core.model import Job, JobState
from bot.core.switches import off_in, said_of
from bot.core.work.addresses import addressed
from bot.core.work.bills import bill_of
from bot.core.work.polls import pause_seconds
from bot.core.work.rerouting import let_through, moved, offered, speaks_against
from bot.core.work.soundnotes import bought
from bot.core.work.voices import VoiceShop
from bot.core.work.workshop import FOR_THE_OPERATOR, UNREACHED_SECONDS, Pause, Workshop
from providers.base import (
    CanCancel,
    CanFindLost,
    Done,
    Failed,
    Progress,
    Queued,
    Running,
    Ticket,
    VideoProvider,
    VideoRequest,
)
from providers.catalogue import PollPace
from providers.errors import (
    NotSent,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    Refused,
    Unreachable,
)

log = logging.getLogger(__name__)

_TROUBLE_SECONDS = 30.0
_UNKNOWN = PollPace(first_seconds=0.0, every_seconds=_TROUBLE_SECONDS, deadline_seconds=0.0)


class Making:
    """Drives a job from `queued` to `fetching`. One object serves all jobs."""

    def __init__(self, shop: Workshop, voices: VoiceShop, *, stop_refused: Callable[[Job], None]) -> None:
        """Keep the ports; `stop_refused` is called when a provider will not stop a job."""
        self._shop = shop
        self._voices = voices
        self._stops: set[str] = set()
        self._stop_refused = stop_refused
        self.done: dict[str, Done] = {}

    def ask_stop(self, job: str) -> None:
        """The owner wants the job stopped; the next look at it does so."""
        self._stops.add(job)

    async def greet(self, job: Job) -> Job:
        """Send the placeholder and keep its reference."""
        shop = self._shop
        if self.stop_asked(job):
            return await self.cancelled(job)
        if not shop.herald.reaches(job):
            raise Pause(UNREACHED_SECONDS)
        position = shop.runner.position(job.id, f"make:{job.plan.provider}")
        shop.trace("before_placeholder", job.id)
        try:
            reference = await shop.herald.greet(job, position=position)
        except Forbidden:
            return await shop.release(job, "cannot_post")
        except (TryLater, TimeoutError, OSError) as error:
            if job.attempts >= shop.pace.post_tries:
                return await shop.release(job, "cannot_post")
            wait = error.retry_after_seconds if isinstance(error, TryLater) else 0.0
            raise await shop.again(job, max(wait, shop.pace.after(job.attempts + 1))) from error
        shop.trace("placeholder_unsaved", job.id)
        state: JobState = "scoring" if job.plan.sound_only else "queued"
        return await shop.store.move(job, state, placeholder=reference, attempts=0)

    async def start(self, job: Job) -> Job:
        """`queued`: write the intent, then submit."""
        shop = self._shop
        if self.stop_asked(job):
            return await self.cancelled(job)
        switch = off_in(job.server, await shop.store.switches()).of(job.plan.model)
        if switch is not None:
            return await shop.release(job, *said_of(switch, job.plan.model_name))
        if not offered(shop, job):
            return await shop.release(job, "model_withdrawn", {"model": job.plan.model_name})
        try:
            adapter = self._adapter(job)
        except ProviderError as error:
            return await self._refused(job, error)
        await shop.herald.progress(job, "voicing" if job.plan.speaks_itself else "submitting")
        request = await addressed(shop, job)
        if request is None:
            return await shop.release(job, "source_gone", {"model": job.plan.model_name})
        if not await let_through(shop, job):
            return await moved(shop, job) or await shop.release(
                job, "route_down", {"model": job.plan.model_name}
            )
        if job.plan.speaks_itself:
            job, request = await self._voices.spoken(job, request, stop=lambda: self.stop_asked(job))
            if request is None:
                return job if job.state != "queued" else await self.cancelled(job)
        shop.trace("before_intent", job.id)
        job = await shop.store.submit_intent(job, submitted_ms=shop.clock.now_ms())
        shop.trace("after_intent", job.id)
        return await self._submit(job, adapter, request, doubtful=False)

    async def resume_submit(self, job: Job) -> Job:
        """`submitting` after a restart: the answer, if there was one, is lost."""
        return await self._lost(job)

    async def _submit(
        self, job: Job, adapter: VideoProvider, request: VideoRequest, *, doubtful: bool
    ) -> Job:
        """Submit once. `doubtful`: an earlier try of this job may have been taken already."""
        shop = self._shop
        try:
            async with asyncio.timeout(shop.pace.call_seconds):
                ticket = await adapter.submit(request, job_key=job.id)
        except (OutcomeUnknown, Unreachable, TimeoutError):
            return await self._lost(job)
        except (NotSent, Refused) as error:
            if doubtful:
                return await self._lost(job)
            if bought(job):  # a voice: it stays paid for
                job = await shop.store.move(job, "queued")
            else:
                await shop.store.submit_refused(job)
            if job.attempts + 1 < self._tries(error):
                raise await self._wait_in_line(job, error) from error
            return await self._refused(job, error)
        shop.trace("answer_unsaved", job.id)
        return await self._adopt(job, ticket)

    def _tries(self, error: ProviderError) -> int:
        """How often a submit is tried that ends like this; nothing was started by any of them."""
        if isinstance(error, RateLimited):
            return self._shop.pace.submit_tries
        # Its subclasses (no key, not possible) would fare no better.
        return self._shop.pace.unsent_tries if type(error) is NotSent else 0

    async def _wait_in_line(self, job: Job, error: ProviderError) -> Pause:
        shop = self._shop
        wait = max(error.retry_after or 0.0, shop.pace.after(job.attempts + 1))
        due_ms = shop.clock.now_ms() + int(wait * 1000)
        await shop.store.move(job, "queued", attempts=job.attempts + 1, next_check_ms=due_ms)
        return Pause(wait)

    async def _adopt(self, job: Job, ticket: Ticket) -> Job:
        shop = self._shop
        provider = shop.catalogue.provider(job.plan.provider)
        now = shop.clock.now_ms()
        job = await shop.store.move(
            job,
            "polling",
            ticket=ticket.to_json(),
            attempts=0,
            deadline_ms=now + job.plan.deadline_seconds * 1000,
            next_check_ms=now + int(provider.poll.first_seconds * 1000),
        )
        shop.trace("after_ticket", job.id)
        return job

    async def _refused(self, job: Job, error: ProviderError) -> Job:
        shop = self._shop
        facts = {"model": job.plan.model_name, "said": error.said[:300], "env": list(error.env)}
        if isinstance(error, PromptModerated):
            await shop.strike(job, "moderated")
        since = await shop.route_failed(job, error)
        if error.code in FOR_THE_OPERATOR:
            await self._tell_operator(job, error, since)
        if speaks_against(error) and (elsewhere := await moved(shop, job)) is not None:
            return elsewhere
        return await shop.release(job, error.code, facts)

    async def _tell_operator(self, job: Job, error: ProviderError, since_ms: int = 0) -> None:
        plan = job.plan
        await self._shop.tell_trouble(error, provider=plan.provider, model=plan.model_name, since_ms=since_ms)

    async def _lost(self, job: Job) -> Job:
        """The answer to a submit is unknown: what is safe depends on the provider."""
        shop = self._shop
        if job.plan.lost == "lookup":
            return await shop.store.move(job, "uncertain", attempts=0)
        if job.plan.lost == "blind" or job.attempts + 1 >= shop.pace.submit_tries:
            return await self._give_up(job)
        wait = shop.pace.after(job.attempts) if job.attempts else 0.0
        job = await shop.store.move(job, "submitting", attempts=job.attempts + 1)
        if wait:
            await shop.runner.wait(job.id, wait)
        try:
            adapter = self._adapter(job)
        except ProviderError:
            return await self._give_up(job)
        request = await addressed(shop, job)
        if request is None:
            return await self._give_up(job)
        return await self._submit(job, adapter, request, doubtful=True)

    async def look_up(self, job: Job) -> Job:
        """`uncertain`: look at 5, 30 and 120 s; adopt exactly one unclaimed match, else give up."""
        shop = self._shop
        await shop.herald.progress(job, "uncertain")
        looks = shop.pace.lookups
        if job.attempts >= len(looks):
            return await self._give_up(job)
        due_ms = job.submitted_ms + int(looks[job.attempts] * 1000)
        wait_seconds = (due_ms - shop.clock.now_ms()) / 1000
        if wait_seconds > 0:
            raise Pause(wait_seconds)
        shop.trace("before_lookup", job.id)
        free: list[Ticket] = []
        try:
            adapter = self._adapter(job)
            if isinstance(adapter, CanFindLost):
                async with asyncio.timeout(shop.pace.call_seconds):
                    found = await adapter.find_lost(
                        job.plan.request, job_key=job.id, since_ms=job.submitted_ms - 5000
                    )
                for ticket in found:
                    owner = await shop.store.ticket_owner(ticket.provider, ticket.remote_id)
                    if owner in (None, job.id):
                        free.append(ticket)
        except (ProviderError, TimeoutError):
            free = []
        if len(free) == 1:
            return await self._adopt(job, free[0])
        return await shop.store.move(job, "uncertain", attempts=job.attempts + 1)

    async def _give_up(self, job: Job) -> Job:
        """Nobody can say whether a job exists: credits back, operator told, never bought again."""
        shop = self._shop
        await shop.route_failed(job, OutcomeUnknown())
        await shop.strike(job, "unknown")
        await shop.herald.tell_operator(
            f"unknown:{job.id}",
            "operator.outcome_unknown",
            {
                "job": job.id,
                "provider": job.plan.provider,
                "model": job.plan.model_name,
                "usd": f"{job.plan.cost_micro_usd / 1_000_000:.2f}",
            },
        )
        return await shop.release(job, "outcome_unknown", {"model": job.plan.model_name})

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
                return await self._adapter(job).poll(ticket)
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
        await self._tell_operator(job, error)
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
            adapter = self._adapter(job)
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

    def _adapter(self, job: Job) -> VideoProvider:
        return cast(VideoProvider, self._shop.providers.get(job.plan.provider))
