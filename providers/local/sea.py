"""A shore: moving swell under the light's path, a lighthouse, a beach that the walker follows."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from providers.local import coasts
from providers.local.backdrop import Backdrop, Layer, Moving, Stage, cloud_layer, layer, light_up, paint_sky
from providers.local.canvas import Canvas, Colour, blurred, gradient, mix, shaded, tinted


def paint_sea(stage: Stage) -> Backdrop:
    """Paint the shore; four coasts by seed."""
    horizon, shore, ground = stage.height - 270, stage.height - 122, stage.height - 52
    coast = coasts.coast_of(stage.script)
    distance = {
        "lighthouse": _headlands,
        "palms": coasts.far_islands,
        "harbour": coasts.far_town,
        "rocks": coasts.far_rocks,
    }[coast]
    behind: list[Layer | Moving] = [
        cloud_layer(stage, horizon),
        layer(stage, _water(stage, horizon, shore), depth=0.0, top=horizon),
        layer(stage, distance(stage, horizon), depth=0.05, top=horizon - 240),
        _swell(stage, horizon, shore),
    ]
    if coast == "harbour":
        behind += [
            coasts.moored_boats(stage, horizon, shore),
            layer(stage, coasts.quay(stage, shore), depth=1.0, top=shore - 20),
        ]
        before: tuple[Layer | Moving, ...] = ()
    else:
        behind += [layer(stage, _beach(stage, shore, coast), depth=1.0, top=shore - 20), _wash(stage, shore)]
        before = (_foreground(stage, coast),)
    return Backdrop(sky=paint_sky(stage, horizon), behind=tuple(behind), before=before, ground=ground)


def _foreground(stage: Stage, coast: coasts.Coast) -> Layer:
    if coast == "palms":
        return layer(stage, coasts.near_palms(stage), depth=1.6, top=0)
    near = coasts.near_rocks(stage) if coast == "rocks" else _grass(stage)
    return layer(stage, near, depth=1.6, top=stage.height - 150)


def water_colours(stage: Stage) -> tuple[Colour, Colour]:
    """Far and near colour of the water."""
    p = stage.palette
    plain = (22, 92, 128)
    if stage.script.setting == "sea":
        plain = {"palms": (24, 150, 164), "harbour": (36, 88, 104), "rocks": (34, 76, 104)}.get(
            coasts.coast_of(stage.script), plain
        )
    deep = mix(tinted(plain, p.tint), p.shade, 0.58 if stage.script.time == "night" else 0.18)
    return mix(mix(deep, p.low, 0.55), p.haze, 0.2), mix(deep, p.shade, 0.12)


def _headlands(stage: Stage, horizon: float) -> Image.Image:
    p, rng = stage.palette, stage.chance(60)
    top, span = horizon - 240, stage.span(0.05)
    sprite = stage.sprite(0.05, top, horizon + 2)
    for share, tall, start, wide in ((0.78, 74, 0.52, 0.62), (0.58, 108, -0.12, 0.40)):
        colour = mix(p.shade, p.haze, share)
        left, right = span * start, span * (start + wide)
        xs = np.linspace(left, right, 13)
        rough = [tall * math.sin(math.pi * k / 12) ** 0.7 * (0.72 + 0.4 * rng.random()) for k in range(13)]
        ridge = [(float(x), horizon - h) for x, h in zip(xs, rough, strict=True)]
        sprite.canvas.polygon([(left, horizon + 2), *ridge, (right, horizon + 2)], colour)
        for a, b in zip(ridge[2:-2:2], ridge[3:-1:2], strict=False):
            sprite.canvas.polygon(
                [a, b, (b[0] - 20, horizon + 2), (a[0] - 40, horizon + 2)], (*mix(colour, p.rim, 0.2), 0.35)
            )
    tower, peak = max(ridge, key=lambda point: -point[1])
    foot = peak - 8
    white = mix(tinted((238, 232, 224), p.tint), p.haze, 0.3 if stage.script.time != "night" else 0.62)
    sprite.canvas.polygon(
        [(tower - 9, foot + 14), (tower - 6, foot - 42), (tower + 6, foot - 42), (tower + 9, foot + 14)],
        white,
    )
    for k in range(2):
        sprite.canvas.polygon(
            [
                (tower - 8 + k, foot - 4 - k * 22),
                (tower - 7.4 + k, foot - 14 - k * 22),
                (tower + 7.4 - k, foot - 14 - k * 22),
                (tower + 8 - k, foot - 4 - k * 22),
            ],
            mix((196, 66, 60), p.haze, 0.35),
        )
    sprite.canvas.rectangle(
        tower - 7, foot - 54, 14, 12, mix((255, 236, 170), p.haze, 0.1 if p.lamps > 0.3 else 0.5)
    )
    sprite.canvas.polygon(
        [(tower - 9, foot - 54), (tower, foot - 64), (tower + 9, foot - 54)], mix(p.shade, p.haze, 0.4)
    )
    image = shaded(sprite.finished(), p.haze, 0.0, 0.5)
    if p.lamps > 0.3:
        light_up(
            image,
            tower * stage.scale,
            (foot - 48 - top) * stage.scale,
            64 * stage.scale,
            (255, 238, 180, 0.8),
        )
    return image


def _water(stage: Stage, horizon: float, shore: float) -> Image.Image:
    """The flat water with the light's path on it."""
    p, scale = stage.palette, stage.scale
    far, near = water_colours(stage)
    width, height = stage.size.width + 8, round((shore + 40 - horizon) * scale)
    pixels = gradient(width, height, [(0, mix(far, p.low, 0.45)), (0.12, far), (1, near)])
    across = _light_across(stage)
    x = np.abs(np.arange(width, dtype=np.float32) - across * stage.size.width)[None, :] / scale
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    path = np.exp(-((x / (46 + 150 * y)) ** 2)) * 0.42 * _light_strength(stage) * (1 - 0.5 * y)
    pixels += (np.array(p.light, np.float32) - pixels) * path[..., None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert("RGBA")


def _light_across(stage: Stage) -> float:
    across = stage.palette.light_at[0]
    return 1 - across if stage.script.seed % 3 == 1 else across


def _light_strength(stage: Stage) -> float:
    return {"clear": 1.0, "wind": 0.9, "snow": 0.4, "rain": 0.35, "fog": 0.25, "storm": 0.15}[
        stage.script.weather
    ]


def _swell(stage: Stage, horizon: float, shore: float) -> Moving:
    """Bands of waves and glitter; rough weather makes them higher."""
    p, rng = stage.palette, stage.chance(61)
    far, near = water_colours(stage)
    rough = {"storm": 2.6, "wind": 1.8, "rain": 1.3}.get(stage.script.weather, 1.0)
    bands = 7
    phases = rng.random((bands, 3)) * 6.3
    sparks = rng.random((90, 4))
    light, across, strength = p.light, _light_across(stage) * stage.width, _light_strength(stage)

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        canvas = Canvas(frame, stage.scale)
        for k in range(bands):
            share = (k + 0.6) / bands
            y = horizon + (shore + 26 - horizon) * share**1.35
            high = (1.0 + 7.5 * share) * rough
            xs = np.linspace(-10, stage.width + 10, 46)
            way = camera * (0.05 + 0.5 * share) + seconds * (14 + 34 * share)
            length = 60 + 170 * share
            line = (
                np.sin((xs + way) / length + phases[k, 0]) * high * 0.6
                + np.sin((xs * 1.7 + way * 1.4) / length + phases[k, 1]) * high * 0.4
                + math.sin(seconds * 0.9 + phases[k, 2]) * high * 0.5
            )
            edge = np.stack([xs, y + line], axis=1)
            body = mix(far, near, share)
            floor = np.stack([xs[::-1], (y + line)[::-1] + 4 + 30 * share], axis=1)
            canvas.polygon(np.concatenate([edge, floor]), (*mix(body, p.shade, 0.12), 0.45))
            crest = np.stack([xs[::-1], (y + line)[::-1] + 1.2 + 2.4 * share * rough], axis=1)
            canvas.polygon(np.concatenate([edge, crest]), (*mix(body, p.light, 0.42), 0.55))
        for sx, sy, pace, phase in sparks:
            on = math.sin(seconds * (1.6 + 3 * pace) + phase * 6.3)
            if on > 0.15 and strength > 0.3:
                y = horizon + 4 + (shore - horizon) * sy**1.5
                spread = 40 + 150 * sy**1.5
                x = across + (sx - 0.5) * 2 * spread + 8 * math.sin(seconds + phase * 9)
                canvas.ellipse(x, y, 4 + 15 * sy, 0.8 + 1.6 * sy, (*light[:3], 0.75 * on * strength))
        canvas.finish()

    return Moving(draw=draw)


def _beach(stage: Stage, shore: float, coast: coasts.Coast) -> Image.Image:
    p, rng = stage.palette, stage.chance(62)
    span = stage.span(1.0)
    sand = mix(
        tinted(coasts.ground_colour(coast), p.tint), p.shade, 0.58 if stage.script.time == "night" else 0.1
    )
    if stage.script.raining:
        sand = mix(sand, p.shade, 0.25)
    if stage.script.weather == "snow":
        sand = mix(sand, tinted((238, 242, 250), p.tint), 0.7)
    sprite = stage.sprite(1.0, shore - 20, stage.height)
    canvas = sprite.canvas
    edge = [
        (x, shore + 12 + 5 * math.sin(x * 0.011) + 3 * math.sin(x * 0.027))
        for x in np.arange(-20, span + 40, 30.0)
    ]
    canvas.polygon([*edge, (span + 40, stage.height), (-20, stage.height)], mix(sand, p.low, 0.28))
    inner = [(x, y + 15 + 3 * math.sin(x * 0.02)) for x, y in edge]
    canvas.polygon([*inner, (span + 40, stage.height), (-20, stage.height)], sand)
    for _ in range(int(span / 9)):
        x, y = rng.random() * span, shore + 40 + rng.random() * 90
        canvas.ellipse(
            x,
            y,
            2 + 16 * rng.random(),
            1.3,
            (*mix(sand, p.shade if rng.random() < 0.6 else p.rim, 0.35), 0.4),
        )
    for _ in range(int(span / (60 if coast == "rocks" else 230))):
        x, y = rng.random() * span, shore + 46 + rng.random() * 40
        size = 7 + 14 * rng.random()
        stone = mix(p.shade, sand, 0.42)
        canvas.blob(
            [
                (x - size, y),
                (x - size * 0.6, y - size * 0.7),
                (x + size * 0.3, y - size * 0.8),
                (x + size, y),
            ],
            stone,
        )
        canvas.blob(
            [
                (x - size * 0.1, y - size * 0.1),
                (x, y - size * 0.66),
                (x + size * 0.4, y - size * 0.6),
                (x + size * 0.8, y - 1),
            ],
            (*mix(stone, p.rim, 0.4), 0.5),
        )
    image = sprite.finished()
    below = round(50 * stage.scale)
    image.paste(shaded(image.crop((0, below, image.width, image.height)), p.shade, 0.0, 0.4), (0, below))
    return image


def _wash(stage: Stage, shore: float) -> Moving:
    """Foam that runs up the sand and draws back."""
    p = stage.palette
    foam = mix(tinted((246, 250, 252), p.tint), p.haze, 0.12)

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        canvas = Canvas(frame, stage.scale)
        xs = np.linspace(-10, stage.width + 10, 60)
        for k, alpha in ((0, 0.75), (1, 0.45)):
            reach = wash_reach(seconds - k * 1.3)
            world = xs + camera
            y = (
                shore
                + 6
                + 26 * reach
                + 5 * np.sin(world * 0.011)
                + 4 * np.sin(world * 0.031 + k)
                + 2 * np.sin(world * 0.07)
            )
            width = (2.5 + 6 * reach) * (1 + 0.5 * np.sin(world * 0.05 + k * 2))
            canvas.polygon(
                np.concatenate([np.stack([xs, y], 1), np.stack([xs[::-1], (y - width)[::-1]], 1)]),
                (*foam, alpha * (0.4 + 0.6 * reach)),
            )
        canvas.finish()

    return Moving(draw=draw)


WAVE_SECONDS = 4.2


def wash_reach(seconds: float) -> float:
    """How far a wave is up the beach, 0–1; the sound of the sea swells with it."""
    turn = (seconds / WAVE_SECONDS) % 1.0
    up = 0.38
    return (
        math.sin(math.pi / 2 * turn / up)
        if turn < up
        else math.cos(math.pi / 2 * (turn - up) / (1 - up)) ** 1.4
    )


def _grass(stage: Stage) -> Image.Image:
    p, rng = stage.palette, stage.chance(63)
    sprite = stage.sprite(1.6, stage.height - 150, stage.height)
    dark = mix(mix(p.shade, tinted((120, 124, 70), p.tint), 0.25), (0, 0, 0), 0.2)
    x = float(rng.integers(60, 260))
    while x < stage.span(1.6):
        for _ in range(16):
            lean, tall = float(rng.normal(10, 22)), float(rng.uniform(46, 110))
            foot = x + float(rng.normal(0, 20))
            sprite.canvas.stroke(
                [
                    (foot, stage.height + 6),
                    (foot + lean * 0.4, stage.height - tall * 0.6),
                    (foot + lean * 1.4, stage.height - tall),
                ],
                5,
                dark,
                taper=0.9,
            )
        x += float(rng.integers(420, 900))
    return blurred(sprite.finished(), max(1, round(2 * stage.scale)))
