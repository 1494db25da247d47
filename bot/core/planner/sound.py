"""The plan for a new sound of a finished clip: no picture is made, the price is that of the sound. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.core.errors import Refusal
from bot.core.model import Plan, Text, Wish
from bot.core.planner.cloning import Lent, lend, lent_to_sound, require_words, said_of_loan
from bot.core.planner.context import PlanContext
from bot.core.planner.lips import spoken_by
from bot.core.planner.pricing import with_voice
from bot.core.planner.scoring import Scored, priced, score_of
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
            end, and what else `from_words` cannot read; as in `lent_to_sound` and `require_words` where it
            is to be spoken with a voice that is made for it; `switched_off_…`.
    """
    switch = context.off.of(wish.model)
    if switch is not None:
        code, why = said_of(switch, asked.model_name)
        raise Refusal(code, model=asked.model_name, model_id=wish.model, **why)
    credits, lent = 0, Lent(score=Score(plan=SoundPlan(), laid=asked.laid))
    said: tuple[Text, ...] = ()
    if asked.voice is not None and asked.picture is not None:
        credits, score, said = _said(asked, asked.voice, asked.picture, wish.model, context)
        lent = Lent(score=score)
    elif asked.way != "by-hand":
        credits, lent, said = _scored(asked, wish.model, context)
    score, voice = lent.score or Score(plan=SoundPlan()), lent.order
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
        cost_micro_usd=score.cost_micro_usd + (voice.cost_micro_usd if voice else 0),
        price_rows=(),
        lost="key",
        billed_when_moderated=False,
        deadline_seconds=0,
        keep_seconds=context.house.keep_days * _DAY_SECONDS,
        adjustments=said,
        notes=(
            Text(key=f"note.new_sound_{asked.way.replace('-', '_')}", facts={"job": asked.job}),
            *lent.notes,
        ),
        score=replace(
            score, clip=asked.clip, seconds=asked.seconds, keep_own=asked.way in ("under", "by-hand")
        ),
        voice=voice,
    )


def _said(
    asked: SoundWish, voice: MediaInput, picture: MediaInput, model: str, context: PlanContext
) -> tuple[int, Score, tuple[Text, ...]]:
    """The step that moves lips alone, for its own price."""
    spoken = spoken_by(voice, picture, context, model=asked.model_name, model_id=model)
    credits, score = priced(spoken.score, Decimal(0), context=context)
    return credits, score, spoken.adjustments


def _scored(asked: SoundWish, model: str, context: PlanContext) -> tuple[int, Lent, tuple[Text, ...]]:
    plan = from_words(asked.words)
    stated = (*(line.at_seconds for line in plan.lines), *(effect.at_seconds for effect in plan.effects))
    moments = [at for at in stated if at is not None]
    if moments and max(moments) >= asked.seconds:
        raise Refusal("laid_late", at=f"{max(moments):g}", seconds=f"{asked.seconds:.1f}")
    scored = score_of(plan, seconds=asked.seconds, context=context)
    if asked.lent is not None:
        return _spoken(asked, asked.lent, plan, scored, model, context)
    if plan.no_sound or not scored.score.pieces:
        raise Refusal("sound_nothing", job=asked.job)
    credits, score = priced(scored.score, Decimal(0), context=context)
    return credits, Lent(score=score), scored.adjustments


def _spoken(
    asked: SoundWish, recording: MediaInput, plan: SoundPlan, scored: Scored, model: str, context: PlanContext
) -> tuple[int, Lent, tuple[Text, ...]]:
    """The sound whose words are spoken with a voice that is made of a recording, and the price of both."""
    facts = {"model": asked.model_name, "model_id": model}
    loan = lent_to_sound(recording, context, **facts)
    require_words(plan, heard=not plan.no_sound, loan=loan, prompt="", **facts)
    lent = lend(loan, scored.score, context, route=asked.route, **facts)
    credits, score = priced(lent.score or scored.score, Decimal(0), context=context)
    usd = Decimal(score.cost_micro_usd) / 1_000_000
    credits, order = with_voice(lent.order, credits, usd, context.house)
    said = (*said_of_loan(loan, context), *scored.adjustments)
    return credits, replace(lent, score=score, order=order), said
