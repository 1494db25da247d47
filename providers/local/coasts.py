"""What tells one shore from another: an island coast with palms, a harbour with its quay, rocks in the surf.

sea.py has the water, the beach and the lighthouse that they share; which of them a clip gets, its seed says.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from PIL import Image

from providers.local.backdrop import Moving, Stage, light_up
from providers.local.canvas import Canvas, Colour, blurred, mix, shaded, tinted
from providers.local.script import Script

Coast = Literal["lighthouse", "palms", "harbour", "rocks"]
_COASTS: tuple[Coast, ...] = ("lighthouse", "palms", "harbour", "rocks")


def coast_of(script: Script) -> Coast:
    """The look of a script's shore."""
    return _COASTS[script.seed % len(_COASTS)]


def ground_colour(coast: Coast) -> Colour:
    """Sand, stone or planks in plain daylight."""
    return {
        "lighthouse": (222, 190, 146),
        "palms": (244, 224, 184),
        "harbour": (150, 120, 92),
        "rocks": (128, 122, 118),
    }[coast]


def far_islands(stage: Stage, horizon: float) -> Image.Image:
    """Low green islands with palms."""
    p, rng = stage.palette, stage.chance(64)
    top = horizon - 240
    sprite = stage.sprite(0.05, top, horizon + 2)
    span = stage.span(0.05)
    for share, start, wide, tall in ((0.72, 0.60, 0.30, 40), (0.5, 0.10, 0.24, 54), (0.8, 0.36, 0.12, 22)):
        green = mix(mix(tinted((58, 128, 84), p.tint), p.shade, 0.25), p.haze, share)
        left, right = span * start, span * (start + wide)
        xs = np.linspace(left, right, 11)
        rise = [tall * math.sin(math.pi * k / 10) ** 0.6 * (0.75 + 0.35 * rng.random()) for k in range(11)]
        ridge = [(float(x), horizon - h) for x, h in zip(xs, rise, strict=True)]
        sprite.canvas.polygon([(left - 14, horizon + 2), *ridge, (right + 14, horizon + 2)], green)
        sand = mix(tinted((236, 214, 170), p.tint), p.haze, share * 0.8)
        sprite.canvas.polygon(
            [(left - 24, horizon + 2), (left, horizon - 5), (right, horizon - 5), (right + 24, horizon + 2)],
            sand,
        )
        for k in range(max(2, int(wide * 18))):
            x, h = ridge[2 + (3 * k) % 7]
            _palm(
                sprite.canvas,
                x + float(rng.normal(0, 9)),
                h + 6,
                34 + 16 * rng.random(),
                0.12,
                mix(green, p.shade, 0.3),
            )
    return shaded(sprite.finished(), p.haze, 0.0, 0.25)


