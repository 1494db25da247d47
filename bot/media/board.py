"""Draws what a comparison found: the report card and the leaderboard, as PNG. Pure; knows shapes, not words.

Light, with large letters, as chats show pictures small; drawn at twice the size and scaled down.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from bot.core.sheets import Board, Cell, Line, Place, Sheet
from providers.lettering import drawable, fitted, font

INKS: Final = ("#1f5fa8", "#a8430d", "#0b6b50", "#7f3a73")  # A–D; told apart without colour vision, too
_GROUND, _PANEL, _INK, _MUTED, _LINE, _ACCENT = (
    "#ffffff",
    "#f5f5f2",
    "#1d1e22",
    "#5f616a",
    "#dcdcd6",
    "#3745b0",
)
_SCALE: Final = 2
_EDGE: Final = 36
MOST_BYTES: Final = 300 << 10

Colour = str
Box = tuple[float, float, float, float]


class _Sheet:
    """A picture in drawing units; one is `_SCALE` pixels until it is done."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._image = Image.new("RGB", (width * _SCALE, height * _SCALE), _GROUND)
        self._draw = ImageDraw.Draw(self._image)

    def words(
        self,
        at: tuple[float, float],
        text: str,
        *,
        size: int,
        width: float,
        ink: Colour = _INK,
        bold: bool = False,
        anchor: str = "ls",
    ) -> None:
        """One line, cut where it is too wide; y is its base line."""
        used = font(size * _SCALE, bold=bold)
        shown = fitted(drawable(text), used, width * _SCALE)
        self._draw.text((at[0] * _SCALE, at[1] * _SCALE), shown, fill=ink, font=used, anchor=anchor)

    def box(self, box: Box, *, fill: Colour, radius: float = 0.0) -> None:
        """A rectangle: left, top, right, bottom."""
        left, top, right, bottom = (edge * _SCALE for edge in box)
        self._draw.rounded_rectangle((left, top, right - 1, bottom - 1), radius * _SCALE, fill=fill)

    def dot(self, x: float, y: float, radius: float, *, fill: Colour) -> None:
        """A disc with a light edge, so that it is seen on a line."""
        for grown, colour in ((radius + 2, _GROUND), (radius, fill)):
            self._draw.ellipse([(v + d * grown) * _SCALE for d in (-1, 1) for v in (x, y)], fill=colour)

    def png(self) -> bytes:
        """The finished picture, with few colours only where it would pass its limit."""
        small = self._image.reduce(_SCALE)
        data = BytesIO()
        small.save(data, "PNG")
        for colours in (128, 32):
            if data.tell() > MOST_BYTES:
                data = BytesIO()
                small.quantize(colours, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
        return data.getvalue()


def card(sheet: Sheet) -> bytes:
    """The report card as PNG: measures down, clips across."""
    labels = 250
    across = {2: 300, 3: 250}.get(len(sheet.columns), 218)
    width = 2 * _EDGE + labels + across * len(sheet.columns)
    above = 96 if any(column.name or column.id for column in sheet.columns) else 64
    top = _head_height(sheet.subtitle) + above
    rows = sum(len(group.lines) for group in sheet.groups)
    height = top + 46 * len(sheet.groups) + 62 * rows + (52 if sheet.foot else 20)
    page = _Sheet(width, height)
    _head(page, sheet.title, sheet.subtitle)
    lefts = [_EDGE + labels + at * across for at in range(len(sheet.columns))]
    for at, (left, column) in enumerate(zip(lefts, sheet.columns, strict=True)):
        y = top - above + 8
        page.box((left, y, left + 42, y + 42), fill=INKS[at % 4], radius=11)
        page.words(
            (left + 21, y + 30), column.letter, size=26, width=42, ink="#ffffff", bold=True, anchor="ms"
        )
        name = drawable(column.name) or column.id
        page.words((left, y + 72), name, size=_size(name, across - 14), width=across - 14, bold=True)
    y = top
    for group in sheet.groups:
        page.box((_EDGE, y + 4, width - _EDGE, y + 38), fill=_PANEL, radius=8)
        page.words((_EDGE + 12, y + 28), group.title, size=18, width=width - 2 * _EDGE, ink=_MUTED, bold=True)
        y += 46
        for line in group.lines:
            _measure(page, line, y, labels=labels, lefts=lefts, across=across)
            y += 62
    if sheet.foot:
        page.words((_EDGE, y + 30), sheet.foot, size=17, width=width - 2 * _EDGE, ink=_MUTED)
    return page.png()


def _measure(
    page: _Sheet, line: Line, y: float, *, labels: float, lefts: Sequence[float], across: float
) -> None:
    page.words((_EDGE + 12, y + 34), line.label, size=21, width=labels - 24)
    for at, (left, cell) in enumerate(zip(lefts, line.cells, strict=True)):
        _cell(page, cell, line.middle, left, y, across - 26, INKS[at % 4])


def _cell(
    page: _Sheet, cell: Cell, middle: float | None, x: float, y: float, width: float, ink: Colour
) -> None:
    page.words(
        (x, y + 32),
        re.sub(r"^-(?=\d)", "–", cell.text),
        size=22 if cell.known else 19,
        width=width,
        ink=_INK if cell.known else _MUTED,
        bold=cell.known,
    )
    if cell.at is None:
        return
    line = y + 46
    page.box((x, line, x + width, line + 4), fill=_LINE, radius=2)
    if middle is not None:
        page.box((x + width * middle - 1, line - 9, x + width * middle + 1, line + 13), fill=_MUTED)
    page.dot(x + 6 + (width - 12) * cell.at, line + 2, 6, fill=ink)


def leaderboard(board: Board) -> bytes:
    """The leaderboard as PNG: one model a row, strongest first, with its interval on one scale for all."""
    rank, names, scale, strength, cells = 92, 260, 400, 96, 142
    width = 2 * _EDGE + rank + names + scale + strength + 24 + cells * len(board.heads)
    top = _head_height(board.subtitle) + 52
    height = top + 66 * len(board.places) + 56 + 30 * len(board.foot) + 14
    page = _Sheet(width, height)
    _head(page, board.title, board.subtitle)
    left = _EDGE + rank + names
    beside = left + scale + 24
    page.words((_EDGE + rank, top - 18), board.name_head, size=18, width=names, ink=_MUTED, bold=True)
    page.words((left, top - 18), board.strength_head, size=18, width=scale, ink=_MUTED, bold=True)
    for at, head in enumerate(board.heads):
        x = beside + strength + cells * (at + 1) - 12
        page.words((x, top - 18), head, size=18, width=cells - 8, ink=_MUTED, bold=True, anchor="rs")
    low, high = _reach(board.places)

    def place(value: float) -> float:
        return left + (value - low) / (high - low) * scale

    bottom = top + 66 * len(board.places)
    for at, one in enumerate(board.places):
        y = top + 66 * at
        if at % 2 == 0:
            page.box((_EDGE, y, width - _EDGE, y + 66), fill=_PANEL, radius=10)
        name = drawable(one.name) or one.id
        page.words((_EDGE + 14, y + 42), one.rank, size=24, width=rank - 18, ink=_ACCENT, bold=True)
        page.words(
            (_EDGE + rank, y + 41), name, size=_size(name, names - 16, 22), width=names - 16, bold=True
        )
        page.words((beside + 4, y + 41), one.strength, size=22, width=strength, bold=True)
        for number, text in enumerate(one.cells):
            x = beside + strength + cells * (number + 1) - 12
            page.words((x, y + 41), text, size=20, width=cells - 8, anchor="rs")
    page.box((place(0) - 1, top, place(0) + 1, bottom), fill="#b9b9b2")
    for at, one in enumerate(board.places):
        y = top + 66 * at + 33
        page.box((place(one.low), y - 3, place(one.high), y + 3), fill="#9aa3e2", radius=3)
        for edge in (one.low, one.high):
            page.box((place(edge) - 1.5, y - 9, place(edge) + 1.5, y + 9), fill="#9aa3e2")
        page.dot(place(one.at), y, 9, fill=_ACCENT)
    page.words((left, bottom + 28), board.weaker, size=16, width=scale / 2 - 8, ink=_MUTED)
    page.words(
        (left + scale, bottom + 28), board.stronger, size=16, width=scale / 2 - 8, ink=_MUTED, anchor="rs"
    )
    for at, line in enumerate(board.foot):
        page.words((_EDGE, bottom + 66 + 30 * at), line, size=17, width=width - 2 * _EDGE, ink=_MUTED)
    return page.png()


def _size(name: str, width: float, largest: int = 20) -> int:
    """The largest size in which a name is not cut, if there is one that can be read."""
    sizes = range(largest, 14, -1)
    return next((n for n in sizes if font(n * _SCALE, bold=True).getlength(name) <= width * _SCALE), 15)


def _reach(places: Sequence[Place]) -> tuple[float, float]:
    """The scale: from −1 to 1 at least, the same to both sides of 0, with room at its ends."""
    furthest = max((abs(edge) for one in places for edge in (one.low, one.high)), default=1.0)
    half = max(1.0, furthest) * 1.06
    return -half, half


def _head_height(subtitle: str) -> int:
    return 122 if drawable(subtitle) else 88


def _head(page: _Sheet, title: str, subtitle: str) -> None:
    width = page.size[0] - 2 * _EDGE
    page.words((_EDGE, 64), title, size=34, width=width, bold=True)
    if drawable(subtitle):
        page.words((_EDGE, 100), subtitle, size=20, width=width, ink=_MUTED)
