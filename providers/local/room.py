"""A room: parlour with a hearth, study full of books, or kitchen; the weather is seen through its windows."""

from __future__ import annotations

import itertools
import math

import numpy as np
from PIL import Image

from providers.local.backdrop import Backdrop, Layer, Moving, Stage, cloud_layer, layer, light_up, paint_sky
from providers.local.canvas import Canvas, Colour, blurred, mix, shaded, tinted
from providers.local.fire import Fire
from providers.local.furniture import Furniture
from providers.local.weather import Fall, mist

TICK_SECONDS = 0.5
CLOCK_PERIOD = 2 * TICK_SECONDS
_WALLS: tuple[tuple[Colour, Colour], ...] = (  # paper, wainscot
    ((176, 116, 98), (112, 70, 58)),
    ((92, 128, 122), (70, 62, 58)),
    ((222, 200, 160), (128, 156, 158)),
    ((122, 108, 150), (84, 66, 84)),
)
_FURNISHED: tuple[tuple[str, ...], ...] = (
    ("window", "hearth", "window", "clock", "sofa", "pictures"),
    ("window", "books", "desk", "clock", "books", "globe"),
    ("window", "stove", "plates", "window", "table", "clock"),
)
_WIDTHS = {
    "window": 236.0, "hearth": 300.0, "clock": 120.0, "sofa": 330.0, "pictures": 230.0, "books": 280.0,
    "desk": 290.0, "globe": 130.0, "stove": 380.0, "plates": 260.0, "table": 330.0,
}  # fmt: skip


def pendulum_at(seconds: float) -> float:
    """Swing of a clock's pendulum, −1 to 1; it ticks when it hangs straight down."""
    return math.sin(2 * math.pi * seconds / CLOCK_PERIOD)


def paint_room(stage: Stage) -> Backdrop:
    """Paint the room; three kinds of room and four papers by seed."""
    base, ground = stage.height - 132, stage.height - 58
    plan = _plan(stage)
    wall, top = _wall(stage, plan, base), 0.0
    fires: list[Layer | Moving] = [
        Fire(stage, x=x + width / 2, y=base - 22, size=62, reach=240).moving()
        for kind, x, width in plan if kind in ("hearth",)
    ]  # fmt: skip
    clocks = [x + width / 2 for kind, x, width in plan if kind == "clock"]
    behind: list[Layer | Moving] = [
        cloud_layer(stage, base - 90),
        _outside(stage, base - 120),
        _weather(stage),
    ]
    behind += [layer(stage, wall, depth=1.0, top=top), _pendulums(stage, clocks, base), *fires]
    return Backdrop(
        sky=paint_sky(stage, base - 120),
        behind=tuple(behind),
        before=(layer(stage, _near(stage), depth=1.55, top=stage.height - 190),),
        ground=ground,
        indoors=True,
    )


