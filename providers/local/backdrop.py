"""Layers of a place and how a camera moving sideways sees them; the sky that all places share.

A place (city.py, forest.py …) paints its layers once per clip; a frame only pastes and shifts them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from providers.local.canvas import Colour, Sprite, clouds, gradient, mix, soft_disc
from providers.local.palette import Palette
from providers.local.script import Script
from providers.local.timeline import Size

_PHASES = 4  # slow layers move by quarters of a pixel, else they would visibly hop


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a painter needs to know.

    Attributes:
        script: what is shown. palette: its colours.
        size: picture in pixels. scale: pixels per design unit.
        travel: how far the camera goes sideways during the clip, in design units.
        seconds: length of the clip.
    """

    script: Script
    palette: Palette
    size: Size
    scale: float
    travel: float
    seconds: float

    @property
    def width(self) -> float:
        """Width of the picture in design units."""
        return self.size.width / self.scale

    @property
    def height(self) -> float:
        """Height of the picture in design units."""
        return self.size.height / self.scale

    def chance(self, number: int) -> np.random.Generator:
        """Random numbers of one purpose: painting one thing never changes another."""
        return np.random.default_rng([self.script.seed, number])

    def span(self, depth: float) -> float:
        """Width in design units of a layer that moves at `depth` times the camera's way."""
        return self.width + self.travel * depth + 8

    def sprite(self, depth: float, top: float, bottom: float) -> Sprite:
        """A clear sprite for a layer between two heights (design units)."""
        width, height = round(self.span(depth) * self.scale), round((bottom - top) * self.scale)
        return Sprite(width, height, self.scale, (0.0, -top * self.scale))


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A picture that moves at `depth` times the camera's way, plus `drift` design units a second."""

    phases: tuple[Image.Image, ...]
    masks: tuple[Image.Image, ...]
    depth: float
    top: int
    drift: float = 0.0

    def put(self, frame: Image.Image, camera: float, seconds: float, scale: float) -> None:
        """Paste onto a frame."""
        way = max(0.0, (camera * self.depth + self.drift * seconds) * scale)
        whole = int(way)
        phase = int((way - whole) * len(self.phases))
        picture, mask = self.phases[phase], self.masks[phase]
        left = min(whole, max(0, picture.width - frame.width))
        box = (left, 0, min(left + frame.width, picture.width), picture.height)
        frame.paste(picture.crop(box), (0, self.top), mask.crop(box))


@dataclass(frozen=True, kw_only=True)
class Moving:
    """Something of the place that changes by itself: water, grass, fireflies."""

    draw: Callable[[Image.Image, float, float], None]  # frame, camera, seconds


@dataclass(frozen=True, kw_only=True)
class Backdrop:
    """A painted place.

    Attributes:
        sky: the farthest picture, exactly as large as the frame.
        behind: from far to near, behind the subject.
        before: in front of the subject.
        ground: height in design units at which feet land.
        wet: whether the ground mirrors.
        indoors: whether a roof keeps weather and lightning behind the windows.
    """

    sky: Image.Image
    behind: tuple[Layer | Moving, ...]
    before: tuple[Layer | Moving, ...] = ()
    ground: float = 0.0
    wet: bool = False
    indoors: bool = False

    def put_behind(self, stage: Stage, camera: float, seconds: float) -> Image.Image:
        """A new frame with everything behind the subject."""
        frame = self.sky.copy()
        _put(self.behind, frame, stage, camera, seconds)
        return frame

    def put_before(self, frame: Image.Image, stage: Stage, camera: float, seconds: float) -> None:
        """Everything in front of the subject."""
        _put(self.before, frame, stage, camera, seconds)


def _put(
    items: tuple[Layer | Moving, ...], frame: Image.Image, stage: Stage, camera: float, seconds: float
) -> None:
    for item in items:
        if isinstance(item, Layer):
            item.put(frame, camera, seconds, stage.scale)
        else:
            item.draw(frame, camera, seconds)


