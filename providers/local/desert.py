"""A desert: dunes with a lit and a dark side, red rocks with cacti, or palms; blown sand in the wind."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from providers.local.backdrop import Backdrop, Layer, Moving, Stage, cloud_layer, layer, paint_sky
from providers.local.canvas import Canvas, Colour, blurred, mix, shaded, smooth, tinted

_SANDS: tuple[Colour, ...] = ((232, 184, 116), (214, 128, 84), (240, 206, 150))


def paint_desert(stage: Stage) -> Backdrop:
    """Paint the desert: dunes, red rocks or an oasis by seed."""
    horizon, ground = stage.height - 236, stage.height - 56
    look = stage.script.seed % 3
    behind: list[Layer | Moving] = [cloud_layer(stage, horizon)]
    behind.append(_far(stage, horizon, look))
    for number, (depth, haze, tall) in enumerate(((0.12, 0.56, 96), (0.26, 0.34, 112), (0.5, 0.14, 92))):
        behind.append(_dunes(stage, number, depth, haze, tall, horizon + 34 + number * 46))
    behind.append(layer(stage, _floor(stage, look), depth=1.0, top=stage.height - 420))
    before: list[Layer | Moving] = [layer(stage, _near(stage, look), depth=1.6, top=stage.height - 170)]
    if stage.script.weather in ("wind", "storm"):
        before.append(_blown(stage, horizon))
    return Backdrop(
        sky=paint_sky(stage, horizon + 20), behind=tuple(behind), before=tuple(before), ground=ground
    )


def _sand(stage: Stage) -> Colour:
    p = stage.palette
    dim = 0.58 if stage.script.time == "night" else 0.04
    sand: Colour = mix(tinted(_SANDS[stage.script.seed % 3], p.tint), p.shade, dim)
    if stage.script.raining:
        sand = mix(sand, p.shade, 0.2)
    if stage.script.weather == "snow":
        sand = mix(sand, tinted((238, 242, 250), p.tint), 0.6)
    return sand


def _far(stage: Stage, horizon: float, look: int) -> Layer:
    """What stands at the horizon: high dunes, tables of rock, or pyramids."""
    p, rng = stage.palette, stage.chance(110)
    top = horizon - 230
    sprite = stage.sprite(0.05, top, horizon + 60)
    canvas, span = sprite.canvas, stage.span(0.05)
    tone = mix(mix(_sand(stage), p.shade, 0.22), p.haze, 0.6)
    if look == 1:
        x = -40.0
        while x < span:
            wide, tall = float(rng.integers(90, 250)), float(rng.integers(80, 200))
            _mesa(canvas, rng, x, horizon + 40, wide, tall, mix(tone, (168, 74, 60), 0.32), p.shade, p.rim)
            x += wide + float(rng.integers(10, 150))
    elif look == 2:
        x = float(rng.integers(60, 220))
        while x < span + 60:
            half = float(rng.integers(70, 170))
            peak = (x, horizon + 30 - half * 1.15)
            canvas.polygon([(x - half, horizon + 40), peak, (x + half, horizon + 40)], tone)
            canvas.polygon(
                [peak, (x + half, horizon + 40), (x + half * 0.24, horizon + 40)],
                (*mix(tone, p.shade, 0.4), 0.85),
            )
            for k in range(1, 9):
                y = peak[1] + (horizon + 40 - peak[1]) * k / 9
                reach = half * k / 9
                canvas.rectangle(x - reach, y, reach, 1.2, (*mix(tone, p.shade, 0.4), 0.4))
            x += half + float(rng.integers(160, 420))
    else:
        x = -200.0
        while x < span:
            wide = float(rng.integers(330, 520))
            dune(canvas, x, horizon + 50, wide, wide * 0.32, tone, mix(tone, p.shade, 0.3), p.rim)
            x += wide * 0.62
    return layer(stage, shaded(sprite.finished(), p.haze, 0.0, 0.5), depth=0.05, top=top)


def _mesa(
    canvas: Canvas, rng: np.random.Generator, x: float, base: float, wide: float, tall: float, rock: Colour,
    shade: Colour, rim: Colour,
) -> None:  # fmt: skip
    """A table of rock in bands, lit from the left."""
    top, skirt = base - tall, base - tall * 0.34
    edge = [
        (x + wide * 0.08, top + 5), (x + wide * 0.3, top), (x + wide * 0.72, top + 3), (x + wide * 0.92, top)
    ]  # fmt: skip
    outline = [(x - wide * 0.22, base), (x + wide * 0.05, skirt), *edge, (x + wide * 0.96, skirt)]
    canvas.polygon([*outline, (x + wide * 1.25, base)], rock)
    for k in range(3):
        y = top + tall * (0.14 + 0.17 * k)
        canvas.rectangle(
            x + wide * 0.06, y, wide * 0.89, 3 + 4 * rng.random(), (*mix(rock, shade, 0.3), 0.45)
        )
    canvas.polygon(
        [edge[2], edge[3], (x + wide * 0.96, skirt), (x + wide * 1.25, base), (x + wide * 0.7, base),
         (x + wide * 0.66, skirt)],
        (*mix(rock, shade, 0.42), 0.8),
    )  # fmt: skip
    for share in (0.22, 0.38, 0.52):
        at = x + wide * share
        canvas.polygon(
            [(at, top + 3), (at + 5, top + 4), (at + 3, skirt), (at - 2, skirt)], (*mix(rock, rim, 0.3), 0.5)
        )


def dune(
    canvas: Canvas, x: float, base: float, wide: float, tall: float, sand: Colour, dark: Colour, rim: Colour
) -> None:
    """One dune: a long slope in the light, a steep one in the shade, a sharp bright crest."""
    peak = (x + wide * 0.56, base - tall)
    rise = smooth(
        [(x, base), (x + wide * 0.2, base - tall * 0.2), (x + wide * 0.42, base - tall * 0.74), peak],
        closed=False,
    )
    fall = smooth(
        [
            peak,
            (x + wide * 0.7, base - tall * 0.6),
            (x + wide * 0.84, base - tall * 0.2),
            (x + wide * 1.06, base),
        ],
        closed=False,
    )
    canvas.polygon(np.concatenate([rise, fall]), sand)
    fold = smooth(
        [
            (x + wide * 0.78, base),
            (x + wide * 0.62, base - tall * 0.26),
            (x + wide * 0.64, base - tall * 0.58),
            (x + wide * 0.575, base - tall * 0.86),
            peak,
        ],
        closed=False,
    )
    canvas.polygon(np.concatenate([fall, fold]), dark)
    canvas.stroke(rise[-8:], 2.2, (*mix(sand, rim, 0.6), 0.7), taper=0.8, curved=False)


def _dunes(stage: Stage, number: int, depth: float, haze: float, tall: float, base: float) -> Layer:
    p, rng = stage.palette, stage.chance(112 + number)
    top = base - tall * 1.6
    sprite = stage.sprite(depth, top, base + 110)
    sand = mix(_sand(stage), p.haze, haze)
    x = -float(rng.integers(80, 400))
    while x < stage.span(depth) + 40:
        wide = float(rng.integers(380, 640)) * (0.8 + depth)
        high = tall * (0.55 + 0.75 * rng.random())
        dune(
            sprite.canvas,
            x,
            base,
            wide,
            high,
            mix(sand, p.rim, 0.06),
            mix(sand, p.shade, 0.3 - 0.2 * haze),
            p.rim,
        )
        x += wide * (0.5 + 0.34 * rng.random())
    sprite.canvas.rectangle(0, base - 1, stage.span(depth), 112, sand)
    return layer(stage, shaded(sprite.finished(), p.haze, 0.0, 0.3 * haze + 0.04), depth=depth, top=top)


def _floor(stage: Stage, look: int) -> Image.Image:
    """The ground that is walked on, with what grows beside the way."""
    p, rng = stage.palette, stage.chance(118)
    span, top = stage.span(1.0), stage.height - 420
    sprite = stage.sprite(1.0, top, stage.height)
    canvas, sand = sprite.canvas, mix(_sand(stage), p.rim, 0.08)
    base = stage.height - 122
    x = float(rng.integers(40, 260))
    while x < span:
        if look == 1:
            cactus(canvas, rng, x, base + 14, float(rng.uniform(80, 190)), stage)
        elif look == 2:
            _palm(canvas, rng, x, base + 16, float(rng.uniform(150, 250)), stage)
        else:
            _ruin(canvas, rng, x, base + 14, float(rng.uniform(60, 150)), sand, stage)
        x += float(rng.integers(260, 620))
    edge = [
        (k, base + 8 * math.sin(k * 0.006 + 1) + 4 * math.sin(k * 0.017))
        for k in np.arange(-20, span + 40, 24.0)
    ]
    canvas.polygon([*edge, (span + 40, stage.height), (-20, stage.height)], sand)
    canvas.polygon([*edge, *[(a, b + 3) for a, b in edge[::-1]]], (*mix(sand, p.rim, 0.5), 0.7))
    for k in range(6):  # ripples of the wind
        y = base + 22 + k * 17
        for left in np.arange(-30, span, 150.0):
            far = left + float(rng.uniform(0, 60))
            bow = [(far, y), (far + 40, y - 4), (far + 84, y + 3), (far + 130, y)]
            canvas.stroke(bow, 2.2 + 0.3 * k, (*mix(sand, p.shade, 0.35), 0.42), taper=1)
    for _ in range(int(span / 90)):
        sx, sy, size = rng.random() * span, base + 24 + rng.random() * 80, 3 + 9 * rng.random() ** 2
        canvas.blob(
            [
                (sx - size, sy),
                (sx - size * 0.5, sy - size * 0.7),
                (sx + size * 0.5, sy - size * 0.7),
                (sx + size, sy),
            ],
            mix(sand, p.shade, 0.42),
        )
    image = sprite.finished()
    below = round((base + 40 - top) * stage.scale)
    image.paste(shaded(image.crop((0, below, image.width, image.height)), p.shade, 0.0, 0.34), (0, below))
    return image


def cactus(
    canvas: Canvas, rng: np.random.Generator, x: float, base: float, tall: float, stage: Stage
) -> None:
    """A tall cactus with two arms."""
    p = stage.palette
    dim = 0.55 if stage.script.time == "night" else 0.12
    green = mix(tinted((84, 128, 88), p.tint), p.shade, dim)
    girth = tall * 0.085
    bars = [((x, base), (x, base - tall))]
    for side, share in ((-1, 0.42 + 0.1 * rng.random()), (1, 0.52 + 0.14 * rng.random())):
        out = x + side * girth * 3.1
        bars += [((x, base - tall * share), (out, base - tall * share)),
                 ((out, base - tall * share), (out, base - tall * (share + 0.24)))]  # fmt: skip
    for a, b in bars:
        canvas.limb(a, b, girth, girth * 0.94, green)
    for a, b in bars:
        if a[0] == b[0]:
            canvas.limb((a[0] + girth * 0.5, a[1]), (b[0] + girth * 0.5, b[1]), girth * 0.3, girth * 0.24,
                        (*mix(green, p.rim, 0.4), 0.65))  # fmt: skip
            canvas.limb((a[0] - girth * 0.5, a[1]), (b[0] - girth * 0.5, b[1]), girth * 0.36, girth * 0.3,
                        (*mix(green, p.shade, 0.5), 0.6))  # fmt: skip


def _palm(canvas: Canvas, rng: np.random.Generator, x: float, base: float, tall: float, stage: Stage) -> None:
    p = stage.palette
    dim = 0.58 if stage.script.time == "night" else 0.14
    bark, green = (mix(tinted(c, p.tint), p.shade, dim) for c in ((134, 98, 66), (74, 132, 82)))
    lean = float(rng.normal(0, 26))
    crown = (x + lean, base - tall)
    canvas.stroke([(x, base), (x + lean * 0.2, base - tall * 0.5), crown], 11, bark)
    for k in range(8):
        y = base - tall * (0.08 + 0.11 * k)
        canvas.stroke(
            [(x + lean * (k / 9) ** 2 - 6, y), (x + lean * (k / 9) ** 2 + 6, y - 3)],
            2,
            (*mix(bark, p.shade, 0.5), 0.7),
        )
    for k in range(9):
        angle = -math.pi / 2 + (k - 4) * 0.42 + float(rng.normal(0, 0.06))
        reach = tall * 0.40
        mid = (crown[0] + math.cos(angle) * reach * 0.6, crown[1] + math.sin(angle) * reach * 0.5 - 8)
        tip = (crown[0] + math.cos(angle) * reach, crown[1] + math.sin(angle) * reach * 0.4 + reach * 0.32)
        canvas.stroke([crown, mid, tip], 15, mix(green, p.rim if k > 4 else p.shade, 0.16), taper=0.85)
    for side in (-5, 4):
        canvas.ellipse(crown[0] + side, crown[1] + 7, 5, 6, mix(bark, p.shade, 0.3))


def _ruin(
    canvas: Canvas, rng: np.random.Generator, x: float, base: float, tall: float, sand: Colour, stage: Stage
) -> None:
    """A broken column half in the sand, and blocks beside it."""
    p = stage.palette
    stone = mix(sand, mix(p.shade, p.haze, 0.4), 0.34)
    wide = tall * 0.2 + 8
    broken = [
        (x, base - tall),
        (x + wide * 0.4, base - tall - 9),
        (x + wide * 0.7, base - tall + 4),
        (x + wide, base - tall - 4),
    ]
    canvas.polygon([(x, base), *broken, (x + wide, base)], stone)
    canvas.rectangle(x + wide * 0.62, base - tall + 6, wide * 0.38, tall, (*mix(stone, p.shade, 0.45), 0.7))
    for k in (0.12, 0.34):
        canvas.rectangle(x + wide * k, base - tall + 4, wide * 0.09, tall, (*mix(stone, p.rim, 0.4), 0.5))
    canvas.rectangle(x - 5, base - 12, wide + 10, 12, mix(stone, p.rim, 0.12))
    at = x + wide + 18 + 30 * rng.random()
    canvas.polygon(
        [(at, base), (at + 5, base - 22), (at + 44, base - 18), (at + 46, base)], mix(stone, p.shade, 0.14)
    )


def _near(stage: Stage, look: int) -> Image.Image:
    """Dry grass or rocks close to the camera, out of focus."""
    p, rng = stage.palette, stage.chance(119)
    sprite = stage.sprite(1.6, stage.height - 170, stage.height)
    dark = mix(mix(_sand(stage), p.shade, 0.72), (0, 0, 0), 0.15)
    x = float(rng.integers(80, 340))
    while x < stage.span(1.6):
        if look == 1:
            size = float(rng.uniform(46, 90))
            sprite.canvas.blob([(x - size, stage.height + 20), (x - size * 0.7, stage.height - size * 0.4),
                                (x, stage.height - size * 0.62), (x + size * 0.8, stage.height - size * 0.3),
                                (x + size, stage.height + 20)], dark)  # fmt: skip
        else:
            for _ in range(13):
                lean, tall = float(rng.normal(14, 26)), float(rng.uniform(40, 104))
                foot = x + float(rng.normal(0, 18))
                sprite.canvas.stroke([(foot, stage.height + 6),
                (foot + lean * 0.4, stage.height - tall * 0.6),
                                      (foot + lean * 1.5, stage.height - tall)], 4.5, dark,
                                      taper=0.9)  # fmt: skip
        x += float(rng.integers(480, 980))
    return blurred(sprite.finished(), max(1, round(2.2 * stage.scale)))


def _blown(stage: Stage, horizon: float) -> Moving:
    """Sand in the wind, in long low streaks."""
    rng = stage.chance(111)
    grains = rng.random((130, 3))
    colour = mix(_sand(stage), stage.palette.rim, 0.45)

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        canvas = Canvas(frame, stage.scale)
        for number, part in enumerate(np.array_split(grains, 3)):
            speed = 420 + 240 * number
            x = (part[:, 0] * (stage.width + 240) + seconds * speed - camera) % (stage.width + 240) - 120
            low = (part[:, 1] ** 0.6) * (stage.height - horizon)
            y = horizon + low + 6 * np.sin(seconds * 2 + part[:, 2] * 6.3)
            canvas.streaks(np.stack([x, y], 1), (46 + 30 * number, -2), 1.2 + 0.5 * number, (*colour, 0.34))
        canvas.finish()

    return Moving(draw=draw)
