"""Once more, with other words or on another model: the buttons that begin with a wish there already was."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.core.coercion import coerce
from bot.core.commands import PROMPT_CHARACTERS, find_command
from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Job, Text, Wish
from bot.core.names import account_names, with_names
from bot.core.planner import MOST_COMPARED, Offer, PlanContext, named_models, offers, plan_together
from bot.core.replies import Choice, FormField, FormView, Reply
from bot.core.requests.access import seen_job
from bot.core.requests.call import Call, place_of, plan_context
from bot.core.requests.consent import origin_of
from bot.core.requests.contests import compare
from bot.core.requests.dialogue import MOST_CHARACTERS
from bot.core.requests.ordering import not_blocked, order
from bot.core.requests.reception import receive, require_files
from bot.core.shots import read_shots, say_shots
from bot.core.spoken import tidy
from providers.base import MediaInput
from providers.catalogue import UnknownModel, options

_COMPARE: Final = "compare"  # several models instead of one
AUTO: Final = "auto"  # "as the model likes": the answer of a choice that stands for none
_CHOICES: Final = 25
# Models that are shut here whatever is wished for.
_SHUT: Final = frozenset({"demo_only", "missing_key", "model_denied", "price_unknown", "route_down"})
_PLAIN: Final = ("prompt", "model", "negative", "seconds", "aspect", "resolution", "seed", "shots")


async def again(desk: Desk, call: Call) -> Reply:
    """The same wish once more, for whoever pressed.

    Raises:
        Refusal: `no_such_job` where the clip is not theirs to see.
    """
    job = await seen_job(desk, call)
    await not_blocked(desk, call)
    await require_files(job.wish.media)
    sound = job.wish.sound_for
    files = () if sound is None else (sound.clip, *(piece.path for piece in sound.laid))
    if not all([await asyncio.to_thread(path.is_file) for path in files]):
        raise Refusal("files_gone")
    return await order(desk, call, job.wish)


def wished(job: Job) -> Wish:
    """The wish for the picture; a new sound belonged to one clip alone."""
    return replace(job.wish, sound_for=None)


async def edit_form(desk: Desk, call: Call) -> Reply:
    """The wish of a clip, to be changed.

    Raises:
        Refusal: `no_such_job`; `files_gone` where a file that belongs to it is no longer kept.
    """
    job = await seen_job(desk, call)
    await require_files(wished(job).media)
    place = await place_of(desk, call.actor)
    context = await plan_context(desk, place.server)
    fields = _edit_fields(job, context)
    return _form("edit", job, "form.edit", Text(key="form.make"), fields)


async def edit(desk: Desk, call: Call) -> Reply:
    """Make the clip anew with the answers; its files are kept unless others came for the same place.

    Raises:
        Refusal: nothing was charged.
    """
    job = await seen_job(desk, call)
    await not_blocked(desk, call)
    command = find_command("generate")
    given = {name: value for name, value in call.values.items() if value and value != AUTO}
    known = [name for name in (*_PLAIN, "sound", "audio_as") if name in given]
    # A prompt that was not asked about is there already; the command alone would miss it.
    there = {} if "prompt" in call.values else {"prompt": wished(job).prompt or "…"}
    values = coerce(command, {**there, **{name: given[name] for name in known}})
    if "shots" in call.values:
        values["shots"] = read_shots(values.get("shots", ""))
    media = _together(
        wished(job).media,
        await receive(desk, call.files, audio_as=values.get("audio_as", wished(job).audio_as)),
    )
    await require_files(media)
    wish = _changed(wished(job), call.values, values)
    texts = (wish.prompt, *(shot.prompt for shot in wish.shots))
    audio_as = values.get("audio_as", wish.audio_as)
    media = with_names(media, texts, account_names(desk.house.names, wish.model, desk.catalogue))
    wish = replace(wish, media=media, audio_as=audio_as)
    if sent := call.files.get("audio"):
        # Another recording stands for what was heard in the one before.
        wish = replace(wish, voice_from=origin_of(sent), words="", still=await _still(desk, job))
    return await order(desk, call, wish)


async def other_model_form(desk: Desk, call: Call) -> Reply:
    """The models that can do the same wish, with their prices.

    Raises:
        Refusal: `no_such_job`, `files_gone`; `no_other_model` where there is none.
    """
    job = await seen_job(desk, call)
    await require_files(wished(job).media)
    context = await plan_context(desk, (await place_of(desk, call.actor)).server)
    able = [
        _choice(offer)
        for offer in offers(context, wished(job))
        if offer.credits is not None and offer.model != job.plan.model
    ]
    if not able:
        raise Refusal("no_other_model", model=job.plan.model_name)
    compared = Choice(
        value=_COMPARE, label=Text(key="button.compare_all"), hint=Text(key="form.compare_hint")
    )
    shown = job.destination.platform in find_command("compare").platforms
    choices = (*able[: _CHOICES - 1], *((compared,) if shown else ()))
    field = FormField(name="model", label=Text(key="field.model"), required=True, choices=choices)
    return _form("other-model", job, "form.other_model", Text(key="form.make"), (field,))


async def other_model(desk: Desk, call: Call) -> Reply:
    """The same wish on the chosen model.

    Raises:
        Refusal: nothing was charged.
    """
    job = await seen_job(desk, call)
    await not_blocked(desk, call)
    if not call.values.get("model"):
        raise Refusal("missing_value", option="model")
    await require_files(wished(job).media)
    if call.values["model"] == _COMPARE:
        return await _compared(desk, call, job)
    values = coerce(find_command("generate"), {"prompt": wished(job).prompt, "model": call.values["model"]})
    return await order(desk, call, replace(wished(job), model=values["model"]))


async def _compared(desk: Desk, call: Call, job: Job) -> Reply:
    """The same wish blind on the clip's own model and those that suit best besides it."""
    context = await plan_context(desk, (await place_of(desk, call.actor)).server)
    others = [one for one in offers(context, wished(job)) if one.credits is not None]
    paid = [one for one in others if one.purse == "paid" and one.model != job.plan.model]
    best = sorted(paid, key=lambda one: (one.sound != "native", -_strength(one.model, context), one.model))
    chosen = [job.plan.model]
    for one in best:
        with contextlib.suppress(Refusal):
            models = named_models(", ".join((*chosen, one.model)), context)
            plan_together(wished(job), models, context)
            chosen.append(one.model)
        if len(chosen) == MOST_COMPARED:
            break
    if len(chosen) == 1:
        raise Refusal("no_other_model", model=job.plan.model_name)
    return await compare(desk, call, wished(job), ", ".join(chosen), desk.house.compare_hours)


