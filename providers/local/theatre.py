"""A stage: curtains and a painted sky, a concert with beams, or a club with bricks; people watch from below."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from providers.local.backdrop import Backdrop, Layer, Moving, Stage, light_up
from providers.local.backdrop import layer as as_layer
from providers.local.canvas import Canvas, Colour, Sprite, blurred, gradient, mix, shaded, soft_disc, tinted
from providers.local.weather import Fall, mist

_CLOTHS: tuple[Colour, ...] = ((168, 34, 46), (46, 58, 128), (124, 40, 98))
_BEAMS: tuple[tuple[Colour, ...], ...] = (
    ((255, 226, 170), (255, 238, 206), (255, 206, 140)),
    ((86, 190, 255), (240, 90, 200), (140, 110, 255), (90, 240, 190)),
    ((255, 176, 90), (255, 120, 110), (255, 214, 150)),
)
_APPLAUSE = 1.1  # seconds before the end at which hands go up


def applause_at(seconds: float, length: float) -> float:
    """How much the audience claps, 0–1: it begins shortly before the end."""
    return min(1.0, max(0.0, (seconds - (length - _APPLAUSE)) / 0.35))


def paint_theatre(stage: Stage) -> Backdrop:
    """Paint the stage: theatre, concert or club by seed."""
    base, ground = stage.height - 168, stage.height - 96
    look = stage.script.seed % 3
    behind: list[Layer | Moving] = []
    if look == 0:
        behind += [_weather(stage), as_layer(stage, _scenery(stage, base), depth=0.5, top=0.0)]
        behind.append(as_layer(stage, _curtains(stage, base), depth=0.7, top=0.0))
    elif look == 1:
        behind.append(_screen(stage, base))
        behind.append(as_layer(stage, _truss(stage, base), depth=0.7, top=0.0))
    else:
        behind.append(as_layer(stage, _club(stage, base), depth=0.7, top=0.0))
    if stage.script.weather in ("fog", "storm", "wind"):
        behind.append(_smoke(stage, base))
    behind += [
        as_layer(stage, _boards(stage, base, look), depth=1.0, top=base),
        _spots(stage, base, ground, look),
    ]
    return Backdrop(
        sky=_back(stage, base, look),
        behind=tuple(behind),
        before=(_audience(stage),),
        ground=ground,
        indoors=True,
    )


def _back(stage: Stage, base: float, look: int) -> Image.Image:
    """The farthest thing: a painted sky with a cardboard sun or moon, or darkness."""
    p, size = stage.palette, stage.size
    line = base / stage.height
    if look == 0:
        stops: list[tuple[float, Colour]] = [
            (0, mix(p.top, p.middle, 0.35)),
            (line * 0.5, p.middle),
            (line, p.low),
            (1, p.low),
        ]
    else:
        dark = mix((16, 14, 30), p.middle, 0.16)
        stops = [(0, mix(dark, (0, 0, 0), 0.5)), (line, dark), (1, dark)]
    image = Image.fromarray(gradient(size.width, size.height, stops).astype(np.uint8)).convert("RGBA")
    if look == 0:
        sprite = Sprite(size.width, size.height, stage.scale)
        c, x, y = (
            sprite.canvas,
            stage.width * (0.36 if stage.script.time in ("dawn", "night") else 0.62),
            base - 300,
        )
        c.limb((x, 0), (x, y), 1.2, 1.2, (*p.shade, 0.6))
        gold = mix(p.light, (246, 200, 96), 0.3 if stage.script.time == "night" else 0.65)
        if stage.script.time == "night":
            c.blob(
                [
                    (x + 12, y - 52),
                    (x - 34, y - 38),
                    (x - 50, y),
                    (x - 34, y + 38),
                    (x + 12, y + 52),
                    (x - 12, y + 22),
                    (x - 12, y - 22),
                ],
                gold,
            )
        else:
            for k in range(14):
                a = k * math.pi / 7
                c.polygon([(x + math.cos(a - 0.12) * 46, y + math.sin(a - 0.12) * 46), (x + math.cos(a) * 74, y + math.sin(a) * 74),
                           (x + math.cos(a + 0.12) * 46, y + math.sin(a + 0.12) * 46)], mix(gold, p.shade, 0.12))  # fmt: skip
            c.ellipse(x, y, 45, 45, gold)
            c.ellipse(x - 4, y - 4, 37, 37, mix(gold, (255, 255, 255), 0.25))
        image.alpha_composite(sprite.finished())
    return image.convert("RGB")


def _weather(stage: Stage) -> Moving:
    """Theatre weather: it falls behind the scenery only."""
    fall, veil = Fall(stage), mist(stage)

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        if veil is not None:
            frame.paste(veil, (0, 0), veil)
        if fall.anything:
            canvas = Canvas(frame, stage.scale)
            fall.draw(canvas, seconds, camera * 0.3)
            canvas.finish()

    return Moving(draw=draw)


def _smoke(stage: Stage, base: float) -> Layer:
    """Smoke from a machine that drifts over the back of the stage."""
    rng, tone = stage.chance(155), mix(stage.palette.haze, (236, 238, 244), 0.3)
    thick = {"fog": 0.5, "storm": 0.3}.get(stage.script.weather, 0.16)
    span = stage.span(0.6) + 26 * stage.seconds
    sprite = Sprite(round(span * stage.scale), round((base + 40) * stage.scale), stage.scale)
    x = -60.0
    while x < span:
        sprite.canvas.ellipse(
            x, base - 20 - 90 * rng.random(), 90 + 110 * rng.random(), 26 + 34 * rng.random(), (*tone, thick)
        )
        x += float(rng.integers(60, 130))
    return as_layer(
        stage, blurred(sprite.finished(), max(2, round(14 * stage.scale))), depth=0.6, top=0.0, drift=26.0
    )


def _scenery(stage: Stage, base: float) -> Image.Image:
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
        for k in range(int(span / 150)):
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
                        (left + wide + drift, low), (left + drift, low), (left + drift * 0.5, (top + low) / 2)], tone)  # fmt: skip
        if k % 4 == 0:
            canvas.rectangle(
                left + wide * 0.3, top, 2.5, low - top, (*mix(cloth, (255, 220, 180), 0.35), 0.5)
            )


def _curtains(stage: Stage, base: float) -> Image.Image:
    """Side curtains, a scalloped border with gold, repeated as wings along a long stage."""
    p = stage.palette
    span = stage.span(0.7)
    cloth = mix(_CLOTHS[stage.script.seed // 3 % 3], p.shade, 0.12)
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
            canvas.stroke([(left + 128 * s / 5, 6), (left + 128 * s / 5 + 4, 50), (left + 128 * s / 5, 62 + 40 * math.sin(math.pi * s / 5))], 5,
                          (*mix(cloth, p.shade, 0.5), 0.6), taper=0.5)  # fmt: skip
    canvas.rectangle(0, 0, span, 16, mix(gold, p.shade, 0.2))
    return sprite.finished()


def _truss(stage: Stage, base: float) -> Image.Image:
    """Metal beams with lamps and stacks of loudspeakers."""
    p, rng, span = stage.palette, stage.chance(151), stage.span(0.7)
    sprite = Sprite(round(span * stage.scale), round((base + 8) * stage.scale), stage.scale)
    canvas, steel = sprite.canvas, mix((92, 96, 116), p.shade, 0.4)
    for y in (36, 76):
        canvas.rectangle(0, y, span, 6, steel)
    for k, x in enumerate(np.arange(0.0, span, 40.0)):
        up = k % 2 == 0
        canvas.limb((x, 39 if up else 79), (x + 40, 79 if up else 39), 2, 2, mix(steel, p.shade, 0.3))
    for x in np.arange(50.0, span, 130.0):
        canvas.rectangle(x - 13, 80, 26, 30, (20, 20, 28))
        canvas.ellipse(x, 112, 12, 6, (255, 246, 220))
    for x in np.arange(float(rng.integers(10, 80)), span, max(360.0, stage.width * 0.82)):
        for k in range(3):
            y = base - 86 * (k + 1)
            canvas.rectangle(x, y, 104, 84, (22, 22, 30))
            canvas.rectangle(x, y, 104, 2.5, (70, 72, 90))
            for dx in (28, 76):
                canvas.ellipse(x + dx, y + 42, 21, 21, (44, 44, 56))
                canvas.ellipse(x + dx, y + 42, 8, 8, (78, 80, 98))
    return sprite.finished()


def _screen(stage: Stage, base: float) -> Moving:
    """A wall of light bars that dance behind the band."""
    rng = stage.chance(152)
    colours = _BEAMS[1]
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


def _club(stage: Stage, base: float) -> Image.Image:
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
        px = x + 180
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
    image = sprite.finished()
    for gx, gy, tone in glows:
        light_up(image, gx * stage.scale, gy * stage.scale, 200 * stage.scale, (*tone[:3], 0.42))
    return shaded(image, p.shade, 0.34, 0.0)


def _boards(stage: Stage, base: float, look: int) -> Image.Image:
    p, span = stage.palette, stage.span(1.0)
    sprite = stage.sprite(1.0, base, stage.height)
    canvas = sprite.canvas
    wood = mix(
        ((176, 112, 66), (70, 68, 86), (142, 92, 60))[look],
        p.shade,
        0.24 if stage.script.time != "night" else 0.36,
    )
    canvas.rectangle(0, base, span, stage.height - base, wood)
    for k, x in enumerate(np.arange(-80.0, span + 80, 46.0)):
        canvas.rectangle(
            x, base, 44, stage.height - base, (*mix(wood, p.shade if k % 3 else p.rim, 0.12), 0.7)
        )
        canvas.rectangle(x + 44.5, base, 1.5, stage.height - base, (*p.shade, 0.4))
    canvas.rectangle(0, base, span, 7, (*p.shade, 0.4))
    lip = stage.height - 52
    canvas.rectangle(0, lip, span, 60, mix(wood, p.shade, 0.62))
    canvas.rectangle(0, lip, span, 5, mix(wood, p.rim, 0.3))
    image = sprite.finished()
    for x in np.arange(60.0, span, 118.0):
        light_up(
            image,
            x * stage.scale,
            (lip - base) * stage.scale,
            60 * stage.scale,
            (255, 220, 150, 0.34),
            flat=0.5,
        )
        light_up(image, x * stage.scale, (lip - base) * stage.scale, 10 * stage.scale, (255, 240, 200, 0.95))
    return image


def _spots(stage: Stage, base: float, ground: float, look: int) -> Moving:
    """Cones of light that sway, and the pool in which the act stands."""
    colours = _BEAMS[look]
    count = 3 if look != 1 else 5
    pool = soft_disc(round(230 * stage.scale), (*mix(colours[0], (255, 255, 255), 0.4), 0.5), 1.4)
    pool = pool.resize((pool.width, max(2, round(pool.height * 0.24))), Image.Resampling.BILINEAR)
    share = 0.13 if look == 1 else 0.10

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        centre = stage.width * 0.46
        frame.paste(
            pool,
            (round(centre * stage.scale - pool.width / 2), round(ground * stage.scale - pool.height / 2)),
            pool,
        )
        canvas = Canvas(frame, stage.scale)
        for k in range(count):
            x = stage.width * (k + 0.5) / count
            sway = math.sin(seconds * (0.7 + 0.13 * k) + k * 1.9 + stage.script.seed % 7) * (
                170 if look == 1 else 46
            )
            aim = centre + (x - centre) * (0.9 if look == 1 else 0.22) + sway
            for wide, alpha in ((120, share * 0.6), (78, share), (40, share * 0.7)):
                canvas.polygon(
                    [(x - 9, 96), (x + 9, 96), (aim + wide, ground + 16), (aim - wide, ground + 16)],
                    (*colours[k % len(colours)][:3], alpha),
                )
        canvas.finish()

    return Moving(draw=draw)


def _audience(stage: Stage) -> Moving:
    """Heads before the stage; they sway, and hands go up at the end."""
    p, rng = stage.palette, stage.chance(154)
    dark = mix((14, 12, 24), p.shade, 0.4)
    heads: list[tuple[float, float, float, float]] = []
    for x in np.arange(-30.0, stage.width + 60, 62.0):
        heads.append(
            (
                float(x + rng.normal(0, 10)),
                float(rng.uniform(24, 31)),
                float(rng.random() * 6.3),
                float(rng.uniform(0, 16)),
            )
        )
    people: list[Image.Image] = []
    for _, size, _, _ in heads[:6]:
        wide, tall = round(size * 4.6 * stage.scale), round(120 * stage.scale)
        sprite = Sprite(wide, tall, stage.scale, (wide / 2, 40 * stage.scale))
        sprite.canvas.ellipse(0, 0, size * 0.82, size, dark)
        sprite.canvas.blob(
            [
                (-size * 1.9, 90),
                (-size * 1.5, size * 1.4),
                (-size * 0.5, size * 0.9),
                (size * 0.5, size * 0.9),
                (size * 1.5, size * 1.4),
                (size * 1.9, 90),
            ],
            dark,
        )
        sprite.canvas.stroke(
            [(-size * 0.6, -size * 0.66), (0, -size * 0.98), (size * 0.6, -size * 0.66)],
            2.4,
            (*mix(dark, (255, 214, 160), 0.6), 0.8),
            taper=0.8,
        )
        people.append(blurred(sprite.finished(), max(1, round(1.2 * stage.scale))))

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        claps = applause_at(seconds, stage.seconds)
        if claps > 0:
            canvas = Canvas(frame, stage.scale)
            for number, (x, size, phase, low) in enumerate(heads):
                if number % 2 == 0:
                    top = stage.height - 34 + low - 62 * claps
                    gap = 5 + 9 * abs(math.sin(seconds * 13 + phase))
                    for side in (-1, 1):
                        canvas.limb(
                            (x + side * size * 1.2, stage.height + 20), (x + side * gap, top), 8, 7, dark
                        )
            canvas.finish()
        for number, (x, _, phase, low) in enumerate(heads):
            person = people[number % len(people)]
            sway = 3 * math.sin(seconds * 1.9 + phase)
            y = stage.height - 34 + low + 2.5 * math.sin(seconds * 3.1 + phase)
            frame.paste(
                person,
                (round((x + sway) * stage.scale - person.width / 2), round((y - 40) * stage.scale)),
                person,
            )

    return Moving(draw=draw)
