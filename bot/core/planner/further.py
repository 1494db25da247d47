"""What can be made of a clip: its own model goes on from it, changes it or makes it larger; where that one
cannot make it larger, somebody who does nothing else may. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.core.errors import Refusal
from bot.core.model import Job, MediaInfo, Plan, Wish
from bot.core.planner.context import PlanContext
from bot.core.planner.single import plan_on
from bot.core.planner.sizes import lines_of
from providers.base import Made, MediaInput, Mode, Ticket
from providers.catalogue import Model, UnknownModel, options

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
    """What can be made of a clip here and now."""
    return tuple(
        mode for mode in FURTHER if can(job, source, mode, context) or _larger(mode, source, context)
    )


def _larger(mode: Mode, source: MediaInput, context: PlanContext) -> bool:
    """Whether somebody makes a clip larger; asked for every clip that is shown, so the first one will do."""
    return mode == "upscale" and any(
        _plans(model, _copy_of(source, model), context) for model in _enlargers(context)
    )


def _plans(model: Model, wish: Wish, context: PlanContext) -> bool:
    try:
        plan_on(model, wish, context)
    except Refusal:
        return False
    return True


def _enlargers(context: PlanContext) -> Iterator[Model]:
    for model in context.catalogue.models():
        if model.enlarges_only and model.status_on(context.today) != "retired":
            yield model


def _copy_of(source: MediaInput, model: Model, *, silent: bool = False) -> Wish:
    media = (replace(source, made=None),)
    return Wish(prompt="…", model=model.id, mode="upscale", media=media, sound=False if silent else None)


def larger_copies(source: MediaInput, context: PlanContext, *, silent: bool = False) -> Mapping[str, Plan]:
    """The cheapest plan for each size a clip can be brought to, whoever made it; ascending.

    Its sound is put back afterwards. Empty if the catalogue has nobody who does such a thing.

    Args:
        source: the file whose sound people know.
        context: what can be used.
        silent: there is no sound to be put back.

    Raises:
        Refusal: `already_large`, or what speaks against the first who does such a thing.
    """
    cheapest: dict[str, Plan] = {}
    refusals = []
    for model in _enlargers(context):
        wish = _copy_of(source, model, silent=silent)
        try:
            for made in _each_size(model, wish, context):
                size = made.request.resolution
                if size not in cheapest or made.cost_micro_usd < cheapest[size].cost_micro_usd:
                    cheapest[size] = made
        except Refusal as refusal:
            refusals.append(refusal)
    if refusals and not cheapest:
        if any(refusal.code == "mode_not_offered" for refusal in refusals):
            raise Refusal("already_large", size=f"{source.width}×{source.height}")
        raise refusals[0]
    return {size: cheapest[size] for size in sorted(cheapest, key=lines_of)}


def _each_size(model: Model, wish: Wish, context: PlanContext) -> Iterator[Plan]:
    usual = plan_on(model, wish, context)
    route = context.catalogue.route(usual.provider, usual.model)
    for size in options(route, mode="upscale", media=usual.request.media).resolution:
        yield plan_on(model, replace(wish, resolution=size), context)


def can(job: Job, source: MediaInput, mode: Mode, context: PlanContext) -> bool:
    """Whether there is a plan for this."""
    try:
        model = context.catalogue.model(job.plan.model)
    except UnknownModel:
        return False
    return _plans(model, Wish(prompt="…", model=model.id, mode=mode, media=(source,)), context)


def takes_clips(job: Job, context: PlanContext) -> bool:
    """Whether the model that made a clip changes or extends clips at all."""
    try:
        routes = context.catalogue.model(job.plan.model).routes
    except UnknownModel:
        return False
    return any(mode in options(route).mode for route in routes for mode in ("edit", "extend"))