def _plan(stage: Stage) -> list[tuple[str, float, float]]:
    """What stands where along the wall: (kind, left edge, width)."""
    kinds = _FURNISHED[stage.script.seed % 3]
    plan: list[tuple[str, float, float]] = []
    x, number = 24.0 + 60 * (stage.script.seed // 3 % 3), 0
    while x < stage.span(1.0):
        kind = kinds[number % len(kinds)]
        plan.append((kind, x, _WIDTHS[kind]))
        x += _WIDTHS[kind] + 26
        number += 1
    return plan


def _wall(stage: Stage, plan: list[tuple[str, float, float]], base: float) -> Image.Image:
    p = stage.palette
    paper, wood = (_indoors(stage, c) for c in _WALLS[stage.script.seed // 2 % len(_WALLS)])
    span = stage.span(1.0)
    plain = stage.sprite(1.0, 0.0, stage.height)
    canvas = plain.canvas
    canvas.rectangle(0, 0, span, base, paper)
    for number, x in enumerate(np.arange(0.0, span, 30.0)):
        canvas.rectangle(x, 40, 12 if number % 2 else 4, base - 40, (*mix(paper, p.rim, 0.12), 0.35))
    canvas.rectangle(0, base - 96, span, 96, wood)
    canvas.rectangle(0, base - 100, span, 7, mix(wood, p.rim, 0.22))
    for x in np.arange(14.0, span, 74.0):
        canvas.rectangle(x, base - 82, 58, 62, (*mix(wood, p.shade, 0.3), 0.8))
        canvas.rectangle(x + 3, base - 79, 55, 59, mix(wood, p.rim, 0.05))
    canvas.rectangle(0, 0, span, 30, mix(paper, (250, 246, 236), 0.4))
    canvas.rectangle(0, 26, span, 8, mix(paper, p.shade, 0.35))
    _floor(stage, canvas, base, wood)
    image = shaded(plain.finished(), p.shade, 0.4, 0.0)
    pixels = np.asarray(image).copy()
    for kind, x, width in plan:
        if kind == "window":  # a hole, with a breath of glass
            a, b = round((x + 34) * stage.scale), round((x + width - 34) * stage.scale)
            c, d = round((base - 356) * stage.scale), round((base - 128) * stage.scale)
            pixels[max(0, c) : d, a:b, :3] = mix(p.light, p.haze, 0.5)
            pixels[max(0, c) : d, a:b, 3] = 22
    image = Image.fromarray(pixels)
    things = stage.sprite(1.0, 0.0, stage.height)
    furniture = Furniture(stage, things.canvas, base, wood)
    for number, (kind, x, width) in enumerate(plan):
        furniture.put(kind, x, width, stage.chance(140 + number))
    image.alpha_composite(things.finished())
    _lights(stage, image, furniture.lamps, plan, base)
    return image


def _indoors(stage: Stage, colour: Colour) -> Colour:
    """A colour of the room in its light: lamps make the evening warm, not dark."""
    p = stage.palette
    warm = tinted(colour, (1.0, 0.86, 0.70), p.lamps * 0.8)
    return mix(warm, p.shade, {"night": 0.44, "dusk": 0.26, "dawn": 0.20, "day": 0.08}[stage.script.time])


def _floor(stage: Stage, canvas: Canvas, base: float, wood: Colour) -> None:
    p, rng, span = stage.palette, stage.chance(141), stage.span(1.0)
    boards = _indoors(stage, ((168, 112, 72), (132, 86, 62), (196, 160, 122))[stage.script.seed % 3])
    canvas.rectangle(0, base, span, stage.height - base, boards)
    canvas.rectangle(0, base, span, 5, mix(wood, p.shade, 0.5))
    if stage.script.seed % 3 == 2:  # tiles
        rows = (base, base + 18, base + 44, base + 80, stage.height)
        for row, (upper, lower) in enumerate(itertools.pairwise(rows)):
            size = 40.0 + 18 * row
            for k, x in enumerate(np.arange(-size, span + size, size)):
                if (k + row) % 2:
                    canvas.polygon(
                        [(x, upper), (x + size, upper), (x + size, lower), (x, lower)],
                        (*mix(boards, p.shade, 0.4), 0.7),
                    )
    else:
        for y, step in ((base + 20, 210.0), (base + 46, 260.0), (base + 80, 330.0)):
            canvas.rectangle(0, y, span, 1.6, (*mix(boards, p.shade, 0.5), 0.8))
            for x in np.arange(float(rng.integers(0, 200)), span, step):
                canvas.rectangle(x, y - 24, 1.6, 24, (*mix(boards, p.shade, 0.5), 0.6))
        rug = _indoors(stage, ((150, 58, 60), (62, 92, 120), (120, 96, 58))[stage.script.seed // 3 % 3])
        for x in np.arange(float(rng.integers(60, 260)), span, 860.0):
            for inset, tone in ((0, rug), (10, mix(rug, (240, 214, 160), 0.5)), (15, rug)):
                canvas.polygon([(x + 30 + inset, base + 44 + inset * 0.5),
                (x + 560 - inset, base + 44 + inset * 0.5),
                                (x + 590 - inset, stage.height - 10 - inset * 0.5),
                                (x + inset, stage.height - 10 - inset * 0.5)], tone)  # fmt: skip


def _lights(
    stage: Stage, image: Image.Image, lamps: list[tuple[float, float, float]], plan: list[tuple[str, float,
    float]], base: float
) -> None:  # fmt: skip
    """Lamps that glow in the evening, sun that falls through the windows by day."""
    p, scale = stage.palette, stage.scale
    if p.lamps > 0.3:
        for x, y, radius in lamps:
            light_up(image, x * scale, y * scale, radius * scale, (255, 206, 128, 0.55 * p.lamps))
            light_up(
                image,
                x * scale,
                (base + 60) * scale,
                radius * 0.9 * scale,
                (255, 206, 128, 0.3 * p.lamps),
                flat=0.25,
            )
    if stage.script.time != "night" and stage.script.weather in ("clear", "wind", "snow"):
        sun = stage.sprite(1.0, 0.0, stage.height)
        slope = 120.0 if stage.palette.light_at[0] < 0.5 else -120.0
        for kind, x, width in plan:
            if kind == "window":
                for half in (0.0, 1.0):
                    left = x + 38 + half * (width - 76) / 2
                    wide = (width - 76) / 2 - 6
                    sun.canvas.polygon([(left + slope * 0.7, base + 8), (left + wide + slope * 0.7, base + 8),
                                        (left + wide + slope * 1.5, stage.height - 18),
                                        (left + slope * 1.5 - 24, stage.height - 18)],
                                       (*p.light, 0.30))  # fmt: skip
        image.alpha_composite(blurred(sun.finished(), max(1, round(3 * scale))))


def _outside(stage: Stage, horizon: float) -> Layer:
    """What is seen through the windows: roofs or trees in the haze."""
    p, rng = stage.palette, stage.chance(142)
    sprite = stage.sprite(0.3, horizon - 190, horizon + 60)
    tone = mix(p.shade, p.haze, 0.5)
    town = stage.script.seed // 2 % 2 == 0
    x = -30.0
    while x < stage.span(0.3):
        wide, tall = float(rng.integers(50, 110)), float(rng.integers(50, 140))
        if town:
            sprite.canvas.polygon([(x, horizon + 60), (x, horizon - tall),
            (x + wide / 2, horizon - tall - 30),
                                   (x + wide, horizon - tall), (x + wide, horizon + 60)], mix(tone, p.haze,
                                   0.3 * rng.random()))  # fmt: skip
            for k in range(3):
                on = (255, 210, 130) if p.lamps > 0.3 else p.low
                sprite.canvas.rectangle(
                    x + wide * (0.2 + 0.24 * k), horizon - tall + 18, 8, 12, (*mix(tone, on, 0.7), 0.8)
                )
        else:
            for k in range(5):
                sprite.canvas.ellipse(x + wide * 0.25 * k, horizon - tall * 0.5 + 16 * rng.random(),
                wide * 0.36, tall * 0.6,
                                      mix(mix(tone, (70, 120, 84), 0.3), p.haze, 0.1 * k))  # fmt: skip
        x += wide
    sprite.canvas.rectangle(0, horizon + 20, stage.span(0.3), 60, mix(tone, p.haze, 0.2))
    return layer(stage, shaded(sprite.finished(), p.haze, 0.0, 0.5), depth=0.3, top=horizon - 190)


def _weather(stage: Stage) -> Moving:
    """Rain, snow and fog before the windows' view."""
    fall, veil = Fall(stage), mist(stage)

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        if veil is not None:
            frame.paste(veil, (0, 0), veil)
        if fall.anything:
            canvas = Canvas(frame, stage.scale)
            fall.draw(canvas, seconds, camera * 0.3)
            canvas.finish()

    return Moving(draw=draw)


def _pendulums(stage: Stage, clocks: list[float], base: float) -> Moving:
    brass = mix((232, 186, 92), stage.palette.shade, 0.2)

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        canvas = Canvas(frame, stage.scale)
        for clock in clocks:
            x = clock - camera
            if -60 < x < stage.width + 60:
                swing = 0.16 * pendulum_at(seconds)
                bob = (x + math.sin(swing) * 84, base - 188 + math.cos(swing) * 84)
                canvas.limb((x, base - 188), bob, 1.4, 1.4, brass)
                canvas.ellipse(*bob, 10, 10, brass)
                canvas.ellipse(bob[0] - 3, bob[1] - 3, 3.4, 3.4, mix(brass, (255, 255, 255), 0.5))
        canvas.finish()

    return Moving(draw=draw)


def _near(stage: Stage) -> Image.Image:
    """The back of a chair and the leaves of a plant close to the camera."""
    p, rng = stage.palette, stage.chance(143)
    sprite = stage.sprite(1.55, stage.height - 190, stage.height)
    dark = mix(p.shade, (0, 0, 0), 0.3)
    x = float(rng.integers(300, 700))
    while x < stage.span(1.55):
        if rng.random() < 0.5:
            sprite.canvas.blob([(x - 74, stage.height + 30), (x - 70, stage.height - 50),
            (x - 40, stage.height - 86),
                                (x + 40, stage.height - 86), (x + 70, stage.height - 50),
                                (x + 74, stage.height + 30)], dark)  # fmt: skip
        else:
            for k in range(7):
                a = -math.pi / 2 + (k - 3) * 0.34
                sprite.canvas.stroke([(x, stage.height + 20), (x + math.cos(a) * 50,
                stage.height + 10 + math.sin(a) * 70),
                                      (x + math.cos(a) * 118, stage.height + math.sin(a) * 84)], 17, dark,
                                      taper=0.85)  # fmt: skip
        x += float(rng.integers(760, 1300))
    return blurred(sprite.finished(), max(1, round(3.2 * stage.scale)))
