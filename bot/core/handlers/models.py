"""`/models`: what can be used here, with sound, lengths, price and state; and one model in detail."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

from bot.core import health, soundness
from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Text
from bot.core.planner import PlanContext, can_lend, credits_for, lip_movers, voice_makers
from bot.core.replies import Reply, Row
from bot.core.requests.call import Call, plan_context
from providers.base import VideoRequest
from providers.catalogue import (
    CatalogueError,
    Model,
    Route,
    Shape,
    UnknownModel,
    Window,
    complete,
    options,
    price,
)

_YARDSTICK_SECONDS: Final = 10
_REFERENCES: Final = frozenset({"reference-image", "reference-audio", "reference-video", "voice"})
_TRIAL_ABOVE_PERCENT: Final = 20  # misheard: from here on a language is called experimental


async def models(desk: Desk, call: Call) -> Reply:
    """A line for each living model, or one model in detail.

    Raises:
        Refusal: `unknown_model`.
    """
    context = await plan_context(desk, await desk.store.server(call.actor.server))
    if "model" in call.options:
        return _detail(_found(str(call.options["model"]), context), context, call.actor.operator)
    makers = (model for model in context.catalogue.models() if not model.enlarges_only)
    shown = [model for model in makers if context.permits(model.id)]
    living = [model for model in shown if model.status_on(context.today) != "retired"]
    if desk.house.demo:
        living = [model for model in living if _purse(model.routes[0], context) == "free"]
    retired = tuple(model.name for model in shown if model.status_on(context.today) == "retired")
    topic = call.options.get("for")
    if topic is not None:
        living = [model for model in living if _serves(_best(model, context), topic)]
        living.sort(key=lambda model: _standing(model, topic, context))
    head = "models.head" if topic is None else f"models.head_{topic}"
    lines = [Text(key=head if living else "models.none"), *_preferred(context)]
    if topic == "references":
        lines += [*_lips(context), *_any_voices(context)]
    if retired and topic is None and not desk.house.demo:
        lines.append(Text(key="models.retired_head", facts={"names": retired}))
    rows = (_row(model, context, call.actor.operator) for model in living)
    return Reply(kind="list", lines=tuple(lines), rows=tuple(rows))


def _serves(route: Route, topic: str) -> bool:
    """Whether a model is of use for what somebody is looking for."""
    if topic == "price":
        return True
    if topic == "references":
        return any(window.role in _REFERENCES for window in route.windows)
    return topic in route.audio.kinds or route.strengths.get(topic, 0) > 0  # type: ignore[call-overload]


def _standing(model: Model, topic: str, context: PlanContext) -> tuple[bool, int, str]:
    """Those that can be used now first, then the ablest or the cheapest."""
    route = _best(model, context)
    shut = not context.has_key(route.provider)
    if topic == "price":
        credits = _credits(route, context)
        rank = 0 if _purse(route, context) == "free" else 2**62 if credits is None else credits
    elif topic == "references":
        rank = -sum(window.max_count for window in route.windows if window.role in _REFERENCES)
    else:
        rank = -route.strengths.get(topic, 0)  # type: ignore[call-overload]
    return shut, rank, model.id


def _found(name: str, context: PlanContext) -> Model:
    try:
        return context.catalogue.model(name)
    except UnknownModel as error:
        raise Refusal("unknown_model", asked=name, nearest=error.suggestions) from None


def _row(model: Model, context: PlanContext, operator: bool) -> Row:
    route = _best(model, context)
    seconds = options(route).seconds
    facts: dict[str, Any] = {
        "id": model.id,
        "name": model.name,
        "sound": Text(key="models.sound_native" if route.audio.native else "models.sound_none"),
        "lengths": seconds,
        "price": _price(route, context),
        "status": _status(model, context),
        "health": _health(route, context),
        "soundless": _soundless(route, context),
        "key": _key(route, context, operator),
    }
    plain = {
        "id": model.id,
        "name": model.name,
        "native_sound": route.audio.native,
        "seconds": seconds,
        "status": model.status_on(context.today),
        "has_key": context.has_key(route.provider),
        "credits_per_10_seconds": _credits(route, context),
    }
    return Row(text=Text(key="models.row", facts=facts), facts=plain)


def _detail(model: Model, context: PlanContext, operator: bool) -> Reply:
    route = _best(model, context)
    life = route.lifecycle
    lines = [Text(key="models.detail_head", facts={"name": model.name, "id": model.id})]
    if model.status_on(context.today) == "retired":
        facts = {
            "name": model.name,
            "since": life.retires.isoformat() if life.retires else None,
            "successor": model.replaced_by,
        }
        return Reply(kind="list", lines=(*lines, Text(key="models.retired", facts=facts)), private=True)
    lines += [
        Text(
            key="models.detail_status",
            facts={
                "status": life.status_on(context.today),
                "retires": life.retires.isoformat() if life.retires else None,
                "checked": life.checked.isoformat(),
            },
        ),
        Text(
            key="models.detail_sound",
            facts={
                "sound": Text(key="models.sound_native" if route.audio.native else "models.sound_none"),
                "kinds": tuple(Text(key=f"word.{kind}") for kind in route.audio.kinds),
                "languages": route.audio.languages,
            },
        ),
        *_speech(route),
        *(_lips(context) if route.window("voice") is None and _purse(route, context) != "free" else ()),
        *_voices(route, context),
        Text(key="models.detail_price", facts={"price": _price(route, context)}),
    ]
    for one in model.living(context.today):
        about: dict[str, Any] = {
            "provider": context.catalogue.provider(one.provider).name,
            "health": _health(one, context),
            "soundless": _soundless(one, context),
            "key": _key(one, context, operator),
        }
        lines.append(Text(key="models.detail_route", facts=about))
    lines += _voted(model, context)
    rows = [*(_shape(shape) for shape in route.offered), *(_window(window) for window in route.windows)]
    return Reply(kind="list", lines=tuple(lines), rows=tuple(rows), private=True)


def _lips(context: PlanContext) -> list[Text]:
    """Who makes the clips of any paid model say a recording here, if somebody does."""
    names = tuple(dict.fromkeys(route.name for route in lip_movers(context)))
    return [Text(key="models.lips", facts={"makers": names})] if names else []


def _any_voices(context: PlanContext) -> list[Text]:
    """Who makes voices of recordings for clips whose sound is added here, if somebody does."""
    names = tuple(maker.name for maker in voice_makers(None, context)) if context.house.adds_sound else ()
    return [Text(key="models.voices", facts={"makers": names})] if names else []


def _voices(route: Route, context: PlanContext) -> list[Text]:
    """Whether a model's clips can be spoken with a voice made of a recording, and who makes it."""
    if _takes_recordings(route) or not can_lend(route, context):
        return []
    names = tuple(maker.name for maker in voice_makers(route, context))
    key = "models.voices" if route.voices is None else "models.voices_native"
    return [Text(key=key, facts={"makers": names})]