def far_town(stage: Stage, horizon: float) -> Image.Image:
    """The other side of the bay: a hill with houses and a church, lit when it is dark."""
    p, rng = stage.palette, stage.chance(65)
    top, span = horizon - 240, stage.span(0.05)
    sprite = stage.sprite(0.05, top, horizon + 2)
    c = sprite.canvas
    hill = mix(mix(tinted((96, 116, 96), p.tint), p.shade, 0.3), p.haze, 0.66)
    xs = np.linspace(-20, span + 20, 16)
    ridge = [(float(x), horizon - 64 - 40 * math.sin(float(x) / span * 5.1 + 0.6)) for x in xs]
    c.polygon([(-20, horizon + 2), *ridge, (span + 20, horizon + 2)], hill)
    lamps: list[tuple[float, float]] = []
    for row in range(3):
        x = span * 0.10 + 20 * row
        while x < span * 0.92:
            wide, tall = float(rng.uniform(20, 36)), float(rng.uniform(20, 40))
            base = horizon + 2 - 24 * (2 - row) if row < 2 else horizon + 2
            wall = ((236, 222, 200), (214, 170, 140), (196, 206, 214), (232, 196, 128))[
                int(rng.integers(0, 4))
            ]
            wall = mix(mix(tinted(wall, p.tint), p.shade, 0.1), p.haze, 0.5 - 0.12 * row)
            roof = mix(mix(tinted((176, 84, 64), p.tint), p.shade, 0.2), p.haze, 0.45 - 0.1 * row)
            c.rectangle(x, base - tall, wide, tall, wall)
            c.polygon(
                [(x - 3, base - tall), (x + wide / 2, base - tall - 13), (x + wide + 3, base - tall)], roof
            )
            for wx in np.arange(x + 5, x + wide - 6, 9.0):
                lit = rng.random() < 0.25 + 0.6 * p.lamps
                glass: Colour = (
                    mix((255, 220, 140), p.haze, 0.1) if lit and p.lamps > 0.3 else mix(wall, p.shade, 0.45)
                )
                c.rectangle(float(wx), base - tall + 8, 4, 6, glass)
                if lit and p.lamps > 0.5 and rng.random() < 0.2:
                    lamps.append((float(wx), base - tall + 10))
            x += wide + float(rng.uniform(0, 16))
    tower = span * 0.55
    stone = mix(tinted((226, 218, 206), p.tint), p.haze, 0.4)
    c.rectangle(tower, horizon - 128, 22, 90, stone)
    c.polygon(
        [(tower - 3, horizon - 128), (tower + 11, horizon - 172), (tower + 25, horizon - 128)],
        mix((120, 96, 96), p.haze, 0.45),
    )
    image = shaded(sprite.finished(), p.haze, 0.0, 0.2)
    for x, y in lamps[:14]:
        light_up(image, x * stage.scale, (y - top) * stage.scale, 20 * stage.scale, (255, 214, 140, 0.5))
    return image


def far_rocks(stage: Stage, horizon: float) -> Image.Image:
    """Stacks of stone in the sea, one of them a gate, and a cliff that ends the land."""
    p, rng = stage.palette, stage.chance(66)
    top, span = horizon - 240, stage.span(0.05)
    sprite = stage.sprite(0.05, top, horizon + 14)
    for share, at, wide, tall in ((0.74, 0.80, 60, 84), (0.62, 0.67, 44, 128), (0.42, 0.50, 66, 96)):
        _stack(sprite.canvas, stage, span * at, horizon + 6, wide, tall, share, rng)
    stone = mix(mix(tinted((120, 108, 104), p.tint), p.shade, 0.35), p.haze, 0.3)
    foot, gate = horizon + 8, span * 0.34
    arch: list[tuple[float, float]] = [
        (gate - 96, foot),
        (gate - 82, foot - 92),
        (gate - 30, foot - 132),
        (gate + 44, foot - 122),
        (gate + 92, foot - 74),
        (gate + 104, foot),
    ]
    inside = [(gate + 46 * math.cos(a), foot - 78 * math.sin(a)) for a in np.linspace(0, math.pi, 13)]
    sprite.canvas.polygon([*arch, *inside], stone)
    sprite.canvas.polygon(
        [arch[1], arch[2], (gate - 40, foot - 84), (gate - 52, foot), (gate - 70, foot)],
        (*mix(stone, p.rim, 0.35), 0.5),
    )
    cliff = mix(mix(tinted((112, 102, 98), p.tint), p.shade, 0.4), p.haze, 0.16)
    edge = [
        (-20.0, top + 40),
        (span * 0.06, top + 52),
        (span * 0.10, top + 84),
        (span * 0.125, top + 150),
        (span * 0.15, foot),
    ]
    sprite.canvas.polygon([*edge, (-20, foot)], cliff)
    grass = mix(mix(tinted((98, 138, 84), p.tint), p.shade, 0.3), p.haze, 0.16)
    sprite.canvas.polygon(
        [
            (-20, top + 40),
            (span * 0.06, top + 52),
            (span * 0.102, top + 86),
            (span * 0.05, top + 66),
            (-20, top + 58),
        ],
        grass,
    )
    for k in range(5):
        x = span * (0.02 + 0.022 * k)
        sprite.canvas.polygon(
            [(x, top + 80 + 14 * k), (x + 12, top + 76 + 16 * k), (x + 20, foot), (x - 2, foot)],
            (*mix(cliff, p.rim if k % 2 else p.shade, 0.3), 0.4),
        )
    return shaded(sprite.finished(), p.haze, 0.0, 0.22)


