"""The command table and the models with their prices, as the page's input needs them."""

from __future__ import annotations

from typing import Any

from bot.core.commands import COMMANDS, Command
from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Actor, Text, Wish
from bot.core.planner import Offer, offers
from bot.core.requests.call import listed, plan_context, usable
from bot.core.typed import parse
from bot.frontends.web.render import Words

_WHOLE = ("seconds",)
_WORDS = ("aspect", "resolution")


def commands(desk: Desk, actor: Actor, words: Words) -> list[dict[str, Any]]:
    """The commands that somebody may use, with their options, in their language."""
    return [
        _command(usable(desk, command), words, actor.language)
        for command in COMMANDS
        if listed(desk, actor, command, "web")
    ]


async def priced(desk: Desk, actor: Actor, typed: str, words: Words) -> list[dict[str, Any]]:
    """The models with the price of what is typed so far; those that can be had come first."""
    context = await plan_context(desk, await desk.store.server(actor.server))
    found = offers(context, wish_so_far(typed))
    return [_offer(offer, words, actor.language) for offer in found if offer.why_not != "demo_only"]


def wish_so_far(typed: str) -> Wish:
    """As much of a half-typed command as can be understood."""
    try:
        name, given = parse(typed)
    except Refusal:
        return Wish(prompt="")
    if name != "generate":
        return Wish(prompt="")
    whole = {key: int(given[key]) for key in _WHOLE if str(given.get(key, "")).isdigit()}
    plain = {key: str(given[key]) for key in _WORDS if given.get(key)}
    sound = given.get("sound")
    return Wish(
        prompt=str(given.get("prompt", "")),
        model=str(given.get("model") or "auto"),
        seconds=whole.get("seconds"),
        aspect=plain.get("aspect"),
        resolution=plain.get("resolution"),
        sound=sound if isinstance(sound, bool) else None,
    )


def _command(command: Command, words: Words, language: str) -> dict[str, Any]:
    return {
        "name": command.name,
        "help": words.say(Text(key=command.help), language),
        "options": [
            {
                "name": option.name,
                "kind": option.kind,
                "help": words.say(Text(key=option.help), language),
                "required": option.required,
                "free": option.free,
                "choices": list(option.choices),
                "least": option.least,
                "most": option.most,
            }
            for option in command.options
        ],
    }


def _offer(offer: Offer, words: Words, language: str) -> dict[str, Any]:
    if offer.why_not:
        said = words.say(Text(key=f"refusal.{offer.why_not}", facts=offer.facts), language)
    elif offer.purse == "free":
        said = words.say(Text(key="web.model_free"), language)
    else:
        said = words.say(Text(key="web.model_price", facts={"credits": offer.credits}), language)
    return {"id": offer.model, "name": offer.name, "price": said, "usable": not offer.why_not}
