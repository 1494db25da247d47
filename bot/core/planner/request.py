"""A wish on one route as a complete request: open values are filled in, set ones never changed. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any, Final

from bot.core.errors import Refusal
from bot.core.model import AudioWindow, Plan, SoundPath, Text, Wish
from bot.core.planner.account import require_account_names, require_known_names
from bot.core.planner.cloning import Loan, require_words, said_of_loan
from bot.core.planner.context import PlanContext
from bot.core.planner.intake import Intake, take_in, with_voice
from bot.core.planner.refusing import refusal_of
from bot.core.soundplan import read_plan, without_marks
from providers.base import MediaInput, MediaKind, VideoRequest
from providers.catalogue import (
    Catalogue,
    Choice,
    Dimension,
    Problem,
    Route,
    Shape,
    Value,
    check,
    complete,
    needs_link,
    options,
    shape_for,
)

# Recordings are cut, levelled and converted to what the route takes after planning.
FITTED: Final[tuple[MediaKind, ...]] = ("audio", "image")
_FRAMES_SECONDS: Final = 0.25
_BLAME: Final[tuple[Dimension, ...]] = ("seconds", "sound", "aspect", "resolution")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A request that the route takes, and what has to be said about it."""

    request: VideoRequest
    sound_path: SoundPath
    adjustments: tuple[Text, ...]
    notes: tuple[Text, ...]
    laid_under: bool = False
    said: MediaInput | None = None
    loan: Loan | None = None


def draft(wish: Wish, route: Route, context: PlanContext) -> Draft:
    """Turn a wish into a request on a route.

    Raises:
        Refusal: see the table of this package.
    """
    require_known_names(wish, route, context)
    intake = take_in(wish, route, context)
    require_account_names(wish, route, intake, context)
    _require_words(wish, route, intake)
    choice = _complete(wish, route, intake, context)
    prompt, intake = with_voice(wish, route, intake)
    request = VideoRequest(
        model=route.model,
        prompt=prompt,
        mode=intake.mode,
        seconds=choice.seconds,
        aspect=choice.aspect,
        resolution=choice.resolution,
        sound=choice.sound,
        negative=wish.negative,
        seed=wish.seed,
        media=intake.media,
        shots=wish.shots,
        input_seconds=_input_seconds(intake),
        options=dict(route.options),
    )
    # Another file would not help here, so this is said first.
    if needs_link(route, request) and not context.links:
        raise Refusal("needs_public_address", model=route.name)
    problems = check(route, request, fitted=FITTED)
    if problems:
        raise refusal_of(problems[0], route)
    shape = shape_for(route, request)
    if shape is not None:
        options = {**route.options, **shape.options}
        request = replace(request, api_name=shape.api_name or route.api_name, options=options)
    path, adjustments, notes = _sound(wish, route, choice, intake, context)
    adjustments = [
        *intake.adjustments,
        *_recordings(route, request),
        *_by_link(route, request, context),
        *(said_of_loan(intake.loan, context) if intake.loan is not None else ()),
        *adjustments,
    ]
    if prompt != wish.prompt:
        notes.append(Text(key="note.voice_told", facts={"model": route.name}))
    if intake.unheard:
        notes.append(Text(key="note.dialogue"))
    if request.mode == "extend":
        notes.append(Text(key="note.extends", facts={"seconds": request.seconds}))
    elif _follows(route, intake) and not _known_seconds(intake):
        notes.append(Text(key="note.longest_priced", facts={"seconds": request.seconds}))
    if not choice.sound and context.catalogue.provider(route.provider).purse != "free":
        request = _only_seen(request)
    return Draft(
        request=request,
        sound_path=path,
        adjustments=tuple(adjustments),
        notes=tuple(notes),
        laid_under=intake.laid_under,
        said=intake.said,
        loan=intake.loan,
    )


