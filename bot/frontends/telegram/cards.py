"""The card of `/generate`: a message with buttons that shows the price as it changes. Plans, buys nothing.

The price comes from the same planner that the command uses; what the button promises is what is charged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bot.core.commands import find_command
from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Actor, Plan, Text, Wish
from bot.core.planner import HOPELESS, PlanContext, offers, plan
from bot.core.requests.balance import standing_of
from bot.core.requests.call import place_of, plan_context
from bot.frontends.telegram.keyboard import PANEL, Key
from bot.frontends.telegram.panels import EMPTY, PROMPT, Panel
from bot.frontends.telegram.reader import Sent
from bot.frontends.telegram.render import Words, cut, quiet
from providers.base import MediaInput
from providers.catalogue import UnknownModel, options

AUTO: Final = "auto"
_SHAPES: Final = ("seconds", "aspect", "resolution")
_MENUS: Final = ("model", "seconds", "aspect", "resolution", "sound", "audio_as")
_PAGE: Final = 12
_PROMPT_SHOWN: Final = 600
_NOWHERE: Final = Path("not-fetched-yet")
_ROLES: Final[Mapping[str, str]] = {
    "image": "first-frame",
    "last_image": "last-frame",
    "video": "source-video",
    "voice": "voice",
    "soundtrack": "soundtrack",
}
# In both, for what is said of a plan on the card and again by the command's quote.
_AGREED: Final = ("model", "credits", "purse", "seconds", "resolution", "aspect", "sound", "adjustments")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A panel as a message: words, rows of buttons, and what its last button would agree to."""

    text: str
    rows: tuple[tuple[Key, ...], ...]
    agreed: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Preview:
    context: PlanContext
    wish: Wish
    plan: Plan | None
    refusal: Refusal | None
    have: int | None


async def show(desk: Desk, actor: Actor, panel: Panel, words: Words) -> Shown:
    """The card as it is to be shown now."""
    preview = await _preview(desk, actor, panel)
    if panel.open in _MENUS:
        return await _menu(desk, panel, preview, words)
    return _overview(panel, preview, words)


def options_of(panel: Panel) -> dict[str, Any]:
    """What the card asks for, as options of `/generate`."""
    return {name: value for name, value in panel.values.items() if name != "spoiler"}


