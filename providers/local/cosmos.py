"""Space: a moon with craters and domes, the gallery of a ship, or a red world with crystals."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from providers.local.backdrop import Backdrop, Layer, Moving, Stage, layer, light_up
from providers.local.canvas import Canvas, Colour, blurred, mix, shaded, tinted
from providers.local.gallery import paint_gallery
from providers.local.planets import meteors, paint_stars, planet

_SOILS: tuple[Colour, ...] = ((150, 150, 168), (96, 108, 132), (178, 96, 74))
BLINK_SECONDS = 1.5


def blink_at(seconds: float) -> float:
    """Light of the signal lamps, 0–1; each blink is heard as a faint tone."""
    turn = seconds % BLINK_SECONDS
    return math.exp(-turn * 5) if turn < 1.2 else 0.0


def paint_space(stage: Stage) -> Backdrop:
    """Paint space; a moon, a ship's gallery or a red world by seed."""
    look, ground = stage.script.seed % 3, stage.height - 58
    horizon = stage.height - 190
    behind: list[Layer | Moving] = [planet(stage, horizon, 0)]
    if look != 1:
        behind.append(planet(stage, horizon, 1))
    behind.append(meteors(stage))
    if look == 1:
        behind.append(layer(stage, paint_gallery(stage), depth=1.0, top=0.0))
        behind.append(_lamps(stage, stage.height - 140, 150.0, (110, 220, 255)))
    else:
        for number, (depth, haze, tall) in enumerate(((0.08, 0.55, 86), (0.22, 0.32, 70), (0.5, 0.12, 54))):
            behind.append(_hills(stage, number, depth, haze, tall, horizon + 26 + number * 30, look))
        behind.append(layer(stage, _soil(stage, look), depth=1.0, top=stage.height - 400))
        behind.append(_lamps(stage, stage.height - 128, 330.0, (255, 92, 80)))
    return Backdrop(
        sky=paint_stars(stage, horizon),
        behind=tuple(behind),
        before=(layer(stage, _near(stage, look), depth=1.6, top=stage.height - 160),),
        ground=ground,
        indoors=look == 1,
    )


def _tone(stage: Stage, look: int) -> Colour:
    p = stage.palette
    dim = {"night": 0.5, "dusk": 0.24, "dawn": 0.24, "day": 0.08}[stage.script.time]
    soil: Colour = mix(tinted(_SOILS[look], p.tint), p.shade, dim)
    return mix(soil, (236, 242, 252), 0.45) if stage.script.weather == "snow" else soil


def _hills(
    stage: Stage, number: int, depth: float, haze: float, tall: float, base: float, look: int
) -> Layer:
    """Crater walls, spires or domes in the distance."""
    p, rng = stage.palette, stage.chance(165 + number)
    top, span = base - tall * 2.6, stage.span(depth)
    sprite = stage.sprite(depth, top, base + 90)
    canvas, soil = sprite.canvas, mix(mix(_tone(stage, look), p.shade, 0.2), p.haze, haze)
    if look == 2:
        x = -40.0
        while x < span:
            high, wide = tall * float(rng.uniform(0.7, 2.3)), tall * float(rng.uniform(0.25, 0.6))
            lean = float(rng.normal(0, 12))
            canvas.polygon(
                [
                    (x - wide, base + 20),
                    (x - wide * 0.5, base - high * 0.5),
                    (x + lean, base - high),
                    (x + wide * 0.6, base - high * 0.42),
                    (x + wide, base + 20),
                ],
                soil,
            )
            canvas.polygon(
                [
                    (x + lean, base - high),
                    (x + wide * 0.6, base - high * 0.42),
                    (x + wide, base + 20),
                    (x + wide * 0.2, base + 20),
                ],
                (*mix(soil, p.shade, 0.5), 0.8),
            )
            x += float(rng.integers(70, 190))
    elif number == 1:
        for x in np.arange(float(rng.integers(60, 220)), span, 430.0):
            _dome(canvas, x, base + 8, float(rng.uniform(46, 78)), mix(soil, (206, 214, 230), 0.35), stage)
    xs = np.arange(-20, span + 40, 16.0)
    phase = rng.random(2) * 6.3
    ys = base - tall * (0.35 + 0.25 * np.sin(xs / 130 + phase[0]) + 0.12 * np.sin(xs / 41 + phase[1])) * (
        0.5 if look == 2 else 1.0
    )
    canvas.polygon([(-20, base + 90), *zip(xs, ys, strict=True), (span + 40, base + 90)], soil)
    canvas.polygon(
        [*zip(xs, ys, strict=True), *zip(xs[::-1], ys[::-1] + 4, strict=True)], (*mix(soil, p.rim, 0.5), 0.5)
    )
    return layer(stage, shaded(sprite.finished(), p.haze, 0.0, 0.3 * haze + 0.08), depth=depth, top=top)


