"""People who watch: heads before the picture that sway, and hands that clap at the end."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from providers.local.backdrop import Moving, Stage
from providers.local.canvas import Canvas, Colour, Sprite, blurred, mix

_APPLAUSE = 1.1  # seconds before the end at which hands go up


def applause_at(seconds: float, length: float) -> float:
    """How much the audience claps, 0–1: it begins shortly before the end."""
    return min(1.0, max(0.0, (seconds - (length - _APPLAUSE)) / 0.35))


def audience(stage: Stage) -> Moving:
    """Heads before the stage; they sway, and hands go up at the end."""
    p, rng = stage.palette, stage.chance(154)
    dark = mix((14, 12, 24), p.shade, 0.4)
    heads: list[tuple[float, float, float, float]] = []
    for x in np.arange(-30.0, stage.width + 60, 62.0):
        heads.append(
            (
                float(x + rng.normal(0, 10)),
                float(rng.uniform(24, 31)),
                float(rng.random() * 6.3),
                float(rng.uniform(0, 16)),
            )
        )
    people: list[Image.Image] = []
    for _, size, _, _ in heads[:6]:
        people.append(_person(stage, size, dark))

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        claps = applause_at(seconds, stage.seconds)
        if claps > 0:
            canvas = Canvas(frame, stage.scale)
            for number, (x, size, phase, low) in enumerate(heads):
                if number % 2 == 0:
                    top = stage.height - 34 + low - 62 * claps
                    gap = 5 + 9 * abs(math.sin(seconds * 13 + phase))
                    for side in (-1, 1):
                        canvas.limb(
                            (x + side * size * 1.2, stage.height + 20), (x + side * gap, top), 8, 7, dark
                        )
            canvas.finish()
        for number, (x, _, phase, low) in enumerate(heads):
            person = people[number % len(people)]
            sway = 3 * math.sin(seconds * 1.9 + phase)
            y = stage.height - 34 + low + 2.5 * math.sin(seconds * 3.1 + phase)
            frame.paste(
                person,
                (round((x + sway) * stage.scale - person.width / 2), round((y - 40) * stage.scale)),
                person,
            )

    return Moving(draw=draw)


def _person(stage: Stage, size: float, dark: Colour) -> Image.Image:
    """One head with shoulders from behind, a little out of focus."""
    wide, tall = round(size * 4.6 * stage.scale), round(120 * stage.scale)
    sprite = Sprite(wide, tall, stage.scale, (wide / 2, 40 * stage.scale))
    sprite.canvas.ellipse(0, 0, size * 0.82, size, dark)
    sprite.canvas.blob(
        [
            (-size * 1.9, 90),
            (-size * 1.5, size * 1.4),
            (-size * 0.5, size * 0.9),
            (size * 0.5, size * 0.9),
            (size * 1.5, size * 1.4),
            (size * 1.9, 90),
        ],
        dark,
    )
    sprite.canvas.stroke(
        [(-size * 0.6, -size * 0.66), (0, -size * 0.98), (size * 0.6, -size * 0.66)],
        2.4,
        (*mix(dark, (255, 214, 160), 0.6), 0.8),
        taper=0.8,
    )
    return blurred(sprite.finished(), max(1, round(1.2 * stage.scale)))
