"""Whether a job can go the way it was planned, and where else: the engine's side of routes and breakers.

Nothing was started when a job changes its route, and the member pays what was agreed. It sends nothing.
"""

from __future__ import annotations

import logging
from functools import partial

from bot.core.health import after_probe, counts, may_send
from bot.core.model import Job, Plan
from bot.core.planner import OWN_SOUND, detour
from bot.core.work.soundnotes import VOICE
from bot.core.work.workshop import Workshop
from providers.catalogue import UnknownModel
from providers.errors import MissingKey, ProviderError, RateLimited

log = logging.getLogger(__name__)


def offered(shop: Workshop, job: Job) -> bool:
    """Whether the catalogue still has the job's route: an operator may have taken it out meanwhile."""
    try:
        shop.catalogue.route(job.plan.provider, job.plan.model)
    except UnknownModel:
        return False
    return True


async def let_through(shop: Workshop, job: Job) -> bool:
    """Whether a job may be sent over its route now; over one that may just have recovered it goes alone."""
    route = job.plan.route
    if route in shop.well_ms:
        return True
    now = shop.clock.now_ms()
    _, health = await shop.store.change_health(route, partial(after_probe, now_ms=now, job=job.id))
    return may_send(health, now, job.id)


def speaks_against(error: ProviderError) -> bool:
    """Whether another route may fare better than the one that refused like this."""
    return counts(error.code) or isinstance(error, MissingKey | RateLimited)


async def moved(shop: Workshop, job: Job) -> Job | None:
    """The job on another route, where it waits for its turn; None if nobody else makes this clip."""
    context = shop.context(health=await shop.store.health(), own_sound=OWN_SOUND)
    plan = detour(job.wish, job.plan, context)
    if plan is None or not _keeps_voice(job, plan):
        return None
    log.info("job %s goes by %s instead of %s", job.id, plan.route, job.plan.route)
    return await shop.store.reroute(job, plan)


def _keeps_voice(job: Job, plan: Plan) -> bool:
    """Whether another way has the voice that was promised; one that is made speaks where it was made."""
    if job.plan.voice is None:
        return True
    return plan.voice is not None and not (job.plan.speaks_itself and VOICE in job.facts)