def _dome(canvas: Canvas, x: float, base: float, radius: float, tone: Colour, stage: Stage) -> None:
    """A glass dome of a station with lit windows."""
    p = stage.palette
    arc = [
        (x + math.cos(a) * radius, base - math.sin(a) * radius * 0.86) for a in np.linspace(0, math.pi, 24)
    ]
    canvas.polygon(arc, tone)
    canvas.polygon([*arc[:10], (x + radius * 0.1, base)], (*mix(tone, p.shade, 0.5), 0.5))
    for row, count in ((0.2, 7), (0.46, 5)):
        for k in range(count):
            wx = x + (k - (count - 1) / 2) * radius * 0.23
            canvas.rectangle(wx - 4, base - radius * row - 9, 8, 7, mix(tone, (255, 220, 150), 0.9))
    canvas.rectangle(x - radius * 1.08, base - 6, radius * 2.16, 10, mix(tone, p.shade, 0.3))
    canvas.limb((x, base - radius * 0.84), (x, base - radius * 1.3), 1.6, 1.2, tone)


def _soil(stage: Stage, look: int) -> Image.Image:
    """The ground with craters, rocks or crystals."""
    p, rng = stage.palette, stage.chance(170)
    top, span, base = stage.height - 400, stage.span(1.0), stage.height - 124
    sprite = stage.sprite(1.0, top, stage.height)
    canvas, soil = sprite.canvas, mix(_tone(stage, look), p.rim, 0.06)
    glows: list[tuple[float, float, Colour]] = []
    x = float(rng.integers(30, 200))
    while x < span:
        if look == 2:
            tone = ((96, 226, 214), (196, 120, 240), (120, 170, 255))[int(rng.integers(0, 3))]
            _crystals(canvas, rng, x, base, tone, p.shade)
            glows.append((x, base - 40, tone))
        else:
            _boulder(canvas, rng, x, base, mix(soil, p.shade, 0.3), p.shade)
        x += float(rng.integers(240, 560))
    edge = [
        (k, base + 6 * math.sin(k * 0.007) + 3 * math.sin(k * 0.021)) for k in np.arange(-20, span + 40, 20.0)
    ]
    canvas.polygon([*edge, (span + 40, stage.height), (-20, stage.height)], soil)
    canvas.polygon([*edge, *[(a, b + 3) for a, b in edge[::-1]]], (*mix(soil, p.rim, 0.6), 0.6))
    for _ in range(int(span / 105)):
        cx, cy = rng.random() * span, base + 22 + 84 * rng.random()
        rx = 14 + 40 * rng.random() ** 1.5
        canvas.ellipse(cx, cy - 1.6, rx * 1.1, rx * 0.29, (*mix(soil, p.rim, 0.4), 0.8))
        canvas.ellipse(cx, cy, rx, rx * 0.24, mix(soil, p.shade, 0.48))
        canvas.ellipse(cx + rx * 0.12, cy + rx * 0.05, rx * 0.76, rx * 0.15, mix(soil, p.shade, 0.26))
    image = sprite.finished()
    for gx, gy, shine in glows:
        light_up(image, gx * stage.scale, (gy - top) * stage.scale, 130 * stage.scale, (*shine[:3], 0.4))
    below = round((base + 40 - top) * stage.scale)
    image.paste(shaded(image.crop((0, below, image.width, image.height)), p.shade, 0.0, 0.5), (0, below))
    return image


