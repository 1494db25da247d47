"""The plan for a wish on one model: its first usable route that can do it, with price and warnings. Pure."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Text, Wish
from bot.core.planner import choice
from bot.core.planner.cloning import Lent, lend
from bot.core.planner.context import PlanContext
from bot.core.planner.lips import Spoken, picture_of, spoken_by
from bot.core.planner.pricing import Cost, cost_of, with_voice
from bot.core.planner.request import Draft, draft
from bot.core.planner.scoring import Scored, priced, score_of
from bot.core.soundplan import read_plan, spoken_lines
from bot.core.sounds import Score, VoiceOrder
from providers.catalogue import Model, Route

_DAY_SECONDS: Final = 86_400


def plan_on(
    model: Model,
    wish: Wish,
    context: PlanContext,
    *,
    adjustments: tuple[Text, ...] = (),
    notes: tuple[Text, ...] = (),
) -> Plan:
    """The plan on the first usable route that can do it; its first route says why none can."""
    if model.enlarges_only and wish.mode != "upscale":
        raise Refusal("only_enlarges", model=model.name, model_id=model.id)
    refusals: list[Refusal] = []
    for route in choice.require_routes(model, context):
        try:
            return plan_by(route, model, wish, context, adjustments=adjustments, notes=notes)
        except Refusal as refusal:
            refusals.append(refusal)
    raise _with_ways_out(refusals[0], context)


def _with_ways_out(refusal: Refusal, context: PlanContext) -> Refusal:
    """Name the models that could do it, where another model is the way out."""
    if refusal.code == "no_sound":
        refusal.facts["models"] = choice.names_with_sound(context)
    elif refusal.code in ("audio_not_taken", "no_voice_maker"):
        lent = refusal.facts.get("audio_as") == "reference"
        refusal.facts["models"] = choice.names_with_audio_input(context, lent=lent)
    elif refusal.code == "not_taken" and refusal.facts["field"] == "shots":
        refusal.facts["models"] = choice.names_with_shots(context)
    return refusal


def plan_by(
    route: Route,
    model: Model,
    wish: Wish,
    context: PlanContext,
    *,
    adjustments: tuple[Text, ...] = (),
    notes: tuple[Text, ...] = (),
) -> Plan:
    """The plan by this route.

    Raises:
        Refusal: it cannot do it.
    """
    provider = context.catalogue.provider(route.provider)
    made = draft(wish, route, context)
    # A sound that was there before is no part of this price.
    heard = made.sound_path not in ("silent", "kept")
    if provider.purse == "free" and heard:
        _require_voice(made, model, context.house)
    # Which voice it will be is known once it is made; that there is one changes the price.
    speaking = ("",) if made.loan is not None and made.loan.native else ()
    asked = replace(made.request, voices=speaking)
    cost = cost_of(route, provider, asked, context.house, context.today, heard=heard)
    scored = _scored(made, wish, route, context)
    lent = _lent(made, scored, route, context)
    credits, score, voice = _shared(cost, lent.score, lent.order, context)
    said: tuple[Text, ...] = ()
    if scored is not None and score is not None and not score.credits:
        said = (Text(key="note.sound_added", facts={"model": model.name}),)
    share = (score.credits if score else 0) or cost.sound_credits
    return Plan(
        route=route.id,
        provider=provider.id,
        model=model.id,
        model_name=model.name,
        request=made.request,
        sound_path=made.sound_path,
        purse=provider.purse,
        credits=credits,
        sound_credits=share + (voice.credits if voice else 0),
        cost_micro_usd=cost.micro_usd
        + (score.cost_micro_usd if score else 0)
        + (voice.cost_micro_usd if voice else 0),
        price_rows=cost.rows,
        lost=route.lost,
        billed_when_moderated=route.billed_when_moderated,
        deadline_seconds=math.ceil(provider.poll.deadline_seconds),
        keep_seconds=route.link_seconds or context.house.keep_days * _DAY_SECONDS,
        adjustments=(*adjustments, *made.adjustments, *(scored.adjustments if scored else ())),
        notes=(*notes, *_warnings(route, model), *made.notes, *lent.notes, *said),
        score=score,
        voice=voice,
    )


def _lent(made: Draft, scored: Scored | Spoken | None, route: Route, context: PlanContext) -> Lent:
    """The sound with the voice that is made for it, if one is."""
    score = scored.score if scored is not None else None
    if made.loan is None:
        return Lent(score=score)
    return lend(made.loan, score, context, route=route.id, model=route.name, model_id=route.model)


def _shared(
    cost: Cost, score: Score | None, order: VoiceOrder | None, context: PlanContext
) -> tuple[int, Score | None, VoiceOrder | None]:
    """Picture, sound and voice together, rounded up once, and what each of them adds."""
    credits, usd = cost.credits, cost.usd
    if score is not None:
        credits, score = priced(score, usd, context=context)
        usd += Decimal(score.cost_micro_usd) / 1_000_000
    credits, order = with_voice(order, credits, usd, context.house)
    return credits, score, order


def _scored(made: Draft, wish: Wish, route: Route, context: PlanContext) -> Scored | Spoken | None:
    """The sound that we add to a silent picture; None where none is added, or a recording is laid."""
    if made.said is not None:
        picture = picture_of(route, made.request)
        return spoken_by(made.said, picture, context, model=route.name, model_id=route.model)
    if made.sound_path != "soundtrack" or made.laid_under:
        return None
    plan = read_plan(wish.prompt, wish.shots)
    return score_of(plan, seconds=float(made.request.seconds), context=context)


def _require_voice(made: Draft, model: Model, house: House) -> None:
    lines = spoken_lines(made.request.prompt)
    if lines and house.voice_missing:
        raise Refusal(
            "voice_missing",
            reason=house.voice_missing,
            line=lines[0],
            model=model.name,
            model_id=model.id,
        )


def _warnings(route: Route, model: Model) -> tuple[Text, ...]:
    said = []
    life = route.lifecycle
    if life.status == "deprecated" or life.retires is not None:
        facts = {
            "model": model.name,
            "retires": life.retires.isoformat() if life.retires else "",
            "successor": life.replaced_by,
        }
        said.append(Text(key="note.deprecated", facts=facts))
    if route.billed_when_moderated:
        said.append(Text(key="note.billed_when_moderated", facts={"model": model.name}))
    return tuple(said)
