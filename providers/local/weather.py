"""What falls between camera and scene, and lightning. Strength over time is shared with the sound."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from providers.local.backdrop import Stage
from providers.local.canvas import Canvas, blurred, mix
from providers.local.script import Script

RAIN_WIND = -0.17


def strength_at(script: Script, seconds: float) -> float:
    """How hard it rains or snows, 0–1: gusts come and go; the ear hears the same curve."""
    base = {"rain": 0.66, "storm": 0.92, "snow": 0.6}.get(script.weather, 0.0)
    phase = script.seed % 17
    gust = 0.16 * math.sin(seconds * 0.9 + phase) + 0.08 * math.sin(seconds * 2.3 + phase * 2)
    return min(1.0, max(0.0, base * (1 + gust)))


def flash_at(flashes: tuple[float, ...], seconds: float) -> float:
    """Light of the lightning, 0–1: two flickers and an afterglow."""
    light = 0.0
    for moment in flashes:
        since = seconds - moment
        if 0 <= since < 0.9:
            flicker = 1.0 if since < 0.06 else 0.25 if since < 0.11 else 0.85 if since < 0.17 else 0.0
            light = max(light, flicker, 0.6 * math.exp(-(since - 0.17) * 6) if since >= 0.17 else 0.0)
    return light


class Fall:
    """Rain or snow of one clip."""

    def __init__(self, stage: Stage) -> None:
        """Scatter drops or flakes once; frames only move them."""
        self._stage = stage
        share = stage.width * stage.height / (1280 * 720)
        rng = stage.chance(90)
        self._drops = rng.random((int(560 * share), 3))
        self._flakes = rng.random((int(420 * share), 5))
        self._rings = rng.random((int(26 * stage.width / 1280) + 4, 3))

    @property
    def anything(self) -> bool:
        """Whether something falls at all."""
        return self._stage.script.raining or self._stage.script.weather == "snow"

    def draw(self, canvas: Canvas, seconds: float, camera: float) -> None:
        """Draw what falls, over everything."""
        script = self._stage.script
        if script.raining:
            self._rain(canvas, seconds, camera, strength_at(script, seconds))
        elif script.weather == "snow":
            self._snow(canvas, seconds, camera)

    def _rain(self, canvas: Canvas, seconds: float, camera: float, strength: float) -> None:
        stage = self._stage
        colour = mix((196, 214, 240), stage.palette.haze, 0.25)
        parts = np.array_split(self._drops[: int(len(self._drops) * min(1.0, strength))], 3)
        for number, drops in enumerate(parts):
            speed, length = 820 + 420 * number, 15 + 15 * number
            tall, wide = stage.height + 120, stage.width * 1.25
            y = (drops[:, 1] * tall * 3 + seconds * speed * (0.92 + 0.16 * drops[:, 2])) % tall - 60
            x = (
                drops[:, 0] * wide + y * RAIN_WIND - camera * (0.3 + 0.5 * number)
            ) % wide - 0.1 * stage.width
            starts = np.stack([x, y], axis=1)
            canvas.streaks(
                starts,
                (RAIN_WIND * length, length),
                (1.0, 1.4, 2.0)[number],
                (*colour, (0.26, 0.36, 0.46)[number]),
            )

    def rings(self, canvas: Canvas, seconds: float, camera: float, top: float) -> None:
        """Rings where drops hit the ground, between `top` and the lower edge."""
        stage, strength = self._stage, strength_at(self._stage.script, seconds)
        colour = mix(stage.palette.rim, stage.palette.haze, 0.3)
        for x, y, phase in self._rings[: int(len(self._rings) * strength) + 1]:
            turn = (seconds * 1.7 + phase * 3) % 1.0
            number = int(seconds * 1.7 + phase * 3)
            place = (x + 0.37 * number) % 1.0
            px = (place * (stage.width + 80) - camera) % (stage.width + 80) - 40
            py = top + 12 + ((y + 0.61 * number) % 1.0) * (stage.height - top - 18)
            near = (py - top) / max(1.0, stage.height - top)
            rx = (3 + 19 * turn) * (0.6 + 0.7 * near)
            ring = np.linspace(0, 2 * math.pi, 22)
            points = np.stack([px + rx * np.cos(ring), py + rx * 0.28 * np.sin(ring)], axis=1)
            canvas.stroke(points, 1.3, (*colour, 0.55 * (1 - turn)), curved=False)
            if turn < 0.22:
                for side in (-1, 1):
                    canvas.stroke(
                        [(px, py), (px + side * 22 * turn, py - 34 * turn + 70 * turn**2)],
                        1.6,
                        (*colour, 0.7),
                        curved=False,
                    )

    def _snow(self, canvas: Canvas, seconds: float, camera: float) -> None:
        stage = self._stage
        tall, wide = stage.height + 40, stage.width + 60
        flake = mix((252, 253, 255), stage.palette.haze, 0.12)
        x, y, depth, phase, pace = self._flakes[
            : int(len(self._flakes) * strength_at(stage.script, seconds))
        ].T
        size = 1.2 + 3.4 * depth**2.5
        fall = (y * tall + seconds * (44 + 78 * depth) * (0.8 + 0.4 * pace)) % tall - 20
        drift = 16 * np.sin(seconds * (0.6 + pace) + phase * 6.3) - seconds * 14 * depth
        across = (x * wide + drift - camera * (0.25 + 0.9 * depth)) % wide - 30
        canvas.dots(across, fall, size, flake, 0.45 + 0.5 * depth)


def mist(stage: Stage) -> Image.Image | None:
    """A veil for fog (and a thin one for rain and snow) as RGBA of the frame's size; None when clear."""
    amount = {"fog": 0.62, "storm": 0.22, "rain": 0.18, "snow": 0.20}.get(stage.script.weather, 0.0)
    if not amount:
        return None
    width, height = stage.size.width, stage.size.height
    rise = np.interp(np.linspace(0, 1, height), [0, 0.45, 0.72, 1], [0.15, 0.7, 1.0, 0.55]) * amount
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[..., :3] = stage.palette.haze
    pixels[..., 3] = (rise[:, None] * 255).astype(np.uint8)
    return blurred(Image.fromarray(pixels), 1)
