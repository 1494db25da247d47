"""What stands on a stage: painted scenery, curtains, lamps, loudspeakers, a wall of light, bricks."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from providers.local.backdrop import Moving, Stage, light_up
from providers.local.canvas import Canvas, Colour, Sprite, mix, shaded, tinted

CLOTHS: tuple[Colour, ...] = ((168, 34, 46), (46, 58, 128), (124, 40, 98))
BEAMS: tuple[tuple[Colour, ...], ...] = (
    ((255, 226, 170), (255, 238, 206), (255, 206, 140)),
    ((86, 190, 255), (240, 90, 200), (140, 110, 255), (90, 240, 190)),
    ((255, 176, 90), (255, 120, 110), (255, 214, 150)),
)


def scenery(stage: Stage, base: float) -> Image.Image:
    """Cardboard hills, trees and clouds on strings."""
    p, rng = stage.palette, stage.chance(150)
    span = stage.span(0.5)
    sprite = Sprite(round(span * stage.scale), round((base + 10) * stage.scale), stage.scale)
    canvas = sprite.canvas
    grey = (
        mix(p.low, (250, 250, 252), 0.5)
        if stage.script.weather in ("clear", "wind")
        else mix(p.haze, p.shade, 0.3)
    )
    x = float(rng.integers(20, 160))
    while x < span:
        y = base - float(rng.integers(300, 400))
        canvas.limb((x, 0), (x, y), 1.0, 1.0, (*p.shade, 0.5))
        for dx, dy, r in ((-38, 6, 22), (-10, -8, 30), (26, -2, 26), (48, 10, 16)):
            canvas.ellipse(x + dx + 3, y + dy + 4, r, r * 0.8, (*p.shade, 0.25))
            canvas.ellipse(x + dx, y + dy, r, r * 0.8, grey)
        x += float(rng.integers(180, 420))
    for number, (tall, share) in enumerate(((130, 0.5), (80, 0.25))):
        tone = mix(
            mix(
                tinted(((92, 136, 110), (112, 152, 92))[number], p.tint),
                p.shade,
                0.3 if stage.script.time == "night" else 0.05,
            ),
            p.haze,
            share,
        )
        ridge = [
            (k, base - tall * (0.6 + 0.4 * math.sin(k * 0.009 + number * 2)))
            for k in np.arange(-20, span + 40, 24.0)
        ]
        canvas.polygon(
            [(a + 4, b - 5) for a, b in ridge] + [(span + 40, base + 10), (-20, base + 10)],
            mix(tone, p.rim, 0.3),
        )
        canvas.polygon([*ridge, (span + 40, base + 10), (-20, base + 10)], tone)
        for _ in range(int(span / 150)):
            tx = rng.random() * span
            foot = base - tall * (0.6 + 0.4 * math.sin(tx * 0.009 + number * 2)) + 14
            canvas.rectangle(tx - 3, foot - 26, 6, 28, mix((110, 76, 56), p.shade, 0.3))
            canvas.ellipse(tx, foot - 48, 20 + 8 * rng.random(), 30, mix(tone, p.shade, 0.22))
            canvas.ellipse(tx - 5, foot - 52, 9, 15, (*mix(tone, p.rim, 0.25), 0.7))
    return sprite.finished()


def _folds(
    canvas: Canvas,
    x: float,
    width: float,
    top: float,
    low: float,
    cloth: Colour,
    stage: Stage,
    pull: float = 0.0,
) -> None:
    """A hanging cloth in folds between x and x + width; `pull` gathers its middle to one side."""
    p = stage.palette
    count = max(3, int(width / 22))
    for k in range(count):
        left = x + width * k / count
        wide = width / count + 1.5
        tone = mix(cloth, p.shade, (0.06, 0.34, 0.58, 0.24)[k % 4])
        drift = pull * (k / count)
        canvas.polygon([(left, top), (left + wide, top), (left + wide + drift * 0.5, (top + low) / 2),
                        (left + wide + drift, low), (left + drift, low),
                        (left + drift * 0.5, (top + low) / 2)], tone)  # fmt: skip
        if k % 4 == 0:
            canvas.rectangle(
                left + wide * 0.3, top, 2.5, low - top, (*mix(cloth, (255, 220, 180), 0.35), 0.5)
            )


def curtains(stage: Stage, base: float) -> Image.Image:
    """Side curtains, a scalloped border with gold, repeated as wings along a long stage."""
    p = stage.palette
    span = stage.span(0.7)
    cloth = mix(CLOTHS[stage.script.seed // 3 % 3], p.shade, 0.12)
    gold = mix((232, 182, 84), p.shade, 0.14)
    sprite = Sprite(round(span * stage.scale), round((base + 16) * stage.scale), stage.scale)
    canvas = sprite.canvas
    wing = min(190.0, stage.width * 0.17)
    bay = stage.width - wing
    x = -wing * 0.25
    while x < span:
        _folds(canvas, x, wing, 40, base + 8, cloth, stage)
        canvas.rectangle(x - 2, base - 10, wing + 4, 8, gold)
        canvas.rectangle(x - 4, base * 0.56, wing + 6, 9, gold)
        canvas.ellipse(x + wing - 2, base * 0.56 + 4, 9, 12, gold)
        canvas.polygon(
            [
                (x + wing - 8, base * 0.56 + 14),
                (x + wing + 4, base * 0.56 + 14),
                (x + wing + 9, base * 0.56 + 52),
                (x + wing - 13, base * 0.56 + 52),
            ],
            gold,
        )
        x += bay
    for k, left in enumerate(np.arange(-40.0, span, 128.0)):
        half = [
            (left, 0.0),
            (left + 128, 0.0),
            (left + 128, 62),
            *[(left + 128 - 8 * s, 62 + 46 * math.sin(math.pi * s / 16)) for s in range(17)],
        ]
        canvas.polygon([(a, b + 7) for a, b in half], gold)
        canvas.polygon(half, mix(cloth, p.shade, 0.1 + 0.1 * (k % 2)))
        for s in range(1, 5):
            canvas.stroke([(left + 128 * s / 5, 6), (left + 128 * s / 5 + 4, 50),
            (left + 128 * s / 5, 62 + 40 * math.sin(math.pi * s / 5))], 5,
                          (*mix(cloth, p.shade, 0.5), 0.6), taper=0.5)  # fmt: skip
    canvas.rectangle(0, 0, span, 16, mix(gold, p.shade, 0.2))
    return sprite.finished()


def truss(stage: Stage, base: float) -> Image.Image:
    """Metal beams with lamps and stacks of loudspeakers."""
    p, rng, span = stage.palette, stage.chance(151), stage.span(0.7)
    sprite = Sprite(round(span * stage.scale), round((base + 8) * stage.scale), stage.scale)
    canvas, steel = sprite.canvas, mix((92, 96, 116), p.shade, 0.4)
    for high in (36, 76):
        canvas.rectangle(0, high, span, 6, steel)
    for k, x in enumerate(np.arange(0.0, span, 40.0)):
        up = k % 2 == 0
        canvas.limb((x, 39 if up else 79), (x + 40, 79 if up else 39), 2, 2, mix(steel, p.shade, 0.3))
    for x in np.arange(50.0, span, 130.0):
        canvas.rectangle(x - 13, 80, 26, 30, (20, 20, 28))
        canvas.ellipse(x, 112, 12, 6, (255, 246, 220))
    for x in np.arange(float(rng.integers(10, 80)), span, max(360.0, stage.width * 0.82)):
        for row in range(3):
            y = base - 86 * (row + 1)
            canvas.rectangle(x, y, 104, 84, (22, 22, 30))
            canvas.rectangle(x, y, 104, 2.5, (70, 72, 90))
            for dx in (28, 76):
                canvas.ellipse(x + dx, y + 42, 21, 21, (44, 44, 56))
                canvas.ellipse(x + dx, y + 42, 8, 8, (78, 80, 98))
    return sprite.finished()


def screen(stage: Stage, base: float) -> Moving:
    """A wall of light bars that dance behind the band."""
    rng = stage.chance(152)
    colours = BEAMS[1]
    count = max(8, int(stage.width / 44))
    pace = rng.random((count, 3))
    warm = {"dawn": (255, 190, 160), "day": (150, 220, 255), "dusk": (255, 120, 90), "night": (120, 90, 255)}[
        stage.script.time
    ]

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        canvas = Canvas(frame, stage.scale)
        step = stage.width / count
        for k in range(count):
            beat = abs(math.sin(seconds * (2.2 + 1.6 * pace[k, 0]) + pace[k, 1] * 6.3))
            high = 60 + 190 * beat * (0.5 + 0.5 * pace[k, 2])
            tone = mix(colours[k % len(colours)], warm, 0.5)
            for row in range(int(high / 15)):
                canvas.rectangle(
                    k * step + 5, base - 22 - row * 15, step - 10, 10, (*tone, 0.62 - 0.022 * row)
                )
        canvas.finish()

    return Moving(draw=draw)


def club(stage: Stage, base: float) -> Image.Image:
    """Bricks, posters, a neon sign and a small piano."""
    p, rng, span = stage.palette, stage.chance(153), stage.span(0.7)
    sprite = Sprite(round(span * stage.scale), round((base + 8) * stage.scale), stage.scale)
    canvas = sprite.canvas
    hour = {"dawn": (150, 92, 84), "day": (166, 98, 78), "dusk": (140, 70, 70), "night": (96, 60, 74)}[
        stage.script.time
    ]
    wall = mix(hour, p.shade, 0.45)
    canvas.rectangle(0, 0, span, base + 8, mix(wall, p.shade, 0.35))
    for row in range(int(base / 21) + 1):
        for x in np.arange(-40.0 + 24 * (row % 2), span, 48.0):
            if rng.random() < 0.94:
                canvas.rectangle(
                    x + 1.5,
                    row * 21 + 1.5,
                    45,
                    18,
                    mix(wall, p.shade if rng.random() < 0.5 else p.rim, 0.12 * rng.random()),
                )
    glows: list[tuple[float, float, Colour]] = []
    for k, x in enumerate(np.arange(float(rng.integers(100, 240)), span, 470.0)):
        neon = ((255, 92, 150), (88, 220, 255), (255, 196, 80))[(k + stage.script.seed // 3) % 3]
        if k % 2 == 0:
            canvas.stroke([(x + 10, 210), (x + 10, 150), (x + 56, 132), (x + 56, 192)], 7, neon, curved=False)
            for nx, ny in ((x, 212), (x + 46, 196)):
                canvas.ellipse(nx, ny, 15, 11, neon, -0.3)
            for r in range(5):
                canvas.stroke(
                    [(x + 100, 140 + 18 * r), (x + 260 - 20 * (r % 2), 140 + 18 * r)],
                    3,
                    (*neon, 0.5),
                    curved=False,
                )
            glows.append((x + 110, 176, neon))
        else:
            for n, tone in enumerate(((204, 186, 150), (120, 150, 158))):
                canvas.rectangle(x + 96 * n, 180 + 20 * n, 78, 112, mix(tone, p.shade, 0.3))
                canvas.ellipse(x + 39 + 96 * n, 230 + 20 * n, 22, 26, mix((160, 70, 60), p.shade, 0.3))
        _piano(canvas, x + 180, base)
    image = sprite.finished()
    for gx, gy, shine in glows:
        light_up(image, gx * stage.scale, gy * stage.scale, 200 * stage.scale, (*shine[:3], 0.42))
    return shaded(image, p.shade, 0.34, 0.0)


def _piano(canvas: Canvas, px: float, base: float) -> None:
    canvas.blob(
        [
            (px, base - 64),
            (px, base - 128),
            (px + 100, base - 134),
            (px + 178, base - 110),
            (px + 186, base - 64),
        ],
        (22, 20, 28),
    )
    canvas.polygon(
        [(px + 4, base - 126), (px + 60, base - 204), (px + 180, base - 182), (px + 176, base - 112)],
        (30, 28, 38),
    )
    canvas.rectangle(px - 26, base - 92, 40, 7, (236, 232, 224))
    for leg in (px + 8, px + 96, px + 168):
        canvas.limb((leg, base - 66), (leg, base), 5, 4, (22, 20, 28))