def _crystals(
    canvas: Canvas, rng: np.random.Generator, x: float, base: float, tone: Colour, shade: Colour
) -> None:
    for k in range(5):
        lean, tall = (
            (k - 2) * 15 + float(rng.normal(0, 4)),
            float(rng.uniform(44, 140)) * (1 - 0.14 * abs(k - 2)),
        )
        foot = x + (k - 2) * 15
        body = mix(tone, shade, 0.34)
        canvas.polygon(
            [
                (foot - 10, base + 16),
                (foot + lean - 8, base - tall * 0.8),
                (foot + lean, base - tall),
                (foot + lean + 9, base - tall * 0.74),
                (foot + 10, base + 16),
            ],
            body,
        )
        canvas.polygon(
            [
                (foot - 10, base + 16),
                (foot + lean - 8, base - tall * 0.8),
                (foot + lean, base - tall),
                (foot, base + 16),
            ],
            (*mix(tone, (255, 255, 255), 0.4), 0.7),
        )


def _boulder(
    canvas: Canvas, rng: np.random.Generator, x: float, base: float, rock: Colour, shade: Colour
) -> None:
    size = float(rng.uniform(20, 56))
    tip = (x + size * 0.1, base + 12 - size * 1.1)
    canvas.polygon(
        [
            (x - size, base + 14),
            (x - size * 0.7, base + 12 - size * 0.7),
            tip,
            (x + size * 0.8, base + 12 - size * 0.5),
            (x + size, base + 14),
        ],
        rock,
    )
    canvas.polygon(
        [
            tip,
            (x + size * 0.8, base + 12 - size * 0.5),
            (x + size, base + 14),
            (x + size * 0.2, base + 14),
        ],
        (*mix(rock, shade, 0.5), 0.85),
    )


def _lamps(stage: Stage, y: float, step: float, tone: Colour) -> Moving:
    """Signal lamps along the way that blink together."""
    radius = max(2, round(26 * stage.scale))
    disc = Image.new("RGBA", (2 * radius, 2 * radius))
    light_up(disc, radius, radius, radius, (*tone[:3], 0.9))
    plain, alpha = disc.convert("RGB"), disc.getchannel("A")
    masks = [alpha.point([v * k // 8 for v in range(256)]) for k in range(9)]
    core = mix(tone, (255, 255, 255), 0.5)

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        on = blink_at(seconds)
        first = -(camera % step)
        canvas = Canvas(frame, stage.scale)
        for k in range(int(stage.width / step) + 2):
            x = first + k * step
            frame.paste(
                plain,
                (round(x * stage.scale) - radius, round(y * stage.scale) - radius),
                masks[round(on * 8)],
            )
            canvas.rectangle(x - 1.5, y, 3, 16, mix(stage.palette.shade, stage.palette.haze, 0.4))
            canvas.ellipse(x, y, 3.6, 3.6, (*core, 0.35 + 0.65 * on))
        canvas.finish()

    return Moving(draw=draw)


def _near(stage: Stage, look: int) -> Image.Image:
    p, rng = stage.palette, stage.chance(172)
    sprite = stage.sprite(1.6, stage.height - 160, stage.height)
    dark = mix(p.shade, (0, 0, 0), 0.45)
    x = float(rng.integers(200, 560))
    while x < stage.span(1.6):
        if look == 1:
            sprite.canvas.rectangle(x, stage.height - 66, 190, 8, dark)
            for k in range(3):
                sprite.canvas.rectangle(x + 12 + 80 * k, stage.height - 66, 9, 90, dark)
        else:
            size = float(rng.uniform(40, 84))
            sprite.canvas.polygon(
                [
                    (x - size * 1.3, stage.height + 10),
                    (x - size * 0.6, stage.height - size * 0.5),
                    (x + size * 0.3, stage.height - size * 0.7),
                    (x + size * 1.3, stage.height + 10),
                ],
                dark,
            )
        x += float(rng.integers(700, 1200))
    return blurred(sprite.finished(), max(1, round(2.6 * stage.scale)))
