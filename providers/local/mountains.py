"""Mountains: faceted peaks with snow, misty ridges with a pagoda, or a high valley with a lake and a hut."""

from __future__ import annotations

import itertools
import math

import numpy as np
from PIL import Image

from providers.local.backdrop import Backdrop, Layer, Moving, Stage, cloud_layer, layer, light_up, paint_sky
from providers.local.canvas import Canvas, Colour, Point, blurred, mix, shaded, tinted
from providers.local.forest import pine

_ROCKS: tuple[Colour, ...] = ((104, 112, 134), (88, 116, 128), (128, 112, 118))
_MEADOWS: tuple[Colour, ...] = ((92, 138, 92), (78, 122, 104), (150, 140, 84))


def paint_mountains(stage: Stage) -> Backdrop:
    """Paint the mountains; alps, misty ridges or a lake valley by seed."""
    horizon, ground = stage.height - 226, stage.height - 56
    look = stage.script.seed % 3
    behind: list[Layer | Moving] = [cloud_layer(stage, horizon - 40)]
    if look == 1:
        for number, (depth, haze, tall) in enumerate(
            ((0.04, 0.82, 300), (0.10, 0.64, 232), (0.2, 0.44, 170), (0.36, 0.24, 104))
        ):
            behind.append(_soft_ridge(stage, number, depth, haze, tall, horizon + 24 + number * 26))
            if number in (0, 2):
                behind.append(_veil(stage, number, horizon - 10 + number * 20))
    else:
        for number, (depth, haze, tall) in enumerate(((0.04, 0.68, 400), (0.12, 0.36, 268))):
            behind.append(_range(stage, number, depth, haze, tall, horizon + 20 + number * 26))
        behind.append(_veil(stage, 1, horizon - 6))
        if look == 2:
            behind.append(_lake(stage, horizon + 22))
        else:
            behind.append(_woods(stage, horizon + 84))
    behind.append(layer(stage, _path(stage, look), depth=1.0, top=stage.height - 400))
    return Backdrop(
        sky=paint_sky(stage, horizon),
        behind=tuple(behind),
        before=(layer(stage, _near(stage), depth=1.6, top=stage.height - 150),),
        ground=ground,
    )


def _dim(stage: Stage) -> float:
    return 0.6 if stage.script.time == "night" else 0.1


def _jagged(rng: np.random.Generator, width: float, step: float, tall: float) -> list[Point]:
    """A ridge as points (x, height): high and low corners by turns, rougher in between."""
    points: list[Point] = []
    x, up = -step, True
    while x < width + step * 2:
        high = tall * (0.62 + 0.38 * rng.random()) if up else tall * (0.30 + 0.24 * rng.random())
        points.append((x, high))
        x += step * float(rng.uniform(0.55, 1.15))
        up = not up
    rough: list[Point] = []
    for a, b in itertools.pairwise(points):
        rough.append(a)
        for share in (0.33, 0.66):
            bump = (rng.random() - 0.5) * tall * 0.09
            rough.append((a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share + bump))
    return [*rough, points[-1]]


