"""Space: a moon with craters and domes, the gallery of a ship, or a red world with crystals; planets above."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from providers.local.backdrop import Backdrop, Layer, Moving, Stage, layer, light_up, paint_sky
from providers.local.canvas import Canvas, Colour, Sprite, blurred, clouds, mix, shaded, tinted

_SOILS: tuple[Colour, ...] = ((150, 150, 168), (96, 108, 132), (178, 96, 74))
_PLANETS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((226, 184, 132), (190, 128, 96), (250, 226, 186)),
    ((92, 158, 206), (62, 116, 172), (236, 244, 250)),
    ((150, 108, 186), (104, 72, 150), (222, 180, 232)),
    ((112, 176, 150), (70, 128, 122), (222, 238, 206)),
)
BLINK_SECONDS = 1.5


def blink_at(seconds: float) -> float:
    """Light of the signal lamps, 0–1; each blink is heard as a faint tone."""
    turn = seconds % BLINK_SECONDS
    return math.exp(-turn * 5) if turn < 1.2 else 0.0


def paint_space(stage: Stage) -> Backdrop:
    """Paint space; a moon, a ship's gallery or a red world by seed."""
    look, ground = stage.script.seed % 3, stage.height - 58
    horizon = stage.height - 190
    behind: list[Layer | Moving] = [_planet(stage, horizon, 0)]
    if look != 1:
        behind.append(_planet(stage, horizon, 1))
    behind.append(_meteors(stage))
    if look == 1:
        behind.append(layer(stage, _gallery(stage), depth=1.0, top=0.0))
        behind.append(_lamps(stage, stage.height - 140, 150.0, (110, 220, 255)))
    else:
        for number, (depth, haze, tall) in enumerate(((0.08, 0.55, 86), (0.22, 0.32, 70), (0.5, 0.12, 54))):
            behind.append(_hills(stage, number, depth, haze, tall, horizon + 26 + number * 30, look))
        behind.append(layer(stage, _soil(stage, look), depth=1.0, top=stage.height - 400))
        behind.append(_lamps(stage, stage.height - 128, 330.0, (255, 92, 80)))
    return Backdrop(
        sky=_sky(stage, horizon),
        behind=tuple(behind),
        before=(layer(stage, _near(stage, look), depth=1.6, top=stage.height - 160),),
        ground=ground,
        indoors=look == 1,
    )