def _stack(
    c: Canvas,
    stage: Stage,
    x: float,
    foot: float,
    wide: float,
    tall: float,
    share: float,
    rng: np.random.Generator,
) -> None:
    p = stage.palette
    stone = mix(mix(tinted((124, 112, 108), p.tint), p.shade, 0.35), p.haze, share)
    left = [
        (x - wide * (0.5 + 0.06 * rng.random()), foot),
        (x - wide * 0.36, foot - tall * 0.6),
        (x - wide * 0.2, foot - tall),
    ]
    right = [
        (x + wide * 0.18, foot - tall * 0.94),
        (x + wide * 0.4, foot - tall * 0.5),
        (x + wide * 0.55, foot),
    ]
    c.polygon([*left, *right], stone)
    c.polygon(
        [left[1], left[2], (x - wide * 0.02, foot - tall * 0.5), (x - wide * 0.1, foot)],
        (*mix(stone, p.rim, 0.4), 0.5),
    )


def moored_boats(stage: Stage, horizon: float, shore: float) -> Moving:
    """Sailing boats and a buoy that lie in the harbour and rock with the swell."""
    p, rng = stage.palette, stage.chance(67)
    boats = [(0.14, 0.30, 0.62), (0.46, 0.16, 0.42), (0.80, 0.42, 0.78)]
    hulls = [((236, 232, 224), (58, 98, 168), (176, 62, 58))[int(rng.integers(0, 3))] for _ in boats]
    turns = rng.random(3) * 6.3

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        c = Canvas(frame, stage.scale)
        for (at, deep, size), colour, phase in zip(boats, hulls, turns, strict=True):
            x = stage.width * at + 40 - camera * (0.10 + 0.25 * deep)
            y = horizon + (shore - horizon) * deep + 2.4 * math.sin(seconds * 1.5 + phase)
            hull = mix(mix(tinted(colour, p.tint), p.shade, 0.2), p.haze, 0.42 - 0.4 * deep)
            wood = mix(mix(tinted((150, 112, 78), p.tint), p.shade, 0.25), p.haze, 0.3)
            with c.moved(x, y, turn=0.03 * math.sin(seconds * 1.1 + phase), scale=size):
                c.limb((0, 0), (4, -190), 3.2, 1.8, wood)
                c.polygon(
                    [(8, -180), (12, -26), (84, -22)],
                    (*mix(tinted((248, 244, 234), p.tint), p.haze, 0.2), 0.95),
                )
                c.polygon(
                    [(-2, -160), (-4, -28), (-58, -22)],
                    (*mix(tinted((226, 220, 208), p.tint), p.haze, 0.25), 0.95),
                )
                c.polygon([(-92, -14), (104, -18), (82, 14), (-74, 14)], hull)
                c.polygon([(-90, -12), (102, -16), (100, -10), (-88, -6)], mix(hull, p.rim, 0.5))
                c.ellipse(2, 17, 88, 5, (*p.shade, 0.3))
        x = stage.width * 0.62 - camera * 0.3
        y = horizon + (shore - horizon) * 0.62 + 3 * math.sin(seconds * 1.7)
        red = mix(tinted((206, 66, 58), p.tint), p.shade, 0.15)
        c.polygon([(x - 13, y), (x - 6, y - 34), (x + 6, y - 34), (x + 13, y)], red)
        c.ellipse(x, y, 17, 5, mix(red, p.shade, 0.3))
        c.finish()

    return Moving(draw=draw)


