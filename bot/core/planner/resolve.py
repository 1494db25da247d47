"""From a wish to a plan, and what else could be had for it. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Text, Wish
from bot.core.planner import choice
from bot.core.planner.auto import plan_auto
from bot.core.planner.context import Offer, PlanContext
from bot.core.planner.single import plan_on
from providers.catalogue import Model


def plan(wish: Wish, context: PlanContext) -> Plan:
    """The plan for a wish.

    Raises:
        Refusal: with a code of this package's table; nothing was charged.
    """
    if _is_auto(wish):
        wish, changes = _readable(wish)
        return plan_auto(wish, context, changes)
    model = choice.find_model(wish.model, context)
    wish, changes = _readable(wish)
    return plan_on(model, wish, context, adjustments=changes)


def needs_confirm(plan: Plan, house: House) -> tuple[str, ...]:
    """Why a quote has to ask first: `price`, `adjusted`; empty = it runs at once."""
    reasons = []
    if plan.purse == "paid" and plan.credits > house.confirm_above:
        reasons.append("price")
    if plan.adjustments:
        reasons.append("adjusted")
    return tuple(reasons)


def offers(context: PlanContext, wish_so_far: Wish) -> tuple[Offer, ...]:
    """The living models with the price of a half-spoken wish, those that can be had first."""
    if not _visible(wish_so_far.prompt):
        wish_so_far = replace(wish_so_far, prompt="…")
    found = [_offer(model, wish_so_far, context) for model in choice.living(context)]
    return tuple(sorted(found, key=lambda offer: (bool(offer.why_not), offer.purse == "free", offer.model)))


def _is_auto(wish: Wish) -> bool:
    return wish.model.strip().lower() in ("", "auto")


def _visible(prompt: str) -> bool:
    """Whether there is anything to read: blanks, controls and joiners alone are nothing."""
    return any(unicodedata.category(char)[0] not in "ZC" for char in prompt)


def _readable(wish: Wish) -> tuple[Wish, tuple[Text, ...]]:
    """The wish without characters that no vendor takes; whatever was removed is said."""
    if not any(map(_visible, (wish.prompt, *(shot.prompt for shot in wish.shots)))):
        raise Refusal("empty_prompt")
    prompt, dropped = _without_controls(wish.prompt)
    negative, more = _without_controls(wish.negative)
    shots = []
    for shot in wish.shots:
        text, count = _without_controls(shot.prompt)
        shots.append(replace(shot, prompt=text))
        more += count
    if not dropped + more:
        return wish, ()
    said = Text(key="adjust.control_characters", facts={"count": dropped + more})
    return replace(wish, prompt=prompt, negative=negative, shots=tuple(shots)), (said,)


def _without_controls(text: str) -> tuple[str, int]:
    kept = "".join(
        char for char in text if char in "\n\r\t" or unicodedata.category(char) not in ("Cc", "Cs")
    )
    return kept, len(text) - len(kept)


def _offer(model: Model, wish: Wish, context: PlanContext) -> Offer:
    free = choice.is_free(model, context)
    common = {
        "model": model.id,
        "name": model.name,
        "purse": "free" if free else "paid",
        "sound": "native" if any(route.audio.native for route in model.routes) else "silent",
    }
    try:
        found = plan_on(model, wish, context)
    except Refusal as refusal:
        return Offer(credits=None, why_not=refusal.code, facts=refusal.facts, **common)  # type: ignore[arg-type]
    return Offer(credits=found.credits, **common)  # type: ignore[arg-type]
