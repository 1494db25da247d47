"""Whether the texts and files of a request fit a route's limits. Facts only, no wording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from providers.base import MediaInput, MediaKind, Mode, Role, VideoRequest
from providers.catalogue.facts import Shape, ShotLimit, TextLimit, TextUnit, Window
from providers.catalogue.model import Route
from providers.catalogue.problem import Field, Problem, Reason, Value

NEEDED: Mapping[Mode, tuple[Role, ...]] = {
    "text": (),
    "first-frame": ("first-frame",),
    "first-last": ("first-frame", "last-frame"),
    "references": (),
    "edit": ("source-video",),
    "extend": ("source-video",),
    "upscale": ("source-video",),
}
REFERENCES: tuple[Role, ...] = ("reference-image", "reference-audio", "reference-video")
FORMATS: Mapping[str, str] = {
    "audio/mpeg": "mp3",
    "audio/wave": "wav",
    "audio/x-wav": "wav",
    "audio/x-m4a": "m4a",
    "audio/mp4": "m4a",
    "image/jpg": "jpeg",
    "video/quicktime": "mov",
}


def text_length(text: str, unit: TextUnit) -> int:
    """Length of a text in a vendor's unit.

    Tokens are counted on the safe side: three Latin letters or one other character make one.
    """
    match unit:
        case "characters":
            return len(text)
        case "bytes":
            return len(text.encode())
        case "words":
            return len(text.split())
        case "tokens":
            latin = sum(1 for char in text if ord(char) < 0x250)
            return -(-latin // 3) + len(text) - latin


def file_format(item: MediaInput) -> str:
    """Short name of a file's format: "mp3", "png", "mp4"."""
    mime = item.mime.split(";")[0].strip().lower()
    return FORMATS.get(mime, mime.rpartition("/")[2])


def text_problems(route: Route, request: VideoRequest, shape: Shape | None) -> Iterator[Problem]:
    """Prompt, negative prompt, seed and shots; `shape`: the row of the request, where there is one."""
    yield from _too_long("prompt", request.prompt, route.prompt)
    if request.negative:
        if route.negative is None or (shape is not None and shape.negative is False):
            yield Problem(field="negative", reason="not_taken")
        else:
            yield from _too_long("negative", request.negative, route.negative)
    taken = route.seed if shape is None or shape.seed is None else shape.seed
    if request.seed is not None and not taken:
        yield Problem(field="seed", reason="not_taken", asked=request.seed)
    if request.shots:
        yield from _shot_problems(route.shots, request)


def media_problems(route: Route, request: VideoRequest, fitted: Collection[MediaKind]) -> Iterator[Problem]:
    """Files: taken at all, how many, how long, how big, in which company."""
    present = {item.role for item in request.media}
    for role in NEEDED[request.mode]:
        if role not in present:
            yield Problem(field="media", reason="missing", role=role)
    if request.mode == "references" and not present.intersection(REFERENCES):
        taken = tuple(role for role in REFERENCES if route.window(role, "references"))
        yield Problem(field="media", reason="missing", allowed=taken)
    by_role = sorted(request.media, key=lambda item: item.role)
    counts = Counter(item.role for item in request.media)
    for role, group in groupby(by_role, key=lambda item: item.role):
        window, items = route.window(role, request.mode), tuple(group)
        if window is None:
            modes = tuple(mode for mode in NEEDED if route.window(role, mode))
            given = {"mode": request.mode} if route.window(role) else {}
            yield Problem(field="media", reason="not_taken", role=role, allowed=modes, given=given)
            continue
        yield from _count_problems(window, items, counts)
        if window.kind not in fitted:
            yield from file_problems(window, items)
        elif window.total_seconds is not None and len(items) > 1:
            # Each is cut to what one may last, but several cuts can still be too long together.
            most = window.max_seconds or window.total_seconds
            total = sum(min(item.seconds, most) for item in items)
            if total > window.total_seconds:
                yield _limit(role, "too_long", total, window.total_seconds, "seconds")


def _too_long(name: Field, text: str, limit: TextLimit) -> Iterator[Problem]:
    length = text_length(text, limit.unit)
    if length > limit.max:
        yield Problem(field=name, reason="too_long", asked=length, allowed=(limit.max,), unit=limit.unit)


