"""The boxes of an mp4 or mov file, as far as they tell sizes. Reads the index only, decodes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MOST_BOXES = 20_000
_MOST_INDEX_BYTES = 32 << 20
_CONTAINERS = {b"trak", b"mdia", b"minf", b"stbl"}


@dataclass(frozen=True, kw_only=True)
class Film:
    """What the index says. `whole` is false if a box reaches beyond the end of the file."""

    brand: bytes
    has_picture: bool
    width: int
    height: int
    faststart: bool
    whole: bool
    turned: bool


def read(file: BinaryIO, size: int) -> Film:
    """Walk through a file of `size` bytes.

    Raises:
        ValueError: there is no usable index.
    """
    brand, order, whole = b"", [], True
    index: bytes | None = None
    for name, start, length in _top_level(file, size):
        order.append(name)
        whole = whole and start + length <= size
        if name == b"ftyp":
            file.seek(start)
            brand = file.read(4)
        elif name == b"moov":
            if length > _MOST_INDEX_BYTES:
                raise ValueError("the index is too large")
            file.seek(start)
            index = file.read(length)
    if index is None:
        raise ValueError("there is no index")
    data = order.index(b"mdat") if b"mdat" in order else len(order)
    has_picture, width, height, turned = _pictures(index)
    return Film(
        brand=brand,
        has_picture=has_picture,
        width=width,
        height=height,
        faststart=order.index(b"moov") < data,
        whole=whole,
        turned=turned,
    )


def _top_level(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and length of the payload of each outer box."""
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        length, header = int.from_bytes(head[:4], "big"), 8
        if length == 1 and len(head) == 16:
            length, header = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:
            length = size - at
        if length < header:
            raise ValueError("a box is shorter than its own head")
        yield head[4:8], at + header, length - header
        at += length
        if at >= size:
            return
    raise ValueError("there are too many boxes")


def _pictures(index: bytes) -> tuple[bool, int, int, bool]:
    """Whether a track holds a picture, the largest width and height named, whether it lies on its side."""
    found, width, height, turned = False, 0, 0, False
    tracks, here = 0, False
    for name, payload in _inside(index, depth=0):
        if name == b"trak":
            tracks, here = tracks + 1, False
            if tracks > 64:
                raise ValueError("there are too many tracks")
        elif name == b"hdlr":
            here = here or payload[8:12] == b"vide"
            found = found or here
        elif name == b"tkhd" and len(payload) >= 84:
            width = max(width, int.from_bytes(payload[-8:-6], "big"))
            height = max(height, int.from_bytes(payload[-4:-2], "big"))
            # The matrix begins with a and b; a quarter turn has no a.
            turned = turned or (not any(payload[-44:-40]) and any(payload[-40:-36]))
        elif name == b"stsd" and here and len(payload) >= 44:
            # One visual sample entry after 8 bytes of head: its sizes lie 32 bytes in.
            width = max(width, int.from_bytes(payload[40:42], "big"))
            height = max(height, int.from_bytes(payload[42:44], "big"))
    return (found, width, height, turned) if found else (False, 0, 0, False)


def _inside(data: bytes, *, depth: int) -> Iterator[tuple[bytes, bytes]]:
    """Boxes within a box, outer before inner, in the order in which they lie."""
    at = 0
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        header = 8
        if length == 1:
            length, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = len(data) - at
        if length < header:
            raise ValueError("a box is shorter than its own head")
        payload = data[at + header : at + length]
        yield name, payload
        if name in _CONTAINERS and depth < 8:
            yield from _inside(payload, depth=depth + 1)
        at += length
