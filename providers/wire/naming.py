"""What `@name` in a prompt becomes: the word by which a vendor knows that file. Pure.

Names that people gave to files never leave the machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from providers.base import MediaInput


def said_with(prompt: str, named: Mapping[str, str]) -> str:
    """The prompt with each `@name` replaced; upper and lower case do not matter, part words stay."""
    spelled = {name.lower(): word for name, word in named.items() if name}
    if not spelled:
        return prompt
    return mention(tuple(spelled)).sub(lambda match: spelled[match[1].lower()], prompt)


def mention(names: Sequence[str]) -> re.Pattern[str]:
    """Finds `@name` as a whole word, the longest name first."""
    words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<!\w)@({words})(?!\w)", re.IGNORECASE)


def counted(media: Sequence[MediaInput]) -> list[int]:
    """The place of each file among those of its kind, from 1: image 1, audio 1, image 2."""
    counts: dict[str, int] = {}
    places = []
    for item in media:
        counts[item.kind] = counts.get(item.kind, 0) + 1
        places.append(counts[item.kind])
    return places
