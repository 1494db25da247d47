"""The sky of space: stars, nebula, planets with a night side, falling stars."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from providers.local.backdrop import Moving, Stage, light_up, paint_sky
from providers.local.canvas import Canvas, Colour, Sprite, clouds, mix

_PLANETS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((226, 184, 132), (190, 128, 96), (250, 226, 186)),
    ((92, 158, 206), (62, 116, 172), (236, 244, 250)),
    ((150, 108, 186), (104, 72, 150), (222, 180, 232)),
    ((112, 176, 150), (70, 128, 122), (222, 238, 206)),
)


def paint_stars(stage: Stage, horizon: float) -> Image.Image:
    """Stars of three sizes, the band of a galaxy, a nebula, a small hard sun."""
    p, size, rng = stage.palette, stage.size, stage.chance(160)
    pixels = np.asarray(paint_sky(stage, horizon)).astype(np.float32)
    fog = clouds(size.width, size.height, rng, 3)
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    band = np.exp(
        -(
            (
                ((y / size.height - 0.34) + (x / size.width - 0.5) * (0.5 if stage.script.seed % 2 else -0.4))
                / 0.17
            )
            ** 2
        )
    )
    thick = 1.5 if stage.script.weather in ("fog", "storm") else 1.0
    veil = (np.clip((fog - 0.36) / 0.34, 0, 1) * (0.25 + 0.85 * band) * 0.75 * thick).clip(0, 0.9)[..., None]
    warm = np.array(
        mix(p.haze, ((255, 150, 140), (120, 220, 230), (200, 130, 240))[stage.script.seed // 2 % 3], 0.5),
        np.float32,
    )
    pixels += (warm * (0.3 + 0.7 * fog[..., None]) - pixels) * veil
    _stars(pixels, stage, rng, band)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _stars(
    pixels: NDArray[np.float32], stage: Stage, rng: np.random.Generator, band: NDArray[np.float32]
) -> None:
    height, width = band.shape
    count = int(520 * stage.width * stage.height / (1280 * 720) * (0.4 + 0.6 * stage.palette.stars))
    for _ in range(count):
        x, y = int(rng.integers(1, width - 3)), int(rng.integers(1, height - 3))
        if rng.random() > 0.45 + 0.55 * band[y, x]:
            continue
        bright = rng.random() ** 3
        size = max(1, round(stage.scale * (1.0 + 1.6 * bright)))
        tone = np.array(
            ((255, 255, 255), (190, 214, 255), (255, 226, 190))[int(rng.integers(0, 3))], np.float32
        )
        pixels[y : y + size, x : x + size] += tone * (0.3 + 0.7 * bright)


def _ball(
    stage: Stage, radius: float, colours: tuple[Colour, Colour, Colour], number: int, lit: float
) -> Image.Image:
    """A planet with bands or clouds, a lit side and a soft terminator."""
    rng = stage.chance(163 + number)
    size = max(4, round(radius * stage.scale))
    y, x = (np.mgrid[-size:size, -size:size] + 0.5) / size
    r = np.hypot(x, y)
    z = np.sqrt(np.clip(1 - r**2, 0, 1))
    turb = clouds(2 * size, 2 * size, rng, 6)
    gas = stage.script.seed // 2 % 2 == number % 2
    field = np.sin(y * 15 + (turb - 0.5) * 7) * 0.5 + 0.5 if gas else np.clip((turb - 0.42) * 5, 0, 1)
    a, b, c = (np.array(colour, np.float32) for colour in colours)
    skin = b + (a - b) * field[..., None]
    skin += (c - skin) * (np.clip((turb - 0.56) * 5, 0, 0.8))[..., None]
    angle = lit
    light = np.clip(x * math.cos(angle) * 0.85 + y * math.sin(angle) * 0.85 + z * 0.55, 0, 1) ** 0.8
    skin *= (0.07 + 0.98 * light)[..., None]
    edge = np.clip((r - 0.86) / 0.14, 0, 1) * light
    skin += (np.array(stage.palette.rim, np.float32) - skin) * (edge * 0.6)[..., None]
    out = np.empty((2 * size, 2 * size, 4), np.uint8)
    out[..., :3] = skin.clip(0, 255)
    out[..., 3] = (np.clip((1 - r) * size + 0.5, 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(out)


def planet(stage: Stage, horizon: float, number: int) -> Moving:
    """A planet that drifts by very slowly; the large one may carry a ring."""
    rng = stage.chance(161 + number)
    colours = _PLANETS[(stage.script.seed // 3 + number * 2) % len(_PLANETS)]
    look = stage.script.seed % 3
    radius = (46.0 if look != 1 else 60.0) if number else ((128.0, 230.0, 92.0)[look])
    lx, ly = stage.palette.light_at
    left = lx > 0.5
    x = stage.width * ((0.30 if left else 0.68) if number == 0 else (0.62 if left else 0.34)) + float(
        rng.normal(0, 26)
    )
    y = horizon * (0.40 if number == 0 else 0.24) + (20 if look == 1 else 0)
    lit = math.atan2(ly * horizon - y, lx * stage.width - x)
    ball = _ball(stage, radius, colours, number, lit)
    ringed = number == 0 and look == 0
    wide, tall = round(radius * 5 * stage.scale), round(radius * 2.4 * stage.scale)
    image = Image.new("RGBA", (max(ball.width, wide), max(ball.height, tall)))
    centre = image.width / 2, image.height / 2
    light_up(image, *centre, radius * 1.6 * stage.scale, (*mix(colours[0], stage.palette.haze, 0.4), 0.34))
    place = round(centre[0] - ball.width / 2), round(centre[1] - ball.height / 2)
    if ringed:
        rings = [_ring(stage, image.size, radius, colours, front) for front in (False, True)]
        image.alpha_composite(rings[0])
        image.alpha_composite(ball, place)
        image.alpha_composite(rings[1])
    else:
        image.alpha_composite(ball, place)
    plain, mask = image.convert("RGB"), image.getchannel("A")

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        px = x - camera * (0.02 + 0.02 * number) - seconds * 2.0
        frame.paste(plain, (round(px * stage.scale - centre[0]), round(y * stage.scale - centre[1])), mask)

    return Moving(draw=draw)


def _ring(
    stage: Stage, size: tuple[int, int], radius: float, colours: tuple[Colour, ...], front: bool
) -> Image.Image:
    sprite = Sprite(*size, stage.scale, (size[0] / 2, size[1] / 2))
    arc = np.linspace(0, math.pi, 60) + (0 if front else math.pi)
    with sprite.canvas.moved(0, 0, turn=-0.22):
        for inner, outer, alpha in ((1.34, 1.56, 0.5), (1.6, 1.98, 0.72), (2.02, 2.2, 0.36)):
            ring = [
                np.stack([np.cos(arc) * radius * r, np.sin(arc) * radius * r * 0.24], 1)
                for r in (inner, outer)
            ]
            sprite.canvas.polygon(
                np.concatenate([ring[0], ring[1][::-1]]), (*mix(colours[0], colours[2], 0.5), alpha)
            )
    return sprite.finished()


def meteors(stage: Stage) -> Moving:
    """Falling stars: now and then, many in rough weather."""
    rng = stage.chance(162)
    many = {"rain": 3.0, "storm": 5.0, "snow": 1.5, "wind": 1.5}.get(stage.script.weather, 0.4)
    falls = rng.random((max(1, int(many * stage.seconds)), 4))

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        canvas = Canvas(frame, stage.scale)
        for x, y, start, size in falls:
            since = (seconds - start * stage.seconds) / 0.8
            if 0 <= since < 1:
                px, py = stage.width * (1.1 * x) - 300 * since, stage.height * 0.4 * y + 130 * since
                reach = (70 + 60 * size) * math.sin(math.pi * since)
                canvas.stroke(
                    [(px, py), (px + reach * 0.92, py - reach * 0.4)],
                    2.6,
                    (255, 255, 255, 0.85 * math.sin(math.pi * since)),
                    taper=0.9,
                    curved=False,
                )
        canvas.finish()

    return Moving(draw=draw)
