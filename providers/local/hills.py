"""Open country: rolling hills in the light. What a prompt gets whose place we do not know."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from providers.local.backdrop import Backdrop, Layer, Moving, Stage, cloud_layer, layer, paint_sky
from providers.local.canvas import Colour, blurred, mix, shaded, tinted
from providers.local.forest import leaf_colours, pine, tree

_FIELDS: tuple[tuple[Colour, ...], ...] = (
    ((96, 148, 88), (132, 168, 84), (168, 180, 96)),
    ((150, 116, 160), (120, 132, 168), (176, 140, 150)),
    ((196, 152, 84), (166, 150, 88), (206, 174, 108)),
)


def paint_hills(stage: Stage) -> Backdrop:
    """Paint the hills; several looks by seed."""
    horizon, ground = stage.height - 230, stage.height - 56
    behind: list[Layer | Moving] = [cloud_layer(stage, horizon)]
    if stage.script.seed % 2:
        behind.append(_peaks(stage, horizon))
    for number, (depth, haze) in enumerate(((0.12, 0.62), (0.28, 0.40), (0.55, 0.18))):
        behind.append(_ridge(stage, number, depth, haze, horizon + number * 40))
    behind.append(layer(stage, _meadow(stage), depth=1.0, top=stage.height - 190))
    return Backdrop(
        sky=paint_sky(stage, horizon + 20),
        behind=tuple(behind),
        before=(layer(stage, _blades(stage), depth=1.6, top=stage.height - 110),),
        ground=ground,
    )


def _fields(stage: Stage) -> tuple[Colour, ...]:
    p = stage.palette
    fields = _FIELDS[stage.script.seed // 3 % len(_FIELDS)]
    dim = 0.6 if stage.script.time == "night" else 0.08
    tones = tuple(mix(tinted(field, p.tint), p.shade, dim) for field in fields)
    if stage.script.weather == "snow":
        return tuple(mix(tone, tinted((238, 243, 250), p.tint), 0.75) for tone in tones)
    return tones


def _peaks(stage: Stage, horizon: float) -> Layer:
    p, rng = stage.palette, stage.chance(80)
    top = max(0.0, horizon - 300)
    sprite = stage.sprite(0.05, top, horizon + 30)
    x = -160.0
    while x < stage.span(0.05) + 100:
        wide, tall = float(rng.integers(180, 330)), float(rng.integers(130, 270))
        peak = (x + wide * 0.5, horizon - tall)
        rock = mix(p.shade, p.haze, 0.62)
        sprite.canvas.polygon(
            [
                (x - 40, horizon + 30),
                (x + wide * 0.28, horizon - tall * 0.55),
                peak,
                (x + wide * 0.74, horizon - tall * 0.5),
                (x + wide + 40, horizon + 30),
            ],
            rock,
        )
        sprite.canvas.polygon(
            [
                peak,
                (x + wide * 0.74, horizon - tall * 0.5),
                (x + wide + 40, horizon + 30),
                (x + wide * 0.55, horizon + 30),
                (x + wide * 0.58, horizon - tall * 0.45),
            ],
            (*mix(rock, p.shade, 0.35), 0.6),
        )
        snow = mix(tinted((244, 247, 252), p.tint), p.haze, 0.25)
        sprite.canvas.polygon(
            [
                peak,
                (peak[0] - wide * 0.10, peak[1] + tall * 0.22),
                (peak[0] - wide * 0.03, peak[1] + tall * 0.17),
                (peak[0] + wide * 0.02, peak[1] + tall * 0.26),
                (peak[0] + wide * 0.07, peak[1] + tall * 0.16),
                (peak[0] + wide * 0.11, peak[1] + tall * 0.23),
            ],
            snow,
        )
        x += wide * 0.62
    return layer(stage, shaded(sprite.finished(), p.haze, 0.0, 0.75), depth=0.05, top=top)


def _ridge(stage: Stage, number: int, depth: float, haze: float, base: float) -> Layer:
    p, rng = stage.palette, stage.chance(82 + number)
    span, top = stage.span(depth), base - 170
    tone = mix(_fields(stage)[number], p.haze, haze)
    sprite = stage.sprite(depth, top, stage.height)
    a, b, c = rng.random(3) * 6.3
    xs = np.arange(-20, span + 40, 16.0)
    ys = (
        base
        - 34
        - 38 * np.sin(xs / (230 + 60 * number) + a)
        - 16 * np.sin(xs / 96 + b)
        - 4 * np.sin(xs / 37 + c)
    )
    line = np.stack([xs, ys], axis=1)
    leaves = [mix(leaf, p.haze, haze * 0.9) for leaf in leaf_colours(stage)]
    bark = mix(p.shade, p.haze, haze)
    if stage.script.setting != "desert":
        for x, y in line[:: 3 + number * 2]:
            if rng.random() < 0.4:
                plant = pine if rng.random() < 0.5 else None
                height = (26 + 30 * number) * (0.7 + 0.6 * rng.random())
                if plant:
                    pine(sprite.canvas, rng, x, y + 6, height, leaves, bark, p.rim)
                else:
                    tree(sprite.canvas, rng, x, y + 6, height, 0.0, leaves, bark, p.rim)
    sprite.canvas.polygon(np.concatenate([line, [(span + 40, stage.height), (-20, stage.height)]]), tone)
    lit = np.stack([xs[::-1], (ys + 5 + 3 * np.sin(xs / 60))[::-1]], axis=1)
    sprite.canvas.polygon(np.concatenate([line, lit]), (*mix(tone, p.rim, 0.35), 0.5))
    for k in range(4):
        shift = 26 + k * 26
        track = np.stack([xs, ys + shift + 8 * np.sin(xs / 130 + k)], axis=1)
        sprite.canvas.polygon(
            np.concatenate([track, track[::-1] + np.array([0.0, 3.0])]), (*mix(tone, p.shade, 0.4), 0.22)
        )
    return layer(stage, shaded(sprite.finished(), mix(p.shade, tone, 0.55), 0.0, 0.4), depth=depth, top=top)


def _meadow(stage: Stage) -> Image.Image:
    p, rng = stage.palette, stage.chance(88)
    top, span = stage.height - 190, stage.span(1.0)
    sprite = stage.sprite(1.0, top, stage.height)
    tone = mix(_fields(stage)[2], p.shade, 0.16)
    edge = [
        (x, top + 70 + 9 * math.sin(x * 0.006) + 4 * math.sin(x * 0.019))
        for x in np.arange(-20, span + 40, 30.0)
    ]
    sprite.canvas.polygon([*edge, (span + 40, stage.height), (-20, stage.height)], tone)
    for x in np.arange(0, span, 7.0):
        y = top + 72 + 9 * math.sin(x * 0.006) + 4 * math.sin(x * 0.019)
        tall = 5 + 11 * rng.random()
        if stage.script.setting != "desert":
            sprite.canvas.polygon(
                [(x - 2, y + 2), (x + float(rng.normal(0, 4)), y - tall), (x + 3, y + 2)],
                mix(tone, p.rim, 0.12 * rng.random()),
            )
    path = mix(tone, tinted((214, 190, 150), p.tint), 0.45 if stage.script.time != "night" else 0.16)
    sprite.canvas.blob(
        [
            (-60, stage.height - 78),
            *[(x, stage.height - 82 + 5 * math.sin(x * 0.009)) for x in np.arange(0, span, 120.0)],
            (span + 60, stage.height - 78),
            (span + 60, stage.height - 26),
            (-60, stage.height - 26),
        ],
        path,
    )
    flowers: tuple[Colour, ...] = ((250, 214, 92), (240, 240, 246), (232, 116, 128))
    for _ in range(int(span / 16)):
        x, y = (
            rng.random() * span,
            stage.height - 100 + rng.random() * 16
            if rng.random() < 0.5
            else stage.height - 20 + rng.random() * 18,
        )
        colour = mix(
            tinted(flowers[int(rng.integers(0, 3))], p.tint),
            p.shade,
            0.5 if stage.script.time == "night" else 0.05,
        )
        if stage.script.setting != "desert" and stage.script.weather != "snow":
            sprite.canvas.ellipse(x, y, 2.6, 2.6, colour)
    image = sprite.finished()
    below = round(100 * stage.scale)
    image.paste(shaded(image.crop((0, below, image.width, image.height)), p.shade, 0.0, 0.42), (0, below))
    return image


def _blades(stage: Stage) -> Image.Image:
    p, rng = stage.palette, stage.chance(89)
    sprite = stage.sprite(1.6, stage.height - 110, stage.height)
    dark = mix(_fields(stage)[0], p.shade, 0.78)
    for x in np.arange(-20, stage.span(1.6), 9.0):
        if math.sin(x * 0.008) > -0.2:
            tall, lean = float(rng.uniform(20, 74)), float(rng.normal(4, 12))
            sprite.canvas.polygon(
                [(x - 4, stage.height + 4), (x + lean, stage.height - tall), (x + 5, stage.height + 4)], dark
            )
    return blurred(sprite.finished(), max(1, round(2.2 * stage.scale)))