def _require_words(wish: Wish, route: Route, intake: Intake) -> None:
    """Refuse a voice that is made for a clip in which nobody would be heard."""
    if intake.loan is None:
        return
    plan = read_plan(wish.prompt, wish.shots)
    words = " ".join((wish.prompt, *(shot.prompt for shot in wish.shots)))
    heard = wish.sound is not False and not (wish.sound is None and plan.no_sound)
    facts = {"model": route.name, "model_id": route.model}
    require_words(plan, heard=heard, loan=intake.loan, prompt=words, **facts)


def _sound(
    wish: Wish, route: Route, choice: Choice, intake: Intake, context: PlanContext
) -> tuple[SoundPath, list[Text], list[Text]]:
    """Which sound the clip will have; what of it is to be agreed to, and what is only said."""
    named = {"model": route.name}
    if intake.said is not None:
        return "voice", [], [Text(key="note.lips", facts=named)]
    if route.enlarges_only:  # whatever the vendor does to the sound, the clip's own is put back
        return "silent" if wish.sound is False else "kept", [], _enlarged(wish, route, intake)
    if intake.laid_under:
        kind = "laid_under" if choice.sound else "soundtrack"
        if wish.audio_as == "soundtrack":
            return "soundtrack", [], [Text(key=f"note.{kind}", facts=named)]
        return "soundtrack", [Text(key=f"adjust.{kind}", facts=named)], []
    if choice.sound:
        if wish.sound is False:
            return "silent", [], [Text(key="note.sound_removed", facts=named)]
        return "native", [], []
    if wish.sound is False:
        return "silent", [], []
    if not context.house.adds_sound:
        return "silent", [Text(key="adjust.silent", facts=named)] if wish.sound is None else [], []
    if wish.sound is None and read_plan(wish.prompt, wish.shots).no_sound:
        return "silent", [], [Text(key="note.sound_unwanted", facts=named)]
    return "soundtrack", [], []


def _enlarged(wish: Wish, route: Route, intake: Intake) -> list[Text]:
    """What has to be known of a larger copy before it is paid: who makes it, and what changes besides."""
    said = [Text(key="note.enlarged", facts={"model": route.name})] if wish.sound is not False else []
    shapes = (shape for shape in route.offered if wish.resolution in (None, *shape.resolutions))
    paces = {shape.fps for shape in shapes if shape.fps}
    source = next((item.fps for item in intake.media if item.role == "source-video"), 0.0)
    pace = next(iter(paces), 0)
    if pace and source and abs(source - pace) > 0.5:
        said.append(Text(key="note.other_pace", facts={"fps": f"{source:.3g}", "new": pace}))
    return said


def _only_seen(request: VideoRequest) -> VideoRequest:
    """The request for somebody who only draws: moments of sounds would be drawn as writing."""
    shots = tuple(replace(shot, prompt=without_marks(shot.prompt)) for shot in request.shots)
    return replace(request, prompt=without_marks(request.prompt), shots=shots)


def audio_windows(plan: Plan, catalogue: Catalogue) -> Mapping[int, AudioWindow]:
    """What each recording of a plan has to be converted to, by its place in `plan.request.media`."""
    if plan.sound_only:
        return {}
    route = catalogue.route(plan.provider, plan.model)
    found = {}
    for place, item in enumerate(plan.request.media):
        window = route.window(item.role, plan.request.mode)
        if item.kind != "audio" or window is None:
            continue
        wanted: dict[str, Any] = {"formats": window.formats} if window.formats else {}
        if window.rate is not None:
            wanted["rate_hz"] = window.rate
        found[place] = AudioWindow(
            min_seconds=window.min_seconds or 0.0,
            max_seconds=window.max_seconds or 0.0,
            max_bytes=window.max_bytes or 0,
            **wanted,
        )
    return found


