"""What `@name` in a prompt for Kling means: a file, or an element or a voice of the account. Pure.

Names that people gave to files never leave the machine; the vendor hears image_1 and video_1. Ids must not be
part of one another, says the vendor: `@zhang` would be found in `@zhangsan`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from providers.base import MediaInput, VideoRequest
from providers.errors import Unsupported
from providers.wire.naming import counted, mention, said_with

ELEMENT = "element_"


@dataclass(frozen=True, kw_only=True)
class Element:
    """An element of the account: its name in the prompt, the vendor's number, its id in this request."""

    name: str
    number: str
    id: str


def elements_of(options: Mapping[str, str]) -> dict[str, str]:
    """The operator's elements: the option `element_hero = "3219…"` makes `@hero` mean that element."""
    found = {key.removeprefix(ELEMENT): value for key, value in options.items() if key.startswith(ELEMENT)}
    return {name: number for name, number in found.items() if name and number}


def mentioned(
    prompt: str, elements: Mapping[str, str], media: Sequence[MediaInput], *, most: int
) -> tuple[Element, ...]:
    """The elements that the prompt mentions; a file of the same name comes first.

    Raises:
        Unsupported: more than the request may have.
    """
    files = {item.name.lower() for item in media}
    names = [name for name in elements if name.lower() not in files and mention((name,)).search(prompt)]
    if len(names) > max(0, most):
        raise Unsupported(f"{max(0, most)} elements are taken here, not {len(names)}")
    clash = any(one in other for one, other in permutations((*names, "image_", "video_"), 2))
    return tuple(
        Element(name=name, number=elements[name], id=f"{ELEMENT}{count}" if clash else name)
        for count, name in enumerate(names, 1)
    )


def file_ids(media: Sequence[MediaInput]) -> list[str]:
    """A neutral id for each file: image_1, image_2, video_1."""
    return [f"{item.kind}_{place}" for item, place in zip(media, counted(media), strict=True)]


def voices_of(request: VideoRequest, *, most: int) -> tuple[str, ...]:
    """The voices that are to speak (2.6 alone: beside a first frame, at 1080p, with sound).

    Raises:
        Unsupported: they cannot speak there, or are too many.
    """
    if not request.voices:
        return ()
    if len(request.voices) > most:
        raise Unsupported(f"{request.api_name} takes {most} voices of the account")
    if request.mode != "first-frame" or request.resolution != "1080p" or not request.sound:
        raise Unsupported("a voice of the account speaks beside a first frame, at 1080p and with sound only")
    return request.voices


def with_voices(prompt: str, voices: Sequence[str], form: str) -> str:
    """The prompt with `@voice_1` as the vendor writes it; a voice that it does not name is its speaker's.

    Args:
        prompt: the words.
        voices: ids, in the order of their numbers.
        form: the vendor's word, with {} for the number.
    """
    named = {f"voice_{place}": form.format(place) for place, _ in enumerate(voices, 1)}
    silent = [word for name, word in named.items() if not mention((name,)).search(prompt)]
    said = said_with(prompt, named)
    return f"{said} Whoever speaks has the voice {' or '.join(silent)}." if silent else said
