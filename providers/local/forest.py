"""A forest: rows of trunks that fade into the haze, shafts of light, ferns close by, fireflies at night."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from providers.local.backdrop import Backdrop, Layer, Moving, Stage, cloud_layer, layer, light_up, paint_sky
from providers.local.canvas import Canvas, Colour, blurred, mix, shaded, tinted

_LEAVES: tuple[tuple[Colour, ...], ...] = (
    ((64, 118, 70), (86, 138, 72), (48, 98, 72)),
    ((186, 104, 48), (206, 142, 58), (150, 74, 44)),
    ((52, 104, 92), (72, 126, 96), (40, 84, 84)),
)


def leaf_colours(stage: Stage) -> tuple[Colour, ...]:
    """Green, autumn or blue-green by seed; pale in snow."""
    leaves = _LEAVES[stage.script.seed // 3 % len(_LEAVES)]
    night = 0.62 if stage.script.time == "night" else 0.15
    tones = tuple(mix(tinted(leaf, stage.palette.tint), stage.palette.shade, night) for leaf in leaves)
    if stage.script.weather == "snow":
        return tuple(mix(tone, tinted((232, 240, 246), stage.palette.tint), 0.55) for tone in tones)
    return tones


def paint_forest(stage: Stage) -> Backdrop:
    """Paint the forest; several looks by seed."""
    base, ground = stage.height - 150, stage.height - 58
    behind: list[Layer | Moving] = [cloud_layer(stage, base)]
    pines = stage.script.seed % 2 == 0
    for number, (depth, haze, tall) in enumerate(((0.10, 0.80, 300), (0.24, 0.58, 400), (0.45, 0.34, 520))):
        behind.append(_row(stage, number, depth, haze, tall, base + number * 10, pines))
        if number == 1 and stage.script.weather in ("clear", "wind", "fog"):
            behind.append(layer(stage, _shafts(stage, base), depth=0.3, top=0.0))
    behind.append(layer(stage, _floor(stage, base), depth=1.0, top=0.0))
    if stage.script.time in ("night", "dusk") and not stage.script.raining:
        behind.append(_fireflies(stage, base))
    return Backdrop(
        sky=paint_sky(stage, base),
        behind=tuple(behind),
        before=(layer(stage, _ferns(stage, ground), depth=1.6, top=ground - 130),),
        ground=ground,
    )


def _row(stage: Stage, number: int, depth: float, haze: float, tall: int, base: float, pines: bool) -> Layer:
    p, rng = stage.palette, stage.chance(40 + number)
    top = max(0.0, base - tall - 60)
    sprite = stage.sprite(depth, top, base + 40)
    bark = mix(mix(p.shade, (74, 56, 48), 0.3), p.haze, haze)
    leaves = [mix(leaf, p.haze, haze) for leaf in leaf_colours(stage)]
    x = -60.0
    while x < stage.span(depth) + 60:
        height = tall * (0.62 + 0.38 * rng.random())
        lean = float(rng.normal(0, 8))
        if pines:
            pine(sprite.canvas, rng, x, base + 30, height, leaves, bark, p.rim)
        else:
            tree(sprite.canvas, rng, x, base + 30, height, lean, leaves, bark, p.rim)
        x += float(rng.integers(58, 128)) * (0.8 + number * 0.35)
    sprite.canvas.rectangle(0, base + 18, stage.span(depth), 30, mix(leaves[2], bark, 0.3))
    return layer(stage, shaded(sprite.finished(), p.haze, 0.0, 0.42 * haze + 0.12), depth=depth, top=top)


def pine(
    canvas: Canvas, rng: np.random.Generator, x: float, base: float, height: float, leaves: Sequence[Colour],
    bark: Colour, rim: Colour,
) -> None:  # fmt: skip
    """A fir in tiers, lit from one side."""
    canvas.limb((x, base), (x, base - height * 0.9), height * 0.022, height * 0.006, bark)
    tiers = 7
    tone = leaves[int(rng.integers(0, len(leaves)))]
    for k in range(tiers):
        low = base - height * (0.14 + 0.115 * k)
        half = height * (0.20 - 0.024 * k) * (0.9 + 0.2 * rng.random())
        rise = height * 0.24
        droop = half * 0.12
        left, right, tip = (x - half, low + droop), (x + half, low + droop), (x, low - rise)
        inner = [
            (x + half * 0.5, low - 2),
            (x + half * 0.2, low + droop),
            (x - half * 0.15, low - 3),
            (x - half * 0.5, low + droop),
        ]
        canvas.polygon([left, tip, right, *inner], mix(tone, bark, 0.10 + 0.03 * (tiers - k)))
        canvas.polygon([tip, right, (x + half * 0.25, low - rise * 0.25)], (*mix(tone, rim, 0.22), 0.5))


def tree(
    canvas: Canvas, rng: np.random.Generator, x: float, base: float, height: float, lean: float,
    leaves: Sequence[Colour], bark: Colour, rim: Colour,
) -> None:  # fmt: skip
    """A broad tree: trunk, two boughs, a crown of overlapping clumps."""
    girth = height * 0.030
    fork = (x + lean * 0.6, base - height * 0.55)
    canvas.limb((x, base), fork, girth, girth * 0.6, bark)
    crown = (x + lean, base - height * 0.76)
    for side in (-1, 1):
        canvas.limb(fork, (crown[0] + side * height * 0.14, crown[1]), girth * 0.5, girth * 0.2, bark)
    tone = leaves[int(rng.integers(0, len(leaves)))]
    for ring, (count, spread, share) in enumerate(((7, 0.20, 0.16), (6, 0.15, 0.0), (4, 0.08, -0.12))):
        for k in range(count):
            a = 2 * math.pi * (k + 0.5 * ring) / count + rng.random() * 0.5
            r = height * (0.115 + 0.03 * rng.random())
            cx, cy = (
                crown[0] + math.cos(a) * height * spread,
                crown[1] + math.sin(a) * height * spread * 0.8 - ring * height * 0.03,
            )
            colour = mix(tone, bark, share) if share > 0 else mix(tone, rim, -share)
            canvas.ellipse(cx, cy, r, r * 0.86, colour)


def _shafts(stage: Stage, base: float) -> Image.Image:
    p, rng = stage.palette, stage.chance(45)
    sprite = stage.sprite(0.3, 0.0, base + 30)
    strength = {"day": 0.20, "dawn": 0.26, "dusk": 0.20, "night": 0.09}[stage.script.time]
    x = -200.0
    while x < stage.span(0.3):
        wide, slope = float(rng.integers(26, 84)), 190.0
        shape = [
            (x, 0),
            (x + wide, 0),
            (x + wide * 1.7 + slope, base + 30),
            (x + slope - wide * 0.4, base + 30),
        ]
        sprite.canvas.polygon(shape, (*p.light, strength * (0.4 + 0.6 * rng.random())))
        x += float(rng.integers(90, 240))
    image = blurred(sprite.finished(), max(2, round(9 * stage.scale)))
    pixels = np.asarray(image).copy()
    fade = np.interp(np.linspace(0, 1, image.height), [0, 0.3, 1], [0.9, 1, 0.1])
    pixels[..., 3] = (pixels[..., 3] * fade[:, None]).astype(np.uint8)
    return Image.fromarray(pixels)


def _floor(stage: Stage, base: float) -> Image.Image:
    """The path and the trees beside it."""
    p, rng = stage.palette, stage.chance(46)
    sprite = stage.sprite(1.0, 0.0, stage.height)
    canvas, span = sprite.canvas, stage.span(1.0)
    leaves = list(leaf_colours(stage))
    moss = mix(leaves[2], p.shade, 0.25)
    _trunks(stage, canvas, rng, base)
    _canopy(canvas, rng, span, [mix(leaf, p.shade, 0.45) for leaf in leaves])
    earth = mix(
        mix(p.shade, tinted((124, 98, 70), p.tint), 0.5 if stage.script.time != "night" else 0.2), p.haze, 0.1
    )
    if stage.script.weather == "snow":
        earth = mix(earth, tinted((238, 242, 250), p.tint), 0.7)
    canvas.rectangle(0, base + 8, span, stage.height - base, moss)
    _tufts(canvas, rng, span, base + 14, 17, mix(moss, p.rim, 0.07), moss)
    canvas.blob(
        [
            (-60, base + 56),
            *[(k, base + 48 + 7 * math.sin(k * 0.013)) for k in np.arange(0, span, 90)],
            (span + 60, base + 56),
            (span + 60, stage.height + 90),
            (-60, stage.height + 90),
        ],
        earth,
    )
    for _ in range(int(span / 22)):
        px, py = rng.random() * span, base + 62 + rng.random() * 70
        canvas.ellipse(px, py, 3 + 6 * rng.random(), 1.6, (*mix(earth, leaves[0], 0.5), 0.7))
    image = sprite.finished()
    below = round((base + 20) * stage.scale)
    lower = shaded(image.crop((0, below, image.width, image.height)), p.shade, 0.0, 0.55)
    image.paste(lower, (0, below))
    return image


def _tufts(
    canvas: Canvas,
    rng: np.random.Generator,
    span: float,
    base: float,
    tall: float,
    light: Colour,
    dark: Colour,
) -> None:
    for x in np.arange(0, span, 13.0):
        h, bend = tall * (0.5 + rng.random()), float(rng.normal(0, 5))
        colour = mix(dark, light, rng.random())
        canvas.polygon([(x - 5, base), (x + bend, base - h), (x + 5, base)], colour)
        canvas.polygon([(x - 1, base), (x + 8 + bend, base - h * 0.7), (x + 8, base)], colour)


def _ferns(stage: Stage, ground: float) -> Image.Image:
    p, rng = stage.palette, stage.chance(47)
    sprite = stage.sprite(1.6, ground - 130, stage.height)
    dark = mix(leaf_colours(stage)[2], p.shade, 0.72)
    x = float(rng.integers(-40, 120))
    while x < stage.span(1.6):
        for k in range(7):
            a = -math.pi / 2 + (k - 3) * 0.34
            size = 62 + 40 * rng.random()
            tip = (x + math.cos(a) * size, stage.height + 8 + math.sin(a) * size)
            bend = (x + math.cos(a) * size * 0.5, stage.height + 8 + math.sin(a) * size * 0.72)
            sprite.canvas.stroke(
                [(x, stage.height + 8), bend, tip], 11, mix(dark, p.shade, 0.1 * k), taper=0.9
            )
        x += float(rng.integers(120, 330))
    return blurred(sprite.finished(), max(1, round(2.5 * stage.scale)))


def _fireflies(stage: Stage, base: float) -> Moving:
    rng = stage.chance(48)
    flies = rng.random((26, 5))
    disc = Image.new("RGBA", (round(26 * stage.scale),) * 2)
    light_up(disc, disc.width / 2, disc.height / 2, disc.width / 2, (226, 255, 150, 0.9))
    core = round(3 * stage.scale)
    light_up(disc, disc.width / 2, disc.height / 2, core, (255, 255, 220, 1.0))
    levels = [disc.getchannel("A").point([v * k // 8 for v in range(256)]) for k in range(9)]
    plain = disc.convert("RGB")

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        for x, y, pace, phase, glow in flies:
            on = max(0.0, math.sin(seconds * (1.2 + 2 * glow) + phase * 6.3))
            if on < 0.1:
                continue
            px = (
                x * stage.width * 1.2 + 40 * math.sin(seconds * (0.4 + pace) + phase * 9) - camera * 0.7
            ) % (stage.width * 1.1)
            py = base + 40 - 240 * y + 22 * math.sin(seconds * (0.6 + pace) + glow * 9)
            mask = levels[min(8, int(on * 8.99))]
            frame.paste(plain, (round(px * stage.scale), round(py * stage.scale)), mask)

    return Moving(draw=draw)


def _trunks(stage: Stage, canvas: Canvas, rng: np.random.Generator, base: float) -> None:
    """The trees beside the path, too tall for the picture."""
    p = stage.palette
    x = float(rng.integers(-60, 200))
    bark = mix(p.shade, tinted((92, 66, 52), p.tint), 0.42 if stage.script.time != "night" else 0.16)
    while x < stage.span(1.0) + 100:
        girth = float(rng.integers(17, 32))
        canvas.polygon(
            [(x - girth * 1.7, base + 16), (x - girth * 0.9, base - 40), (x - girth * 0.75, -5),
             (x + girth * 0.75, -5), (x + girth * 0.9, base - 40), (x + girth * 1.7, base + 16)], bark,
        )  # fmt: skip
        canvas.polygon(
            [
                (x + girth * 0.3, base),
                (x + girth * 0.35, 0),
                (x + girth * 0.75, 0),
                (x + girth * 0.9, base - 40),
                (x + girth * 1.4, base + 12),
            ],
            (*mix(bark, p.rim, 0.26), 0.8),
        )
        for _ in range(9):
            wy = float(rng.uniform(0, base - 30))
            canvas.stroke(
                [(x - girth * 0.4, wy), (x - girth * 0.1, wy + 24), (x - girth * 0.3, wy + 50)],
                3,
                (*p.shade, 0.4),
                taper=1,
            )
        x += float(rng.integers(260, 520))


def _canopy(canvas: Canvas, rng: np.random.Generator, span: float, tones: list[Colour]) -> None:
    """Leaves that hang in from above and frame the picture."""
    for x in np.arange(-40, span + 40, 21.0):
        deep = 26 + 22 * math.sin(x * 0.008) + 14 * math.sin(x * 0.023)
        for _ in range(3):
            y = rng.random() * max(8.0, deep)
            r = 13 + 14 * rng.random()
            canvas.ellipse(
                x + float(rng.normal(0, 14)),
                y - 6,
                r * 1.3,
                r,
                tones[int(rng.integers(0, len(tones)))],
                rng.random(),
            )
