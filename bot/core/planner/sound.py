"""The plan for a new sound of a finished clip: no picture is made, the price is that of the sound. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.core.errors import Refusal
from bot.core.model import Plan, Text, Wish
from bot.core.planner.context import PlanContext
from bot.core.planner.lips import spoken_by
from bot.core.planner.scoring import priced, score_of
from bot.core.soundplan import from_words
from bot.core.sounds import Score, SoundPlan, SoundWish
from bot.core.switches import said_of
from providers.base import MediaInput, VideoRequest

_DAY_SECONDS: Final = 86_400


def plan_sound(wish: Wish, asked: SoundWish, context: PlanContext) -> Plan:
    """What it takes to give a clip another sound.

    Raises:
        Refusal: `audio_not_taken`, `media_…` where its speaker cannot say a recording; `sound_nothing` where
            nothing is to be heard, or nobody can make it; `laid_late` where something is to begin after the
            end, and what else `from_words` cannot read; `switched_off_…`.
    """
    switch = context.off.of(wish.model)
    if switch is not None:
        code, why = said_of(switch, asked.model_name)
        raise Refusal(code, model=asked.model_name, model_id=wish.model, **why)
    credits, score = 0, Score(plan=SoundPlan(), laid=asked.laid)
    said: tuple[Text, ...] = ()
    if asked.voice is not None and asked.picture is not None:
        credits, score, said = _said(asked, asked.voice, asked.picture, wish.model, context)
    elif asked.way != "by-hand":
        credits, score, said = _scored(asked, context)
    return Plan(
        route=asked.route,
        provider=asked.provider,
        model=wish.model,
        model_name=asked.model_name,
        request=VideoRequest(
            model=wish.model,
            prompt=wish.prompt,
            seconds=max(1, round(asked.seconds)),
            aspect=asked.aspect,
            resolution=asked.resolution,
        ),
        sound_path="voice" if asked.voice is not None else "soundtrack",
        purse="paid" if credits else "free",
        credits=credits,
        sound_credits=credits,
        cost_micro_usd=score.cost_micro_usd,
        price_rows=(),
        lost="key",
        billed_when_moderated=False,
        deadline_seconds=0,
        keep_seconds=context.house.keep_days * _DAY_SECONDS,
        adjustments=said,
        notes=(Text(key=f"note.new_sound_{asked.way.replace('-', '_')}", facts={"job": asked.job}),),
        score=replace(
            score, clip=asked.clip, seconds=asked.seconds, keep_own=asked.way in ("under", "by-hand")
        ),
    )


def _said(
    asked: SoundWish, voice: MediaInput, picture: MediaInput, model: str, context: PlanContext
) -> tuple[int, Score, tuple[Text, ...]]:
    """The step that moves lips alone, for its own price."""
    spoken = spoken_by(voice, picture, context, model=asked.model_name, model_id=model)
    credits, score = priced(spoken.score, Decimal(0), context=context)
    return credits, score, spoken.adjustments


def _scored(asked: SoundWish, context: PlanContext) -> tuple[int, Score, tuple[Text, ...]]:
    plan = from_words(asked.words)
    asked_for = (*(line.at_seconds for line in plan.lines), *(effect.at_seconds for effect in plan.effects))
    moments = [at for at in asked_for if at is not None]
    if moments and max(moments) >= asked.seconds:
        raise Refusal("laid_late", at=f"{max(moments):g}", seconds=f"{asked.seconds:.1f}")
    scored = score_of(plan, seconds=asked.seconds, context=context)
    if plan.no_sound or not scored.score.pieces:
        raise Refusal("sound_nothing", job=asked.job)
    credits, score = priced(scored.score, Decimal(0), context=context)
    return credits, score, scored.adjustments