def _takes_recordings(route: Route) -> bool:
    return any(route.window(role) is not None for role in ("reference-audio", "voice"))


def _speech(route: Route) -> list[Text]:
    """How well the speech was understood where it was measured, language by language."""
    heard = tuple(
        Text(
            key="models.heard_trial" if percent > _TRIAL_ABOVE_PERCENT else "models.heard",
            facts={"language": language, "percent": percent},
        )
        for language, percent in route.audio.misheard
    )
    return [Text(key="models.detail_speech", facts={"heard": heard})] if heard else []


def _voted(model: Model, context: PlanContext) -> list[Text]:
    """Where the votes of this server put a model, question by question."""
    found = []
    for question, table in context.learned.items():
        one = next((one for one in table.rated if one.model == model.id), None)
        if one is not None:
            rank = str(one.best) if one.best == one.worst else f"{one.best}–{one.worst}"
            facts = {
                "question": Text(key=f"question.{question}"),
                "model": model.name,
                "rank": rank,
                "count": len(table.rated),
                "votes": one.votes,
            }
            found.append(Text(key="models.voted", facts=facts))
    return found


def _preferred(context: PlanContext) -> list[Text]:
    """The models that are first by the votes of this server, which `auto` follows."""
    found = []
    for question, table in context.learned.items():
        first = tuple(_known_name(one.model, context) for one in table.rated if one.best == 1)
        if first and len(first) < len(table.rated):
            facts = {"question": Text(key=f"question.{question}"), "models": first}
            found.append(Text(key="models.voted_first", facts=facts))
    return found


