"""Sound and lips at fal: what an endpoint's fields are called is data of the catalogue. Pure.

A route's `options` say how, as the shapes of models do (`fields.py`):

    text, negative, seconds, seed: the field; without one it is not sent
    text-else, negative-else: what is said in the field where nothing was asked for
    "=name": a field with this fixed value
    answer: "audio" or "video", the field of the result that is fetched

The clip is `video_url` everywhere, a recording `audio_url`. Quirks (fal's client types of 2026-08-02):
1. A length that is not said is 8 or 10 seconds, whatever the clip's: more is billed, or the end is silent.
2. Kling's two prompts have defaults of their own, a car race with music: both are always said.
3. MMAudio invents speech and music; it is told not to where nothing else was said.
4. A result is an object, a list of them, or both, under one of two names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.base import LipRequest, SoundRequest
from providers.errors import Unsupported
from providers.wire.fields import FIXED

VIDEO, AUDIO = "video_url", "audio_url"


def build_sound(request: SoundRequest, link: str) -> dict[str, Any]:
    """The body of a call that makes sound for a clip.

    Args:
        request: with the endpoint's options.
        link: where the clip lies.

    Raises:
        Unsupported: the endpoint has no field for something that was asked for.
    """
    if request.kind != "foley" or request.video is None:
        raise Unsupported("only sound for a clip is made here")
    names = request.options
    body: dict[str, Any] = {VIDEO: link}
    for wish, words in (("text", request.text), ("negative", request.negative)):
        said = words or str(names.get(f"{wish}-else", ""))
        field = str(names.get(wish, ""))
        if field and said:
            body[field] = said
        elif words:
            raise Unsupported(f"no place for {wish} here")
    if names.get("seconds"):
        seconds = request.seconds or request.video.seconds
        if seconds <= 0:
            raise Unsupported("the length of the clip is not known")
        body[str(names["seconds"])] = round(seconds, 2)
    if names.get("seed") and request.seed is not None:
        body[str(names["seed"])] = request.seed
    return body | _fixed(names)


def build_lips(request: LipRequest, clip: str, recording: str) -> dict[str, Any]:
    """The body of a call that moves lips.

    Args:
        request: with the endpoint's options.
        clip, recording: where the two files lie.
    """
    return {VIDEO: clip, AUDIO: recording} | _fixed(request.options)


def link_in(made: Mapping[str, Any], answer: str) -> str:
    """The link to what was made, or ""."""
    for name in (answer, f"{answer}s"):
        value = made.get(name)
        for one in value if isinstance(value, list) else [value]:
            url = one.get("url") if isinstance(one, dict) else one
            if isinstance(url, str) and url:
                return url
    return ""


def _fixed(names: Mapping[str, str | int | bool]) -> dict[str, Any]:
    return {name.removeprefix(FIXED): value for name, value in names.items() if name.startswith(FIXED)}
