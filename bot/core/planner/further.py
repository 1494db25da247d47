"""What the model that made a clip can do with it: go on from it, change it, make it larger. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.core.errors import Refusal
from bot.core.model import Job, MediaInfo, Wish
from bot.core.planner.context import PlanContext
from bot.core.planner.single import plan_on
from providers.base import Made, MediaInput, Mode, Ticket
from providers.catalogue import UnknownModel, options

FURTHER: Final[tuple[Mode, ...]] = ("extend", "edit", "upscale")


def source_of(job: Job, *, path: Path, info: MediaInfo) -> MediaInput:
    """A finished clip as a file to start from, with what its maker needs to find it again.

    Args:
        job: whose clip it is.
        path: the file.
        info: its facts.
    """
    made = None
    if job.ticket:
        made = Made(
            provider=job.plan.provider,
            remote_id=Ticket.from_json(job.ticket).remote_id,
            at_ms=job.submitted_ms,  # it cannot be older, so nothing is promised that is gone already
            job=job.id,
            resolution=job.plan.request.resolution,
        )
    return info.as_input(path, "source-video", made=made)


def ways(job: Job, source: MediaInput, context: PlanContext) -> tuple[Mode, ...]:
    """What the model of a clip can make of it here and now."""
    return tuple(mode for mode in FURTHER if can(job, source, mode, context))


def can(job: Job, source: MediaInput, mode: Mode, context: PlanContext) -> bool:
    """Whether there is a plan for this."""
    try:
        model = context.catalogue.model(job.plan.model)
        plan_on(model, Wish(prompt="…", model=model.id, mode=mode, media=(source,)), context)
    except (Refusal, UnknownModel):
        return False
    return True


def takes_clips(job: Job, context: PlanContext) -> bool:
    """Whether the model that made a clip changes or extends clips at all."""
    try:
        routes = context.catalogue.model(job.plan.model).routes
    except UnknownModel:
        return False
    return any(mode in options(route).mode for route in routes for mode in ("edit", "extend"))
