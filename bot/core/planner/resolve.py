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
from bot.core.planner.sound import plan_sound
from bot.core.spoken import takes_seconds, tidy, with_line
from providers.catalogue import Model


def plan(wish: Wish, context: PlanContext) -> Plan:
    """The plan for a wish.

    Raises:
        Refusal: with a code of this package's table; nothing was charged.
    """
    if wish.sound_for is not None:
        return plan_sound(wish, wish.sound_for, context)
    if _is_auto(wish):
        wish, changes, notes = _readable(wish)
        return _spoken(plan_auto(wish, context, changes), wish, notes)
    model = choice.find_model(wish.model, context)
    wish, changes, notes = _readable(wish)
    return _spoken(plan_on(model, wish, context, adjustments=changes), wish, notes)


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
    wish_so_far = _with_words(wish_so_far)
    found = [_offer(model, wish_so_far, context) for model in choice.living(context)]
    return tuple(sorted(found, key=lambda offer: (bool(offer.why_not), offer.purse == "free", offer.model)))


def _is_auto(wish: Wish) -> bool:
    return wish.model.strip().lower() in ("", "auto")


def _visible(prompt: str) -> bool:
    """Whether there is anything to read: blanks, controls and joiners alone are nothing."""
    return any(unicodedata.category(char)[0] not in "ZC" for char in prompt)


def _with_words(wish: Wish) -> Wish:
    """The wish with the words that were heard as a line of its prompt; of several shots the first says it."""
    if not wish.words:
        return wish
    if wish.shots and not _visible(wish.prompt):
        first, *rest = wish.shots
        said = replace(first, prompt=with_line(first.prompt, wish.words, wish.words_in))
        return replace(wish, shots=(said, *rest))
    return replace(wish, prompt=with_line(wish.prompt, wish.words, wish.words_in))


def _spoken(made: Plan, wish: Wish, notes: tuple[Text, ...]) -> Plan:
    """Say with the plan what was heard, and where it takes longer to say than the clip lasts."""
    needed = takes_seconds(wish.words)
    hurried = (
        (Text(key="note.dialogue_long", facts={"needed": round(needed), "seconds": made.request.seconds}),)
        if needed > made.request.seconds
        else ()
    )
    return replace(made, notes=(*notes, *made.notes, *hurried)) if notes or hurried else made


def _readable(wish: Wish) -> tuple[Wish, tuple[Text, ...], tuple[Text, ...]]:
    """The wish without characters that no vendor takes and with the words that were heard; what changed it,
    and what is only said."""
    facts = {"words": tidy(wish.words)}
    heard = (Text(key="adjust.dialogue", facts=facts),) if wish.words and wish.heard else ()
    known = (Text(key="note.dialogue_words", facts=facts),) if wish.words and not wish.heard else ()
    wish, changes = _cleaned(wish)
    return _with_words(wish), (*heard, *changes), known


def _cleaned(wish: Wish) -> tuple[Wish, tuple[Text, ...]]:
    if wish.words and not wish.shots and not _visible(wish.prompt):
        wish = replace(wish, prompt="…")
    if not any(map(_visible, (wish.prompt, *(shot.prompt for shot in wish.shots)))):
        raise Refusal("empty_prompt")
    prompt, dropped = _without_controls(wish.prompt)
    negative, more = _without_controls(wish.negative)
    words, lost = _without_controls(wish.words)
    more += lost
    shots = []
    for shot in wish.shots:
        text, count = _without_controls(shot.prompt)
        shots.append(replace(shot, prompt=text))
        more += count
    if not dropped + more:
        return wish, ()
    said = Text(key="adjust.control_characters", facts={"count": dropped + more})
    return replace(wish, prompt=prompt, negative=negative, shots=tuple(shots), words=words), (said,)


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
