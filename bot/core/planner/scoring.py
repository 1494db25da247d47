"""The sound that is added to a picture: which maker makes which part, and what that costs. Pure.

For each part the operator's order of makers is gone through: the first that can do it, has a key, is healthy
and whose price is known is asked first; the others stand by. What costs nothing comes last and always works.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final, get_args

from bot.core import health
from bot.core.desk import House
from bot.core.errors import BadSettings
from bot.core.model import Text
from bot.core.planner.context import PlanContext
from bot.core.planner.pricing import credits_for
from bot.core.soundplan import MOST_TEMPO
from bot.core.sounds import Line, Piece, Score, SoundPlan, Taker
from providers.base import MediaInput, SoundKind, SoundRequest
from providers.catalogue import Catalogue, CatalogueError, SoundRoute, misfit, sound_price, sound_request
from providers.lexicon.pace import speaking_seconds

_EFFECT_SECONDS: Final = 2.0  # of a single sound at its moment
_SOUND_KINDS: Final = frozenset(get_args(SoundKind))
_VOICES: Final = ("woman", "man", "child")
_MICRO: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A score without its price, and what has to be said about it."""

    score: Score
    adjustments: tuple[Text, ...] = ()


def score_of(plan: SoundPlan, *, seconds: float, context: PlanContext) -> Scored:
    """Find makers for every part of a sound plan.

    Args:
        plan: what is to be heard.
        seconds: length of the picture.
        context: who can be asked here and now.
    """
    music = _music(plan, seconds, context) if plan.music else None
    spoken, unspoken = [], []
    for line in plan.lines:
        takers = _takers(context, _asked_to_say(line))
        if takers:
            spoken.append(_voice(line, takers))
        else:
            unspoken.append(line)
    moments = [(cue.text, cue.at_seconds or 0.0) for cue in plan.cues]
    cues = [_effect(text, moment, context) for text, moment in moments if moment < seconds]
    bed = _bed(plan, seconds, context, tuned=music is not None)
    pieces = tuple(piece for piece in (*spoken, *cues, bed, music) if piece is not None and piece.takers)
    late = tuple(f"{moment:g} s" for _, moment in moments if moment >= seconds)
    said = (*_about_words(spoken, unspoken, seconds, context), *_about_late(late, seconds))
    return Scored(score=Score(plan=plan, pieces=pieces), adjustments=said)


def priced(score: Score, picture_usd: Decimal, *, context: PlanContext) -> tuple[int, Score]:
    """The credits of picture and sound together, rounded up once, and the score with each piece's share."""
    return share_out(
        score, picture_usd, context.house, {route.id: route.name for route in context.catalogue.sounds}
    )


def share_out(
    score: Score, picture_usd: Decimal, house: House, names: dict[str, str] | None = None
) -> tuple[int, Score]:
    """As `priced`; without names the makers stay as they are."""

    def credits(micro_usd: int) -> int:
        usd = picture_usd + Decimal(micro_usd) / _MICRO
        return credits_for(usd, credit_usd=house.credit_usd, markup=house.markup) if usd else 0

    picture, cost, pieces = credits(0), 0, []
    before = picture
    for piece in score.pieces:
        cost += piece.cost_micro_usd
        now = credits(cost)
        pieces.append(replace(piece, credits=now - before))
        before = now
    makers = score.makers
    if names is not None:
        paid = (piece.takers[0].route for piece in pieces if piece.cost_micro_usd)
        makers = tuple(dict.fromkeys(names.get(route, route) for route in paid))
    made = replace(score, pieces=tuple(pieces), makers=makers, credits=before - picture, cost_micro_usd=cost)
    return before, made


def free_only(score: Score) -> Score:
    """The same, made by those alone who charge nothing."""
    pieces = (
        replace(piece, takers=tuple(one for one in piece.takers if not one.cost_micro_usd), credits=0)
        for piece in score.pieces
    )
    kept = tuple(piece for piece in pieces if piece.takers)
    return replace(score, pieces=kept, makers=(), credits=0, cost_micro_usd=0)


# ---------------------------------------------------------------------------------------------
# Makers


def known_makers(names: tuple[str, ...], catalogue: Catalogue) -> tuple[str, ...]:
    """The operator's order of makers, as it was given.

    Raises:
        BadSettings: one of them makes no sound.
    """
    asked = [route for route in catalogue.sounds if route.kinds & (_SOUND_KINDS | {"lips"})]
    known = {name for route in asked for name in (route.id, route.provider)}
    for name in names:
        if name not in known:
            nearest = ", ".join(sorted(known))
            raise BadSettings(f"TALKREEL_SOUND_WITH: {name} makes no sound; known are {nearest}.")
    return names


def makers(context: PlanContext) -> Iterator[SoundRoute]:
    """The usable routes in the operator's order, those that cost nothing last."""
    known = context.catalogue.sounds
    free = {route.id for route in known if is_free(route, context)}
    wanted = context.house.sound_with or tuple(route.id for route in known)
    named = [route for name in wanted for route in known if name in (route.id, route.provider)]
    last = [route for route in known if route.id in free]
    seen: set[str] = set()
    for route in (*(one for one in named if one.id not in free), *last):
        if (
            route.id not in seen
            and route.alive_on(context.today)
            and context.has_key(route.provider)
            and (context.links or route.upload != "link")
            and (context.house.adds_sound or route.id not in free)
            and health.usable(context.health.get(route.id), context.now_ms)
            and (not context.house.demo or route.id in free)
        ):
            yield route
        seen.add(route.id)


def is_free(route: SoundRoute, context: PlanContext) -> bool:
    """Whether a route costs nobody anything."""
    return context.catalogue.provider(route.provider).purse == "free"


