"""How many pixels a clip has whose size and shape are given by name. Pure."""

from __future__ import annotations

import re
from typing import Final

_NAMED_LINES: Final = {"2k": 1440, "4k": 2160}


def lines_of(size: str) -> int:
    """Of a size such as "720p" or "4k"; 0 where its name does not say."""
    plain = size.lower()
    found = re.fullmatch(r"(\d+)p", plain)
    return int(found[1]) if found else _NAMED_LINES.get(plain, 0)


def sides_of(size: str, shape: str) -> tuple[int, int]:
    """Width and height of a size and a shape such as "16:9"; square where no shape is said."""
    short, sides = lines_of(size), re.fullmatch(r"(\d+):(\d+)", shape)
    if not sides:
        return short, short
    across, down = int(sides[1]), int(sides[2])
    long = short * max(across, down) // min(across, down)
    return (long, short) if across >= down else (short, long)
