"""What a route can do: is a wish possible, and which values are possible beside the other wishes.

Pure rules over the catalogue's values. No prices, no wording: a problem carries facts, the bot
makes a sentence of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from providers.base import MediaInput, MediaKind, Mode, VideoRequest
from providers.catalogue.facts import Shape
from providers.catalogue.inputs import media_problems, text_problems
from providers.catalogue.model import Route
from providers.catalogue.problem import Dimension, Problem, Value

DIMENSIONS: tuple[Dimension, ...] = ("mode", "resolution", "aspect", "seconds", "sound")
BLAME: tuple[Dimension, ...] = ("seconds", "sound", "aspect", "resolution", "mode")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Possible values of each dimension, ascending or in the catalogue's order."""

    mode: tuple[Mode, ...]
    resolution: tuple[str, ...]
    aspect: tuple[str, ...]
    seconds: tuple[int, ...]
    sound: tuple[bool, ...]

    def of(self, dimension: Dimension) -> tuple[Value, ...]:
        """The values of one dimension."""
        values: tuple[Value, ...] = getattr(self, dimension)
        return values


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A complete combination that the route offers."""

    mode: Mode
    resolution: str
    aspect: str
    seconds: int
    sound: bool


def check(route: Route, request: VideoRequest, *, fitted: Collection[MediaKind] = ()) -> list[Problem]:
    """Everything about a request that the route cannot do; empty = it can be sent.

    Args:
        route: how the model is reached.
        request: the normalised request.
        fitted: kinds of files whose format, length and size the bot adapts by itself afterwards.
    """
    return [
        *_shape_problems(route, request),
        *text_problems(route, request, shape_for(route, request)),
        *media_problems(route, request, fitted),
    ]


def shape_for(route: Route, request: VideoRequest) -> Shape | None:
    """The row of shapes that a request falls under; adapters read its `api_name`."""
    wishes = _wishes(request)
    for shape in _shapes(route, request.media):
        if all(value in _values(shape, name) for name, value in wishes.items()):
            return shape
    return None


def options(
    route: Route,
    *,
    mode: Mode | None = None,
    resolution: str | None = None,
    aspect: str | None = None,
    seconds: int | None = None,
    sound: bool | None = None,
    media: tuple[MediaInput, ...] | None = None,
) -> Options:
    """Which values each dimension can take, given the others that are set."""
    fixed: dict[Dimension, Value] = {}
    for name, value in (
        ("mode", mode),
        ("resolution", resolution),
        ("aspect", aspect),
        ("seconds", seconds),
        ("sound", sound),
    ):
        if value is not None:
            fixed[name] = value  # type: ignore[index]
    return _options(_shapes(route, media), fixed)


def complete(
    route: Route,
    *,
    mode: Mode,
    resolution: str | None = None,
    aspect: str | None = None,
    seconds: int | None = None,
    sound: bool | None = None,
    media: tuple[MediaInput, ...] | None = None,
) -> Choice | None:
    """Fill in what the user left open, with the route's defaults where they fit.

    A wish that is set is never changed. None if the wishes do not go together; `check` then says why.
    """
    shapes = _shapes(route, media)
    fixed: dict[Dimension, Value] = {"mode": mode}
    wanted: dict[Dimension, Value | None] = {
        "sound": sound,
        "resolution": resolution,
        "seconds": seconds,
        "aspect": aspect,
    }
    fixed.update({name: value for name, value in wanted.items() if value is not None})
    liked: dict[Dimension, Value] = {
        "sound": True,
        "resolution": route.defaults.resolution,
        "seconds": route.defaults.seconds,
        "aspect": route.defaults.aspect,
    }
    for name in wanted:
        possible = _options(shapes, fixed).of(name)
        if not possible:
            return None
        if name == "seconds" and seconds is None:
            # What follows a source of unknown length may become as long as the longest.
            stated = {length for shape in shapes if mode in shape.modes for length in shape.seconds}
            possible = tuple(length for length in possible if length in stated)
        if name not in fixed:
            fixed[name] = liked[name] if liked[name] in possible else _nearest(liked[name], possible)
        elif fixed[name] not in possible:
            return None
    return Choice(**fixed)  # type: ignore[arg-type]


def needs_link(route: Route, request: VideoRequest) -> bool:
    """Whether the vendor must fetch a file of this request from an address of ours."""
    return bool(linked(route, request))


def linked(route: Route, request: VideoRequest) -> tuple[int, ...]:
    """Places in `request.media` of the files that must have an address; the vendor's own work has one."""
    places = []
    for place, item in enumerate(request.media):
        window = route.window(item.role, request.mode)
        if window is not None and window.upload == "link" and item.made is None:
            places.append(place)
    return tuple(places)