def _sky(stage: Stage, horizon: float) -> Image.Image:
    """Stars of three sizes, the band of a galaxy, a nebula, a small hard sun."""
    p, size, rng = stage.palette, stage.size, stage.chance(160)
    pixels = np.asarray(paint_sky(stage, horizon)).astype(np.float32)
    fog = clouds(size.width, size.height, rng, 3)
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    band = np.exp(
        -(
            (
                ((y / size.height - 0.34) + (x / size.width - 0.5) * (0.5 if stage.script.seed % 2 else -0.4))
                / 0.17
            )
            ** 2
        )
    )
    thick = 1.5 if stage.script.weather in ("fog", "storm") else 1.0
    veil = (np.clip((fog - 0.36) / 0.34, 0, 1) * (0.25 + 0.85 * band) * 0.75 * thick).clip(0, 0.9)[..., None]
    warm = np.array(
        mix(p.haze, ((255, 150, 140), (120, 220, 230), (200, 130, 240))[stage.script.seed // 2 % 3], 0.5),
        np.float32,
    )
    pixels += (warm * (0.3 + 0.7 * fog[..., None]) - pixels) * veil
    _stars(pixels, stage, rng, band)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _stars(
    pixels: NDArray[np.float32], stage: Stage, rng: np.random.Generator, band: NDArray[np.float32]
) -> None:
    height, width = band.shape
    count = int(520 * stage.width * stage.height / (1280 * 720) * (0.4 + 0.6 * stage.palette.stars))
    for _ in range(count):
        x, y = int(rng.integers(1, width - 3)), int(rng.integers(1, height - 3))
        if rng.random() > 0.45 + 0.55 * band[y, x]:
            continue
        bright = rng.random() ** 3
        size = max(1, round(stage.scale * (1.0 + 1.6 * bright)))
        tone = np.array(
            ((255, 255, 255), (190, 214, 255), (255, 226, 190))[int(rng.integers(0, 3))], np.float32
        )
        pixels[y : y + size, x : x + size] += tone * (0.3 + 0.7 * bright)


def _ball(
    stage: Stage, radius: float, colours: tuple[Colour, Colour, Colour], number: int, lit: float
) -> Image.Image:
    """A planet with bands or clouds, a lit side and a soft terminator."""
    rng = stage.chance(163 + number)
    size = max(4, round(radius * stage.scale))
    y, x = (np.mgrid[-size:size, -size:size] + 0.5) / size
    r = np.hypot(x, y)
    z = np.sqrt(np.clip(1 - r**2, 0, 1))
    turb = clouds(2 * size, 2 * size, rng, 6)
    gas = stage.script.seed // 2 % 2 == number % 2
    field = np.sin(y * 15 + (turb - 0.5) * 7) * 0.5 + 0.5 if gas else np.clip((turb - 0.42) * 5, 0, 1)
    a, b, c = (np.array(colour, np.float32) for colour in colours)
    skin = b + (a - b) * field[..., None]
    skin += (c - skin) * (np.clip((turb - 0.56) * 5, 0, 0.8))[..., None]
    angle = lit
    light = np.clip(x * math.cos(angle) * 0.85 + y * math.sin(angle) * 0.85 + z * 0.55, 0, 1) ** 0.8
    skin *= (0.07 + 0.98 * light)[..., None]
    edge = np.clip((r - 0.86) / 0.14, 0, 1) * light
    skin += (np.array(stage.palette.rim, np.float32) - skin) * (edge * 0.6)[..., None]
    out = np.empty((2 * size, 2 * size, 4), np.uint8)
    out[..., :3] = skin.clip(0, 255)
    out[..., 3] = (np.clip((1 - r) * size + 0.5, 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(out)


def _planet(stage: Stage, horizon: float, number: int) -> Moving:
    """A planet that drifts by very slowly; the large one may carry a ring."""
    rng = stage.chance(161 + number)
    colours = _PLANETS[(stage.script.seed // 3 + number * 2) % len(_PLANETS)]
    look = stage.script.seed % 3
    radius = (46.0 if look != 1 else 60.0) if number else ((128.0, 230.0, 92.0)[look])
    lx, ly = stage.palette.light_at
    left = lx > 0.5
    x = stage.width * ((0.30 if left else 0.68) if number == 0 else (0.62 if left else 0.34)) + float(
        rng.normal(0, 26)
    )
    y = horizon * (0.40 if number == 0 else 0.24) + (20 if look == 1 else 0)
    lit = math.atan2(ly * horizon - y, lx * stage.width - x)
    ball = _ball(stage, radius, colours, number, lit)
    ringed = number == 0 and look == 0
    wide, tall = round(radius * 5 * stage.scale), round(radius * 2.4 * stage.scale)
    image = Image.new("RGBA", (max(ball.width, wide), max(ball.height, tall)))
    centre = image.width / 2, image.height / 2
    light_up(image, *centre, radius * 1.6 * stage.scale, (*mix(colours[0], stage.palette.haze, 0.4), 0.34))
    place = round(centre[0] - ball.width / 2), round(centre[1] - ball.height / 2)
    if ringed:
        rings = [_ring(stage, image.size, radius, colours, front) for front in (False, True)]
        image.alpha_composite(rings[0])
        image.alpha_composite(ball, place)
        image.alpha_composite(rings[1])
    else:
        image.alpha_composite(ball, place)
    plain, mask = image.convert("RGB"), image.getchannel("A")

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        px = x - camera * (0.02 + 0.02 * number) - seconds * 2.0
        frame.paste(plain, (round(px * stage.scale - centre[0]), round(y * stage.scale - centre[1])), mask)

    return Moving(draw=draw)


def _ring(
    stage: Stage, size: tuple[int, int], radius: float, colours: tuple[Colour, ...], front: bool
) -> Image.Image:
    sprite = Sprite(*size, stage.scale, (size[0] / 2, size[1] / 2))
    arc = np.linspace(0, math.pi, 60) + (0 if front else math.pi)
    with sprite.canvas.moved(0, 0, turn=-0.22):
        for inner, outer, alpha in ((1.34, 1.56, 0.5), (1.6, 1.98, 0.72), (2.02, 2.2, 0.36)):
            ring = [
                np.stack([np.cos(arc) * radius * r, np.sin(arc) * radius * r * 0.24], 1)
                for r in (inner, outer)
            ]
            sprite.canvas.polygon(
                np.concatenate([ring[0], ring[1][::-1]]), (*mix(colours[0], colours[2], 0.5), alpha)
            )
    return sprite.finished()


def _meteors(stage: Stage) -> Moving:
    """Falling stars: now and then, many in rough weather."""
    rng = stage.chance(162)
    many = {"rain": 3.0, "storm": 5.0, "snow": 1.5, "wind": 1.5}.get(stage.script.weather, 0.4)
    falls = rng.random((max(1, int(many * stage.seconds)), 4))

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        canvas = Canvas(frame, stage.scale)
        for x, y, start, size in falls:
            since = (seconds - start * stage.seconds) / 0.8
            if 0 <= since < 1:
                px, py = stage.width * (1.1 * x) - 300 * since, stage.height * 0.4 * y + 130 * since
                reach = (70 + 60 * size) * math.sin(math.pi * since)
                canvas.stroke(
                    [(px, py), (px + reach * 0.92, py - reach * 0.4)],
                    2.6,
                    (255, 255, 255, 0.85 * math.sin(math.pi * since)),
                    taper=0.9,
                    curved=False,
                )
        canvas.finish()

    return Moving(draw=draw)


def _tone(stage: Stage, look: int) -> Colour:
    p = stage.palette
    dim = {"night": 0.5, "dusk": 0.24, "dawn": 0.24, "day": 0.08}[stage.script.time]
    soil: Colour = mix(tinted(_SOILS[look], p.tint), p.shade, dim)
    return mix(soil, (236, 242, 252), 0.45) if stage.script.weather == "snow" else soil


def _hills(
    stage: Stage, number: int, depth: float, haze: float, tall: float, base: float, look: int
) -> Layer:
    """Crater walls, spires or domes in the distance."""
    p, rng = stage.palette, stage.chance(165 + number)
    top, span = base - tall * 2.6, stage.span(depth)
    sprite = stage.sprite(depth, top, base + 90)
    canvas, soil = sprite.canvas, mix(mix(_tone(stage, look), p.shade, 0.2), p.haze, haze)
    if look == 2:
        x = -40.0
        while x < span:
            high, wide = tall * float(rng.uniform(0.7, 2.3)), tall * float(rng.uniform(0.25, 0.6))
            lean = float(rng.normal(0, 12))
            canvas.polygon(
                [
                    (x - wide, base + 20),
                    (x - wide * 0.5, base - high * 0.5),
                    (x + lean, base - high),
                    (x + wide * 0.6, base - high * 0.42),
                    (x + wide, base + 20),
                ],
                soil,
            )
            canvas.polygon(
                [
                    (x + lean, base - high),
                    (x + wide * 0.6, base - high * 0.42),
                    (x + wide, base + 20),
                    (x + wide * 0.2, base + 20),
                ],
                (*mix(soil, p.shade, 0.5), 0.8),
            )
            x += float(rng.integers(70, 190))
    elif number == 1:
        for x in np.arange(float(rng.integers(60, 220)), span, 430.0):
            _dome(canvas, x, base + 8, float(rng.uniform(46, 78)), mix(soil, (206, 214, 230), 0.35), stage)
    xs = np.arange(-20, span + 40, 16.0)
    phase = rng.random(2) * 6.3
    ys = base - tall * (0.35 + 0.25 * np.sin(xs / 130 + phase[0]) + 0.12 * np.sin(xs / 41 + phase[1])) * (
        0.5 if look == 2 else 1.0
    )
    canvas.polygon([(-20, base + 90), *zip(xs, ys, strict=True), (span + 40, base + 90)], soil)
    canvas.polygon(
        [*zip(xs, ys, strict=True), *zip(xs[::-1], ys[::-1] + 4, strict=True)], (*mix(soil, p.rim, 0.5), 0.5)
    )
    return layer(stage, shaded(sprite.finished(), p.haze, 0.0, 0.3 * haze + 0.08), depth=depth, top=top)


def _dome(canvas: Canvas, x: float, base: float, radius: float, tone: Colour, stage: Stage) -> None:
    """A glass dome of a station with lit windows."""
    p = stage.palette
    arc = [
        (x + math.cos(a) * radius, base - math.sin(a) * radius * 0.86) for a in np.linspace(0, math.pi, 24)
    ]
    canvas.polygon(arc, tone)
    canvas.polygon([*arc[:10], (x + radius * 0.1, base)], (*mix(tone, p.shade, 0.5), 0.5))
    for row, count in ((0.2, 7), (0.46, 5)):
        for k in range(count):
            wx = x + (k - (count - 1) / 2) * radius * 0.23
            canvas.rectangle(wx - 4, base - radius * row - 9, 8, 7, mix(tone, (255, 220, 150), 0.9))
    canvas.rectangle(x - radius * 1.08, base - 6, radius * 2.16, 10, mix(tone, p.shade, 0.3))
    canvas.limb((x, base - radius * 0.84), (x, base - radius * 1.3), 1.6, 1.2, tone)


def _soil(stage: Stage, look: int) -> Image.Image:
    """The ground with craters, rocks or crystals."""
    p, rng = stage.palette, stage.chance(170)
    top, span, base = stage.height - 400, stage.span(1.0), stage.height - 124
    sprite = stage.sprite(1.0, top, stage.height)
    canvas, soil = sprite.canvas, mix(_tone(stage, look), p.rim, 0.06)
    glows: list[tuple[float, float, Colour]] = []
    x = float(rng.integers(30, 200))
    while x < span:
        if look == 2:
            tone = ((96, 226, 214), (196, 120, 240), (120, 170, 255))[int(rng.integers(0, 3))]
            for k in range(5):
                lean, tall = (
                    (k - 2) * 15 + float(rng.normal(0, 4)),
                    float(rng.uniform(44, 140)) * (1 - 0.14 * abs(k - 2)),
                )
                foot = x + (k - 2) * 15
                body = mix(tone, p.shade, 0.34)
                canvas.polygon(
                    [
                        (foot - 10, base + 16),
                        (foot + lean - 8, base - tall * 0.8),
                        (foot + lean, base - tall),
                        (foot + lean + 9, base - tall * 0.74),
                        (foot + 10, base + 16),
                    ],
                    body,
                )
                canvas.polygon(
                    [
                        (foot - 10, base + 16),
                        (foot + lean - 8, base - tall * 0.8),
                        (foot + lean, base - tall),
                        (foot, base + 16),
                    ],
                    (*mix(tone, (255, 255, 255), 0.4), 0.7),
                )
            glows.append((x, base - 40, tone))
        else:
            size = float(rng.uniform(20, 56))
            rock = mix(soil, p.shade, 0.3)
            tip = (x + size * 0.1, base + 12 - size * 1.1)
            canvas.polygon(
                [
                    (x - size, base + 14),
                    (x - size * 0.7, base + 12 - size * 0.7),
                    tip,
                    (x + size * 0.8, base + 12 - size * 0.5),
                    (x + size, base + 14),
                ],
                rock,
            )
            canvas.polygon(
                [
                    tip,
                    (x + size * 0.8, base + 12 - size * 0.5),
                    (x + size, base + 14),
                    (x + size * 0.2, base + 14),
                ],
                (*mix(rock, p.shade, 0.5), 0.85),
            )
        x += float(rng.integers(240, 560))
    edge = [
        (k, base + 6 * math.sin(k * 0.007) + 3 * math.sin(k * 0.021)) for k in np.arange(-20, span + 40, 20.0)
    ]
    canvas.polygon([*edge, (span + 40, stage.height), (-20, stage.height)], soil)
    canvas.polygon([*edge, *[(a, b + 3) for a, b in edge[::-1]]], (*mix(soil, p.rim, 0.6), 0.6))
    for _ in range(int(span / 105)):
        cx, cy = rng.random() * span, base + 22 + 84 * rng.random()
        rx = 14 + 40 * rng.random() ** 1.5
        canvas.ellipse(cx, cy - 1.6, rx * 1.1, rx * 0.29, (*mix(soil, p.rim, 0.4), 0.8))
        canvas.ellipse(cx, cy, rx, rx * 0.24, mix(soil, p.shade, 0.48))
        canvas.ellipse(cx + rx * 0.12, cy + rx * 0.05, rx * 0.76, rx * 0.15, mix(soil, p.shade, 0.26))
    image = sprite.finished()
    for gx, gy, tone in glows:
        light_up(image, gx * stage.scale, (gy - top) * stage.scale, 130 * stage.scale, (*tone[:3], 0.4))
    below = round((base + 40 - top) * stage.scale)
    image.paste(shaded(image.crop((0, below, image.width, image.height)), p.shade, 0.0, 0.5), (0, below))
    return image


def _gallery(stage: Stage) -> Image.Image:
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
    for a, b, c, d in holes:
        box = [max(0, round(v * stage.scale)) for v in (a, b, c, d)]
        pixels[box[1] : box[3], box[0] : box[2], :3] = (150, 190, 240)
        pixels[box[1] : box[3], box[0] : box[2], 3] = 14
    image = Image.fromarray(pixels)
    front = stage.sprite(1.0, 0.0, stage.height)
    c = front.canvas
    steel = mix(hull, p.shade, 0.25)
    for a, b, e, d in holes:
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


def _lamps(stage: Stage, y: float, step: float, tone: Colour) -> Moving:
    """Signal lamps along the way that blink together."""
    radius = max(2, round(26 * stage.scale))
    disc = Image.new("RGBA", (2 * radius, 2 * radius))
    light_up(disc, radius, radius, radius, (*tone[:3], 0.9))
    plain, alpha = disc.convert("RGB"), disc.getchannel("A")
    masks = [alpha.point([v * k // 8 for v in range(256)]) for k in range(9)]
    core = mix(tone, (255, 255, 255), 0.5)

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        on = blink_at(seconds)
        first = -(camera % step)
        canvas = Canvas(frame, stage.scale)
        for k in range(int(stage.width / step) + 2):
            x = first + k * step
            frame.paste(
                plain,
                (round(x * stage.scale) - radius, round(y * stage.scale) - radius),
                masks[round(on * 8)],
            )
            canvas.rectangle(x - 1.5, y, 3, 16, mix(stage.palette.shade, stage.palette.haze, 0.4))
            canvas.ellipse(x, y, 3.6, 3.6, (*core, 0.35 + 0.65 * on))
        canvas.finish()

    return Moving(draw=draw)


def _near(stage: Stage, look: int) -> Image.Image:
    p, rng = stage.palette, stage.chance(172)
    sprite = stage.sprite(1.6, stage.height - 160, stage.height)
    dark = mix(p.shade, (0, 0, 0), 0.45)
    x = float(rng.integers(200, 560))
    while x < stage.span(1.6):
        if look == 1:
            sprite.canvas.rectangle(x, stage.height - 66, 190, 8, dark)
            for k in range(3):
                sprite.canvas.rectangle(x + 12 + 80 * k, stage.height - 66, 9, 90, dark)
        else:
            size = float(rng.uniform(40, 84))
            sprite.canvas.polygon(
                [
                    (x - size * 1.3, stage.height + 10),
                    (x - size * 0.6, stage.height - size * 0.5),
                    (x + size * 0.3, stage.height - size * 0.7),
                    (x + size * 1.3, stage.height + 10),
                ],
                dark,
            )
        x += float(rng.integers(700, 1200))
    return blurred(sprite.finished(), max(1, round(2.6 * stage.scale)))
