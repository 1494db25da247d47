"""Which model `auto` picks: by what the words ask for, among those that can be used now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.core.arena import Question, learned_order
from bot.core.errors import Refusal
from bot.core.model import Plan, Text, Wish
from bot.core.planner import choice
from bot.core.planner.context import HOPELESS, PlanContext
from bot.core.planner.single import plan_on
from bot.core.soundness import soundless
from bot.core.soundplan import topics
from bot.core.switches import said_of
from providers.catalogue import Model, Topic

_MICRO: Final = 1_000_000
_QUESTION: Final[Mapping[Topic, Question]] = {"speech": "speech", "ambience": "effects", "music": "music"}


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """A usable model and how well it suits: a larger `rank` is better, the server's choice is best."""

    model: Model
    preferred: bool
    rank: tuple[int, ...]


def plan_auto(wish: Wish, context: PlanContext, changes: tuple[Text, ...]) -> Plan:
    """The best usable model that can do the whole wish.

    The built-in renderer comes into play only where nothing that costs credits can be used, or where
    the server chose it: a wish that only it could meet is refused by the others, not taken down.
    """
    if context.off.place is not None:
        code, facts = said_of(context.off.place, "")
        raise Refusal(code, **facts)
    wanted = _wanted(wish)
    candidates = _candidates(wanted, context)
    if not candidates:
        env = {name for model in choice.living(context) for name in _missing(model, context)}
        raise Refusal("no_model", env=tuple(sorted(env)))
    plans: list[tuple[_Candidate, Plan]] = []
    refusals: list[Refusal] = []
    for candidate in candidates:
        try:
            plans.append((candidate, plan_on(candidate.model, wish, context, adjustments=changes)))
        except Refusal as refusal:
            refusals.append(refusal)
    if not plans:
        raise min(refusals, key=lambda refusal: refusal.code in HOPELESS)  # one that nearly can says why
    budget = min(context.house.budget_day_usd, context.house.budget_month_usd) * _MICRO

    def fit(one: tuple[_Candidate, Plan]) -> tuple[bool | int, ...]:
        return (
            one[1].cost_micro_usd > budget,
            not one[0].preferred,
            wish.sound is not False and soundless(context.health.get(one[1].route), context.now_ms),
            wish.audio_as != "voice" and _says(one[1]),  # a recording may be no speech, a picture nobody
            one[1].voice is not None,  # who takes the recording itself needs no voice made of it
            len(one[1].adjustments),
            one[1].sound_path == "soundtrack" and wish.audio_as != "soundtrack",
            _how_far_from_said(wish, one[1]),
        )

    best_fit = min(fit(one) for one in plans)
    fitting = sorted(
        (one for one in plans if fit(one) == best_fit),
        key=lambda one: (*(-part for part in one[0].rank), one[1].credits, one[1].model),
    )
    levels = {made.model: (candidate.rank, made.credits) for candidate, made in fitting}
    return _learned(tuple(made for _, made in fitting), levels, wanted, context)


def _says(made: Plan) -> bool:
    """Whether somebody in the clip says the recording, and that is all that is done with it."""
    return any(item.role == "voice" for item in made.request.media)


def _how_far_from_said(wish: Wish, made: Plan) -> int:
    """How directly a clip's speaker says a recording: it itself, something like it, or lips moved afterwards.

    Where that is not what is wanted it only counts that a clip is made in one piece.
    """
    if made.sound_path == "voice":
        return 2
    return int(wish.audio_as == "voice" and not _says(made))


def _learned(
    ordered: Sequence[Plan],
    levels: Mapping[str, tuple[tuple[int, ...], int]],
    wanted: Sequence[Topic],
    context: PlanContext,
) -> Plan:
    """The first plan of the catalogue's order as the votes of this server have moved it."""
    first = ordered[0]
    question = asked_about(wanted[0]) if wanted else "overall"
    table = context.learned.get(question)
    if table is None or len(ordered) == 1:
        return replace(first, notes=(_auto_note(first, wanted), *first.notes))
    by_model = {made.model: made for made in ordered}
    best = by_model[learned_order(tuple(by_model), table, levels)[0]]
    if best is first:
        return replace(first, notes=(_auto_note(first, wanted), *first.notes))
    votes = sum(one.votes for one in table.rated) // 2
    facts = {"model": best.model_name, "question": question, "votes": votes}
    note = Text(key="note.auto_learned", facts=facts)
    return replace(best, notes=(note, *best.notes))


def asked_about(topic: Topic) -> Question:
    """The question whose answers tell most about a topic of the catalogue."""
    return _QUESTION.get(topic, "overall")


def _wanted(wish: Wish) -> tuple[Topic, ...]:
    words = " ".join((wish.prompt, *(shot.prompt for shot in wish.shots)))
    heard = topics(words) if wish.sound is not False else ()
    silent: tuple[Topic, ...] = tuple(
        topic for topic in topics(words) if topic in ("narrative", "photorealistic")
    )
    given = any(item.kind == "audio" for item in wish.media)
    use: Topic = "speech" if wish.audio_as == "dialogue" else "audio-reference"
    recording: tuple[Topic, ...] = (use,) if given else ()
    return (*recording, *(heard or silent))


def _candidates(wanted: Sequence[Topic], context: PlanContext) -> list[_Candidate]:
    usable = [model for model in choice.living(context) if choice.usable_routes(model, context)]
    preferred = _default(usable, context)
    paid = [model for model in usable if not choice.is_free(model, context)]
    pool = paid if paid and context.paid_ok else [m for m in usable if choice.is_free(m, context)]
    if preferred is not None and preferred not in pool:
        pool = [preferred, *pool]
    ranked = [
        _Candidate(model=model, preferred=model is preferred, rank=_rank(model, wanted, context))
        for model in pool
    ]
    return sorted(ranked, key=lambda one: (one.preferred, one.rank), reverse=True)


def _default(usable: Sequence[Model], context: PlanContext) -> Model | None:
    for model in usable:
        if model.id == context.default_model:
            return model
    return None


def _rank(model: Model, wanted: Sequence[Topic], context: PlanContext) -> tuple[int, ...]:
    route = choice.usable_routes(model, context)[0]
    strengths = route.strengths
    # Without a hint in the words, the model that is good at most things.
    topics_read = wanted or tuple(strengths)
    score = sum(strengths.get(topic, 0) for topic in topics_read)
    current = route.lifecycle.status_on(context.today) in ("active", "preview")
    return (int(current), score, int(route.audio.native))


def _missing(model: Model, context: PlanContext) -> tuple[str, ...]:
    return tuple(
        name
        for route in model.living(context.today)
        if not context.has_key(route.provider)
        for name in context.missing_env(route.provider)
    )


def _auto_note(chosen: Plan, wanted: Sequence[Topic]) -> Text:
    facts = {"model": chosen.model_name}
    if wanted and chosen.purse == "paid":
        return Text(key="note.auto_for", facts={**facts, "topic": wanted[0]})
    return Text(key="note.auto", facts=facts)
