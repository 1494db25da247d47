"""The steps that order a clip at its provider: greet, submit, look for a lost submit.

Rule of the house: an intent is written before every outside effect, and a submit whose answer is
unknown is never repeated unless the provider takes our key. It must not touch files or chats
beyond the herald.
"""

from __future__ import annotations

import asyncio

from bot.core.errors import Forbidden, TryLater
from bot.core.model import Job, JobState
from bot.core.switches import off_in, said_of
from bot.core.work.addresses import addressed
from bot.core.work.rerouting import let_through, moved, offered, speaks_against
from bot.core.work.soundnotes import bought
from bot.core.work.voices import VoiceShop
from bot.core.work.watching import Watching
from bot.core.work.workshop import FOR_THE_OPERATOR, UNREACHED_SECONDS, Pause, Workshop
from providers.base import (
    CanFindLost,
    Ticket,
    VideoProvider,
    VideoRequest,
)
from providers.errors import (
    NotSent,
    OutcomeUnknown,
    PromptModerated,
    ProviderError,
    RateLimited,
    Refused,
    Unreachable,
)


class Making:
    """Drives a job from `queued` to `polling`. One object serves all jobs."""

    def __init__(self, shop: Workshop, watching: Watching, voices: VoiceShop) -> None:
        """Keep the ports; `watching` knows which jobs are to be stopped."""
        self._shop = shop
        self._watching = watching
        self._voices = voices

    async def greet(self, job: Job) -> Job:
        """Send the placeholder and keep its reference."""
        shop = self._shop
        if self._watching.stop_asked(job):
            return await self._watching.cancelled(job)
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
        if self._watching.stop_asked(job):
            return await self._watching.cancelled(job)
        switch = off_in(job.server, await shop.store.switches()).of(job.plan.model)
        if switch is not None:
            return await shop.release(job, *said_of(switch, job.plan.model_name))
        if not offered(shop, job):
            return await shop.release(job, "model_withdrawn", {"model": job.plan.model_name})
        try:
            adapter = self._watching.adapter(job)
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
            job, request = await self._voices.spoken(
                job, request, stop=lambda: self._watching.stop_asked(job)
            )
            if request is None:
                return job if job.state != "queued" else await self._watching.cancelled(job)
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
            await self._watching.tell_operator(job, error, since)
        if speaks_against(error) and (elsewhere := await moved(shop, job)) is not None:
            return elsewhere
        return await shop.release(job, error.code, facts)

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
            adapter = self._watching.adapter(job)
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
            adapter = self._watching.adapter(job)
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