def _shot_problems(limit: ShotLimit | None, request: VideoRequest) -> Iterator[Problem]:
    shots = request.shots
    if limit is None:
        yield Problem(field="shots", reason="not_taken", asked=len(shots), unit="shots")
        return
    if len(shots) > limit.max:
        yield Problem(field="shots", reason="too_many", asked=len(shots), allowed=(limit.max,), unit="shots")
    shortest, total = min(shot.seconds for shot in shots), sum(shot.seconds for shot in shots)
    if shortest < limit.min_seconds:
        yield Problem(
            field="shots", reason="too_short", asked=shortest, allowed=(limit.min_seconds,), unit="seconds"
        )
    if total != request.seconds:
        yield Problem(
            field="shots", reason="not_offered", asked=total, allowed=(request.seconds,), unit="seconds"
        )
    if limit.prompt is not None:
        for number, shot in enumerate(shots):
            # What is said of the whole clip opens its first shot.
            words = shot.prompt if number else f"{request.prompt} {shot.prompt}".strip()
            yield from _too_long("shots", words, limit.prompt)


def _count_problems(
    window: Window, items: tuple[MediaInput, ...], present: Counter[Role]
) -> Iterator[Problem]:
    role, count = window.role, len(items)
    if count > window.max_count:
        yield _limit(role, "too_many", count, window.max_count, "files")
    if count < window.min_count:
        yield _limit(role, "too_few", count, window.min_count, "files")
    for other, most in window.beside:
        if other in present and most < count <= window.max_count:
            yield replace(_limit(role, "too_many_beside", count, most, "files"), given={"beside": other})
    if window.one_each and 0 < present[window.one_each] < count:
        limit = _limit(role, "outnumbers", count, present[window.one_each], "files")
        yield replace(limit, given={"beside": window.one_each})
    if window.needs and not set(window.needs).intersection(present):
        yield Problem(field="media", reason="needs_company", role=role, allowed=window.needs)
    clashes = tuple(other for other in window.excludes if other in present)
    if clashes:
        yield Problem(field="media", reason="excluded", role=role, allowed=clashes)


def file_problems(window: Window, items: tuple[MediaInput, ...]) -> Iterator[Problem]:
    """What is wrong with files for one window: form, bytes, length, and the picture of a clip."""
    role = window.role
    for item in items:
        named = item.made is not None  # the vendor takes its own work, whatever its form
        if not named and window.formats and file_format(item) not in window.formats:
            yield Problem(
                field="media",
                reason="wrong_format",
                role=role,
                asked=file_format(item),
                allowed=window.formats,
            )
        if not named and window.max_bytes is not None and item.size_bytes > window.max_bytes:
            yield _limit(role, "too_big", item.size_bytes, window.max_bytes, "bytes")
        if window.kind == "image":
            continue
        if window.min_seconds is not None and item.seconds < window.min_seconds:
            yield _limit(role, "too_short", item.seconds, window.min_seconds, "seconds")
        if window.max_seconds is not None and item.seconds > window.max_seconds:
            yield _limit(role, "too_long", item.seconds, window.max_seconds, "seconds")
        if not named and window.kind == "video":
            yield from _picture_problems(window, item)
    total = sum(item.seconds for item in items)
    if window.total_seconds is not None and len(items) > 1 and total > window.total_seconds:
        yield _limit(role, "too_long", total, window.total_seconds, "seconds")


def _picture_problems(window: Window, item: MediaInput) -> Iterator[Problem]:
    """Sides, pixels and frames a second of a clip, as far as they are known."""
    size, fps, pixels = f"{item.width}×{item.height}", item.fps, item.width * item.height
    small, large = sorted((item.width, item.height))
    # Half a frame more or less is a matter of rounding: 23.976 counts as 24.
    measured: tuple[tuple[Reason, Value, bool, int | None, str], ...] = (
        ("too_small", size, 0 < small < (window.min_side or 0), window.min_side, "pixels"),
        ("too_large", size, large > (window.max_side or large), window.max_side, "pixels"),
        ("few_pixels", size, 0 < pixels < (window.min_pixels or 0), window.min_pixels, "pixels"),
        ("many_pixels", size, pixels > (window.max_pixels or pixels), window.max_pixels, "pixels"),
        ("too_slow", _tidy(fps), 0 < fps < (window.min_fps or 0) - 0.5, window.min_fps, "fps"),
        ("too_fast", _tidy(fps), fps > (window.max_fps or fps) + 0.5, window.max_fps, "fps"),
    )
    for reason, asked, wrong, limit, unit in measured:
        if wrong and limit is not None:
            yield Problem(
                field="media", reason=reason, role=window.role, asked=asked, allowed=(limit,), unit=unit
            )
            return  # a clip that is too small has too few pixels as well


def _limit(role: Role, reason: Reason, asked: float, limit: float, unit: str) -> Problem:
    return Problem(
        field="media", reason=reason, role=role, asked=_tidy(asked), allowed=(_tidy(limit),), unit=unit
    )


def _tidy(number: float) -> Value:
    """A whole number as such, else with at most two decimals, as text for a sentence."""
    return int(number) if number == int(number) else f"{number:.2f}".rstrip("0").rstrip(".")
