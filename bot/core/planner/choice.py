"""Which model a name means and which of its routes can be used now. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Any

from bot.core import health
from bot.core.errors import Refusal
from bot.core.planner.cloning import can_lend
from bot.core.planner.context import PlanContext
from bot.core.planner.intake import takes_audio
from bot.core.soundness import soundless
from bot.core.switches import said_of
from providers.catalogue import Model, Route, UnknownModel

_SHOWN = 3


def find_model(name: str, context: PlanContext) -> Model:
    """The model somebody means, if it still lives.

    Raises:
        Refusal: `unknown_model`, `model_retired`.
    """
    catalogue, today = context.catalogue, context.today
    try:
        model = catalogue.model(name)
    except UnknownModel:
        raise Refusal("unknown_model", asked=name[:80], nearest=nearest_living(name, context)) from None
    if model.status_on(today) != "retired":
        return model
    since = max((r.lifecycle.retires for r in model.routes if r.lifecycle.retires), default=None)
    successor = _successor(model, context)
    raise Refusal(
        "model_retired",
        model=model.name,
        model_id=model.id,
        since=since.isoformat() if since else "",
        successor=successor,
        nearest=() if successor else nearest_living(model.id, context, replaces=True),
    )


def nearest_living(name: str, context: PlanContext, *, replaces: bool = False) -> tuple[str, ...]:
    """Ids of the living models most like a name; those on their way out come last.

    Where they are to replace a model, those that can be used here and now come first.
    """
    plain = name.strip().lower()

    def likeness(model: Model) -> float:
        said = (model.id, model.name.lower(), *(alias for r in model.routes for alias in r.aliases))
        return max(difflib.SequenceMatcher(None, plain, word).ratio() for word in said)

    def lasting(model: Model) -> bool:
        return model.status_on(context.today) != "deprecated"

    def order(model: Model) -> tuple[bool, bool, float]:
        return (replaces and bool(usable_routes(model, context)), lasting(model), likeness(model))

    ranked = sorted(living(context), key=order, reverse=True)
    close = [model for model in ranked if likeness(model) >= 0.5]
    return names(tuple(ranked if replaces or not close else close))


def living(context: PlanContext) -> tuple[Model, ...]:
    """The models that make clips, are alive and offered on this server."""
    return tuple(
        model
        for model in context.catalogue.models()
        if not model.enlarges_only
        and context.permits(model.id)
        and model.status_on(context.today) != "retired"
    )


def usable_routes(model: Model, context: PlanContext) -> tuple[Route, ...]:
    """The living routes with a key, a price and no open breaker, in the catalogue's order.

    Those whose clips lately lack their sound come last.
    """
    usable = (route for route in _open_routes(model, context) if _healthy(route, context))
    return tuple(sorted(usable, key=lambda one: soundless(context.health.get(one.id), context.now_ms)))


def require_routes(model: Model, context: PlanContext) -> tuple[Route, ...]:
    """The same, or why there are none.

    Raises:
        Refusal: `switched_off_…`, `model_denied`, `demo_only`, `price_unknown`, `missing_key`, `route_down`.
    """
    facts: dict[str, Any] = {"model": model.name, "model_id": model.id}
    switch = context.off.of(model.id)
    if switch is not None:
        code, why = said_of(switch, model.name)
        raise Refusal(code, **facts | why)
    if not context.permits(model.id):
        raise Refusal("model_denied", models=best_names(living(context), context), **facts)
    routes = model.living(context.today)
    if context.house.demo and not any(_is_free(route, context) for route in routes):
        raise Refusal("demo_only", free=free_model(context), **facts)
    first = routes[0]
    provider = context.catalogue.provider(first.provider)
    if not any(route.offered for route in routes):
        raise Refusal("price_unknown", provider=provider.name, **facts)
    open_routes = _open_routes(model, context)
    if not open_routes:
        # Whose price is known: a key for the others is there perhaps, and of no use.
        lacking = (route for route in routes if route.offered and not context.has_key(route.provider))
        wanted = next(lacking, first)
        raise Refusal(
            "missing_key",
            provider=context.catalogue.provider(wanted.provider).name,
            env=context.missing_env(wanted.provider),
            free=free_model(context),
            **facts,
        )
    found = usable_routes(model, context)
    if not found:
        retry_ms = min(health.opens_again_ms(context.health[route.id]) for route in open_routes)
        raise Refusal(
            "route_down",
            retry_ms=retry_ms,
            retry_in=max(0, retry_ms - context.now_ms) // 1000,
            models=usable_names(context, but=model),
            **facts,
        )
    return found


def usable_names(context: PlanContext, *, but: Model | None = None) -> tuple[str, ...]:
    """Ids of models that can be used now."""
    found = (model for model in living(context) if model is not but and usable_routes(model, context))
    return best_names(found, context)


def names_with_sound(context: PlanContext) -> tuple[str, ...]:
    """Ids of usable models that make sound themselves."""
    return _named_where(context, lambda route: route.audio.native)


def names_with_audio_input(context: PlanContext, *, lent: bool = False) -> tuple[str, ...]:
    """Ids of usable models that take a recording, or with `lent` speak with a voice that is made of it."""
    return _named_where(context, lambda route: takes_audio(route) or (lent and can_lend(route, context)))


def names_with_shots(context: PlanContext) -> tuple[str, ...]:
    """Ids of usable models that make several shots, each with words and a length of its own."""
    return _named_where(context, lambda route: route.shots is not None)


def free_model(context: PlanContext) -> str:
    """Our id of a model that needs no key and costs nothing, or ""."""
    for model in living(context):
        if any(_is_free(route, context) for route in model.living(context.today)):
            return model.id
    return ""


def is_free(model: Model, context: PlanContext) -> bool:
    """Whether it costs nothing: by the route that would serve it now, by any where none can."""
    serving = usable_routes(model, context)[:1]
    return any(_is_free(route, context) for route in serving or model.routes)


def names(models: tuple[Model, ...]) -> tuple[str, ...]:
    """A few of them, as people type them: our ids."""
    return tuple(model.id for model in models[:_SHOWN])


def best_names(models: Iterable[Model], context: PlanContext) -> tuple[str, ...]:
    """A few of them to suggest: no stand-ins, nothing on its way out, the ablest first."""

    def standing(model: Model) -> tuple[bool, bool, int, str]:
        deprecated = model.status_on(context.today) == "deprecated"
        strengths = max(sum(route.strengths.values()) for route in model.routes)
        return is_free(model, context), deprecated, -strengths, model.id

    return names(tuple(sorted(models, key=standing)))


def _named_where(context: PlanContext, serves: Callable[[Route], bool]) -> tuple[str, ...]:
    usable = (model for model in living(context) if any(map(serves, usable_routes(model, context))))
    return best_names(usable, context)


def _open_routes(model: Model, context: PlanContext) -> tuple[Route, ...]:
    """The living routes with a price and a key, whatever their health."""
    if context.off.of(model.id) is not None:
        return ()
    return tuple(
        route
        for route in model.living(context.today)
        if route.offered
        and context.has_key(route.provider)
        and (not context.house.demo or _is_free(route, context))
    )


def _healthy(route: Route, context: PlanContext) -> bool:
    return health.usable(context.health.get(route.id), context.now_ms)


def _is_free(route: Route, context: PlanContext) -> bool:
    return context.catalogue.provider(route.provider).purse == "free"


def _successor(model: Model, context: PlanContext) -> str:
    """The first living model along the line of successors, or ""."""
    seen = {model.id}
    following = model.replaced_by
    while following and following not in seen:
        seen.add(following)
        try:
            heir = context.catalogue.model(following)
        except UnknownModel:
            return ""
        if heir.status_on(context.today) != "retired" and context.permits(heir.id):
            return heir.id
        following = heir.replaced_by
    return ""
