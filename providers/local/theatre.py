"""A stage: curtains and a painted sky, a concert with beams, or a club with bricks; people watch."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from providers.local.audience import audience
from providers.local.backdrop import Backdrop, Layer, Moving, Stage, light_up
from providers.local.backdrop import layer as as_layer
from providers.local.canvas import Canvas, Colour, Sprite, blurred, gradient, mix, soft_disc
from providers.local.theatre_sets import BEAMS, club, curtains, scenery, screen, truss
from providers.local.weather import Fall, mist


def paint_theatre(stage: Stage) -> Backdrop:
    """Paint the stage: theatre, concert or club by seed."""
    base, ground = stage.height - 168, stage.height - 96
    look = stage.script.seed % 3
    behind: list[Layer | Moving] = []
    if look == 0:
        behind += [_weather(stage), as_layer(stage, scenery(stage, base), depth=0.5, top=0.0)]
        behind.append(as_layer(stage, curtains(stage, base), depth=0.7, top=0.0))
    elif look == 1:
        behind.append(screen(stage, base))
        behind.append(as_layer(stage, truss(stage, base), depth=0.7, top=0.0))
    else:
        behind.append(as_layer(stage, club(stage, base), depth=0.7, top=0.0))
    if stage.script.weather in ("fog", "storm", "wind"):
        behind.append(_smoke(stage, base))
    behind += [
        as_layer(stage, _boards(stage, base, look), depth=1.0, top=base),
        _spots(stage, base, ground, look),
    ]
    return Backdrop(
        sky=_back(stage, base, look),
        behind=tuple(behind),
        before=(audience(stage),),
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
                c.polygon([(x + math.cos(a - 0.12) * 46, y + math.sin(a - 0.12) * 46),
                (x + math.cos(a) * 74, y + math.sin(a) * 74),
                           (x + math.cos(a + 0.12) * 46, y + math.sin(a + 0.12) * 46)], mix(gold, p.shade,
                           0.12))  # fmt: skip
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
    colours = BEAMS[look]
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
