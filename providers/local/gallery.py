"""The inside of a ship: ribs, consoles, and windows that are holes through which space is seen."""

from __future__ import annotations

import numpy as np
from PIL import Image

from providers.local.backdrop import Stage, light_up
from providers.local.canvas import Canvas, Colour, mix, shaded, tinted


def paint_gallery(stage: Stage) -> Image.Image:
    """The inside of a ship: ribs, long windows as holes, consoles, a lit floor."""
    p, rng, span = stage.palette, stage.chance(171), stage.span(1.0)
    base = stage.height - 132
    plain = stage.sprite(1.0, 0.0, stage.height)
    canvas = plain.canvas
    hull = mix(
        tinted(((150, 160, 180), (116, 128, 150), (176, 170, 164))[stage.script.seed // 3 % 3], p.tint),
        p.shade,
        {"night": 0.55, "dusk": 0.4, "dawn": 0.36, "day": 0.2}[stage.script.time],
    )
    canvas.rectangle(0, 0, span, stage.height, hull)
    canvas.rectangle(0, base - 84, span, 84, mix(hull, p.shade, 0.3))
    canvas.rectangle(0, base - 88, span, 5, mix(hull, p.rim, 0.4))
    canvas.rectangle(0, base, span, stage.height - base, mix(hull, p.shade, 0.48))
    for y in (base + 8, base + 34, base + 74):
        canvas.rectangle(0, y, span, 2, (*p.shade, 0.6))
    bay = 400.0
    holes: list[tuple[float, float, float, float]] = []
    for x in np.arange(-bay * 0.35, span + bay, bay):
        holes.append((x + 46, 96, x + bay - 46, base - 118))
    image = shaded(plain.finished(), p.shade, 0.3, 0.0)
    pixels = np.asarray(image).copy()
    for hole in holes:
        box = [max(0, round(v * stage.scale)) for v in hole]
        pixels[box[1] : box[3], box[0] : box[2], :3] = (150, 190, 240)
        pixels[box[1] : box[3], box[0] : box[2], 3] = 14
    image = Image.fromarray(pixels)
    front = stage.sprite(1.0, 0.0, stage.height)
    c = front.canvas
    for hole in holes:
        _frame(c, stage, hole, base, hull)
    for x in np.arange(30.0, span, 150.0):
        c.rectangle(x, base - 76, 110, 60, mix(hull, p.shade, 0.5))
        for k in range(5):
            tone = ((110, 226, 255), (255, 190, 92), (140, 240, 170))[int(rng.integers(0, 3))]
            c.rectangle(x + 8 + 20 * k, base - 66, 15, 8 + 18 * rng.random(), (*tone, 0.7))
        c.rectangle(x + 8, base - 30, 94, 4, (*mix(hull, (110, 226, 255), 0.7), 0.8))
    image.alpha_composite(front.finished())
    for x in np.arange(100.0, span, 300.0):
        light_up(
            image,
            x * stage.scale,
            (base + 50) * stage.scale,
            170 * stage.scale,
            (150, 216, 255, 0.22),
            flat=0.3,
        )
        light_up(image, x * stage.scale, 20 * stage.scale, 190 * stage.scale, (200, 230, 255, 0.3), flat=0.3)
    return image


def _frame(
    c: Canvas, stage: Stage, hole: tuple[float, float, float, float], base: float, hull: Colour
) -> None:
    """The frame of a window and the rib beside it."""
    p, (a, b, e, d) = stage.palette, hole
    steel = mix(hull, p.shade, 0.25)
    for k, (sx, sy) in enumerate(((a, b), (e, b), (e, d), (a, d))):
        dx, dy = (1 if k in (0, 3) else -1), (1 if k < 2 else -1)
        c.polygon([(sx, sy), (sx + 44 * dx, sy), (sx, sy + 44 * dy)], hull)
    frame = [
        (a + 44, b),
        (e - 44, b),
        (e, b + 44),
        (e, d - 44),
        (e - 44, d),
        (a + 44, d),
        (a, d - 44),
        (a, b + 44),
    ]
    for p1, p2 in zip(frame, [*frame[1:], frame[0]], strict=True):
        c.limb(p1, p2, 6, 6, steel)
        c.limb((p1[0], p1[1] - 2), (p2[0], p2[1] - 2), 1.4, 1.4, (*mix(steel, p.rim, 0.5), 0.8))
    c.polygon(
        [(a + 60, b + 10), (a + 100, b + 10), (a + 30, d - 60), (a + 12, d - 60)], (255, 255, 255, 0.07)
    )
    rib = e + 46
    c.polygon([(rib - 24, 0), (rib + 24, 0), (rib + 16, base), (rib - 16, base)], steel)
    c.rectangle(rib - 3, 40, 6, base - 130, mix(steel, (130, 226, 255), 0.85))
    c.rectangle(rib + 12, 0, 5, base, (*mix(steel, p.shade, 0.6), 0.8))
