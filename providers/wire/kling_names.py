"""What `@name` in a prompt for Kling means: a file of the request, or an element of the account. Pure.

Names that people gave to files never leave the machine; the vendor hears image_1 and video_1. Ids must not be
part of one another, says the vendor: `@zhang` would be found in `@zhangsan`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from providers.base import MediaInput
from providers.errors import Unsupported
from providers.wire.naming import counted, mention

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
