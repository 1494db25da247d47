"""What can still be done with a clip: asked by the herald when it puts buttons under it. Decides no price."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.core.desk import House
from bot.core.model import Job
from bot.core.planner import PlanContext, source_of, ways
from bot.core.ports import Clock
from providers.base import Mode
from providers.catalogue import Catalogue
from providers.registry import Registry


def prospects(
    catalogue: Catalogue, registry: Registry, house: House, clock: Clock, links: bool
) -> dict[str, Any]:
    """What the herald asks about the future of a clip: can another model be used, what can be made of it."""

    def context() -> PlanContext:
        now = clock.now_ms()
        return PlanContext(
            catalogue=catalogue,
            house=house,
            has_key=registry.has_key,
            missing_env=registry.missing_env,
            now_ms=now,
            today=datetime.fromtimestamp(now // 1000, UTC).date(),
            links=links,
        )

    def others(job: Job) -> bool:
        """Whether a model besides that of a job can be used: living, with a key and a price."""
        today = context().today
        return not house.demo and any(
            route.offered and registry.has_key(route.provider)
            for model in catalogue.models()
            if model.id != job.plan.model and not model.enlarges_only and model.status_on(today) != "retired"
            for route in model.living(today)
        )

    def further(job: Job) -> tuple[Mode, ...]:
        """What can be made of a clip now: go on from it, change it, make it larger."""
        if job.clip is None:
            return ()
        return ways(job, source_of(job, path=Path(job.clip.blob), info=job.clip.info), context())

    return {"others": others, "ways": further}
