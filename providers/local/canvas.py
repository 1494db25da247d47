"""Antialiased 2D drawing on Pillow images: shapes in design units, moved and turned by a small stack.

Owns how shapes become pixels. It knows nothing about scenes. Shapes are polygons because those are the
fastest thing the rasteriser does; soft light comes from `soft_disc` and `gradient`, made once and pasted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import aggdraw  # type: ignore[import-not-found]
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Point = tuple[float, float]
Colour = tuple[int, int, int] | tuple[int, int, int, float]
Points = NDArray[np.float64] | Sequence[Point]
Floats = NDArray[np.float64]
_DOT_LEVELS = 16  # steps of transparency of small discs


def _ring(steps: int) -> NDArray[np.float64]:
    angle = np.arange(steps) * (2 * math.pi / steps)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


_FEW, _MANY = _ring(14), _ring(40)


class Canvas:
    """Draws on an RGB image, or on an RGBA one that starts out fully clear (see `Sprite`)."""

    def __init__(self, image: Image.Image, scale: float = 1.0, origin: Point = (0.0, 0.0)) -> None:
        """Start drawing.

        Args:
            image: what to draw on; it changes when `finish` is called.
            scale: pixels per design unit.
            origin: pixel where the design's (0, 0) lies.
        """
        self._draw = aggdraw.Draw(image)
        self._draw.setantialias(True)
        self._matrix = np.array([[scale, 0.0, origin[0]], [0.0, scale, origin[1]]])

    def finish(self) -> None:
        """Write everything to the image."""
        self._draw.flush()

    @contextmanager
    def moved(self, x: float, y: float, *, turn: float = 0.0, scale: float = 1.0) -> Iterator[None]:
        """Inside, (0, 0) lies at (x, y), turned by `turn` radians and scaled."""
        c, s = math.cos(turn) * scale, math.sin(turn) * scale
        with self._under(np.array([[c, -s, x], [s, c, y], [0.0, 0.0, 1.0]])):
            yield

    @contextmanager
    def upside_down(self, y: float) -> Iterator[None]:
        """Inside, everything is mirrored at the height y."""
        with self._under(np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 2 * y], [0.0, 0.0, 1.0]])):
            yield

    @contextmanager
    def _under(self, local: NDArray[np.float64]) -> Iterator[None]:
        before = self._matrix
        self._matrix = before @ local
        try:
            yield
        finally:
            self._matrix = before

    def polygon(self, points: Points, colour: Colour) -> None:
        """A filled shape with straight edges."""
        alpha = colour[3] if len(colour) > 3 else 1.0
        if alpha <= 0.004:
            return
        placed = np.asarray(points, np.float64) @ self._matrix[:, :2].T + self._matrix[:, 2]
        brush = aggdraw.Brush(colour[:3], int(min(1.0, alpha) * 255))
        self._draw.polygon(placed.ravel().tolist(), None, brush)

    def blob(self, points: Points, colour: Colour) -> None:
        """A filled shape with a smooth outline around the points."""
        self.polygon(smooth(points), colour)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour, turn: float = 0.0) -> None:
        """A filled ellipse around (x, y)."""
        ring = _FEW if max(rx, ry) < 4 else _MANY
        if turn:
            c, s = math.cos(turn), math.sin(turn)
            self.polygon(ring @ np.array([[rx * c, rx * s], [-ry * s, ry * c]]) + (x, y), colour)
        else:
            self.polygon(ring * (rx, ry) + (x, y), colour)

    def dots(self, x: Floats, y: Floats, radius: Floats, colour: Colour, alpha: Floats) -> None:
        """Many small discs at once, such as snow."""
        scale = abs(self._matrix[0, 0])
        px = x * self._matrix[0, 0] + self._matrix[0, 2]
        py = y * self._matrix[1, 1] + self._matrix[1, 2]
        reach = radius * scale
        level = np.clip(alpha * _DOT_LEVELS, 1, _DOT_LEVELS).astype(int)
        brushes = [aggdraw.Brush(colour[:3], 255 * k // _DOT_LEVELS) for k in range(_DOT_LEVELS + 1)]
        boxes = np.stack([px - reach, py - reach, px + reach, py + reach], axis=1).tolist()
        for box, k in zip(boxes, level.tolist(), strict=True):
            self._draw.ellipse(box, None, brushes[k])

    def rectangle(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle from its upper left corner."""
        self.polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], colour)

    def limb(self, a: Point, b: Point, ra: float, rb: float, colour: Colour) -> None:
        """A rounded bar from a to b that changes its half width from ra to rb."""
        angle = math.atan2(b[1] - a[1], b[0] - a[0])
        around = np.linspace(-math.pi / 2, math.pi / 2, 9)
        end = np.stack([b[0] + rb * np.cos(angle + around), b[1] + rb * np.sin(angle + around)], axis=1)
        back = angle + math.pi + around
        start = np.stack([a[0] + ra * np.cos(back), a[1] + ra * np.sin(back)], axis=1)
        self.polygon(np.concatenate([end, start]), colour)

    def stroke(
        self, points: Points, width: float, colour: Colour, *, taper: float = 0.0, curved: bool = True
    ) -> None:
        """A line of a given width through the points; `taper` thins its ends (1 = to nothing)."""
        line = smooth(points, closed=False) if curved and len(points) > 2 else np.asarray(points, np.float64)
        step = np.empty_like(line)
        step[1:-1] = (line[2:] - line[:-2]) / 2
        step[0], step[-1] = line[1] - line[0], line[-1] - line[-2]
        length = np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)[:, None]
        normal = np.stack([-step[:, 1], step[:, 0]], axis=1) / length
        along = np.linspace(-1, 1, len(line))[:, None]
        half = width / 2 * (1 - taper * along**2)
        self.polygon(np.concatenate([line + normal * half, (line - normal * half)[::-1]]), colour)

    def streaks(self, starts: NDArray[np.float64], slant: Point, width: float, colour: Colour) -> None:
        """Many parallel lines at once, such as rain."""
        pen = aggdraw.Pen(
            colour[:3], width * self._matrix[0, 0], int((colour[3] if len(colour) > 3 else 1) * 255)
        )
        placed = starts @ self._matrix[:, :2].T + self._matrix[:, 2]
        dx, dy = slant[0] * self._matrix[0, 0], slant[1] * self._matrix[1, 1]
        for x, y in placed.tolist():
            self._draw.line((x, y, x + dx, y + dy), pen)