def layer(stage: Stage, image: Image.Image, *, depth: float, top: float, drift: float = 0.0) -> Layer:
    """Make a layer of an RGBA picture whose upper edge lies at `top` (design units)."""
    slow = depth < 0.5
    box = image.getchannel("A").getbbox()
    if box is not None and (box[1] > 0 or box[3] < image.height):  # rows without paint cost memory and time
        top += box[1] / stage.scale
        image = image.crop((0, box[1], image.width, box[3]))
    steps = (_PHASES if stage.scale < 1.3 else _PHASES // 2) if slow else 1  # small pixels hop less
    phases = tuple(_shifted(image, k / steps) for k in range(steps))
    masks = tuple(phase.getchannel("A") for phase in phases)
    return Layer(
        phases=tuple(phase.convert("RGB") for phase in phases),
        masks=masks,
        depth=depth,
        top=round(top * stage.scale),
        drift=drift,
    )


def _shifted(image: Image.Image, part: float) -> Image.Image:
    if part == 0:
        return image
    width, height = image.size
    return image.resize(
        (width - 1, height), Image.Resampling.BILINEAR, box=(part, 0, width - 1 + part, height)
    )


def paint_sky(stage: Stage, horizon: float, *, glow: Colour | None = None) -> Image.Image:
    """Sky down to the horizon (design units) with sun or moon and stars, as an opaque picture.

    `glow` is light that comes up from the place itself, such as a city at night.
    """
    p, size, rng = stage.palette, stage.size, stage.chance(1)
    line = horizon / stage.height
    pixels = gradient(
        size.width,
        size.height,
        [(0, p.top), (line * 0.55, p.middle), (line, p.low), (1, mix(p.low, p.haze, 0.6))],
    )
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    if p.stars > 0.05:
        _scatter_stars(pixels, stage, horizon, rng)
    light = np.array(p.light, np.float32)
    across, down = p.light_at
    if stage.script.seed % 3 == 1:
        across = 1 - across
    lx, ly, unit = across * size.width, down * min(horizon * 1.0, stage.height) * stage.scale, stage.scale
    distance = np.hypot(x - lx, y - ly) / unit
    veiled = (
        0.25
        if stage.script.weather in ("storm", "fog")
        else 0.6
        if stage.script.weather in ("rain", "snow")
        else 1.0
    )
    night = stage.script.time == "night"
    halo = (
        (0.55 * np.exp(-distance / 70) + 0.30 * np.exp(-distance / 260)) * veiled * (0.62 if night else 1.0)
    )
    pixels += (light - pixels) * halo[..., None].clip(0, 1)
    radius = 34 if night else 40
    disc = np.clip((radius - distance) * unit + 0.5, 0, 1) * (0.95 if veiled == 1 else 0.75 * veiled)
    surface = np.broadcast_to(light, pixels.shape).copy()
    if night:
        surface -= (clouds(size.width, size.height, rng, 24)[..., None] > 0.54) * np.float32(16)
    pixels += (surface - pixels) * disc[..., None]
    if glow is not None:
        rise = np.exp(-np.abs(y - horizon * unit) / (150 * unit)) * (glow[3] if len(glow) > 3 else 0.5)
        pixels += (np.array(glow[:3], np.float32) - pixels) * rise[..., None]
    pixels += rng.random((size.height, size.width, 1), np.float32) * 1.6 - 0.8  # hides steps in the gradient
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _scatter_stars(
    pixels: NDArray[np.float32], stage: Stage, horizon: float, rng: np.random.Generator
) -> None:
    width = pixels.shape[1]
    count = int(170 * stage.width / 1280 * stage.palette.stars) + 40
    for _ in range(count):
        x, y = int(rng.integers(1, width - 2)), int(rng.random() ** 1.4 * horizon * 0.85 * stage.scale) + 1
        bright = rng.random() ** 2 * 190 * stage.palette.stars + 25
        size = max(1, round(stage.scale * (1.7 if bright > 150 else 1.0)))
        pixels[y : y + size, x : x + size] += bright
    np.clip(pixels, 0, 255, out=pixels)


def cloud_layer(stage: Stage, horizon: float) -> Layer:
    """Clouds that drift by; more of them in bad weather."""
    p, rng = stage.palette, stage.chance(2)
    cover = {"clear": 0.55, "wind": 0.5, "snow": 0.40, "fog": 0.42, "rain": 0.36, "storm": 0.30}[
        stage.script.weather
    ]
    width = round((stage.span(0.06) + 9 * stage.seconds) * stage.scale)
    height = round(horizon * 0.8 * stage.scale)
    noise = clouds(max(8, width // 3), max(8, height // 3), rng, 4)
    body = np.clip((noise - cover) / 0.24, 0, 1)
    body *= np.sin(np.linspace(0.12, np.pi, body.shape[0]))[:, None] ** 0.7
    lit = np.clip((np.roll(noise, 6, axis=0) - noise) * 3 + 0.5, 0, 1)[..., None]
    bright = np.array(mix(p.low, p.light, 0.5 if stage.script.time != "night" else 0.12), np.float32)
    dark = np.array(mix(p.middle, p.haze, 0.6), np.float32)
    pixels = np.empty((*body.shape, 4), np.uint8)
    pixels[..., :3] = (dark + (bright - dark) * lit).clip(0, 255)
    pixels[..., 3] = body * 255 * (0.85 if stage.script.time != "night" else 0.6)
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    return layer(stage, image, depth=0.06, top=0.0, drift=9.0)


def light_up(
    image: Image.Image, x: float, y: float, radius: float, colour: Colour, *, flat: float = 1.0
) -> None:
    """Lay a soft glow over an RGBA picture (pixels); `flat` squeezes it, as light on the ground."""
    disc = soft_disc(max(2, round(radius)), colour)
    if flat != 1.0:
        disc = disc.resize((disc.width, max(2, round(disc.height * flat))), Image.Resampling.BILINEAR)
    left, top = round(x - disc.width / 2), round(y - disc.height / 2)
    crop = (
        max(0, -left),
        max(0, -top),
        min(disc.width, image.width - left),
        min(disc.height, image.height - top),
    )
    if crop[2] > crop[0] and crop[3] > crop[1]:
        image.alpha_composite(disc.crop(crop), (max(0, left), max(0, top)))
