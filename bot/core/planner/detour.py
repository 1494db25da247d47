"""The same clip by another route of its model, after the agreed one refused to start it. Pure.

What the member agreed to stays: clip, sound, price. A route that would need other files, costs the operator
more, bills refusals where the agreed one did not, or names its price only when asked, is no way out. A model
that speaks with a voice made for it has none: that voice lies with the agreed provider.
"""

from __future__ import annotations

from dataclasses import replace

from bot.core.errors import Refusal
from bot.core.model import Plan, Wish
from bot.core.planner import choice
from bot.core.planner.context import PlanContext
from bot.core.planner.request import audio_windows
from bot.core.planner.single import plan_by
from providers.catalogue import Route, UnknownModel, check


def detour(wish: Wish, plan: Plan, context: PlanContext) -> Plan | None:
    """The plan by a later route of the same model; None if there is none.

    Only later ones are looked at: those before were passed over when the plan was made, so nothing can go
    round in circles.
    """
    try:
        model = context.catalogue.model(plan.model)
    except UnknownModel:
        return None
    order = [route.id for route in model.routes]
    if plan.route not in order or plan.speaks_itself or any(item.made for item in plan.request.media):
        return None
    later = order[order.index(plan.route) + 1 :]
    for route in choice.usable_routes(model, context):
        if route.id not in later or context.catalogue.provider(route.provider).quotes:
            continue
        try:
            made = plan_by(route, model, _settled(wish, plan), context)
        except Refusal:
            continue
        if _same(made, plan, route, context):
            return replace(
                made,
                credits=plan.credits,
                sound_credits=plan.sound_credits,
                adjustments=plan.adjustments,
                notes=plan.notes,
                score=plan.score if _says(plan) else made.score,
                voice=plan.voice,
            )
    return None


def _settled(wish: Wish, plan: Plan) -> Wish:
    """The wish with nothing left open, and with the files as they are by now."""
    request = plan.request
    sent = any(item.kind == "audio" for item in request.media)
    laid = () if sent else tuple(item for item in wish.media if item.kind == "audio")
    return replace(
        wish,
        model=plan.model,
        mode=request.mode,
        seconds=request.seconds,
        aspect=request.aspect,
        resolution=request.resolution,
        media=(*request.media, *laid),
    )


def _says(plan: Plan) -> bool:
    """Whether the sound is made of a recording, which is converted already."""
    return plan.voice is not None or (plan.score is not None and plan.score.voice is not None)


def _same(made: Plan, plan: Plan, route: Route, context: PlanContext) -> bool:
    """Whether it is the clip that was agreed, of files that are fit to be sent, for no more."""
    new, old = made.request, plan.request
    as_agreed = (
        made.sound_path == plan.sound_path
        and made.purse == plan.purse
        and replace(new, api_name=old.api_name, options=old.options, sound=old.sound) == old
        and audio_windows(made, context.catalogue) == audio_windows(plan, context.catalogue)
        and not check(route, new)
    )
    no_dearer = made.credits <= plan.credits and made.cost_micro_usd <= plan.cost_micro_usd
    return as_agreed and no_dearer and made.billed_when_moderated <= plan.billed_when_moderated