class Sprite:
    """A clear picture to draw on with a Canvas and paste later, any number of times."""

    def __init__(self, width: int, height: int, scale: float = 1.0, origin: Point = (0.0, 0.0)) -> None:
        """Size in pixels; scale and origin as for Canvas."""
        self._image = Image.new("RGBA", (max(1, width), max(1, height)), (0, 0, 0, 0))
        self.canvas = Canvas(self._image, scale, origin)

    def finished(self) -> Image.Image:
        """The picture as RGBA. The rasteriser leaves colours multiplied by their alpha; this undoes it."""
        self.canvas.finish()
        raw = self._image.tobytes()
        return Image.frombytes("RGBa", self._image.size, raw).convert("RGBA")


def smooth(points: Points, *, closed: bool = True, steps: int = 6) -> NDArray[np.float64]:
    """A curve through the points (Catmull-Rom)."""
    p1 = np.asarray(points, np.float64)
    if closed:
        p0, p2, p3 = np.roll(p1, 1, 0), np.roll(p1, -1, 0), np.roll(p1, -2, 0)
    else:
        padded = np.concatenate([p1[:1], p1, p1[-1:]])
        p0, p1, p2, p3 = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (p[:, None, :] for p in (p0, p1, p2, p3))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    flat: NDArray[np.float64] = curve.reshape(-1, 2)
    return flat if closed else np.concatenate([flat, padded[-2:-1]])


def mix(a: Colour, b: Colour, share: float) -> tuple[int, int, int]:
    """From colour a (share 0) to colour b (share 1)."""
    share = min(1.0, max(0.0, share))
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a[:3], b[:3], strict=True))
    return red, green, blue


def tinted(colour: Colour, tint: tuple[float, float, float], strength: float = 1.0) -> tuple[int, int, int]:
    """A colour as it looks in coloured light; `strength` 0 leaves it alone."""
    red, green, blue = (
        min(255, round(value * (1 - strength + strength * light)))
        for value, light in zip(colour[:3], tint, strict=True)
    )
    return red, green, blue


def gradient(width: int, height: int, stops: Sequence[tuple[float, Colour]]) -> NDArray[np.float32]:
    """A vertical run of colours as an array; stops are (0–1 from the top, colour)."""
    at = np.linspace(0, 1, height)
    places = [stop[0] for stop in stops]
    columns = [np.interp(at, places, [stop[1][i] for stop in stops]) for i in range(3)]
    column = np.stack(columns, axis=1).astype(np.float32)
    return np.broadcast_to(column[:, None, :], (height, width, 3)).copy()


def soft_disc(radius: int, colour: Colour, power: float = 2.0) -> Image.Image:
    """A glow that fades from the middle to the edge, as RGBA of size 2 × radius."""
    radius = max(2, radius)
    y, x = np.mgrid[-radius:radius, -radius:radius] + 0.5
    fall = np.clip(1 - np.hypot(x, y) / radius, 0, 1) ** power
    alpha = colour[3] if len(colour) > 3 else 1.0
    out = np.empty((2 * radius, 2 * radius, 4), np.uint8)
    out[..., :3] = colour[:3]
    out[..., 3] = (fall * 255 * alpha).astype(np.uint8)
    return Image.fromarray(out)


def clouds(width: int, height: int, rng: np.random.Generator, cells: int = 6) -> NDArray[np.float32]:
    """Soft noise between 0 and 1, stretched sideways like clouds."""
    total = np.zeros((height, width), np.float32)
    weight = 0.0
    for octave in range(4):
        down = cells * 2**octave
        small = rng.random((max(2, down), max(2, down * width // max(1, height) // 2)), np.float32)
        layer = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(layer) * 0.55**octave
        weight += 0.55**octave
    even: NDArray[np.float32] = np.clip(total / weight, 0, 1)
    return even


def shaded(image: Image.Image, colour: Colour, top: float, bottom: float) -> Image.Image:
    """An RGBA picture drawn towards a colour, by `top` at its upper and `bottom` at its lower edge."""
    pixels = np.asarray(image).astype(np.float32)
    share = np.linspace(top, bottom, image.height, dtype=np.float32)[:, None, None]
    pixels[..., :3] += (np.array(colour[:3], np.float32) - pixels[..., :3]) * share
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """Out of focus; clear edges of RGBA pictures stay free of dark fringes."""
    if image.mode == "RGBA":
        return (
            image.convert("RGBa")
            .filter(ImageFilter.BoxBlur(radius))
            .filter(ImageFilter.BoxBlur(radius))
            .convert("RGBA")
        )
    return image.filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius))


def ease(share: float) -> float:
    """Slow at both ends."""
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)