def quay(stage: Stage, shore: float) -> Image.Image:
    """Planks on which one walks, with the posts that carry them."""
    p, rng = stage.palette, stage.chance(68)
    span, top = stage.span(1.0), shore + 14
    sprite = stage.sprite(1.0, shore - 20, stage.height)
    c = sprite.canvas
    wood = mix(tinted((168, 128, 92), p.tint), p.shade, 0.56 if stage.script.time == "night" else 0.12)
    if stage.script.raining:
        wood = mix(wood, p.shade, 0.3)
    if stage.script.weather == "snow":
        wood = mix(wood, tinted((238, 242, 250), p.tint), 0.6)
    c.rectangle(-20, top, span + 60, stage.height - top, wood)
    y, tall = top, 9.0
    while y < stage.height:
        c.rectangle(-20, y + tall - 2, span + 60, 2, (*mix(wood, p.shade, 0.6), 0.8))
        x = float(rng.uniform(-90, 0))
        while x < span + 40:
            wide = float(rng.uniform(150, 330))
            c.rectangle(
                x,
                y,
                wide,
                tall - 2,
                (*mix(wood, p.rim if rng.random() < 0.4 else p.shade, 0.16 * rng.random()), 1.0),
            )
            c.rectangle(x + wide - 2, y, 2, tall - 2, (*mix(wood, p.shade, 0.6), 0.7))
            x += wide
        y, tall = y + tall, tall * 1.28
    c.rectangle(-20, top - 5, span + 60, 7, mix(wood, p.rim, 0.35))
    for x in np.arange(70.0, span, 260.0):
        post = mix(wood, p.shade, 0.35)
        c.rectangle(float(x), top - 30, 20, 40, post)
        c.ellipse(float(x) + 10, top - 30, 10, 4, mix(post, p.rim, 0.4))
        c.stroke(
            [(float(x) + 10, top - 18), (float(x) + 140, top - 4), (float(x) + 270, top - 18)],
            4,
            mix(tinted((206, 186, 150), p.tint), p.shade, 0.3),
        )
    return sprite.finished()


def near_palms(stage: Stage) -> Image.Image:
    """Palms that lean into the picture, out of focus."""
    p, rng = stage.palette, stage.chance(69)
    sprite = stage.sprite(1.6, 0, stage.height)
    dark = mix(mix(p.shade, tinted((48, 104, 66), p.tint), 0.35), (0, 0, 0), 0.15)
    x = stage.width * 0.97 + float(rng.uniform(0, 60))
    while x < stage.span(1.6) + 200:
        _palm(sprite.canvas, x, stage.height + 20, stage.height * 0.78, -0.3, dark)
        x += float(rng.integers(1100, 1600))
    return blurred(sprite.finished(), max(1, round(1.6 * stage.scale)))


def near_rocks(stage: Stage) -> Image.Image:
    """Dark stones at the lower edge."""
    p, rng = stage.palette, stage.chance(70)
    sprite = stage.sprite(1.6, stage.height - 150, stage.height)
    dark = mix(mix(p.shade, tinted((96, 90, 90), p.tint), 0.3), (0, 0, 0), 0.1)
    x = float(rng.integers(0, 200))
    while x < stage.span(1.6):
        wide, tall = float(rng.uniform(70, 150)), float(rng.uniform(26, 60))
        foot = stage.height + 8
        sprite.canvas.blob(
            [
                (x - wide, foot),
                (x - wide * 0.7, foot - tall * 0.7),
                (x - wide * 0.1, foot - tall),
                (x + wide * 0.6, foot - tall * 0.6),
                (x + wide, foot),
            ],
            dark,
        )
        sprite.canvas.stroke(
            [
                (x - wide * 0.6, foot - tall * 0.72),
                (x - wide * 0.1, foot - tall * 0.98),
                (x + wide * 0.4, foot - tall * 0.74),
            ],
            4,
            (*mix(dark, p.rim, 0.5), 0.6),
            taper=0.8,
        )
        x += float(rng.integers(300, 620))
    return blurred(sprite.finished(), max(1, round(1.6 * stage.scale)))


def _palm(c: Canvas, x: float, foot: float, tall: float, lean: float, colour: Colour) -> None:
    """A trunk that bends and a crown of fronds."""
    crown = (x + lean * tall, foot - tall)
    c.stroke([(x, foot), (x + lean * tall * 0.25, foot - tall * 0.5), crown], max(2.0, tall * 0.045), colour)
    for k in range(9):
        angle = math.pi * (0.02 + k / 8 * 0.96)
        reach = tall * (0.34 + 0.05 * (k % 3))
        middle = (
            crown[0] + 0.55 * reach * math.cos(angle),
            crown[1] - 0.5 * reach * math.sin(angle) - tall * 0.05,
        )
        tip = (crown[0] + reach * math.cos(angle), crown[1] - 0.25 * reach * math.sin(angle) + tall * 0.10)
        c.stroke([crown, middle, tip], max(2.0, tall * 0.06), colour, taper=0.85)
