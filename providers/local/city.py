"""A street: towers in the haze, shop fronts, lamps, and a pavement that mirrors them when it is wet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from providers.local.backdrop import Backdrop, Layer, Moving, Stage, cloud_layer, layer, light_up, paint_sky
from providers.local.canvas import Canvas, Colour, blurred, gradient, mix, shaded, tinted

_WARM: tuple[Colour, ...] = (
    (255, 206, 120),
    (255, 186, 96),
    (255, 228, 166),
    (246, 168, 92),
    (176, 206, 255),
)
_SIGNS: tuple[Colour, ...] = (
    (255, 84, 122),
    (84, 214, 255),
    (255, 190, 70),
    (150, 120, 255),
    (110, 240, 170),
)
_WALLS: tuple[tuple[Colour, ...], ...] = (
    ((146, 92, 84), (112, 104, 118), (164, 132, 104), (88, 96, 116), (128, 80, 92)),
    ((88, 110, 128), (120, 124, 140), (72, 92, 112), (142, 138, 134), (96, 104, 132)),
    ((190, 142, 112), (150, 108, 96), (206, 176, 140), (120, 128, 122), (172, 120, 110)),
)


def paint_city(stage: Stage) -> Backdrop:
    """Paint the street; several looks by seed."""
    base, ground = stage.height - 148, stage.height - 60
    p = stage.palette
    glow: Colour | None = (226, 120, 96, 0.34 * p.lamps) if p.lamps > 0.3 else None
    behind: list[Layer | Moving] = [cloud_layer(stage, base)]
    for number, (depth, low, high, share) in enumerate(((0.10, 250, 430, 0.72), (0.26, 170, 330, 0.46))):
        behind.append(_towers(stage, number, depth, low, high, share, base))
    street = _street(stage, base, wet=stage.script.raining)
    behind.append(layer(stage, street, depth=1.0, top=base - 330))
    return Backdrop(
        sky=paint_sky(stage, base, glow=glow),
        behind=tuple(behind),
        before=(layer(stage, _foreground(stage, ground), depth=1.7, top=ground - 190),),
        ground=ground,
        wet=stage.script.raining,
    )


def _towers(
    stage: Stage, number: int, depth: float, low: float, high: float, haze: float, base: float
) -> Layer:
    p, rng = stage.palette, stage.chance(20 + number)
    top = base - high - 70
    sprite = stage.sprite(depth, top, base + 12)
    canvas = sprite.canvas
    wall = mix(p.shade, p.haze, haze)
    x = -40.0
    while x < stage.span(depth):
        width, height = float(rng.integers(58, 130)), float(rng.integers(int(low), int(high)))
        _tower(
            canvas,
            stage,
            rng,
            x,
            base,
            width,
            height,
            mix(wall, p.haze, rng.random() * 0.16),
            1 - haze * 0.75,
        )
        x += width + float(rng.integers(-8, 26))
    return layer(stage, shaded(sprite.finished(), p.haze, 0.0, 0.62), depth=depth, top=top)


def _tower(
    canvas: Canvas,
    stage: Stage,
    rng: np.random.Generator,
    x: float,
    base: float,
    width: float,
    height: float,
    wall: Colour,
    strength: float,
) -> None:
    p = stage.palette
    top = base - height
    canvas.rectangle(x, top, width, height + 20, wall)
    canvas.rectangle(x, top, width * 0.32, height + 20, (*mix(wall, p.rim, 0.16), 0.6))
    kind = rng.integers(0, 4)
    if kind == 0:
        canvas.rectangle(x + width * 0.2, top - 18, width * 0.6, 19, wall)
        canvas.rectangle(x + width * 0.48, top - 52, 3, 36, wall)
    elif kind == 1:
        canvas.polygon([(x, top + 1), (x + width / 2, top - 34), (x + width, top + 1)], wall)
    elif kind == 2:
        canvas.rectangle(x + width * 0.58, top - 16, width * 0.26, 17, wall)
    lit = 0.12 + 0.34 * p.lamps * rng.random()
    glass = mix(wall, p.low, 0.34)
    for wy in np.arange(top + 12, base - 8, 19):
        for wx in np.arange(x + 8, x + width - 12, 15):
            if p.lamps > 0.3 and rng.random() < lit:
                canvas.rectangle(
                    wx,
                    wy,
                    7,
                    10,
                    (*_WARM[int(rng.integers(0, 5))][:3], strength * (0.5 + 0.4 * rng.random())),
                )
            elif rng.random() < 0.8:
                canvas.rectangle(wx, wy, 7, 10, (*glass, 0.34))


def _street(stage: Stage, base: float, *, wet: bool) -> Image.Image:
    """Shop fronts and the ground before them, in one picture from `base - 330` down to the lower edge."""
    top, rng = base - 330, stage.chance(24)
    sprite = stage.sprite(1.0, top, base)
    lights: list[tuple[float, float, float, Colour]] = []
    x = -30.0
    walls = _WALLS[stage.script.seed // 3 % len(_WALLS)]
    while x < stage.span(1.0):
        width = float(rng.integers(150, 260))
        gap = rng.random() < 0.2
        if gap:
            _gap(sprite.canvas, stage, rng, x, base, width * 0.6)
            x += width * 0.6
            continue
        _house(sprite.canvas, stage, rng, x, base, width, walls[int(rng.integers(0, len(walls)))], lights)
        x += width
    lamp = float(rng.integers(60, 200))
    posts: list[float] = []
    while lamp < stage.span(1.0):
        posts.append(lamp)
        _lamp(sprite.canvas, stage, lamp, base)
        lamp += float(rng.integers(300, 420))
    row = sprite.finished()
    p = stage.palette
    for lx, ly, radius, colour in lights:
        light_up(
            row,
            lx * stage.scale,
            (ly - top) * stage.scale,
            radius * stage.scale,
            (*colour[:3], 0.42 * p.lamps),
        )
    for post in posts:
        light_up(
            row,
            (post + 22) * stage.scale,
            (base - 222 - top) * stage.scale,
            92 * stage.scale,
            (255, 220, 150, 0.75 * p.lamps),
        )
        light_up(
            row,
            (post + 22) * stage.scale,
            (base - 222 - top) * stage.scale,
            16 * stage.scale,
            (255, 244, 214, p.lamps),
        )
    return _with_ground(stage, row, base, posts, wet=wet)


def _house(
    canvas: Canvas,
    stage: Stage,
    rng: np.random.Generator,
    x: float,
    base: float,
    width: float,
    paint: Colour,
    lights: list[tuple[float, float, float, Colour]],
) -> None:
    p = stage.palette
    dim = 0.36 if stage.script.time == "night" else 0.8
    wall = mix(p.shade, tinted(paint, p.tint), dim)
    height = float(rng.integers(170, 300))
    top = base - height
    canvas.rectangle(x, top, width, height, wall)
    canvas.rectangle(x, top, 10, height, (*mix(wall, p.rim, 0.2), 0.7))
    canvas.rectangle(x + width - 7, top, 7, height, (*mix(wall, p.shade, 0.6), 0.8))
    canvas.rectangle(x - 4, top - 8, width + 8, 12, mix(wall, p.shade, 0.35))
    canvas.rectangle(x - 4, top - 8, width + 8, 3, mix(wall, p.rim, 0.25))
    for wy in np.arange(top + 20, base - 112, 50):
        for wx in np.arange(x + 22, x + width - 34, 42):
            on = p.lamps > 0.3 and rng.random() < 0.42
            pane = _WARM[int(rng.integers(0, 4))] if on else mix(mix(wall, p.shade, 0.5), p.low, 0.22)
            canvas.rectangle(wx - 3, wy - 3, 28, 38, mix(wall, p.shade, 0.4))
            canvas.rectangle(wx, wy, 22, 32, mix(pane, wall, 0.12 if on else 0.0))
            canvas.rectangle(wx + 10, wy, 2, 32, mix(wall, p.shade, 0.4))
            if on and rng.random() < 0.4:
                canvas.rectangle(wx, wy, 22, 12, (*mix(pane, wall, 0.55), 0.8))
            canvas.rectangle(wx - 4, wy + 34, 30, 4, mix(wall, p.rim, 0.12))
    _shop(canvas, stage, rng, x, base, width, wall, lights)


def _shop(
    canvas: Canvas,
    stage: Stage,
    rng: np.random.Generator,
    x: float,
    base: float,
    width: float,
    wall: Colour,
    lights: list[tuple[float, float, float, Colour]],
) -> None:
    p = stage.palette
    sign = _SIGNS[int(rng.integers(0, len(_SIGNS)))]
    warm = _WARM[int(rng.integers(0, 3))]
    pane = mix(mix(p.shade, wall, 0.3), warm, 0.78 * p.lamps) if p.lamps > 0.3 else mix(wall, p.low, 0.42)
    canvas.rectangle(x + 12, base - 92, width - 24, 92, mix(wall, p.shade, 0.55))
    door = x + (20 if rng.random() < 0.5 else width - 62)
    window = (x + 66, width - 86) if door < x + width / 2 else (x + 20, width - 90)
    canvas.rectangle(window[0], base - 78, window[1], 58, pane)
    for k in range(int(window[1] // 24)):
        tall = float(rng.integers(8, 30))
        shape = (*mix(pane, p.shade, 0.5), 0.55)
        canvas.ellipse(window[0] + 16 + k * 24, base - 22 - tall * 0.6, 7, tall * 0.6, shape)
    canvas.rectangle(window[0] + window[1] / 2 - 1.5, base - 78, 3, 58, mix(wall, p.shade, 0.5))
    canvas.rectangle(door, base - 78, 42, 78, mix(wall, p.shade, 0.35))
    canvas.rectangle(door + 6, base - 70, 30, 40, (*mix(pane, wall, 0.25), 0.9))
    if rng.random() < 0.55:
        stripes = int((width - 24) // 16)
        for k in range(stripes):
            light = (k % 2) * 0.75
            colour = mix(tinted(sign, p.tint, 0.7), (240, 236, 226), light)
            colour = mix(colour, p.shade, 0.5 if stage.script.time == "night" else 0.12)
            left = x + 12 + k * (width - 24) / stripes
            step = (width - 24) / stripes
            canvas.polygon(
                [
                    (left, base - 100),
                    (left + step, base - 100),
                    (left + step + 2, base - 76),
                    (left + 2, base - 76),
                ],
                colour,
            )
            canvas.ellipse(left + step / 2 + 2, base - 76, step / 2, 5, colour)
    else:
        glowing = mix(sign, wall, 0.1) if p.lamps > 0.3 else mix(tinted(sign, p.tint), wall, 0.35)
        canvas.rectangle(x + 34, base - 116, width - 68, 18, mix(wall, p.shade, 0.6))
        for k in range(int((width - 90) // 15)):
            canvas.rectangle(x + 44 + k * 15, base - 112, float(rng.integers(6, 12)), 10, glowing)
        lights.append((x + width / 2, base - 108, 110, sign))
    lights.append((window[0] + window[1] / 2, base - 46, 105, warm))


def _gap(canvas: Canvas, stage: Stage, rng: np.random.Generator, x: float, base: float, width: float) -> None:
    """A place between houses: a wall, a tree or two."""
    p = stage.palette
    canvas.rectangle(x, base - 46, width, 46, mix(p.shade, p.haze, 0.2))
    green = mix(tinted((72, 118, 76), p.tint), p.shade, 0.55 if stage.script.time == "night" else 0.1)
    for _ in range(2):
        tx = x + width * (0.25 + 0.5 * rng.random())
        canvas.limb((tx, base), (tx, base - 90), 6, 3, mix(p.shade, (70, 50, 40), 0.4))
        for k in range(7):
            a = k * 0.9
            canvas.ellipse(
                tx + 30 * np.cos(a), base - 122 + 26 * np.sin(a), 27, 25, mix(green, p.rim, 0.05 * (k % 3))
            )


def _lamp(canvas: Canvas, stage: Stage, x: float, base: float) -> None:
    p = stage.palette
    iron = mix(p.shade, (24, 26, 34), 0.6)
    canvas.rectangle(x - 3, base - 226, 5, 226, iron)
    canvas.rectangle(x - 6, base - 26, 11, 26, iron)
    canvas.stroke([(x, base - 224), (x + 8, base - 236), (x + 22, base - 234)], 4, iron)
    canvas.polygon(
        [(x + 12, base - 234), (x + 32, base - 234), (x + 36, base - 224), (x + 8, base - 224)], iron
    )
    bulb = mix((210, 214, 220), (255, 244, 210), p.lamps)
    canvas.rectangle(x + 11, base - 224, 22, 5, bulb)


def _with_ground(
    stage: Stage, row: Image.Image, base: float, posts: list[float], *, wet: bool
) -> Image.Image:
    p, scale = stage.palette, stage.scale
    depth = round((stage.height - base) * scale)
    stone = mix(p.shade, p.haze, 0.40 if stage.script.time != "night" else 0.16)
    if stage.script.weather == "snow":
        stone = mix(stone, tinted((236, 240, 248), p.tint), 0.72)
    floor = gradient(
        row.width, depth, [(0, mix(stone, p.haze, 0.3)), (0.34, stone), (1, mix(stone, p.shade, 0.55))]
    )
    if wet:
        mirror = row.crop((0, max(0, row.height - depth * 2), row.width, row.height))
        mirror = mirror.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize(
            (row.width, depth), Image.Resampling.BILINEAR
        )
        small = mirror.resize((max(1, row.width // 2), max(1, depth // 14)), Image.Resampling.BOX)
        mirror = Image.blend(
            blurred(mirror, 2 * scale), small.resize(mirror.size, Image.Resampling.BICUBIC), 0.55
        )
        share: NDArray[np.float32] = np.linspace(0.72, 0.30, depth, dtype=np.float32)[:, None, None]
        share = share * (np.asarray(mirror)[..., 3:].astype(np.float32) / np.float32(255))
        floor += (np.asarray(mirror)[..., :3].astype(np.float32) * 0.92 - floor) * share
    ground = Image.fromarray(floor.clip(0, 255).astype(np.uint8)).convert("RGBA")
    for post in posts:
        light_up(
            ground, (post + 22) * scale, 44 * scale, 150 * scale, (255, 214, 150, 0.34 * p.lamps), flat=0.34
        )
    out = Image.new("RGBA", (row.width, row.height + depth))
    out.paste(row, (0, 0))
    out.paste(ground, (0, row.height))
    canvas = Canvas(out, scale, (0, row.height - base * scale))
    canvas.rectangle(0, base, stage.span(1.0), 5, mix(stone, p.rim, 0.16))
    canvas.rectangle(0, stage.height - 22, stage.span(1.0), 3, (*mix(stone, p.rim, 0.2), 0.5))
    for x in np.arange(0, stage.span(1.0), 74):
        canvas.polygon(
            [(x, base + 5), (x + 2, base + 5), (x - 38, stage.height - 22), (x - 41, stage.height - 22)],
            (*p.shade, 0.22),
        )
    canvas.finish()
    return out


def _foreground(stage: Stage, ground: float) -> Image.Image:
    """Out-of-focus things close to the camera: posts, a bin, hanging leaves."""
    rng, p = stage.chance(25), stage.palette
    sprite = stage.sprite(1.7, ground - 190, stage.height)
    dark = mix(p.shade, (0, 0, 0), 0.35)
    x = float(rng.integers(500, 900))
    while x < stage.span(1.7):
        sprite.canvas.rectangle(x, ground - 34, 15, 140, dark)
        sprite.canvas.ellipse(x + 7.5, ground - 36, 11, 9, dark)
        sprite.canvas.rectangle(x + 160, ground - 34, 15, 140, dark)
        sprite.canvas.ellipse(x + 167.5, ground - 36, 11, 9, dark)
        sprite.canvas.stroke([(x + 8, ground - 16), (x + 84, ground + 14), (x + 167, ground - 16)], 6, dark)
        x += float(rng.integers(900, 1500))
    return blurred(sprite.finished(), max(1, round(3 * stage.scale)))
