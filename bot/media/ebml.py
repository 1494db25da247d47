"""The head of a Matroska or WebM file, as far as it tells sizes. Decodes nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_HEAD_BYTES = 4 << 20
_EBML, _DOC_TYPE, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x4282, 0x18538067, 0x1F43B675
_TRACKS, _TRACK, _VIDEO, _PIXEL_WIDTH, _PIXEL_HEIGHT = 0x1654AE6B, 0xAE, 0xE0, 0xB0, 0xBA
_OPENED = {_EBML, _SEGMENT, _TRACKS, _TRACK, _VIDEO}
_MOST_ELEMENTS = 20_000


@dataclass(frozen=True, kw_only=True)
class Matroska:
    """What the head says."""

    doc_type: str
    has_picture: bool
    width: int
    height: int


def read(file: BinaryIO) -> Matroska:
    """Read the head up to the first media data.

    Raises:
        ValueError: it is broken.
    """
    doc_type, has_picture, width, height = "", False, 0, 0
    for name, payload in _elements(io.BytesIO(file.read(_HEAD_BYTES))):
        if name == _DOC_TYPE:
            doc_type = payload.rstrip(b"\0").decode("ascii", "replace")
        elif name == _VIDEO:
            has_picture = True
        elif name == _PIXEL_WIDTH:
            width = max(width, int.from_bytes(payload, "big"))
        elif name == _PIXEL_HEIGHT:
            height = max(height, int.from_bytes(payload, "big"))
    if doc_type not in {"webm", "matroska"}:
        raise ValueError(f"an EBML file of another type: {doc_type}")
    return Matroska(doc_type=doc_type, has_picture=has_picture, width=width, height=height)


def _elements(head: io.BytesIO) -> Iterator[tuple[int, bytes]]:
    """All elements in order; those that hold others are opened, so they come without payload."""
    for _ in range(_MOST_ELEMENTS):
        name = _number(head, keep_marker=True)
        size = _number(head, keep_marker=False)
        if name is None or size is None or name == _CLUSTER:
            return
        if name in _OPENED:
            yield name, b""
        elif size <= 256:
            yield name, head.read(size)
        else:
            head.seek(size, io.SEEK_CUR)
    raise ValueError("there are too many elements")


def _number(head: io.BytesIO, *, keep_marker: bool) -> int | None:
    """A number of variable length: the leading zero bits of its first byte say how long."""
    first = head.read(1)
    if not first or not first[0]:
        return None
    length = 9 - first[0].bit_length()
    rest = head.read(length - 1)
    if len(rest) < length - 1:
        return None
    value = first[0] if keep_marker else first[0] & (0xFF >> length)
    return int.from_bytes(bytes([value]) + rest, "big")