def size_name(width: int, height: int) -> str:
    """What a picture of so many pixels is called: "720p", "4k"; "" where it is not known."""
    short = min(width, height)
    if not short:
        return ""
    return min(_SIZES, key=lambda name: abs(_SIZES[name] - short))


_SIZES: Mapping[str, int] = {"360p": 360, "480p": 480, "720p": 720, "1080p": 1080, "1440p": 1440, "4k": 2160}


def _nearest(liked: Value, possible: tuple[Value, ...]) -> Value:
    if isinstance(liked, int) and not isinstance(liked, bool) and liked:
        return min(possible, key=lambda value: abs(int(value) - liked))
    return possible[0]


def _wishes(request: VideoRequest) -> dict[Dimension, Value]:
    return {
        "mode": request.mode,
        "resolution": request.resolution,
        "aspect": request.aspect,
        "seconds": request.seconds,
        "sound": request.sound,
    }


def _values(shape: Shape, name: Dimension) -> tuple[Value, ...]:
    match name:
        case "mode":
            return shape.modes
        case "resolution":
            return shape.resolutions
        case "aspect":
            return shape.aspects
        case "seconds":
            return shape.lengths
        case "sound":
            return shape.sound


def _shapes(route: Route, media: tuple[MediaInput, ...] | None) -> tuple[Shape, ...]:
    """The shapes on offer for these kinds of input; None = not known yet."""
    if media is None:
        return route.offered
    kinds = {item.kind for item in media}
    sizes = {
        (item.made.resolution if item.made else "") or size_name(item.width, item.height)
        for item in media
        if item.role == "source-video"
    }
    return tuple(
        shape
        for shape in route.offered
        if (not shape.sources or sizes.intersection(shape.sources))
        and shape.image_input in (None, "image" in kinds)
        and shape.audio_input in (None, "audio" in kinds)
        and shape.video_input in (None, "video" in kinds)
    )


def _options(shapes: Iterable[Shape], fixed: Mapping[Dimension, Value]) -> Options:
    found: dict[Dimension, dict[Value, None]] = {name: {} for name in DIMENSIONS}
    for shape in shapes:
        for name in DIMENSIONS:
            others = (item for item in fixed.items() if item[0] != name)
            if all(value in _values(shape, other) for other, value in others):
                found[name].update(dict.fromkeys(_values(shape, name)))
    found["seconds"] = dict.fromkeys(sorted(found["seconds"]))
    return Options(**{name: tuple(values) for name, values in found.items()})  # type: ignore[arg-type]


def _shape_problems(route: Route, request: VideoRequest) -> list[Problem]:
    if shape_for(route, request) is not None:
        return []
    wishes, kinds = _wishes(request), {f"{item.kind}_input": True for item in request.media}
    shapes = _shapes(route, request.media)
    if not shapes:
        return [Problem(field="media", reason="not_offered", given=kinds)]
    for alone in BLAME:
        allowed = _options(shapes, wishes).of(alone)
        if allowed and wishes[alone] not in allowed:
            problem = _narrowed(shapes, wishes, alone, allowed)
            if wishes[alone] in _options(route.offered, wishes).of(alone):
                problem = replace(problem, given={**problem.given, **kinds})
            return [problem]
    return _several(shapes, wishes)


def _narrowed(
    shapes: tuple[Shape, ...], wishes: dict[Dimension, Value], name: Dimension, allowed: tuple[Value, ...]
) -> Problem:
    """A problem with only those other wishes that really narrow the choice."""
    others = [other for other in DIMENSIONS if other != name]
    for size in range(len(others) + 1):
        for chosen in combinations(others, size):
            given = {other: wishes[other] for other in chosen}
            if set(_options(shapes, given).of(name)) == set(allowed):
                return _not_offered(name, wishes[name], allowed, given)
    return _not_offered(name, wishes[name], allowed, {other: wishes[other] for other in others})


def _several(shapes: tuple[Shape, ...], wishes: dict[Dimension, Value]) -> list[Problem]:
    """No single change helps: keep as many wishes as possible, mode first, and name the rest."""
    kept: dict[Dimension, Value] = {}
    problems: list[Problem] = []
    for name in ("mode", "resolution", "sound", "seconds", "aspect"):
        allowed = _options(shapes, kept).of(name)
        if wishes[name] in allowed:
            kept[name] = wishes[name]
        else:
            problems.append(_not_offered(name, wishes[name], allowed, dict(kept)))
    return problems


def _not_offered(
    name: Dimension, asked: Value, allowed: tuple[Value, ...], given: Mapping[Dimension, Value]
) -> Problem:
    return Problem(
        field=name,
        reason="not_offered",
        asked=asked,
        allowed=allowed,
        unit="seconds" if name == "seconds" else "",
        given={str(other): value for other, value in given.items()},
    )
