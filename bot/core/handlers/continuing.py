"""From a finished clip to the next: go on from it, change it, make it larger. The buttons, their forms, and
what the answers order. What is possible, and by whom, is the planner's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.core.coercion import coerce
from bot.core.commands import PROMPT_CHARACTERS, find_command
from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Job, Plan, Text, Wish
from bot.core.names import unnamed
from bot.core.planner import PlanContext, can, larger_copies, plan
from bot.core.replies import Choice, FormField, FormView, Reply
from bot.core.requests.access import seen_job
from bot.core.requests.call import Call, place_of, plan_context
from bot.core.requests.ordering import not_blocked, order
from bot.core.requests.reception import receive_clip, receive_heard
from providers.base import MediaInput, Mode
from providers.catalogue import options

_LIKED: Final = "auto"
_CHOICES: Final = 25
_FORMS: Final[Mapping[Mode, tuple[str, str]]] = {
    "extend": ("extend", "form.extend"),
    "edit": ("edit-clip", "form.edit_clip"),
    "upscale": ("upscale", "form.upscale"),
}


async def extend_form(desk: Desk, call: Call) -> Reply:
    """Ask how a clip shall go on.

    Raises:
        Refusal: `no_such_job`, `clip_gone`, or why it is not possible.
    """
    return await _ask(desk, call, "extend")


async def edit_form(desk: Desk, call: Call) -> Reply:
    """Ask what shall be changed in a clip; errors as in `extend_form`."""
    return await _ask(desk, call, "edit")


async def upscale_form(desk: Desk, call: Call) -> Reply:
    """Ask how large a clip shall become; errors as in `extend_form`."""
    return await _ask(desk, call, "upscale")


async def extend(desk: Desk, call: Call) -> Reply:
    """Order what goes on from a clip.

    Raises:
        Refusal: nothing was charged.
    """
    return await _make(desk, call, "extend")


async def edit(desk: Desk, call: Call) -> Reply:
    """Order a changed clip; errors as in `extend`."""
    return await _make(desk, call, "edit")


async def upscale(desk: Desk, call: Call) -> Reply:
    """Order a larger clip; errors as in `extend`."""
    return await _make(desk, call, "upscale")


async def _ask(desk: Desk, call: Call, mode: Mode) -> Reply:
    job, wish, context, copies = await _begun(desk, call, mode)
    usual = plan(wish, context)  # what is not possible is said before anybody fills in a form
    action, head = _FORMS[mode]
    title = Text(key=head, facts={"model": usual.model_name})
    fields = (_size_field(copies, usual),) if copies else _fields(wish, job, context, usual)
    return Reply(
        kind="form",
        lines=(title, *((Text(key="form.upscale_sound"),) if usual.sound_path == "kept" else ())),
        form=FormView(action=action, target=job.id, title=title, submit=Text(key="form.make"), fields=fields),
        private=True,
        job=job.id,
        facts={"values": {field.name: field.value for field in fields}},
    )


async def _make(desk: Desk, call: Call, mode: Mode) -> Reply:
    _, wish, _, copies = await _begun(desk, call, mode)
    await not_blocked(desk, call)
    given = {name: value for name, value in call.values.items() if value and value != _LIKED}
    known: dict[str, Any] = {
        name: given[name] for name in ("prompt", "seconds", "resolution") if name in given
    }
    if mode == "upscale":
        known["prompt"] = wish.prompt
    values: dict[str, Any] = coerce(find_command("generate"), known)
    if copies:
        chosen = copies.get(str(values.get("resolution", "")))
        wish = replace(wish, model=chosen.model if chosen is not None else wish.model)
    return await order(desk, call, replace(wish, **values))


async def _begun(desk: Desk, call: Call, mode: Mode) -> tuple[Job, Wish, PlanContext, Mapping[str, Plan]]:
    """The clip, the wish before anything is answered, what can be used for it, and, where the clip's own
    model makes it no larger, who brings it to which size.

    Raises:
        Refusal: `no_such_job`, `clip_gone`; why nobody can make the clip larger.
    """
    job = await seen_job(desk, call)
    source = await receive_clip(desk, job)
    context = await plan_context(desk, (await place_of(desk, call.actor)).server)
    if mode == "upscale" and job.clip is not None and not can(job, source, mode, context):
        heard, silent = await receive_heard(desk, job), not job.clip.info.has_audio
        copies = larger_copies(heard, context, silent=silent)
        if copies:
            usual = min(copies.values(), key=lambda made: made.cost_micro_usd)
            wish = replace(_wish(job, replace(heard, made=None), mode), model=usual.model)
            return job, replace(wish, sound=False if silent else None), context, copies
    return job, _wish(job, source, mode), context, {}


def _wish(job: Job, source: MediaInput, mode: Mode) -> Wish:
    """The wish before anything is answered; files and shots belonged to the first clip alone."""
    return Wish(
        prompt=unnamed(job.wish.prompt) or "…",
        model=job.plan.model,
        sound=False if job.wish.sound is False else None,
        private=job.wish.private,
        media=(source,),
        mode=mode,
    )


def _fields(wish: Wish, job: Job, context: PlanContext, usual: Plan) -> tuple[FormField, ...]:
    fields = []
    if wish.mode != "upscale":
        said = unnamed(job.wish.prompt)[:PROMPT_CHARACTERS] if wish.mode == "extend" else ""
        label = Text(key="field.prompt" if wish.mode == "extend" else "field.change")
        fields.append(
            FormField(
                name="prompt", label=label, value=said, long=True, required=True, most=PROMPT_CHARACTERS
            )
        )
    route = context.catalogue.route(usual.provider, usual.model)
    possible = options(route, mode=wish.mode, media=usual.request.media)
    if wish.mode == "extend":
        lengths = tuple(str(value) for value in possible.seconds)
        fields += _choice_field("seconds", lengths, str(usual.request.seconds), wish, context)
    fields += _choice_field("resolution", possible.resolution, usual.request.resolution, wish, context)
    return tuple(fields)


def _choice_field(
    name: str, values: tuple[str, ...], usual: str, wish: Wish, context: PlanContext
) -> tuple[FormField, ...]:
    """A choice with the price of each answer beside the usual others; none where all is given."""
    if len(values) < 2:
        return ()
    choices = []
    for value in _few(values, usual):
        asked = replace(wish, resolution=value)
        if name == "seconds":
            asked = replace(wish, seconds=int(value))
        try:
            hint = Text(key="form.price", facts={"credits": plan(asked, context).credits})
        except Refusal:
            continue
        choices.append(Choice(value=value, label=Text(key="form.plain", facts={"text": value}), hint=hint))
    label = Text(key=f"field.{name}")
    return (FormField(name=name, label=label, value=usual, required=True, choices=tuple(choices)),)


def _size_field(copies: Mapping[str, Plan], usual: Plan) -> FormField:
    """How large a copy can be made, at which price, and by whom where that is not always the same."""
    several = len({made.model for made in copies.values()}) > 1
    choices = tuple(
        Choice(
            value=size,
            label=Text(key="form.plain", facts={"text": f"{size} · {made.model_name}" if several else size}),
            hint=Text(key="form.price", facts={"credits": made.credits}),
        )
        for size, made in copies.items()
    )
    label = Text(key="field.resolution")
    return FormField(
        name="resolution", label=label, value=usual.request.resolution, required=True, choices=choices
    )


def _few(values: tuple[str, ...], usual: str) -> tuple[str, ...]:
    """As many as a form can show: of more every other one, with the usual one and the last."""
    if len(values) <= _CHOICES:
        return values
    kept = {usual, values[-1], *values[::2]}
    return tuple(value for value in values if value in kept)[:_CHOICES]