def _strength(model: str, context: PlanContext) -> int:
    return max(sum(route.strengths.values()) for route in context.catalogue.model(model).routes)


async def _still(desk: Desk, job: Job) -> MediaInput | None:
    """A picture of the clip that was answered, for a model that takes a recording only beside one."""
    if job.clip is None or not job.clip.poster:
        return None
    path = desk.blobs.path(job.clip.poster)
    if not await asyncio.to_thread(path.is_file):
        return None
    size = (await asyncio.to_thread(path.stat)).st_size
    return MediaInput(role="reference-image", kind="image", path=path, mime="image/jpeg", size_bytes=size)


# ---------------------------------------------------------------------------------------------
# Forms


def _form(action: str, job: Job, head: str, submit: Text, fields: tuple[FormField, ...]) -> Reply:
    title = Text(key=head, facts={"model": job.plan.model_name})
    return Reply(
        kind="form",
        lines=(title,),
        form=FormView(action=action, target=job.id, title=title, submit=submit, fields=fields),
        private=True,
        job=job.id,
        facts={"values": {field.name: field.value for field in fields}},
    )


def _edit_fields(job: Job, context: PlanContext) -> tuple[FormField, ...]:
    wish = wished(job)
    command = find_command("generate")

    def field(name: str, value: object, **more: Any) -> FormField:
        option = command.option(name)
        most = (option.most or 0) if option is not None and option.kind == "string" else 0
        text = "" if value is None else str(value)
        return FormField(name=name, label=Text(key=f"field.{name}"), value=text, most=most, **more)

    shapes = _shapes(job, context)
    aspects = _plain_choices(shapes["aspect"], wish.aspect)
    sizes = _plain_choices(shapes["resolution"], wish.resolution)
    return (
        field("prompt", wish.prompt[:PROMPT_CHARACTERS], long=True, required=not wish.shots),
        *((field("shots", say_shots(wish.shots), long=True),) if wish.shots else ()),
        *((_words_field(wish),) if wish.words else ()),
        field("model", wish.model or AUTO, choices=_models(wish, context)),
        field("seconds", wish.seconds),
        field("aspect", wish.aspect or AUTO, choices=aspects),
        field("resolution", wish.resolution or AUTO, choices=sizes),
        field(
            "sound",
            "off" if wish.sound is False else "on",
            choices=tuple(Choice(value=word, label=Text(key=f"word.{word}")) for word in ("on", "off")),
        ),
        field("negative", wish.negative, long=True),
        field("seed", wish.seed),
    )


