"""Birds far off in the sky: a small flock that crosses the picture by day."""

from __future__ import annotations

import math

from providers.local.backdrop import Stage
from providers.local.canvas import Canvas, mix


class Flock:
    """The birds of one clip; none at night, in bad weather or under a roof."""

    def __init__(self, stage: Stage) -> None:
        """Scatter the birds once; frames only move them."""
        script, rng = stage.script, stage.chance(95)
        self._stage = stage
        asked = script.subject == "bird" and script.setting not in ("room", "stage", "space")
        fair = script.weather in ("clear", "wind") and script.time != "night"
        empty = script.setting in ("city", "forest", "room", "stage", "space")
        count = 7 if asked else int(rng.integers(3, 7)) if fair and not empty else 0
        self._birds = rng.random((count, 4))
        self._size = 1.3 if asked else 1.0

    @property
    def anything(self) -> bool:
        """Whether there are birds at all."""
        return len(self._birds) > 0

    def draw(self, canvas: Canvas, seconds: float, camera: float) -> None:
        """Draw the flock at a moment."""
        stage = self._stage
        colour = mix(stage.palette.shade, stage.palette.haze, 0.25)
        for number, (x, y, pace, phase) in enumerate(self._birds):
            size = self._size * (7 + 7 * pace)
            way = seconds * (26 + 10 * self._size) - camera * 0.08
            px = (stage.width * 0.15 + x * 190 * self._size + way) % (stage.width + 160) - 80
            py = stage.height * 0.2 + (y - 0.5) * 90 * self._size + 7 * math.sin(seconds * 1.1 + phase * 6)
            beat = math.sin(seconds * (9 + 3 * pace) + phase * 6.3 + number)
            glide = beat if math.sin(seconds * 0.9 + phase * 6.3) > -0.4 else 0.25
            for side in (-1, 1):
                wing = [
                    (px, py),
                    (px + side * size * 0.55, py - size * (0.18 + 0.42 * glide)),
                    (px + side * size * 1.2, py - size * (0.05 + 0.5 * glide * abs(glide))),
                ]
                canvas.stroke(wing, size * 0.24, (*colour, 0.9), taper=0.85)
            canvas.ellipse(px, py + size * 0.03, size * 0.2, size * 0.13, (*colour, 0.9))