def _by_link(route: Route, request: VideoRequest, context: PlanContext) -> list[Text]:
    """A voice that leaves by an address is asked about first: whoever has the address can hear it."""
    facts = {"model": route.name}
    public = context.catalogue.provider(route.provider).uploads_public
    for item in request.media:
        window = route.window(item.role, request.mode)
        if item.kind != "audio" or window is None:
            continue
        if window.upload == "link" or (public and window.upload == "vendor" and context.links):
            return [Text(key="adjust.voice_by_link", facts=facts)]
        if public and window.upload == "vendor":
            return [Text(key="adjust.voice_public", facts=facts)]
    return []


def _complete(wish: Wish, route: Route, intake: Intake, context: PlanContext) -> Choice:
    seconds = wish.seconds
    if wish.shots:
        total = sum(shot.seconds for shot in wish.shots)
        if seconds not in (None, total):
            raise Refusal("shots_length", asked=total, seconds=seconds)
        seconds = total
    if _follows(route, intake):
        exact = _source_seconds(route, intake)
        if seconds not in (None, exact):
            raise refusal_of(_not_offered("seconds", seconds, (exact,), {"mode": intake.mode}), route)
        seconds = exact
    given: dict[str, Any] = {
        "resolution": wish.resolution.strip().lower() if wish.resolution else None,
        "aspect": wish.aspect.strip().lower().replace("x", ":") if wish.aspect else None,
        "seconds": seconds,
    }
    # Silence on request can always be had: where the vendor has no switch, we take the track out. A
    # recording laid under the picture needs no sound of the vendor's.
    tries: tuple[bool | None, ...] = (None,)
    if wish.sound is not None:
        tries = (True,) if wish.sound else (False, None)
    if intake.said is not None:
        tries = (False, None)  # what is heard is the recording: the vendor's sound would be paid for nothing
    if intake.loan is not None and intake.loan.native:
        tries = (True,)
    never = True not in options(route, mode=intake.mode, media=intake.media).sound
    if wish.sound and context.house.adds_sound and never:
        tries = (None,)  # the bot adds what the model cannot make
    for sound in tries:
        choice = complete(route, mode=intake.mode, media=intake.media, sound=sound, **given)
        if choice is not None:
            return choice
    wishes = {name: value for name, value in given.items() if value is not None}
    if wish.sound or tries == (True,):
        wishes["sound"] = True
    raise _impossible(route, intake, wishes)


def _follows(route: Route, intake: Intake) -> bool:
    """Whether the result is as long as its source."""
    return intake.mode != "extend" and any(shape.follows_source for shape in _with_these(route, intake))


def _with_these(route: Route, intake: Intake) -> list[Shape]:
    """The shapes of a mode, without those for which a recording is missing or too many."""
    heard = any(item.kind == "audio" for item in intake.media)
    shapes = (shape for shape in route.offered if intake.mode in shape.modes)
    return [shape for shape in shapes if shape.audio_input in (None, heard)]


def _source_seconds(route: Route, intake: Intake) -> int:
    """How long a result that follows its source will be; the longest where nobody knows."""
    longest = max(shape.seconds[-1] for shape in _with_these(route, intake))
    known = _known_seconds(intake)
    # A vendor's eight seconds are eight or a few frames more.
    return max(1, min(longest, math.ceil(known - _FRAMES_SECONDS))) if known else longest


def _known_seconds(intake: Intake) -> float:
    """Of the clip that is changed, else of the recording that a clip is made to."""
    leading = [item for item in intake.media if item.role == "source-video"]
    leading = leading or [item for item in intake.media if item.kind == "audio"]
    return next((item.seconds for item in leading), 0.0)


