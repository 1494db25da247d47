"""Flames of a camp fire or a hearth; their flicker and crackle come from the same curve. Makes no sound."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from providers.local.backdrop import Moving, Stage, light_up
from providers.local.canvas import Canvas, mix

_LEVELS = 8


def crackles(seed: int, seconds: float) -> tuple[float, ...]:
    """Moments in which the wood cracks: the flame jumps and sparks rise."""
    rng = np.random.default_rng([seed, 57])
    moments: list[float] = []
    at = float(rng.uniform(0.2, 0.6))
    while at < seconds - 0.1:
        moments.append(at)
        at += float(rng.exponential(0.42)) + 0.09
    return tuple(moments)


def flicker(seed: int, seconds: float) -> float:
    """Height of the flames without the cracks, about 0.6–1."""
    phase = seed % 13
    slow = math.sin(seconds * 5.1 + phase) * 0.5 + math.sin(seconds * 8.7 + 2 * phase) * 0.3
    return 0.8 + 0.2 * (slow + 0.2 * math.sin(seconds * 17.3))


class Fire:
    """One fire, drawn at a place of the world."""

    def __init__(self, stage: Stage, *, x: float, y: float, size: float, reach: float) -> None:
        """Prepare its light.

        Args:
            stage: the place.
            x: middle, design units of a layer with depth 1.
            y: foot of the flames.
            size: height of the flames in design units.
            reach: radius of the light on things around.
        """
        self._stage, self._x, self._y, self._size = stage, x, y, size
        self._cracks = crackles(stage.script.seed, stage.seconds)
        radius = max(2, round(reach * stage.scale))
        glow = Image.new("RGBA", (2 * radius, 2 * radius))
        strength = 0.26 + 0.34 * stage.palette.lamps
        light_up(glow, radius, radius, radius, (255, 150, 62, strength))
        self._glow = glow.convert("RGB")
        alpha = glow.getchannel("A")
        self._masks = [
            alpha.point([v * (k + 4) // (_LEVELS + 4) for v in range(256)]) for k in range(_LEVELS + 1)
        ]

    def moving(self) -> Moving:
        """The fire as a part of a backdrop."""
        return Moving(draw=self.draw)

    def jump(self, seconds: float) -> float:
        """How far the last crack still lifts the flames, 0–1."""
        since = min((seconds - moment for moment in self._cracks if moment <= seconds), default=9.0)
        return math.exp(-since * 9)

    def draw(self, frame: Image.Image, camera: float, seconds: float) -> None:
        """Draw flames, light and sparks."""
        stage, x = self._stage, self._x - camera
        if not -400 < x < stage.width + 400:
            return
        jump = self.jump(seconds)
        high = flicker(stage.script.seed, seconds) + 0.22 * jump
        level = max(0, min(_LEVELS, round((high - 0.55) * 12)))
        place = (
            round(x * stage.scale - self._glow.width / 2),
            round((self._y - self._size * 0.4) * stage.scale - self._glow.height / 2),
        )
        frame.paste(self._glow, place, self._masks[level])
        canvas = Canvas(frame, stage.scale)
        self._flames(canvas, x, seconds, high)
        self._sparks(canvas, x, seconds)
        canvas.finish()

    def _flames(self, canvas: Canvas, x: float, seconds: float, high: float) -> None:
        size, seed = self._size, self._stage.script.seed
        for tone, share, shift in (
            ((226, 84, 38, 0.85), 1.0, 0.0), ((250, 148, 44, 0.92), 0.74, 1.7), ((255, 226, 130, 0.95),
            0.44, 3.1)
        ):  # fmt: skip
            for k, (off, tall) in enumerate(((-0.26, 0.66), (0.24, 0.74), (0.0, 1.0))):
                lick = 0.85 + 0.2 * math.sin(seconds * (7 + 2 * k) + seed + shift + 2.1 * k)
                rise, half = size * share * tall * high * lick, size * 0.26 * share
                foot = x + off * size * 0.8 * share
                lean = size * 0.11 * math.sin(seconds * (4.3 + k) + shift + k)
                canvas.blob(
                    [(foot - half, self._y), (foot - half * 0.85, self._y - rise * 0.3),
                     (foot + lean * 0.5, self._y - rise * 0.7), (foot + lean, self._y - rise),
                     (foot + half * 0.5 + lean * 0.4, self._y - rise * 0.55),
                     (foot + half, self._y - rise * 0.2),
                     (foot + half * 0.7, self._y + 2), (foot, self._y + size * 0.05)],
                    tone,
                )  # fmt: skip

    def _sparks(self, canvas: Canvas, x: float, seconds: float) -> None:
        for number, moment in enumerate(self._cracks):
            since = seconds - moment
            if not 0 <= since < 0.9:
                continue
            for k in range(3):
                swing = math.sin(number * 2.7 + k * 2.1)
                px = x + swing * (10 + 46 * since) + 7 * math.sin(since * 9 + k)
                py = self._y - self._size * 0.5 - (120 + 40 * k) * since
                canvas.ellipse(
                    px, py, 2.2, 2.2, (*mix((255, 226, 130), (232, 92, 40), since), 1 - since / 0.9)
                )


def draw_logs(canvas: Canvas, x: float, y: float, size: float, stage: Stage) -> None:
    """Crossed logs and stones under a fire."""
    bark = mix((92, 60, 44), stage.palette.shade, 0.3)
    for a, b in (((-0.6, 0.05), (0.3, -0.12)), ((0.6, 0.05), (-0.3, -0.12)), ((-0.5, 0.08), (0.5, 0.06))):
        canvas.limb(
            (x + a[0] * size, y + a[1] * size),
            (x + b[0] * size, y + b[1] * size),
            size * 0.09,
            size * 0.08,
            bark,
        )
        canvas.ellipse(
            x + a[0] * size, y + a[1] * size, size * 0.06, size * 0.08, mix(bark, (214, 160, 110), 0.5)
        )


class CampFire:
    """Logs and the fire on them."""

    def __init__(self, stage: Stage, x: float, y: float) -> None:
        """Place it, in design units of a layer with depth 1."""
        self._stage, self._x, self._y = stage, x, y
        self._fire = Fire(stage, x=x, y=y - 6, size=78, reach=280)

    def draw(self, frame: Image.Image, camera: float, seconds: float) -> None:
        """Draw it at a moment."""
        if -300 < self._x - camera < self._stage.width + 300:
            canvas = Canvas(frame, self._stage.scale)
            draw_logs(canvas, self._x - camera, self._y, 78, self._stage)
            canvas.finish()
            self._fire.draw(frame, camera, seconds)


def camp_fires(stage: Stage, ground: float) -> tuple[CampFire, ...]:
    """Fires along the way where the prompt names one and the place has none of its own."""
    script = stage.script
    if "fire" not in script.props or (script.setting == "room" and script.seed % 3 == 0):
        return ()
    step = max(620.0, stage.width * 0.9)
    places = np.arange(stage.width * 0.74, stage.span(1.0) + step, step)
    return tuple(CampFire(stage, float(x), ground - 14) for x in places)