def _words_field(wish: Wish) -> FormField:
    """The line that was heard in a recording."""
    return FormField(
        name="words",
        label=Text(key="field.heard"),
        value=wish.words[:MOST_CHARACTERS],
        long=True,
        most=MOST_CHARACTERS,
    )


def _shapes(job: Job, context: PlanContext) -> Mapping[str, tuple[str, ...]]:
    """Shapes and sizes of the picture that the clip's own model offers for such a wish."""
    try:
        route = context.catalogue.route(job.plan.provider, job.plan.model)
    except UnknownModel:
        return {"aspect": (), "resolution": ()}
    found = options(route, mode=job.plan.request.mode)
    return {"aspect": found.aspect, "resolution": found.resolution}


def _plain_choices(known: tuple[str, ...], present: str | None) -> tuple[Choice, ...]:
    values = dict.fromkeys((*((present,) if present else ()), *known))
    named = (Choice(value=value, label=Text(key="form.plain", facts={"text": value})) for value in values)
    return (Choice(value=AUTO, label=Text(key="form.auto")), *named)[:_CHOICES]


def _models(wish: Wish, context: PlanContext) -> tuple[Choice, ...]:
    """`auto`, the present one, and whatever can be used here: another length may suit another model."""
    found = [offer for offer in offers(context, wish) if offer.why_not not in _SHUT]
    found.sort(key=lambda offer: offer.model != wish.model)  # the present one is never cut off
    chosen = [_choice(offer) for offer in found[: _CHOICES - 1]]
    if wish.model not in ("", AUTO, *(choice.value for choice in chosen)):
        plain = Text(key="form.plain", facts={"text": wish.model})
        chosen = [Choice(value=wish.model, label=plain), *chosen[: _CHOICES - 2]]
    return (Choice(value=AUTO, label=Text(key="form.auto_model")), *chosen)


def _choice(offer: Offer) -> Choice:
    sound = Text(key="models.sound_native" if offer.sound == "native" else "models.sound_none")
    price = None
    if offer.credits is not None:
        key = "form.price" if offer.purse == "paid" else "models.price_free"
        price = Text(key=key, facts={"credits": offer.credits})
    return Choice(
        value=offer.model,
        label=Text(key="form.plain", facts={"text": offer.name}),
        hint=Text(key="form.model_hint", facts={"price": price, "sound": sound}),
    )


# ---------------------------------------------------------------------------------------------
# From answers to a wish


def _changed(wish: Wish, answers: Mapping[str, str], values: Mapping[str, Any]) -> Wish:
    """The wish with the answers; what was not asked about stays."""
    blank: dict[str, Any] = {"prompt": "", "model": AUTO, "negative": "", "shots": ()}
    changes = {name: values.get(name, blank.get(name)) for name in _PLAIN if name in answers}
    if answers.get("sound"):
        # "on" is what a clip has anyway: only where it was off is it a wish of its own.
        heard = values.get("sound", True)
        changes["sound"] = (None if wish.sound is None else True) if heard else False
    if "words" in answers:
        changes["words"] = tidy(answers["words"])
    return replace(wish, **changes)


def _together(old: tuple[MediaInput, ...], new: tuple[MediaInput, ...]) -> tuple[MediaInput, ...]:
    """The old files, without those whose place a new one takes."""
    taken = {item.role for item in new}
    return (*(item for item in old if item.role not in taken), *new)