def _impossible(route: Route, intake: Intake, wishes: dict[str, Any]) -> Refusal:
    """Why wishes do not go together: the one to change, with what is possible beside the others."""
    if intake.mode not in options(route, media=intake.media).mode:
        return _mode_refusal(route, intake)
    if wishes.get("sound") and True not in options(route, mode=intake.mode, media=intake.media).sound:
        return Refusal("no_sound", model=route.name, model_id=route.model, models=())
    asked = [name for name in _BLAME if name in wishes and not (name == "sound" and intake.loan)]
    for name in asked:
        others = {other: value for other, value in wishes.items() if other != name}
        allowed = _allowed(route, intake, name, others)
        if allowed and wishes[name] not in allowed:
            given = others if _allowed(route, intake, name, {}) != allowed else {}
            return refusal_of(_not_offered(name, wishes[name], allowed, given), route)
    # No single change helps: name the smallest set of wishes that do not go together.
    for size in range(len(asked)):
        for name, *others_of in permutations(asked, size + 1):
            others = {other: wishes[other] for other in others_of}
            allowed = _allowed(route, intake, name, others)
            if wishes[name] not in allowed:
                return refusal_of(_not_offered(name, wishes[name], allowed, others), route)
    raise AssertionError("complete() and options() disagree")


def _mode_refusal(route: Route, intake: Intake) -> Refusal:
    """Why a mode cannot be had: the route has no such mode, or not with just these files."""
    usual = complete(route, mode=intake.mode)
    if usual is not None:
        request = VideoRequest(
            model=route.model,
            prompt="",
            mode=intake.mode,
            seconds=usual.seconds,
            aspect=usual.aspect,
            resolution=usual.resolution,
            sound=usual.sound,
            media=intake.media,
        )
        for problem in check(route, request, fitted=FITTED):
            if problem.field == "media" and problem.reason != "not_offered":
                return refusal_of(problem, route)
        found = _company_problem(route, intake)
        if found is not None:
            return refusal_of(found, route)
    allowed = options(route).mode
    found = Problem(field="mode", reason="not_offered", asked=intake.mode, allowed=allowed)
    return refusal_of(found, route)


def _company_problem(route: Route, intake: Intake) -> Problem | None:
    """The kind of file that every shape of a mode demands and that did not come."""
    shapes = [shape for shape in route.offered if intake.mode in shape.modes]
    given = {item.kind for item in intake.media}
    demands: dict[MediaKind, bool] = {
        "image": all(shape.image_input for shape in shapes),
        "audio": all(shape.audio_input for shape in shapes),
        "video": all(shape.video_input for shape in shapes),
    }
    for kind, demanded in demands.items():
        if demanded and kind not in given:
            roles = tuple(
                window.role
                for window in route.windows
                if window.kind == kind and route.window(window.role, intake.mode) is not None
            )
            return Problem(field="media", reason="missing", allowed=roles)
    return None


def _allowed(route: Route, intake: Intake, name: Dimension, others: dict[str, Any]) -> tuple[Value, ...]:
    return options(route, mode=intake.mode, media=intake.media, **others).of(name)


def _not_offered(name: Dimension, asked: Value, allowed: tuple[Value, ...], given: dict[str, Any]) -> Problem:
    unit = "seconds" if name == "seconds" else ""
    return Problem(field=name, reason="not_offered", asked=asked, allowed=allowed, unit=unit, given=given)


def _recordings(route: Route, request: VideoRequest) -> list[Text]:
    """Recordings that are too long are cut, and said so; those that are too short cannot be used."""
    cut = []
    for item in request.media:
        window = route.window(item.role, request.mode)
        if item.kind != "audio" or window is None:
            continue
        if window.min_seconds is not None and item.seconds < window.min_seconds:
            raise refusal_of(
                Problem(
                    field="media",
                    reason="too_short",
                    role=item.role,
                    asked=f"{item.seconds:.1f}",
                    allowed=(f"{window.min_seconds:g}",),
                    unit="seconds",
                ),
                route,
            )
        if window.max_seconds is not None and item.seconds > window.max_seconds:
            facts = {"seconds": f"{item.seconds:.1f}", "limit": f"{window.max_seconds:g}"}
            cut.append(Text(key="adjust.audio_trimmed", facts=facts))
    return cut


def _input_seconds(intake: Intake) -> int:
    total = sum(item.seconds for item in intake.media if item.kind == "video")
    return int(-(-total // 1))
