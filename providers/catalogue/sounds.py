"""Sound routes: what a piece of sound costs, what a route cannot make, and the request that is sent to it.

Pure. The rows come from `[[sound]]` in `providers/data`; the adapter is `registry.get(route.provider)`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from providers.base import CloneRequest, LipRequest, MediaInput, Role, SoundKind, SoundRequest
from providers.catalogue.facts import Window
from providers.catalogue.inputs import file_format, file_problems
from providers.catalogue.pricing import PriceResult, Usage, price_usage
from providers.catalogue.problem import Problem
from providers.catalogue.sound_route import SoundRoute as SoundRoute
from providers.catalogue.sound_route import Voice as Voice

SoundPrice = PriceResult
_FRAMES_SECONDS: Final = 0.25
Misfit = Literal["kind", "language", "text", "negative", "long", "picture"]


def sound_price(route: SoundRoute, request: SoundRequest, today: date) -> SoundPrice:
    """What a piece of sound costs; `request.seconds` must be set where seconds are charged.

    Raises:
        PriceUnknown: the operator has to set it.
        CatalogueError: no base row matches, or several do.
    """
    video = request.video
    usage = Usage(
        kind=request.kind,
        seconds=Decimal(str(request.seconds)),
        sound=True,
        video_input=video is not None,
        input_seconds=Decimal(str(video.seconds)) if video else Decimal(0),
        characters=len(request.text),
    )
    return price_usage(route, usage, today)


def price_transcript(route: SoundRoute, audio_seconds: float, on: date) -> PriceResult:
    """What a transcript of this much audio costs; errors as in `sound_price`."""
    seconds = Decimal(str(audio_seconds))
    usage = Usage(kind="transcript", seconds=seconds, input_seconds=seconds, audio_input=True)
    return price_usage(route, usage, on)


def price_lips(route: SoundRoute, request: LipRequest, on: date) -> PriceResult:
    """What a clip with new lips costs, by the length of clip and recording; errors as in `sound_price`."""
    usage = Usage(
        kind="lips",
        seconds=Decimal(str(request.video.seconds)),
        input_seconds=Decimal(str(request.audio.seconds)),
        sound=True,
        audio_input=True,
        video_input=True,
    )
    return price_usage(route, usage, on)


def lip_request(route: SoundRoute, video: MediaInput, audio: MediaInput) -> LipRequest:
    """A request as the route wants it."""
    return LipRequest(
        video=video, audio=audio, route=route.id, api_name=route.api_name, options=dict(route.options)
    )


def lips_misfit(route: SoundRoute, request: LipRequest) -> Literal["picture", "recording"] | None:
    """Which of the two files the route cannot take as it is: too long, too short or too large."""
    if "lips" not in route.kinds:
        return "picture"
    problem = lip_problem(route, request)
    if problem is None:
        return None
    return "picture" if problem.role == "source-video" else "recording"


def lip_problem(route: SoundRoute, request: LipRequest) -> Problem | None:
    """The first limit that one of the two files goes beyond, with what would be allowed; None = both fit.

    The recording is converted before it is sent, so its form is no problem. A vendor's second is a second or
    some frames more.
    """
    files: tuple[tuple[Role, MediaInput], ...] = (("source-video", request.video), ("voice", request.audio))
    for role, item in files:
        window = route.window(role)
        if window is None:
            continue
        if window.max_seconds is not None and item.seconds <= window.max_seconds + _FRAMES_SECONDS:
            item = replace(item, seconds=min(item.seconds, window.max_seconds))
        taken = replace(window, formats=()) if role == "voice" else window
        problem = next(file_problems(taken, (item,)), None)
        if problem is not None:
            return problem
    return None


def clone_request(route: SoundRoute, recording: MediaInput, name: str) -> CloneRequest:
    """A request as the route wants it; `name` as in CloneRequest."""
    options = dict(route.options)
    return CloneRequest(
        recording=recording, name=name, route=route.id, api_name=route.api_name, options=options
    )


def clone_misfit(route: SoundRoute, request: CloneRequest) -> Literal["recording", "format", "name"] | None:
    """What the route cannot take as it is: a recording too long, too short, too large or of another form."""
    window = route.window("voice")
    if route.max_chars and len(request.name) > route.max_chars:
        return "name"
    if window is not None and window.formats and file_format(request.recording) not in window.formats:
        return "format"
    return None if _inside(window, request.recording) else "recording"


def price_clone(route: SoundRoute, request: CloneRequest, on: date) -> PriceResult:
    """What making a voice costs; errors as in `sound_price`."""
    seconds = Decimal(str(request.recording.seconds))
    usage = Usage(kind="clone", seconds=seconds, input_seconds=seconds, audio_input=True)
    return price_usage(route, usage, on)


def _inside(window: Window | None, item: MediaInput) -> bool:
    if window is None:
        return True
    long = window.max_seconds is not None and item.seconds > window.max_seconds
    short = window.min_seconds is not None and item.seconds < window.min_seconds
    return not (long or short or (window.max_bytes is not None and item.size_bytes > window.max_bytes))


def misfit(route: SoundRoute, request: SoundRequest) -> Misfit | None:
    """The first thing about a request that the route cannot do; None = it can be sent.

    Being too short is none: `sound_request` asks for the shortest instead, and the rest is cut off.
    """
    if request.kind not in route.kinds:
        return "kind"
    if request.kind == "speech" and not route.speaks(request.language):
        return "language"
    if route.max_chars and len(request.text) > route.max_chars:
        return "text"
    if request.negative and not route.negative:
        return "negative"
    if route.max_seconds and request.seconds > route.max_seconds:
        return "long"
    return "picture" if not _takes(route, request.video) else None


def _takes(route: SoundRoute, video: MediaInput | None) -> bool:
    """Whether a clip is of a length and size that it takes."""
    if video is None:
        return True
    too_large = route.max_bytes and video.size_bytes > route.max_bytes
    too_short = route.min_seconds and video.seconds and video.seconds < route.min_seconds
    return not (too_large or too_short)


def sound_request(
    route: SoundRoute,
    *,
    kind: SoundKind,
    text: str,
    seconds: float = 0.0,
    voice: str = "",
    language: str = "",
    negative: str = "",
    video: MediaInput | None = None,
    seed: int | None = None,
) -> SoundRequest:
    """A request as the route wants it: its own name on the wire, its switches, a voice that it knows.

    Args:
        route: which one.
        kind, text, language, video, seed: as in SoundRequest.
        negative: what must not be heard, separated by commas; what the route leaves out anyway is not said.
        seconds: wanted; a length below the route's shortest is raised to that, 0 stays 0.
        voice: a maker's own id, or the kind of speaker: "woman", "man", "" = any.
    """
    known = {one.speaker for one in route.voices}
    if kind == "speech" and (not voice or voice in known | {"woman", "man", "child"}):
        voice = route.voice_for(voice, language)
    return SoundRequest(
        kind=kind,
        text=text,
        seconds=max(seconds, route.min_seconds) if seconds else 0.0,
        voice=voice,
        language=language,
        negative=negative if route.negative else _without(negative, route.leaves_out),
        video=video,
        seed=seed,
        route=route.id,
        api_name=route.api_name,
        options=dict(route.options),
    )


def _without(negative: str, leaves_out: Collection[str]) -> str:
    words = (word.strip() for word in negative.split(","))
    return ", ".join(word for word in words if word and word.lower() not in leaves_out)
