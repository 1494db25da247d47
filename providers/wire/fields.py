"""A request in the words of a gateway's endpoint: which field is called what is data of the catalogue. Pure.

Gateways serve many models, and each endpoint names its fields in its own way. A shape's `options` say how:

    seconds, resolution, aspect, sound, keep-sound, negative, seed: the field; without one it is not sent
    prompt: the field of the words, "prompt" where nothing is said; "" for an endpoint that takes none
    first-frame, last-frame, source-video: the field that takes one file
    reference-image, reference-audio, reference-video, voice, soundtrack: the field; "name[]" is a list
    shots: the list of {prompt, duration}
    seconds-as: "number", "text" ("8") or "text-s" ("8s")
    call-image, call-audio, call-video: how a prompt means the n-th file, "@Image{n}"
    "=name": a field with this fixed value

What a person asked for and what has no field here is refused: nothing is dropped silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from providers.base import VideoRequest
from providers.errors import Unsupported
from providers.wire.naming import counted, said_with

LIST = "[]"
FIXED = "="


def build_input(request: VideoRequest, files: Sequence[str]) -> dict[str, Any]:
    """The body of a call.

    Args:
        request: the normalised request, with the endpoint's options.
        files: its media as the vendor takes them, in the same order.

    Raises:
        Unsupported: the endpoint has no field for something that was asked for.
    """
    names = request.options
    if request.voices:
        raise Unsupported("no place for voices of an account here")
    words = said_with(request.prompt, dict(_calls(request)))
    body: dict[str, Any] = {}
    if request.shots:
        body[_field(names, "shots")] = _shots(request, words)
    elif field := str(names.get("prompt", "prompt")):
        body[field] = words
    for item, file in zip(request.media, files, strict=True):
        name = _field(names, item.role)
        if name.endswith(LIST):
            body.setdefault(name.removesuffix(LIST), []).append(file)
        elif name in body:
            raise Unsupported(f"one {item.role} is taken here")
        else:
            body[name] = file
    body |= {_field(names, wish): value for wish, value in _wishes(request)}
    body |= {name.removeprefix(FIXED): value for name, value in names.items() if name.startswith(FIXED)}
    return body


def _wishes(request: VideoRequest) -> Iterator[tuple[str, Any]]:
    """What is said of the clip, as far as the endpoint has a field, and always where it must be obeyed."""
    names = request.options
    if names.get("seconds"):
        yield "seconds", _length(request.seconds, str(names.get("seconds-as", "number")))
    for wish, value in (("resolution", request.resolution), ("aspect", request.aspect)):
        if names.get(wish):
            yield wish, value
    for wish in ("sound", "keep-sound"):
        if names.get(wish):
            yield wish, request.sound
    if request.negative:
        yield "negative", request.negative
    if request.seed is not None:
        yield "seed", request.seed


def _shots(request: VideoRequest, words: str) -> list[dict[str, Any]]:
    """Each shot with its length; what is said of the whole clip opens the first one."""
    form = str(request.options.get("seconds-as", "number"))
    called = dict(_calls(request))
    texts = [said_with(shot.prompt, called) for shot in request.shots]
    texts[0] = " ".join(f"{words} {texts[0]}".split())
    return [
        {"prompt": text, "duration": _length(shot.seconds, form)}
        for text, shot in zip(texts, request.shots, strict=True)
    ]


def _calls(request: VideoRequest) -> Iterator[tuple[str, str]]:
    """By which word the endpoint knows each named file; a plain word where it has none."""
    for item, place in zip(request.media, counted(request.media), strict=True):
        form = str(request.options.get(f"call-{item.kind}", ""))
        yield item.name, form.format(n=place) if form else item.name


def _length(seconds: int, form: str) -> str | int:
    match form:
        case "text":
            return str(seconds)
        case "text-s":
            return f"{seconds}s"
        case _:
            return seconds


def _field(names: Mapping[str, str | int | bool], wish: str) -> str:
    name = str(names.get(wish, ""))
    if not name:
        raise Unsupported(f"no place for {wish} here")
    return name