def _known_name(model: str, context: PlanContext) -> str:
    try:
        return context.catalogue.model(model).name
    except UnknownModel:
        return model


def _shape(shape: Shape) -> Row:
    facts = {
        "modes": shape.modes,
        "resolutions": shape.resolutions,
        "aspects": shape.aspects,
        "lengths": shape.seconds,
    }
    return Row(text=Text(key="models.detail_shape", facts=facts), facts=facts)


def _window(window: Window) -> Row:
    facts = {
        "role": window.role,
        "count": window.max_count if window.max_count > 1 else None,
        "least": window.min_seconds,
        "most": window.max_seconds,
        "formats": window.formats,
    }
    return Row(text=Text(key="models.detail_input", facts=facts), facts=facts)


def _best(model: Model, context: PlanContext) -> Route:
    """The route that would serve: living, with a key, healthy, with its sound; else the first."""
    living = model.living(context.today) or model.routes
    keyed = [route for route in living if context.has_key(route.provider)]
    well = [r for r in keyed if health.usable(context.health.get(r.id), context.now_ms)]
    sounding = [r for r in well if _soundless(r, context) is None]
    return next(iter(sounding or well or keyed or living))


def _purse(route: Route, context: PlanContext) -> str:
    return context.catalogue.provider(route.provider).purse


def _credits(route: Route, context: PlanContext) -> int | None:
    """Credits for ten seconds of a usual clip; None where nobody knows."""
    modes = options(route).mode
    if not modes:
        return None
    mode = "text" if "text" in modes else modes[0]
    lengths = options(route, mode=mode).seconds
    nearest = min(lengths, key=lambda length: abs(length - _YARDSTICK_SECONDS))
    choice = complete(route, mode=mode, seconds=nearest)
    if choice is None:
        return None
    request = VideoRequest(
        model=route.model,
        prompt="…",
        mode=mode,
        seconds=choice.seconds,
        aspect=choice.aspect,
        resolution=choice.resolution,
        sound=choice.sound,
    )
    try:
        usd = price(route, request, context.today).usd
    except CatalogueError:
        return None
    house = context.house
    for_ten = usd * _YARDSTICK_SECONDS / Decimal(choice.seconds)
    return math.ceil(credits_for(for_ten, credit_usd=house.credit_usd, markup=house.markup))


def _price(route: Route, context: PlanContext) -> Text:
    if _purse(route, context) == "free":
        return Text(key="models.price_free")
    credits = _credits(route, context)
    if credits is None:
        return Text(key="models.price_unknown")
    return Text(key="models.price_10s", facts={"credits": credits})


def _status(model: Model, context: PlanContext) -> str | None:
    status = model.status_on(context.today)
    return None if status == "active" else status


def _health(route: Route, context: PlanContext) -> Text | None:
    known = context.health.get(route.id)
    if known is None or health.usable(known, context.now_ms):
        return None
    left = max(1, (health.opens_again_ms(known) - context.now_ms) // 1000)
    return Text(key="models.health_open", facts={"retry_in": left})


def _soundless(route: Route, context: PlanContext) -> Text | None:
    marked = soundness.soundless(context.health.get(route.id), context.now_ms)
    return Text(key="models.soundless") if marked else None


def _key(route: Route, context: PlanContext, operator: bool) -> Text | None:
    missing = context.missing_env(route.provider)
    if context.has_key(route.provider):
        return None
    return (
        Text(key="models.key_missing", facts={"variables": missing})
        if operator
        else Text(key="models.no_key")
    )