def _takers(
    context: PlanContext, asked: Callable[[SoundRoute, bool], SoundRequest | None]
) -> tuple[Taker, ...]:
    found = []
    for route in makers(context):
        free = is_free(route, context)
        request = asked(route, free)
        if request is None or misfit(route, request) is not None:
            continue
        if free and request.kind == "speech" and context.house.voice_missing:
            continue
        try:
            usd = sound_price(route, request, context.today).usd
        except CatalogueError:
            continue  # nobody knows what it costs
        cost = 0 if free else math.ceil(Fraction(usd) * _MICRO)
        found.append(
            Taker(
                route=route.id,
                kind=request.kind,
                text=request.text,
                negative=request.negative,
                cost_micro_usd=cost,
            )
        )
    return tuple(found)


# ---------------------------------------------------------------------------------------------
# Pieces


def _asked_to_say(line: Line) -> Callable[[SoundRoute, bool], SoundRequest | None]:
    def asked(route: SoundRoute, free: bool) -> SoundRequest | None:
        if "speech" not in route.kinds:
            return None
        voice = line.speaker if line.speaker in _VOICES else ""
        return sound_request(route, kind="speech", text=line.text, voice=voice, language=line.language)

    return asked


def _voice(line: Line, takers: tuple[Taker, ...]) -> Piece:
    return Piece(
        role="voice",
        text=line.text,
        at_seconds=line.at_seconds,
        speaker=line.speaker,
        language=line.language,
        takers=takers,
    )


def _effect(text: str, at_seconds: float, context: PlanContext) -> Piece:
    def asked(route: SoundRoute, free: bool) -> SoundRequest | None:
        if "effect" not in route.kinds:
            return None
        return sound_request(route, kind="effect", text=text, seconds=_EFFECT_SECONDS)

    takers = _takers(context, asked)
    return Piece(role="effect", text=text, seconds=_EFFECT_SECONDS, at_seconds=at_seconds, takers=takers)


def _bed(plan: SoundPlan, seconds: float, context: PlanContext, *, tuned: bool) -> Piece | None:
    """What is heard all along: by whoever sees the picture, or by its description.

    Where nobody asked for a sound it costs nothing, unless the operator set an order of makers.
    """
    told = plan.bed or plan.scene
    if not told:
        return None
    unasked = not plan.bed and not context.house.sound_with

    def asked(route: SoundRoute, free: bool) -> SoundRequest | None:
        if free:
            # The built-in maker reads the whole scene; where no other music is wanted it adds a quiet one.
            kind: SoundKind = "effect" if tuned or plan.no_music else "foley"
            return sound_request(route, kind=kind, text=plan.scene or told, seconds=seconds)
        if unasked:
            return None
        if "foley" in route.kinds:
            return sound_request(
                route,
                kind="foley",
                text=told,
                seconds=seconds,
                video=_picture(seconds),
                negative=_denied(plan, route),
            )
        if "effect" in route.kinds:
            return sound_request(route, kind="effect", text=told, seconds=_longest(route, seconds))
        return None

    takers = _takers(context, asked)
    if not context.house.sound_with:
        # Who sees the picture knows when something happens; words only say what.
        takers = tuple(sorted(takers, key=lambda one: (not one.cost_micro_usd, one.kind != "foley")))
    return Piece(role="bed", text=told, seconds=seconds, takers=takers)


def _music(plan: SoundPlan, seconds: float, context: PlanContext) -> Piece | None:
    def asked(route: SoundRoute, free: bool) -> SoundRequest | None:
        if "music" not in route.kinds:
            return None
        return sound_request(route, kind="music", text=plan.music, seconds=_longest(route, seconds))

    takers = _takers(context, asked)
    return Piece(role="music", text=plan.music, seconds=seconds, takers=takers) if takers else None


def _longest(route: SoundRoute, seconds: float) -> float:
    """As much as a route makes at once; the mix goes on with it from its start."""
    return min(seconds, route.max_seconds) if route.max_seconds else seconds


def _denied(plan: SoundPlan, route: SoundRoute) -> str:
    """What must not be heard; a route that can be told leaves to the others what is theirs."""
    told = ["music"] if plan.no_music else []
    if route.negative:
        told = [*(["speech"] if plan.lines else []), *(["music"] if plan.music or plan.no_music else [])]
    return ", ".join(told)


def _picture(seconds: float) -> MediaInput:
    """The clip as far as its price goes: it is not there yet."""
    return MediaInput(
        role="source-video", kind="video", path=Path(), mime="video/mp4", size_bytes=0, seconds=seconds
    )


# ---------------------------------------------------------------------------------------------
# What has to be said


def _about_late(moments: tuple[str, ...], seconds: float) -> tuple[Text, ...]:
    facts = {"moments": moments, "seconds": round(seconds, 1)}
    return (Text(key="adjust.sounds_late", facts=facts),) if moments else ()


def _about_words(
    spoken: list[Piece], unspoken: list[Line], seconds: float, context: PlanContext
) -> tuple[Text, ...]:
    said = []
    if unspoken:
        why = context.house.voice_missing
        language = unspoken[0].language
        said.append(
            Text(key="adjust.unspoken", facts={"why": why})
            if why
            else Text(key="adjust.unspoken_language", facts={"language": language})
        )
    needed = speaking_seconds([piece.text for piece in spoken])
    if needed / MOST_TEMPO > seconds:
        facts = {"needed": math.ceil(needed), "seconds": round(seconds)}
        said.append(Text(key="adjust.words_cut", facts=facts))
    return tuple(said)