def _range(stage: Stage, number: int, depth: float, haze: float, tall: float, base: float) -> Layer:
    """A chain of rock: lit faces, dark faces, snow that runs down in tongues."""
    p, rng = stage.palette, stage.chance(120 + number)
    tall = min(tall, base - 60)
    top = base - tall - 20
    sprite = stage.sprite(depth, top, base + 70)
    canvas, span = sprite.canvas, stage.span(depth)
    rock = mix(mix(tinted(_ROCKS[stage.script.seed // 3 % 3], p.tint), p.shade, _dim(stage)), p.haze, haze)
    snow = mix(mix(tinted((246, 249, 253), p.tint), p.shade, _dim(stage) * 0.45), p.haze, haze * 0.55)
    ridge = [(x, base - h) for x, h in _jagged(rng, span, 200 - 50 * number, tall)]
    canvas.polygon([(-200, base + 70), *ridge, (span + 300, base + 70)], mix(rock, p.rim, 0.12))
    peaks = [
        k
        for k in range(3, len(ridge) - 3, 3)
        if ridge[k][1] < ridge[k - 3][1] and ridge[k][1] < ridge[k + 3][1]
    ]
    for k in peaks:
        peak, valley = ridge[k], ridge[k + 3]
        drop = base + 30 - peak[1]
        fold = [
            (peak[0] + (rng.random() - 0.42) * drop * 0.16, peak[1] + drop * s) for s in (0.2, 0.4, 0.6, 0.8)
        ]
        dark = mix(rock, p.shade, 0.46 - 0.22 * haze)
        canvas.polygon(
            [peak, *ridge[k + 1 : k + 4], (valley[0], base + 60), (peak[0] + 10, base + 60), *fold[::-1]],
            dark,
        )
        _snow_cap(
            canvas,
            rng,
            ridge,
            k,
            snow,
            mix(snow, dark, 0.42),
            0.5 if stage.script.weather == "snow" else 0.34,
        )
    return layer(stage, shaded(sprite.finished(), p.haze, 0.0, 0.55 * haze + 0.3), depth=depth, top=top)


def _snow_cap(
    canvas: Canvas,
    rng: np.random.Generator,
    ridge: list[Point],
    k: int,
    light: Colour,
    dark: Colour,
    share: float,
) -> None:
    peak = ridge[k]
    for side, colour in ((-1, light), (1, dark)):
        low = ridge[k + 3 * side]
        depth = (low[1] - peak[1]) * share * 2
        along = [ridge[k + side], ridge[k + 2 * side]]
        reach = abs(along[1][0] - peak[0])
        teeth: list[Point] = []
        for n in range(5):
            way = reach * (1 - n / 5)
            slope = (low[1] - peak[1]) * way / max(1.0, abs(low[0] - peak[0]))
            deep = depth * (0.30 + 0.36 * (n % 2) + 0.14 * rng.random()) * (0.5 + 0.16 * n)
            teeth.append((peak[0] + side * way, peak[1] + slope + deep))
        line = [along[0], along[1]]
        canvas.polygon([peak, *line, *teeth, (peak[0] + 2, peak[1] + depth * 1.1)], colour)


def _soft_ridge(stage: Stage, number: int, depth: float, haze: float, tall: float, base: float) -> Layer:
    """A wooded ridge that melts into the mist."""
    p, rng = stage.palette, stage.chance(126 + number)
    tall = min(tall, base - 70)
    top = base - tall - 50
    sprite = stage.sprite(depth, top, base + 90)
    canvas, span = sprite.canvas, stage.span(depth)
    tone = mix(mix(tinted((58, 92, 104), p.tint), p.shade, _dim(stage)), p.haze, haze)
    phase = rng.random(3) * 6.3
    xs = np.arange(-20, span + 40, 9.0)
    high = tall * (
        0.52
        + 0.26 * np.sin(xs / 176 + phase[0])
        + 0.15 * np.sin(xs / 71 + phase[1])
        + 0.05 * np.sin(xs / 23 + phase[2])
    )
    canvas.polygon([(-20, base + 90), *zip(xs, base - high, strict=True), (span + 40, base + 90)], tone)
    if number >= 1:
        for x, h in zip(xs, high, strict=True):
            size = (5 + 9 * rng.random()) * (0.6 + number * 0.45)
            canvas.polygon(
                [(x - size * 0.34, base - h + 4), (x, base - h - size), (x + size * 0.34, base - h + 4)], tone
            )
    if number == 2:
        at = int(len(xs) * (0.35 + 0.3 * rng.random()))
        _pagoda(canvas, float(xs[at]), base - float(high[at]) + 8, mix(tone, p.shade, 0.3), stage)
    return layer(stage, shaded(sprite.finished(), p.haze, 0.0, 0.72), depth=depth, top=top)


def _pagoda(canvas: Canvas, x: float, base: float, tone: Colour, stage: Stage) -> None:
    p = stage.palette
    lit = mix(tone, (255, 206, 120), 0.85 * p.lamps)
    for k in range(4):
        wide, y = 44 - 8 * k, base - 27 * k
        canvas.rectangle(x - wide * 0.5, y - 22, wide, 23, mix(tone, (150, 70, 60), 0.3))
        canvas.rectangle(x - wide * 0.2, y - 17, wide * 0.4, 12, lit)
        canvas.polygon([(x - wide * 0.98, y - 18), (x - wide * 0.5, y - 26), (x, y - 32),
        (x + wide * 0.5, y - 26),
                        (x + wide * 0.98, y - 18), (x + wide * 0.5, y - 19),
                        (x - wide * 0.5, y - 19)], tone)  # fmt: skip
    canvas.rectangle(x - 1.5, base - 142, 3, 34, tone)


def _veil(stage: Stage, number: int, y: float) -> Layer:
    """A bank of mist between two ridges that drifts."""
    p, rng = stage.palette, stage.chance(131 + number)
    sprite = stage.sprite(0.2, y - 50, y + 90)
    x = -60.0
    span = stage.span(0.2) + 6 * stage.seconds
    while x < span:
        sprite.canvas.ellipse(
            x,
            y + 30 * rng.random(),
            120 + 130 * rng.random(),
            12 + 13 * rng.random(),
            (*mix(p.haze, p.low, 0.4), 0.34),
        )
        x += float(rng.integers(70, 190))
    image = blurred(sprite.finished(), max(2, round(11 * stage.scale)))
    return layer(stage, image, depth=0.16, top=y - 50, drift=3.0)


def _woods(stage: Stage, base: float) -> Layer:
    """A row of firs at the foot of the rocks."""
    p, rng = stage.palette, stage.chance(135)
    sprite = stage.sprite(0.5, base - 170, base + 70)
    leaf = mix(mix(tinted((52, 98, 84), p.tint), p.shade, _dim(stage)), p.haze, 0.22)
    if stage.script.weather == "snow":
        leaf = mix(leaf, tinted((238, 243, 250), p.tint), 0.55)
    bark = mix(p.shade, p.haze, 0.2)
    x = -20.0
    while x < stage.span(0.5) + 40:
        tones = [mix(leaf, p.shade, 0.12 * rng.random())]
        pine(sprite.canvas, rng, x, base + 30, float(rng.uniform(64, 150)), tones, bark, p.rim)
        x += float(rng.integers(18, 58))
    sprite.canvas.rectangle(0, base + 14, stage.span(0.5), 60, mix(leaf, bark, 0.3))
    return layer(stage, shaded(sprite.finished(), p.haze, 0.0, 0.3), depth=0.5, top=base - 170)


def _lake(stage: Stage, line: float) -> Layer:
    """Still water that holds the sky and dark shapes of the peaks."""
    p, rng = stage.palette, stage.chance(136)
    sprite = stage.sprite(0.3, line, stage.height - 80)
    canvas, span = sprite.canvas, stage.span(0.3)
    water = mix(mix(tinted((56, 128, 150), p.tint), p.shade, _dim(stage) * 0.7), p.low, 0.4)
    canvas.rectangle(0, line, span, 200, water)
    x = -80.0
    while x < span:
        half, deep = float(rng.integers(60, 150)), float(rng.integers(40, 110))
        canvas.polygon(
            [(x - half, line), (x + half, line), (x + rng.normal(0, 12), line + deep)],
            (*mix(water, p.shade, 0.4), 0.5),
        )
        x += half * 1.1
    canvas.rectangle(0, line, span, 2.5, (*mix(water, p.light, 0.6), 0.8))
    for _ in range(int(span / 16)):
        gx, gy = rng.random() * span, line + 6 + rng.random() ** 1.3 * 100
        canvas.ellipse(gx, gy, 8 + 26 * rng.random(), 0.9, (*mix(water, p.light, 0.55), 0.55))
    return layer(stage, sprite.finished(), depth=0.3, top=line)


def _path(stage: Stage, look: int) -> Image.Image:
    """The alp with the path, fences, rocks, firs and a hut."""
    p, rng = stage.palette, stage.chance(138)
    top, span, base = stage.height - 400, stage.span(1.0), stage.height - 126
    sprite = stage.sprite(1.0, top, stage.height)
    canvas = sprite.canvas
    grass: Colour = mix(tinted(_MEADOWS[stage.script.seed // 3 % 3], p.tint), p.shade, _dim(stage) + 0.1)
    if stage.script.weather == "snow":
        grass = mix(grass, tinted((240, 245, 252), p.tint), 0.8)
    glows = _planted(stage, canvas, rng, base)
    edge = [
        (k, base + 7 * math.sin(k * 0.008 + look) + 3 * math.sin(k * 0.03))
        for k in np.arange(-20, span + 40, 20.0)
    ]
    canvas.polygon([*edge, (span + 40, stage.height), (-20, stage.height)], grass)
    for k in np.arange(-10, span, 12.0):
        h = 6 + 10 * rng.random()
        foot = base + 10 + 7 * math.sin(k * 0.008 + look)
        canvas.polygon(
            [(k - 4, foot), (k + float(rng.normal(0, 4)), foot - h - 4), (k + 4, foot)],
            mix(grass, p.rim, 0.14 * rng.random()),
        )
    trail = mix(mix(tinted((176, 156, 132), p.tint), p.shade, _dim(stage) + 0.08), grass, 0.18)
    if stage.script.weather == "snow":
        trail = mix(trail, tinted((236, 241, 250), p.tint), 0.55)
    canvas.polygon([(-20, base + 44), *[(k, base + 44 + 5 * math.sin(k * 0.012)) for k in np.arange(0,
    span, 60)],
                    (span + 40, base + 44), (span + 40, base + 96), (-20, base + 96)], trail)  # fmt: skip
    for _ in range(int(span / 30)):
        flower = tinted(((240, 214, 92), (236, 238, 244), (206, 120, 168))[int(rng.integers(0, 3))], p.tint)
        fy = base + (14 + 24 * rng.random() if rng.random() < 0.6 else 100 + 20 * rng.random())
        canvas.ellipse(rng.random() * span, fy, 2.4, 2, (*mix(flower, p.shade, _dim(stage)), 0.9))
    image = sprite.finished()
    for gx, gy in glows:
        if p.lamps > 0.3:
            light_up(
                image,
                gx * stage.scale,
                (gy - top) * stage.scale,
                66 * stage.scale,
                (255, 206, 126, 0.6 * p.lamps),
            )
    below = round((base + 46 - top) * stage.scale)
    image.paste(shaded(image.crop((0, below, image.width, image.height)), p.shade, 0.0, 0.4), (0, below))
    return image


def _planted(stage: Stage, canvas: Canvas, rng: np.random.Generator, base: float) -> list[Point]:
    """Huts, firs and rocks along the path; returns where windows glow."""
    p = stage.palette
    glows: list[Point] = []
    x = float(rng.integers(40, 240))
    while x < stage.span(1.0):
        kind = rng.random()
        if kind < 0.3:
            glows.append(_hut(canvas, x, base + 12, float(rng.uniform(100, 140)), stage))
            x += 180
        elif kind < 0.72:
            leaf = mix(mix(tinted((48, 96, 78), p.tint), p.shade, _dim(stage)), p.haze, 0.05)
            pine(
                canvas,
                rng,
                x,
                base + 16,
                float(rng.uniform(150, 268)),
                [leaf],
                mix(leaf, p.shade, 0.5),
                p.rim,
            )
        else:
            _rock(canvas, rng, x, base + 14, float(rng.uniform(26, 64)), stage)
        x += float(rng.integers(150, 380))
    return glows


def _rock(canvas: Canvas, rng: np.random.Generator, x: float, base: float, size: float, stage: Stage) -> None:
    p = stage.palette
    rock = mix(tinted((132, 132, 142), p.tint), p.shade, _dim(stage) + 0.12)
    tip = (x + size * 0.2, base - size * (0.8 + 0.3 * rng.random()))
    canvas.polygon(
        [
            (x - size, base),
            (x - size * 0.72, base - size * 0.55),
            tip,
            (x + size * 0.8, base - size * 0.5),
            (x + size, base),
        ],
        rock,
    )
    canvas.polygon(
        [tip, (x + size * 0.8, base - size * 0.5), (x + size, base), (x + size * 0.1, base)],
        (*mix(rock, p.shade, 0.4), 0.8),
    )


def _hut(canvas: Canvas, x: float, base: float, wide: float, stage: Stage) -> Point:
    """A wooden hut; returns the middle of its window."""
    p = stage.palette
    wood = mix(tinted((138, 90, 60), p.tint), p.shade, _dim(stage) + 0.06)
    white = tinted((240, 244, 250), p.tint) if stage.script.weather == "snow" else (92, 74, 76)
    roof = mix(tinted(white, p.tint), p.shade, _dim(stage))
    wall = wide * 0.44
    canvas.polygon(
        [
            (x, base),
            (x, base - wall),
            (x + wide / 2, base - wall - wide * 0.3),
            (x + wide, base - wall),
            (x + wide, base),
        ],
        wood,
    )
    for k in range(1, 5):
        canvas.rectangle(x, base - wall * k / 5, wide, 1.4, (*mix(wood, p.shade, 0.5), 0.6))
    for side in (-1, 1):
        mid, eave = (
            (x + wide / 2, base - wall - wide * 0.34),
            (x + wide * (0.5 + 0.62 * side), base - wall + 7),
        )
        canvas.polygon(
            [mid, (mid[0], mid[1] + 10), (eave[0], eave[1] + 5), (eave[0], eave[1] - 3)],
            mix(roof, p.rim, 0.2 if side < 0 else 0.0),
        )
    stone = mix(wood, p.shade, 0.3)
    canvas.rectangle(x + wide * 0.68, base - wall - wide * 0.34, 12, 26, stone)
    canvas.rectangle(x + wide * 0.14, base - wall * 0.66, wide * 0.18, wall * 0.66, stone)
    pane = mix(mix(p.low, p.shade, 0.3), (255, 208, 128), p.lamps)
    left, up = x + wide * 0.52, base - wall * 0.72
    canvas.rectangle(left - 3, up - 3, wide * 0.28 + 6, wall * 0.36 + 6, stone)
    canvas.rectangle(left, up, wide * 0.28, wall * 0.36, pane)
    canvas.rectangle(left + wide * 0.13, up, 2.4, wall * 0.36, stone)
    return left + wide * 0.14, up + wall * 0.18


def _near(stage: Stage) -> Image.Image:
    p, rng = stage.palette, stage.chance(139)
    sprite = stage.sprite(1.6, stage.height - 150, stage.height)
    dark = mix(p.shade, (0, 0, 0), 0.3)
    x = float(rng.integers(120, 460))
    while x < stage.span(1.6):
        size = float(rng.uniform(40, 80))
        sprite.canvas.polygon([(x - size * 1.3, stage.height + 10),
        (x - size * 0.7, stage.height - size * 0.5),
                               (x + size * 0.2, stage.height - size * 0.8),
                               (x + size * 1.3, stage.height + 10)], dark)  # fmt: skip
        for _ in range(8):
            foot = x + float(rng.normal(size, 22))
            sprite.canvas.stroke(
                [
                    (foot, stage.height + 6),
                    (foot + 8, stage.height - 40),
                    (foot + 20, stage.height - 70 * rng.random() - 20),
                ],
                4,
                dark,
                taper=0.9,
            )
        x += float(rng.integers(620, 1100))
    return blurred(sprite.finished(), max(1, round(2.4 * stage.scale)))