def same(agreed: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Whether a quote is what the card showed when its button was pressed."""
    return bool(agreed) and all(agreed.get(name) == facts.get(name) for name in _AGREED)


# ---------------------------------------------------------------------------------------------
# The wish and its price


async def _preview(desk: Desk, actor: Actor, panel: Panel) -> _Preview:
    place = await place_of(desk, actor)
    wallet = await desk.store.wallet(actor.person.key, actor.person.name)
    standing = await standing_of(desk, place, actor, wallet, "paid")
    context = await plan_context(desk, place.server, paid_ok=standing.have != 0)
    wish = wish_of(panel)
    try:
        made = await asyncio.to_thread(plan, wish, context)
    except Refusal as refusal:
        return _Preview(context=context, wish=wish, plan=None, refusal=refusal, have=standing.have)
    if made.purse == "free":
        standing = await standing_of(desk, place, actor, wallet, "free")
    return _Preview(context=context, wish=wish, plan=made, refusal=None, have=standing.have)


def wish_of(panel: Panel) -> Wish:
    """The wish behind a card; files are known by what Telegram says of them, which is enough for a price."""
    given = panel.values
    seconds = given.get("seconds", "")
    sound = {"on": True, "off": False}.get(given.get("sound", ""))
    audio_as: Any = given.get("audio_as") or None
    return Wish(
        prompt=given.get(PROMPT) or "…",
        model=given.get("model", AUTO),
        seconds=int(seconds) if seconds.isdigit() else None,
        aspect=given.get("aspect") or None,
        resolution=given.get("resolution") or None,
        sound=sound,
        negative=given.get("negative", ""),
        seed=int(given["seed"]) if given.get("seed", "").isdigit() else None,
        audio_as=audio_as,
        media=tuple(_input(option, file, audio_as) for option, file in panel.files),
    )


def _input(option: str, file: Sent, audio_as: str | None) -> MediaInput:
    if option == "audio":
        role: Any = _ROLES.get(audio_as or "", "reference-audio")
    elif option == "references":
        role = f"reference-{file.kind}"
    else:
        role = _ROLES[option]
    return MediaInput(
        role=role,
        kind="audio" if option == "audio" else file.kind,
        path=_NOWHERE,
        mime=file.mime or "application/octet-stream",
        size_bytes=file.size_bytes,
        seconds=file.seconds,
    )


# ---------------------------------------------------------------------------------------------
# All fields


def _overview(panel: Panel, preview: _Preview, words: Words) -> Shown:
    def say(key: str, **facts: Any) -> str:
        return words.say(Text(key=key, facts=facts), panel.language)

    prompt = panel.values.get(PROMPT, "")
    lines = [say("telegram.card"), ""]
    lines.append(f"“{quiet(cut(prompt, _PROMPT_SHOWN))}”" if prompt else say("telegram.card_no_prompt"))
    lines.append("")
    agreed: Mapping[str, Any] = {}
    made = preview.plan
    if made is not None:
        lines += _said(made, preview, say)
        agreed = _facts(made)
    elif preview.refusal is not None:
        lines.append(say(f"refusal.{preview.refusal.code}", **preview.refusal.facts))
    rows = [
        (_key(panel, say("telegram.field_prompt"), "ask", PROMPT),),
        (_value_key(panel, preview, "model", say),),
        (_value_key(panel, preview, "seconds", say), _value_key(panel, preview, "aspect", say)),
        (_value_key(panel, preview, "resolution", say), _value_key(panel, preview, "sound", say)),
        (_file_key(panel, "image", say), _file_key(panel, "audio", say)),
    ]
    if panel.file("audio") is not None:
        rows.append((_value_key(panel, preview, "audio_as", say),))
    rows.append((_spoiler_key(panel, say),))
    if made is not None and prompt:
        rows.append((_key(panel, say(f"telegram.generate_{made.purse}", credits=made.credits), "go"),))
    rows.append((_key(panel, say("telegram.close"), "close"),))
    return Shown(text="\n".join(lines), rows=tuple(rows), agreed=agreed)


def _said(made: Plan, preview: _Preview, say: Any) -> list[str]:
    request = made.request
    lines = [
        say(
            "quote.head",
            model=made.model_name,
            seconds=request.seconds,
            resolution=request.resolution,
            aspect=request.aspect,
            sound=made.sound_path,
        )
    ]
    lines += [say(text.key, **text.facts) for text in (*made.adjustments, *made.notes)]
    lines.append(say(f"quote.price_{made.purse}", credits=made.credits))
    if preview.have is not None:
        lines.append(say(f"quote.balance_{made.purse}", have=preview.have))
    return lines


def _facts(made: Plan) -> dict[str, Any]:
    return {
        "model": made.model,
        "credits": made.credits,
        "purse": made.purse,
        "seconds": made.request.seconds,
        "resolution": made.request.resolution,
        "aspect": made.request.aspect,
        "sound": made.sound_path,
        "adjustments": [text.key for text in made.adjustments],
    }


def _key(panel: Panel, label: str, *words: str) -> Key:
    return Key(label=label, words=(PANEL, panel.id, *words))


def _value_key(panel: Panel, preview: _Preview, name: str, say: Any) -> Key:
    """A field with its value; what is left open shows what it comes to."""
    value = panel.values.get(name, "")
    shown = _shown_value(name, value, say) if value else say("telegram.auto")
    if not value and preview.plan is not None and name in _SHAPES:
        shown = _shown_value(name, str(getattr(preview.plan.request, name)), say)
    if name == "model" and value:
        shown = preview.plan.model_name if preview.plan is not None else _name(value, preview.context)
    return _key(panel, say("telegram.field", name=say(f"telegram.field_{name}"), value=shown), "open", name)


def _name(model: str, context: PlanContext) -> str:
    try:
        return context.catalogue.model(model).name
    except UnknownModel:
        return model


def _file_key(panel: Panel, option: str, say: Any) -> Key:
    file = panel.file(option)
    name = say(f"telegram.field_{option}")
    if file is None:
        return _key(panel, say("telegram.field", name=name, value=EMPTY), "ask", option)
    shown = say("telegram.file_seconds", seconds=file.seconds) if file.seconds else "✓"
    return _key(panel, say("telegram.field_remove", name=name, value=shown), "drop", option)


def _spoiler_key(panel: Panel, say: Any) -> Key:
    on = panel.values.get("spoiler") == "on"
    shown = say("telegram.on" if on else "telegram.off")
    label = say("telegram.field", name=say("telegram.field_spoiler"), value=shown)
    return _key(panel, label, "set", "spoiler", "" if on else "on")


def _shown_value(name: str, value: str, say: Any) -> str:
    if name == "seconds":
        return f"{value}\u00a0s"
    if name == "sound":
        return str(say(f"telegram.{value}"))
    if name == "audio_as":
        return str(say(f"telegram.audio_{value}"))
    return value


# ---------------------------------------------------------------------------------------------
# The answers to one field


async def _menu(desk: Desk, panel: Panel, preview: _Preview, words: Words) -> Shown:
    def say(key: str, **facts: Any) -> str:
        return words.say(Text(key=key, facts=facts), panel.language)

    name = panel.open
    answers = await asyncio.to_thread(_answers, panel, preview, say)
    first = panel.page * _PAGE
    keys = [_key(panel, label, "set", name, value) for value, label in answers[first : first + _PAGE]]
    wide = 1 if name in ("model", "audio_as") else 3
    rows = [tuple(keys[at : at + wide]) for at in range(0, len(keys), wide)]
    turn = []
    if panel.page:
        turn.append(_key(panel, "‹", "page", name, str(panel.page - 1)))
    if len(answers) > first + _PAGE:
        turn.append(_key(panel, "›", "page", name, str(panel.page + 1)))
    recording = name == "audio_as" and not panel.values.get(PROMPT)
    title = say("telegram.what_recording" if recording else f"telegram.choose_{name}")
    rows += [tuple(turn)] if turn else []
    rows.append(
        (
            _key(
                panel,
                say("telegram.close" if recording else "telegram.back"),
                "close" if recording else "back",
            ),
        )
    )
    return Shown(text=title, rows=tuple(rows), agreed=panel.agreed)


def _answers(panel: Panel, preview: _Preview, say: Any) -> list[tuple[str, str]]:
    name, context = panel.open, preview.context
    if name == "sound":
        return [("", say("telegram.auto")), *((word, say(f"telegram.{word}")) for word in ("on", "off"))]
    if name == "audio_as":
        option = find_command("generate").option("audio_as")
        assert option is not None
        return [(word, say(f"telegram.audio_{word}")) for word in option.choices if _serves(word, preview)]
    if name == "model":
        found = [offer for offer in offers(context, preview.wish) if not offer.why_not]
        return [
            (AUTO, say("telegram.auto")),
            *((offer.model, f"{offer.name} · {_price(offer.credits, offer.purse, say)}") for offer in found),
        ]
    priced = [("", say("telegram.auto"))]
    for value in _possible(name, preview):
        wanted: Any = int(value) if name == "seconds" else value
        try:
            made = plan(replace(preview.wish, **{name: wanted}), context)
        except Refusal:
            continue
        priced.append((value, f"{_shown_value(name, value, say)} · {_price(made.credits, made.purse, say)}"))
    return priced


def _serves(use: str, preview: _Preview) -> bool:
    """Whether the models in question can do this with the recording; what cannot be is not offered."""
    wanted: Any = use
    media = tuple(
        replace(item, role=_ROLES.get(use, "reference-audio")) if item.kind == "audio" else item  # type: ignore[arg-type]
        for item in preview.wish.media
    )
    try:
        plan(replace(preview.wish, audio_as=wanted, media=media), preview.context)
    except Refusal as refusal:
        # A file that is missing can still be added; a use that nobody has cannot.
        return refusal.code not in HOPELESS
    return True


def _price(credits: int | None, purse: str, say: Any) -> str:
    return str(say("web.model_free" if purse == "free" else "web.model_price", credits=credits or 0))


def _possible(name: str, preview: _Preview) -> Sequence[str]:
    """Every value that the models in question know; which go together with the rest is tried afterwards."""
    context = preview.context
    wanted = preview.wish.model
    values: set[Any] = set()
    for model in context.catalogue.models():
        if wanted in (AUTO, model.id) and context.permits(model.id) and not model.enlarges_only:
            for route in model.living(context.today):
                values.update(getattr(options(route), name))
    return [str(value) for value in sorted(values, key=_by_size)]


def _by_size(value: Any) -> tuple[float, str]:
    digits = "".join(char for char in str(value).split(":")[0] if char.isdigit())
    return (float(digits or 0), str(value))
