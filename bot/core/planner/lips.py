"""A clip whose speaker says a recording: who moves its lips after the picture, and for how much.

Pure. The recording is cut to what the first of them takes and to the length of the clip; the others stand by
where they take the same files for no more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from bot.core import health
from bot.core.errors import Refusal
from bot.core.model import AudioWindow, Plan, Text
from bot.core.planner.context import PlanContext
from bot.core.planner.sizes import sides_of
from bot.core.sounds import Piece, Score, SoundPlan, Taker
from providers.base import MediaInput, VideoRequest
from providers.catalogue import (
    Catalogue,
    CatalogueError,
    Problem,
    Route,
    SoundRoute,
    lip_problem,
    lip_request,
    price_lips,
)

_MICRO: Final = 1_000_000
_FORMATS: Final = ("wav", "mp3")


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """The step that moves lips, without its price, and what has to be agreed to."""

    score: Score
    adjustments: tuple[Text, ...] = ()


def lip_movers(context: PlanContext) -> Iterator[SoundRoute]:
    """The usable services that move lips: those that the operator named come first."""
    known = [route for route in context.catalogue.sounds_for("lips") if not route.by_operator]
    named = [
        route for name in context.house.sound_with for route in known if name in (route.id, route.provider)
    ]
    seen: set[str] = set()
    for route in (*named, *known):
        if (
            route.id not in seen
            and not context.house.demo
            and route.alive_on(context.today)
            and context.has_key(route.provider)
            and (context.links or not route.needs_links)
            and health.usable(context.health.get(route.id), context.now_ms)
        ):
            yield route
        seen.add(route.id)


def spoken_by(
    recording: MediaInput, picture: MediaInput, context: PlanContext, *, model: str, model_id: str
) -> Spoken:
    """Let the speaker of a clip say a recording.

    Args:
        recording: as it was sent; it is converted after planning.
        picture: the clip, as far as it is known yet.
        context: who can be asked here and now.
        model, model_id: who makes or made the clip, for the sentence where nobody can be asked.

    Raises:
        Refusal: `audio_not_taken` where nobody moves lips here, `media_…` with the nearest value where no
            service takes these two files.
    """
    takers: list[Taker] = []
    problems: list[tuple[SoundRoute, Problem]] = []
    used, limit = recording, 0.0
    for route in lip_movers(context):
        if not takers:
            limit = _longest(route, picture)
            used = replace(recording, seconds=min(recording.seconds, limit), size_bytes=0)
        request = lip_request(route, picture, used)
        problem = lip_problem(route, request)
        if problem is not None:
            problems.append((route, problem))
            continue
        try:
            usd = price_lips(route, request, context.today).usd
        except CatalogueError:
            continue  # nobody knows what it costs
        takers.append(Taker(route=route.id, kind="lips", cost_micro_usd=math.ceil(Fraction(usd) * _MICRO)))
    if not takers:
        if problems:
            raise _refusal(*problems[0])
        raise no_lips(model, model_id)
    said = [*_cut(recording, limit), *_by_link(takers[0], context)]
    piece = Piece(role="lips", text="", seconds=used.seconds, at_seconds=0.0, takers=tuple(takers))
    score = Score(plan=SoundPlan(), pieces=(piece,), voice=recording)
    return Spoken(score=score, adjustments=tuple(said))


def no_lips(model: str, model_id: str) -> Refusal:
    """Nobody can make a model's clip say a recording here; what can be done with it instead."""
    return Refusal(
        "audio_not_taken",
        model=model,
        model_id=model_id,
        audio_as="voice",
        models=(),
        instead="audio_as soundtrack",
    )


def picture_of(route: Route, request: VideoRequest) -> MediaInput:
    """The clip that a request will make, as far as it can be foreseen."""
    stated = route.pixels.get(request.resolution, {}).get(request.aspect)
    width, height = stated or sides_of(request.resolution, request.aspect)
    return MediaInput(
        role="source-video",
        kind="video",
        path=Path(),
        mime="video/mp4",
        size_bytes=0,
        seconds=float(request.seconds),
        width=width,
        height=height,
    )


def lips_window(plan: Plan, catalogue: Catalogue, seconds: float) -> AudioWindow | None:
    """What all who may move the lips take as the recording; None = nobody moves them."""
    score = plan.score
    if score is None or score.voice is None:
        return None
    routes = [catalogue.sound(taker.route) for piece in score.pieces for taker in piece.takers]
    windows = [window for route in routes if (window := route.window("voice")) is not None]
    formats = tuple(one for one in _FORMATS if all(not w.formats or one in w.formats for w in windows))
    return AudioWindow(
        formats=formats or _FORMATS,
        min_seconds=max((w.min_seconds or 0.0 for w in windows), default=0.0),
        max_seconds=min([seconds, *(w.max_seconds for w in windows if w.max_seconds)]),
        max_bytes=min((w.max_bytes for w in windows if w.max_bytes), default=0),
    )


def _longest(route: SoundRoute, picture: MediaInput) -> float:
    """How much of a recording is used: no more than the clip is long."""
    window = route.window("voice")
    most = window.max_seconds if window is not None else None
    return min(most, picture.seconds) if most else picture.seconds


def _cut(recording: MediaInput, limit: float) -> list[Text]:
    if recording.seconds <= limit:
        return []
    facts = {"seconds": f"{recording.seconds:.1f}", "limit": f"{limit:g}"}
    return [Text(key="adjust.audio_trimmed", facts=facts)]


def _by_link(taker: Taker, context: PlanContext) -> list[Text]:
    """A voice that leaves by an address is asked about first: whoever has the address can hear it."""
    route = context.catalogue.sound(taker.route)
    public = context.catalogue.provider(route.provider).uploads_public
    if route.by_link("voice") or (public and context.links):
        return [Text(key="adjust.voice_by_link", facts={"model": route.name})]
    return [Text(key="adjust.voice_public", facts={"model": route.name})] if public else []


def _refusal(route: SoundRoute, problem: Problem) -> Refusal:
    allowed = problem.allowed[0] if problem.unit else problem.allowed
    return Refusal(
        f"media_{problem.reason}",
        role=problem.role or "",
        asked=problem.asked,
        allowed=allowed,
        unit=problem.unit,
        beside="",
        model=route.name,
        model_id=route.id,
    )
