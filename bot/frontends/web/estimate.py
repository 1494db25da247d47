"""What a half-typed wish would cost, and the values an option can take beside it, each with its price.

Asks the planner, which is pure; nothing is held and no file is looked at.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

from bot.core.commands import find_command
from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Actor, Plan, Text, Wish
from bot.core.planner import HOPELESS, PlanContext, plan
from bot.core.requests.balance import standing_of
from bot.core.requests.call import place_of, plan_context, usable
from bot.frontends.web.menu import wish_so_far
from bot.frontends.web.render import Words
from providers.base import MediaInput, Role
from providers.catalogue import options

Dimension = Literal["seconds", "aspect", "resolution"]

DIMENSIONS: Final[tuple[Dimension, ...]] = ("seconds", "aspect", "resolution")
_HALF = re.compile(r"(?:^|\s)(?:--|—)[\w-]*(?:[ =]\S*)?$")
_SHOWN: Final = 24
_ROLES: Final[Mapping[str, Role]] = {"voice": "voice", "soundtrack": "soundtrack"}
# No file is looked at here: a recording as long as most voice notes that are used.
_RECORDING: Final = MediaInput(
    role="reference-audio",
    kind="audio",
    path=Path("recording"),
    mime="audio/ogg",
    size_bytes=1,
    seconds=12.0,
)


async def price(desk: Desk, actor: Actor, typed: str, words: Words) -> dict[str, Any]:
    """The price of what is typed so far, or why it cannot be had; empty where nothing is typed."""
    wish = _wish(typed)
    if not wish.prompt.strip():
        return {}
    context = await _context(desk, actor)
    try:
        made = plan(wish, context)
    except Refusal as refusal:
        said = words.say(Text(key=f"refusal.{refusal.code}", facts=refusal.facts), actor.language)
        return {"ok": False, "text": said}
    facts = {
        "model": made.model_name,
        "seconds": made.request.seconds,
        "price": _price(made, words, actor.language),
    }
    return {"ok": True, "text": words.say(Text(key="web.estimate", facts=facts), actor.language)}


async def choices(
    desk: Desk, actor: Actor, dimension: Dimension, typed: str, words: Words
) -> list[dict[str, Any]]:
    """The values that a dimension can take on the model that is meant, those that can be had first."""
    wish = _with(_wish(typed), dimension, None)
    if not wish.prompt.strip():
        wish = replace(wish, prompt="…")
    context = await _context(desk, actor)
    try:
        model = desk.catalogue.model(plan(wish, context).model)
    except Refusal:
        return []
    wish = replace(wish, model=model.id)
    values: dict[Any, None] = {}
    for route in model.living(context.today):
        values.update(dict.fromkeys(options(route).of(dimension)))
    found = []
    for value in sorted(values) if dimension == "seconds" else values:
        try:
            made = plan(_with(wish, dimension, value), context)
        except Refusal as refusal:
            why = words.say(Text(key=f"refusal.{refusal.code}", facts=refusal.facts), actor.language)
            found.append({"value": str(value), "note": why, "usable": False})
        else:
            said = _price(made, words, actor.language)
            found.append({"value": str(value), "note": said, "usable": True})
    return sorted(found, key=lambda one: not one["usable"])[:_SHOWN]


async def uses(desk: Desk, actor: Actor, typed: str, words: Words) -> list[dict[str, Any]]:
    """What a recording can be for on the model that is meant, with the price or what is still missing."""
    wish = _wish(typed)
    if not wish.prompt.strip():
        wish = replace(wish, prompt="…")
    context = await _context(desk, actor)
    option = usable(desk, find_command("generate")).option("audio_as")
    found = []
    for use in option.choices if option is not None else ():
        as_said: Any = use
        recording = replace(_RECORDING, role=_ROLES.get(use, "reference-audio"))
        try:
            made = plan(replace(wish, audio_as=as_said, media=(recording,)), context)
        except Refusal as refusal:
            why = words.say(Text(key=f"refusal.{refusal.code}", facts=refusal.facts), actor.language)
            # A file or words that are missing can still be added; a use that the model has not cannot.
            found.append({"value": use, "note": why, "usable": refusal.code not in HOPELESS})
        else:
            said = _price(made, words, actor.language)
            found.append({"value": use, "note": said, "usable": True})
    return sorted(found, key=lambda one: not one["usable"])


def _wish(typed: str) -> Wish:
    """As much as can be understood, without the option that is being typed."""
    wish = wish_so_far(typed)
    return wish if wish.prompt else wish_so_far(_HALF.sub("", typed))


def _with(wish: Wish, dimension: Dimension, value: Any) -> Wish:
    changed: dict[str, Any] = {dimension: value}
    return replace(wish, **changed)


async def _context(desk: Desk, actor: Actor) -> PlanContext:
    place, wallet = await asyncio.gather(
        place_of(desk, actor), desk.store.wallet(actor.person.key, actor.person.name)
    )
    paid = await standing_of(desk, place, actor, wallet, "paid")
    return await plan_context(desk, place.server, paid_ok=paid.have != 0)


def _price(made: Plan, words: Words, language: str) -> str:
    if made.purse == "free":
        return words.say(Text(key="web.model_free"), language)
    return words.say(Text(key="web.model_price", facts={"credits": made.credits}), language)
